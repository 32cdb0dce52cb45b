/*
 * Reads the fragmented MP4 that nvr-record writes (ISO/IEC 14496-12): its
 * tracks, and the samples of one fragment after the other.  No libav, so that
 * nvr-clip and repairs do without.  Everything in the file may be hostile.
 * Edit lists are not looked at: such a file has none.
 */
#ifndef NVR_MEDIA_MP4_H
#define NVR_MEDIA_MP4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "media/frame.h"

struct nvr_mp4;

struct nvr_mp4_track_info {
	uint32_t id;
	bool video;
	char format[5];	     /* the sample entry's type: avc1, hvc1, mp4a */
	uint32_t timescale;  /* ticks a second */
	int width, height;   /* pixels, of video */
	const uint8_t *stsd; /* the whole box, borrowed */
	size_t stsd_len;
	/* avcC, hvcC, esds …: the box inside that configures a decoder; NULL:
	 * none.  Contents only, borrowed. */
	const uint8_t *config;
	size_t config_len;
	char config_type[5];
};

struct nvr_mp4_sample {
	int track; /* its place in the file's tracks */
	uint64_t offset;
	uint32_t size;
	int64_t dts; /* ticks since the file's time 0 */
	int32_t cts; /* pts - dts */
	uint32_t duration;
	bool key;
};

/* NVR_E_DATA when ftyp or moov are missing, broken or not of this kind. */
int nvr_mp4_open(
    const struct nvr_bytes *bytes, struct nvr_mp4 **ret, struct nvr_error *err);
void nvr_mp4_free(struct nvr_mp4 *m);

int nvr_mp4_tracks(const struct nvr_mp4 *m);
const struct nvr_mp4_track_info *nvr_mp4_track(const struct nvr_mp4 *m, int i);

/* It is a QuickTime movie, which may hold PCM. */
bool nvr_mp4_quicktime(const struct nvr_mp4 *m);

/*
 * The samples of the next fragment, one track after the other as the moof has
 * them, each in decoding order; borrowed until the next call.  1: a fragment;
 * 0: no whole one follows.  Only the moof is read.  NVR_E_DATA when it
 * contradicts itself or points outside its mdat.
 */
int nvr_mp4_next(struct nvr_mp4 *m, const struct nvr_mp4_sample **samples,
    size_t *n, struct nvr_error *err);
void nvr_mp4_rewind(struct nvr_mp4 *m);

/* Where the last fragment that nvr_mp4_next gave ends; at first, the moov. */
uint64_t nvr_mp4_end(const struct nvr_mp4 *m);

#endif
