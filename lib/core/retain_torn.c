/*
 * Recordings that a crash cut off; see retain_int.h.  The next recorder of the
 * stream mends them, but the camera may have been removed since, or that stream
 * not be recorded any more: then it is done here, so that they age as others.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/time.h"
#include "core/footage.h"
#include "core/retain_int.h"
#include "core/station.h"
#include "store/event.h"
#include "store/restrict.h"

#define BATCH 64

/* One in hand. */
struct torn {
	struct nvr_retaining *x;
	struct nvr_torn torn;
	struct nvr_streams of;	/* its stream alone; none: no camera has it */
	struct nvr_segment seg; /* as it would be */
	bool due;
};

/* What it can have at most: its file's time is no proof of its end, since a
 * clock may have been set back, and a hold may be on what is behind it. */
static int64_t
end_of(const struct nvr_open_segment *o)
{
	int64_t end;

	return __builtin_add_overflow(o->start_at, NVR_SEGMENT_MAX, &end)
		   ? INT64_MAX
		   : end;
}

/* Of the file, by either name; -1: there is none. */
static int64_t
size_of(struct nvr_state *s, const char *path)
{
	char full[PATH_MAX + NVR_SEGMENT_PATH];
	struct stat sb;

	snprintf(full, sizeof(full), "%s/%s.part", s->dir, path);
	if (stat(full, &sb) == 0)
		return sb.st_size;
	full[strlen(full) - strlen(".part")] = '\0';
	return stat(full, &sb) == 0 ? sb.st_size : -1;
}

static const char *
why_of(const struct torn *t, char buf[NVR_WHY_TEXT], const char **promise)
{
	*promise = NULL;
	return t->of.n == 0 ? "its camera is not there any more"
			    : nvr_retain_footage_why(
				  t->x, &t->of.e[0].rule, buf, promise);
}

/* Whose file was never made, nobody misses. */
static void
tell(struct torn *t, int64_t size)
{
	const struct nvr_stream_of *of = t->of.n > 0 ? &t->of.e[0] : NULL;
	char path[NVR_SEGMENT_PATH], why[NVR_WHY_TEXT];
	struct nvr_leaving d = {.id = t->seg.id,
	    .object = path,
	    .camera = of != NULL ? of->cam->name : NULL,
	    .stream = nvr_stream_names[t->seg.stream],
	    .at = t->seg.end_at,
	    .bytes = size,
	    .keep = of != NULL ? nvr_streams_keep(of, &t->seg) : 0};

	nvr_segment_path(
	    t->seg.camera_id, t->seg.stream, t->seg.id, t->torn.sealed, path);
	d.why = why_of(t, why, &d.promise);
	if (size >= 0)
		nvr_retaining_tell(t->x, &d);
}

static int64_t
size_of_torn(const struct torn *t)
{
	char path[NVR_SEGMENT_PATH];

	nvr_segment_path(
	    t->seg.camera_id, t->seg.stream, t->seg.id, t->torn.sealed, path);
	return size_of(t->x->s, path);
}

static int
take_key(void *ctx, const struct nvr_open_segment *o)
{
	struct torn *t = ctx;
	struct nvr_error ignored;

	return nvr_torn_key(t->x->s, o, &t->torn, &ignored) == 0;
}

/* By what the journal has by now: the recorder may have been here.  What cannot
 * be mended waits until it is due: that says the recorder. */
static int
mend(struct torn *t)
{
	struct nvr_state *s = t->x->s;
	const struct nvr_event e = {.id = nvr_id_new(),
	    .camera_id = t->seg.camera_id,
	    .stream = t->seg.stream,
	    .at = nvr_time_now(),
	    .kind = "mended",
	    .detail = ""};
	struct nvr_mended m = {0};
	struct nvr_error ignored;
	int rc =
	    nvr_open_segment_get(s->store, t->seg.id, take_key, t, t->x->err);

	if (rc == 1)
		nvr_mend_one(s, &t->torn, &m, &ignored);
	explicit_bzero(t->torn.payload_key, sizeof(t->torn.payload_key));
	return rc >= 0 && m.saved ? nvr_event_add(s->store, &e, t->x->err)
	       : rc < 0		  ? rc
				  : 0;
}

