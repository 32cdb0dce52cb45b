/* What may be deleted of each stream's footage; see streams.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/streams_int.h"
#include "core/stretches.h"
#include "store/stream.h"

#define CHUNK 32 /* segments that are read at once, at the most */
#define FIRST 2	 /* and behind what is passed over, which may be all */

struct nvr_walk {
	/* Behind which each goes on; a start, and an id. */
	struct {
		int64_t start, id;
	} at[NVR_GOING_ANY + 1];
	enum nvr_going which; /* of those that were read */
	struct nvr_segment seg[CHUNK];
	int n, i, size; /* read, passed, and to be read next */
	struct nvr_stretches held, found;
	int64_t held_after; /* those that end after it were read, */
	int64_t held_stamp; /* when the store had this one */
	bool held_read;
	struct nvr_error *err;
};

static const struct nvr_stretch *
overlapped(const struct nvr_stretches *x, const struct nvr_segment *seg)
{
	return nvr_stretches_find(x, seg->start_at, seg->end_at);
}

static int
add_hold(void *ctx, int64_t since, int64_t until)
{
	struct nvr_walk *w = ctx;

	return nvr_stretches_add(&w->held, since, until, w->err);
}

/*
 * What ends after that moment.  Whoever works by this for long must know of
 * holds that came meanwhile, and there may be thousands: they are read again
 * once anything was written.
 */
static int
load_holds(struct nvr_state *s, struct nvr_stream_of *x, int64_t after,
    struct nvr_error *err)
{
	struct nvr_walk *w = x->walk;
	int64_t stamp = 0;
	int rc = nvr_stream_stamp(s->store, &stamp, err);

	if (rc == 0 && w->held_read && w->held_stamp == stamp &&
	    w->held_after <= after)
		return 0;
	w->err = err;
	w->held.n = 0;
	w->held_read = false;
	if (rc == 0)
		rc = nvr_stream_holds(
		    s->store, x->cam->id, x->now, after, add_hold, w, err);
	nvr_stretches_order(&w->held);
	w->held_read = rc == 0;
	w->held_stamp = stamp;
	w->held_after = after;
	return rc;
}

static int
add_finding(void *ctx, int64_t at)
{
	struct nvr_stream_of *x = ctx;
	int64_t since, until;

	/* What only touches it counts as well. */
	if (__builtin_sub_overflow(at, x->around + 1, &since))
		since = INT64_MIN;
	if (__builtin_add_overflow(at, x->around + 1, &until))
		until = INT64_MAX;
	return nvr_stretches_add(&x->walk->found, since, until, x->walk->err);
}

static void
close_walk(struct nvr_stream_of *x)
{
	if (x->walk != NULL) {
		free(x->walk->held.e);
		free(x->walk->found.e);
	}
	free(x->walk);
	x->walk = NULL;
}

static int
open_walk(struct nvr_state *s, struct nvr_stream_of *x, struct nvr_error *err)
{
	int rc = 0;

	x->walk = calloc(1, sizeof(*x->walk));
	if (x->walk == NULL)
		return nvr_fail_nomem(err);
	x->walk->size = FIRST;
	for (int i = 0; i <= NVR_GOING_ANY; i++)
		x->walk->at[i].start = INT64_MIN;
	x->walk->err = err;
	/* Earlier ones keep nothing: no segment is so long. */
	if (x->rule.events_us != 0 && !x->rule.removed)
		rc = nvr_stream_findings(s->store, x->cam->id,
		    x->now - x->rule.events_us - x->around -
			2 * NVR_SEGMENT_MAX,
		    add_finding, x, err);
	nvr_stretches_order(&x->walk->found);
	if (rc != 0)
		close_walk(x);
	return rc;
}

/* Up to when those end that may be asked for; false: there are none. */
static bool
ends(const struct nvr_stream_of *x, enum nvr_going which, int64_t *ret)
{
	*ret = x->ends;
	if (which == NVR_GOING_ANY)
		return true;
	if (x->rule.removed)
		return which == NVR_GOING_DUE;
	if (which == NVR_GOING_FINDINGS)
		return x->rule.events_us != 0;
	if (which == NVR_GOING_DUE && x->now - x->rule.us < x->ends)
		*ret = x->now - x->rule.us;
	return which == NVR_GOING_REST || x->rule.us != 0;
}

