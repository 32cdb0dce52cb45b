/* nvr-export audits: what audits found, as a table or a page. */
#include <string.h>
#include <strings.h>

#include "base/time.h"

#include "nvr-export.h"
#include "open.h"
#include "report.h"

static const struct {
	const char *name;
	enum nvr_report_format format;
} formats[] = {
    {"csv", NVR_REPORT_CSV},
    {"jsonl", NVR_REPORT_JSONL},
    {"html", NVR_REPORT_HTML},
};

/* NULL: none of them. */
static const enum nvr_report_format *
find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcasecmp(name, formats[i].name) == 0)
			return &formats[i].format;
	return NULL;
}

/* What --format says, else the file's name, else CSV. */
static int
choose_format(enum nvr_report_format *ret)
{
	const char *dot = opt.output != NULL ? strrchr(opt.output, '.') : NULL;
	const enum nvr_report_format *f = NULL;

	*ret = cli.json ? NVR_REPORT_JSONL : NVR_REPORT_CSV;
	if (opt.format != NULL) {
		f = find_format(opt.format);
		if (f == NULL)
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "--format of audits is csv, jsonl or html, not "
			    "'%s'",
			    opt.format);
		if (cli.json && *f != NVR_REPORT_JSONL)
			return nvr_fail(&cli.err, NVR_E_USAGE,
			    "--json and --format contradict each other");
	} else if (dot != NULL && !cli.json) {
		f = find_format(dot + 1);
	}
	if (f != NULL)
		*ret = *f;
	return 0;
}

static int
check_usage(struct nvr_report_options *o, enum nvr_report_format *format)
{
	o->since = opt.since;
	o->until = opt.until != 0 ? opt.until : o->now;
	if (opt.since == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "since when? give --since TIME, as 7d or 2026-11-01");
	if (o->until <= o->since)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--until has to be after --since");
	if (opt.output != NULL && opt.output[0] == '\0')
		return nvr_fail(&cli.err, NVR_E_USAGE, "-o: no file's name");
	return choose_format(format);
}

int
export_audits(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_report_camera only[NVR_LIST_MAX] = {0};
	struct nvr_report_options o = {.only = only, .now = nvr_time_now()};
	struct nvr_state *s = NULL;
	enum nvr_report_format format = NVR_REPORT_CSV;
	int rc = check_usage(&o, &format);

	(void)argc, (void)argv;
	o.currency = c->conf.currency;
	o.who = nvr_cli_who();
	if (rc == 0)
		rc = nvr_open_made(c, NVR_STATE_DURABLE, &s);
	if (rc == 0)
		rc = report_cameras(c, s, &opt.cameras, only, &o.nonly);
	if (rc == 0 && o.nonly == 0)
		nvr_note_barred(c, s);
	if (rc == 0)
		rc = report_write(c, s, &o, format, opt.output);
	nvr_state_close(s);
	return rc;
}
