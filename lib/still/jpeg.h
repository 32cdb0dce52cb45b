/* Decoding and encoding JPEG (ITU-T T.81) with libjpeg-turbo. */
#ifndef NVR_STILL_JPEG_H
#define NVR_STILL_JPEG_H

#include <stddef.h>

#include "base/buf.h"
#include "still/picture.h"

/* Its size, if the header is one that can be decoded; else NVR_E_DATA. */
int nvr_jpeg_check(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err);

/* NVR_E_DATA when it is damaged, cut short, or neither grey nor YCbCr. */
int nvr_jpeg_decode(const void *data, size_t len, struct nvr_picture **ret,
    struct nvr_error *err);

/*
 * The same of fewer pixels, which is quicker: the fewest eighths of its sides
 * that are not less than these.
 */
int nvr_jpeg_decode_small(const void *data, size_t len, int least_width,
    int least_height, struct nvr_picture **ret, struct nvr_error *err);

/* Appends the JPEG; quality is libjpeg's 1..100. */
int nvr_jpeg_encode(const struct nvr_picture *pic, int quality,
    struct nvr_buf *out, struct nvr_error *err);

#endif
