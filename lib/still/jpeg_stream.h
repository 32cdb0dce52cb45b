/*
 * Where a JPEG (ITU-T T.81) ends and the next begins, from its markers alone:
 * nothing is decoded and no library is linked.
 */
#ifndef NVR_STILL_JPEG_STREAM_H
#define NVR_STILL_JPEG_STREAM_H

#include <stddef.h>

#include "base/buf.h"

/* The largest JPEG taken from anywhere. */
#define NVR_JPEG_MAX_BYTES ((size_t)64 << 20)

/*
 * Walks the markers from SOI to EOI and returns the length of the JPEG that
 * starts at data.  0: it goes on after len.  NVR_E_DATA: it is none.  The
 * segments are skipped by their length, so a thumbnail inside EXIF does not
 * end the picture.  *resume is where to go on when more has come; start
 * with 0.
 */
long nvr_jpeg_length(
    const void *data, size_t len, size_t *resume, struct nvr_error *err);

/*
 * One JPEG after another from a descriptor (T.81 has no container; MJPEG
 * readers expect just this).  Bytes between two of them are skipped when they
 * are zeros or line ends, and refused otherwise.
 */
struct nvr_jpeg_stream {
	int fd;
	struct nvr_buf buf;
	size_t used;   /* the last JPEG, dropped by the next call */
	size_t resume; /* inside the one being read */
	long long count;
};

/*
 * 1: *data and *len are the next one, borrowed until the next call.  0: the
 * end.  NVR_E_DATA: cut short, not a JPEG, or larger than
 * NVR_JPEG_MAX_BYTES; there is no going on after that.
 */
int nvr_jpeg_stream_next(struct nvr_jpeg_stream *s, const void **data,
    size_t *len, struct nvr_error *err);
void nvr_jpeg_stream_release(struct nvr_jpeg_stream *s);

/*
 * The size that the frame header tells.  NVR_E_DATA when it is none, or out
 * of the bounds of still/picture.h.
 */
int nvr_jpeg_size(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err);

#endif
