/* Reads fragmented MP4: ftyp and moov, and from moof to moof; see mp4.h. */
#include <stdlib.h>
#include <string.h>

#include "media/mp4_int.h"

#define MOOV_MAX ((uint64_t)1 << 20)
#define MOOF_MAX ((uint64_t)4 << 20)
#define BOXES_BEFORE_MOOV 16
#define TIMESCALE_MAX 100000000

#define FTYP NVR_BOX('f', 't', 'y', 'p')
#define MOOV NVR_BOX('m', 'o', 'o', 'v')
#define MOOF NVR_BOX('m', 'o', 'o', 'f')
#define MDAT NVR_BOX('m', 'd', 'a', 't')

/* As nvr_span_find, of a box that has to be there. */
static int
need(struct nvr_span in, const char *name, struct nvr_span *box,
    struct nvr_error *err)
{
	int rc = nvr_span_find(in, nvr_be32((const uint8_t *)name), box, err);

	if (rc == 0)
		return nvr_fail(err, NVR_E_DATA, "there is no %s box", name);
	return rc < 0 ? rc : 0;
}

static int
read_tkhd(
    struct nvr_span b, struct nvr_mp4_track_info *t, struct nvr_error *err)
{
	size_t at = b.len > 0 && b.data[0] == 1 ? 20 : 12;

	if (b.len < at + 4)
		return nvr_fail(err, NVR_E_DATA, "tkhd is too short");
	t->id = nvr_be32(b.data + at);
	return 0;
}

static int
read_mdhd(
    struct nvr_span b, struct nvr_mp4_track_info *t, struct nvr_error *err)
{
	size_t at = b.len > 0 && b.data[0] == 1 ? 20 : 12;

	if (b.len < at + 4)
		return nvr_fail(err, NVR_E_DATA, "mdhd is too short");
	t->timescale = nvr_be32(b.data + at);
	if (t->timescale == 0 || t->timescale > TIMESCALE_MAX)
		return nvr_fail(err, NVR_E_DATA,
		    "a track has %u ticks a second", t->timescale);
	return 0;
}

/* The stsd box with its header, as it is handed out. */
static int
read_stsd(struct nvr_mp4 *m, struct nvr_span mdia, struct nvr_mp4_track_info *t,
    struct nvr_error *err)
{
	struct nvr_span b;
	int rc;

	if ((rc = need(mdia, "minf", &b, err)) != 0 ||
	    (rc = need(b, "stbl", &b, err)) != 0)
		return rc;
	rc = need(b, "stsd", &b, err);
	if (rc != 0)
		return rc;
	b.data -= 8;
	b.len += 8;
	if (nvr_be32(b.data) != b.len)
		return nvr_fail(err, NVR_E_DATA, "stsd has an odd header");
	return nvr_mp4_stsd(m->quicktime, b, t, err);
}

/* Adds a track, unless it is neither video nor audio. */
static int
read_trak(struct nvr_mp4 *m, struct nvr_span trak, struct nvr_error *err)
{
	struct nvr_mp4_track_info t = {0};
	struct nvr_span mdia, b;
	uint32_t handler;
	int i, rc;

	if ((rc = need(trak, "tkhd", &b, err)) != 0 ||
	    (rc = read_tkhd(b, &t, err)) != 0 ||
	    (rc = need(trak, "mdia", &mdia, err)) != 0 ||
	    (rc = need(mdia, "hdlr", &b, err)) != 0)
		return rc;
	handler = b.len >= 12 ? nvr_be32(b.data + 8) : 0;
	t.video = handler == NVR_BOX('v', 'i', 'd', 'e');
	if (!t.video && handler != NVR_BOX('s', 'o', 'u', 'n'))
		return 0;
	if (m->n == NVR_TRACKS_MAX)
		return nvr_fail(err, NVR_E_DATA, "there are too many tracks");
	for (i = 0; i < m->n; i++)
		if (m->track[i].id == t.id)
			return nvr_fail(
			    err, NVR_E_DATA, "there are two tracks %u", t.id);
	if ((rc = need(mdia, "mdhd", &b, err)) != 0 ||
	    (rc = read_mdhd(b, &t, err)) != 0 ||
	    (rc = read_stsd(m, mdia, &t, err)) != 0)
		return rc;
	m->track[m->n++] = t;
	return 0;
}

