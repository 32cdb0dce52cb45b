/* nvr-snap: take stills.  By default nothing of them stays. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pattern.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/out.h"
#include "core/crew.h"
#include "core/keep.h"
#include "core/snap.h"
#include "media/video.h"

#include "open.h"

static struct nvr_cli cli;
static bool all;
static const char *output;
static int64_t every, keep, timeout_us;
static long long count = 0, jobs, width, quality;

static const struct nvr_opt opts[] = {
    {NVR_OPT_FLAG, 'a', "all", &all, NULL, "every camera"},
    {NVR_OPT_TEXT, 'o', "output", &output, "FILE",
	"one file each: %c the camera, %Y%m%dT%H%M%SZ"},
    {NVR_OPT_DURATION, 0, "every", &every, "DURATION", "again and again", NULL,
	1},
    {NVR_OPT_NUMBER, 0, "count", &count, "N", "so many times", NULL, 1,
	1000000000},
    {NVR_OPT_DURATION, 0, "keep", &keep, "DURATION",
	"store it sealed for that long as well", NULL, 1},
    {NVR_OPT_NUMBER, 0, "width", &width, "PIXELS", "no wider than this", NULL,
	16, 16384},
    {NVR_OPT_NUMBER, 0, "quality", &quality, "1..100",
	"of the JPEG, where it is encoded anew", NULL, 1, 100},
    {NVR_OPT_NUMBER, 0, "jobs", &jobs, "N", "cameras at once", NULL, 1, 64},
    {NVR_OPT_DURATION, 0, "timeout", &timeout_us, "DURATION", "for each camera",
	NULL, 1},
    NVR_OPTS_COMMON(cli),
};

struct shoot {
	struct nvr_state *s;
	struct nvr_camera **cam;
	struct nvr_secrets *secrets;
	int n;
	struct nvr_snap_options options;
	struct nvr_out out;
	struct nvr_progress progress;
	long long done;
	int failed;
	bool left; /* who read our output */
};

static volatile sig_atomic_t stopped;
static sigset_t unblocked; /* the mask to wait with */

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int
take(void *ctx, int job, struct nvr_buf *out, struct nvr_error *err)
{
	struct shoot *sh = ctx;
	struct nvr_still still;
	int rc;

	rc = nvr_snap_take(
	    sh->cam[job], &sh->secrets[job], &sh->options, &still, err);
	if (rc != 0)
		return rc;
	rc = nvr_buf_add(out, &still.id, sizeof(still.id), err);
	if (rc == 0)
		rc = nvr_buf_add(
		    out, &still.taken_at, sizeof(still.taken_at), err);
	if (rc == 0)
		rc = nvr_buf_add(out, still.jpeg.data, still.jpeg.len, err);
	nvr_buf_release(&still.jpeg);
	return rc;
}

/*
 * In a child of its own, which parses what the network sends: it keeps no key
 * but the one camera's.
 */
static int
take_apart(void *ctx, int job, struct nvr_buf *out, struct nvr_error *err)
{
	struct shoot *sh = ctx;

	nvr_age_identity_wipe(&sh->s->box);
	for (int i = 0; i < sh->n; i++)
		if (i != job)
			nvr_secrets_wipe(&sh->secrets[i]);
	return take(ctx, job, out, err);
}

static int
write_still(struct shoot *sh, const char *camera, const struct nvr_still *st)
{
	char path[1024];
	int rc;

	if (output == NULL || strcmp(output, "-") == 0) {
		rc = nvr_write_all(
		    STDOUT_FILENO, st->jpeg.data, st->jpeg.len, &cli.err);
		sh->left = rc != 0 && errno == EPIPE;
		return rc;
	}
	rc = nvr_pattern_expand(
	    output, camera, st->taken_at, path, sizeof(path), &cli.err);
	if (rc == 0)
		rc = nvr_file_write(
		    path, st->jpeg.data, st->jpeg.len, 0600, 0, &cli.err);
	if (rc != 0 || !cli.json)
		return rc;
	nvr_out_text(&sh->out, "camera", camera);
	nvr_out_time(&sh->out, "taken_at", st->taken_at);
	nvr_out_text(&sh->out, "path", path);
	nvr_out_int(&sh->out, "size_bytes", (int64_t)st->jpeg.len);
	nvr_out_id(&sh->out, "id", st->id);
	nvr_out_end(&sh->out);
	return 0;
}

static int
keep_still(
    struct shoot *sh, const struct nvr_camera *cam, const struct nvr_still *st)
{
	struct nvr_keep k = {
	    st->id, st->taken_at, st->taken_at + keep, cli.conf.seal};

	if (keep == 0)
		return 0;
	return nvr_keep_still(
	    sh->s, cam, &k, st->jpeg.data, st->jpeg.len, &cli.err);
}

static int
taken(void *ctx, int job, int rc, const struct nvr_buf *out,
    const struct nvr_error *err)
{
	struct shoot *sh = ctx;
	const struct nvr_camera *cam = sh->cam[job];
	struct nvr_still st;
	size_t head = sizeof(st.id) + sizeof(st.taken_at);

	nvr_progress_show(&sh->progress, ++sh->done);
	if (rc != 0) {
		nvr_warn("%s: %s", cam->name, err->text);
		sh->failed++;
		return 0;
	}
	memcpy(&st.id, out->data, sizeof(st.id));
	memcpy(&st.taken_at, out->data + sizeof(st.id), sizeof(st.taken_at));
	st.jpeg =
	    (struct nvr_buf){.data = out->data + head, .len = out->len - head};
	rc = keep_still(sh, cam, &st);
	return rc == 0 ? write_still(sh, cam->name, &st) : rc;
}

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
	return add_name(ctx, row->name);
}

