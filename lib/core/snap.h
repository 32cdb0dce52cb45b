/*
 * Taking one still: from the camera's own JPEG URL where it has one, else
 * from its stream; masks painted, size as wished, EXIF written.
 */
#ifndef NVR_CORE_SNAP_H
#define NVR_CORE_SNAP_H

#include "core/inventory.h"

struct nvr_snap_options {
	int64_t timeout; /* microseconds, for everything */
	int width;	 /* pixels; 0: as the camera gives it */
	int quality;	 /* JPEG, 1..100, where it is encoded anew */
	bool tls12;	 /* accept TLS 1.2 of cameras */
};

struct nvr_still {
	int64_t id, taken_at; /* as its EXIF says */
	struct nvr_buf jpeg;  /* the caller's */
};

/*
 * A JPEG of the camera passes through as it is unless a mask or a width asks
 * for another.  A mask that cannot be read lets no still out.
 */
int nvr_snap_take(const struct nvr_camera *cam, const struct nvr_secrets *x,
    const struct nvr_snap_options *o, struct nvr_still *ret,
    struct nvr_error *err);

#endif
