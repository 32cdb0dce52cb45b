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
name(struct reel *r, const struct nvr_media_item *seg, int64_t id,
    const char *ending)
{
	char at[NVR_ARCHIVE_NAME], text[NVR_ID_TEXT];

	nvr_archive_time(seg->start_at, at);
	snprintf(r->path, sizeof(r->path), "footage/%s/%s-%s%s.mp4%s",
	    r->m->name, at, nvr_id_format(id, text),
	    seg->stream == NVR_SUB ? "-sub" : "", ending);
}

int
nvr_media_segment(struct nvr_media *m, const struct nvr_media_item *t)
{
	struct reel r = {.m = m};
	char file[NVR_SEGMENT_PATH];

	name(&r, t, t->id, t->sealed ? ".age" : "");
	nvr_segment_path(t->camera_id, t->stream, t->id, t->sealed, file);
	return nvr_media_copy(m, file, r.path, t->sha256);
}

static int
begin(void *ctx, uint64_t bytes, struct nvr_error *err)
{
	struct reel *r = ctx;
	int rc = nvr_archive_begin(r->m->x->a, r->path, bytes, err);

	r->begun = rc == 0;
	return rc;
}

static int
write_clip(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct reel *r = ctx;

	return nvr_archive_write(r->m->x->a, data, len, err);
}

static void
event(void *ctx, const struct nvr_clip_event *e)
{
	struct reel *r = ctx;
	char at[NVR_TIME_TEXT];

	if (r->rc == 0 && e->kind != NVR_CLIP_GAP)
		r->rc = nvr_media_gap(r->m, r->path,
		    "the segment of %s is not there, or damaged",
		    nvr_time_format(e->at, at));
}

/* `run` has the account's part of it. */
int
nvr_media_run(struct nvr_media *m, const struct nvr_media_item *run)
{
	struct reel r = {.m = m};
	struct nvr_error *err = m->x->err;
	const struct nvr_sink sink = {write_clip, &r};
	const struct nvr_clipper_request request = {.camera = m->camera,
	    .stream = run->stream,
	    .since = run->start_at,
	    .until = run->end_at + 1,
	    .run = run->run_id,
	    .temp = m->list.spool.folder,
	    .event = event,
	    .size = begin,
	    .ctx = &r};
	struct nvr_clip_result result;
	struct nvr_clipper_rest rest;
	struct nvr_error why;
	int rc;

	name(&r, run, run->run_id, "");
	if (m->camera == NULL)
		return nvr_media_gap(m, r.path, "its camera is gone");
	rc = nvr_clipper_write(m->x->s, &request, &sink, &result, &rest, err);
	if (rc == 0)
		rc = r.rc;
	if (rc == 0)
		return nvr_archive_end(m->x->a, err);
	if (r.begun || (rc != NVR_E_NOENT && rc != NVR_E_DATA))
		return rc;
	why = *err;
	return nvr_media_gap(m, r.path, "%s", why.text);
}