/* Nobody is to begin recording meanwhile. */
static int
end(struct torn *t, struct nvr_discard *d)
{
	struct nvr_retaining *x = t->x;
	struct nvr_station *station = NULL;
	int64_t size = size_of_torn(t);
	const char *promise;
	char why[NVR_WHY_TEXT];
	bool gone = false;
	int rc = nvr_station_take(
	    x->s, t->seg.camera_id, t->seg.stream, &station, x->err);

	if (rc == NVR_E_AGAIN)
		return 0;
	if (rc != 0)
		return rc;
	nvr_station_page(station)->state = NVR_STATION_STOPPED;
	nvr_discard_why(d, why_of(t, why, &promise));
	if (t->due)
		rc = nvr_discard_torn(
		    d, &t->torn, t->seg.end_at, size, &gone, x->err);
	else
		rc = mend(t);
	nvr_discard_why(d, NULL);
	nvr_station_leave(station);
	if (rc == 0 && gone)
		tell(t, size);
	return rc;
}

/* Not while it is being recorded, nor of a restricted account. */
static int
is_ours(struct torn *t, bool *ret)
{
	struct nvr_state *s = t->x->s;
	struct nvr_station_page page = {0};
	enum nvr_bar bar;
	int rc = nvr_barred_camera(s->store, t->seg.camera_id, &bar, t->x->err);

	if (rc == 0)
		rc = nvr_station_read(
		    s->dir, t->seg.camera_id, t->seg.stream, &page, t->x->err);
	*ret = rc == 0 && bar != NVR_BAR_RESTRICTED && page.pid == 0;
	return rc;
}

/* What no camera has goes, as far as no hold names that. */
static int
is_due(struct torn *t)
{
	struct nvr_retaining *x = t->x;
	int rc = nvr_streams_one(
	    x->s, t->seg.camera_id, t->seg.stream, x->now, &t->of, x->err);

	t->due = rc == NVR_E_NOENT;
	if (t->due)
		return 0;
	return rc == 0 ? nvr_streams_due(
			     x->s, &t->of.e[0], &t->seg, &t->due, x->err)
		       : rc;
}

/* d NULL: it is only told. */
static int
handle(struct torn *t, struct nvr_discard *d)
{
	bool ours;
	int rc = is_ours(t, &ours);

	if (rc != 0 || !ours)
		return rc;
	rc = is_due(t);
	if (rc == 0 && d != NULL &&
	    !(t->due && t->of.n > 0 &&
		nvr_retain_footage_held(t->x, &t->of.e[0])))
		rc = end(t, d);
	else if (rc == 0 && d == NULL && t->due)
		tell(t, size_of_torn(t));
	nvr_streams_free(&t->of);
	return rc;
}

struct batch {
	struct nvr_retaining *x;
	struct torn e[BATCH];
	size_t n;
	int64_t after;
};

static int
collect(void *ctx, const struct nvr_open_segment *o)
{
	struct batch *b = ctx;
	struct torn *t = &b->e[b->n];
	int64_t only = b->x->r->camera != NULL ? b->x->r->camera->id : 0;

	if (o->id <= b->after || (only != 0 && o->camera_id != only))
		return 0;
	*t = (struct torn){.x = b->x,
	    .torn = {.open = *o, .sealed = o->payload_key != NULL},
	    .seg = {.id = o->id,
		.camera_id = o->camera_id,
		.stream = o->stream,
		.start_at = o->start_at,
		.end_at = end_of(o)}};
	t->torn.open.payload_key = NULL;
	return ++b->n == BATCH;
}

static int
each(struct nvr_retaining *x, struct nvr_discard *d)
{
	struct batch b = {.x = x, .after = INT64_MIN};
	int more, rc;

	do {
		b.n = 0;
		more = nvr_open_segment_each(
		    x->s->store, 0, NVR_MAIN, collect, &b, x->err);
		rc = more < 0 ? more : 0;
		for (size_t i = 0; rc == 0 && i < b.n; i++) {
			b.after = b.e[i].seg.id;
			rc = nvr_retaining_pass(x, handle(&b.e[i], d));
		}
	} while (rc == 0 && more == 1);
	return rc;
}

int
nvr_retain_torn_plan(struct nvr_retaining *x)
{
	return each(x, NULL);
}

int
nvr_retain_torn_apply(struct nvr_retaining *x, struct nvr_discard *d)
{
	return each(x, d);
}
