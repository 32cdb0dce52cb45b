/* Clips of an export of footage: one for each run of the recording. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/clipper.h"
#include "core/export_footage_int.h"

struct reel {
	struct nvr_evidence *e;
	struct nvr_archive_file *list;
	char path[NVR_ARCHIVE_PATH];
	bool begun;
	int rc; /* of a gap that could not be told */
};

static int
begin(void *ctx, uint64_t bytes, struct nvr_error *err)
{
	struct reel *r = ctx;
	int rc = nvr_archive_begin(r->e->x.a, r->path, bytes, err);

	r->begun = rc == 0;
	return rc;
}

static int
write_clip(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct reel *r = ctx;

	return nvr_archive_write(r->e->x.a, data, len, err);
}

/* Segments that are left out of it. */
static void
event(void *ctx, const struct nvr_clip_event *ev)
{
	struct reel *r = ctx;
	char at[NVR_TIME_TEXT];

	nvr_time_format(ev->at, at);
	if (r->rc != 0 || ev->kind == NVR_CLIP_GAP)
		return;
	if (ev->kind == NVR_CLIP_MISSING)
		r->rc = nvr_evidence_gap(r->e, r->path,
		    "the segment of %s is left out: %s", at, ev->why);
	else
		r->rc = nvr_evidence_gap(r->e, r->path,
		    "%llu bytes of the segment of %s are zeros: %s",
		    (unsigned long long)ev->bytes, at, ev->why);
}

static int
list(struct reel *r, const struct nvr_evidence_run *run,
    const struct nvr_clip_result *c)
{
	char first[NVR_TIME_TEXT], last[NVR_TIME_TEXT], id[NVR_ID_TEXT];

	r->e->clips++;
	return nvr_evidence_line(r->e, r->list,
	    json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:b}", "path", r->path,
		"run_id", nvr_id_format(run->id, id), "start_at",
		nvr_time_format(c->first, first), "end_at",
		nvr_time_format(c->last, last), "duration_ms",
		(json_int_t)(c->duration / NVR_MILLISECOND), "frames",
		(json_int_t)c->frames, "complete", c->complete));
}

/* What keeps a run from being a clip, the archive being fine. */
static bool
is_gap(int rc)
{
	return rc == NVR_E_NOENT || rc == NVR_E_DATA || rc == NVR_E_PERMISSION;
}

static int
put_clip(struct reel *r, const struct nvr_evidence_run *run)
{
	const struct nvr_export_footage *o = r->e->o;
	const struct nvr_sink sink = {write_clip, r};
	const struct nvr_clipper_request request = {.camera = o->camera,
	    .stream = o->stream,
	    .since = o->since,
	    .until = o->until,
	    .run = run->id,
	    .encoder = o->tool,
	    .temp = o->temp,
	    .event = event,
	    .size = begin,
	    .ctx = r};
	struct nvr_clip_result result = {0};
	struct nvr_clipper_rest rest;
	char at[NVR_ARCHIVE_NAME], id[NVR_ID_TEXT];
	struct nvr_error why;
	int rc;

	nvr_archive_time(run->start > o->since ? run->start : o->since, at);
	snprintf(r->path, sizeof(r->path), "clips/%s-%s.mp4", at,
	    nvr_id_format(run->id, id));
	r->begun = false;
	rc = nvr_clipper_write(
	    r->e->x.s, &request, &sink, &result, &rest, r->e->x.err);
	if (rc == 0)
		rc = r->rc;
	if (rc == 0)
		rc = nvr_archive_end(r->e->x.a, r->e->x.err);
	if (rc == 0)
		return list(r, run, &result);
	if (r->begun || !is_gap(rc))
		return rc;
	why = *r->e->x.err;
	return nvr_evidence_gap(r->e, r->path, "%s", why.text);
}

int
nvr_evidence_clips(struct nvr_evidence *e)
{
	struct reel r = {.e = e};
	int rc =
	    nvr_archive_file(e->x.a, "data/clips.jsonl", &r.list, e->x.err);

	for (size_t i = 0; rc == 0 && i < e->nruns; i++)
		rc = put_clip(&r, &e->run[i]);
	if (rc == 0) {
		rc = nvr_archive_file_put(r.list, e->clips, e->x.err);
		r.list = NULL;
	}
	nvr_archive_file_free(r.list);
	return rc;
}
