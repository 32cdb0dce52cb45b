/*
 * What stands before the samples: ftyp, moov, and the header of mdat.  It is
 * written twice, first to nowhere, to learn the sizes of its boxes.
 */
#include <stdlib.h>
#include <string.h>

#include "media/clip_int.h"

#define TIMESCALE 90000		  /* of the movie: 13 h in 32 bits */
#define EPOCH INT64_C(2082844800) /* seconds from 1904 to 1970 */
#define BOXES_MAX 512
#define BLOCK ((size_t)64 * 1024)

struct out {
	const struct nvr_sink *sink; /* NULL: only counts */
	struct nvr_error *err;
	int rc;			   /* of the first failure */
	uint64_t len;		   /* so far */
	uint64_t sizes[BOXES_MAX]; /* of the boxes, in the order they begin */
	unsigned n;
	uint8_t *block;
	size_t filled;

	uint64_t data_at, data_len; /* where samples begin; how many bytes */
	bool wide;		    /* offsets of 64 bits */
	int64_t made;		    /* seconds since 1904 */
	int64_t length;		    /* of the movie, in its timescale */
};

static void
flush(struct out *o)
{
	if (o->rc == 0 && o->filled > 0)
		o->rc =
		    o->sink->write(o->sink->ctx, o->block, o->filled, o->err);
	o->filled = 0;
}

static void
put(struct out *o, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n;

	o->len += len;
	while (o->sink != NULL && len > 0) {
		n = BLOCK - o->filled < len ? BLOCK - o->filled : len;
		memcpy(o->block + o->filled, p, n);
		o->filled += n;
		p += n;
		len -= n;
		if (o->filled == BLOCK)
			flush(o);
	}
}

static void
put16(struct out *o, unsigned v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	put(o, b, 2);
}

static void
put32(struct out *o, uint32_t v)
{
	uint8_t b[4];

	nvr_put32(b, v);
	put(o, b, 4);
}

static void
put64(struct out *o, uint64_t v)
{
	put32(o, (uint32_t)(v >> 32));
	put32(o, (uint32_t)v);
}

/* A time or duration, as long as the box's version has it. */
static void
put_time(struct out *o, bool wide, int64_t v)
{
	if (wide)
		put64(o, (uint64_t)v);
	else
		put32(o, (uint32_t)v);
}

static void
zeros(struct out *o, size_t n)
{
	static const uint8_t none[64];

	put(o, none, n);
}

static unsigned
begin(struct out *o, const char *type)
{
	unsigned i = o->n++;

	if (o->sink == NULL)
		o->sizes[i] = o->len;
	put32(o, o->sink == NULL ? 0 : (uint32_t)o->sizes[i]);
	put(o, type, 4);
	return i;
}

static unsigned
begin_full(struct out *o, const char *type, uint32_t version_and_flags)
{
	unsigned i = begin(o, type);

	put32(o, version_and_flags);
	return i;
}

static void
end(struct out *o, unsigned i)
{
	if (o->sink == NULL)
		o->sizes[i] = o->len - o->sizes[i];
}

static void
put_table(struct out *o, struct nvr_spool *s)
{
	uint64_t at = 0, len = nvr_spool_len(s);
	uint8_t buf[4096];
	size_t n;

	if (o->sink == NULL)
		o->len += len;
	while (o->sink != NULL && at < len && o->rc == 0) {
		o->rc = nvr_spool_read(s, at, buf, sizeof(buf), &n, o->err);
		if (o->rc == 0)
			put(o, buf, n);
		at += n;
	}
}

