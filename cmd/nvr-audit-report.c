/* nvr-audit report: what audits found, as a page, text, a table or a mail. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/time.h"
#include "core/mail.h"
#include "core/report.h"

#include "draft.h"
#include "nvr-audit.h"
#include "open.h"

enum { JSONL = NVR_REPORT_CSV + 1 };

static const struct {
	const char *name, *ending;
	int format;
} formats[] = {
    {"html", ".html", NVR_REPORT_HTML},
    {"text", ".txt", NVR_REPORT_TEXT},
    {"csv", ".csv", NVR_REPORT_CSV},
    {"jsonl", ".jsonl", JSONL},
};

static bool
is_to_stdout(void)
{
	return opt.output == NULL || strcmp(opt.output, "-") == 0;
}

/* What --format says, else the file's name, else text. */
static int
choose_format(int *ret)
{
	const char *dot = opt.output != NULL ? strrchr(opt.output, '.') : NULL;

	*ret = cli.json ? JSONL : NVR_REPORT_TEXT;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (opt.format != NULL &&
		    strcmp(opt.format, formats[i].name) == 0) {
			*ret = formats[i].format;
			return 0;
		}
		if (opt.format == NULL && !cli.json && dot != NULL &&
		    strcasecmp(dot, formats[i].ending) == 0)
			*ret = formats[i].format;
	}
	if (opt.format != NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--format is html, text, csv or jsonl, not '%s'",
		    opt.format);
	return 0;
}

static int
check_usage(int *format)
{
	int rc = choose_format(format);

	if (rc != 0)
		return rc;
	if (opt.until <= opt.since)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--until has to be after --since");
	if (opt.mail != NULL && (opt.format != NULL || opt.output != NULL))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--mail has its own format and goes into the outbox: no "
		    "--format, no -o");
	if (opt.mail == NULL && opt.dry_run)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--dry-run is about --mail");
	if (opt.mail == NULL && cli.json && *format != JSONL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--json and --format contradict each other");
	if (opt.output != NULL && opt.output[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_USAGE, "-o: no file's name");
	if (opt.mail != NULL && cli.conf.mail_from[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_CONFIG,
		    "--mail: mail-from in [audit] of nvr.conf says who sends "
		    "it, and is not set");
	return 0;
}

static int
any_audit(void *ctx, const struct nvr_audit *a)
{
	(void)a;
	*(bool *)ctx = true;
	return 0;
}

/* One that is no camera is taken by the name that its audits bear. */
static int
find_camera(
    struct nvr_state *s, const char *name, struct nvr_report_camera *ret)
{
	const struct nvr_audit_filter f = {.camera = name, .limit = 1};
	struct nvr_camera *cam = NULL;
	struct nvr_error other;
	bool any = false;
	int rc = nvr_inventory_find(s, name, &cam, &cli.err);

	*ret = (struct nvr_report_camera){0, name, 0};
	if (rc == 0) {
		ret->id = cam->id;
		ret->account = cam->account_id;
	}
	nvr_camera_free(cam);
	if (rc == NVR_E_NOENT &&
	    nvr_audit_each(s->store, &f, any_audit, &any, &other) == 0 && any)
		return 0;
	return rc;
}

/* Each camera once. */
static int
find_cameras(struct nvr_state *s, struct nvr_report_camera *only, int *n)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < opt.camera.n; i++) {
		struct nvr_report_camera *c = &only[*n];
		bool twice = false;

		rc = find_camera(s, opt.camera.item[i], c);
		for (int k = 0; rc == 0 && k < *n; k++)
			twice |= c->id != 0
				     ? only[k].id == c->id
				     : strcmp(only[k].name, c->name) == 0;
		*n += rc == 0 && !twice;
	}
	return rc;
}

/* Why it failed is nvr_finish's to say; 1 ends the report. */
static int
write_stdout(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	(void)ctx, (void)err;
	return fwrite(data, 1, len, stdout) != len && nvr_out_failed() != 0;
}

