/* Room on the media disk; see room.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/room.h"
#include "core/segment.h"

#define MOST NVR_SECOND /* of deleting at once */

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

static int
remove_file(struct nvr_state *s, const char *path, struct nvr_error *err)
{
	char full[PATH_MAX + NVR_SEGMENT_PATH];
	char *slash;
	int rc;

	snprintf(full, sizeof(full), "%s/%s", s->dir, path);
	if (unlink(full) != 0 && errno != ENOENT)
		return nvr_fail_errno(
		    err, NVR_E_IO, "cannot delete '%s'", full);
	slash = strrchr(full, '/');
	*slash = '\0';
	rc = nvr_dir_sync(full, err);
	if (rc == NVR_E_NOENT) /* the folder went as well */
		rc = 0;
	else if (rc == 0)
		rmdir(full); /* a day that is over; fails while it is not */
	return rc == 0 ? nvr_garbage_drop(s->store, path, err) : rc;
}

/*
 * To delete a segment the store has to be written first, which takes a few
 * pages: on a disk that is full to the last byte they come from here.  The
 * file is the one that is locked while room is made.
 */
#define RESERVE (256 * 1024)

static int
open_reserve(struct nvr_state *s, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.room", s->dir);
	return nvr_own_open(path, O_RDWR, fd, err);
}

static void
keep_reserve(int fd)
{
	struct stat sb;

	/* Should it fail, the disk is full: the next time, then. */
	if (fstat(fd, &sb) == 0 && sb.st_size < RESERVE &&
	    posix_fallocate(fd, 0, RESERVE) != 0)
		(void)!ftruncate(fd, 0);
}

struct paths {
	char (*path)[NVR_SEGMENT_PATH];
	size_t n;
	struct nvr_error *err;
};

static int
collect(void *ctx, const char *path)
{
	struct paths *p = ctx;
	void *more = reallocarray(p->path, p->n + 1, sizeof(*p->path));

	if (more == NULL)
		return nvr_fail_nomem(p->err);
	p->path = more;
	strlcpy(p->path[p->n++], path, sizeof(*p->path));
	return 0;
}

int
nvr_room_sweep(struct nvr_state *s, struct nvr_error *err)
{
	struct paths p = {.err = err};
	int rc = nvr_state_media(s, err);

	if (rc == 0)
		rc = nvr_garbage_each(s->store, collect, &p, err);
	for (size_t i = 0; rc == 0 && i < p.n; i++)
		rc = remove_file(s, p.path[i], err);
	free(p.path);
	return rc;
}

static int
delete_oldest(struct nvr_state *s, int64_t want, struct nvr_room *room,
    struct nvr_error *err)
{
	int64_t end = nvr_time_monotonic() + MOST, avail;
	struct nvr_segment seg = {0};
	char path[NVR_SEGMENT_PATH];
	int rc;

	for (;;) {
		rc = nvr_room_free(s, &avail, err);
		if (rc != 0)
			return rc;
		room->enough = avail >= want;
		room->more = !room->enough && nvr_time_monotonic() > end;
		if (room->enough || room->more)
			return 0;
		rc = nvr_segment_oldest(s->store, seg.id, &seg, err);
		if (rc <= 0)
			return rc;
		nvr_segment_path(
		    seg.camera_id, seg.stream, seg.id, seg.sealed, path);
		rc = nvr_segment_discard(s->store, seg.id, path, err);
		if (rc == NVR_E_PERMISSION)
			continue;
		if (rc == 0)
			rc = remove_file(s, path, err);
		if (rc != 0)
			return rc;
		room->segments++;
		room->bytes += seg.size_bytes;
	}
}

int
nvr_room_make(struct nvr_state *s, int64_t want, struct nvr_room *ret,
    struct nvr_error *err)
{
	int fd, rc = open_reserve(s, &fd, err);

	*ret = (struct nvr_room){0};
	if (rc != 0)
		return rc;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		ret->more = true;
		return 0;
	}
	rc = nvr_room_sweep(s, err);
	if (rc == 0)
		rc = delete_oldest(s, want, ret, err);
	if (rc == NVR_E_IO && ftruncate(fd, 0) == 0) {
		rc = nvr_room_sweep(s, err);
		if (rc == 0) /* what it is made of again as well */
			rc = delete_oldest(s, want + RESERVE, ret, err);
	}
	if (rc == 0 && ret->enough)
		keep_reserve(fd);
	close(fd);
	return rc;
}

int
nvr_room_begin(struct nvr_state *s, struct nvr_error *err)
{
	int fd, rc = open_reserve(s, &fd, err);

	if (rc != 0)
		return rc;
	keep_reserve(fd);
	close(fd);
	return nvr_room_sweep(s, err);
}
