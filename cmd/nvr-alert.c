/* nvr-alert: decides what is wrong now, and who must know. */
#include <string.h>

#include "base/time.h"

#include "nvr-alert.h"

struct nvr_cli cli;
struct alert_options opt = {
    .until = -1, .percent = -1, .bytes = -1, .us = -1, .grace = -1};

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 0, "all", &opt.all, NULL, "closed and pending ones, too",
	"list"},
    {NVR_OPT_TEXT, 0, "why", &opt.why, "TEXT", "what is done about it", "ack"},
    {NVR_OPT_FLAG, 0, "undo", &opt.undo, NULL, "nobody has seen it", "ack"},
    {NVR_OPT_DURATION, 0, "for", &opt.until, "TIME", "so long; 0s: no more",
	"snooze", 0},
    {NVR_OPT_TEXT, 0, "account", &opt.account, "EMAIL", "of that account",
	"rules"},
    {NVR_OPT_TEXT, 0, "site", &opt.site, "NAME", "of that site", "rules"},
    {NVR_OPT_NUMBER, 0, "percent", &opt.percent, "N", "storage-low: free",
	"rules", 0, 100},
    {NVR_OPT_OPEN_BYTES, 0, "bytes", &opt.bytes, "SIZE", "storage-low: free",
	"rules", 1, INT64_MAX},
    {NVR_OPT_OPEN, 0, "time", &opt.us, "TIME",
	"storage-low: until it is full; clock-wrong: by so much; "
	"request-due: ahead; audit-schedule-failing: late",
	"rules", 1},
    {NVR_OPT_DURATION, 0, "grace", &opt.grace, "TIME", "may last so long",
	"rules", 0},
    {NVR_OPT_TEXT, 0, "severity", &opt.severity, "info|warning|critical",
	"how bad it is", "rules"},
    {NVR_OPT_FLAG, 0, "off", &opt.off, NULL, "no such alerts", "rules"},
    {NVR_OPT_FLAG, 0, "on", &opt.on, NULL, "alerts again", "rules"},
    {NVR_OPT_FLAG, 0, "reset", &opt.reset, NULL, "as above it", "rules"},
    NVR_OPTS_VERBOSE(cli, "say what came of it"),
};

static void
show_done(const struct nvr_alert_done *done)
{
	struct nvr_out out;

	if (!cli.json && cli.verbose == 0)
		return;
	nvr_out_init(&out, cli.json);
	nvr_out_int(&out, "opened", done->opened);
	nvr_out_int(&out, "closed", done->closed);
	nvr_out_int(&out, "open", done->open);
	nvr_out_int(&out, "messages", done->told);
	nvr_out_end(&out);
	nvr_out_flush(&out);
}

/* What could not be looked at is told of, when the rest is done. */
static int
evaluate(struct nvr_state *s)
{
	int64_t now = nvr_time_now();
	struct nvr_alert_done done;
	struct nvr_error why;
	int rc = nvr_alert_evaluate(s, now, &done, &why);
	int told =
	    nvr_alert_tell(s, &nvr_alert_contacts, now, &done.told, &cli.err);

	show_done(&done);
	if (rc != 0 && told != 0)
		nvr_warn("%s", why.text);
	else if (rc != 0)
		cli.err = why;
	return told != 0 ? told : rc;
}

static int
run(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	int rc;

	if (argc > 0 && strcmp(argv[0], "-") != 0)
		return nvr_fail(&c->err, NVR_E_USAGE,
		    "'%s' is no command; see -h", argv[0]);
	rc = nvr_open(c, NVR_STATE_DURABLE, &s);
	if (rc == 0)
		rc = argc > 0 ? alert_stream(s) : evaluate(s);
	nvr_state_close(s);
	return rc;
}

static const struct nvr_command commands[] = {
    {"list", "", "what is wrong", 0, 0, alert_list},
    {"show", "ID", "one of them, and what became of it", 1, 1, alert_show},
    {"ack", "ID …", "somebody has seen it: nobody else is told", 1, -1,
	alert_ack},
    {"snooze", "ID|KIND … --for TIME", "nothing is told of it until then", 1,
	-1, alert_snooze},
    {"rules", "[list | set KIND]", "when somebody is told", 0, 2, alert_rules},
    {NULL, NULL, NULL, 0, 0, NULL},
};
static const struct nvr_command fallback = {
    "-", "", "judge everything now; -: what nvr-record --json says", 0, 1, run};

static const struct nvr_tool tool = {
    .name = "nvr-alert",
    .summary = "decide what is wrong now, and who must know",
    .args = "[-]",
    .opts = opts,
    .commands = commands,
    .fallback = &fallback,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
