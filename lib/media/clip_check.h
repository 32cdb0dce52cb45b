/* A clip that is read back: a track of it, and whether its tables agree. */
#ifndef NVR_MEDIA_CLIP_CHECK_H
#define NVR_MEDIA_CLIP_CHECK_H

#include "media/clip.h"
#include "media/mp4_box.h"

/* A table of a track, read in order. */
struct nvr_clip_table {
	struct nvr_window window;
	uint64_t at; /* the next entry */
	uint32_t left;
	unsigned width; /* bytes of an entry */
	bool there;
};

struct nvr_clip_checked {
	uint32_t timescale, id, edits, descriptions;
	uint64_t media_len, track_len;
	uint64_t edited;     /* sum, in the movie's ticks */
	uint64_t media_time; /* of the last edit */
	uint64_t edit_len;   /* of the last edit, in the movie's ticks */
	bool video;
	uint32_t size, samples; /* of stsz; size 0: there is a table */
	struct nvr_clip_table sizes, times, shifts, keys, chunks, offsets;
};

/*
 * Whether the tables agree with each other and with the durations, and every
 * sample lies between data and data_end.  Adds up the samples' bytes.
 */
int nvr_clip_check(struct nvr_clip_checked *t, uint32_t timescale,
    uint64_t data, uint64_t data_end, uint64_t *bytes, struct nvr_error *err);

#endif
