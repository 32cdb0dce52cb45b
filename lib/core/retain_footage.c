/* Recordings: by age, by bytes, and for the floor of free space (C18). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/time.h"
#include "core/discard.h"
#include "core/retain_int.h"
#include "core/room.h"
#include "core/segment.h"
#include "core/streams.h"
#include "store/stream.h"

#define KIND "recordings"
#define ROOM -1 /* the id of the brake's group of what goes for room */

/* Of a stream, for the brake. */
struct counted {
	int64_t due, sudden; /* by age and by bytes */
	int64_t above;	     /* by bytes, of them */
	bool held;	     /* it is left out */
};

enum by { BY_AGE, BY_BYTES, BY_ROOM };

struct pass {
	struct nvr_retaining *x;
	struct nvr_streams streams;
	struct counted *counted; /* of each stream */
	int64_t roomed;		 /* of all, for room */
	int64_t free;		 /* on the media disk when it began */
	int64_t freed;
	struct nvr_discard *discard; /* NULL: they are only told */
	/* What goes next, all for the same reason. */
	char why[NVR_WHY_TEXT];
	const char *promise; /* NULL: the rule's */
	enum by by;
	struct nvr_segment seg[NVR_DISCARD_BATCH];
	size_t of[NVR_DISCARD_BATCH]; /* its stream */
	size_t n;
};

static void
tell(struct pass *p, size_t i)
{
	struct counted *c = &p->counted[p->of[i]];
	const struct nvr_segment *seg = &p->seg[i];
	const struct nvr_stream_of *of = &p->streams.e[p->of[i]];
	char path[NVR_SEGMENT_PATH];
	const struct nvr_leaving d = {.id = seg->id,
	    .object = path,
	    .camera = of->cam->name,
	    .stream = nvr_stream_names[seg->stream],
	    .at = seg->end_at,
	    .bytes = seg->size_bytes,
	    .keep = p->by == BY_AGE ? nvr_streams_keep(of, seg) : 0,
	    .why = p->why,
	    .promise = p->promise};

	nvr_segment_path(
	    seg->camera_id, seg->stream, seg->id, seg->sealed, path);
	if (p->by == BY_ROOM) {
		p->roomed++;
	} else {
		c->due++;
		c->sudden += nvr_retaining_sudden(p->x, &d);
		c->above += p->by == BY_BYTES;
	}
	nvr_retaining_tell(p->x, &d);
}

/* On a disk that is full, so few at once can be entered as garbage; then their
 * files make room for more. */
#define FEW 8

static int
flush(struct pass *p)
{
	bool gone[NVR_DISCARD_BATCH];
	size_t at = 0, n = p->n, some = p->n;
	int rc = 0;

	memset(gone, true, sizeof(gone));
	while (rc == 0 && p->discard != NULL && at < n) {
		some = some < n - at ? some : n - at;
		rc = nvr_discard_segments(
		    p->discard, &p->seg[at], some, &gone[at], p->x->err);
		if (rc == 0) {
			at += some;
		} else if (rc == NVR_E_IO && some > FEW) {
			some = FEW;
			rc = 0;
		}
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (gone[i])
			tell(p, i);
	}
	p->n = 0;
	return rc;
}

/*
 * It counts as gone, whatever comes of it: where files cannot be deleted, or
 * the brake holds them, not all the others are to go in their stead.
 */
static int
take(struct pass *p, size_t of, const struct nvr_segment *seg)
{
	p->freed += seg->size_bytes;
	if (p->by != BY_ROOM && p->counted[of].held)
		return 0;
	p->seg[p->n] = *seg;
	p->of[p->n++] = of;
	return p->n == NVR_DISCARD_BATCH ? flush(p) : 0;
}

static int
by_age(struct pass *p, size_t of)
{
	struct nvr_stream_of *e = &p->streams.e[of];
	char text[NVR_TIME_TEXT];
	struct nvr_segment seg;
	int rc = 0, got;

	nvr_retain_older(e->rule.us, p->why);
	p->by = BY_AGE;
	if (e->rule.removed) {
		snprintf(p->why, sizeof(p->why),
		    "camera removed longer ago than %s",
		    nvr_duration_format(p->x->s->rules->keep.cameras, text));
		p->promise = "N14";
	}
	while (rc == 0 && (got = nvr_streams_next(p->x->s, e, NVR_GOING_DUE,
			       &seg, p->x->err)) != 0) {
		e->bytes -= seg.size_bytes;
		rc = got < 0 ? got : take(p, of, &seg);
	}
	if (rc == 0)
		rc = flush(p);
	p->promise = NULL;
	return rc;
}

