/* Where archives of nvr-export go, and who signs them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#include "draft.h"
#include "nvr-export.h"
#include "open.h"

struct writing {
	struct export_output to;
	struct nvr_progress progress;
};

static bool
to_stdout(void)
{
	return opt.output == NULL || strcmp(opt.output, "-") == 0;
}

int
export_output(struct nvr_error *err)
{
	if (!to_stdout() && opt.output[0] == '\0')
		return nvr_fail(err, NVR_E_USAGE, "-o: no file's name");
	if (to_stdout() && cli.json)
		return nvr_fail(err, NVR_E_USAGE,
		    "--json is about files: it needs -o FILE");
	if (to_stdout() && isatty(STDOUT_FILENO))
		return nvr_fail(err, NVR_E_USAGE,
		    "an archive is not for a terminal: use -o FILE, or a pipe");
	return 0;
}

int
export_output_open(struct export_output *o, struct nvr_error *err)
{
	int rc;

	*o = (struct export_output){.fd = STDOUT_FILENO, .file = !to_stdout()};
	if (!o->file)
		return 0;
	draft_catch();
	rc = nvr_draft_open(&draft, opt.output, err);
	o->fd = draft.fd;
	return rc;
}

int
export_output_write(
    void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct export_output *o = ctx;
	int rc = nvr_write_all(o->fd, data, len, err);

	o->left = rc != 0 && errno == EPIPE;
	o->bytes += len;
	return rc;
}

int
export_output_close(struct export_output *o, int rc, struct nvr_error *err)
{
	if (o->file && rc == 0)
		rc = nvr_draft_commit(&draft, err);
	else if (o->file)
		nvr_draft_drop(&draft);
	return o->left ? NVR_EXIT_NEGATIVE : rc;
}

static bool
ends_in(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && memcmp(name + len - n, end, n) == 0;
}

/* --format, or what the file's name says; a sealed one ends in .age. */
static int
find_format(enum nvr_pack_format *ret)
{
	const char *name = to_stdout() ? "" : opt.output;
	size_t len = strlen(name);

	*ret = NVR_PACK_TAR_ZST;
	if (opt.format != NULL)
		return nvr_pack_parse(opt.format, ret, &cli.err);
	if (ends_in(name, len, ".age"))
		len -= strlen(".age");
	if (ends_in(name, len, ".zip"))
		*ret = NVR_PACK_ZIP;
	else if (ends_in(name, len, ".tar.gz") || ends_in(name, len, ".tgz"))
		*ret = NVR_PACK_TAR_GZ;
	return 0;
}

static int
find_recipients(struct nvr_age_recipient ret[NVR_AGE_MAX_RECIPIENTS])
{
	if (opt.recipients.n > NVR_AGE_MAX_RECIPIENTS)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "an archive is sealed to %d recipients at most",
		    NVR_AGE_MAX_RECIPIENTS);
	for (int i = 0; i < opt.recipients.n; i++)
		if (nvr_age_recipient_parse(
			opt.recipients.item[i], &ret[i], &cli.err) != 0)
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "--recipient: '%s' is no age1… key",
			    opt.recipients.item[i]);
	return 0;
}

/* TMPDIR, else beside the file: there has to be room for it anyway. */
static void
find_temp(struct nvr_state *s, bool file, char *ret, size_t size)
{
	const char *temp = getenv("TMPDIR");
	char *slash;

	if (temp != NULL && temp[0] != '\0') {
		strlcpy(ret, temp, size);
	} else if (file) {
		strlcpy(ret, draft.path, size);
		slash = strrchr(ret, '/');
		if (slash == NULL)
			strlcpy(ret, ".", size);
		else
			slash[slash == ret] = '\0';
	} else {
		strlcpy(ret, s->dir, size);
	}
}

static void
show_progress(void *ctx, uint64_t written)
{
	struct writing *w = ctx;

	nvr_progress_show(&w->progress, (long long)written);
}

