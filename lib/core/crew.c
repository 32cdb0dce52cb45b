/* Jobs in child processes; see crew.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "core/crew.h"

/* Work has its own, better words for a timeout; this is for what hangs. */
#define GRACE (NVR_SECOND / 2)
#define MAX_OUTPUT ((size_t)80 << 20)
#define MAX_MEMORY ((rlim_t)4 << 30) /* addresses, of a child */

/* What a child sends ahead of its output or the text of its error. */
struct head {
	int32_t rc;
};

struct worker {
	pid_t pid; /* 0: free */
	int job, fd;
	int64_t deadline;
	struct nvr_buf in;
};

static void __attribute__((noreturn))
child(const struct nvr_crew *crew, int job, int fd, pid_t parent)
{
	struct nvr_error err = {0}, ignored;
	const struct rlimit most
	    __attribute__((unused)) = {MAX_MEMORY, MAX_MEMORY};
	struct nvr_buf out = {0};
	struct head h;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &most);
#endif
	if (getppid() != parent)
		_exit(1); /* it was gone before we asked to be told */
	h.rc = crew->work(crew->ctx, job, &out, &err);
	if (nvr_write_all(fd, &h, sizeof(h), &ignored) == 0) {
		if (h.rc == 0)
			nvr_write_all(fd, out.data, out.len, &ignored);
		else
			nvr_write_all(fd, err.text, strlen(err.text), &ignored);
	}
	_exit(0);
}

static int
start(const struct nvr_crew *crew, struct worker *w, int job,
    struct nvr_error *err)
{
	pid_t self = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return nvr_fail_errno(err, 0, "cannot make a pipe");
	w->pid = fork();
	if (w->pid == 0)
		child(crew, job, fd[1], self);
	close(fd[1]);
	if (w->pid < 0) {
		w->pid = 0;
		close(fd[0]);
		return nvr_fail_errno(err, 0, "cannot start a process");
	}
	w->fd = fd[0];
	w->job = job;
	w->deadline = nvr_time_monotonic() + crew->timeout + GRACE;
	w->in.len = 0;
	return 0;
}

/* Collects what the child left and hands it to done. */
static int
finish(const struct nvr_crew *crew, struct worker *w, bool late)
{
	struct nvr_error err = {0};
	struct nvr_buf out = {0};
	struct head h = {0};
	char seconds[NVR_TIME_TEXT];
	int status = 0, rc;

	if (late)
		kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	w->pid = 0;
	if (w->in.len >= sizeof(h))
		memcpy(&h, w->in.data, sizeof(h));
	if (late) {
		h.rc = nvr_fail(&err, NVR_E_AGAIN, "no answer within %s",
		    nvr_duration_format(crew->timeout, seconds));
	} else if (WIFSIGNALED(status)) {
		h.rc = nvr_fail(&err, NVR_E_UNAVAILABLE,
		    "what it sent crashed the reader (%s)",
		    strsignal(WTERMSIG(status)));
	} else if (w->in.len < sizeof(h)) {
		h.rc = nvr_fail(&err, NVR_E_UNAVAILABLE, "the reader failed");
	} else if (h.rc != 0) {
		nvr_fail(&err, h.rc, "%.*s", (int)(w->in.len - sizeof(h)),
		    w->in.data + sizeof(h));
	} else {
		out.data = w->in.data + sizeof(h);
		out.len = w->in.len - sizeof(h);
	}
	rc = crew->done(crew->ctx, w->job, h.rc, &out, &err);
	nvr_buf_wipe(&w->in);
	return rc;
}

/* Reads what has come; true when there is no more to read. */
static bool
collect(struct worker *w)
{
	struct nvr_error ignored;
	ssize_t n;

	if (w->in.len > MAX_OUTPUT ||
	    nvr_buf_reserve(&w->in, 1 << 20, &ignored) != 0) {
		kill(w->pid, SIGKILL); /* it would wait for us to read */
		return true;
	}
	n = read(w->fd, w->in.data + w->in.len, 1 << 20);
	if (n > 0)
		w->in.len += (size_t)n;
	return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

/* Waits for the next thing to happen and deals with what has ended. */
static int
attend(const struct nvr_crew *crew, struct worker *w, struct pollfd *p, int n)
{
	int64_t now = nvr_time_monotonic(), next = now + NVR_MINUTE;
	struct timespec ts;
	int rc = 0;

	for (int i = 0; i < n; i++) {
		p[i] = (struct pollfd){
		    .fd = w[i].pid > 0 ? w[i].fd : -1, .events = POLLIN};
		if (w[i].pid > 0 && w[i].deadline < next)
			next = w[i].deadline;
	}
	next = next > now ? next - now : 0;
	ts = (struct timespec){next / NVR_SECOND, next % NVR_SECOND * 1000};
	if (ppoll(p, (nfds_t)n, &ts, crew->mask) < 0)
		return 0; /* a signal: whoever set its handler looks at it */
	now = nvr_time_monotonic();
	for (int i = 0; rc == 0 && i < n; i++) {
		bool late = w[i].pid > 0 && now >= w[i].deadline;

		if (p[i].fd >= 0 && p[i].revents != 0 && collect(&w[i]))
			rc = finish(crew, &w[i], false);
		else if (late)
			rc = finish(crew, &w[i], true);
	}
	return rc;
}

int
nvr_crew_run(const struct nvr_crew *crew, struct nvr_error *err)
{
	int n = crew->parallel < crew->jobs ? crew->parallel : crew->jobs;
	struct worker *w = calloc((size_t)n + 1, sizeof(*w));
	struct pollfd *p = calloc((size_t)n + 1, sizeof(*p));
	int next = 0, running = 1, rc = 0;

	if (w == NULL || p == NULL)
		rc = nvr_fail_nomem(err);
	while (rc == 0 && running > 0 && !(crew->stop && *crew->stop)) {
		running = 0;
		for (int i = 0; rc == 0 && i < n; i++) {
			if (w[i].pid == 0 && next < crew->jobs)
				rc = start(crew, &w[i], next++, err);
			running += w[i].pid > 0;
		}
		if (rc == 0 && running > 0)
			rc = attend(crew, w, p, n);
	}
	for (int i = 0; w != NULL && i < n; i++) {
		if (w[i].pid > 0) {
			kill(w[i].pid, SIGKILL);
			waitpid(w[i].pid, NULL, 0);
			close(w[i].fd);
		}
		nvr_buf_wipe(&w[i].in);
	}
	free(p);
	free(w);
	return rc;
}
