/* What stands before the samples: ftyp, moov, and the header of mdat. */
#include <stdlib.h>
#include <string.h>

#include "media/clip_int.h"
#include "media/clip_out.h"

#define TIMESCALE 90000		  /* of the movie: 13 h in 32 bits */
#define EPOCH INT64_C(2082844800) /* seconds from 1904 to 1970 */

static void
put_matrix(struct nvr_clip_out *o)
{
	static const uint32_t unity[9] = {
	    0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
	int i;

	for (i = 0; i < 9; i++)
		nvr_out32(o, unity[i]);
}

static int64_t
in_movie(const struct nvr_clip_track *t, int64_t ticks)
{
	return nvr_muldiv(ticks, TIMESCALE, t->timescale);
}

static int64_t
length_of(const struct nvr_clip_track *t)
{
	return in_movie(t, t->pause) + in_movie(t, t->shown);
}

static void
put_ftyp(struct nvr_clip_out *o, bool quicktime)
{
	unsigned b = nvr_clip_out_begin(o, "ftyp");

	nvr_clip_out(o, quicktime ? "qt  " : "isom", 4);
	nvr_out32(o, 0x200);
	nvr_clip_out(
	    o, quicktime ? "qt  " : "isomiso2iso4mp41mp42", quicktime ? 4 : 20);
	nvr_clip_out_end(o, b);
}

static void
put_mvhd(struct nvr_clip_out *o, const struct nvr_clip *c)
{
	bool wide = o->length > UINT32_MAX || o->made > UINT32_MAX;
	unsigned b = nvr_clip_out_begin_full(o, "mvhd", wide ? 1 << 24 : 0);

	nvr_clip_out_time(o, wide, o->made);
	nvr_clip_out_time(o, wide, o->made);
	nvr_out32(o, TIMESCALE);
	nvr_clip_out_time(o, wide, o->length);
	nvr_out32(o, 0x10000); /* speed */
	nvr_out16(o, 0x100);   /* volume */
	nvr_clip_out_zeros(o, 10);
	put_matrix(o);
	nvr_clip_out_zeros(o, 24);
	nvr_out32(o, (uint32_t)c->n + 1); /* the next track's id */
	nvr_clip_out_end(o, b);
}

static void
put_tkhd(struct nvr_clip_out *o, const struct nvr_clip_track *t, uint32_t id)
{
	int64_t len = length_of(t);
	bool wide = len > UINT32_MAX || o->made > UINT32_MAX;
	/* Shown, and part of the movie. */
	unsigned b =
	    nvr_clip_out_begin_full(o, "tkhd", (wide ? 1 << 24 : 0) | 3);

	nvr_clip_out_time(o, wide, o->made);
	nvr_clip_out_time(o, wide, o->made);
	nvr_out32(o, id);
	nvr_out32(o, 0);
	nvr_clip_out_time(o, wide, len);
	nvr_clip_out_zeros(o, 8);
	nvr_out16(o, 0);		    /* layer */
	nvr_out16(o, t->video ? 0 : 1);	    /* alternate group */
	nvr_out16(o, t->video ? 0 : 0x100); /* volume */
	nvr_out16(o, 0);
	put_matrix(o);
	nvr_out32(o, (uint32_t)t->width << 16);
	nvr_out32(o, (uint32_t)t->height << 16);
	nvr_clip_out_end(o, b);
}

/* Nothing for so long, then the media from a time on. */
static void
put_edts(struct nvr_clip_out *o, const struct nvr_clip_track *t)
{
	int64_t len = length_of(t);
	bool wide = len > UINT32_MAX || t->media_time > INT32_MAX;
	unsigned b, e;

	if (!t->edited)
		return;
	b = nvr_clip_out_begin(o, "edts");
	e = nvr_clip_out_begin_full(o, "elst", wide ? 1 << 24 : 0);
	nvr_out32(o, t->pause > 0 ? 2 : 1);
	if (t->pause > 0) {
		nvr_clip_out_time(o, wide, in_movie(t, t->pause));
		nvr_clip_out_time(o, wide, -1);
		nvr_out32(o, 0x10000);
	}
	nvr_clip_out_time(o, wide, in_movie(t, t->shown));
	nvr_clip_out_time(o, wide, t->media_time);
	nvr_out32(o, 0x10000);
	nvr_clip_out_end(o, e);
	nvr_clip_out_end(o, b);
}

static void
put_mdhd(struct nvr_clip_out *o, const struct nvr_clip_track *t)
{
	bool wide = t->media_len > UINT32_MAX || o->made > UINT32_MAX;
	unsigned b = nvr_clip_out_begin_full(o, "mdhd", wide ? 1 << 24 : 0);

	nvr_clip_out_time(o, wide, o->made);
	nvr_clip_out_time(o, wide, o->made);
	nvr_out32(o, t->timescale);
	nvr_clip_out_time(o, wide, t->media_len);
	nvr_out16(o, 0x55c4); /* language: undetermined */
	nvr_out16(o, 0);
	nvr_clip_out_end(o, b);
}

static void
put_hdlr(struct nvr_clip_out *o, const char *component, const char *type,
    const char *maker, const char *name)
{
	unsigned b = nvr_clip_out_begin_full(o, "hdlr", 0);

	nvr_clip_out(o, component, 4);
	nvr_clip_out(o, type, 4);
	nvr_clip_out(o, maker, 4);
	nvr_clip_out_zeros(o, 8);
	nvr_clip_out(o, name, strlen(name) + 1);
	nvr_clip_out_end(o, b);
}

/* The samples are in this file. */
static void
put_dinf(struct nvr_clip_out *o)
{
	unsigned b = nvr_clip_out_begin(o, "dinf"),
		 d = nvr_clip_out_begin_full(o, "dref", 0), u;

	nvr_out32(o, 1);
	u = nvr_clip_out_begin_full(o, "url ", 1);
	nvr_clip_out_end(o, u);
	nvr_clip_out_end(o, d);
	nvr_clip_out_end(o, b);
}

static void
put_runs(struct nvr_clip_out *o, const char *type, uint32_t version,
    struct nvr_clip_run *r)
{
	unsigned b = nvr_clip_out_begin_full(o, type, version << 24);

	nvr_out32(o, (uint32_t)(nvr_spool_len(&r->table) / 8));
	nvr_clip_out_table(o, &r->table);
	nvr_clip_out_end(o, b);
}

static void
put_offsets(
    struct nvr_clip_out *o, struct nvr_clip *c, const struct nvr_clip_track *t)
{
	unsigned b = nvr_clip_out_begin_full(o, o->wide ? "co64" : "stco", 0);
	struct nvr_clip_extent e;
	uint64_t i = 0, at = o->data_at;
	int rc = 0;

	nvr_out32(o, t->chunks);
	if (o->sink == NULL)
		o->len += (uint64_t)t->chunks * (o->wide ? 8 : 4);
	while (o->sink != NULL && o->rc == 0 &&
	       (rc = nvr_clip_extent(c, &i, &e, o->err)) == 1) {
		if (t == &c->track[e.track])
			nvr_clip_out_time(o, o->wide, (int64_t)at);
		at += e.len;
	}
	if (rc < 0)
		o->rc = rc;
	nvr_clip_out_end(o, b);
}

static void
put_stbl(struct nvr_clip_out *o, struct nvr_clip *c, struct nvr_clip_track *t)
{
	unsigned s = nvr_clip_out_begin(o, "stbl"),
		 b = nvr_clip_out_begin_full(o, "stsd", 0);

	nvr_out32(o, t->descriptions);
	nvr_clip_out(o, t->entries.data, t->entries.len);
	nvr_clip_out_end(o, b);
	put_runs(o, "stts", 0, &t->stts);
	if (t->reordered)
		put_runs(o, "ctts", t->negative, &t->ctts);
	if (t->keys < t->samples) {
		b = nvr_clip_out_begin_full(o, "stss", 0);
		nvr_out32(o, t->keys);
		nvr_clip_out_table(o, &t->stss);
		nvr_clip_out_end(o, b);
	}
	b = nvr_clip_out_begin_full(o, "stsz", 0);
	/* Size 0 for all would mean that a table follows. */
	nvr_out32(o, t->sizes_differ ? 0 : t->size);
	nvr_out32(o, t->samples);
	if (t->sizes_differ || t->size == 0)
		nvr_clip_out_table(o, &t->sizes);
	nvr_clip_out_end(o, b);
	b = nvr_clip_out_begin_full(o, "stsc", 0);
	nvr_out32(o, (uint32_t)(nvr_spool_len(&t->stsc) / 12));
	nvr_clip_out_table(o, &t->stsc);
	nvr_clip_out_end(o, b);
	put_offsets(o, c, t);
	nvr_clip_out_end(o, s);
}

static void
put_trak(struct nvr_clip_out *o, struct nvr_clip *c, struct nvr_clip_track *t)
{
	unsigned trak = nvr_clip_out_begin(o, "trak"), mdia, minf, b;

	put_tkhd(o, t, (uint32_t)(t - c->track) + 1);
	put_edts(o, t);
	mdia = nvr_clip_out_begin(o, "mdia");
	put_mdhd(o, t);
	if (t->video)
		put_hdlr(o, c->quicktime ? "mhlr" : "\0\0\0", "vide", "\0\0\0",
		    "VideoHandler");
	else
		put_hdlr(o, c->quicktime ? "mhlr" : "\0\0\0", "soun", "\0\0\0",
		    "SoundHandler");
	minf = nvr_clip_out_begin(o, "minf");
	b = nvr_clip_out_begin_full(o, t->video ? "vmhd" : "smhd", t->video);
	nvr_clip_out_zeros(o, t->video ? 8 : 4);
	nvr_clip_out_end(o, b);
	put_dinf(o);
	put_stbl(o, c, t);
	nvr_clip_out_end(o, minf);
	nvr_clip_out_end(o, mdia);
	nvr_clip_out_end(o, trak);
}

/* A line of text as iTunes keeps it, which players show. */
static void
put_text(struct nvr_clip_out *o, const char *type, const char *text)
{
	unsigned b, d;

	if (text == NULL || *text == '\0')
		return;
	b = nvr_clip_out_begin(o, type);
	d = nvr_clip_out_begin(o, "data");
	nvr_out32(o, 1); /* UTF-8 */
	nvr_out32(o, 0);
	nvr_clip_out(o, text, strlen(text));
	nvr_clip_out_end(o, d);
	nvr_clip_out_end(o, b);
}

static void
put_udta(struct nvr_clip_out *o, const struct nvr_clip_options *options)
{
	unsigned u = nvr_clip_out_begin(o, "udta"),
		 m = nvr_clip_out_begin_full(o, "meta", 0), b;

	put_hdlr(o, "\0\0\0", "mdir", "appl", "");
	b = nvr_clip_out_begin(o, "ilst");
	put_text(o, "\251nam", options->title);
	put_text(o, "\251too", options->encoder);
	nvr_clip_out_end(o, b);
	nvr_clip_out_end(o, m);
	nvr_clip_out_end(o, u);
}

static void
put_head(struct nvr_clip_out *o, struct nvr_clip *c)
{
	unsigned b;
	int i;

	o->len = o->n = 0;
	put_ftyp(o, c->quicktime);
	b = nvr_clip_out_begin(o, "moov");
	put_mvhd(o, c);
	for (i = 0; i < c->n; i++)
		if (c->track[i].samples > 0)
			put_trak(o, c, &c->track[i]);
	put_udta(o, c->o);
	nvr_clip_out_end(o, b);
	if (o->data_len > UINT32_MAX - 8) {
		nvr_out32(o, 1);
		nvr_clip_out(o, "mdat", 4);
		nvr_out64(o, o->data_len + 16);
	} else {
		nvr_out32(o, (uint32_t)o->data_len + 8);
		nvr_clip_out(o, "mdat", 4);
	}
}

/* How long the movie is, and how many bytes its samples have. */
static int
measure(struct nvr_clip_out *o, struct nvr_clip *c)
{
	struct nvr_clip_extent e;
	uint64_t n = 0;
	int i, rc;

	for (i = 0; i < c->n; i++)
		if (c->track[i].samples > 0 &&
		    length_of(&c->track[i]) > o->length)
			o->length = length_of(&c->track[i]);
	while ((rc = nvr_clip_extent(c, &n, &e, o->err)) == 1)
		o->data_len += e.len;
	o->made = c->result.first / NVR_SECOND + EPOCH;
	if (o->made < 0)
		o->made = 0;
	put_head(o, c);
	o->wide = o->len + o->data_len > UINT32_MAX;
	if (o->wide)
		put_head(o, c);
	/* The second box is the moov. */
	if (rc == 0 && o->sizes[1] > UINT32_MAX)
		rc = nvr_fail(o->err, NVR_E_USAGE,
		    "the clip is too long; ask for a shorter time");
	return rc;
}

int
nvr_clip_head(
    struct nvr_clip *c, const struct nvr_sink *sink, struct nvr_error *err)
{
	struct nvr_clip_out *o = calloc(1, sizeof(*o));
	int rc = NVR_E_NOMEM;

	if (o != NULL)
		o->block = malloc(NVR_CLIP_OUT_BLOCK);
	if (o == NULL || o->block == NULL) {
		nvr_fail_nomem(err);
		goto out;
	}
	o->err = err;
	rc = measure(o, c);
	if (rc != 0)
		goto out;
	o->data_at = o->len;
	if (c->o->size != NULL)
		rc = c->o->size(c->o->ctx, o->len + o->data_len, err);
	if (rc != 0)
		goto out;
	o->sink = sink;
	put_head(o, c);
	nvr_clip_out_flush(o);
	rc = o->rc;
	c->result.bytes = o->len + o->data_len;
out:
	if (o != NULL)
		free(o->block);
	free(o);
	return rc;
}