static int
choose(struct shoot *sh)
{
	int rc = 0;

	if (all)
		rc =
		    nvr_camera_each(sh->s->store, false, add_row, sh, &cli.err);
	for (int i = 0; rc == 0 && i < cli.nargs; i++)
		rc = add_name(sh, cli.args[i]);
	if (rc == 0 && sh->n == 0 && sh->failed == 0)
		rc = nvr_fail(&cli.err, NVR_E_NOENT,
		    "there is no camera yet; 'nvr-camera add NAME URL' enters "
		    "one");
	if (rc == 0 && sh->n > 1 && output != NULL &&
	    strcmp(output, "-") != 0 && !nvr_pattern_names(output))
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "several cameras would write the same file; put %%c into "
		    "its name");
	return rc;
}

/* Sleeps until the next round, or until a signal says stop. */
static void
wait_until(int64_t when)
{
	int64_t left;

	while (!stopped && (left = when - nvr_time_monotonic()) > 0) {
		struct timespec ts = {
		    left / NVR_SECOND, left % NVR_SECOND * 1000};

		ppoll(NULL, 0, &ts, &unblocked);
	}
}

/* Signals that say stop come in only while something is waited for. */
static void
catch_signals(void)
{
	struct sigaction sa = {.sa_handler = stop};
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, &unblocked);
	sigdelset(&unblocked, SIGTERM);
	sigdelset(&unblocked, SIGINT);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

/* What ignores the deadline, such as a resolver, ends here. */
static void
late(int sig)
{
	static const char text[] = "nvr-snap: no answer within the timeout\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(-NVR_E_IO);
	_exit(NVR_EXIT_NEGATIVE);
}

/*
 * One still of one camera is taken in place: there is nothing else to protect,
 * and to fork a process with so many libraries costs a seventh of it all.
 */
static int
shoot_one(struct shoot *sh)
{
	int64_t most = timeout_us + NVR_SECOND / 2;
	struct itimerval timer = {
	    .it_value = {most / NVR_SECOND, most % NVR_SECOND}};
	const struct itimerval off = {{0, 0}, {0, 0}};
	struct nvr_error err = {0};
	struct nvr_buf out = {0};
	sigset_t blocked;
	int rc;

	signal(SIGALRM, late);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_SETMASK, &unblocked, &blocked);
	setitimer(ITIMER_REAL, &timer, NULL);
	rc = take(sh, 0, &out, &err);
	setitimer(ITIMER_REAL, &off, NULL);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	rc = taken(sh, 0, rc, &out, &err);
	nvr_buf_wipe(&out);
	return rc;
}

static int
shoot(struct shoot *sh)
{
	struct nvr_crew crew = {sh->n, (int)jobs, timeout_us, &stopped,
	    &unblocked, sh, take_apart, taken};
	long long rounds = count > 0 ? count : every > 0 ? INT64_MAX : 1;
	int64_t next = nvr_time_monotonic();
	int swept, rc = 0;

	sh->progress.what = "stills:";
	sh->progress.total = rounds < INT64_MAX / sh->n ? rounds * sh->n : 0;
	for (long long i = 0; rc == 0 && !stopped && i < rounds; i++) {
		if (keep > 0)
			rc = nvr_keep_sweep(
			    sh->s, nvr_time_now(), &swept, &cli.err);
		if (rc == 0 && rounds == 1 && sh->n == 1)
			rc = shoot_one(sh);
		else if (rc == 0)
			rc = nvr_crew_run(&crew, &cli.err);
		next += every;
		/* Rounds that were missed are not made up for. */
		while (every > 0 && next < nvr_time_monotonic())
			next += every;
		if (rc == 0 && i + 1 < rounds)
			wait_until(next);
	}
	nvr_progress_end(&sh->progress);
	/* Being told to stop is how --every ends; else stills are missing. */
	sh->failed += stopped && every == 0;
	return rc;
}

static int
check_usage(void)
{
	if (all == (cli.nargs > 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "name cameras, or --all; see 'nvr-snap -h'");
	if (keep > cli.conf.keep_max)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--keep: stills are kept no longer than keep-max of "
		    "nvr.conf says");
	if (cli.json && (output == NULL || strcmp(output, "-") == 0))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--json describes files: it needs -o FILE");
	if (output == NULL && isatty(STDOUT_FILENO))
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "a JPEG is not for a terminal: use -o FILE, or a pipe");
	return 0;
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
	int rc;

	nvr_cli_start(&cli, &tool, argc, argv);
	if (jobs == 0)
		jobs = cli.conf.jobs;
	if (timeout_us == 0)
		timeout_us = cli.conf.timeout;
	sh.options = (struct nvr_snap_options){timeout_us, (int)width,
	    (int)(quality > 0 ? quality : cli.conf.quality), cli.conf.tls12};
	catch_signals();
	if (cli.verbose > 0)
		nvr_video_set_log(say_libav);
	nvr_out_init(&sh.out, cli.json);
	rc = check_usage();
	if (rc == 0)
		rc = nvr_open(&cli, keep > 0 ? NVR_STATE_DURABLE : 0, &sh.s);
	if (rc == 0)
		rc = choose(&sh);
	if (rc == 0 && sh.n > 0)
		rc = shoot(&sh);
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
