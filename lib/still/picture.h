/*
 * A picture in memory: planar Y'CbCr 4:2:0 with the full range of values
 * (0..255), as JFIF (ITU-T T.871) has it.  What a decoder gives and what the
 * JPEG encoder takes, with the masks painted in between.
 */
#ifndef NVR_STILL_PICTURE_H
#define NVR_STILL_PICTURE_H

#include <stdint.h>

#include "base/error.h"

/* No camera has more; a header that says so is an attack on our memory. */
#define NVR_PICTURE_MAX_SIDE 16384
#define NVR_PICTURE_MAX_PIXELS (100 * 1000 * 1000)

struct nvr_picture {
	int width, height; /* pixels, both at least 1 */
	uint8_t *plane[3]; /* Y, Cb, Cr; chroma sides are rounded up */
	/* Bytes from one row to the next; of Y there is room for even sides. */
	int stride[3];
	int64_t taken_at; /* microseconds since 1970, UTC */
};

/* NVR_E_DATA when it is out of these bounds. */
int nvr_picture_check(int width, int height, struct nvr_error *err);

/* NVR_E_DATA when the size is out of bounds.  The planes are not cleared. */
int nvr_picture_new(
    int width, int height, struct nvr_picture **ret, struct nvr_error *err);
void nvr_picture_free(struct nvr_picture *pic);

/*
 * A smaller copy of that width, keeping the shape; every pixel is the mean of
 * the area it covers.  NVR_E_USAGE when it would be larger.
 */
int nvr_picture_shrink(const struct nvr_picture *pic, int width,
    struct nvr_picture **ret, struct nvr_error *err);

#endif