static int
read_mvex(struct nvr_mp4 *m, struct nvr_span mvex, struct nvr_error *err)
{
	struct nvr_span b;
	uint32_t type;
	int i, rc;

	while ((rc = nvr_span_box(&mvex, &type, &b, err)) == 1) {
		if (type != NVR_BOX('t', 'r', 'e', 'x'))
			continue;
		if (b.len < 24)
			return nvr_fail(err, NVR_E_DATA, "trex is too short");
		for (i = 0; i < m->n; i++)
			if (m->track[i].id == nvr_be32(b.data + 4))
				m->defaults[i] = (struct nvr_mp4_defaults){
				    .duration = nvr_be32(b.data + 12),
				    .size = nvr_be32(b.data + 16),
				    .flags = nvr_be32(b.data + 20),
				};
	}
	return rc;
}

static int
read_moov(struct nvr_mp4 *m, struct nvr_error *err)
{
	struct nvr_span moov = {m->moov, m->moov_len}, rest = moov, b;
	uint32_t type;
	int rc;

	while ((rc = nvr_span_box(&rest, &type, &b, err)) == 1) {
		if (type != NVR_BOX('t', 'r', 'a', 'k'))
			continue;
		rc = read_trak(m, b, err);
		if (rc != 0)
			return rc;
	}
	if (rc != 0)
		return rc;
	if (m->n == 0)
		return nvr_fail(
		    err, NVR_E_DATA, "there is neither video nor audio");
	rc = need(moov, "mvex", &b, err);
	if (rc != 0)
		return nvr_prefix(err, "no fragmented MP4");
	return read_mvex(m, b, err);
}

static int
load_moov(struct nvr_mp4 *m, const struct nvr_box *box, struct nvr_error *err)
{
	uint64_t len;
	const uint8_t *p;
	int rc;

	if (box->end == UINT64_MAX)
		return nvr_fail(err, NVR_E_DATA, "moov is cut off");
	len = box->end - box->offset - box->header;
	if (len > MOOV_MAX)
		return nvr_fail(err, NVR_E_DATA, "moov is too long");
	rc = nvr_window_get(
	    &m->window, box->offset + box->header, (size_t)len, &p, err);
	if (rc != 0)
		return rc;
	m->moov = malloc((size_t)len + 1);
	if (m->moov == NULL)
		return nvr_fail_nomem(err);
	memcpy(m->moov, p, (size_t)len);
	m->moov_len = (size_t)len;
	m->first = m->next = m->end = box->end;
	return read_moov(m, err);
}

static int
read_start(struct nvr_mp4 *m, struct nvr_error *err)
{
	const uint8_t *p;
	struct nvr_box b;
	uint64_t at = 0;
	int i, rc;

	for (i = 0; i < BOXES_BEFORE_MOOV; i++) {
		rc = nvr_window_box(&m->window, at, m->bytes.size, &b, err);
		if (rc < 0)
			return rc;
		if (rc == 0 || (i == 0 && b.type != FTYP))
			break;
		if (b.type == MOOV)
			return load_moov(m, &b, err);
		if (b.type == MOOF || b.type == MDAT || b.end == UINT64_MAX)
			break;
		if (i == 0 && b.end - at >= b.header + 4) {
			rc = nvr_window_get(
			    &m->window, at + b.header, 4, &p, err);
			if (rc != 0)
				return rc;
			m->quicktime =
			    nvr_be32(p) == NVR_BOX('q', 't', ' ', ' ');
		}
		at = b.end;
	}
	return nvr_fail(
	    err, NVR_E_DATA, "it does not begin as an MP4 file does");
}

