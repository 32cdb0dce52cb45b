/* One JPEG after another from a descriptor; no library is linked for it. */
#ifndef NVR_STILL_JPEG_STREAM_H
#define NVR_STILL_JPEG_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/jpeg.h"

/*
 * T.81 has no container, and MJPEG readers expect just this.  Bytes between two
 * of them are skipped when they are zeros or line ends, and refused otherwise.
 */
struct nvr_jpeg_stream {
	int fd;
	struct nvr_buf buf;
	size_t used;   /* the last JPEG, dropped by the next call */
	size_t resume; /* inside the one being read */
	long long count;
	bool broken; /* the next call looks for where one begins */
};

/*
 * 1: *data and *len are the next one, borrowed until the next call.  0: the
 * end.  NVR_E_DATA: cut short, not a JPEG, or larger than
 * NVR_JPEG_MAX_BYTES; the next call goes on where another begins.  NVR_E_AGAIN:
 * fd is non-blocking and has no more yet; the next call goes on from there.
 */
int nvr_jpeg_stream_next(struct nvr_jpeg_stream *s, const void **data,
    size_t *len, struct nvr_error *err);
void nvr_jpeg_stream_release(struct nvr_jpeg_stream *s);

#endif
