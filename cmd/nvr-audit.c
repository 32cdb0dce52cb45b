/*
 * nvr-audit: examine stills.  What is wrong with the camera, what do they show?
 * list, show and baseline are in nvr-audit-show.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/time.h"
#include "core/auditor.h"
#include "core/children.h"
#include "core/keep.h"
#include "core/snapper.h"
#include "still/exif.h"
#include "still/jpeg_stream.h"

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
	"local, model, or exec:/PROGRAM", "- schedule"},
    {NVR_OPT_TEXT, 'm', "model", &opt.model, "NAME",
	"ask this [model NAME] of nvr.conf", "- schedule"},
    {NVR_OPT_TEXT, 'p', "prompt", &opt.prompt, "TEXT",
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

/* What a run comes to. */
struct tally {
	struct nvr_state *s;
	struct nvr_auditor *auditor;
	struct nvr_out out;
	struct nvr_progress progress;
	long long found, blind, done;
};

static void
report(struct tally *t, const struct nvr_audit *a)
{
	bool found = false;

	for (size_t i = 0; i < a->nfindings; i++)
		found |= strcmp(a->findings[i].verdict, "yes") == 0;
	t->found += found;
	t->blind +=
	    strcmp(a->status, "ok") != 0 && strcmp(a->status, "learning") != 0;
	audit_line(&t->out, a);
	nvr_progress_show(&t->progress, ++t->done);
}

static int
keep_still(
    struct tally *t, const struct nvr_camera *cam, const void *jpeg, size_t len)
{
	struct nvr_keep k = {.seal = cli.conf.seal};
	struct nvr_exif exif;

	if (opt.keep == 0)
		return 0;
	nvr_exif_get(jpeg, len, &exif);
	if (exif.still_id == 0)
		return nvr_fail(&cli.err, NVR_E_DATA,
		    "--keep: only stills of nvr-snap can be kept");
	k.id = exif.still_id;
	k.taken_at = exif.taken_at;
	k.expires_at = nvr_time_now() + opt.keep;
	return nvr_keep_still(t->s, cam, &k, jpeg, len, &cli.err);
}

/*
 * One still.  Trouble that is its own, such as that nobody says whose it is,
 * is told and counted; what is returned is the store's trouble, or the disk's.
 */
static int
examine(struct tally *t, const struct nvr_camera *cam, const void *jpeg,
    size_t len, const char *where, const struct nvr_audit **ret)
{
	const struct nvr_audit *a;
	int rc = nvr_auditor_examine(t->auditor, cam, jpeg, len, &a, &cli.err);

	if (ret != NULL)
		*ret = rc == 0 ? a : NULL;
	if (rc == NVR_E_DATA) {
		nvr_warn("%s: %s", where, cli.err.text);
		t->blind++;
		return 0;
	}
	if (rc != 0)
		return rc;
	report(t, a);
	return keep_still(t, nvr_auditor_camera(t->auditor), jpeg, len);
}

/* Each JPEG of a stream; what is none is passed over. */
static int
examine_stream(struct tally *t, const struct nvr_camera *cam,
    struct nvr_jpeg_stream *in, const char *where)
{
	const void *jpeg;
	size_t len;
	int rc;

	while ((rc = nvr_jpeg_stream_next(in, &jpeg, &len, &cli.err)) != 0) {
		if (rc < 0) {
			nvr_warn("%s: %s", where, cli.err.text);
			t->blind++;
		}
		if (rc < 0 && rc != NVR_E_DATA)
			return 0; /* it cannot be read any further */
		if (rc == 1)
			rc = examine(t, cam, jpeg, len, where, NULL);
		if (rc < 0 && rc != NVR_E_DATA)
			return rc;
	}
	return 0;
}

/* A file that cannot be read does not stop the others. */
static int
examine_file(struct tally *t, const struct nvr_camera *cam, const char *path)
{
	struct nvr_jpeg_stream in = {.fd = STDIN_FILENO};
	int rc;

	if (strcmp(path, "-") == 0) {
		rc = examine_stream(t, cam, &in, "standard input");
		nvr_jpeg_stream_release(&in);
		return rc;
	}
	in.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in.fd < 0) {
		nvr_warn("cannot open '%s': %s", path, strerror(errno));
		t->blind++;
		return 0;
	}
	rc = examine_stream(t, cam, &in, path);
	close(in.fd);
	nvr_jpeg_stream_release(&in);
	return rc;
}

/* Which cameras nvr-snap has given no still of. */
struct missing {
	struct nvr_camera *cam[1024];
	bool seen[1024];
	int n;
};

static int
want(struct missing *m, struct nvr_camera *cam)
{
	if (m->n == 1024) {
		nvr_camera_free(cam);
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "more than 1024 cameras at once: name them in batches");
	}
	m->cam[m->n++] = cam;
	return 0;
}

struct want_all {
	struct missing *m;
	struct nvr_state *s;
};

