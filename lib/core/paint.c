/* Runs nvr-mask; see paint.h. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "core/children.h"
#include "core/paint.h"
#include "core/path.h"

#define PIECE 65536
#define SAID_MAX 65536
#define PATIENCE (60 * 1000) /* without a byte in or out, milliseconds */

extern char **environ;

/* Its stdin, the descriptor that it writes the clip to, stdout, stderr. */
enum { IN, CLIP, SAID, WHY, PIPES };
static const int theirs[PIPES] = {0, 3, 1, 2};

struct painter {
	const struct nvr_bytes *clip;
	const struct nvr_sink *sink;
	struct nvr_error *err;
	pid_t pid;
	int ours[PIPES]; /* -1: closed */
	uint64_t sent;
	char piece[PIECE]; /* of the clip */
	size_t have, at;
	struct nvr_buf said, why; /* of its stdout and stderr */
};

static void
close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
spawn(struct painter *p, const char *mask, const int to[PIPES])
{
	char path[NVR_PATH_TEXT];
	char *argv[] = {(char *)"nvr-mask", (char *)"-q", (char *)"--json",
	    (char *)"-o", (char *)"/dev/fd/3", (char *)"--area", (char *)mask,
	    NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t pipe;
	int e;

	nvr_tool_path("mask", path);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawn_file_actions_init(&fa);
	for (int i = 0; i < PIPES; i++)
		posix_spawn_file_actions_adddup2(&fa, to[i], theirs[i]);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &pipe);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	e = posix_spawn(&p->pid, path, &fa, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	if (e != 0) {
		p->pid = 0;
		return nvr_fail(p->err, NVR_E_UNAVAILABLE,
		    "cannot run '%s': %s", path, strerror(e));
	}
	nvr_child_add(p->pid);
	return 0;
}

/* Its ends are above those that it gets, so that none is in another's way. */
static int
make_pipe(struct painter *p, int i, int *to)
{
	int both[2];

	if (pipe2(both, O_CLOEXEC) != 0)
		return nvr_fail_errno(p->err, 0, "cannot make a pipe");
	p->ours[i] = both[i == IN];
	*to = fcntl(both[i != IN], F_DUPFD_CLOEXEC, PIPES);
	close(both[i != IN]);
	return *to >= 0 ? 0 : nvr_fail_errno(p->err, 0, "cannot make a pipe");
}

static int
start(struct painter *p, const char *mask)
{
	int to[PIPES] = {-1, -1, -1, -1}, rc = 0;

	for (int i = 0; rc == 0 && i < PIPES; i++)
		rc = make_pipe(p, i, &to[i]);
	if (rc == 0)
		rc = spawn(p, mask, to);
	for (int i = 0; i < PIPES; i++)
		close_end(&to[i]);
	if (rc == 0)
		fcntl(p->ours[IN], F_SETFL, O_NONBLOCK);
	return rc;
}

/* Where it reads no further, it has failed, and says so. */
static int
feed(struct painter *p)
{
	uint64_t left = p->clip->size - p->sent;
	ssize_t n;
	int rc = 0;

	if (p->at == p->have) {
		p->at = 0;
		p->have = left < PIECE ? (size_t)left : PIECE;
		if (p->have > 0)
			rc = p->clip->pread(
			    p->clip->ctx, p->piece, p->have, p->sent, p->err);
		p->sent += p->have;
	}
	if (rc != 0)
		return rc;
	n = write(p->ours[IN], p->piece + p->at, p->have - p->at);
	if (n > 0)
		p->at += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) ||
	    (p->at == p->have && p->sent == p->clip->size))
		close_end(&p->ours[IN]);
	return 0;
}

/* What it says beyond the first of it is nobody's. */
static int
hear(struct painter *p, int *fd, struct nvr_buf *into)
{
	char piece[4096];
	ssize_t n = read(*fd, piece, sizeof(piece));

	if (n == 0 || (n < 0 && errno != EINTR))
		close_end(fd);
	if (n <= 0 || into->len + (size_t)n > SAID_MAX)
		return 0;
	return nvr_buf_add(into, piece, (size_t)n, p->err);
}

