/* Footage of an account: a clip for each run, or the files themselves. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/clipper.h"
#include "core/export_media_int.h"
#include "core/segment.h"

struct reel {
	struct nvr_media *m;
	char path[NVR_ARCHIVE_PATH];
	bool begun;
	int rc; /* of a gap that could not be told */
};

static void
name(struct reel *r, const struct nvr_segment *seg, int64_t id,
    const char *ending)
{
	char at[NVR_ARCHIVE_NAME], text[NVR_ID_TEXT];

	nvr_archive_time(seg->start_at, at);
	snprintf(r->path, sizeof(r->path), "footage/%s/%s-%s%s.mp4%s",
	    r->m->name, at, nvr_id_format(id, text),
	    seg->stream == NVR_SUB ? "-sub" : "", ending);
}

static int
put_segment(void *ctx, const struct nvr_segment *seg)
{
	struct reel r = {.m = ctx};
	char file[NVR_SEGMENT_PATH];
	int rc = nvr_media_camera(r.m, seg->camera_id);

	if (rc != 0)
		return rc;
	name(&r, seg, seg->id, seg->sealed ? ".age" : "");
	nvr_segment_path(
	    seg->camera_id, seg->stream, seg->id, seg->sealed, file);
	return nvr_media_copy(r.m, file, r.path);
}

static int
begin(void *ctx, uint64_t bytes, struct nvr_error *err)
{
	struct reel *r = ctx;
	int rc = nvr_archive_begin(r->m->a, r->path, bytes, err);

	r->begun = rc == 0;
	return rc;
}

static int
write_clip(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct reel *r = ctx;

	return nvr_archive_write(r->m->a, data, len, err);
}

static void
event(void *ctx, const struct nvr_clip_event *e)
{
	struct reel *r = ctx;
	char at[NVR_TIME_TEXT];

	if (r->rc == 0 && e->kind != NVR_CLIP_GAP)
		r->rc = nvr_archive_gap(r->m->a, r->path, r->m->err,
		    "the segment of %s is not there, or damaged",
		    nvr_time_format(e->at, at));
}

/* `run` has the account's part of it. */
static int
put_run(void *ctx, const struct nvr_segment *run)
{
	struct reel r = {.m = ctx};
	const struct nvr_sink sink = {write_clip, &r};
	struct nvr_clipper_request request = {.stream = run->stream,
	    .since = run->start_at,
	    .until = run->end_at + 1,
	    .run = run->run_id,
	    .temp = r.m->temp,
	    .event = event,
	    .size = begin,
	    .ctx = &r};
	struct nvr_clip_result result;
	struct nvr_clipper_rest rest;
	struct nvr_error why;
	int rc = nvr_media_camera(r.m, run->camera_id);

	if (rc != 0)
		return rc;
	request.camera = r.m->camera;
	name(&r, run, run->run_id, "");
	rc = nvr_clipper_write(
	    r.m->s, &request, &sink, &result, &rest, r.m->err);
	if (rc == 0)
		rc = r.rc;
	if (rc == 0)
		return nvr_archive_end(r.m->a, r.m->err);
	if (r.begun || (rc != NVR_E_NOENT && rc != NVR_E_DATA))
		return rc;
	why = *r.m->err;
	return nvr_archive_gap(r.m->a, r.path, r.m->err, "%s", why.text);
}

int
nvr_media_footage(struct nvr_media *m)
{
	struct nvr_store *st = m->s->store;

	return m->o->sealed
		   ? nvr_export_segments(
			 st, m->o->account, put_segment, m, m->err)
		   : nvr_export_runs(st, m->o->account, put_run, m, m->err);
}
