/* Kept stills, as rows.  The files are core/keep.h's. */
#ifndef NVR_STORE_STILL_H
#define NVR_STORE_STILL_H

#include "store/store.h"

struct nvr_still_row {
	int64_t id, camera_id, taken_at, expires_at;
	const char *path;   /* below the media folder */
	int64_t size_bytes; /* of the file */
	const char *sha256; /* of the file */
	int64_t account_id; /* read only: whose it is */
};

/* NVR_E_CREATE when a file of that path is to be deleted yet. */
int nvr_still_insert(struct nvr_store *st, const struct nvr_still_row *row,
    struct nvr_error *err);
/* It is kept until then, unless it is kept longer; *there: it is there. */
int nvr_still_extend(struct nvr_store *st, int64_t id, int64_t expires_at,
    bool *there, struct nvr_error *err);
/* Borrowed for the call; NVR_E_NOENT when there is none. */
int nvr_still_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_still_row *s), void *ctx,
    struct nvr_error *err);
/* How many there are of the camera. */
int nvr_still_count(
    struct nvr_store *st, int64_t camera, int64_t *ret, struct nvr_error *err);
/* Whether a row names that path. */
int nvr_still_has(
    struct nvr_store *st, const char *path, bool *ret, struct nvr_error *err);
/* Unless it was extended or restricted since it was read; *gone: it went. */
int nvr_still_drop_due(struct nvr_store *st, int64_t id, int64_t expires_at,
    bool *gone, struct nvr_error *err);

#endif
