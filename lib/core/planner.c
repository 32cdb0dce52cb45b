/* What schedules are due; see planner.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cron.h"
#include "base/file.h"
#include "base/owner.h"
#include "core/planner.h"

/* When a schedule is due, read once. */
struct timing {
	int64_t every; /* 0: by cron */
	struct nvr_cron cron;
	struct nvr_zone *zone;
};

static int
timing_open(
    const struct nvr_schedule *s, struct timing *t, struct nvr_error *err)
{
	int rc = 0;

	*t = (struct timing){.every = s->every_us};
	if (s->cron != NULL)
		rc = nvr_cron_parse(s->cron, &t->cron, err);
	else if (t->every <= 0)
		rc = nvr_fail(err, NVR_E_DATA, "its interval is none");
	if (rc == 0 && s->cron != NULL)
		rc = nvr_zone_open(s->zone, &t->zone, err);
	return rc;
}

static int64_t
timing_next(const struct timing *t, int64_t after)
{
	return t->zone != NULL ? nvr_cron_next(&t->cron, t->zone, after)
			       : nvr_every_next(t->every, after);
}

int
nvr_schedule_next(const struct nvr_schedule *s, int64_t after, int64_t *ret,
    struct nvr_error *err)
{
	struct timing t;
	int rc = timing_open(s, &t, err);

	if (rc == 0)
		*ret = timing_next(&t, after);
	nvr_zone_close(t.zone);
	return rc;
}

/*
 * The latest slot that is after `from` and not after now; 0 for none.  By
 * halving, since years of minutes may lie in between: the slot that follows a
 * moment is never earlier for a later moment.
 */
static int64_t
latest(const struct timing *t, int64_t from, int64_t now)
{
	int64_t slot = timing_next(t, from), early, late = now, next;

	if (slot == 0 || slot > now)
		return 0;
	for (early = slot; early < late;) {
		int64_t middle = early + (late - early) / 2;

		next = timing_next(t, middle);
		if (next != 0 && next <= now)
			early = slot = next;
		else
			late = middle;
	}
	return slot;
}

/* One file for all: the byte whose offset is the id is the schedule's. */
static int
lock_open(const struct nvr_state *s, int *ret, struct nvr_error *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/run", s->dir);
	rc = nvr_own_folder(path, err);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/run/schedules", s->dir);
	return nvr_own_open(path, O_RDWR, ret, err);
}

/* F_WRLCK or F_UNLCK.  1: another program has it. */
static int
lock_set(int fd, int64_t id, short type, struct nvr_error *err)
{
	struct flock l = {
	    .l_type = type, .l_whence = SEEK_SET, .l_start = id, .l_len = 1};

	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return 1;
	return nvr_fail_errno(err, NVR_E_IO, "cannot lock a schedule");
}

/* The cameras of a schedule that its slot has no audit of. */
struct missing {
	struct nvr_state *s;
	struct nvr_due *due;
	int all;
	struct nvr_error *err;
};

/* The list with room for one more; it grows at each power of two. */
static void *
grow(void *list, int n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return list;
	return reallocarray(list, n > 0 ? (size_t)n * 2 : 1, size);
}

static int
add_missing(void *ctx, int64_t camera, const char *name)
{
	struct missing *m = ctx;
	struct nvr_due *d = m->due;
	int64_t *list;
	bool answered;
	int rc;

	(void)name;
	m->all++;
	rc = nvr_schedule_answered(
	    m->s->store, d->schedule->id, d->slot, camera, &answered, m->err);
	if (rc != 0 || answered)
		return rc;
	list = grow(d->camera, d->ncamera, sizeof(*list));
	if (list == NULL)
		return nvr_fail_nomem(m->err);
	d->camera = list;
	d->camera[d->ncamera++] = camera;
	return 0;
}

static void
due_release(struct nvr_due *d, int64_t id)
{
	struct nvr_error ignored;

	if (d->lock >= 0)
		lock_set(d->lock, id, F_UNLCK, &ignored);
	nvr_schedule_free(d->schedule);
	free(d->camera);
}

/* A next slot that is wrong, since the clock or its zone was changed. */
static int
put_right(struct nvr_state *s, const struct nvr_schedule *row,
    const struct timing *t, int64_t now, struct nvr_error *err)
{
	int64_t next = timing_next(t, now);

	int rc;

	if (next == row->next_at)
		return 0;
	rc = nvr_schedule_ran(s->store, row->id, row->next_at, 0, next, err);
	return rc == 0 ? next == 0 : rc;
}

