/* What the files of the clip writer share. */
#ifndef NVR_MEDIA_CLIP_INT_H
#define NVR_MEDIA_CLIP_INT_H

#include "base/time.h"
#include "media/clip.h"
#include "media/mp4.h"
#include "media/mp4_box.h"
#include "media/spool.h"

#define NVR_CLIP_TRACKS_MAX 8
#define NVR_CLIP_HELD_MAX 64 /* frames that wait for an earlier one */

/* Equal values in a row, as stts and ctts keep them. */
struct nvr_clip_run {
	struct nvr_spool table;
	uint32_t count, value;
};

/* A sample on its way into the tables. */
struct nvr_clip_sample {
	int64_t dts, pts; /* ticks of the track's timescale since `since` */
	uint32_t duration, size;
	bool key;
	uint64_t offset; /* in its segment */
	uint32_t segment, description;
};

struct nvr_clip_track {
	bool video;
	int ordinal; /* among those of its kind */
	uint32_t timescale;
	int width, height;	/* the largest */
	struct nvr_buf entries; /* sample entries, one after the other */
	uint32_t descriptions;

	struct nvr_spool sizes, stss, stsc;
	struct nvr_clip_run stts, ctts;
	uint32_t samples, keys, chunks;
	uint32_t size; /* of the first one */
	bool sizes_differ, negative, reordered;
	uint32_t chunk_samples, chunk_description; /* last entry of stsc */
	uint64_t first_extent; /* extents before it are not used */

	int64_t dts0, pts0; /* of the first sample: time 0 of the media */
	int64_t dts;	    /* of the last one */
	uint32_t duration;  /* of the last one */
	int64_t shown_from; /* the frame that is due at `since` */
	int64_t shown_end;  /* where the last one shown ends */
	int64_t shift_max;  /* of ctts */
	int64_t media_len;  /* ticks, once all is there */
	bool hides_end;	    /* samples that are shown never */
	bool ended;
	/* Frames from `until` on, until an earlier one turns out to follow. */
	struct nvr_clip_sample held[NVR_CLIP_HELD_MAX];
	unsigned held_n;

	bool seen;	  /* in a segment: also what is not in the clip */
	int64_t seen_end; /* microseconds on the caller's timeline */

	bool edited; /* by an edit list */
	/* What is shown, in the track's ticks: nothing for so long, then the
	 * media from a time on, for so long. */
	int64_t pause, media_time, shown;
};

/* Bytes of a segment that make a chunk, in the order of the file. */
struct nvr_clip_extent {
	uint64_t offset, len;
	uint32_t segment, track;
};

struct nvr_clip {
	const struct nvr_clip_options *o;
	const struct nvr_clip_source *source;
	struct nvr_clip_result result;
	struct nvr_clip_track track[NVR_CLIP_TRACKS_MAX];
	int n;
	bool quicktime;
	bool failed;	/* to write tables: no segment's fault */
	int64_t begin;	/* microseconds since `since`: what was asked for */
	int64_t closed; /* microseconds that gaps were shortened by so far */
	struct nvr_spool extents;
	uint64_t extents_n;
	struct nvr_clip_extent open; /* the last one, which may yet grow */
	uint32_t open_samples, open_description;
};

/* a * b / c, to the nearest; the result has to fit. */
static inline int64_t
nvr_muldiv(int64_t a, int64_t b, int64_t c)
{
	__int128 v = (__int128)a * b, half = c / 2;

	return (int64_t)((v >= 0 ? v + half : v - half) / c);
}

static inline int64_t
nvr_clip_ticks(const struct nvr_clip_track *t, int64_t us)
{
	return nvr_muldiv(us, t->timescale, NVR_SECOND);
}

static inline int64_t
nvr_clip_us(const struct nvr_clip_track *t, int64_t ticks)
{
	return nvr_muldiv(ticks, NVR_SECOND, t->timescale);
}

/* What can be wrong with a segment, without the clip being lost. */
static inline bool
nvr_clip_damage(int rc)
{
	return rc == NVR_E_DATA || rc == NVR_E_IO || rc == NVR_E_NOENT ||
	       rc == NVR_E_PERMISSION;
}

/* Where what is shown begins, as far as is known: as nvr_clip.begin. */
int64_t nvr_clip_begin(const struct nvr_clip *c);
void nvr_clip_event(struct nvr_clip *c, const struct nvr_clip_event *e);

/* Tables: clip_table.c. */
int nvr_clip_add(struct nvr_clip *c, struct nvr_clip_track *t,
    const struct nvr_clip_sample *s, struct nvr_error *err);
/* Forgets the track's samples, not what it is. */
void nvr_clip_drop(struct nvr_clip *c, struct nvr_clip_track *t);
/* Nothing follows. */
int nvr_clip_close(struct nvr_clip *c, struct nvr_error *err);
/* The extents in use, one after the other from *i; 0 at the end. */
int nvr_clip_extent(struct nvr_clip *c, uint64_t *i,
    struct nvr_clip_extent *ret, struct nvr_error *err);

/* The first pass over a segment: clip_segment.c. */
int nvr_clip_segment(struct nvr_clip *c, const struct nvr_clip_segment *s,
    uint32_t index, struct nvr_error *err);

/* The second one: clip_copy.c. */
int nvr_clip_copy(
    struct nvr_clip *c, const struct nvr_sink *sink, struct nvr_error *err);

/* ftyp, moov and the header of mdat: clip_moov.c. */
int nvr_clip_head(
    struct nvr_clip *c, const struct nvr_sink *sink, struct nvr_error *err);

#endif