static int
want_row(void *ctx, const struct nvr_camera *row)
{
	struct want_all *w = ctx;
	struct nvr_camera *cam;
	int rc = nvr_camera_get(w->s->store, row->id, &cam, &cli.err);

	return rc == 0 ? want(w->m, cam) : rc;
}

static int
examine_snapped(struct tally *t, struct missing *m, struct nvr_snapper *snap)
{
	const struct nvr_audit *a;
	const void *jpeg;
	size_t len;
	int rc;

	while ((rc = nvr_snapper_next(snap, &jpeg, &len, &cli.err)) == 1) {
		rc = examine(t, NULL, jpeg, len, "nvr-snap", &a);
		if (rc != 0)
			return rc;
		for (int i = 0; i < m->n; i++)
			m->seen[i] |=
			    m->cam[i]->id == nvr_auditor_camera(t->auditor)->id;
	}
	for (int i = 0; rc == 0 && i < m->n; i++) {
		if (m->seen[i])
			continue;
		rc = nvr_auditor_miss(t->auditor, m->cam[i],
		    nvr_snapper_reason(snap, m->cam[i]->name), &a, &cli.err);
		if (rc != 0)
			break;
		nvr_warn("%s: %s", m->cam[i]->name, a->error);
		report(t, a);
	}
	return rc;
}

/* Takes the stills itself, by running nvr-snap. */
static int
examine_cameras(struct tally *t)
{
	static struct missing m;
	struct want_all w = {&m, t->s};
	struct nvr_snapper *snap = NULL;
	struct nvr_camera *cam;
	int rc = 0;

	if (opt.all)
		rc =
		    nvr_camera_each(t->s->store, false, want_row, &w, &cli.err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++) {
		rc = nvr_inventory_find(t->s, cli.args[i], &cam, &cli.err);
		if (rc == 0)
			rc = want(&m, cam);
	}
	if (rc == 0 && m.n == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "there is no camera yet; 'nvr-camera add NAME URL' enters "
		    "one");
	if (rc == 0)
		rc = nvr_snapper_open(cli.store, cli.config, cli.args,
		    opt.all ? 0 : cli.nargs, &snap, &cli.err);
	if (rc == 0)
		rc = examine_snapped(t, &m, snap);
	nvr_snapper_close(snap);
	for (int i = 0; i < m.n; i++)
		nvr_camera_free(m.cam[i]);
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
examine_files(struct tally *t)
{
	struct nvr_camera *cam = NULL;
	int rc = 0;

	if (opt.camera.n == 1)
		rc = nvr_inventory_find(
		    t->s, opt.camera.item[0], &cam, &cli.err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++)
		rc = examine_file(t, cam, cli.args[i]);
	nvr_camera_free(cam);
	return rc;
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
	if (opt.all == (cli.nargs > 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name cameras or files, '-' for standard input, or --all");
	if (opt.keep > cli.conf.keep_max)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--keep: stills are kept no longer than keep-max of "
		    "nvr.conf says");
	return 0;
}

static int
run_audit(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_auditor_options o = {.prompt = opt.prompt,
	    .learn = !opt.no_learn,
	    .kept = opt.keep > 0,
	    .exec_timeout = cli.conf.exec_timeout,
	    .exec_output = (size_t)cli.conf.exec_output};
	static struct tally t = {.progress = {.what = "stills audited:"}};
	bool files = false;
	int swept, rc = check_usage(&files);

	(void)c, (void)argc, (void)argv;
	o.analyzer = opt.analyzer != NULL ? opt.analyzer : cli.conf.analyzer;
	o.origin = files ? "file" : "camera";
	if (files && strcmp(cli.args[0], "-") == 0)
		o.origin = "pipe";
	if (rc == 0)
		rc = nvr_open(&cli, opt.keep > 0 ? NVR_STATE_DURABLE : 0, &t.s);
	if (rc == 0 && opt.keep > 0)
		rc = nvr_keep_sweep(t.s, nvr_time_now(), &swept, &cli.err);
	if (rc == 0)
		rc = nvr_auditor_open(t.s, &o, &t.auditor, &cli.err);
	nvr_out_init(&t.out, cli.json);
	nvr_out_stream(&t.out);
	if (rc == 0)
		rc = files ? examine_files(&t) : examine_cameras(&t);
	nvr_progress_end(&t.progress);
	nvr_out_flush(&t.out);
	nvr_auditor_close(t.auditor);
	nvr_state_close(t.s);
	if (rc != 0)
		return rc;
	return t.found > 0 ? NVR_EXIT_NEGATIVE : t.blind > 0 ? -NVR_E_AGAIN : 0;
}

static const struct nvr_command commands[] = {
    {"list", "", "audits, newest first", 0, 0, audit_list},
    {"show", "ID ...", "all that is known of an audit", 1, -1, audit_show},
    {"baseline", "show|accept|reset CAMERA", "what the healthy camera is like",
	2, 2, audit_baseline},
    {"schedule", "add|set|list|remove|pause|resume [NAME]",
	"which cameras are audited when", 1, 2, audit_schedule},
    {"due", "", "run the schedules that are due", 0, 0, audit_due},
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
