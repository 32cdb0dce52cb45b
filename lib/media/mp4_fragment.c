/* Reads a moof: which samples its mdat holds, and when; see mp4.h. */
#include <stdlib.h>

#include "media/mp4_int.h"

#define TFHD_BASE_OFFSET 0x000001
#define TFHD_DESCRIPTION 0x000002
#define TFHD_DURATION 0x000008
#define TFHD_SIZE 0x000010
#define TFHD_FLAGS 0x000020
#define TFHD_BASE_IS_MOOF 0x020000

#define TRUN_OFFSET 0x0001
#define TRUN_FIRST_FLAGS 0x0004
#define TRUN_DURATION 0x0100
#define TRUN_SIZE 0x0200
#define TRUN_FLAGS 0x0400
#define TRUN_CTS 0x0800

#define FLAG_NO_KEY 0x010000

/* Samples of one fragment: 20 minutes at 50 a second. */
#define SAMPLES_MAX 65536

/* A traf, while it is read. */
struct traf {
	struct nvr_mp4 *m;
	int track; /* -1: one that is left out */
	struct nvr_mp4_defaults defaults;
	uint64_t base; /* data offsets count from here */
	uint64_t data; /* where the next sample is */
	uint64_t mdat, mdat_end;
	int64_t dts;
};

static int
too_short(const char *box, struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "%s is too short", box);
}

/* A field that is there when the flag says so. */
static bool
optional(struct nvr_span *b, bool there, uint32_t *value)
{
	const uint8_t *p;

	if (!there)
		return true;
	p = nvr_span_take(b, 4);
	if (p != NULL)
		*value = nvr_be32(p);
	return p != NULL;
}

static int
track_of(const struct nvr_mp4 *m, uint32_t id)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (m->track[i].id == id)
			return i;
	return -1;
}

static int
read_tfhd(struct traf *t, struct nvr_span b, struct nvr_error *err)
{
	const uint8_t *p = nvr_span_take(&b, 8);
	uint32_t flags, description = 1;

	if (p == NULL)
		return too_short("tfhd", err);
	flags = nvr_be32(p) & 0xffffff;
	t->track = track_of(t->m, nvr_be32(p + 4));
	if (t->track < 0)
		return 0;
	t->defaults = t->m->defaults[t->track];
	t->dts = t->m->next_dts[t->track];
	if (flags & TFHD_BASE_OFFSET) {
		p = nvr_span_take(&b, 8);
		if (p == NULL)
			return too_short("tfhd", err);
		t->base = nvr_be64(p);
	} else if ((flags & TFHD_BASE_IS_MOOF) == 0) {
		return nvr_fail(err, NVR_E_DATA,
		    "a fragment does not say where its data is");
	}
	if (!optional(&b, flags & TFHD_DESCRIPTION, &description) ||
	    !optional(&b, flags & TFHD_DURATION, &t->defaults.duration) ||
	    !optional(&b, flags & TFHD_SIZE, &t->defaults.size) ||
	    !optional(&b, flags & TFHD_FLAGS, &t->defaults.flags))
		return too_short("tfhd", err);
	if (description > 1)
		return nvr_fail(err, NVR_E_DATA,
		    "a fragment asks for description %u", description);
	t->data = t->base;
	return 0;
}

static int
read_tfdt(struct traf *t, struct nvr_span b, struct nvr_error *err)
{
	bool wide = b.len > 0 && b.data[0] == 1;
	uint64_t dts;

	if (b.len < (wide ? 12 : 8))
		return too_short("tfdt", err);
	dts = wide ? nvr_be64(b.data + 4) : nvr_be32(b.data + 4);
	if (dts > (uint64_t)NVR_MP4_TIME_MAX)
		return nvr_fail(err, NVR_E_DATA, "a fragment has no sane time");
	t->dts = (int64_t)dts;
	return 0;
}

/* Room for so many more samples. */
static int
reserve(struct nvr_mp4 *m, uint32_t count, struct nvr_error *err)
{
	struct nvr_mp4_sample *p;
	size_t cap = m->samples_n + count;

	if (cap <= m->samples_cap)
		return 0;
	cap += cap / 2;
	p = realloc(m->samples, cap * sizeof(*p));
	if (p == NULL)
		return nvr_fail_nomem(err);
	m->samples = p;
	m->samples_cap = cap;
	return 0;
}

/* Gives the sample its place in data and time, and adds it. */
static int
add_sample(struct traf *t, const struct nvr_mp4_defaults *d, int64_t cts,
    struct nvr_error *err)
{
	struct nvr_mp4 *m = t->m;

