/* Cameras that are gone for good: what hangs on them, and their rows. */
#ifndef NVR_STORE_RETAIN_CAMERA_H
#define NVR_STORE_RETAIN_CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/*
 * The address of what is left of a camera whose account was erased
 * (erase_adopt.c): it is of RFC 6761, and nobody's.  Given another one it is
 * the owner's own.  Those of which no footage and no hold is left are removed
 * from `now` on.
 */
#define NVR_ADOPTED_URL "rtsp://adopted.invalid/"
int nvr_adopted_end(struct nvr_store *st, int64_t now, struct nvr_error *err);

struct nvr_aged_camera {
	int64_t id, account_id, removed_at;
	const char *name;
	bool footage; /* some is left */
	bool stills;  /* some kept ones are */
};

/*
 * Those that were removed before `before`, by removal; not those that a hold
 * keeps, that are restricted, or of which something is another account's that
 * is.  camera 0: of all.  Stops when row() returns other than 0.
 */
int nvr_aged_cameras(struct nvr_store *st, int64_t before, int64_t camera,
    int (*row)(void *ctx, const struct nvr_aged_camera *c), void *ctx,
    struct nvr_error *err);
/* Whether it has a row, removed or not. */
int nvr_camera_there(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err);
/* How many cameras there are, removed or not. */
int nvr_aged_cameras_count(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/*
 * In the caller's transaction, which found it due and without footage and
 * stills: of what hangs on it goes as much as others should wait for; *left
 * says whether there may be more.  Once there is not, the camera goes.
 */
int nvr_aged_camera_clear(
    struct nvr_store *st, int64_t camera, bool *left, struct nvr_error *err);
int nvr_aged_camera_drop(
    struct nvr_store *st, int64_t camera, struct nvr_error *err);

#endif
