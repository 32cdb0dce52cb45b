/* Looks after the recording processes; see supervisor.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "core/station.h"
#include "core/supervisor.h"

#define TURN (2 * NVR_SECOND)
#define LOOK (10 * NVR_SECOND)	     /* what is wanted now */
#define SOON (100 * NVR_MILLISECOND) /* while something is due */
#define HUNG (120 * NVR_SECOND)	     /* no beat for that long */
#define GRACE (20 * NVR_SECOND)	     /* to close what is open */
#define RETRY_MOST (30 * NVR_SECOND)
#define CALM (60 * NVR_SECOND) /* then a crash is the first again */

struct worker {
	struct nvr_job job;
	pid_t pid;	 /* 0: not running */
	int64_t started; /* CLOCK_MONOTONIC */
	int64_t due;	 /* when it is started again; 0: never */
	int64_t delay;
	int64_t kill_at; /* told to end: then it is killed; 0: not told */
	bool wanted, was_wanted, restart, failed;
};

struct crew {
	const struct nvr_supervisor *sv;
	struct worker *worker;
	int n;
	int pipe[2];
	struct nvr_error *err;
};

void
nvr_supervisor_report(
    int reports, const struct nvr_job *job, const struct nvr_record_report *r)
{
	struct nvr_job_report m = {.job = *job, .at = r->at};

	_Static_assert(sizeof(m) <= PIPE_BUF, "a report is written at once");
	strlcpy(m.kind, r->kind, sizeof(m.kind));
	strlcpy(m.detail, r->detail, sizeof(m.detail));
	m.has_segment = r->segment != NULL;
	if (m.has_segment)
		m.segment = *r->segment;
	if (write(reports, &m, sizeof(m)) < 0)
		return; /* nobody listens; the store has it */
}

/* What the parent has to say about a process. */
static void
tell(struct crew *c, const struct worker *w, const char *kind,
    const char *detail)
{
	struct nvr_job_report m = {.job = w->job, .at = nvr_time_now()};

	strlcpy(m.kind, kind, sizeof(m.kind));
	strlcpy(m.detail, detail, sizeof(m.detail));
	c->sv->report(c->sv->ctx, &m);
}

static int
start(struct crew *c, struct worker *w)
{
	pid_t self = getpid();

	w->started = nvr_time_monotonic();
	w->due = w->kill_at = 0;
	w->restart = false;
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(0); /* it was gone before we asked to be told */
		close(c->pipe[0]);
		_exit(c->sv->work(c->sv->ctx, &w->job, c->pipe[1]));
	}
	if (w->pid > 0)
		return 0;
	w->pid = 0;
	w->due = w->started + RETRY_MOST;
	return nvr_fail_errno(
	    c->err, NVR_E_NOMEM, "cannot start a process for %s", w->job.name);
}

static void
end(struct worker *w)
{
	if (w->pid == 0 || w->kill_at != 0)
		return;
	kill(w->pid, SIGTERM);
	w->kill_at = nvr_time_monotonic() + GRACE;
}

/* When, if at all, what ended is to run again. */
static void
plan(struct crew *c, struct worker *w, int status)
{
	int64_t now = nvr_time_monotonic();
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	char detail[80];

	if (!w->wanted)
		return;
	if (w->restart) {
		w->due = now;
		return;
	}
	if ((code == 0 && c->sv->ends) || code == -NVR_E_USAGE ||
	    code == -NVR_E_NOENT) {
		w->failed = code != 0;
		return;
	}
	w->delay = now - w->started > CALM || w->delay == 0 ? NVR_SECOND
							    : w->delay * 2;
	if (w->delay > RETRY_MOST)
		w->delay = RETRY_MOST;
	w->due = now + w->delay;
	if (code >= 0)
		return; /* it has said why */
	snprintf(detail, sizeof(detail), "its process was ended by signal %d",
	    WTERMSIG(status));
	tell(c, w, "crashed", detail);
}

static void
reap(struct crew *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < c->n; i++) {
			if (c->worker[i].pid != pid)
				continue;
			c->worker[i].pid = 0;
			c->worker[i].kill_at = 0;
			plan(c, &c->worker[i], status);
		}
	}
}

static int
want(void *to, const struct nvr_job *job)
{
	struct crew *c = to;
	struct worker *w;

	for (int i = 0; i < c->n; i++) {
		w = &c->worker[i];
		if (w->job.camera != job->camera ||
		    w->job.stream != job->stream)
			continue;
		/* One that was told to end comes back when it has. */
		w->restart = w->restart || w->kill_at != 0 ||
			     w->job.version != job->version;
		w->job = *job;
		w->wanted = true;
		return 0;
	}
	w = reallocarray(c->worker, (size_t)c->n + 1, sizeof(*w));
	if (w == NULL)
		return nvr_fail_nomem(c->err);
	c->worker = w;
	c->worker[c->n++] = (struct worker){
	    .job = *job, .wanted = true, .due = nvr_time_monotonic()};
	return 0;
}

/*
 * What is wanted now, compared with what runs.  Told to, it also starts at once
 * what else would wait, or not run again.
 */
static int
reload(struct crew *c, bool told)
{
	int rc;

	for (int i = 0; i < c->n; i++) {
		c->worker[i].was_wanted = c->worker[i].wanted;
		c->worker[i].wanted = false;
	}
	rc = c->sv->list(c->sv->ctx, want, c, c->err);
	for (int i = 0; i < c->n; i++) {
		struct worker *w = &c->worker[i];

		if (rc != 0) /* better the old cameras than none */
			w->wanted = true;
		else if (!w->wanted || w->restart)
			end(w);
		if (rc == 0 && w->wanted && w->pid == 0 &&
		    (told || w->restart || !w->was_wanted))
			w->due = nvr_time_monotonic();
	}
	return rc;
}

