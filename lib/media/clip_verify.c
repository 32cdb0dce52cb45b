/*
 * Reads a finished clip back.  Its tables may be long, so they are walked
 * side by side through windows, never loaded.
 */
#include <stdlib.h>

#include "base/time.h"
#include "media/clip_check.h"

#define TRACKS_MAX 8
#define EDITS_MAX 16
#define DEPTH_MAX 8

struct verify {
	struct nvr_window window;
	uint64_t size;
	uint32_t timescale;
	uint64_t length;
	uint64_t data, data_end; /* the mdat's contents */
	struct nvr_clip_checked track[TRACKS_MAX];
	int n;
	bool moov, mdat, whole;
};

static int
bad(const struct verify *v, const char *what, struct nvr_error *err)
{
	if (v->n == 0)
		return nvr_fail(err, NVR_E_DATA, "%s", what);
	return nvr_fail(err, NVR_E_DATA, "track %d: %s", v->n, what);
}

/* The first bytes of a box's contents. */
static int
contents(struct verify *v, const struct nvr_box *b, size_t len,
    const uint8_t **p, struct nvr_error *err)
{
	if (b->end - b->offset - b->header < len)
		return nvr_fail(err, NVR_E_DATA, "a box is too short");
	return nvr_window_get(&v->window, b->offset + b->header, len, p, err);
}

/* mvhd and mdhd: timescale and duration. */
static int
read_header(struct verify *v, const struct nvr_box *b, uint32_t *timescale,
    uint64_t *length, struct nvr_error *err)
{
	const uint8_t *p;
	bool wide;
	int rc = contents(v, b, 4, &p, err);

	if (rc != 0)
		return rc;
	wide = p[0] == 1;
	rc = contents(v, b, wide ? 32 : 20, &p, err);
	if (rc != 0)
		return rc;
	*timescale = nvr_be32(p + (wide ? 20 : 12));
	*length = wide ? nvr_be64(p + 24) : nvr_be32(p + 16);
	if (*timescale == 0 || *length > INT64_MAX / 4)
		return bad(v, "a duration makes no sense", err);
	return 0;
}

static int
read_tkhd(struct verify *v, struct nvr_clip_checked *t, const struct nvr_box *b,
    struct nvr_error *err)
{
	const uint8_t *p;
	bool wide;
	int rc = contents(v, b, 4, &p, err);

	if (rc != 0)
		return rc;
	wide = p[0] == 1;
	rc = contents(v, b, wide ? 36 : 24, &p, err);
	if (rc != 0)
		return rc;
	t->track_len = wide ? nvr_be64(p + 28) : nvr_be32(p + 20);
	return 0;
}

static int
read_elst(struct verify *v, struct nvr_clip_checked *t, const struct nvr_box *b,
    struct nvr_error *err)
{
	const uint8_t *p;
	uint64_t len;
	int64_t from;
	uint32_t i;
	bool wide;
	int rc = contents(v, b, 8, &p, err);

	if (rc != 0)
		return rc;
	wide = p[0] == 1;
	t->edits = nvr_be32(p + 4);
	if (t->edits > EDITS_MAX)
		return bad(v, "there are too many edits", err);
	rc = contents(v, b, 8 + t->edits * (wide ? 20 : 12), &p, err);
	if (rc != 0)
		return rc;
	for (i = 0, p += 8; i < t->edits; i++, p += wide ? 20 : 12) {
		len = wide ? nvr_be64(p) : nvr_be32(p);
		from =
		    wide ? (int64_t)nvr_be64(p + 8) : (int32_t)nvr_be32(p + 4);
		if (len > INT64_MAX / 64 || from < -1)
			return bad(v, "an edit makes no sense", err);
		t->edited += len;
		t->media_time = from >= 0 ? (uint64_t)from : 0;
		t->edit_len = from >= 0 ? len : 0;
	}
	return 0;
}

static int
read_stsd(struct verify *v, struct nvr_clip_checked *t, const struct nvr_box *b,
    struct nvr_error *err)
{
	uint64_t at = b->offset + b->header + 8;
	struct nvr_box entry;
	const uint8_t *p;
	uint32_t i;
	int rc = contents(v, b, 8, &p, err);

