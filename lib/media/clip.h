/*
 * Joins recorded segments into one ordinary MP4, its moov first, by copying
 * samples: nothing is decoded, no libav.  Two passes over the segments: the
 * first reads the moofs and fills the tables, which wait in unlinked files
 * once they are large; the second copies.  So memory does not grow with the
 * clip, and the clip may go to a pipe.
 *
 * Times are microseconds on one timeline that the caller chooses (UTC).
 *
 * What becomes of the timeline: every sample keeps its place on it, whatever
 * the jitter where two segments meet, which the duration of the sample before
 * takes up.  Where more than a second is missing, one second is left of it,
 * for all tracks alike, and likewise recordings that overlap are set one
 * after the other.  A track that pauses holds its last sample for as long.
 *
 * The clip begins with the frame that is due at `since`, by an edit list.  The
 * frames from the key frame before it are in the file, since decoding needs
 * them, but are not shown;
 * likewise frames from `until` on that earlier ones (in order of showing)
 * depend on.  Audio begins with the sample that sounds at `since`.
 */
#ifndef NVR_MEDIA_CLIP_H
#define NVR_MEDIA_CLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct nvr_clip_segment {
	struct nvr_bytes bytes; /* fragmented MP4, as mp4.h reads it */
	int64_t start;		/* where its time 0 is */
	int64_t gap_before;	/* known to be missing before it; 0: nothing */
	int64_t from, end;	/* as it was recorded, for events; 0: unknown */
};

/* Segments in order of time.  Gone through twice, alike. */
struct nvr_clip_source {
	/*
	 * The next one, borrowed until the next call.  1: a segment; 0: no
	 * more.  NVR_E_DATA, NVR_E_IO, NVR_E_NOENT and NVR_E_PERMISSION: this
	 * one cannot be read, and the next call gives the one after it; its
	 * start should be set all the same.
	 */
	int (*next)(
	    void *ctx, struct nvr_clip_segment *ret, struct nvr_error *err);
	int (*rewind)(void *ctx, struct nvr_error *err);
	void *ctx;
};

enum nvr_clip_event_kind {
	NVR_CLIP_GAP,	  /* there is no footage */
	NVR_CLIP_MISSING, /* a segment, or the rest of it, is damaged */
	NVR_CLIP_ZEROED,  /* promised by the first pass, lost in the second */
};

struct nvr_clip_event {
	enum nvr_clip_event_kind kind;
	int64_t at;	 /* GAP: where it begins; else the segment's start */
	int64_t in_clip; /* GAP: its place, from the beginning of the clip */
	int64_t length;	 /* GAP: of the hole in the recording */
	/* MISSING: what is left out; ZEROED: what the segment has; the latter
	 * is 0 where it is unknown. */
	int64_t from, end;
	int64_t closed;	  /* GAP: by so much it was shortened */
	uint64_t bytes;	  /* ZEROED */
	uint32_t segment; /* the n-th of the source, from 0; GAP: after it */
	const char *why;  /* MISSING, ZEROED */
};

struct nvr_clip_options {
	int64_t since, until; /* until is not part of it */
	/*
	 * Begin at the key frame at or before since instead, so that nothing
	 * is hidden and video needs no edit list.
	 */
	bool key_frames;
	const char *title;   /* the camera's name; NULL: none */
	const char *encoder; /* the tool and its version; NULL: none */
	const char *temp;    /* folder for the tables, which hold no picture */
	void (*event)(void *ctx, const struct nvr_clip_event *e); /* or NULL */
	/* How many bytes the file is going to have, once, ahead of the first
	 * of them; what is not 0 ends it.  Or NULL.  What is shown is in *ret
	 * by then. */
	int (*size)(void *ctx, uint64_t bytes, struct nvr_error *err);
	void *ctx;
};

struct nvr_clip_result {
	uint64_t bytes;		/* of the file */
	uint64_t frames;	/* of video, hidden ones included */
	int64_t first, last;	/* what is shown, on the caller's timeline */
	int64_t duration;	/* of the clip */
	uint32_t gaps, missing; /* events of these kinds */
	uint64_t zeroed;	/* bytes */
	bool complete; /* nothing missing or zeroed; gaps are no fault */
};

/*
 * NVR_E_NOENT when there is nothing between since and until, and then nothing
 * was written.  A segment that is damaged is left out from there on.  One that
 * only turns out so in the second pass leaves zeros where its samples should
 * be: a broken frame, but no broken file.
 */
int nvr_clip_write(const struct nvr_clip_source *source,
    const struct nvr_sink *sink, const struct nvr_clip_options *o,
    struct nvr_clip_result *ret, struct nvr_error *err);

struct nvr_clip_summary {
	int tracks;
	uint64_t frames, samples; /* of video; of all tracks */
	uint64_t data;		  /* bytes of samples */
	int64_t duration;	  /* microseconds */
};

/*
 * Reads a finished clip back: every sample lies in an mdat, the tables agree
 * with each other, the durations with the edit lists.  NVR_E_DATA says what
 * is wrong.  Nothing is decoded.
 */
int nvr_clip_verify(const struct nvr_bytes *bytes, struct nvr_clip_summary *ret,
    struct nvr_error *err);

#endif
