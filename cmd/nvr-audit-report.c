/* nvr-audit report: what audits found, as a page, text, a table or a mail. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/time.h"
#include "core/mail.h"
#include "core/report.h"

#include "nvr-audit.h"
#include "open.h"
#include "report.h"

static const struct {
	const char *name, *ending;
	enum nvr_report_format format;
} formats[] = {
    {"html", ".html", NVR_REPORT_HTML},
    {"text", ".txt", NVR_REPORT_TEXT},
    {"csv", ".csv", NVR_REPORT_CSV},
    {"jsonl", ".jsonl", NVR_REPORT_JSONL},
};

/* What --format says, else the file's name, else text. */
static int
choose_format(enum nvr_report_format *ret)
{
	const char *dot = opt.output != NULL ? strrchr(opt.output, '.') : NULL;

	*ret = cli.json ? NVR_REPORT_JSONL : NVR_REPORT_TEXT;
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
check_usage(enum nvr_report_format *format)
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
	if (opt.mail == NULL && cli.json && *format != NVR_REPORT_JSONL)
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
post(struct nvr_state *s, int64_t id, int64_t account,
    const struct nvr_buf *mail, int64_t expires)
{
	struct nvr_out out;
	struct nvr_post p = {.id = id,
	    .account = account,
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
	int64_t expires = 0, id = nvr_id_new();
	int rc = nvr_report_mail(
	    s, o, id, cli.conf.mail_from, opt.mail, &mail, &expires, &cli.err);

	if (rc == 0 && opt.dry_run)
		fwrite(mail.data, 1, mail.len, stdout);
	else if (rc == 0)
		rc = post(s, id, whose(o), &mail, expires);
	nvr_buf_wipe(&mail);
	return rc;
}

int
audit_report(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_report_camera only[NVR_LIST_MAX] = {0};
	struct nvr_report_options o = {.only = only, .now = nvr_time_now()};
	struct nvr_state *s = NULL;
	enum nvr_report_format format = NVR_REPORT_TEXT;
	int rc;

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
		rc = report_cameras(&cli, s, &opt.camera, only, &o.nonly);
	if (rc == 0 && opt.mail != NULL)
		rc = write_mail(s, &o);
	else if (rc == 0)
		rc = report_write(&cli, s, &o, format, opt.output);
	nvr_state_close(s);
	return rc;
}
