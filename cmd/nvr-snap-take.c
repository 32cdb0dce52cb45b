/* How nvr-snap takes stills: rounds of all cameras, now or in the past. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pattern.h"
#include "base/time.h"
#include "core/crew.h"
#include "core/keep.h"
#include "store/restrict.h"

#include "nvr-snap.h"

#define MAX_AGE (10 * NVR_SECOND) /* of a frame of the recording */

static volatile sig_atomic_t stopped;
static sigset_t unblocked; /* the mask to wait with */

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int
take_live(
    struct shoot *sh, int i, struct nvr_still *still, struct nvr_error *err)
{
	struct nvr_camera cam = *sh->cam[i];
	struct nvr_secrets x = sh->secrets[i];

	if (opt.stream == NVR_SUB) {
		if (x.sub_url[0] == '\0')
			return nvr_fail(
			    err, NVR_E_USAGE, "the camera has no sub stream");
		x.url = x.sub_url;
		x.snapshot_url = "";
		cam.url = cam.sub_url;
	}
	return nvr_snap_take(&cam, &x, &sh->options, still, err);
}

/* The recording costs the camera nothing; it is asked when that is of no use.
 */
static int
take_now(
    struct shoot *sh, int i, struct nvr_still *still, struct nvr_error *err)
{
	int64_t most = opt.max_age;
	int rc;

	if (most == 0 && opt.from == SNAP_AUTO)
		most = MAX_AGE;
	if (!sh->replay[i].found)
		return opt.from == SNAP_RECORDING
			   ? nvr_fail(err, NVR_E_UNAVAILABLE,
				 "it is not being recorded")
			   : take_live(sh, i, still, err);
	rc = nvr_replay_take(sh->s, sh->cam[i], &sh->replay[i], &sh->options,
	    nvr_time_now(), most, still, err);
	return rc == 0 || opt.from == SNAP_RECORDING
		   ? rc
		   : take_live(sh, i, still, err);
}

static int
take(void *ctx, int job, struct nvr_buf *out, struct nvr_error *err)
{
	struct shoot *sh = ctx;
	struct nvr_still still;
	int i = sh->job[job], rc;

	if (sh->moment != 0)
		rc = nvr_replay_take(sh->s, sh->cam[i], &sh->replay[i],
		    &sh->options, 0, 0, &still, err);
	else
		rc = take_now(sh, i, &still, err);
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
	for (int i = 0; i < sh->n; i++) {
		if (i == sh->job[job])
			continue;
		nvr_secrets_wipe(&sh->secrets[i]);
		nvr_replay_wipe(&sh->replay[i]);
	}
	return take(ctx, job, out, err);
}

static int
write_still(struct shoot *sh, const char *camera, const struct nvr_still *st)
{
	char path[1024];
	int rc;

	if (opt.output == NULL || strcmp(opt.output, "-") == 0) {
		rc = nvr_write_all(
		    STDOUT_FILENO, st->jpeg.data, st->jpeg.len, &cli.err);
		sh->left = rc != 0 && errno == EPIPE;
		return rc;
	}
	rc = nvr_pattern_expand(
	    opt.output, camera, st->taken_at, path, sizeof(path), &cli.err);
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
	int64_t from =
	    opt.at != 0 || opt.since != 0 ? nvr_time_now() : st->taken_at;
	struct nvr_keep k = {
	    st->id, st->taken_at, from + opt.keep, cli.conf.seal};

	if (opt.keep == 0)
		return 0;
	return nvr_keep_still(
	    sh->s, cam, &k, st->jpeg.data, st->jpeg.len, &cli.err);
}

static int
taken(void *ctx, int job, int rc, const struct nvr_buf *out,
    const struct nvr_error *err)
{
	struct shoot *sh = ctx;
	const struct nvr_camera *cam = sh->cam[sh->job[job]];
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
void
snap_catch_signals(void)
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
	int64_t most = opt.timeout + NVR_SECOND / 2;
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

/* With --every it may have come since the last round. */
static int
check_restriction(struct nvr_state *s, const struct nvr_camera *cam)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = nvr_barred_camera(s->store, cam->id, &bar, &cli.err);

	return rc == 0 && bar != NVR_BAR_NONE
		   ? nvr_fail(
			 &cli.err, NVR_E_PERMISSION, "%s", nvr_bar_reason(bar))
		   : rc;
}