static void
show_gap(void *ctx, const char *what, const char *why)
{
	struct writing *w = ctx;

	nvr_progress_end(&w->progress);
	w->progress.shown = 0;
	nvr_warn("%s: %s", what, why);
}

/*
 * The times of a zip are local ones, by a format of 1980: the same store is to
 * give the same bytes wherever it is exported.
 */
static void
set_zone(const char *zone)
{
	if (zone != NULL)
		setenv("TZ", zone, 1);
	else
		unsetenv("TZ");
	tzset();
}

static int
fill(struct nvr_state *s, const struct export_archive *e,
    struct nvr_archive_options *o, int64_t *gaps)
{
	const char *was = getenv("TZ");
	char *zone = was != NULL ? strdup(was) : NULL;
	struct nvr_archive *a = NULL;
	int rc;

	if (was != NULL && zone == NULL)
		return nvr_fail_nomem(&cli.err);
	set_zone("UTC0");
	rc = nvr_archive_open(s, o, &a, &cli.err);
	if (rc == 0)
		rc = e->fill(e->ctx, a, &cli.err);
	if (rc == 0)
		rc = nvr_archive_close(a, &cli.err);
	if (rc == 0)
		*gaps = nvr_archive_gaps(a);
	nvr_archive_free(a);
	set_zone(zone);
	free(zone);
	return rc;
}

static void
show(const struct writing *w, enum nvr_pack_format format, int64_t gaps)
{
	struct nvr_out out;

	nvr_out_init(&out, true);
	nvr_out_text(&out, "path", opt.output);
	nvr_out_text(&out, "format", nvr_pack_name(format));
	nvr_out_int(&out, "size_bytes", (int64_t)w->to.bytes);
	nvr_out_bool(&out, "sealed", opt.recipients.n > 0);
	nvr_out_int(&out, "gaps", gaps);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

int
export_archive(struct nvr_state *s, const struct export_archive *e)
{
	struct nvr_age_recipient recipients[NVR_AGE_MAX_RECIPIENTS];
	struct writing w = {.progress = {.what = "exporting",
				.total = (long long)e->expected,
				.alone = true,
				.bytes = true}};
	const struct nvr_sink sink = {export_output_write, &w.to};
	char temp[PATH_MAX];
	struct nvr_archive_options o = {.sink = &sink,
	    .recipients = recipients,
	    .nrecipients = (size_t)opt.recipients.n,
	    .now = export_now(),
	    .tool = EXPORT_TOOL,
	    .temp = temp,
	    .asked = e->asked,
	    .progress = show_progress,
	    .gap = show_gap,
	    .ctx = &w};
	int64_t gaps = 0;
	int rc = export_output(&cli.err);

	if (rc == 0)
		rc = find_format(&o.format);
	if (rc == 0)
		rc = find_recipients(recipients);
	if (rc == 0)
		rc = export_output_open(&w.to, &cli.err);
	if (rc != 0) {
		json_decref(e->asked);
		return rc;
	}
	find_temp(s, !to_stdout() && !draft.device, temp, sizeof(temp));
	rc = fill(s, e, &o, &gaps);
	rc = export_output_close(&w.to, rc, &cli.err);
	nvr_progress_end(&w.progress);
	if (rc == 0 && cli.json)
		show(&w, o.format, gaps);
	return rc == 0 && gaps > 0 ? NVR_EXIT_NEGATIVE : rc;
}

int
export_signer(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_buf line = {0};
	struct nvr_state *s = NULL;
	struct nvr_out out;
	int rc = nvr_open_made(c, 0, &s);

	(void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_archive_signer(s, &line, &c->err);
	if (rc == 0 && c->json) {
		line.data[strcspn(line.data, "\n")] = '\0';
		nvr_out_init(&out, true);
		nvr_out_text(&out, "allowed_signer", line.data);
		nvr_out_end(&out);
		nvr_out_flush(&out);
	} else if (rc == 0) {
		fwrite(line.data, 1, line.len, stdout);
	}
	nvr_buf_release(&line);
	nvr_state_close(s);
	return rc;
}