	if (t->data < t->mdat || t->data > t->mdat_end ||
	    d->size > t->mdat_end - t->data)
		return nvr_fail(
		    err, NVR_E_DATA, "a sample is not inside its mdat");
	if (cts < INT32_MIN || cts > INT32_MAX || t->dts > NVR_MP4_TIME_MAX)
		return nvr_fail(err, NVR_E_DATA, "a sample has no sane time");
	m->samples[m->samples_n++] = (struct nvr_mp4_sample){
	    .track = t->track,
	    .offset = t->data,
	    .size = d->size,
	    .dts = t->dts,
	    .cts = (int32_t)cts,
	    .duration = d->duration,
	    .key = !m->track[t->track].video || !(d->flags & FLAG_NO_KEY),
	};
	t->data += d->size;
	t->dts += d->duration;
	return 0;
}

static int
read_samples(struct traf *t, struct nvr_span b, uint32_t version,
    uint32_t flags, uint32_t count, struct nvr_error *err)
{
	uint32_t first_flags = t->defaults.flags, cts, i;
	struct nvr_mp4_defaults d;
	int rc;

	if (!optional(&b, flags & TRUN_FIRST_FLAGS, &first_flags))
		return too_short("trun", err);
	for (i = 0; i < count; i++) {
		d = t->defaults;
		cts = 0;
		if (i == 0)
			d.flags = first_flags;
		if (!optional(&b, flags & TRUN_DURATION, &d.duration) ||
		    !optional(&b, flags & TRUN_SIZE, &d.size) ||
		    !optional(&b, flags & TRUN_FLAGS, &d.flags) ||
		    !optional(&b, flags & TRUN_CTS, &cts))
			return too_short("trun", err);
		rc = add_sample(
		    t, &d, version == 0 ? (int64_t)cts : (int32_t)cts, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
read_trun(struct traf *t, struct nvr_span b, struct nvr_error *err)
{
	const uint8_t *p = nvr_span_take(&b, 8);
	uint32_t flags, count, offset = 0;
	int rc;

	if (p == NULL)
		return too_short("trun", err);
	flags = nvr_be32(p) & 0xffffff;
	count = nvr_be32(p + 4);
	if (!optional(&b, flags & TRUN_OFFSET, &offset))
		return too_short("trun", err);
	/* What wraps around here is outside the mdat, and found there. */
	if (flags & TRUN_OFFSET)
		t->data = t->base + (uint64_t)(int64_t)(int32_t)offset;
	if (count > SAMPLES_MAX - t->m->samples_n)
		return nvr_fail(
		    err, NVR_E_DATA, "a fragment has too many samples");
	rc = reserve(t->m, count, err);
	if (rc != 0)
		return rc;
	return read_samples(t, b, p[0], flags, count, err);
}

static int
read_traf(struct traf *t, struct nvr_span traf, struct nvr_error *err)
{
	struct nvr_span b;
	uint32_t type;
	int rc;

	rc = nvr_span_find(traf, NVR_BOX('t', 'f', 'h', 'd'), &b, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return nvr_fail(err, NVR_E_DATA, "a fragment has no tfhd");
	rc = read_tfhd(t, b, err);
	if (rc != 0 || t->track < 0)
		return rc;
	rc = nvr_span_find(traf, NVR_BOX('t', 'f', 'd', 't'), &b, err);
	if (rc == 1)
		rc = read_tfdt(t, b, err);
	while (rc >= 0 && (rc = nvr_span_box(&traf, &type, &b, err)) == 1)
		if (type == NVR_BOX('t', 'r', 'u', 'n'))
			rc = read_trun(t, b, err);
	if (rc == 0)
		t->m->next_dts[t->track] = t->dts;
	return rc;
}

int
nvr_mp4_moof(struct nvr_mp4 *m, struct nvr_span moof, uint64_t at,
    uint64_t mdat, uint64_t mdat_end, struct nvr_error *err)
{
	struct nvr_span b;
	uint32_t type;
	int rc;

	m->samples_n = 0;
	while ((rc = nvr_span_box(&moof, &type, &b, err)) == 1) {
		struct traf t = {
		    .m = m, .base = at, .mdat = mdat, .mdat_end = mdat_end};

		if (type != NVR_BOX('t', 'r', 'a', 'f'))
			continue;
		rc = read_traf(&t, b, err);
		if (rc != 0)
			return rc;
	}
	return rc;
}