int
nvr_mp4_open(
    const struct nvr_bytes *bytes, struct nvr_mp4 **ret, struct nvr_error *err)
{
	struct nvr_mp4 *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL)
		return nvr_fail_nomem(err);
	m->bytes = *bytes;
	m->window.bytes = &m->bytes;
	rc = read_start(m, err);
	if (rc != 0) {
		nvr_mp4_free(m);
		return rc;
	}
	*ret = m;
	return 0;
}

void
nvr_mp4_free(struct nvr_mp4 *m)
{
	if (m == NULL)
		return;
	nvr_window_release(&m->window);
	free(m->samples);
	free(m->moov);
	free(m);
}

int
nvr_mp4_tracks(const struct nvr_mp4 *m)
{
	return m->n;
}

const struct nvr_mp4_track_info *
nvr_mp4_track(const struct nvr_mp4 *m, int i)
{
	return &m->track[i];
}

bool
nvr_mp4_quicktime(const struct nvr_mp4 *m)
{
	return m->quicktime;
}

/* The mdat that has to follow a moof.  1; 0: it is not whole. */
static int
find_mdat(
    struct nvr_mp4 *m, uint64_t at, struct nvr_box *mdat, struct nvr_error *err)
{
	int rc = nvr_window_box(&m->window, at, m->bytes.size, mdat, err);

	if (rc != 1)
		return rc;
	if (mdat->type != MDAT)
		return nvr_fail(err, NVR_E_DATA, "no mdat follows the moof");
	return mdat->end != UINT64_MAX;
}

static int
read_fragment(
    struct nvr_mp4 *m, const struct nvr_box *moof, struct nvr_error *err)
{
	uint64_t len = moof->end - moof->offset - moof->header;
	struct nvr_span span = {.len = (size_t)len};
	uint64_t ahead = moof->end - moof->offset + 16, rest;
	struct nvr_box mdat;
	int rc;

	if (len > MOOF_MAX)
		return nvr_fail(err, NVR_E_DATA, "a moof is too long");
	/* With the header of the mdat, so that one read does. */
	rest = m->bytes.size - moof->offset;
	rc = nvr_window_get(&m->window, moof->offset,
	    (size_t)(ahead < rest ? ahead : rest), &span.data, err);
	if (rc != 0)
		return rc;
	rc = find_mdat(m, moof->end, &mdat, err);
	if (rc != 1)
		return rc;
	rc = nvr_window_get(&m->window, moof->offset + moof->header,
	    (size_t)len, &span.data, err);
	if (rc != 0)
		return rc;
	rc = nvr_mp4_moof(
	    m, span, moof->offset, mdat.offset + mdat.header, mdat.end, err);
	if (rc != 0)
		return rc;
	m->next = m->end = mdat.end;
	return 1;
}

int
nvr_mp4_next(struct nvr_mp4 *m, const struct nvr_mp4_sample **samples,
    size_t *n, struct nvr_error *err)
{
	struct nvr_box b;
	int rc;

	for (;;) {
		rc =
		    nvr_window_box(&m->window, m->next, m->bytes.size, &b, err);
		if (rc != 1)
			return rc;
		if (b.end == UINT64_MAX)
			return 0;
		if (b.type == MOOF)
			break;
		m->next = b.end;
	}
	rc = read_fragment(m, &b, err);
	if (rc != 1)
		return rc;
	*samples = m->samples;
	*n = m->samples_n;
	return 1;
}

void
nvr_mp4_rewind(struct nvr_mp4 *m)
{
	m->next = m->end = m->first;
	memset(m->next_dts, 0, sizeof(m->next_dts));
}

uint64_t
nvr_mp4_end(const struct nvr_mp4 *m)
{
	return m->end;
}