	if (rc != 0)
		return rc;
	t->descriptions = nvr_be32(p + 4);
	for (i = 0; i < t->descriptions; i++) {
		rc = nvr_window_box(&v->window, at, b->end, &entry, err);
		if (rc < 0)
			return rc;
		if (rc == 0 || entry.end == UINT64_MAX)
			return bad(v, "a description is cut off", err);
		at = entry.end;
	}
	return at == b->end ? 0 : bad(v, "stsd is too long", err);
}

/* A table's place, once it is known to fill its box. */
static int
read_table(struct verify *v, struct nvr_clip_table *t, const struct nvr_box *b,
    unsigned header, unsigned width, struct nvr_error *err)
{
	const uint8_t *p;
	int rc = contents(v, b, header, &p, err);

	if (rc != 0)
		return rc;
	if (t->there)
		return bad(v, "a table is there twice", err);
	t->there = true;
	t->width = width;
	t->left = nvr_be32(p + header - 4);
	t->at = b->offset + b->header + header;
	t->window.bytes = v->window.bytes;
	if (b->end - t->at != (uint64_t)t->left * width)
		return bad(v, "a table does not fill its box", err);
	return 0;
}

static int
read_stsz(struct verify *v, struct nvr_clip_checked *t, const struct nvr_box *b,
    struct nvr_error *err)
{
	const uint8_t *p;
	int rc = contents(v, b, 12, &p, err);

	if (rc != 0)
		return rc;
	t->size = nvr_be32(p + 4);
	t->samples = nvr_be32(p + 8);
	if (t->size == 0)
		return read_table(v, &t->sizes, b, 12, 4, err);
	return b->end - b->offset - b->header == 12
		   ? 0
		   : bad(v, "stsz is too long", err);
}

static int
read_hdlr(struct verify *v, struct nvr_clip_checked *t, const struct nvr_box *b,
    struct nvr_error *err)
{
	const uint8_t *p;
	int rc = contents(v, b, 12, &p, err);

	if (rc == 0)
		t->video = nvr_be32(p + 8) == NVR_BOX('v', 'i', 'd', 'e');
	return rc;
}

static int
read_of_track(struct verify *v, struct nvr_clip_checked *t,
    const struct nvr_box *b, struct nvr_error *err)
{
	switch (b->type) {
	case NVR_BOX('t', 'k', 'h', 'd'):
		return read_tkhd(v, t, b, err);
	case NVR_BOX('e', 'l', 's', 't'):
		return read_elst(v, t, b, err);
	case NVR_BOX('m', 'd', 'h', 'd'):
		return read_header(v, b, &t->timescale, &t->media_len, err);
	case NVR_BOX('h', 'd', 'l', 'r'):
		return read_hdlr(v, t, b, err);
	case NVR_BOX('s', 't', 's', 'd'):
		return read_stsd(v, t, b, err);
	case NVR_BOX('s', 't', 't', 's'):
		return read_table(v, &t->times, b, 8, 8, err);
	case NVR_BOX('c', 't', 't', 's'):
		return read_table(v, &t->shifts, b, 8, 8, err);
	case NVR_BOX('s', 't', 's', 's'):
		return read_table(v, &t->keys, b, 8, 4, err);
	case NVR_BOX('s', 't', 's', 'c'):
		return read_table(v, &t->chunks, b, 8, 12, err);
	case NVR_BOX('s', 't', 'c', 'o'):
		return read_table(v, &t->offsets, b, 8, 4, err);
	case NVR_BOX('c', 'o', '6', '4'):
		return read_table(v, &t->offsets, b, 8, 8, err);
	case NVR_BOX('s', 't', 's', 'z'):
		return read_stsz(v, t, b, err);
	default:
		return 0;
	}
}

static bool
is_container(uint32_t type)
{
	return type == NVR_BOX('t', 'r', 'a', 'k') ||
	       type == NVR_BOX('e', 'd', 't', 's') ||
	       type == NVR_BOX('m', 'd', 'i', 'a') ||
	       type == NVR_BOX('m', 'i', 'n', 'f') ||
	       type == NVR_BOX('s', 't', 'b', 'l');
}

static int
read_boxes(struct verify *v, uint64_t at, uint64_t end, int depth,
    struct nvr_error *err)
{
	struct nvr_box b;
	int rc;

