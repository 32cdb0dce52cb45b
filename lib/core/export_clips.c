/* Clips of an export of footage: one for each run of the recording. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/clipper.h"
#include "core/archive_int.h"
#include "core/export_footage_int.h"
#include "core/paint.h"

struct reel {
	struct nvr_evidence *e;
	struct nvr_archive_file *list;
	char path[NVR_ARCHIVE_PATH];
	struct nvr_stash stash; /* where areas are painted over: the clip */
	struct nvr_clip_result result;
	struct nvr_evidence_run *run;
	bool begun;
	bool lost; /* what there is of it is told */
	int rc;	   /* of a gap that could not be told */
};

/* Named by when what it shows begins. */
static void
name(struct reel *r)
{
	char at[NVR_ARCHIVE_NAME], id[NVR_ID_TEXT];

	nvr_archive_time(r->result.first, at);
	snprintf(r->path, sizeof(r->path), "clips/%s-%s.mp4", at,
	    nvr_id_format(r->run->id, id));
}

static int
begin(void *ctx, uint64_t bytes, struct nvr_error *err)
{
	struct reel *r = ctx;
	int rc = 0;

	name(r);
	if (r->e->o->mask == NULL)
		rc = nvr_archive_begin(r->e->x.a, r->path, bytes, err);
	r->begun = rc == 0;
	return rc;
}

static int
write_masked(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	return nvr_archive_file_write(ctx, data, len, err);
}

/* Why is in the error. */
static int
no_clip(struct nvr_evidence *e, struct nvr_evidence_run *run)
{
	char text[sizeof(e->x.err->text) + 32];

	snprintf(
	    text, sizeof(text), "there is no clip of it: %s", e->x.err->text);
	nvr_evidence_hide(e, text);
	run->why = strdup(text);
	return run->why != NULL
		   ? nvr_evidence_lose(e, run->start, run->end, run->why)
		   : nvr_fail_nomem(e->x.err);
}

/* Painted over, from the clip that waits under a key that nobody keeps. */
static int
put_masked(struct reel *r, struct nvr_clip_result *c)
{
	struct nvr_evidence *e = r->e;
	struct nvr_painted result = {0};
	struct nvr_archive_file *f = NULL;
	struct nvr_sink sink = {write_masked, NULL};
	struct nvr_bytes clip;
	int rc = nvr_stash_bytes(&r->stash, &e->x.a->key, &clip, e->x.err);

	if (rc == 0)
		rc = nvr_archive_file(e->x.a, r->path, &f, e->x.err);
	sink.ctx = f;
	if (rc == 0)
		rc = nvr_paint(e->o->mask, &clip, &sink, &result, e->x.err);
	nvr_stash_release(&r->stash);
	c->frames = (uint64_t)result.frames;
	c->complete = c->complete && result.lost == 0;
	if (rc == NVR_E_DATA) {
		rc = no_clip(e, r->run);
		nvr_archive_file_free(f);
		return rc == 0 ? 1 : rc;
	}
	if (rc != 0) {
		nvr_archive_file_free(f);
		return rc;
	}
	if (result.lost > 0)
		rc = nvr_evidence_gap(e, r->path,
		    "%lld pictures cannot be decoded, and are left out",
		    (long long)result.lost);
	if (rc == 0)
		return nvr_archive_file_put(f, -1, e->x.err);
	nvr_archive_file_free(f);
	return rc;
}

static int
write_clip(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct reel *r = ctx;

	if (r->e->o->mask != NULL)
		return nvr_stash_write(
		    &r->stash, &r->e->x.a->key, data, len, err);
	return nvr_archive_write(r->e->x.a, data, len, err);
}

/* Segments that are left out of it, or the rest of them. */
static void
event(void *ctx, const struct nvr_clip_event *ev)
{
	struct reel *r = ctx;
	char at[NVR_TIME_TEXT];

	if (r->rc != 0 || ev->kind == NVR_CLIP_GAP)
		return;
	r->lost = true;
	if (ev->kind == NVR_CLIP_ZEROED)
		r->rc = nvr_evidence_lose(r->e, ev->from, ev->end,
		    "its file is damaged: part of it could not be read and is "
		    "zeros in the clip, where pictures are broken");
	else if (ev->end > ev->from)
		r->rc = nvr_evidence_lose(r->e, ev->from, ev->end,
		    "it was recorded, but its file is damaged, and this "
		    "cannot be opened");
	else
		r->rc = nvr_evidence_gap(r->e, nvr_time_format(ev->at, at),
		    "the file of this segment is damaged at its end");
}

/* Beside what is shown, what of the run was recorded in that time. */
static int
list(struct reel *r)
{
	const struct nvr_evidence_run *run = r->run;
	const struct nvr_clip_result *c = &r->result;
	char first[NVR_TIME_TEXT], last[NVR_TIME_TEXT], id[NVR_ID_TEXT];
	char from[NVR_TIME_TEXT], to[NVR_TIME_TEXT];

	r->e->clips++;
	return nvr_evidence_line(r->e, r->list,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b}", "path",
		r->path, "run_id", nvr_id_format(run->id, id), "start_at",
		nvr_time_format(c->first, first), "end_at",
		nvr_time_format(c->last, last), "recorded_from",
		nvr_time_format(run->start, from), "recorded_until",
		nvr_time_format(run->end, to), "duration_ms",
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
put_clip(struct reel *r, struct nvr_evidence_run *run)
{
	const struct nvr_export_footage *o = r->e->o;
	const struct nvr_sink sink = {write_clip, r};
	const struct nvr_clipper_request request = {.camera = o->camera,
	    .stream = o->stream,
	    .since = run->start > o->since ? run->start : o->since,
	    .until = run->end < o->until ? run->end + 1 : o->until,
	    .run = run->id,
	    .encoder = o->tool,
	    .temp = o->temp,
	    .event = event,
	    .size = begin,
	    .ctx = r};
	struct nvr_clipper_rest rest;
	int rc;

	r->run = run;
	r->result = (struct nvr_clip_result){0};
	r->lost = false;
	r->begun = false;
	r->stash.spool.folder = o->temp;
	rc = nvr_clipper_write(
	    r->e->x.s, &request, &sink, &r->result, &rest, r->e->x.err);
	if (r->rc != 0)
		rc = r->rc;
	if (rc == 0)
		rc = o->mask != NULL ? put_masked(r, &r->result)
				     : nvr_archive_end(r->e->x.a, r->e->x.err);
	nvr_stash_release(&r->stash);
	if (rc >= 0)
		return rc == 0 ? list(r) : 0;
	if (r->begun || r->rc != 0 || !is_gap(rc))
		return rc;
	return r->lost ? 0 : no_clip(r->e, run);
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
		rc = nvr_evidence_put(e, r.list, "data/clips.jsonl", e->clips);
		r.list = NULL;
	}
	nvr_archive_file_free(r.list);
	return rc;
}
