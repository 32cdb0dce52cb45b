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
find_other(int fd, const char *file, struct nvr_error *err)
{
	const struct timespec pause = {0, 10000000};
	char pid[24] = "";

	for (int i = 0; i < 100; i++) {
		ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

		pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
		if (pid[0] != '\0')
			break;
		nanosleep(&pause, NULL);
	}
	return nvr_fail(err, NVR_E_AGAIN, "another nvr-%s is at it, pid %s",
	    file + 1, pid[0] != '\0' ? pid : "unknown");
}

/*
 * The file is never cut short: on a full disk it would lose its room, which the
 * number of a report may need (heartbeat_number.c).  Where there is none nobody
 * learns the pid, and no more is lost.
 */
static void
write_pid(int fd, const char *pid)
{
	char text[NVR_ALONE_TEXT + 1];

	snprintf(text, sizeof(text), "%-*s\n", NVR_ALONE_TEXT - 1, pid);
	(void)!pwrite(fd, text, NVR_ALONE_TEXT, 0);
}

int
nvr_alone(struct nvr_state *s, const char *file, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX], pid[24];
	int rc;

	*fd = -1;
	snprintf(path, sizeof(path), "%s/%s", s->dir, file);
	rc = nvr_own_open(path, O_RDWR, fd, err);
	/* A disk that takes nothing any more has its lock all the same. */
	if (rc == NVR_E_PERMISSION && errno == EROFS)
		rc = nvr_own_open(path, O_RDONLY, fd, err);
	if (rc != 0)
		return rc;
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		rc = errno == EWOULDBLOCK
			 ? find_other(*fd, file, err)
			 : nvr_fail_errno(err, NVR_E_IO,
			       "cannot lock '%s', and the store has to be on a "
			       "file system that has locks",
			       path);
		close(*fd);
		*fd = -1;
		return rc;
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	write_pid(*fd, pid);
	return 0;
}

void
nvr_alone_end(int fd)
{
	if (fd < 0)
		return;
	/* The next one's pid is another. */
	write_pid(fd, "");
	close(fd);
}