/*
 * Which of them it is; NVR_GOINGS: it stays.  *past: nothing that begins after
 * this one and before then is of another kind.
 */
static enum nvr_going
kind_of(
    const struct nvr_stream_of *x, const struct nvr_segment *seg, int64_t *past)
{
	int64_t young = x->now - x->rule.events_us;
	const struct nvr_stretch *e = overlapped(&x->walk->held, seg);

	*past = INT64_MIN;
	if (e != NULL) {
		if (seg->start_at > e->since)
			*past = e->until;
		return NVR_GOINGS;
	}
	if (x->rule.removed)
		return NVR_GOING_DUE;
	e = overlapped(&x->walk->found, seg);
	if (e != NULL && seg->end_at > young) {
		if (seg->start_at > e->since && seg->start_at > young)
			*past = e->until;
		return NVR_GOING_FINDINGS;
	}
	return x->rule.us != 0 && seg->end_at <= x->now - x->rule.us
		   ? NVR_GOING_DUE
		   : NVR_GOING_REST;
}

int64_t
nvr_streams_keep(const struct nvr_stream_of *x, const struct nvr_segment *seg)
{
	return x->rule.events_us > x->rule.us && x->walk != NULL &&
		       overlapped(&x->walk->found, seg) != NULL
		   ? x->rule.events_us
		   : x->rule.us;
}

static int
read_chunk(struct nvr_state *s, struct nvr_stream_of *x, enum nvr_going which,
    int64_t until, struct nvr_error *err)
{
	struct nvr_walk *w = x->walk;
	int rc = load_holds(s, x, w->at[which].start, err);

	w->which = which;
	w->i = w->n = 0;
	if (rc == 0)
		rc = nvr_segment_after(s->store, x->cam->id, x->stream,
		    w->at[which].start, w->at[which].id, until, w->seg, w->size,
		    &w->n, err);
	w->size = w->size < CHUNK ? 2 * w->size : CHUNK;
	return rc;
}

void
nvr_streams_skip(struct nvr_stream_of *x, enum nvr_going which, int64_t to)
{
	struct nvr_walk *w = x->walk;

	if (w == NULL || to <= w->at[which].start)
		return;
	w->at[which].start = to - 1;
	w->at[which].id = INT64_MAX;
	w->size = FIRST;
	while (w->which == which && w->i < w->n && w->seg[w->i].start_at < to)
		w->i++;
}

int
nvr_streams_next(struct nvr_state *s, struct nvr_stream_of *x,
    enum nvr_going which, struct nvr_segment *ret, struct nvr_error *err)
{
	struct nvr_walk *w;
	int64_t until, past;
	int rc = 0;

	if (!ends(x, which, &until))
		return 0;
	if (x->walk == NULL)
		rc = open_walk(s, x, err);
	w = x->walk;
	while (rc == 0) {
		if (w->i == w->n || w->which != which) {
			rc = read_chunk(s, x, which, until, err);
			if (rc != 0 || w->n == 0)
				break;
		}
		const struct nvr_segment *seg = &w->seg[w->i++];
		enum nvr_going kind = kind_of(x, seg, &past);

		w->at[which].start = seg->start_at;
		w->at[which].id = seg->id;
		if (kind == which ||
		    (which == NVR_GOING_ANY && kind != NVR_GOINGS)) {
			*ret = *seg;
			return 1;
		}
		nvr_streams_skip(x, which, past);
	}
	return rc;
}

struct loading {
	struct nvr_state *s;
	int64_t now, ends;
	struct nvr_streams *x;
	struct nvr_error *err;
};

static int
add_stream(void *ctx, const struct nvr_stream_total *t)
{
	struct loading *l = ctx;
	const struct nvr_keeping *k = &l->s->rules->keep;
	struct nvr_stream_of *e =
	    reallocarray(l->x->e, l->x->n + 1, sizeof(*l->x->e));
	struct nvr_camera *cam;
	int rc;

	if (e == NULL)
		return nvr_fail_nomem(l->err);
	l->x->e = e;
	rc = nvr_camera_get_any(l->s->store, t->camera_id, &cam, l->err);
	if (rc == 0)
		e[l->x->n++] = (struct nvr_stream_of){.cam = cam,
		    .stream = t->stream,
		    .rule = nvr_stream_rule(cam, t->stream, k, l->now),
		    .segments = t->segments,
		    .bytes = t->bytes,
		    .now = l->now,
		    .ends = l->ends,
		    .around = nvr_stream_bounded(k->around)};
	return rc;
}

