/* Makes room on the media disk; see room.h. */
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/id.h"
#include "base/size.h"
#include "base/time.h"
#include "core/discard.h"
#include "core/room_int.h"
#include "store/backup.h"

#define AT_ONCE NVR_SECOND	  /* of deleting */
#define MOST 32			  /* segments at once */
#define LEAST (INT64_C(16) << 20) /* bytes that the next segments need */

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

/* Bounded, so that sums of it do not overflow. */
static int64_t
floor_of(const struct nvr_state *s)
{
	int64_t floor = s->rules->keep.floor;

	return floor < INT64_MAX / 2 ? floor : INT64_MAX / 2;
}

int
nvr_room_vain(struct nvr_state *s, struct nvr_streams *x, int64_t avail,
    struct nvr_error *why, struct nvr_error *err)
{
	char floor[NVR_SIZE_TEXT], has[NVR_SIZE_TEXT];
	int64_t may = 0, want = floor_of(s);
	int rc = nvr_victims_bytes(s, x, want - avail, &may, err);

	if (rc == 0 && may < want - avail)
		nvr_fail(why, NVR_E_IO,
		    "min-free is %s, and with everything that may be deleted "
		    "only %s would be free: nothing is deleted for it",
		    nvr_size_about(want, floor),
		    nvr_size_about(avail + may, has));
	return rc;
}

struct making {
	struct nvr_state *s;
	struct nvr_discard *d;
	struct nvr_victims *v;
	struct nvr_room_note note;
	int64_t spent; /* of the reserve, which is to be filled again */
	int64_t avail; /* free, or soon */
	int64_t goal;  /* bytes that are to be free */
	int64_t until; /* and some more, if there are */
	int64_t end;   /* CLOCK_MONOTONIC: no longer than until then */
	int64_t failed, swept;
	int most; /* segments at once */
	struct nvr_room *room;
};

/* Whoever wants to know why asks nvr-retain. */
static void
count_failed(void *ctx, const char *path, const struct nvr_error *why)
{
	(void)path, (void)why;
	++((struct making *)ctx)->failed;
}

static void
count_swept(void *ctx, const char *path, int64_t added_at)
{
	(void)path, (void)added_at;
	++((struct making *)ctx)->swept;
}

static int
look(struct making *m, struct nvr_error *err)
{
	int64_t avail = 0;
	int rc = nvr_room_free(m->s, &avail, err);

	m->avail = nvr_room_expected(&m->note, avail) - m->spent;
	return rc;
}

/* Those that go next, which together are as large as what is missing. */
static int
choose(struct making *m, int64_t missing, int most, struct nvr_segment seg[],
    size_t of[], int *n, struct nvr_error *err)
{
	int rc = 1;

	for (*n = 0; missing > 0 && *n < most; (*n)++) {
		rc = nvr_victims_next(m->v, &seg[*n], &of[*n], err);
		if (rc <= 0)
			break;
		missing -= seg[*n].size_bytes;
	}
	return rc < 0 ? rc : 0;
}

/* Where one could not be deleted, the others of its folder are not tried: there
 * may be a hundred thousand, and the time is short. */
static int
discard(struct making *m, const struct nvr_segment seg[], const size_t of[],
    int n, struct nvr_error *err)
{
	int64_t failed = m->failed, day;
	bool gone[MOST];
	int rc = nvr_discard_segments(m->d, seg, (size_t)n, gone, err);

	for (int i = 0; i < n; i++) {
		if (gone[i]) {
			m->room->segments++;
			m->room->bytes += seg[i].size_bytes;
			m->note.gone += seg[i].size_bytes;
		} else if (m->failed > failed) {
			day = nvr_id_time(seg[i].id) / NVR_DAY;
			nvr_victims_skip(m->v, of[i], (day + 1) * NVR_DAY);
		}
	}
	return rc;
}

/*
 * Before one has gone, and where the file of one did not, no more than one row
 * is put at stake: a failing disk would cost them all.
 */
static int
delete_until(struct making *m, struct nvr_error *err)
{
	int64_t had;
	struct nvr_segment seg[MOST];
	size_t of[MOST];
	int n, rc;

	while ((rc = look(m, err)) == 0 && m->avail < m->until) {
		had = m->room->segments;
		if (nvr_time_monotonic() > m->end) {
			m->room->more =
			    m->avail < m->goal && (had > 0 || m->swept > 0);
			break;
		}
		rc = choose(m, m->until - m->avail,
		    had > 0 && nvr_discard_left(m->d) == 0 ? m->most : 1, seg,
		    of, &n, err);
		if (rc == 0 && n > 0)
			rc = discard(m, seg, of, n, err);
		if (rc != 0 || n == 0 ||
		    (m->room->segments == had && nvr_discard_left(m->d) > 0))
			break;
	}
	m->room->enough = rc == 0 && m->avail >= m->goal;
	return rc;
}

