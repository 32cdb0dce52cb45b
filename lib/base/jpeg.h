/*
 * Where a JPEG (ITU-T T.81, annex B) ends, its size, and what in it is not
 * picture, from its markers alone.  Nothing is decoded.
 */
#ifndef NVR_BASE_JPEG_H
#define NVR_BASE_JPEG_H

#include <stddef.h>

#include "base/buf.h"

/* The largest JPEG taken from anywhere, bytes. */
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
 * The size that the frame header tells, 0 to 65535 pixels a side, whatever
 * that may be worth.  NVR_E_DATA when there is none.
 */
int nvr_jpeg_size(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err);

/*
 * Appends the same picture without what else a JPEG carries: EXIF, comments,
 * profiles, thumbnails, and whatever stands behind its end.  NVR_E_DATA: it is
 * none, or not whole.
 */
int nvr_jpeg_strip(
    const void *data, size_t len, struct nvr_buf *ret, struct nvr_error *err);

#endif
