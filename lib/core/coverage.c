/* What there is and what is missing; see coverage.h. */
#include <stdlib.h>
#include <string.h>

#include "core/coverage.h"

struct found {
	struct nvr_segment *seg;
	size_t n;
	struct nvr_open_segment open; /* id 0: none */
	struct nvr_error *err;
};

static int
collect(void *ctx, const struct nvr_segment *seg)
{
	struct found *f = ctx;

	/* Doubled as it grows: a year has half a million. */
	if ((f->n & (f->n - 1)) == 0) {
		size_t room = f->n == 0 ? 1 : f->n * 2;
		struct nvr_segment *more =
		    reallocarray(f->seg, room, sizeof(*more));

		if (more == NULL)
			return nvr_fail_nomem(f->err);
		f->seg = more;
	}
	f->seg[f->n++] = *seg;
	return 0;
}

static int
collect_open(void *ctx, const struct nvr_open_segment *o)
{
	struct found *f = ctx;

	f->open = *o;
	f->open.payload_key = NULL;
	return 0;
}

struct walk {
	struct nvr_state *s;
	int64_t at; /* covered up to here; 0: nothing was before */
	int (*row)(void *ctx, const struct nvr_span *span);
	void *ctx;
	struct nvr_error *err;
};

/* The gap up to `start`, if there is one; run says why it ended. */
static int
gap(struct walk *w, int64_t start, int64_t run_id)
{
	struct nvr_span g = {
	    .kind = NVR_SPAN_GAP, .start = w->at, .end = start, .reason = ""};
	struct nvr_run *run = NULL;
	struct nvr_error ignored;
	int rc;

	if (w->at == 0 || start - w->at < NVR_GAP_MIN)
		return 0;
	if (run_id != 0 &&
	    nvr_run_get(w->s->store, run_id, &run, &ignored) == 0)
		g.reason = run->reason;
	rc = w->row(w->ctx, &g);
	nvr_run_free(run);
	return rc;
}

static int
walk(struct walk *w, const struct found *f, int64_t until)
{
	struct nvr_span span;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->n; i++) {
		const struct nvr_segment *seg = &f->seg[i];

		rc = gap(w, seg->start_at, seg->run_id);
		span = (struct nvr_span){.kind = NVR_SPAN_SEGMENT,
		    .start = seg->start_at,
		    .end = seg->end_at,
		    .segment = seg};
		if (rc == 0)
			rc = w->row(w->ctx, &span);
		if (seg->end_at > w->at)
			w->at = seg->end_at;
	}
	if (rc == 0 && f->open.id != 0 && f->open.start_at < until) {
		rc = gap(w, f->open.start_at, f->open.run_id);
		span = (struct nvr_span){.kind = NVR_SPAN_OPEN,
		    .start = f->open.start_at,
		    .end = until,
		    .open = &f->open};
		return rc == 0 ? w->row(w->ctx, &span) : rc;
	}

	return rc == 0 ? gap(w, until, 0) : rc;
}

/* Whether there was anything before: else the beginning is no gap. */
static int
before(void *ctx, const struct nvr_segment *seg)
{
	(void)seg;
	*(bool *)ctx = true;
	return 1;
}

int
nvr_coverage(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until, int64_t now,
    int (*row)(void *ctx, const struct nvr_span *span), void *ctx,
    struct nvr_error *err)
{
	struct found f = {.err = err};
	struct walk w = {s, 0, row, ctx, err};
	bool earlier = false;
	int rc;

	if (until > now)
		until = now;
	rc = nvr_segment_each(
	    s->store, camera, stream, since, until, collect, &f, err);
	if (rc == 0)
		rc = nvr_open_segment_each(
		    s->store, camera, stream, collect_open, &f, err);
	if (rc == 0)
		rc = nvr_segment_each(
		    s->store, camera, stream, 0, since, before, &earlier, err);
	if (rc >= 0 && earlier)
		w.at = since;
	if (rc >= 0)
		rc = walk(&w, &f, until);
	free(f.seg);
	return rc;
}
