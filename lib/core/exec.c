/* Runs a program; see exec.h. */
#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "core/children.h"
#include "core/exec.h"

#define MAX_ENV 16

struct child {
	pid_t pid;
	int in, out; /* our ends; -1 once closed */
	size_t sent;
	int64_t end; /* of its time, monotonic */
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
spawn(const struct nvr_exec *x, int in, int out, struct child *c,
    struct nvr_error *err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	char *argv[MAX_ENV] = {(char *)x->path};
	char *env[MAX_ENV] = {(char *)"PATH=" _PATH_STDPATH};
	sigset_t pipe;
	int e;

	for (int i = 0; i < MAX_ENV - 2 && x->env != NULL && x->env[i] != NULL;
	     i++)
		env[i + 1] = (char *)x->env[i];
	for (int i = 0;
	     i < MAX_ENV - 2 && x->args != NULL && x->args[i] != NULL; i++)
		argv[i + 1] = (char *)x->args[i];
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &pipe);
	/* A group of its own, so that its children go with it. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	e = posix_spawn(&c->pid, x->path, &fa, &attr, argv, env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	if (e == 0) {
		nvr_child_add(-c->pid);
		return 0;
	}
	c->pid = 0;
	return nvr_fail(err, NVR_E_UNAVAILABLE, "cannot run '%s': %s", x->path,
	    strerror(e));
}

static int
start(const struct nvr_exec *x, struct child *c, struct nvr_error *err)
{
	int in[2], out[2], rc;

	if (pipe2(in, O_CLOEXEC) != 0)
		return nvr_fail_errno(err, 0, "cannot make a pipe");
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return nvr_fail_errno(err, 0, "cannot make a pipe");
	}
	rc = spawn(x, in[0], out[1], c, err);
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	return rc;
}

/* A program that does not read all of the picture has its reasons. */
static void
feed(const struct nvr_exec *x, struct child *c)
{
	ssize_t n =
	    write(c->in, (const char *)x->in + c->sent, x->in_len - c->sent);

	if (n > 0)
		c->sent += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) ||
	    c->sent == x->in_len)
		close_end(&c->in);
}

static int
take(const struct nvr_exec *x, struct child *c, size_t start_len,
    struct nvr_buf *out, struct nvr_error *err)
{
	ssize_t n;
	int rc = nvr_buf_reserve(out, 65536, err);

	if (rc != 0)
		return rc;
	n = read(c->out, out->data + out->len, 65536);
	if (n > 0)
		out->len += (size_t)n;
	out->data[out->len] = '\0';
	if (n == 0 || (n < 0 && errno != EINTR))
		close_end(&c->out);
	if (out->len - start_len > x->max_output)
		return nvr_fail(err, NVR_E_DATA,
		    "'%s' printed more than %zu bytes", x->path, x->max_output);
	return 0;
}

/* Feeds and reads until it closes its output or its time is over. */
static int
converse(const struct nvr_exec *x, struct child *c, struct nvr_buf *out,
    struct nvr_error *err)
{
	char text[NVR_TIME_TEXT];
	size_t start_len = out->len;
	int rc = 0;

	while (rc == 0 && c->out >= 0) {
		struct pollfd p[2] = {{.fd = c->out, .events = POLLIN},
		    {.fd = c->in, .events = POLLOUT}};
		int64_t left = c->end - nvr_time_monotonic();

		if (left <= 0)
			return nvr_fail(err, NVR_E_AGAIN,
			    "'%s' gave no answer within %s", x->path,
			    nvr_duration_format(x->timeout, text));
		if (poll(p, 2, (int)(left / NVR_MILLISECOND) + 1) < 0)
			continue;
		if (p[1].revents != 0)
			feed(x, c);
		if (p[0].revents != 0)
			rc = take(x, c, start_len, out, err);
	}
	return rc;
}

/* Waits for its end; after the deadline or a failure it is made to end. */
static int
reap(const struct nvr_exec *x, struct child *c, int rc, struct nvr_error *err)
{
	char text[NVR_TIME_TEXT];
	int status = 0;
	pid_t got = 0;

	while (rc == 0 && (got = waitpid(c->pid, &status, WNOHANG)) == 0 &&
	       nvr_time_monotonic() < c->end)
		poll(NULL, 0, 5);
	kill(-c->pid, SIGKILL);
	if (got == 0)
		waitpid(c->pid, &status, 0);
	nvr_child_drop(-c->pid);
	if (rc != 0)
		return rc;
	if (got == 0)
		return nvr_fail(err, NVR_E_AGAIN, "'%s' did not end within %s",
		    x->path, nvr_duration_format(x->timeout, text));
	if (WIFSIGNALED(status))
		return nvr_fail(err, NVR_E_UNAVAILABLE, "'%s' was killed: %s",
		    x->path, strsignal(WTERMSIG(status)));
	if (x->status != NULL)
		*x->status = WEXITSTATUS(status);
	if (WEXITSTATUS(status) != 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "'%s' failed with exit code %d", x->path,
		    WEXITSTATUS(status));
	return 0;
}

int
nvr_exec_run(
    const struct nvr_exec *x, struct nvr_buf *out, struct nvr_error *err)
{
	struct child c = {0, -1, -1, 0, nvr_time_monotonic() + x->timeout};
	int rc;

	if (x->path[0] != '/')
		return nvr_fail(err, NVR_E_USAGE,
		    "the program '%s' needs an absolute path", x->path);
	rc = start(x, &c, err);
	if (rc == 0)
		rc = converse(x, &c, out, err);
	close_end(&c.in);
	close_end(&c.out);
	return c.pid > 0 ? reap(x, &c, rc, err) : rc;
}