static int
take(struct painter *p)
{
	char piece[PIECE];
	ssize_t n = read(p->ours[CLIP], piece, sizeof(piece));

	if (n > 0)
		return p->sink->write(p->sink->ctx, piece, (size_t)n, p->err);
	if (n == 0 || errno != EINTR)
		close_end(&p->ours[CLIP]);
	return 0;
}

static int
attend(struct painter *p, const struct pollfd f[PIPES])
{
	int rc = 0;

	if (f[IN].revents != 0)
		rc = feed(p);
	if (rc == 0 && f[CLIP].revents != 0)
		rc = take(p);
	if (rc == 0 && f[SAID].revents != 0)
		rc = hear(p, &p->ours[SAID], &p->said);
	if (rc == 0 && f[WHY].revents != 0)
		rc = hear(p, &p->ours[WHY], &p->why);
	return rc;
}

/* Until it has closed all that it writes to. */
static int
converse(struct painter *p)
{
	int n, rc = 0;

	while (rc == 0 && (p->ours[CLIP] >= 0 || p->ours[SAID] >= 0 ||
			      p->ours[WHY] >= 0)) {
		struct pollfd f[PIPES];

		for (int i = 0; i < PIPES; i++)
			f[i] = (struct pollfd){.fd = p->ours[i],
			    .events = i == IN ? POLLOUT : POLLIN};
		n = poll(f, PIPES, PATIENCE);
		if (n == 0)
			return nvr_fail(p->err, NVR_E_DATA,
			    "nvr-mask got no further for a minute");
		if (n < 0 && errno != EINTR)
			return nvr_fail_errno(
			    p->err, NVR_E_IO, "cannot wait for nvr-mask");
		if (n > 0)
			rc = attend(p, f);
	}
	return rc;
}

/*
 * What it said is the reason: the first line, without its name.  Where it ended
 * as no tool of ours does, it is the clip that is to blame.
 */
static int
failed(struct painter *p, int status)
{
	static const int known[] = {
	    NVR_E_DATA, NVR_E_UNAVAILABLE, NVR_E_IO, NVR_E_NOMEM, NVR_E_CONFIG};
	int code = NVR_E_DATA;
	char *text;

	if (WIFSIGNALED(status))
		return nvr_fail(p->err, code, "nvr-mask was killed by it: %s",
		    strsignal(WTERMSIG(status)));
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (WEXITSTATUS(status) == -known[i])
			code = known[i];
	if (nvr_buf_add(&p->why, "", 1, p->err) != 0)
		return p->err->code;
	text = p->why.data;
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(text, "nvr-mask: ", 10) == 0)
		text += 10;
	if (text[0] == '\0')
		return nvr_fail(p->err, code,
		    "nvr-mask ended with %d, and said nothing",
		    WEXITSTATUS(status));
	return nvr_fail(p->err, code, "%s", text);
}

static int
read_result(struct painter *p, struct nvr_painted *ret)
{
	json_t *line =
	    json_loadb(nvr_or_empty(p->said.data), p->said.len, 0, NULL);
	json_int_t frames, lost;
	int rc = 0;

	if (json_unpack(line, "{s:I, s:I}", "frames", &frames, "frames_lost",
		&lost) == 0)
		*ret = (struct nvr_painted){frames, lost};
	else
		rc = nvr_fail(
		    p->err, NVR_E_DATA, "nvr-mask did not say what it did");
	json_decref(line);
	return rc;
}

/* Its end; after a failure of ours it is made to end. */
static int
reap(struct painter *p, int rc, struct nvr_painted *ret)
{
	int status = 0;

	close_end(&p->ours[IN]);
	if (rc != 0)
		kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	nvr_child_drop(p->pid);
	if (rc != 0)
		return rc;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return read_result(p, ret);
	return failed(p, status);
}

int
nvr_paint(const char *mask, const struct nvr_bytes *clip,
    const struct nvr_sink *sink, struct nvr_painted *ret, struct nvr_error *err)
{
	struct painter p = {
	    .clip = clip, .sink = sink, .err = err, .ours = {-1, -1, -1, -1}};
	int rc = start(&p, mask);

	if (p.pid > 0)
		rc = reap(&p, converse(&p), ret);
	for (int i = 0; i < PIPES; i++)
		close_end(&p.ours[i]);
	nvr_buf_release(&p.said);
	nvr_buf_release(&p.why);
	return rc;
}