/* Starts what is due, kills what does not end or does not move. */
static int
turn(struct crew *c)
{
	int64_t now = nvr_time_monotonic();
	struct nvr_station_page page;
	int rc = 0;

	for (int i = 0; rc == 0 && i < c->n; i++) {
		struct worker *w = &c->worker[i];

		if (w->pid == 0 && w->wanted && w->due != 0 && now >= w->due)
			rc = start(c, w);
		if (w->pid == 0)
			continue;
		if (w->kill_at != 0 && now > w->kill_at)
			kill(w->pid, SIGKILL);
		if (now - w->started < HUNG ||
		    nvr_station_read(c->sv->dir, w->job.camera, w->job.stream,
			&page, c->err) != 0 ||
		    page.pid != w->pid || now - page.beat < HUNG)
			continue;
		tell(c, w, "hung", "its process does not move and is killed");
		kill(w->pid, SIGKILL);
	}
	return rc;
}

static void
hear(struct crew *c)
{
	struct nvr_job_report m;

	while (read(c->pipe[0], &m, sizeof(m)) == (ssize_t)sizeof(m)) {
		m.kind[sizeof(m.kind) - 1] = '\0';
		m.detail[sizeof(m.detail) - 1] = '\0';
		m.job.name[sizeof(m.job.name) - 1] = '\0';
		c->sv->report(c->sv->ctx, &m);
	}
}

static void
show_status(struct crew *c)
{
	struct nvr_station_page p;
	char detail[200], since[NVR_TIME_TEXT], last[NVR_TIME_TEXT];

	for (int i = 0; i < c->n; i++) {
		const struct worker *w = &c->worker[i];

		if (!w->wanted || nvr_station_read(c->sv->dir, w->job.camera,
				      w->job.stream, &p, c->err) != 0)
			continue;
		snprintf(detail, sizeof(detail),
		    "%s since %s, %lld kbit/s, on the disk up to %s, "
		    "%lld packets missing%s%s",
		    nvr_station_words[p.state], nvr_time_format(p.since, since),
		    (long long)(p.bytes_per_s / 125),
		    p.durable_at > 0 ? nvr_time_format(p.durable_at, last)
				     : "nothing yet",
		    (long long)p.missing, p.why[0] != '\0' ? ": " : "", p.why);
		tell(c, w, "status", detail);
	}
}

static bool
any_left(const struct crew *c)
{
	for (int i = 0; i < c->n; i++)
		if (c->worker[i].pid != 0 ||
		    (c->worker[i].wanted && c->worker[i].due != 0))
			return true;
	return false;
}

/* Up to a turn, but not beyond `until` of CLOCK_MONOTONIC, unless it is 0. */
static void
wait_a_turn(struct crew *c, int64_t until)
{
	struct pollfd p = {.fd = c->pipe[0], .events = POLLIN};
	int64_t left = until - nvr_time_monotonic(), wait = TURN;
	struct timespec ts;

	for (int i = 0; i < c->n; i++)
		if (c->worker[i].due != 0 || c->worker[i].kill_at != 0)
			wait = SOON;
	if (until != 0 && left < wait)
		wait = left > 0 ? left : 0;
	ts.tv_sec = wait / NVR_SECOND;
	ts.tv_nsec = wait % NVR_SECOND * 1000;
	ppoll(&p, 1, &ts, c->sv->mask);
}

/* Tells all to end, and hears what they have to say until they have. */
static void
finish(struct crew *c)
{
	for (int i = 0; i < c->n; i++) {
		c->worker[i].wanted = false;
		end(&c->worker[i]);
	}
	while (any_left(c)) {
		wait_a_turn(c, 0);
		reap(c);
		turn(c);
		hear(c);
		c->sv->alive(c->sv->ctx);
	}
	hear(c);
}

int
nvr_supervise(
    const struct nvr_supervisor *sv, int *failed, struct nvr_error *err)
{
	struct crew c = {.sv = sv, .err = err};
	int64_t look = nvr_time_monotonic() + LOOK;
	int64_t until =
	    sv->duration != 0 ? nvr_time_monotonic() + sv->duration : 0;
	int rc;

	if (pipe2(c.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return nvr_fail_errno(err, 0, "cannot make a pipe");
	rc = reload(&c, true);
	while (rc == 0 && !*sv->stop && any_left(&c) &&
	       (until == 0 || nvr_time_monotonic() < until)) {
		rc = turn(&c);
		if (rc == NVR_E_NOMEM)
			rc = 0; /* it is tried again */
		sv->alive(sv->ctx);
		wait_a_turn(&c, until);
		reap(&c);
		hear(&c);
		if (*sv->status)
			show_status(&c);
		*sv->status = 0;
		/* A camera that was removed is soon no longer recorded. */
		if (*sv->reload || nvr_time_monotonic() > look) {
			if (reload(&c, *sv->reload) != 0 && c.n > 0 &&
			    *sv->reload)
				tell(&c, &c.worker[0], "reload", err->text);
			look = nvr_time_monotonic() + LOOK;
		}
		*sv->reload = 0;
	}
	finish(&c);
	for (int i = 0; i < c.n; i++)
		*failed += c.worker[i].failed;
	close(c.pipe[0]);
	close(c.pipe[1]);
	free(c.worker);
	return rc;
}
