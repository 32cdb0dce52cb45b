/* Room on the media disk; see room.h. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/owner.h"
#include "base/size.h"
#include "base/time.h"
#include "core/discard.h"
#include "core/room.h"
#include "core/streams.h"
#include "store/backup.h"

#define AT_ONCE NVR_SECOND /* of deleting */
#define MOST 32		   /* segments at once */
#define FEW 4		   /* whose rows the reserve is enough for */

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

/*
 * To delete a segment the store has to be written first, which takes a few
 * pages: on a disk that is full to the last byte they come from here.  The
 * file is the one that is locked while room is made.
 */
#define RESERVE (256 * 1024)

static int
open_reserve(const char *dir, int *fd, struct nvr_error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.room", dir);
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

/* Whoever wants to know why asks nvr-retain. */
static void
count_failed(void *ctx, const char *path, const struct nvr_error *why)
{
	(void)path, (void)why;
	++*(int64_t *)ctx;
}

int
nvr_room_sweep(struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_discard *d = NULL;
	int rc = nvr_discard_open(s, NULL, NULL, &d, err);

	if (rc == 0)
		rc = nvr_discard_garbage(
		    d, INT64_MAX, INT64_MAX, NULL, NULL, err);
	nvr_discard_close(d);
	return rc;
}

/* Those that go next, which together are as large as what is missing. */
static int
choose(struct nvr_victims *v, int64_t missing, int most,
    struct nvr_segment seg[MOST], int *n, struct nvr_error *err)
{
	size_t of;
	int rc = 1;

	for (*n = 0; missing > 0 && *n < most; (*n)++) {
		rc = nvr_victims_next(v, &seg[*n], &of, err);
		if (rc <= 0)
			break;
		missing -= seg[*n].size_bytes;
	}
	return rc < 0 ? rc : 0;
}

struct making {
	struct nvr_state *s;
	struct nvr_discard *d;
	struct nvr_victims *v;
	int64_t failed; /* to be deleted */
	int most;	/* segments at once */
	struct nvr_room *room;
};

/*
 * Before one has gone, and where some cannot, no more than one row is put at
 * stake: a failing disk would cost them all.
 */
static int
delete_until(struct making *m, int64_t want, struct nvr_error *err)
{
	int64_t end = nvr_time_monotonic() + AT_ONCE, avail, had;
	struct nvr_segment seg[MOST];
	bool gone[MOST], proven;
	int n, rc = 0;

	while (rc == 0 && (rc = nvr_room_free(m->s, &avail, err)) == 0) {
		m->room->enough = avail >= want;
		m->room->more = !m->room->enough && nvr_time_monotonic() > end;
		if (m->room->enough || m->room->more)
			break;
		had = m->room->segments;
		proven = had > 0 && m->failed == 0;
		rc = choose(
		    m->v, want - avail, proven ? m->most : 1, seg, &n, err);
		if (rc != 0 || n == 0)
			break;
		rc = nvr_discard_segments(m->d, seg, (size_t)n, gone, err);
		for (int i = 0; i < n; i++) {
			m->room->segments += gone[i];
			m->room->bytes += gone[i] ? seg[i].size_bytes : 0;
		}
		if (m->room->segments == had && nvr_discard_left(m->d) > 0)
			break;
	}
	return rc;
}

static int
make_room(struct nvr_state *s, int64_t want, int most, struct nvr_room *room,
    struct nvr_error *err)
{
	struct making m = {.s = s, .most = most, .room = room};
	struct nvr_streams x = {0};
	char why[64], text[NVR_SIZE_TEXT];
	int rc = nvr_discard_open(s, count_failed, &m.failed, &m.d, err);

	snprintf(why, sizeof(why), "less than %s free",
	    nvr_size_format(s->rules->keep.floor, text));
	if (rc == 0) {
		nvr_discard_keyless(m.d);
		nvr_discard_why(m.d, why);
		rc = nvr_discard_garbage(
		    m.d, INT64_MAX, INT64_MAX, NULL, NULL, err);
	}
	if (rc == 0)
		rc = nvr_streams_load(s, 0, nvr_time_now(), &x, err);
	if (rc == 0)
		rc = nvr_victims_open(s, &x, &m.v, err);
	if (rc == 0)
		rc = delete_until(&m, want, err);
	nvr_victims_close(m.v);
	nvr_streams_free(&x);
	nvr_discard_close(m.d);
	return rc;
}

int
nvr_room_make(struct nvr_state *s, int64_t want, struct nvr_room *ret,
    struct nvr_error *err)
{
	struct nvr_error ignored;
	int fd, rc = open_reserve(s->dir, &fd, err);

	*ret = (struct nvr_room){0};
	if (rc != 0)
		return rc;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		ret->more = true;
		return 0;
	}
	rc = make_room(s, want, MOST, ret, err);
	if (rc == NVR_E_IO && ftruncate(fd, 0) == 0) {
		/* The store's log is of some megabytes, too. */
		nvr_store_settle(s->store, &ignored);
		/* What it is made of again as well. */
		rc = make_room(s, want + RESERVE, FEW, ret, err);
	}
	if (rc == 0 && ret->enough)
		keep_reserve(fd);
	close(fd);
	return rc;
}

int
nvr_room_reserve(const char *dir, struct nvr_error *err)
{
	int fd, rc = open_reserve(dir, &fd, err);

	if (rc != 0)
		return rc;
	keep_reserve(fd);
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

	if (statvfs(dir, &vfs) != 0 || vfs.f_bavail * vfs.f_frsize >= RESERVE)
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
