/* What is free on the media disk, and the reserve; see room.h. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/owner.h"
#include "base/time.h"
#include "core/room_int.h"

#define MAGIC UINT64_C(0x6e76722d726f6f6d) /* nvr-room */

int
nvr_room_free(struct nvr_state *s, int64_t *ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	struct statvfs vfs;

	snprintf(path, sizeof(path), "%s/media", s->dir);
	if (statvfs(path, &vfs) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "'%s'", path);
	*ret = (int64_t)(vfs.f_bavail * vfs.f_frsize);
	return 0;
}

int
nvr_room_reserve_open(const char *dir, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.room", dir);
	return nvr_own_open(path, O_RDWR, fd, err);
}

void
nvr_room_reserve_keep(int fd)
{
	struct stat sb;

	/* Should it fail, the disk is full: the next time, then. */
	if (fstat(fd, &sb) == 0 && sb.st_size < NVR_ROOM_RESERVE &&
	    posix_fallocate(fd, 0, NVR_ROOM_RESERVE) != 0)
		(void)!ftruncate(fd, 0);
}

void
nvr_room_note_read(int fd, int64_t avail, struct nvr_room_note *ret)
{
	int64_t now = nvr_time_monotonic();

	if (pread(fd, ret, sizeof(*ret), 0) != (ssize_t)sizeof(*ret) ||
	    ret->magic != MAGIC || ret->at > now ||
	    ret->at <= now - NVR_ROOM_LAG || ret->base < 0 || ret->gone < 0 ||
	    ret->gone > INT64_MAX / 2)
		*ret = (struct nvr_room_note){
		    .magic = MAGIC, .at = now, .base = avail};
	if (ret->base > avail)
		ret->base = avail;
}

void
nvr_room_note_write(int fd, int64_t avail, struct nvr_room_note *n)
{
	if (avail > n->base)
		n->gone -=
		    avail - n->base < n->gone ? avail - n->base : n->gone;
	n->base = avail;
	/* Should it fail, the next one only knows what statvfs says. */
	(void)!pwrite(fd, n, sizeof(*n), 0);
}

/* What others have filled since is not free, whatever went. */
int64_t
nvr_room_expected(const struct nvr_room_note *n, int64_t avail)
{
	int64_t least = (avail < n->base ? avail : n->base) + n->gone;

	return avail > least ? avail : least;
}

int
nvr_room_reserve(const char *dir, struct nvr_error *err)
{
	int fd, rc = nvr_room_reserve_open(dir, &fd, err);

	if (rc != 0)
		return rc;
	nvr_room_reserve_keep(fd);
	close(fd);
	return 0;
}

int
nvr_room_begin(struct nvr_state *s, struct nvr_error *err)
{
	int rc = nvr_room_reserve(s->dir, err);

	return rc == 0 ? nvr_room_sweep(s, err) : rc;
}

bool
nvr_room_spend(const char *dir)
{
	char path[PATH_MAX];
	struct statvfs vfs;
	struct stat sb;
	bool spent;
	int fd;

	if (statvfs(dir, &vfs) != 0 ||
	    vfs.f_bavail * vfs.f_frsize >= NVR_ROOM_RESERVE)
		return false;
	snprintf(path, sizeof(path), "%s/.room", dir);
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	spent = fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
		sb.st_nlink <= 1 && sb.st_size > 0 && ftruncate(fd, 0) == 0;
	close(fd);
	return spent;
}
