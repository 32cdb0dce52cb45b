/* nvr-account log --verify. */
#include <stdlib.h>

#include "base/file.h"
#include "base/time.h"
#include "core/log.h"

#include "nvr-account-log.h"

#define HEAD_MAX (1 << 20) /* a mail that a head stands in */

struct verifying {
	struct nvr_out out;
	struct nvr_progress progress;
	json_t *findings; /* --json */
};

static void
put_line(struct verifying *v, const char *text)
{
	nvr_out_text(&v->out, "finding", text);
	nvr_out_end(&v->out);
}

static void
found(void *ctx, const struct nvr_log_finding *f)
{
	struct verifying *v = ctx;

	if (v->findings == NULL)
		put_line(v, f->text);
	else
		json_array_append_new(v->findings,
		    json_pack("{s:s, s:b, s:I, s:I, s:s}", "kind", f->kind,
			"trouble", f->trouble, "seq", (json_int_t)f->seq,
			"last", (json_int_t)f->last, "text", f->text));
}

static void
progress(void *ctx, int64_t rows)
{
	struct verifying *v = ctx;

	nvr_progress_show(&v->progress, rows);
}

static void
put_summary(struct verifying *v, const struct nvr_log_summary *sum)
{
	char from[NVR_TIME_TEXT], until[NVR_TIME_TEXT], text[256];

	nvr_time_format(sum->from, from);
	nvr_time_format(sum->until, until);
	if (sum->troubles > 0)
		snprintf(text, sizeof(text),
		    "%lld row%s: something is wrong with the log, in %lld "
		    "place%s",
		    (long long)sum->rows, sum->rows == 1 ? "" : "s",
		    (long long)sum->troubles, sum->troubles == 1 ? "" : "s");
	else if (sum->rows == 0)
		snprintf(text, sizeof(text), "the log is empty");
	else
		snprintf(text, sizeof(text), "%lld row%s from %s to %s %s",
		    (long long)sum->rows, sum->rows == 1 ? "" : "s", from,
		    until, sum->rows == 1 ? "verifies" : "verify");
	put_line(v, text);
}

static void
put_json(struct verifying *v, const struct nvr_log_summary *sum)
{
	struct nvr_out *out = &v->out;

	nvr_out_int(out, "rows", sum->rows);
	nvr_out_time(out, "from", sum->from);
	nvr_out_time(out, "until", sum->until);
	nvr_out_int(out, "erased", sum->erased);
	nvr_out_int(out, "closed", sum->closed);
	nvr_out_int(out, "heads", sum->heads);
	nvr_out_int(out, "troubles", sum->troubles);
	nvr_out_json(out, "findings", json_incref(v->findings));
	nvr_out_end(out);
}

static int
read_head(struct nvr_log_head *ret)
{
	struct nvr_buf text = {0};
	int rc = nvr_file_read(opt.against, HEAD_MAX, &text, &cli.err);
	json_t *line = rc == 0 && text.len > 0
			   ? json_loadb(text.data, text.len, 0, NULL)
			   : NULL;
	const char *head = json_string_value(json_object_get(line, "head"));

	/* As it is, in a mail, or as --head --json prints it. */
	if (head == NULL)
		head = text.data != NULL ? text.data : "";
	if (rc == 0)
		rc = nvr_log_head_parse(head, ret, &cli.err);
	json_decref(line);
	if (rc == NVR_E_DATA)
		rc = nvr_prefix(&cli.err, "'%s'", opt.against);
	nvr_buf_release(&text);
	return rc;
}

int
account_log_verify(struct nvr_state *s)
{
	struct verifying v = {.progress = {.what = "verifying"}};
	const struct nvr_log_watch watch = {found, progress, &v};
	struct nvr_log_summary sum;
	struct nvr_log_head kept;
	int rc = opt.against != NULL ? read_head(&kept) : 0;

	if (rc != 0)
		return rc;
	if (cli.json && (v.findings = json_array()) == NULL)
		return nvr_fail_nomem(&cli.err);
	nvr_out_init(&v.out, cli.json);
	rc = nvr_log_verify(
	    s, opt.against != NULL ? &kept : NULL, &watch, &sum, &cli.err);
	nvr_progress_end(&v.progress);
	if (rc == 0 && cli.json)
		put_json(&v, &sum);
	else if (rc == 0)
		put_summary(&v, &sum);
	nvr_out_flush(&v.out);
	json_decref(v.findings);
	return rc == 0 && sum.troubles > 0 ? NVR_EXIT_NEGATIVE : rc;
}
