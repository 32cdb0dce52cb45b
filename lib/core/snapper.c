/* Runs nvr-snap; see snapper.h. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "core/children.h"
#include "core/path.h"
#include "core/snapper.h"
#include "still/jpeg_stream.h"

#define MAX_REASONS 65536
#define JOBS_MOST 64 /* of nvr-snap */

extern char **environ;

struct nvr_snapper {
	pid_t pid;  /* 0 once it has ended */
	int errors; /* a file in memory that gets its stderr */
	struct nvr_jpeg_stream in;
	struct nvr_buf reasons;
	char reason[256];
};

static int
spawn(struct nvr_snapper *s, char *const *argv, int out, struct nvr_error *err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int e;

	sigemptyset(&none);
	sigaddset(&none, SIGPIPE);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, s->errors, 2);
	e = posix_spawn(&s->pid, argv[0], &fa, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	if (e == 0) {
		nvr_child_add(s->pid);
		return 0;
	}
	s->pid = 0;
	return nvr_fail(err, NVR_E_UNAVAILABLE, "cannot run '%s': %s", argv[0],
	    strerror(e));
}

static int
start(struct nvr_snapper *s, const char *store, const char *config, int jobs,
    char **names, int n, struct nvr_error *err)
{
	char path[NVR_PATH_TEXT], number[16];
	char **argv = calloc((size_t)n + 12, sizeof(*argv));
	int fd[2], i = 0, rc;

	if (argv == NULL)
		return nvr_fail_nomem(err);
	if (pipe2(fd, O_CLOEXEC) != 0) {
		free(argv);
		return nvr_fail_errno(err, 0, "cannot make a pipe");
	}
	nvr_tool_path("snap", path);
	argv[i++] = path;
	argv[i++] = (char *)"-d";
	argv[i++] = (char *)store;
	if (config != NULL) {
		argv[i++] = (char *)"-c";
		argv[i++] = (char *)config;
	}
	if (jobs > 0) {
		snprintf(number, sizeof(number), "%d",
		    jobs < JOBS_MOST ? jobs : JOBS_MOST);
		argv[i++] = (char *)"--jobs";
		argv[i++] = number;
	}
	argv[i++] = (char *)(n == 0 ? "--all" : "--");
	memcpy(argv + i, names, (size_t)n * sizeof(*names));
	rc = spawn(s, argv, fd[1], err);
	close(fd[1]);
	s->in.fd = fd[0];
	free(argv);
	return rc;
}

int
nvr_snapper_open(const char *store, const char *config, int jobs, char **names,
    int n, struct nvr_snapper **ret, struct nvr_error *err)
{
	struct nvr_snapper *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return nvr_fail_nomem(err);
	s->in.fd = -1;
	s->in.count = 1; /* no still at all is an answer, not an error */
	s->errors = memfd_create("nvr-snap", MFD_CLOEXEC);
	if (s->errors < 0)
		rc = nvr_fail_errno(err, 0, "cannot make a file in memory");
	else
		rc = start(s, store, config, jobs, names, n, err);
	if (rc != 0)
		nvr_snapper_close(s);
	else
		*ret = s;
	return rc;
}

int
nvr_snapper_fd(struct nvr_snapper *s)
{
	fcntl(s->in.fd, F_SETFL, O_RDONLY | O_NONBLOCK);
	return s->in.fd;
}

int
nvr_snapper_next(struct nvr_snapper *s, const void **jpeg, size_t *len,
    struct nvr_error *err)
{
	int rc = nvr_jpeg_stream_next(&s->in, jpeg, len, err);

	return rc < 0 && rc != NVR_E_AGAIN ? nvr_prefix(err, "nvr-snap") : rc;
}

static void
wait_for(struct nvr_snapper *s)
{
	if (s->pid > 0) {
		waitpid(s->pid, NULL, 0);
		nvr_child_drop(s->pid);
	}
	s->pid = 0;
}

const char *
nvr_snapper_reason(struct nvr_snapper *s, const char *camera)
{
	struct nvr_error err;
	char start[160];
	const char *p;

	wait_for(s);
	if (s->reasons.data == NULL && lseek(s->errors, 0, SEEK_SET) == 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", s->errors);
		nvr_file_read(path, MAX_REASONS, &s->reasons, &err);
	}
	snprintf(start, sizeof(start), "nvr-snap: %s: ", camera);
	p = s->reasons.data != NULL ? strstr(s->reasons.data, start) : NULL;
	if (p != NULL)
		p += strlen(start);
	else
		p = s->reasons.data;
	if (p == NULL || p[0] == '\0')
		p = "nvr-snap gave no still";
	strlcpy(s->reason, p, sizeof(s->reason));
	s->reason[strcspn(s->reason, "\n")] = '\0';
	return s->reason;
}

void
nvr_snapper_close(struct nvr_snapper *s)
{
	if (s == NULL)
		return;
	/* Closed first: it may wait for us to read. */
	if (s->in.fd >= 0)
		close(s->in.fd);
	if (s->pid > 0)
		kill(s->pid, SIGTERM);
	wait_for(s);
	if (s->errors >= 0)
		close(s->errors);
	nvr_jpeg_stream_release(&s->in);
	nvr_buf_release(&s->reasons);
	free(s);
}