	for (; at < end; at = b.end) {
		rc = nvr_window_box(&v->window, at, end, &b, err);
		if (rc < 0)
			return rc;
		if (rc == 0 || b.end == UINT64_MAX)
			return bad(v, "a box is cut off", err);
		if (b.type == NVR_BOX('t', 'r', 'a', 'k')) {
			if (v->n == TRACKS_MAX)
				return bad(v, "there are too many", err);
			v->n++;
		}
		if (is_container(b.type))
			rc = depth == DEPTH_MAX
				 ? bad(v, "boxes are too deep", err)
				 : read_boxes(v, b.offset + b.header, b.end,
				       depth + 1, err);
		else if (b.type == NVR_BOX('m', 'v', 'h', 'd'))
			rc = read_header(v, &b, &v->timescale, &v->length, err);
		else if (v->n > 0)
			rc = read_of_track(v, &v->track[v->n - 1], &b, err);
		else
			rc = 0;
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The top of the file: ftyp, moov, mdat. */
static int
read_file(struct verify *v, struct nvr_error *err)
{
	struct nvr_box b;
	uint64_t at;
	int rc = 0;

	for (at = 0; at < v->size; at = b.end) {
		rc = nvr_window_box(&v->window, at, v->size, &b, err);
		if (rc < 0)
			return rc;
		if (rc == 0 || b.end == UINT64_MAX)
			return bad(v, "the file is cut off", err);
		if (at == 0 && b.type != NVR_BOX('f', 't', 'y', 'p'))
			return bad(v, "it is no MP4 file", err);
		rc = 0;
		if (b.type == NVR_BOX('m', 'o', 'o', 'v') && !v->moov) {
			v->moov = true;
			rc = read_boxes(v, b.offset + b.header, b.end, 0, err);
		} else if (b.type == NVR_BOX('m', 'd', 'a', 't') && !v->mdat) {
			v->mdat = true;
			v->data = b.offset + b.header;
			v->data_end = b.end;
		}
		if (rc != 0)
			return rc;
	}
	v->whole = v->moov && v->mdat && v->timescale > 0 && v->n > 0;
	return v->whole ? 0 : bad(v, "moov or mdat is missing", err);
}

static int
check_all(struct verify *v, struct nvr_clip_summary *sum, struct nvr_error *err)
{
	uint64_t longest = 0;
	struct nvr_clip_checked *t;
	int i, rc;

	for (i = 0; i < v->n; i++) {
		t = &v->track[i];
		rc = nvr_clip_check(
		    t, v->timescale, v->data, v->data_end, &sum->data, err);
		if (rc != 0)
			return nvr_prefix(err, "track %d", i + 1);
		sum->samples += t->samples;
		sum->frames += t->video ? t->samples : 0;
		if (t->track_len > longest)
			longest = t->track_len;
	}
	if (longest != v->length)
		return nvr_fail(err, NVR_E_DATA,
		    "the clip's duration is not that of its longest track");
	if (sum->data != v->data_end - v->data)
		return nvr_fail(err, NVR_E_DATA,
		    "mdat has %llu bytes, its samples %llu",
		    (unsigned long long)(v->data_end - v->data),
		    (unsigned long long)sum->data);
	sum->tracks = v->n;
	sum->duration =
	    (int64_t)((unsigned __int128)longest * NVR_SECOND / v->timescale);
	return 0;
}

int
nvr_clip_verify(const struct nvr_bytes *bytes, struct nvr_clip_summary *ret,
    struct nvr_error *err)
{
	struct nvr_clip_summary sum = {0};
	struct verify *v = calloc(1, sizeof(*v));
	int i, rc;

	if (v == NULL)
		return nvr_fail_nomem(err);
	v->window.bytes = bytes;
	v->size = bytes->size;
	rc = read_file(v, err);
	if (rc == 0)
		rc = check_all(v, &sum, err);
	if (rc == 0)
		*ret = sum;
	for (i = 0; i < TRACKS_MAX; i++) {
		nvr_window_release(&v->track[i].sizes.window);
		nvr_window_release(&v->track[i].times.window);
		nvr_window_release(&v->track[i].shifts.window);
		nvr_window_release(&v->track[i].keys.window);
		nvr_window_release(&v->track[i].chunks.window);
		nvr_window_release(&v->track[i].offsets.window);
	}
	nvr_window_release(&v->window);
	free(v);
	return rc;
}
