/* The tables of a clip: which samples, how long, where; see clip.h. */
#include <string.h>

#include "media/clip_int.h"

#define SAMPLES_MAX (UINT32_C(1) << 30)

static int
run_flush(struct nvr_clip_run *r, struct nvr_error *err)
{
	uint8_t b[8];

	if (r->count == 0)
		return 0;
	nvr_put32(b, r->count);
	nvr_put32(b + 4, r->value);
	r->count = 0;
	return nvr_spool_add(&r->table, b, sizeof(b), err);
}

static int
run_add(struct nvr_clip_run *r, uint32_t value, struct nvr_error *err)
{
	int rc = 0;

	if (value != r->value)
		rc = run_flush(r, err);
	r->value = value;
	r->count++;
	return rc;
}

/* A chunk is done: its place, and how many samples of what it holds. */
static int
close_extent(struct nvr_clip *c, struct nvr_error *err)
{
	struct nvr_clip_track *t = &c->track[c->open.track];
	uint8_t b[12];
	int rc;

	if (c->open_samples == 0)
		return 0;
	rc = nvr_spool_add(&c->extents, &c->open, sizeof(c->open), err);
	if (rc != 0)
		return rc;
	c->extents_n++;
	t->chunks++;
	if (c->open_samples != t->chunk_samples ||
	    c->open_description != t->chunk_description) {
		nvr_put32(b, t->chunks);
		nvr_put32(b + 4, c->open_samples);
		nvr_put32(b + 8, c->open_description);
		rc = nvr_spool_add(&t->stsc, b, sizeof(b), err);
		t->chunk_samples = c->open_samples;
		t->chunk_description = c->open_description;
	}
	c->open_samples = 0;
	return rc;
}

static int
add_data(struct nvr_clip *c, const struct nvr_clip_track *t,
    const struct nvr_clip_sample *s, struct nvr_error *err)
{
	uint32_t track = (uint32_t)(t - c->track);
	int rc;

	if (c->open_samples > 0 &&
	    (c->open.track != track || c->open.segment != s->segment ||
		c->open.offset + c->open.len != s->offset ||
		c->open_description != s->description)) {
		rc = close_extent(c, err);
		if (rc != 0)
			return rc;
	}
	if (c->open_samples == 0) {
		c->open = (struct nvr_clip_extent){
		    .offset = s->offset, .segment = s->segment, .track = track};
		c->open_description = s->description;
	}
	c->open.len += s->size;
	c->open_samples++;
	return 0;
}

/* The first one sets the media's time 0: its own time, shown or decoded. */
static int
add_time(struct nvr_clip_track *t, const struct nvr_clip_sample *s,
    struct nvr_error *err)
{
	int64_t shift;
	int rc = 0;

	if (t->samples == 0) {
		t->dts0 = s->dts;
		t->pts0 = s->pts;
	} else {
		rc = run_add(&t->stts, (uint32_t)(s->dts - t->dts), err);
	}
	t->dts = s->dts;
	t->duration = s->duration;
	shift = s->pts - s->dts - (t->pts0 - t->dts0);
	if (t->samples == 0 || shift > t->shift_max)
		t->shift_max = shift;
	t->negative = t->negative || shift < 0;
	t->reordered = t->reordered || shift != 0;
	return rc != 0 ? rc : run_add(&t->ctts, (uint32_t)shift, err);
}

static int
add(struct nvr_clip *c, struct nvr_clip_track *t,
    const struct nvr_clip_sample *s, struct nvr_error *err)
{
	int rc;

	if (t->samples == SAMPLES_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "the clip is too long; ask for a shorter time");
	if ((rc = add_time(t, s, err)) != 0 ||
	    (rc = add_data(c, t, s, err)) != 0 ||
	    (rc = nvr_spool_add32(&t->sizes, s->size, err)) != 0)
		return rc;
	if (t->samples == 0)
		t->size = s->size;
	t->sizes_differ = t->sizes_differ || s->size != t->size;
	t->samples++;
	if (!s->key)
		return 0;
	t->keys++;
	return nvr_spool_add32(&t->stss, t->samples, err);
}

int
nvr_clip_add(struct nvr_clip *c, struct nvr_clip_track *t,
    const struct nvr_clip_sample *s, struct nvr_error *err)
{
	int rc = add(c, t, s, err);

	c->failed = c->failed || rc != 0;
	return rc;
}

void
nvr_clip_drop(struct nvr_clip *c, struct nvr_clip_track *t)
{
	if (c->open_samples > 0 && c->open.track == (uint32_t)(t - c->track))
		c->open_samples = 0;
	nvr_spool_clear(&t->sizes);
	nvr_spool_clear(&t->stss);
	nvr_spool_clear(&t->stsc);
	nvr_spool_clear(&t->stts.table);
	nvr_spool_clear(&t->ctts.table);
	t->stts.count = t->ctts.count = 0;
	t->samples = t->keys = t->chunks = 0;
	t->chunk_samples = 0;
	t->sizes_differ = t->negative = t->reordered = t->hides_end = false;
	t->held_n = 0;
	/* An extent that is open is another's, and stays in use. */
	t->first_extent = c->extents_n;
}

int
nvr_clip_close(struct nvr_clip *c, struct nvr_error *err)
{
	struct nvr_clip_track *t;
	int i, rc = close_extent(c, err);

	for (i = 0; i < c->n && rc == 0; i++) {
		t = &c->track[i];
		if (t->samples == 0)
			continue;
		t->media_len = t->dts - t->dts0 + t->duration;
		if ((rc = run_add(&t->stts, t->duration, err)) == 0 &&
		    (rc = run_flush(&t->stts, err)) == 0)
			rc = run_flush(&t->ctts, err);
	}
	return rc;
}

int
nvr_clip_extent(struct nvr_clip *c, uint64_t *i, struct nvr_clip_extent *ret,
    struct nvr_error *err)
{
	const struct nvr_clip_track *t;
	size_t got;
	int rc;

	for (;;) {
		rc = nvr_spool_read(&c->extents, *i * sizeof(*ret), ret,
		    sizeof(*ret), &got, err);
		if (rc != 0)
			return rc;
		if (got < sizeof(*ret))
			return 0;
		t = &c->track[ret->track];
		if ((*i)++ >= t->first_extent && t->samples > 0)
			return 1;
	}
}
