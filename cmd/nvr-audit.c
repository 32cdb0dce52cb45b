/*
 * nvr-audit: examine stills.  What is wrong with the camera, what do they show?
 * Where the stills come from is in nvr-audit-run.c, each command in a file of
 * its name.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "core/children.h"
#include "core/keep.h"

#include "nvr-audit.h"
#include "open.h"

struct nvr_cli cli;
struct audit_options opt = {.limit = 100};

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'a', "all", &opt.all, NULL, "every camera", "- schedule"},
    {NVR_OPT_LIST, 0, "camera", &opt.camera, "CAMERA",
	"of this camera; whose stills the files are",
	"- list schedule usage report"},
    {NVR_OPT_TEXT, 0, "analyzer", &opt.analyzer, "NAME",
	"local, openai, or exec:/PROGRAM", "- schedule"},
    {NVR_OPT_TEXT, 'm', "model", &opt.model, "NAME",
	"ask this [model NAME] of nvr.conf", "- schedule"},
    {NVR_OPT_LINES, 'p', "prompt", &opt.prompt, "TEXT",
	"what to look for; `ID: question` lines; @FILE", "- schedule"},
    {NVR_OPT_FLAG, 0, "agentic", &opt.agentic, NULL,
	"the model may look again, in bounds", "- schedule"},
    {NVR_OPT_LIST, 0, "allow", &opt.allow, "CAMERA",
	"--agentic: one more camera that it may look at", "-"},
    {NVR_OPT_NUMBER, 0, "samples", &opt.samples, "N",
	"ask again about what is doubtful", "- schedule", 1, 15},
    {NVR_OPT_FLAG, 0, "skip-unchanged", &opt.skip_unchanged, NULL,
	"do not ask about what looks as before", "- schedule"},
    {NVR_OPT_NUMBER, 'J', "jobs", &opt.jobs, "N",
	"requests in flight at once (nvr.conf: 4)", "- due", 1, 256},
    {NVR_OPT_NUMBER, 0, "max-steps", &opt.steps, "N",
	"--agentic: calls of the model", "-", 1, 100},
    {NVR_OPT_NUMBER, 0, "max-stills", &opt.stills, "N",
	"--agentic: pictures that it gets", "-", 1, 100},
    {NVR_OPT_NUMBER, 0, "max-tokens", &opt.tokens, "N",
	"of one audit, in and out", "-", 1, 100000000},
    {NVR_OPT_TEXT, 0, "max-cost", &opt.cost, "MONEY", "of one audit, as 0.05",
	"-"},
    {NVR_OPT_DURATION, 0, "max-time", &opt.time, "DURATION",
	"--agentic: of one audit", "-", 1},
    {NVR_OPT_FLAG, 0, "no-learn", &opt.no_learn, NULL,
	"do not teach the baseline", "-"},
    {NVR_OPT_DURATION, 0, "keep", &opt.keep, "DURATION",
	"store the still sealed for that long", "- schedule baseline", 1},
    {NVR_OPT_DURATION, 0, "every", &opt.every, "DURATION",
	"due at each multiple of it", "schedule", 1000000},
    {NVR_OPT_TEXT, 0, "cron", &opt.cron, "EXPRESSION",
	"due as crontab(5) has it", "schedule"},
    {NVR_OPT_TEXT, 0, "zone", &opt.zone, "ZONE",
	"the time zone of --cron (Europe/Berlin)", "schedule"},
    {NVR_OPT_TIME, 0, "since", &opt.since, "TIME", "not before",
	"list usage report"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME", "before",
	"list usage report"},
    {NVR_OPT_TEXT, 0, "status", &opt.status, "STATUS",
	"ok, learning, error, invalid, budget ...", "list"},
    {NVR_OPT_NUMBER, 0, "limit", &opt.limit, "N",
	"the newest so many (default 100)", "list", 1, 1000000000},
    {NVR_OPT_FLAG, 0, "no-agentic", &opt.no_agentic, NULL, "set: it may not",
	"schedule"},
    {NVR_OPT_FLAG, 0, "no-skip-unchanged", &opt.no_skip_unchanged, NULL,
	"set: ask about everything", "schedule"},
    {NVR_OPT_FLAG, 0, "no-keep", &opt.no_keep, NULL, "set: store no stills",
	"schedule"},
    {NVR_OPT_FLAG, 0, "trace", &opt.trace, NULL, "each step of it", "show"},
    {NVR_OPT_TEXT, 0, "check", &opt.check, "LABEL", "which finding it is",
	"label"},
    {NVR_OPT_TEXT, 0, "by", &opt.by, "WHAT", "camera, model, day or account",
	"usage"},
    {NVR_OPT_TEXT, 0, "format", &opt.format, "FORMAT",
	"html, text, csv or jsonl", "report"},
    {NVR_OPT_TEXT, 'o', "output", &opt.output, "FILE",
	"write to a file, whole or not at all", "report"},
    {NVR_OPT_TEXT, 0, "mail", &opt.mail, "ADDRESS",
	"put it into the outbox as a mail", "report"},
    {NVR_OPT_FLAG, 'n', "dry-run", &opt.dry_run, NULL, "only print the mail",
	"report"},
    NVR_OPTS_COMMON(cli),
};

struct cameras {
	struct audit_run *run;
	const struct nvr_asking *q;
	struct nvr_camera **cam;
	int n;
};

static int
want(struct cameras *c, struct nvr_camera *cam)
{
	struct nvr_camera **to =
	    reallocarray(c->cam, (size_t)c->n + 1, sizeof(struct nvr_camera *));

	if (to == NULL) {
		nvr_camera_free(cam);
		return nvr_fail_nomem(&cli.err);
	}
	c->cam = to;
	c->cam[c->n++] = cam;
	return 0;
}

static int
want_row(void *ctx, const struct nvr_camera *row)
{
	struct cameras *c = ctx;
	struct nvr_camera *cam;
	int rc = nvr_camera_get(c->run->s->store, row->id, &cam, &cli.err);

	return rc == 0 ? want(c, cam) : rc;
}

static int
want_names(struct cameras *c, char *const *name, int n)
{
	struct nvr_camera *cam;
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++) {
		rc = nvr_inventory_find(c->run->s, name[i], &cam, &cli.err);
		if (rc == 0)
			rc = want(c, cam);
	}
	return rc;
}

static void
release(struct cameras *c)
{
	for (int i = 0; i < c->n; i++)
		nvr_camera_free(c->cam[i]);
	free(c->cam);
}

static int
examine(void *ctx, int i, const void *jpeg, size_t len)
{
	struct cameras *c = ctx;
	int rc = nvr_auditor_examine(
	    c->run->auditor, c->q, c->cam[i], jpeg, len, &cli.err);

	return rc == 0 ? audit_keep(c->run, c->cam[i], opt.keep, jpeg, len)
		       : rc;
}

static int
miss(void *ctx, int i, const char *why)
{
	struct cameras *c = ctx;

	nvr_warn("%s: %s", c->cam[i]->name, why);
	return nvr_auditor_miss(
	    c->run->auditor, c->q, c->cam[i], why, &cli.err);
}

/* Takes the stills itself, by running nvr-snap. */
static int
examine_cameras(struct audit_run *r, const struct nvr_asking *q)
{
	struct cameras c = {.run = r, .q = q};
	struct audit_take t = {.run = r,
	    .all = opt.all,
	    .ctx = &c,
	    .still = examine,
	    .missed = miss};
	int rc = opt.all ? nvr_camera_each(
			       r->s->store, false, want_row, &c, &cli.err)
			 : want_names(&c, cli.args, cli.nargs);

	if (rc == 0 && opt.all)
		nvr_note_barred(&cli, r->s);
	if (rc == 0 && c.n == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "there is no camera yet; 'nvr-camera add NAME URL' enters "
		    "one");
	t.cam = c.cam;
	t.n = c.n;
	for (int i = 0; rc == 0 && opt.keep > 0 && i < c.n; i++)
		rc = nvr_keep_check(r->s, c.cam[i], opt.keep, &cli.err);
	if (rc == 0)
		rc = audit_take(&t);
	release(&c);
	return rc;
}

