/* nvr-retain: deletes what has outlived its promise, and proves it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "core/inventory.h"
#include "core/room.h"

#include "nvr-retain.h"
#include "open.h"

struct nvr_cli cli;
struct retain_options opt;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'n', "dry-run", &opt.dry_run, NULL,
	"show what would go, and delete nothing", "-"},
    {NVR_OPT_TEXT, 0, "only", &opt.only, "KIND", "of that kind only",
	"- verify"},
    {NVR_OPT_TEXT, 0, "camera", &opt.camera, "CAMERA", "of that camera only",
	"- verify forecast"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME", "as if it were that time",
	"- verify"},
    {NVR_OPT_NUMBER, 0, "yes-delete-most", &opt.most, "N",
	"more than half of something may go: N things in all", "-", 1,
	INT64_MAX},
    {NVR_OPT_TEXT, 0, "trust-clock", &opt.trust_clock, "DATE",
	"the clock is right: this is the date in UTC", "-"},
    {NVR_OPT_FLAG, 0, "article30", &opt.article30, NULL,
	"the record of processing activities (GDPR)", "report"},
    {NVR_OPT_TEXT, 0, "format", &opt.format, "html|text|json", "of the report",
	"report"},
    NVR_OPTS_VERBOSE(cli, "a line for each thing that went; forecast: notes"),
};

static struct nvr_out out;
static struct nvr_progress progress = {.what = "looking at what is due"};

static void
show_due(void *ctx, const struct nvr_leaving *d)
{
	const struct nvr_retain *r = ctx;
	int64_t age;

	nvr_out_text(&out, "kind", d->kind);
	nvr_out_text(&out, "object", d->object);
	nvr_out_text(&out, "camera", d->camera);
	nvr_out_text(&out, "stream", d->stream);
	nvr_out_int(&out, "size_bytes", d->bytes);
	nvr_out_time(&out, "at", d->at);
	nvr_out_text(&out, "why", d->why);
	nvr_out_text(&out, "promise", d->promise);
	nvr_out_more(&out);
	if (d->id != 0)
		nvr_out_id(&out, "id", d->id);
	else
		nvr_out_text(&out, "id", NULL);
	if (d->at != 0 && !__builtin_sub_overflow(r->now, d->at, &age))
		nvr_out_int(&out, "age_ms", age / NVR_MILLISECOND);
	else
		nvr_out_text(&out, "age_ms", NULL);
	nvr_out_end(&out);
}

static void
show_progress(void *ctx, const char *kind, int64_t done, int64_t all)
{
	(void)ctx, (void)kind;
	if (all > 0)
		progress.what = "deleting";
	progress.total = all;
	nvr_progress_show(&progress, done);
}

/* A line for each kind: of a run those of which something went. */
static void
show_kinds(const struct nvr_retained *done, bool all)
{
	nvr_out_init(&out, cli.json);
	for (int i = 0; i < done->nkinds; i++) {
		if (!all && done->kind[i].objects + done->kind[i].failed == 0)
			continue;
		nvr_out_text(&out, "kind", done->kind[i].kind);
		nvr_out_int(&out, "objects", done->kind[i].objects);
		nvr_out_int(&out, "size_bytes", done->kind[i].bytes);
		nvr_out_time(&out, "oldest", done->kind[i].oldest);
		nvr_out_int(&out, "failed", done->kind[i].failed);
		nvr_out_text(&out, "promise", done->kind[i].promise);
		nvr_out_end(&out);
	}
	nvr_out_flush(&out);
}

/* What is wrong with the options is said before anything is opened. */
static int
check_options(int64_t now, bool deletes)
{
	struct tm tm = {0};
	const char *end = opt.trust_clock == NULL
			      ? ""
			      : strptime(opt.trust_clock, "%Y-%m-%d", &tm);

	if (opt.only != NULL && nvr_retain_kind(opt.only, &cli.err) != 0)
		return nvr_prefix(&cli.err, "--only");
	if (end == NULL || *end != '\0' ||
	    (opt.trust_clock != NULL && strlen(opt.trust_clock) != 10))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--trust-clock: '%s' is not a date as 2026-01-31",
		    opt.trust_clock);
	if (deletes && opt.until > now)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--until: what is not due yet is not deleted: a time ahead "
		    "is for --dry-run");
	return 0;
}

/* Opens the store, and finds the camera that is meant. */
static int
begin(struct nvr_retain *r, bool deletes, struct nvr_state **s,
    struct nvr_camera **cam)
{
	int64_t now = nvr_time_now();
	int rc = check_options(now, deletes);

	r->now = opt.until != 0 ? opt.until : now;
	r->only = opt.only;
	r->most = opt.most;
	r->today = opt.trust_clock;
	r->ctx = r;
	if (rc == 0)
		rc = nvr_open_made(
		    &cli, deletes ? NVR_STATE_DURABLE : NVR_STATE_LOOK, s);
	if (rc == NVR_E_IO && deletes && nvr_room_spend(cli.store))
		rc = nvr_open_made(&cli, NVR_STATE_DURABLE, s);
	if (rc == 0 && opt.camera != NULL)
		rc = nvr_inventory_find_any(*s, opt.camera, cam, &cli.err);
	r->camera = *cam;
	return rc;
}

