/*
 * Do the tables of a track agree?  They are walked side by side, each through
 * a window; see clip_check.h.
 */
#include "media/clip_check.h"

#define LENGTH_MAX (UINT64_MAX / 8)
/* Of a duration to the movie's ticks, once an edit. */
#define ROUNDING 3

static int
bad(const char *what, struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "%s", what);
}

/* The next entry: 1; 0: no more. */
static int
next(struct nvr_clip_table *t, const uint8_t **p, struct nvr_error *err)
{
	int rc;

	if (t->left == 0)
		return 0;
	rc = nvr_window_get(&t->window, t->at, t->width, p, err);
	t->at += t->width;
	t->left--;
	return rc != 0 ? rc : 1;
}

/* stts and ctts: runs of so many samples and a value. */
static int
check_runs(struct nvr_clip_table *t, uint32_t samples, uint64_t *sum,
    int64_t *most, struct nvr_error *err)
{
	uint64_t count = 0;
	const uint8_t *p;
	uint32_t n, value;
	int rc;

	*sum = 0;
	*most = 0;
	while ((rc = next(t, &p, err)) == 1) {
		n = nvr_be32(p);
		value = nvr_be32(p + 4);
		count += n;
		*sum += (uint64_t)n * value;
		if ((int32_t)value > *most)
			*most = (int32_t)value;
		if (count > samples)
			break;
		if (*sum > LENGTH_MAX)
			*sum = LENGTH_MAX;
	}
	if (rc < 0)
		return rc;
	return count == samples
		   ? 0
		   : bad("stts or ctts have another number of samples", err);
}

static int
check_keys(struct nvr_clip_table *t, uint32_t samples, struct nvr_error *err)
{
	uint32_t last = 0, n;
	const uint8_t *p;
	int rc;

	while ((rc = next(t, &p, err)) == 1) {
		n = nvr_be32(p);
		if (n <= last || n > samples)
			return bad("stss is out of order", err);
		last = n;
	}
	return rc;
}

/* How many bytes the next n samples have. */
static int
add_sizes(struct nvr_clip_checked *t, uint32_t n, uint64_t *bytes,
    struct nvr_error *err)
{
	const uint8_t *p;
	int rc;

	*bytes = 0;
	if (!t->sizes.there) {
		*bytes = (uint64_t)n * t->size;
		return 0;
	}
	for (; n > 0; n--) {
		rc = next(&t->sizes, &p, err);
		if (rc != 1)
			return rc < 0 ? rc : bad("stsz is too short", err);
		*bytes += nvr_be32(p);
	}
	return 0;
}

/* A run of stsc, and where the next one begins. */
struct run {
	uint32_t samples, following;
};

static int
next_run(struct nvr_clip_checked *t, struct run *run, uint32_t chunk,
    struct nvr_error *err)
{
	const uint8_t *p;
	uint32_t description;
	int rc;

	if (run->following != chunk)
		return 0;
	rc = next(&t->chunks, &p, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || nvr_be32(p) != chunk)
		return bad("stsc is out of order", err);
	run->samples = nvr_be32(p + 4);
	description = nvr_be32(p + 8);
	if (description == 0 || description > t->descriptions)
		return bad("stsc names a description that is not there", err);
	run->following = 0;
	if (t->chunks.left == 0)
		return 0;
	/* A look at the one after it. */
	rc = nvr_window_get(
	    &t->chunks.window, t->chunks.at, t->chunks.width, &p, err);
	if (rc != 0)
		return rc;
	run->following = nvr_be32(p);
	return run->following > chunk ? 0 : bad("stsc is out of order", err);
}

static int
check_chunks(struct nvr_clip_checked *t, uint64_t data, uint64_t data_end,
    uint64_t *bytes, struct nvr_error *err)
{
	struct run run = {.following = 1};
	uint64_t at, len, left = t->samples;
	uint32_t chunk;
	const uint8_t *p;
	int rc;

	for (chunk = 1; (rc = next(&t->offsets, &p, err)) == 1; chunk++) {
		at = t->offsets.width == 8 ? nvr_be64(p) : nvr_be32(p);
		rc = next_run(t, &run, chunk, err);
		if (rc != 0)
			return rc;
		if (run.samples == 0 || run.samples > left)
			return bad("stsc has another number of samples", err);
		left -= run.samples;
		rc = add_sizes(t, run.samples, &len, err);
		if (rc != 0)
			return rc;
		if (at < data || at > data_end || len > data_end - at)
			return bad("a sample is not inside the mdat", err);
		/* Each begins behind the one before. */
		data = at + len;
		if (*bytes > LENGTH_MAX)
			return bad("it has too many bytes", err);
		*bytes += len;
	}
	if (rc < 0)
		return rc;
	return left == 0 && t->chunks.left == 0
		   ? 0
		   : bad("stsc has another number of samples", err);
}

static uint64_t
scale(uint64_t v, uint32_t to, uint32_t from)
{
	unsigned __int128 r = ((unsigned __int128)v * to + from / 2) / from;

	return r > LENGTH_MAX ? LENGTH_MAX : (uint64_t)r;
}

/* The edit list, and what the headers say, against the sum of durations. */
static int
check_length(struct nvr_clip_checked *t, uint32_t timescale, uint64_t sum,
    int64_t most, struct nvr_error *err)
{
	uint64_t whole = scale(sum, timescale, t->timescale), end;

	if (sum != t->media_len)
		return bad("its duration is not the sum of its samples'", err);
	if (t->edits == 0)
		return t->track_len <= whole + ROUNDING &&
			       whole <= t->track_len + ROUNDING
			   ? 0
			   : bad("its duration is not that of its media", err);
	if (t->track_len != t->edited)
		return bad("its duration is not that of its edits", err);
	end = scale(t->media_time, timescale, t->timescale) + t->edit_len;
	whole += scale((uint64_t)most, timescale, t->timescale);
	return end <= whole + ROUNDING ? 0 : bad("an edit ends too late", err);
}

int
nvr_clip_check(struct nvr_clip_checked *t, uint32_t timescale, uint64_t data,
    uint64_t data_end, uint64_t *bytes, struct nvr_error *err)
{
	uint64_t sum, shifts;
	int64_t most;
	int rc;

	if (t->timescale == 0 || t->samples == 0 || t->descriptions == 0 ||
	    !t->times.there || !t->chunks.there || !t->offsets.there)
		return bad("a table is missing", err);
	rc = check_runs(&t->times, t->samples, &sum, &most, err);
	most = 0;
	if (rc == 0 && t->shifts.there)
		rc = check_runs(&t->shifts, t->samples, &shifts, &most, err);
	if (rc == 0 && t->keys.there)
		rc = check_keys(&t->keys, t->samples, err);
	if (rc == 0)
		rc = check_length(t, timescale, sum, most, err);
	if (rc == 0)
		rc = check_chunks(t, data, data_end, bytes, err);
	return rc;
}