int
nvr_streams_hold(
    struct nvr_state *s, struct nvr_stream_of *x, struct nvr_error *err)
{
	const struct nvr_stream_total of = {
	    .camera_id = x->cam->id, .stream = x->stream};
	int64_t n = 0, from = INT64_MIN, since;
	int rc = x->walk == NULL ? open_walk(s, x, err) : 0;

	if (x->held_bytes != 0)
		return 0;
	if (rc == 0)
		rc = load_holds(s, x, INT64_MIN, err);
	for (size_t i = 0; rc == 0 && i < x->walk->held.n; i++) {
		const struct nvr_stretch *h = &x->walk->held.e[i];

		/* One that two of them overlap is the former's. */
		if (__builtin_sub_overflow(h->since, NVR_SEGMENT_MAX, &since) ||
		    since < from)
			since = from;
		rc = nvr_stream_bytes(
		    s->store, &of, since, h->until, h->since, x->ends, &n, err);
		if (rc == 0)
			x->held_bytes += n;
		from = h->until;
	}
	return rc;
}

/* What is not there yet, or held, as far as it makes a difference: this reads
 * each of those rows. */
static int
take_off(struct nvr_state *s, struct nvr_stream_of *x, struct nvr_error *err)
{
	const struct nvr_stream_total of = {
	    .camera_id = x->cam->id, .stream = x->stream};
	int64_t n = 0;
	int rc = 0;

	if (x->ends != INT64_MAX && nvr_streams_above(x))
		rc = nvr_stream_bytes(s->store, &of, x->ends - NVR_SEGMENT_MAX,
		    INT64_MAX, x->ends, INT64_MAX, &n, err);
	x->bytes -= n;
	return rc == 0 && nvr_streams_above(x) ? nvr_streams_hold(s, x, err)
					       : rc;
}

int
nvr_streams_one(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t now, struct nvr_streams *ret, struct nvr_error *err)
{
	const struct nvr_stream_total none = {
	    .camera_id = camera, .stream = stream};
	struct loading l = {
	    .s = s, .now = now, .ends = now, .x = ret, .err = err};
	int rc;

	*ret = (struct nvr_streams){0};
	rc = add_stream(&l, &none);
	if (rc != 0)
		nvr_streams_free(ret);
	return rc;
}

int
nvr_streams_due(struct nvr_state *s, struct nvr_stream_of *x,
    const struct nvr_segment *seg, bool *ret, struct nvr_error *err)
{
	int64_t past;
	int rc = x->walk == NULL ? open_walk(s, x, err) : 0;

	if (rc == 0)
		rc = load_holds(s, x, INT64_MIN, err);
	*ret = rc == 0 && kind_of(x, seg, &past) == NVR_GOING_DUE;
	return rc;
}

int
nvr_streams_load(struct nvr_state *s, int64_t camera, int64_t now,
    struct nvr_streams *ret, struct nvr_error *err)
{
	struct nvr_streams x = {0};
	/* What ends in this minute may have ended by now. */
	struct loading l = {.s = s,
	    .now = now,
	    .ends = now < nvr_time_now() - NVR_MINUTE ? now : INT64_MAX,
	    .x = &x,
	    .err = err};
	int rc = nvr_stream_each(s->store, camera, add_stream, &l, err);

	for (size_t i = 0; rc == 0 && i < x.n; i++)
		rc = take_off(s, &x.e[i], err);
	if (rc != 0)
		nvr_streams_free(&x);
	else
		*ret = x;
	return rc;
}

void
nvr_streams_free(struct nvr_streams *x)
{
	for (size_t i = 0; i < x->n; i++) {
		close_walk(&x->e[i]);
		nvr_camera_free(x->e[i].cam);
	}
	free(x->e);
	*x = (struct nvr_streams){0};
}

bool
nvr_streams_above(const struct nvr_stream_of *x)
{
	return x->rule.bytes != 0 && x->bytes - x->held_bytes > x->rule.bytes;
}
