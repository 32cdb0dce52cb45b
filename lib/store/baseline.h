/*
 * Baselines, as rows: one a camera, resolution and mode.  `data` is what
 * core/health.h encodes, sealed by core; this layer does not look into it.
 */
#ifndef NVR_STORE_BASELINE_H
#define NVR_STORE_BASELINE_H

#include "base/buf.h"
#include "store/store.h"

struct nvr_baseline_key {
	int64_t camera_id;
	int width, height; /* of the still before it is scaled */
	const char *mode;  /* day, infrared */
};

struct nvr_baseline_row {
	struct nvr_baseline_key key;
	int64_t samples, accepted_at, updated_at; /* accepted_at 0: never */
	const void *data;
	size_t len;
};

/* Appends the data to buf; NVR_E_NOENT when there is none. */
int nvr_baseline_get(struct nvr_store *st, const struct nvr_baseline_key *key,
    struct nvr_buf *data, struct nvr_error *err);
/* When someone accepted it; 0: never, or there is none. */
int nvr_baseline_accepted(struct nvr_store *st,
    const struct nvr_baseline_key *key, int64_t *ret, struct nvr_error *err);
/* accepted_at 0 leaves what is there. */
int nvr_baseline_put(struct nvr_store *st, const struct nvr_baseline_row *row,
    struct nvr_error *err);
/* Rows are borrowed for the call. */
int nvr_baseline_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const struct nvr_baseline_row *b), void *ctx,
    struct nvr_error *err);
/* All of the camera's; how many there were in *n. */
int nvr_baseline_drop(
    struct nvr_store *st, int64_t camera, int *n, struct nvr_error *err);

/*
 * The kept still that is the reference of that view; 0 in *ret: none, or it
 * has expired by `now`.
 */
int nvr_baseline_still(struct nvr_store *st, const struct nvr_baseline_key *key,
    int64_t now, int64_t *ret, struct nvr_error *err);
/* No still of the camera is a reference any more. */
int nvr_baseline_unrefer(
    struct nvr_store *st, int64_t camera, struct nvr_error *err);
/* Makes it that.  NVR_E_NOENT when there is no such baseline. */
int nvr_baseline_refer(struct nvr_store *st, const struct nvr_baseline_key *key,
    int64_t still, struct nvr_error *err);

/*
 * The view that was asked about after that moment and not after now; 1: there
 * is one, appended to data; 0: none.
 */
int nvr_asked_get(struct nvr_store *st, int64_t camera,
    const char *prompt_sha256, int64_t after, int64_t now, struct nvr_buf *data,
    struct nvr_error *err);
/* data NULL forgets it. */
int nvr_asked_put(struct nvr_store *st, int64_t camera,
    const char *prompt_sha256, const void *data, size_t len, int64_t at,
    struct nvr_error *err);

#endif