/* Where each camera's still of this round is, if it is in the recording. */
static int
look_up(struct shoot *sh)
{
	int rc = 0;

	sh->njobs = 0;
	for (int i = 0; rc == 0 && i < sh->n; i++) {
		nvr_replay_wipe(&sh->replay[i]);
		rc = check_restriction(sh->s, sh->cam[i]);
		if (rc == 0 && sh->moment != 0)
			rc = nvr_replay_then(sh->s, sh->cam[i], opt.stream,
			    sh->moment, &sh->replay[i], &cli.err);
		else if (rc == 0 && opt.from != SNAP_LIVE)
			rc = nvr_replay_now(sh->s, sh->cam[i], opt.stream,
			    &sh->replay[i], &cli.err);
		sh->replay[i].exact = opt.exact;
		/* Nothing of it; of others, perhaps. */
		if (rc == NVR_E_NOENT || rc == NVR_E_PERMISSION) {
			nvr_warn("%s: %s", sh->cam[i]->name, cli.err.text);
			sh->failed++;
			sh->done++;
			rc = 0;
			continue;
		}
		sh->job[sh->njobs++] = i;
	}
	return rc;
}

static int
round_of(struct shoot *sh, bool only)
{
	const struct nvr_crew crew = {sh->njobs, (int)opt.jobs, opt.timeout,
	    &stopped, &unblocked, sh, take_apart, taken};
	int swept;

	if (sh->njobs == 0)
		return 0;
	if (opt.keep > 0 &&
	    nvr_keep_sweep(sh->s, nvr_time_now(), &swept, &cli.err) != 0)
		return cli.err.code;
	return only && sh->njobs == 1 ? shoot_one(sh)
				      : nvr_crew_run(&crew, &cli.err);
}

/* Signals that came while nothing was waited for. */
static void
look_for_signals(void)
{
	sigset_t pending;

	if (sigpending(&pending) == 0 &&
	    (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT)))
		stopped = 1;
}

/* The first step at which there is something again. */
static int
skip_gap(struct shoot *sh, int64_t until, int64_t step)
{
	int64_t first = until;
	int rc = 0;

	for (int i = 0; rc == 0 && i < sh->n; i++) {
		int64_t at = 0;

		rc = nvr_footage_next(sh->s->store, sh->cam[i]->id, opt.stream,
		    sh->moment, &at, &cli.err);
		if (rc == 0 && at != 0 && at < first)
			first = at;
	}
	if (first > sh->moment)
		sh->moment += (first - sh->moment - 1) / step * step;
	return rc;
}

/* The past: a still of each step, as fast as they come. */
static int
shoot_past(struct shoot *sh)
{
	int64_t until = opt.at != 0 ? opt.at + 1 : opt.until;
	int64_t step = opt.at != 0 ? 1 : opt.every;
	long long left = opt.count > 0 ? opt.count : INT64_MAX;
	int rc = 0;

	sh->moment = opt.at != 0 ? opt.at : opt.since;
	sh->progress.total = ((until - sh->moment - 1) / step + 1) * sh->n;
	while (rc == 0 && !stopped && left-- > 0 && sh->moment < until) {
		rc = look_up(sh);
		if (rc == 0)
			rc = round_of(sh, opt.at != 0 && sh->n == 1);
		if (rc == 0 && sh->njobs == 0)
			rc = skip_gap(sh, until, step);
		sh->moment += step;
		look_for_signals();
	}
	return rc;
}

static int
shoot_now(struct shoot *sh)
{
	long long rounds = opt.count > 0   ? opt.count
			   : opt.every > 0 ? INT64_MAX
					   : 1;
	int64_t next = nvr_time_monotonic();
	int rc = 0;

	sh->progress.total = rounds < INT64_MAX / sh->n ? rounds * sh->n : 0;
	for (long long i = 0; rc == 0 && !stopped && i < rounds; i++) {
		rc = look_up(sh);
		if (rc == 0)
			rc = round_of(sh, rounds == 1 && sh->n == 1);
		next += opt.every;
		/* Rounds that were missed are not made up for. */
		while (opt.every > 0 && next < nvr_time_monotonic())
			next += opt.every;
		if (rc == 0 && i + 1 < rounds)
			wait_until(next);
	}
	return rc;
}

int
snap_shoot(struct shoot *sh)
{
	bool past = opt.at != 0 || opt.since != 0;
	int rc = 0;

	sh->replay = calloc((size_t)sh->n, sizeof(*sh->replay));
	sh->job = calloc((size_t)sh->n, sizeof(*sh->job));
	if (sh->replay == NULL || sh->job == NULL)
		rc = nvr_fail_nomem(&cli.err);
	sh->progress.what = "stills:";
	if (rc == 0)
		rc = past ? shoot_past(sh) : shoot_now(sh);
	nvr_progress_end(&sh->progress);
	/* Being told to stop is how --every ends; else stills are missing. */
	sh->failed += stopped && (past || opt.every == 0);
	for (int i = 0; sh->replay != NULL && i < sh->n; i++)
		nvr_replay_wipe(&sh->replay[i]);
	free(sh->replay);
	free(sh->job);
	return rc;
}
