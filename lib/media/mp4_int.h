/* What the files of the MP4 reader share. */
#ifndef NVR_MEDIA_MP4_INT_H
#define NVR_MEDIA_MP4_INT_H

#include "media/mp4.h"
#include "media/mp4_box.h"

/* A time in ticks beyond this is no time of a recording. */
#define NVR_MP4_TIME_MAX (INT64_C(1) << 56)

/* Of trex and tfhd: what a sample is when its run does not say. */
struct nvr_mp4_defaults {
	uint32_t duration, size, flags;
};

struct nvr_mp4 {
	struct nvr_bytes bytes;
	struct nvr_window window;
	uint8_t *moov; /* the tracks borrow from it */
	size_t moov_len;
	bool quicktime;
	int n;
	struct nvr_mp4_track_info track[NVR_TRACKS_MAX];
	struct nvr_mp4_defaults defaults[NVR_TRACKS_MAX];
	int64_t next_dts[NVR_TRACKS_MAX]; /* for a traf without a tfdt */
	uint64_t first, end; /* of the fragments; of the last one given */
	uint64_t next;	     /* where to look for the next one */
	struct nvr_mp4_sample *samples;
	size_t samples_n, samples_cap;
};

/* Reads the stsd box of a track, header and all; mp4_stsd.c. */
int nvr_mp4_stsd(bool quicktime, struct nvr_span stsd,
    struct nvr_mp4_track_info *ret, struct nvr_error *err);

/* Fills samples with those of a moof at an offset; its mdat's data. */
int nvr_mp4_moof(struct nvr_mp4 *m, struct nvr_span moof, uint64_t at,
    uint64_t mdat, uint64_t mdat_end, struct nvr_error *err);

#endif