static void
put_matrix(struct out *o)
{
	static const uint32_t unity[9] = {
	    0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
	int i;

	for (i = 0; i < 9; i++)
		put32(o, unity[i]);
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
put_ftyp(struct out *o, bool quicktime)
{
	unsigned b = begin(o, "ftyp");

	put(o, quicktime ? "qt  " : "isom", 4);
	put32(o, 0x200);
	put(o, quicktime ? "qt  " : "isomiso2iso4mp41mp42", quicktime ? 4 : 20);
	end(o, b);
}

static void
put_mvhd(struct out *o, const struct nvr_clip *c)
{
	bool wide = o->length > UINT32_MAX || o->made > UINT32_MAX;
	unsigned b = begin_full(o, "mvhd", wide ? 1 << 24 : 0);

	put_time(o, wide, o->made);
	put_time(o, wide, o->made);
	put32(o, TIMESCALE);
	put_time(o, wide, o->length);
	put32(o, 0x10000); /* speed */
	put16(o, 0x100);   /* volume */
	zeros(o, 10);
	put_matrix(o);
	zeros(o, 24);
	put32(o, (uint32_t)c->n + 1); /* the next track's id */
	end(o, b);
}

static void
put_tkhd(struct out *o, const struct nvr_clip_track *t, uint32_t id)
{
	int64_t len = length_of(t);
	bool wide = len > UINT32_MAX || o->made > UINT32_MAX;
	/* Shown, and part of the movie. */
	unsigned b = begin_full(o, "tkhd", (wide ? 1 << 24 : 0) | 3);

	put_time(o, wide, o->made);
	put_time(o, wide, o->made);
	put32(o, id);
	put32(o, 0);
	put_time(o, wide, len);
	zeros(o, 8);
	put16(o, 0);			/* layer */
	put16(o, t->video ? 0 : 1);	/* alternate group */
	put16(o, t->video ? 0 : 0x100); /* volume */
	put16(o, 0);
	put_matrix(o);
	put32(o, (uint32_t)t->width << 16);
	put32(o, (uint32_t)t->height << 16);
	end(o, b);
}

/* Nothing for so long, then the media from a time on. */
static void
put_edts(struct out *o, const struct nvr_clip_track *t)
{
	int64_t len = length_of(t);
	bool wide = len > UINT32_MAX || t->media_time > INT32_MAX;
	unsigned b, e;

	if (!t->edited)
		return;
	b = begin(o, "edts");
	e = begin_full(o, "elst", wide ? 1 << 24 : 0);
	put32(o, t->pause > 0 ? 2 : 1);
	if (t->pause > 0) {
		put_time(o, wide, in_movie(t, t->pause));
		put_time(o, wide, -1);
		put32(o, 0x10000);
	}
	put_time(o, wide, in_movie(t, t->shown));
	put_time(o, wide, t->media_time);
	put32(o, 0x10000);
	end(o, e);
	end(o, b);
}

static void
put_mdhd(struct out *o, const struct nvr_clip_track *t)
{
	bool wide = t->media_len > UINT32_MAX || o->made > UINT32_MAX;
	unsigned b = begin_full(o, "mdhd", wide ? 1 << 24 : 0);

	put_time(o, wide, o->made);
	put_time(o, wide, o->made);
	put32(o, t->timescale);
	put_time(o, wide, t->media_len);
	put16(o, 0x55c4); /* language: undetermined */
	put16(o, 0);
	end(o, b);
}

static void
put_hdlr(struct out *o, const char *component, const char *type,
    const char *maker, const char *name)
{
	unsigned b = begin_full(o, "hdlr", 0);

	put(o, component, 4);
	put(o, type, 4);
	put(o, maker, 4);
	zeros(o, 8);
	put(o, name, strlen(name) + 1);
	end(o, b);
}

/* The samples are in this file. */
static void
put_dinf(struct out *o)
{
	unsigned b = begin(o, "dinf"), d = begin_full(o, "dref", 0), u;

	put32(o, 1);
	u = begin_full(o, "url ", 1);
	end(o, u);
	end(o, d);
	end(o, b);
}

static void
put_runs(
    struct out *o, const char *type, uint32_t version, struct nvr_clip_run *r)
{
	unsigned b = begin_full(o, type, version << 24);

	put32(o, (uint32_t)(nvr_spool_len(&r->table) / 8));
	put_table(o, &r->table);
	end(o, b);
}

static void
put_offsets(struct out *o, struct nvr_clip *c, const struct nvr_clip_track *t)
{
	unsigned b = begin_full(o, o->wide ? "co64" : "stco", 0);
	struct nvr_clip_extent e;
	uint64_t i = 0, at = o->data_at;
	int rc = 0;

	put32(o, t->chunks);
	if (o->sink == NULL)
		o->len += (uint64_t)t->chunks * (o->wide ? 8 : 4);
	while (o->sink != NULL && o->rc == 0 &&
	       (rc = nvr_clip_extent(c, &i, &e, o->err)) == 1) {
		if (t == &c->track[e.track])
			put_time(o, o->wide, (int64_t)at);
		at += e.len;
	}
	if (rc < 0)
		o->rc = rc;
	end(o, b);
}

static void
put_stbl(struct out *o, struct nvr_clip *c, struct nvr_clip_track *t)
{
	unsigned s = begin(o, "stbl"), b = begin_full(o, "stsd", 0);

	put32(o, t->descriptions);
	put(o, t->entries.data, t->entries.len);
	end(o, b);
	put_runs(o, "stts", 0, &t->stts);
	if (t->reordered)
		put_runs(o, "ctts", t->negative, &t->ctts);
	if (t->keys < t->samples) {
		b = begin_full(o, "stss", 0);
		put32(o, t->keys);
		put_table(o, &t->stss);
		end(o, b);
	}
	b = begin_full(o, "stsz", 0);
	/* Size 0 for all would mean that a table follows. */
	put32(o, t->sizes_differ ? 0 : t->size);
	put32(o, t->samples);
	if (t->sizes_differ || t->size == 0)
		put_table(o, &t->sizes);
	end(o, b);
	b = begin_full(o, "stsc", 0);
	put32(o, (uint32_t)(nvr_spool_len(&t->stsc) / 12));
	put_table(o, &t->stsc);
	end(o, b);
	put_offsets(o, c, t);
	end(o, s);
}

static void
put_trak(struct out *o, struct nvr_clip *c, struct nvr_clip_track *t)
{
	unsigned trak = begin(o, "trak"), mdia, minf, b;

	put_tkhd(o, t, (uint32_t)(t - c->track) + 1);
	put_edts(o, t);
	mdia = begin(o, "mdia");
	put_mdhd(o, t);
	if (t->video)
		put_hdlr(o, c->quicktime ? "mhlr" : "\0\0\0", "vide", "\0\0\0",
		    "VideoHandler");
	else
		put_hdlr(o, c->quicktime ? "mhlr" : "\0\0\0", "soun", "\0\0\0",
		    "SoundHandler");
	minf = begin(o, "minf");
	b = begin_full(o, t->video ? "vmhd" : "smhd", t->video);
	zeros(o, t->video ? 8 : 4);
	end(o, b);
	put_dinf(o);
	put_stbl(o, c, t);
	end(o, minf);
	end(o, mdia);
	end(o, trak);
}

/* A line of text as iTunes keeps it, which players show. */
static void
put_text(struct out *o, const char *type, const char *text)
{
	unsigned b, d;

	if (text == NULL || *text == '\0')
		return;
	b = begin(o, type);
	d = begin(o, "data");
	put32(o, 1); /* UTF-8 */
	put32(o, 0);
	put(o, text, strlen(text));
	end(o, d);
	end(o, b);
}

static void
put_udta(struct out *o, const struct nvr_clip_options *options)
{
	unsigned u = begin(o, "udta"), m = begin_full(o, "meta", 0), b;

	put_hdlr(o, "\0\0\0", "mdir", "appl", "");
	b = begin(o, "ilst");
	put_text(o, "\251nam", options->title);
	put_text(o, "\251too", options->encoder);
	end(o, b);
	end(o, m);
	end(o, u);
}

static void
put_head(struct out *o, struct nvr_clip *c)
{
	unsigned b;
	int i;

	o->len = o->n = 0;
	put_ftyp(o, c->quicktime);
	b = begin(o, "moov");
	put_mvhd(o, c);
	for (i = 0; i < c->n; i++)
		if (c->track[i].samples > 0)
			put_trak(o, c, &c->track[i]);
	put_udta(o, c->o);
	end(o, b);
	if (o->data_len > UINT32_MAX - 8) {
		put32(o, 1);
		put(o, "mdat", 4);
		put64(o, o->data_len + 16);
	} else {
		put32(o, (uint32_t)o->data_len + 8);
		put(o, "mdat", 4);
	}
}

/* How long the movie is, and how many bytes its samples have. */
static int
measure(struct out *o, struct nvr_clip *c)
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
	struct out *o = calloc(1, sizeof(*o));
	int rc = NVR_E_NOMEM;

	if (o != NULL)
		o->block = malloc(BLOCK);
	if (o == NULL || o->block == NULL) {
		nvr_fail_nomem(err);
		goto out;
	}
	o->err = err;
	rc = measure(o, c);
	if (rc != 0)
		goto out;
	o->data_at = o->len;
	o->sink = sink;
	put_head(o, c);
	flush(o);
	rc = o->rc;
	c->result.bytes = o->len + o->data_len;
out:
	if (o != NULL)
		free(o->block);
	free(o);
	return rc;
}