/* Each thing has its line. */
static void
tell(struct nvr_retain *r)
{
	r->tell = show_due;
	nvr_out_init(&out, cli.json);
	nvr_out_stream(&out);
}

/* What could not be deleted is tried again by the next run; this one failed. */
static int
report_failed(const struct nvr_retained *done)
{
	int64_t n = done->failed;

	for (int i = 0; i < done->nkinds; i++)
		n += done->kind[i].failed;
	if (n == 0)
		return 0;
	/* A brake is 77, and a folder without permission is none. */
	return nvr_fail(&cli.err, NVR_E_IO,
	    n == 1 ? "%lld thing could not be deleted: %s"
		   : "%lld things could not be deleted, the first: %s",
	    (long long)n, done->why.text);
}

/* A kind that cannot be looked at is not touched; the others were shown. */
static int
report_unseen(const struct nvr_retained *done)
{
	for (int i = 0; i < done->nkinds; i++)
		if (done->kind[i].failed > 0)
			return nvr_fail(&cli.err, NVR_E_IO,
			    "%s cannot be looked at: %s", done->kind[i].kind,
			    done->why.text);
	return 0;
}

static void
show_held(void *ctx, const char *text)
{
	(void)ctx;
	nvr_warn("a run would leave out: %s", text);
}

static int
plan(struct nvr_state *s, struct nvr_retain *r)
{
	struct nvr_retained done;
	struct nvr_error clock;
	int rc;

	tell(r);
	r->held = show_held;
	rc = nvr_retain_plan(s, r, &done, &clock, &cli.err);
	nvr_out_flush(&out);
	if (rc != 0)
		return rc;
	if (done.most > 0)
		nvr_warn("where that is right, say --yes-delete-most %lld",
		    (long long)done.most);
	if (done.vain.code != 0)
		nvr_warn("%s", done.vain.text);
	if (clock.code != 0)
		nvr_warn("a run would be refused: %s", clock.text);
	return report_unseen(&done);
}

/* The first thing that is wrong says how it ends. */
static int
report(const struct nvr_error *what, int rc)
{
	if (what->code == 0)
		return rc;
	if (rc == 0)
		return nvr_fail(&cli.err, what->code, "%s", what->text);
	nvr_warn("%s", what->text);
	return rc;
}

static int
apply(struct nvr_state *s, struct nvr_retain *r)
{
	struct nvr_retained done;
	int rc;

	if (cli.verbose > 0)
		tell(r);
	else
		r->progress = show_progress;
	progress.alone = true;
	rc = nvr_retain_run(s, r, &done, &cli.err);
	nvr_progress_end(&progress);
	if (cli.verbose > 0)
		nvr_out_flush(&out);
	else if (rc == 0)
		show_kinds(&done, false);
	if (rc != 0)
		return rc;
	rc = report_failed(&done);
	rc = report(&done.vain, rc);
	return report(&done.brake, rc);
}

static int
run(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	struct nvr_retain r = {0};
	struct nvr_error ignored;
	int rc = begin(&r, !opt.dry_run, &s, &cam);

	(void)c, (void)argc, (void)argv;
	if (rc == 0)
		rc = opt.dry_run ? plan(s, &r) : apply(s, &r);
	nvr_camera_free(cam);
	nvr_state_close(s);
	/* The store's own files have gone now, on whose account there may not
	 * have been the room for it. */
	if (s != NULL && !opt.dry_run)
		nvr_room_reserve(cli.store, &ignored);
	return rc;
}

static int
verify(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_camera *cam = NULL;
	struct nvr_state *s = NULL;
	struct nvr_retained done;
	struct nvr_retain r = {.progress = show_progress};
	int64_t overdue = 0;
	int rc = begin(&r, false, &s, &cam);

	(void)argc, (void)argv;
	progress.what = "overdue";
	progress.alone = true;
	if (rc == 0)
		rc = nvr_retain_verify(s, &r, &done, &c->err);
	nvr_progress_end(&progress);
	if (rc == 0) {
		show_kinds(&done, true);
		rc = report_unseen(&done);
		for (int i = 0; i < done.nkinds; i++)
			overdue += done.kind[i].objects;
	}
	nvr_camera_free(cam);
	nvr_state_close(s);
	return rc == 0 && overdue > 0 ? NVR_EXIT_NEGATIVE : rc;
}

static const struct nvr_command commands[] = {
    {"verify", "", "what is past its time and still there", 0, 0, verify},
    {"report", "--article30", "the record of processing activities", 0, 0,
	retain_report},
    {"forecast", "", "when each camera and disk will be full", 0, 0,
	retain_forecast},
    {NULL, NULL, NULL, 0, 0, NULL},
};
static const struct nvr_command retain = {
    "-", "", "delete what is due", 0, 0, run};

static const struct nvr_tool tool = {
    .name = "nvr-retain",
    .summary = "delete what has outlived its promise, and prove it",
    .args = "",
    .opts = opts,
    .commands = commands,
    .fallback = &retain,
};

int
main(int argc, char **argv)
{
	nvr_cli_start(&cli, &tool, argc, argv);
	return nvr_finish(nvr_cli_run(&cli));
}
