/* A stretch of a recording as one MP4; see clipper.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/clipper.h"
#include "core/footage.h"
#include "media/mp4.h"

/*
 * Within a run the camera's clock says where a segment begins, exactly; wall
 * time, which is corrected a little each minute, only once they are so far
 * apart.  A clip takes up to 100 ms at a seam.
 */
#define MAX_OPEN 8 /* more than one only after a crash */
#define MAX_APART (80 * NVR_MILLISECOND)

/* What it takes to open a segment again: a day has 1,440. */
struct entry {
	int64_t id, run_id, start_at, end_at, media_start_us;
	uint64_t
	    size; /* of an open one, as it was the first time; 0: not yet */
	bool sealed, open;
	bool empty; /* an open one of which nothing was on the disk */
	int torn;   /* of an open one: its place in the reel's */
};

struct reel {
	struct nvr_state *s;
	const struct nvr_clipper_request *r;
	struct nvr_age_identity key;
	bool have_key;
	struct nvr_torn torn[MAX_OPEN];
	int ntorn;
	struct entry *entry;
	size_t n, at;
	int64_t run_id, run_offset;  /* wall less media time, in this run */
	struct nvr_footage *footage; /* the one lent out */
	struct nvr_error *err;
};

static int
add(struct reel *reel, const struct entry *e)
{
	struct entry *more;

	if ((reel->n & (reel->n - 1)) == 0) {
		more = reallocarray(
		    reel->entry, reel->n == 0 ? 1 : reel->n * 2, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(reel->err);
		reel->entry = more;
	}
	reel->entry[reel->n++] = *e;
	return 0;
}

static int
add_segment(void *ctx, const struct nvr_segment *seg)
{
	const struct entry e = {.id = seg->id,
	    .run_id = seg->run_id,
	    .start_at = seg->start_at,
	    .end_at = seg->end_at,
	    .media_start_us = seg->media_start_us,
	    .sealed = seg->sealed};
	const struct reel *reel = ctx;

	if (reel->r->run != 0 && reel->r->run != seg->run_id)
		return 0;
	return add(ctx, &e);
}

static int
add_open(void *ctx, const struct nvr_open_segment *o)
{
	struct reel *reel = ctx;
	const struct entry e = {.id = o->id,
	    .run_id = o->run_id,
	    .start_at = o->start_at,
	    .end_at = INT64_MAX,
	    .media_start_us = o->media_start_us,
	    .sealed = o->payload_key != NULL,
	    .open = true,
	    .torn = reel->ntorn};
	struct nvr_error ignored;

	/* One whose key cannot be opened is the next start's affair. */
	if (o->start_at >= reel->r->until || reel->ntorn == MAX_OPEN ||
	    nvr_torn_key(reel->s, o, &reel->torn[reel->ntorn], &ignored) != 0)
		return 0;
	reel->ntorn++;
	return add(reel, &e);
}

/* Where the first picture is in the file: not at 0 when audio lagged. */
static int
first_picture(
    const struct nvr_bytes *bytes, int64_t *ret, struct nvr_error *err)
{
	const struct nvr_mp4_sample *s;
	struct nvr_mp4 *m = NULL;
	size_t n = 0;
	int rc = nvr_mp4_open(bytes, &m, err);

	*ret = 0;
	if (rc == 0)
		rc = nvr_mp4_next(m, &s, &n, err);
	for (size_t i = 0; rc == 1 && i < n; i++) {
		const struct nvr_mp4_track_info *t =
		    nvr_mp4_track(m, s[i].track);

		if (!t->video)
			continue;
		*ret = nvr_ticks_us(s[i].dts + s[i].cts, t->timescale);
		break;
	}
	nvr_mp4_free(m);
	return rc < 0 ? rc : 0;
}

static int
open_entry(struct reel *reel, struct entry *e, struct nvr_error *err)
{
	struct nvr_segment seg = {.id = e->id,
	    .camera_id = reel->r->camera->id,
	    .stream = reel->r->stream,
	    .sealed = e->sealed};

	if (e->open)
		return nvr_footage_open_torn(
		    reel->s, &reel->torn[e->torn], &reel->footage, err);
	if (e->sealed && !reel->have_key) {
		int rc =
		    nvr_footage_key(reel->s, reel->r->camera, &reel->key, err);

		if (rc != 0)
			return rc;
		reel->have_key = true;
	}
	return nvr_footage_open(reel->s, &seg, &reel->key, &reel->footage, err);
}

/* Where a segment's first picture is on the clip's timeline. */
static int64_t
place(struct reel *reel, const struct entry *e)
{
	int64_t by_media = reel->run_offset + e->media_start_us;
	int64_t apart = e->start_at - by_media;

	if (e->run_id != reel->run_id || apart > MAX_APART ||
	    apart < -MAX_APART) {
		reel->run_id = e->run_id;
		reel->run_offset = e->start_at - e->media_start_us;
		return e->start_at;
	}
	return by_media;
}

static int
next(void *ctx, struct nvr_clip_segment *ret, struct nvr_error *err)
{
	struct reel *reel = ctx;
	struct entry *e;
	int64_t first = 0;
	int rc;

	nvr_footage_close(reel->footage);
	reel->footage = NULL;
	if (reel->at == reel->n)
		return 0;
	e = &reel->entry[reel->at++];
	*ret = (struct nvr_clip_segment){.start = place(reel, e),
	    .from = e->start_at,
	    .end = e->open ? 0 : e->end_at};
	if (reel->at > 1 && e[-1].run_id != e->run_id &&
	    e->start_at > e[-1].end_at)
		ret->gap_before = e->start_at - e[-1].end_at;
	rc = open_entry(reel, e, err);
	if (rc != 0)
		return rc;
	ret->bytes = *nvr_footage_bytes(reel->footage);
	/* What grew since the first time is not part of it. */
	if (e->open && e->size == 0)
		e->size = ret->bytes.size;
	else if (e->open && ret->bytes.size > e->size)
		ret->bytes.size = e->size;
	rc = e->empty ? NVR_E_DATA : first_picture(&ret->bytes, &first, err);
	e->empty = e->open && rc == NVR_E_DATA;
	if (e->empty)
		return next(ctx, ret, err);
	ret->start -= first;
	return rc == 0 ? 1 : rc;
}

static int
rewind_reel(void *ctx, struct nvr_error *err)
{
	struct reel *reel = ctx;

	(void)err;
	reel->at = 0;
	reel->run_id = 0;
	return 0;
}

static bool
is_other(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) != 0;
}