/* What is written next takes, by what was written. */
static int64_t
needed(const struct nvr_streams *x)
{
	int64_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->e[i].segments > 0)
			n += 2 * (x->e[i].bytes / x->e[i].segments);
	return n > LEAST ? n : LEAST;
}

/* 1: what may go of x is as much. */
static int
reaches(struct making *m, struct nvr_streams *x, int64_t goal,
    struct nvr_error *err)
{
	int64_t may = 0, want = goal - m->avail;
	int rc = nvr_victims_bytes(m->s, x, want, &may, err);

	return rc == 0 ? may >= want : rc;
}

/* 1: there is something to delete for. */
static int
set_goal(struct making *m, struct nvr_streams *x, struct nvr_error *err)
{
	int rc = look(m, err);

	m->goal = floor_of(m->s);
	if (rc == 0 && m->avail < m->goal)
		rc = nvr_room_vain(m->s, x, m->avail, &m->room->vain, err);
	if (m->room->vain.code != 0 && m->goal > needed(x))
		m->goal = needed(x);
	m->room->enough = rc == 0 && m->avail >= m->goal;
	if (rc != 0 || m->room->enough)
		return rc;
	if (m->room->vain.code != 0) {
		rc = reaches(m, x, m->goal, err);
		if (rc != 1)
			return rc;
	}
	m->until = m->goal + m->goal / 8;
	rc = reaches(m, x, m->until, err);
	if (rc == 0)
		m->until = m->goal;
	return rc < 0 ? rc : 1;
}

static int
make_room(struct making *m, struct nvr_error *err)
{
	int64_t began = nvr_time_monotonic();
	char why[64], text[NVR_SIZE_TEXT];
	struct nvr_streams x = {0};
	int rc = nvr_discard_open(m->s, count_failed, m, &m->d, err);

	m->end = began + AT_ONCE;
	m->room->vain = (struct nvr_error){0};
	if (rc == 0) {
		nvr_discard_keyless(m->d);
		nvr_discard_until(m->d, began + AT_ONCE / 2);
		rc = nvr_discard_garbage(
		    m->d, INT64_MAX, INT64_MAX, count_swept, m, err);
	}
	if (rc == 0)
		rc = nvr_streams_load(m->s, 0, nvr_time_now(), &x, err);
	if (rc == 0)
		rc = set_goal(m, &x, err);
	if (rc == 1) {
		snprintf(why, sizeof(why), "less than %s free",
		    nvr_size_about(m->goal, text));
		nvr_discard_why(m->d, why);
		rc = nvr_victims_open(m->s, &x, &m->v, err);
		if (rc == 0)
			rc = delete_until(m, err);
		nvr_victims_close(m->v);
	}
	nvr_streams_free(&x);
	nvr_discard_close(m->d);
	m->d = NULL;
	m->v = NULL;
	return rc;
}

/* Alone; so it is until the file is closed. */
static int
make_alone(
    struct nvr_state *s, int fd, struct nvr_room *room, struct nvr_error *err)
{
	struct making m = {.s = s, .most = MOST, .room = room};
	struct nvr_error ignored;
	int64_t avail = 0;
	int rc = nvr_room_free(s, &avail, err);

	if (rc != 0)
		return rc;
	nvr_room_note_read(fd, avail, &m.note);
	rc = make_room(&m, err);
	if (rc == NVR_E_IO && ftruncate(fd, 0) == 0) {
		/* The store's log is of some megabytes, too. */
		nvr_store_settle(s->store, &ignored);
		m.spent = NVR_ROOM_RESERVE;
		m.most = NVR_DISCARD_FEW;
		rc = make_room(&m, err);
	}
	if (rc == 0 && room->enough)
		nvr_room_reserve_keep(fd);
	if (room->segments > 0 && nvr_room_free(s, &avail, &ignored) == 0)
		nvr_room_note_write(fd, avail, &m.note);
	return rc;
}

int
nvr_room_make(struct nvr_state *s, struct nvr_room *ret, struct nvr_error *err)
{
	int fd, rc = nvr_room_reserve_open(s->dir, &fd, err);

	*ret = (struct nvr_room){0};
	if (rc != 0)
		return rc;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		rc = make_alone(s, fd, ret, err);
	else if (errno == EWOULDBLOCK)
		ret->more = true;
	else
		rc = nvr_fail_errno(err, NVR_E_IO,
		    "cannot lock '%s/.room', and the store has to be on a file "
		    "system that has locks",
		    s->dir);
	close(fd);
	return rc;
}
