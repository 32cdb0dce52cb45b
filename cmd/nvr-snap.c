/* nvr-snap: take stills.  By default nothing of them stays. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/pattern.h"
#include "base/time.h"
#include "core/keep.h"
#include "media/video.h"
#include "store/event.h"

#include "nvr-snap.h"
#include "open.h"

struct nvr_cli cli;
struct snap_options opt;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'a', "all", &opt.all, NULL, "every camera"},
    {NVR_OPT_TEXT, 'o', "output", &opt.output, "FILE",
	"one file each: %c the camera, %Y%m%dT%H%M%SZ"},
    {NVR_OPT_DURATION, 0, "every", &opt.every, "DURATION",
	"again and again; with --since: a still for each", NULL, 1},
    {NVR_OPT_TIME, 0, "at", &opt.at, "TIME", "of the recording, then"},
    {NVR_OPT_TIME, 0, "since", &opt.since, "TIME",
	"of the recording, from then on"},
    {NVR_OPT_TIME, 0, "until", &opt.until, "TIME", "up to then; default: now"},
    {NVR_OPT_FLAG, 0, "exact", &opt.exact, NULL,
	"that very frame, not the key frame before it"},
    {NVR_OPT_TEXT, 0, "from", &opt.from_name, "live|recording|auto",
	"now: from the camera, or the recording of it"},
    {NVR_OPT_DURATION, 0, "max-age", &opt.max_age, "DURATION",
	"of the recording's frame (default 10s)", NULL, 1},
    {NVR_OPT_TEXT, 0, "stream", &opt.stream_name, "main|sub", "default: main"},
    {NVR_OPT_NUMBER, 0, "count", &opt.count, "N", "so many times", NULL, 1,
	1000000000},
    {NVR_OPT_DURATION, 0, "keep", &opt.keep, "DURATION",
	"store it sealed for that long as well", NULL, 1},
    {NVR_OPT_NUMBER, 0, "width", &opt.width, "PIXELS", "no wider than this",
	NULL, 16, 16384},
    {NVR_OPT_NUMBER, 0, "quality", &opt.quality, "1..100",
	"of the JPEG, where it is encoded anew", NULL, 1, 100},
    {NVR_OPT_NUMBER, 0, "jobs", &opt.jobs, "N", "cameras at once", NULL, 1, 64},
    {NVR_OPT_DURATION, 0, "timeout", &opt.timeout, "DURATION",
	"for each camera", NULL, 1},
    NVR_OPTS_COMMON(cli),
};

static int
add_camera(struct shoot *sh, struct nvr_camera *cam)
{
	size_t n = (size_t)sh->n + 1;
	struct nvr_camera **c =
	    realloc(sh->cam, n * sizeof(struct nvr_camera *));
	struct nvr_secrets *x = realloc(sh->secrets, n * sizeof(*x));
	int rc;

	if (c != NULL)
		sh->cam = c;
	if (x != NULL)
		sh->secrets = x;
	if (c == NULL || x == NULL) {
		nvr_camera_free(cam);
		return nvr_fail_nomem(&cli.err);
	}
	rc = nvr_inventory_secrets(sh->s, cam, &sh->secrets[sh->n], &cli.err);
	if (rc == NVR_E_DATA) { /* that camera's own trouble */
		nvr_warn("%s: %s", cam->name, cli.err.text);
		sh->failed++;
		rc = 0;
	} else if (rc == 0) {
		sh->cam[sh->n++] = cam;
		return 0;
	}
	nvr_camera_free(cam);
	return rc;
}

static int
add_name(struct shoot *sh, const char *name)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_inventory_find(sh->s, name, &cam, &cli.err);

	return rc == 0 ? add_camera(sh, cam) : rc;
}

static int
add_row(void *ctx, const struct nvr_camera *row)
{
	struct shoot *sh = ctx;
	struct nvr_camera *cam = NULL;
	int rc = nvr_camera_get(sh->s->store, row->id, &cam, &cli.err);

	return rc == 0 ? add_camera(sh, cam) : rc;
}

static int
choose(struct shoot *sh)
{
	int rc = 0;

	if (opt.all)
		rc =
		    nvr_camera_each(sh->s->store, false, add_row, sh, &cli.err);
	if (opt.all && rc == 0)
		nvr_note_barred(&cli, sh->s);
	for (int i = 0; rc == 0 && i < cli.nargs; i++)
		rc = add_name(sh, cli.args[i]);
	if (rc == 0 && sh->n == 0 && sh->failed == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "there is no camera yet; 'nvr-camera add NAME URL' enters "
		    "one");
	if (rc == 0 && sh->n > 1 && opt.output != NULL &&
	    strcmp(opt.output, "-") != 0 && !nvr_pattern_names(opt.output))
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "several cameras would write the same file; put %%c into "
		    "its name");
	for (int i = 0; rc == 0 && opt.keep > 0 && i < sh->n; i++)
		rc = nvr_keep_check(sh->s, sh->cam[i], opt.keep, &cli.err);
	return rc;
}

