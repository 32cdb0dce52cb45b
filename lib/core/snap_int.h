/* What stills of the camera and of its recording share. */
#ifndef NVR_CORE_SNAP_INT_H
#define NVR_CORE_SNAP_INT_H

#include "core/snap.h"
#include "still/picture.h"

/* What a source gave: a JPEG as it is, or a decoded picture. */
struct nvr_shot {
	struct nvr_buf jpeg;
	struct nvr_picture *picture;
	int64_t taken_at;
};

/*
 * Masks, size, EXIF.  rc is how taking it went: other than 0 is passed on.
 * Frees what is in the shot.
 */
int nvr_snap_finish(const struct nvr_camera *cam,
    const struct nvr_snap_options *o, struct nvr_shot *shot, int rc,
    struct nvr_still *ret, struct nvr_error *err);

#endif
