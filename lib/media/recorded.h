/* One picture out of a recorded segment. */
#ifndef NVR_MEDIA_RECORDED_H
#define NVR_MEDIA_RECORDED_H

#include "base/bytes.h"
#include "media/video.h"

struct nvr_recorded_request {
	const struct nvr_bytes *bytes; /* fragmented MP4, as mp4.h reads it */
	/* Microseconds after the segment's first picture; INT64_MAX: the last
	 * there is. */
	int64_t at;
	/* The very frame that is due then, which takes decoding from the key
	 * frame on; else that key frame. */
	bool exact;
	int width;		     /* as in nvr_video_request */
	struct nvr_video_jpeg *jpeg; /* the same; taken_at is not set */
};

/*
 * *at receives where the picture is.  The picture's taken_at is not set.
 * NVR_E_DATA when there is no key frame, or it cannot be decoded.
 */
int nvr_recorded_still(const struct nvr_recorded_request *req,
    struct nvr_picture **ret, int64_t *at, struct nvr_error *err);

#endif