/* What is kept around findings only once there is nothing else. */
static int
by_bytes(struct pass *p, size_t of)
{
	struct nvr_stream_of *e = &p->streams.e[of];
	enum nvr_going which = NVR_GOING_REST;
	char text[NVR_SIZE_TEXT];
	struct nvr_segment seg;
	int rc = 0, got;

	p->by = BY_BYTES;
	snprintf(p->why, sizeof(p->why), "above %s",
	    nvr_size_format(e->rule.bytes, text));
	while (rc == 0 && nvr_streams_above(e)) {
		got = nvr_streams_next(p->x->s, e, which, &seg, p->x->err);
		if (got == 1) {
			e->bytes -= seg.size_bytes;
			rc = take(p, of, &seg);
		} else if (got == 0 && which == NVR_GOING_REST) {
			which = NVR_GOING_FINDINGS;
		} else {
			rc = got;
			break;
		}
	}
	return rc == 0 ? flush(p) : rc;
}

/*
 * What went counts as free: the file system may take its time, and who reads a
 * file still has it.  Others may have made room as well.
 */
static int
missing(const struct pass *p, int64_t *ret)
{
	int64_t avail = 0;
	int rc = nvr_room_free(p->x->s, &avail, p->x->err);

	if (avail < p->free + p->freed)
		avail = p->free + p->freed;
	*ret = p->x->s->rules->keep.floor - avail;
	return rc;
}

static int
by_floor(struct pass *p)
{
	struct nvr_victims *v;
	struct nvr_segment seg;
	char text[NVR_SIZE_TEXT];
	int64_t want = 0;
	size_t of;
	int got, rc = nvr_victims_open(p->x->s, &p->streams, &v, p->x->err);

	if (rc != 0)
		return rc;
	p->by = BY_ROOM;
	snprintf(p->why, sizeof(p->why), "less than %s free",
	    nvr_size_format(p->x->s->rules->keep.floor, text));
	while (rc == 0 && (rc = missing(p, &want)) == 0 && want > 0) {
		got = nvr_victims_next(v, &seg, &of, p->x->err);
		if (got != 1) {
			rc = got;
			break;
		}
		rc = take(p, of, &seg);
	}
	nvr_victims_close(v);
	return rc == 0 ? flush(p) : rc;
}

/* Only the present has a known free space, and all streams together. */
static bool
has_floor(const struct nvr_retaining *x)
{
	int64_t now = nvr_time_now();

	return x->s->rules->keep.floor > 0 && x->r->camera == NULL &&
	       x->now > now - NVR_MINUTE && x->now < now + NVR_MINUTE;
}

/* How many a stream has that are there by then, and of them those that came
 * since the last run: as many may go for those. */
static int
count_stream(struct pass *p, size_t of, int64_t *all, int64_t *came)
{
	const struct nvr_stream_of *e = &p->streams.e[of];
	const struct nvr_stream_total t = {
	    .camera_id = e->cam->id, .stream = e->stream};
	int64_t later = 0;
	int rc = 0;

	if (e->ends != INT64_MAX)
		rc = nvr_stream_count(
		    p->x->s->store, &t, e->ends, &later, p->x->err);
	if (rc == 0)
		rc = nvr_stream_count(
		    p->x->s->store, &t, p->x->since, came, p->x->err);
	*all = e->segments - later;
	*came -= later;
	return rc;
}

/* More than half of a stream is not deleted unasked, by its age and its bytes;
 * but that of a removed camera is to go whole. */
static int
judge_stream(struct pass *p, size_t of)
{
	const struct nvr_stream_of *e = &p->streams.e[of];
	const struct counted *c = &p->counted[of];
	struct nvr_group g = {.kind = KIND,
	    .id = e->cam->id,
	    .part = (int)e->stream,
	    .due = c->due,
	    .sudden = c->sudden};
	int64_t came = 0;
	int rc = 0;

	if (e->rule.removed || c->sudden == 0)
		return 0;
	snprintf(g.name, sizeof(g.name), "segments of %s (%s)", e->cam->name,
	    nvr_stream_names[e->stream]);
	g.all = e->segments;
	/* Neither number gets larger. */
	if (nvr_group_trips(&g) || e->ends != INT64_MAX) {
		rc = count_stream(p, of, &g.all, &came);
		g.sudden -= c->above < came ? c->above : came;
	}
	if (rc == 0)
		nvr_retaining_brake(p->x, &g);
	return rc;
}

