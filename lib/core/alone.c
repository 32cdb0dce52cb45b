/* One program of a kind at a time; see alone.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/owner.h"
#include "core/alone.h"

/* Whoever locked it writes down who he is at once. */
static int
find_other(int fd, const char *tool, struct nvr_error *err)
{
	const struct timespec pause = {0, 10000000};
	char pid[24] = "";

	for (int i = 0; i < 100; i++) {
		ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

		pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
		if (pid[0] != '\0')
			break;
		nanosleep(&pause, NULL);
	}
	return nvr_fail(err, NVR_E_AGAIN, "another %s is at it, pid %s", tool,
	    pid[0] != '\0' ? pid : "unknown");
}

int
nvr_alone(struct nvr_state *s, const char *tool, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX], pid[24];
	int n, rc;

	*fd = -1;
	snprintf(path, sizeof(path), "%s/.%s", s->dir, tool + strlen("nvr-"));
	rc = nvr_own_open(path, O_RDWR, fd, err);
	if (rc != 0)
		return rc;
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		rc = errno == EWOULDBLOCK
			 ? find_other(*fd, tool, err)
			 : nvr_fail_errno(err, NVR_E_IO,
			       "cannot lock '%s', and the store has to be on a "
			       "file system that has locks",
			       path);
		close(*fd);
		*fd = -1;
		return rc;
	}
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* On a full disk nobody learns the pid, and no more is lost. */
	if (ftruncate(*fd, 0) == 0)
		(void)!pwrite(*fd, pid, (size_t)n, 0);
	return 0;
}

void
nvr_alone_end(int fd)
{
	if (fd < 0)
		return;
	/* The next one's pid is another. */
	(void)!ftruncate(fd, 0);
	close(fd);
}