static bool
is_file(const char *arg)
{
	const char *dot = strrchr(arg, '.');

	return strcmp(arg, "-") == 0 || strchr(arg, '/') != NULL ||
	       (dot != NULL && (strcasecmp(dot, ".jpg") == 0 ||
				   strcasecmp(dot, ".jpeg") == 0));
}

static int
check_usage(bool *files)
{
	int nfiles = 0;

	for (int i = 0; i < cli.nargs; i++)
		nfiles += is_file(cli.args[i]);
	*files = nfiles > 0;
	if (nfiles > 0 && nfiles < cli.nargs)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "name cameras or files, not both");
	if (opt.camera.n > 1)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--camera: files are of one camera");
	if (opt.camera.n > 0 && nfiles == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--camera says whose stills the files are; to take one, "
		    "name the camera alone");
	if (opt.allow.n > 0 && !opt.agentic)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--allow: only with --agentic may the model look further");
	if (opt.all == (cli.nargs > 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name cameras or files, '-' for standard input, or --all");
	return 0;
}

static int
run_audit(struct nvr_cli *c, int argc, char **argv)
{
	static struct audit_run r;
	struct nvr_asking q = {.kept = opt.keep > 0};
	struct audit_wish w = {opt.analyzer, opt.model, opt.prompt, opt.agentic,
	    opt.skip_unchanged, opt.samples};
	struct cameras allow = {.run = &r};
	bool files = false;
	int swept, rc = check_usage(&files);

	(void)c, (void)argc, (void)argv;
	q.origin = !files			   ? "camera"
		   : strcmp(cli.args[0], "-") == 0 ? "pipe"
						   : "file";
	if (rc == 0)
		rc = audit_prompt(opt.prompt, &w.prompt);
	if (rc == 0)
		rc = audit_asking(&q, &w);
	if (rc != 0)
		return rc;
	rc = audit_run_open(&r, opt.keep > 0 ? NVR_STATE_DURABLE : 0);
	if (rc == 0 && opt.keep > 0)
		rc = nvr_keep_sweep(r.s, nvr_time_now(), &swept, &cli.err);
	if (rc == 0)
		rc = want_names(
		    &allow, (char *const *)opt.allow.item, opt.allow.n);
	q.allow = (const struct nvr_camera *const *)allow.cam;
	q.nallow = allow.n;
	if (rc == 0)
		rc = nvr_asking_open(r.auditor, &q, &cli.err);
	if (rc == 0)
		rc = files ? audit_files(&r, &q) : examine_cameras(&r, &q);
	rc = audit_run_close(&r, rc);
	nvr_asking_release(&q);
	release(&allow);
	return rc;
}

static const struct nvr_command commands[] = {
    {"list", "", "audits, newest first", 0, 0, audit_list},
    {"show", "ID ...", "all that is known of an audit", 1, -1, audit_show},
    {"models", "[NAME ...]", "what the servers of these profiles offer", 0, -1,
	audit_models},
    {"usage", "", "what models took: audits, tokens, money", 0, 0, audit_usage},
    {"label", "ID yes|no", "what a finding of that audit should have said", 2,
	2, audit_label},
    {"calibration", "", "how far models' confidences can be believed", 0, 0,
	audit_calibration},
    {"baseline", "show|accept|reset CAMERA", "what the healthy camera is like",
	2, 2, audit_baseline},
    {"schedule", "add|set|list|remove|pause|resume [NAME]",
	"which cameras are audited when", 1, 2, audit_schedule},
    {"due", "", "run the schedules that are due", 0, 0, audit_due},
    {"report", "", "what audits found, for people", 0, 0, audit_report},
    {NULL, NULL, NULL, 0, 0, NULL},
};

static const struct nvr_command audit = {"-",
    "CAMERA ... | --all | FILE ... | -", "examine stills", 0, -1, run_audit};

static const struct nvr_tool tool = {
    .name = "nvr-audit",
    .summary = "examine stills: is the camera all right?",
    .args = "CAMERA ... | --all | FILE ... | -",
    .opts = opts,
    .commands = commands,
    .fallback = &audit,
};

/* What runs for us ends with us; the store looks after itself. */
static void
stop(int sig)
{
	nvr_children_signal(SIGTERM);
	nvr_children_signal(SIGCONT);
	signal(sig, SIG_DFL);
	raise(sig);
}

int
main(int argc, char **argv)
{
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