static int
by_start(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->start_at > y->start_at) - (x->start_at < y->start_at);
}

/* Drops what another file has. */
static void
skip_to(struct reel *reel, int64_t segment)
{
	size_t i = 0;

	while (segment != 0 && i < reel->n && reel->entry[i].id != segment)
		i++;
	reel->n -= i;
	if (reel->n > 0)
		memmove(reel->entry, reel->entry + i,
		    reel->n * sizeof(*reel->entry));
}

/* Cuts the list where another codec begins. */
static int
find_change(struct reel *reel, struct nvr_clipper_rest *rest)
{
	struct nvr_run *first = NULL, *run = NULL;
	int rc = 0;

	*rest = (struct nvr_clipper_rest){0};
	for (size_t i = 0; rc == 0 && i < reel->n; i++) {
		const struct entry *e = &reel->entry[i];

		if (i > 0 && e->run_id == e[-1].run_id)
			continue;
		rc = nvr_run_get(reel->s->store, e->run_id, &run, reel->err);
		if (rc == NVR_E_NOENT) { /* its row went ahead of it */
			rc = 0;
			continue;
		}
		if (rc == 0 && first != NULL &&
		    (is_other(first->video, run->video) ||
			is_other(first->audio, run->audio))) {
			*rest = (struct nvr_clipper_rest){e->id, e->start_at};
			reel->n = i;
		}
		if (first == NULL)
			first = run;
		else
			nvr_run_free(run);
		run = NULL;
	}
	nvr_run_free(first);
	return rc;
}

int
nvr_clipper_write(struct nvr_state *s, const struct nvr_clipper_request *r,
    const struct nvr_sink *sink, struct nvr_clip_result *ret,
    struct nvr_clipper_rest *rest, struct nvr_error *err)
{
	struct reel reel = {.s = s, .r = r, .err = err};
	const struct nvr_clip_source source = {next, rewind_reel, &reel};
	const struct nvr_clip_options o = {.since = r->since,
	    .until = r->until,
	    .key_frames = r->key_frames,
	    .title = r->camera->name,
	    .encoder = r->encoder,
	    .temp = r->temp,
	    .event = r->event,
	    .size = r->size,
	    .ctx = r->ctx};
	int rc = nvr_state_media(s, err);

	if (rc == 0)
		rc = nvr_segment_each(s->store, r->camera->id, r->stream,
		    r->since, r->until, add_segment, &reel, err);
	if (rc == 0 && r->run == 0)
		rc = nvr_open_segment_each(
		    s->store, r->camera->id, r->stream, add_open, &reel, err);
	if (rc == 0 && reel.n > 0)
		qsort(reel.entry, reel.n, sizeof(*reel.entry), by_start);
	if (rc == 0)
		skip_to(&reel, r->segment);
	if (rc == 0 && reel.n == 0)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "there is no footage of that time; 'nvr-record list %s' "
		    "shows "
		    "what there is",
		    r->camera->name);
	if (rc == 0)
		rc = find_change(&reel, rest);
	/* Said once, and not of each segment. */
	if (rc == 0 && !reel.entry[0].open && reel.entry[0].sealed) {
		rc = nvr_footage_key(s, r->camera, &reel.key, err);
		reel.have_key = rc == 0;
	}
	if (rc == 0)
		rc = nvr_clip_write(&source, sink, &o, ret, err);
	nvr_footage_close(reel.footage);
	nvr_age_identity_wipe(&reel.key);
	explicit_bzero(reel.torn, sizeof(reel.torn));
	free(reel.entry);
	return rc;
}