static int
write_lines(struct nvr_state *s, const struct nvr_report_options *o)
{
	struct nvr_audit_filter f = {.since = o->since, .until = o->until};
	struct nvr_out out;
	long long n;
	int rc = 0;

	nvr_out_init(&out, true);
	if (o->nonly == 0)
		rc = audit_lines(s, &f, &out, &n);
	for (int i = 0; rc == 0 && i < o->nonly; i++) {
		f.camera_id = o->only[i].id;
		f.camera = f.camera_id != 0 ? NULL : o->only[i].name;
		rc = audit_lines(s, &f, &out, &n);
	}
	nvr_out_flush(&out);
	return rc;
}

static int
write_report(
    struct nvr_state *s, const struct nvr_report_options *o, int format)
{
	const struct nvr_sink sink = {write_stdout, NULL};
	int rc;

	if (format == JSONL)
		return write_lines(s, o);
	rc = nvr_report_write(
	    s, o, (enum nvr_report_format)format, &sink, &cli.err);
	return rc > 0 ? 0 : rc;
}

/* The file is what stdout becomes, so that every format is written alike. */
static int
write_file(struct nvr_state *s, const struct nvr_report_options *o, int format)
{
	int rc = nvr_draft_open(&draft, opt.output, &cli.err);

	if (rc != 0)
		return rc;
	draft_catch();
	if (dup2(draft.fd, STDOUT_FILENO) < 0)
		rc = nvr_fail_errno(
		    &cli.err, NVR_E_IO, "cannot write '%s'", opt.output);
	if (rc == 0)
		rc = write_report(s, o, format);
	if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		rc = nvr_fail(&cli.err, NVR_E_IO, "cannot write '%s': %s",
		    opt.output, strerror(nvr_out_failed()));
	if (rc == 0)
		return nvr_draft_commit(&draft, &cli.err);
	nvr_draft_drop(&draft);
	return rc;
}

/* Whose report it is: theirs, where all of its cameras are. */
static int64_t
whose(const struct nvr_report_options *o)
{
	int64_t account = o->nonly > 0 ? o->only[0].account : 0;

	for (int i = 1; i < o->nonly; i++)
		if (o->only[i].account != account)
			return 0;
	return account;
}

static int
post(struct nvr_state *s, int64_t account, const struct nvr_buf *mail,
    int64_t expires)
{
	struct nvr_out out;
	int64_t id;
	struct nvr_post p = {.account = account,
	    .now = nvr_time_now(),
	    .expires = expires,
	    .channel = "mail",
	    .kind = "report",
	    .to = opt.mail};
	int rc = nvr_mail_post(s, &p, mail, &id, &cli.err);

	if (rc != 0)
		return rc;
	nvr_out_init(&out, cli.json);
	nvr_out_id(&out, "id", id);
	nvr_out_text(&out, "channel", "mail");
	nvr_out_text(&out, "recipient", opt.mail);
	nvr_out_int(&out, "size_bytes", (int64_t)mail->len);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	return 0;
}

static int
write_mail(struct nvr_state *s, const struct nvr_report_options *o)
{
	struct nvr_buf mail = {0};
	int64_t expires = 0;
	int rc = nvr_report_mail(
	    s, o, cli.conf.mail_from, opt.mail, &mail, &expires, &cli.err);

	if (rc == 0 && opt.dry_run)
		fwrite(mail.data, 1, mail.len, stdout);
	else if (rc == 0)
		rc = post(s, whose(o), &mail, expires);
	nvr_buf_wipe(&mail);
	return rc;
}

int
audit_report(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_report_camera only[NVR_LIST_MAX] = {0};
	struct nvr_report_options o = {.only = only, .now = nvr_time_now()};
	struct nvr_state *s = NULL;
	int format, rc;

	(void)c, (void)argc, (void)argv;
	if (opt.until == 0)
		opt.until = o.now;
	rc = check_usage(&format);
	o.since = opt.since;
	o.until = opt.until;
	o.currency = cli.conf.currency;
	o.who = nvr_cli_who();
	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &s);
	if (rc == 0)
		rc = find_cameras(s, only, &o.nonly);
	if (rc == 0 && opt.mail != NULL)
		rc = write_mail(s, &o);
	else if (rc == 0)
		rc = is_to_stdout() ? write_report(s, &o, format)
				    : write_file(s, &o, format);
	nvr_state_close(s);
	return rc;
}
