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

enum by { BY_AGE, BY_BYTES, BY_ROOM };

struct pass {
	struct nvr_retaining *x;
	struct nvr_streams streams;
	struct nvr_counted *counted; /* of each stream */
	int64_t roomed;		     /* of all, for room */
	int64_t free;		     /* on the media disk when it began */
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
	struct nvr_counted *c = &p->counted[p->of[i]];
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

/* On a disk that is full only a few can be entered as garbage at once; then
 * their files make room for more. */
static int
flush(struct pass *p)
{
	bool gone[NVR_DISCARD_BATCH];
	size_t at = 0, n = p->n, some = n;
	int rc = 0;

	memset(gone, true, sizeof(gone));
	while (rc == 0 && p->discard != NULL && at < n) {
		some = some < n - at ? some : n - at;
		rc = nvr_discard_segments(
		    p->discard, &p->seg[at], some, &gone[at], p->x->err);
		if (rc == 0) {
			at += some;
		} else if (rc == NVR_E_IO && some > NVR_DISCARD_FEW) {
			some = NVR_DISCARD_FEW;
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

const char *
nvr_retain_footage_why(const struct nvr_retaining *x,
    const struct nvr_stream_rule *rule, char buf[NVR_WHY_TEXT],
    const char **promise)
{
	char text[NVR_TIME_TEXT];

	*promise = rule->removed ? "N14" : NULL;
	if (!rule->removed)
		return nvr_retain_older(rule->us, buf);
	snprintf(buf, NVR_WHY_TEXT, "camera removed longer ago than %s",
	    nvr_duration_format(x->s->rules->keep.cameras, text));
	return buf;
}

static int
by_age(struct pass *p, size_t of)
{
	struct nvr_stream_of *e = &p->streams.e[of];
	struct nvr_segment seg;
	int rc = 0, got;

	nvr_retain_footage_why(p->x, &e->rule, p->why, &p->promise);
	p->by = BY_AGE;
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
	struct nvr_retaining *x = p->x;
	struct nvr_victims *v;
	struct nvr_segment seg;
	char text[NVR_SIZE_TEXT];
	int64_t want = 0;
	size_t of;
	int got, rc;

	rc = missing(p, &want);
	if (rc == 0 && want > 0)
		rc = nvr_room_vain(x->s, &p->streams,
		    x->s->rules->keep.floor - want, &x->ret->vain, x->err);
	if (rc != 0 || want <= 0 || x->ret->vain.code != 0)
		return rc;
	rc = nvr_victims_open(x->s, &p->streams, &v, x->err);
	if (rc != 0)
		return rc;
	p->by = BY_ROOM;
	snprintf(p->why, sizeof(p->why), "less than %s free",
	    nvr_size_format(x->s->rules->keep.floor, text));
	while (rc == 0 && (rc = missing(p, &want)) == 0 && want > 0) {
		got = nvr_victims_next(v, &seg, &of, x->err);
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

static int
each_rule(struct pass *p)
{
	struct nvr_retaining *x = p->x;
	bool floor = has_floor(x) && !nvr_retain_room_held(x);
	int rc = floor ? nvr_room_free(x->s, &p->free, x->err) : 0;

	for (size_t i = 0; rc == 0 && i < p->streams.n; i++) {
		rc = by_age(p, i);
		if (rc == 0)
			rc = by_bytes(p, i);
	}
	if (rc == 0 && floor)
		rc = by_floor(p);
	return rc == 0 && x->braking ? nvr_retain_footage_brake(x, &p->streams,
					   p->counted, p->roomed)
				     : rc;
}

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
	for (size_t i = 0; i < p->streams.n; i++)
		p->counted[i].held =
		    nvr_retain_footage_held(x, &p->streams.e[i]);
	return 0;
}

/* Somebody may have restored a camera meanwhile, or made its limit longer: what
 * is due then, the next run decides. */
static int
still_stands(void *ctx, int64_t camera, enum nvr_stream stream, bool *ret,
    struct nvr_error *err)
{
	const struct pass *p = ctx;

	*ret = false;
	for (size_t i = 0; i < p->streams.n; i++) {
		const struct nvr_stream_of *e = &p->streams.e[i];

		if (e->cam->id == camera && e->stream == stream)
			return nvr_stream_stands(p->x->s, e, ret, err);
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
	if (discard != NULL) {
		nvr_discard_why(discard, p->why);
		nvr_discard_heed(discard, still_stands, p);
	}
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
	int rc = nvr_retain_torn_plan(x);

	return rc == 0 ? run(x, NULL) : rc;
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
		rc = nvr_retain_torn_apply(x, d);
	if (rc == 0)
		rc = run(x, d);
	nvr_discard_close(d);
	return rc == 0 ? drop_rows(x) : rc;
}