/* The disk is one, and so is the group: who has stopped may go whole, since
 * nvr-record makes room by the same order. */
static int
judge_room(struct pass *p)
{
	struct nvr_group g = {.kind = KIND,
	    .name = "segments of all cameras, for room on the disk,",
	    .id = ROOM,
	    .due = p->roomed,
	    .sudden = p->roomed};
	int64_t all, came = 0;
	int rc = 0;

	for (size_t i = 0; i < p->streams.n; i++)
		g.all += p->streams.e[i].segments;
	if (!nvr_group_trips(&g))
		return 0;
	for (size_t i = 0; rc == 0 && i < p->streams.n; i++) {
		rc = count_stream(p, i, &all, &came);
		g.sudden -= came;
	}
	if (rc == 0)
		nvr_retaining_brake(p->x, &g);
	return rc;
}

static int
judge(struct pass *p)
{
	int rc = 0;

	if (!p->x->braking)
		return 0;
	for (size_t i = 0; rc == 0 && i < p->streams.n; i++)
		rc = judge_stream(p, i);
	return rc == 0 ? judge_room(p) : rc;
}

static int
each_rule(struct pass *p)
{
	struct nvr_retaining *x = p->x;
	bool floor = has_floor(x) && !nvr_retaining_held(x, KIND, ROOM, 0);
	int rc = floor ? nvr_room_free(x->s, &p->free, x->err) : 0;

	for (size_t i = 0; rc == 0 && i < p->streams.n; i++) {
		rc = by_age(p, i);
		if (rc == 0)
			rc = by_bytes(p, i);
	}
	if (rc == 0 && floor)
		rc = by_floor(p);
	return rc == 0 ? judge(p) : rc;
}

/* Footage of removed cameras stays with them. */
static int
load(struct pass *p)
{
	struct nvr_retaining *x = p->x;
	int rc =
	    nvr_streams_load(x->s, x->r->camera != NULL ? x->r->camera->id : 0,
		x->now, &p->streams, x->err);

	if (rc != 0)
		return rc;
	p->counted = calloc(p->streams.n + 1, sizeof(*p->counted));
	if (p->counted == NULL)
		return nvr_fail_nomem(x->err);
	for (size_t i = 0; i < p->streams.n; i++) {
		const struct nvr_stream_of *e = &p->streams.e[i];

		p->counted[i].held =
		    e->rule.removed ? nvr_retaining_held(x, "cameras", 0, 0)
				    : nvr_retaining_held(
					  x, KIND, e->cam->id, (int)e->stream);
	}
	return 0;
}

static int
run(struct nvr_retaining *x, struct nvr_discard *discard)
{
	struct pass *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return nvr_fail_nomem(x->err);
	p->x = x;
	p->discard = discard;
	rc = load(p);
	if (rc == 0)
		rc = each_rule(p);
	nvr_streams_free(&p->streams);
	free(p->counted);
	free(p);
	return rc;
}

int
nvr_retain_footage_plan(struct nvr_retaining *x)
{
	return run(x, NULL);
}

/* What hangs on segments that are gone; nobody is told of it. */
static int
drop_rows(struct nvr_retaining *x)
{
	const struct nvr_keeping *k = &x->s->rules->keep;
	int64_t camera = x->r->camera != NULL ? x->r->camera->id : 0;
	/* Nothing that begins before the end of what it keeps ends later. */
	int rc = nvr_incidents_drop(
	    x->s->store, camera, x->now - k->around - NVR_SEGMENT_MAX, x->err);

	return rc == 0 ? nvr_runs_drop(x->s->store, camera,
			     k->cameras != 0 ? x->now - k->cameras : INT64_MIN,
			     x->err)
		       : rc;
}

int
nvr_retain_footage_apply(struct nvr_retaining *x)
{
	struct nvr_discard *d = NULL;
	int rc = nvr_discard_open(x->s, nvr_retaining_undone, x, &d, x->err);

	if (rc == 0)
		rc = run(x, d);
	nvr_discard_close(d);
	return rc == 0 ? drop_rows(x) : rc;
}
