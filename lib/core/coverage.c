/* What there is and what is missing; see coverage.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "core/coverage.h"
#include "core/segment.h"
#include "core/station.h"

/* A segment, or one that is being written or was left by a crash. */
struct item {
	bool open;
	struct nvr_segment seg; /* of an open one: its times alone */
	struct nvr_open_segment o;
};

struct found {
	struct nvr_state *s;
	struct item *item;
	size_t n;
	int64_t now;
	struct nvr_error *err;
};

int64_t
nvr_open_end(struct nvr_state *s, const struct nvr_open_segment *o, int64_t now)
{
	char path[NVR_SEGMENT_PATH], file[PATH_MAX + NVR_SEGMENT_PATH];
	struct nvr_station_page page;
	struct nvr_error ignored;
	struct stat sb;
	int64_t wrote;

	nvr_segment_path(
	    o->camera_id, o->stream, o->id, o->payload_key != NULL, path);
	snprintf(file, sizeof(file), "%s/%s.part", s->dir, path);
	if (stat(file, &sb) != 0) {
		/* A crash between its last name and its row. */
		file[strlen(file) - strlen(".part")] = '\0';
		if (stat(file, &sb) != 0)
			return o->start_at;
	}
	wrote = sb.st_mtim.tv_sec * NVR_SECOND + sb.st_mtim.tv_nsec / 1000;
	if (wrote < o->start_at)
		wrote = o->start_at;
	/* While it grows, what is not on the disk yet is on its way. */
	if (nvr_station_read(
		s->dir, o->camera_id, o->stream, &page, &ignored) == 0 &&
	    page.pid != 0 && now - wrote < 10 * NVR_SECOND)
		return now;
	return wrote < now ? wrote : now;
}

/* Doubled as it grows: a year has half a million. */
static int
add(struct found *f, const struct item *item)
{
	if ((f->n & (f->n - 1)) == 0) {
		size_t room = f->n == 0 ? 1 : f->n * 2;
		struct item *more = reallocarray(f->item, room, sizeof(*more));

		if (more == NULL)
			return nvr_fail_nomem(f->err);
		f->item = more;
	}
	f->item[f->n++] = *item;
	return 0;
}

static int
collect(void *ctx, const struct nvr_segment *seg)
{
	const struct item item = {.seg = *seg};

	return add(ctx, &item);
}

static int
collect_open(void *ctx, const struct nvr_open_segment *o)
{
	struct found *f = ctx;
	struct item item = {.open = true,
	    .o = *o,
	    .seg = {.run_id = o->run_id,
		.start_at = o->start_at,
		.end_at = nvr_open_end(f->s, o, f->now)}};

	item.o.payload_key = NULL;
	return add(f, &item);
}

static int
by_start(const void *a, const void *b)
{
	int64_t x = ((const struct item *)a)->seg.start_at;
	int64_t y = ((const struct item *)b)->seg.start_at;

	return (x > y) - (x < y);
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
	    nvr_run_get(w->s->store, run_id, &run, &ignored) == 0) {
		g.reason = run->reason;
		g.began = run->started_at;
	}
	rc = w->row(w->ctx, &g);
	nvr_run_free(run);
	return rc;
}

static int
walk(struct walk *w, const struct found *f, int64_t since, int64_t until)
{
	struct nvr_span span;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->n; i++) {
		const struct item *item = &f->item[i];

		if (item->seg.end_at <= since || item->seg.start_at >= until)
			continue;
		rc = gap(w, item->seg.start_at, item->seg.run_id);
		span = (struct nvr_span){
		    .kind = item->open ? NVR_SPAN_OPEN : NVR_SPAN_SEGMENT,
		    .start = item->seg.start_at,
		    .end = item->seg.end_at,
		    .segment = item->open ? NULL : &item->seg,
		    .open = item->open ? &item->o : NULL};
		if (rc == 0)
			rc = w->row(w->ctx, &span);
		if (item->seg.end_at > w->at)
			w->at = item->seg.end_at;
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

static int
cover(struct walk *w, int64_t camera, enum nvr_stream stream, int64_t since,
    int64_t until, int64_t now)
{
	struct found f = {.s = w->s, .now = now, .err = w->err};
	int rc;

	if (until > now)
		until = now;
	rc = nvr_segment_each(
	    w->s->store, camera, stream, since, until, collect, &f, w->err);
	if (rc == 0)
		rc = nvr_open_segment_each(
		    w->s->store, camera, stream, collect_open, &f, w->err);
	if (rc == 0 && f.n > 0)
		qsort(f.item, f.n, sizeof(*f.item), by_start);
	if (rc == 0)
		rc = walk(w, &f, since, until);
	free(f.item);
	return rc;
}

int
nvr_coverage(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until, int64_t now,
    int (*row)(void *ctx, const struct nvr_span *span), void *ctx,
    struct nvr_error *err)
{
	struct walk w = {s, 0, row, ctx, err};
	bool earlier = false;
	int rc = nvr_segment_each(
	    s->store, camera, stream, 0, since, before, &earlier, err);

	if (earlier)
		w.at = since;
	return rc < 0 ? rc : cover(&w, camera, stream, since, until, now);
}

int
nvr_coverage_strict(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until, int64_t now,
    int (*row)(void *ctx, const struct nvr_span *span), void *ctx,
    struct nvr_error *err)
{
	struct walk w = {s, since, row, ctx, err};

	return cover(&w, camera, stream, since, until, now);
}
