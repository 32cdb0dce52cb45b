/* A clip, from the segments to the file; see clip.h. */
#include <stdlib.h>

#include "media/clip_int.h"

void
nvr_clip_event(struct nvr_clip *c, const struct nvr_clip_event *e)
{
	switch (e->kind) {
	case NVR_CLIP_GAP:
		c->result.gaps++;
		break;
	case NVR_CLIP_MISSING:
		c->result.missing++;
		break;
	case NVR_CLIP_ZEROED:
		c->result.zeroed += e->bytes;
		break;
	}
	if (c->o->event != NULL)
		c->o->event(c->o->ctx, e);
}

int64_t
nvr_clip_begin(const struct nvr_clip *c)
{
	int64_t first = INT64_MAX, us;
	const struct nvr_clip_track *t;
	int i;

	for (i = 0; i < c->n; i++) {
		t = &c->track[i];
		if (t->samples == 0)
			continue;
		us = nvr_clip_us(t, t->pts0);
		/* With a whole frame: not all players cut one in two. */
		if (t->video && c->o->key_frames)
			return us;
		if (t->video && us <= 0 && t->shown_end > 0)
			return nvr_clip_us(t, t->shown_from);
		if (us < first)
			first = us;
	}
	return first == INT64_MAX || first < c->begin ? c->begin : first;
}

/* The first pass. */
/* Up to when there are pictures. */
static int64_t
reached(const struct nvr_clip *c)
{
	int64_t end = INT64_MIN;

	for (int i = 0; i < c->n; i++)
		if (c->track[i].video && c->track[i].seen &&
		    c->track[i].seen_end > end)
			end = c->track[i].seen_end;
	return end;
}

/* Of one that is damaged what is ahead of that is kept. */
static void
report_missing(struct nvr_clip *c, const struct nvr_clip_segment *s, uint32_t i,
    int64_t before, const struct nvr_error *err)
{
	int64_t kept = reached(c), from = s->from != 0 ? s->from : s->start;

	nvr_clip_event(
	    c, &(struct nvr_clip_event){
		   .kind = NVR_CLIP_MISSING,
		   .at = s->start,
		   .from = kept > before && kept > from ? kept : from,
		   .end = s->end,
		   .segment = i,
		   .why = err->text,
	       });
}

static int
scan(struct nvr_clip *c, struct nvr_error *err)
{
	struct nvr_clip_segment s;
	int64_t before;
	uint32_t i;
	int rc;

	for (i = 0;; i++) {
		s = (struct nvr_clip_segment){.start = c->o->since};
		before = reached(c);
		rc = c->source->next(c->source->ctx, &s, err);
		if (rc == 0 || (rc == 1 && s.start >= c->o->until))
			return 0;
		if (rc == 1)
			rc = nvr_clip_segment(c, &s, i, err);
		if (rc != 0 && (c->failed || !nvr_clip_damage(rc)))
			return rc;
		if (rc != 0)
			report_missing(c, &s, i, before, err);
	}
}

/* What each track shows, and when, from what the tables hold. */
static int
edit(struct nvr_clip *c, struct nvr_error *err)
{
	int64_t begin = nvr_clip_begin(c), end = INT64_MIN, at, most;
	struct nvr_clip_track *t;
	bool any = false;
	int i;

	for (i = 0; i < c->n; i++) {
		t = &c->track[i];
		at = nvr_clip_ticks(t, begin);
		if (t->samples > 0 && t->shown_end <= at)
			nvr_clip_drop(c, t);
		if (t->samples == 0)
			continue;
		any = true;
		t->pause = t->pts0 > at ? t->pts0 - at : 0;
		t->media_time = at > t->pts0 ? at - t->pts0 : 0;
		t->shown = t->shown_end - at - t->pause;
		t->edited = t->pause > 0 || t->media_time > 0 ||
			    (t->hides_end && !(t->video && c->o->key_frames));
		/* Without an edit list the whole media is shown. */
		most = t->media_len - t->media_time;
		if (t->edited && t->shift_max > 0)
			most += t->shift_max;
		if (!t->edited || t->shown > most)
			t->shown = most > 0 ? most : 1;
		if (t->video)
			c->result.frames += t->samples;
		at = nvr_clip_us(t, at + t->pause + t->shown);
		if (at > end)
			end = at;
	}
	if (!any)
		return nvr_fail(
		    err, NVR_E_NOENT, "there is no footage of this time");
	c->result.first = c->o->since + begin;
	c->result.last = c->o->since + end + c->closed;
	c->result.duration = end - begin;
	return 0;
}

static int
write_clip(struct nvr_clip *c, const struct nvr_sink *sink,
    struct nvr_clip_result *ret, struct nvr_error *err)
{
	int rc;

	if ((rc = scan(c, err)) != 0 || (rc = nvr_clip_close(c, err)) != 0 ||
	    (rc = edit(c, err)) != 0)
		return rc;
	*ret = c->result;
	if ((rc = nvr_clip_head(c, sink, err)) != 0 ||
	    (rc = c->source->rewind(c->source->ctx, err)) != 0)
		return rc;
	return nvr_clip_copy(c, sink, err);
}

static void
release(struct nvr_clip *c)
{
	struct nvr_clip_track *t;

	for (t = c->track; t < c->track + c->n; t++) {
		nvr_buf_release(&t->entries);
		nvr_spool_release(&t->sizes);
		nvr_spool_release(&t->stss);
		nvr_spool_release(&t->stsc);
		nvr_spool_release(&t->stts.table);
		nvr_spool_release(&t->ctts.table);
	}
	nvr_spool_release(&c->extents);
	free(c);
}

int
nvr_clip_write(const struct nvr_clip_source *source,
    const struct nvr_sink *sink, const struct nvr_clip_options *o,
    struct nvr_clip_result *ret, struct nvr_error *err)
{
	struct nvr_clip *c;
	int rc;

	if (o->until <= o->since)
		return nvr_fail(
		    err, NVR_E_USAGE, "a clip has to end after it begins");
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return nvr_fail_nomem(err);
	c->o = o;
	c->source = source;
	c->extents.folder = o->temp;
	rc = write_clip(c, sink, ret, err);
	c->result.complete = c->result.missing == 0 && c->result.zeroed == 0;
	if (rc == 0)
		*ret = c->result;
	release(c);
	return rc;
}