/* Which of the words it is. */
static int
find_word(
    const char *name, const char *given, const char *const *words, int *ret)
{
	*ret = 0;
	if (given == NULL)
		return 0;
	for (int i = 0; words[i] != NULL; i++) {
		*ret = i;
		if (strcmp(given, words[i]) == 0)
			return 0;
	}
	return nvr_fail(
	    &cli.err, NVR_E_USAGE, "--%s does not know '%s'", name, given);
}

static int
check_past(void)
{
	bool past = opt.at != 0 || opt.since != 0;

	if (opt.at != 0 && (opt.since != 0 || opt.every != 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--at is one moment: not with --since or --every");
	if (opt.since != 0 && opt.every == 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--since needs --every: a still for each step");
	if (opt.until != 0 && opt.until <= opt.since)
		return nvr_fail(
		    &cli.err, NVR_E_USAGE, "--until has to be after --since");
	if (opt.since == 0 && opt.until != 0)
		return nvr_fail(&cli.err, NVR_E_USAGE, "--until needs --since");
	if (past && opt.from_name != NULL)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "the past is in the recording alone: --from is about now");
	if (opt.exact && !past)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--exact is about the past: it needs --at or --since");
	return 0;
}

/* Who took what out of the recording. */
static int
log_access(struct shoot *sh)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < sh->n; i++) {
		const struct nvr_access a = {.id = nvr_id_new(),
		    .at = nvr_time_now(),
		    .who = nvr_cli_who(),
		    .action = "still",
		    .camera_id = sh->cam[i]->id,
		    .camera_name = sh->cam[i]->name,
		    .since = opt.at != 0 ? opt.at : opt.since,
		    .until = opt.at != 0 ? opt.at : opt.until,
		    .detail = opt.output != NULL ? opt.output : "-"};

		rc = nvr_access_add(sh->s->store, &a, &cli.err);
	}
	return rc;
}

static int
check_usage(void)
{
	static const char *const streams[] = {"main", "sub", NULL};
	static const char *const froms[] = {"auto", "live", "recording", NULL};
	int from, stream;

	if (find_word("from", opt.from_name, froms, &from) != 0 ||
	    find_word("stream", opt.stream_name, streams, &stream) != 0)
		return cli.err.code;
	opt.from = (enum snap_from)from;
	opt.stream = (enum nvr_stream)stream;
	if (opt.all == (cli.nargs > 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name cameras, or --all; see 'nvr-snap -h'");
	if (cli.json && (opt.output == NULL || strcmp(opt.output, "-") == 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--json describes files: it needs -o FILE");
	if (opt.output == NULL && isatty(STDOUT_FILENO))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "a JPEG is not for a terminal: use -o FILE, or a pipe");
	return check_past();
}

static void
say_libav(const char *line)
{
	nvr_debug(&cli, "libav: %s", line);
}

static const struct nvr_tool tool = {
    .name = "nvr-snap",
    .summary = "take stills",
    .args = "CAMERA ... | --all",
    .opts = opts,
};

int
main(int argc, char **argv)
{
	struct shoot sh = {0};
	bool past;
	int rc;

	nvr_cli_start(&cli, &tool, argc, argv);
	if (opt.jobs == 0)
		opt.jobs = cli.conf.jobs;
	if (opt.timeout == 0)
		opt.timeout = cli.conf.timeout;
	sh.options = (struct nvr_snap_options){opt.timeout, (int)opt.width,
	    (int)(opt.quality > 0 ? opt.quality : cli.conf.quality),
	    cli.conf.tls12};
	snap_catch_signals();
	if (cli.verbose > 0)
		nvr_video_set_log(say_libav);
	nvr_out_init(&sh.out, cli.json);
	rc = check_usage();
	past = opt.at != 0 || opt.since != 0;
	if (opt.since != 0 && opt.until == 0)
		opt.until = nvr_time_now();
	if (rc == 0)
		rc = nvr_open(
		    &cli, opt.keep > 0 || past ? NVR_STATE_DURABLE : 0, &sh.s);
	if (rc == 0)
		rc = choose(&sh);
	if (rc == 0 && past)
		rc = log_access(&sh);
	if (rc == 0 && sh.n > 0)
		rc = snap_shoot(&sh);
	if (rc != 0)
		rc = sh.left ? -rc : nvr_report(&cli.err);
	else if (sh.failed > 0)
		rc = NVR_EXIT_NEGATIVE;
	for (int i = 0; i < sh.n; i++) {
		nvr_secrets_wipe(&sh.secrets[i]);
		nvr_camera_free(sh.cam[i]);
	}
	free(sh.cam);
	free(sh.secrets);
	nvr_state_close(sh.s);
	return nvr_finish(rc);
}
