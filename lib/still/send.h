/*
 * What of a still leaves the machine: the size that its reader uses, and none
 * of its metadata (EXIF, comments, embedded previews).  An orientation that
 * EXIF asks for goes with it: stills of cameras stand upright.
 */
#ifndef NVR_STILL_SEND_H
#define NVR_STILL_SEND_H

#include "base/buf.h"

struct nvr_send {
	int x, y, width, height; /* a crop, pixels of the still; width 0: all */
	/* 0: as it is, else twice at most; the shape is kept by whom asks. */
	int to_width, to_height;
	int quality; /* of a JPEG that is encoded anew, 1..100 */
};

/*
 * The JPEG to send, into ret, which must be empty.  A picture that is sent
 * whole and as it is, is not encoded anew.  NVR_E_DATA: it cannot be decoded,
 * or is neither grey nor Y'CbCr.  NVR_E_USAGE: the crop is not inside it.
 */
int nvr_send_still(const void *jpeg, size_t len, const struct nvr_send *how,
    struct nvr_buf *ret, struct nvr_error *err);

#endif
