/*
 * What a camera sends, taken apart: tracks, and frames of them as they were
 * encoded.  Nothing is decoded.
 */
#ifndef NVR_MEDIA_FRAME_H
#define NVR_MEDIA_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define NVR_TRACKS_MAX 4

struct nvr_track {
	bool video;	   /* else audio */
	bool wanted;	   /* false: left out, `why` says why */
	char codec[24];	   /* as libav calls it: h264, hevc, aac, pcm_alaw */
	char why[96];	   /* "" */
	char control[512]; /* of the SDP: where RTSP's SETUP goes */
	int clock_rate;	   /* ticks a second of its time stamps */
	int width, height; /* pixels, of video; 0 until known */
	int channels, sample_rate; /* of audio */
	/*
	 * What a decoder needs ahead of the first frame: H.264 and H.265
	 * parameter sets, each after 00 00 00 01; AudioSpecificConfig of AAC;
	 * OpusHead.  Changes with a frame that is `fresh`.
	 */
	struct nvr_buf config;
};

/* Borrowed for the call that it is handed to. */
struct nvr_frame {
	int track;
	bool key;   /* decoding can begin here; always so for audio */
	bool fresh; /* key, and the track's size or config is not as before */
	/*
	 * Ticks of the track's clock since its first frame, unwrapped, without
	 * any judgement: they jump when the camera's clock does.  dts never
	 * exceeds pts, and grows from frame to frame unless the clock jumped.
	 */
	int64_t dts, pts;
	int64_t duration; /* ticks, an estimate where it is not known */
	int64_t arrived;  /* CLOCK_MONOTONIC, microseconds: its last byte */
	/* H.264 and H.265: NAL units, each after 00 00 00 01. */
	const uint8_t *data;
	size_t len;
};

/* Gets each frame; other than 0 stops and is passed on. */
struct nvr_frame_sink {
	int (*frame)(
	    void *ctx, const struct nvr_frame *f, struct nvr_error *err);
	void *ctx;
};

#endif
