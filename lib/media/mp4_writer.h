/*
 * Writes a recorded segment: fragmented MP4 (ISO/IEC 14496-12), by libav's
 * muxer.  ftyp and moov come first and are never touched again; then one moof
 * and mdat a fragment, whose end is the only place where the file may be cut.
 */
#ifndef NVR_MEDIA_MP4_WRITER_H
#define NVR_MEDIA_MP4_WRITER_H

#include "base/bytes.h"
#include "media/frame.h"

struct nvr_mp4_writer;

struct nvr_mp4_track {
	const struct nvr_track *track; /* read during open */
	/*
	 * Of the track's clock: where the file's time 0 is.  A frame's dts may
	 * not be before it.
	 */
	int64_t zero;
};

struct nvr_mp4_options {
	const char *camera; /* its title */
	int64_t start;	    /* microseconds UTC; written as creation time */
};

/*
 * Writes ftyp and moov.  NVR_E_DATA when MP4 cannot carry a track as it is.
 * Frames name their track by its place in `tracks`.
 */
int nvr_mp4_writer_open(const struct nvr_sink *sink,
    const struct nvr_mp4_track *tracks, int n, const struct nvr_mp4_options *o,
    struct nvr_mp4_writer **ret, struct nvr_error *err);

/*
 * Keeps the frame for the open fragment; its 4000th frame writes it.
 * NVR_E_DATA when its dts is not above the track's last one.
 */
int nvr_mp4_writer_frame(struct nvr_mp4_writer *w, int track,
    const struct nvr_frame *f, struct nvr_error *err);

/* Writes the open fragment, if there is anything in it. */
int nvr_mp4_writer_fragment(struct nvr_mp4_writer *w, struct nvr_error *err);

/* Bytes that the open fragment holds. */
size_t nvr_mp4_writer_held(const struct nvr_mp4_writer *w);

/* Does not write what is held: call nvr_mp4_writer_fragment before. */
void nvr_mp4_writer_free(struct nvr_mp4_writer *w);

#endif
