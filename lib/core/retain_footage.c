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

struct pass {
	struct nvr_retaining *x;
	struct nvr_streams streams;
	int64_t *due; /* of each stream, what was told, for the brake */
	int64_t free; /* on the media disk when it began */
	int64_t freed;
	struct nvr_discard *discard; /* NULL: they are only told */
	/* What goes next, all for the same reason. */
	char why[NVR_WHY_TEXT];
	const char *promise; /* NULL: the rule's */
	bool aged;
	struct nvr_segment seg[NVR_DISCARD_BATCH];
	size_t of[NVR_DISCARD_BATCH]; /* its stream */
	size_t n;
};

static void
tell(struct pass *p, size_t i)
{
	const struct nvr_segment *seg = &p->seg[i];
	const struct nvr_stream_of *of = &p->streams.e[p->of[i]];
	char path[NVR_SEGMENT_PATH];
	const struct nvr_leaving d = {.id = seg->id,
	    .object = path,
	    .camera = of->cam->name,
	    .stream = nvr_stream_names[seg->stream],
	    .at = seg->end_at,
	    .bytes = seg->size_bytes,
	    .keep = p->aged ? nvr_streams_keep(of, seg) : 0,
	    .why = p->why,
	    .promise = p->promise};

	nvr_segment_path(
	    seg->camera_id, seg->stream, seg->id, seg->sealed, path);
	p->due[p->of[i]] += nvr_retaining_sudden(p->x, &d);
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
 * It counts as gone, whatever comes of it: where files cannot be deleted, not
 * all the others are to go in their stead.
 */
static int
take(struct pass *p, size_t of, const struct nvr_segment *seg)
{
	p->seg[p->n] = *seg;
	p->of[p->n++] = of;
	p->freed += seg->size_bytes;
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
	p->aged = true;
	while (rc == 0 && (got = nvr_streams_next(p->x->s, e, NVR_GOING_DUE,
			       &seg, p->x->err)) != 0) {
		e->bytes -= seg.size_bytes;
		rc = got < 0 ? got : take(p, of, &seg);
	}
	if (rc == 0)
		rc = flush(p);
	p->promise = NULL;
	p->aged = false;
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

/* More than half of a stream is not deleted unasked, by whichever rule; but
 * that of a removed camera is to go whole. */
static void
count_streams(struct pass *p)
{
	struct nvr_retaining *x = p->x;
	char group[sizeof(x->group)];

	for (size_t i = 0; i < p->streams.n; i++) {
		const struct nvr_stream_of *e = &p->streams.e[i];

		snprintf(group, sizeof(group), "segments of %s (%s)",
		    e->cam->name, nvr_stream_names[e->stream]);
		nvr_retaining_group(
		    x, group, e->rule.removed ? 0 : e->segments);
		x->group_due = p->due[i];
	}
	nvr_retaining_group(x, "recordings", 0);
}

static int
each_rule(struct pass *p)
{
	struct nvr_retaining *x = p->x;
	bool floor = has_floor(x);
	int rc = floor ? nvr_room_free(x->s, &p->free, x->err) : 0;

	for (size_t i = 0; rc == 0 && i < p->streams.n; i++) {
		rc = by_age(p, i);
		if (rc == 0)
			rc = by_bytes(p, i);
	}
	if (rc == 0 && floor)
		rc = by_floor(p);
	if (rc == 0)
		count_streams(p);
	return rc;
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
	if (discard != NULL)
		nvr_discard_why(discard, p->why);
	rc = nvr_streams_load(x->s, x->r->camera != NULL ? x->r->camera->id : 0,
	    x->now, &p->streams, x->err);
	if (rc == 0) {
		p->due = calloc(p->streams.n + 1, sizeof(*p->due));
		rc = p->due != NULL ? each_rule(p) : nvr_fail_nomem(x->err);
	}
	nvr_streams_free(&p->streams);
	free(p->due);
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