/* Under the lock.  *keep: it is to be run by us.  1: never again, by nobody. */
static int
plan_slot(struct nvr_state *s, struct nvr_due *d, const struct timing *t,
    int64_t now, bool *keep, struct nvr_error *err)
{
	struct missing m = {s, d, 0, err};
	int rc;

	if (d->schedule->next_at <= now)
		d->slot = latest(t, d->schedule->next_at - 1, now);
	if (d->slot == 0)
		return put_right(s, d->schedule, t, now, err);
	rc = nvr_schedule_each_camera(
	    s->store, d->schedule->id, add_missing, &m, err);
	*keep = rc == 0 && (d->ncamera > 0 || m.all == 0);
	if (rc == 0 && !*keep)
		rc = nvr_plan_done(s, d, err);
	return rc;
}

/* A schedule that cannot be planned must not keep the others from it. */
static int
plan_one(struct nvr_state *s, struct nvr_plan *p, struct nvr_due *d,
    int64_t now, bool *keep, struct nvr_error *err)
{
	struct timing t = {0};
	int rc = 0;

	if (d->schedule->next_at != 0)
		rc = timing_open(d->schedule, &t, err);
	if (rc == NVR_E_USAGE || rc == NVR_E_DATA) {
		nvr_prefix(err, "schedule '%s'", d->schedule->name);
		if (p->broken++ == 0)
			p->trouble = *err;
		rc = 0;
	} else if (rc == 0 && d->schedule->next_at != 0) {
		rc = plan_slot(s, d, &t, now, keep, err);
	}
	if (rc == 1) {
		strlcpy(p->ended, d->schedule->name, sizeof(p->ended));
		rc = 0;
	}
	nvr_zone_close(t.zone);
	return rc;
}

static int
read_schedule(struct nvr_state *s, int64_t id, struct nvr_schedule **ret,
    struct nvr_error *err)
{
	int rc = nvr_schedule_get(s->store, id, ret, err);

	return rc == NVR_E_NOENT ? 0 : rc;
}

static int
keep_due(struct nvr_plan *p, const struct nvr_due *d, struct nvr_error *err)
{
	struct nvr_due *list = grow(p->due, p->n, sizeof(*list));

	if (list == NULL)
		return nvr_fail_nomem(err);
	p->due = list;
	p->due[p->n++] = *d;
	return 0;
}

/* The row is read under the lock: another one may have run it just now. */
static int
take(struct nvr_state *s, struct nvr_plan *p, int64_t id, int64_t now,
    struct nvr_error *err)
{
	struct nvr_due d = {.lock = -1};
	bool keep = false;
	int busy = lock_set(p->lock, id, F_WRLCK, err), rc;

	if (busy < 0)
		return busy;
	d.lock = busy ? -1 : p->lock;
	rc = read_schedule(s, id, &d.schedule, err);
	if (rc == 0 && d.schedule != NULL) {
		if (busy)
			p->passed += d.schedule->next_at != 0 &&
				     d.schedule->next_at <= now;
		else
			rc = plan_one(s, p, &d, now, &keep, err);
	}
	if (rc == 0 && keep)
		rc = keep_due(p, &d, err);
	if (rc != 0 || !keep)
		due_release(&d, id);
	return rc;
}

struct ids {
	int64_t *id;
	int n;
	struct nvr_error *err;
};

static int
add_id(void *ctx, int64_t id)
{
	struct ids *l = ctx;
	int64_t *list = grow(l->id, l->n, sizeof(*list));

	if (list == NULL)
		return nvr_fail_nomem(l->err);
	l->id = list;
	l->id[l->n++] = id;
	return 0;
}

int
nvr_plan_open(struct nvr_state *s, int64_t now, struct nvr_plan **ret,
    struct nvr_error *err)
{
	struct nvr_plan *p = calloc(1, sizeof(*p));
	struct ids l = {.err = err};
	int rc;

	if (p == NULL)
		return nvr_fail_nomem(err);
	p->lock = -1;
	rc = nvr_schedule_each_due(s->store, now, add_id, &l, err);
	if (rc == 0 && l.n > 0)
		rc = lock_open(s, &p->lock, err);
	for (int i = 0; rc == 0 && i < l.n; i++)
		rc = take(s, p, l.id[i], now, err);
	free(l.id);
	if (rc == 0)
		*ret = p;
	else
		nvr_plan_close(p);
	return rc;
}

int
nvr_plan_done(struct nvr_state *s, struct nvr_due *due, struct nvr_error *err)
{
	const struct nvr_schedule *row = due->schedule;
	int64_t next = 0;
	int rc = nvr_schedule_next(row, due->slot, &next, err);

	if (rc == 0)
		rc = nvr_schedule_ran(
		    s->store, row->id, row->next_at, due->slot, next, err);
	if (rc == 0)
		rc = lock_set(due->lock, row->id, F_UNLCK, err);
	if (rc == 0)
		due->lock = -1;
	return rc == 0 && next == 0;
}

void
nvr_plan_close(struct nvr_plan *plan)
{
	if (plan == NULL)
		return;
	for (int i = 0; i < plan->n; i++)
		due_release(&plan->due[i], plan->due[i].schedule->id);
	free(plan->due);
	if (plan->lock >= 0)
		close(plan->lock);
	free(plan);
}
