/*
 * Kept stills: nobody's default.  Each is one age file under
 * media/stills/CAMERA/, sealed to the camera's recipients, with a row that
 * says until when.
 */
#ifndef NVR_CORE_KEEP_H
#define NVR_CORE_KEEP_H

#include "core/inventory.h"

struct nvr_keep {
	int64_t id, taken_at;
	int64_t expires_at;
	bool seal; /* false: plain JPEG, where nvr.conf says seal = none */
};

/*
 * Writes the row and then the file, durably: a crash leaves no file that would
 * outlive its promise.  NVR_E_UNAVAILABLE when the media folder is not this
 * store's.  One that is kept already is kept for the longer of both times.
 */
int nvr_keep_still(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_keep *k, const void *jpeg, size_t len,
    struct nvr_error *err);

/*
 * Appends the JPEG of a kept still.  NVR_E_NOENT when there is none of that id,
 * or it has expired by `now`; NVR_E_DATA when its file is not what was kept.
 * *expires is until when it is kept.
 */
int nvr_keep_load(struct nvr_state *s, int64_t id, int64_t now,
    struct nvr_buf *jpeg, int64_t *expires, struct nvr_error *err);

/*
 * Deletes those that have expired, and mails that hold one of them; *n counts
 * the stills.  The error is that of the first that cannot be deleted; the
 * others go.
 */
int nvr_keep_sweep(
    struct nvr_state *s, int64_t now, int *n, struct nvr_error *err);

#endif
