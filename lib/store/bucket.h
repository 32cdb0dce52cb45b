/* Token buckets, as rows; what they are is in core/throttle.h. */
#ifndef NVR_STORE_BUCKET_H
#define NVR_STORE_BUCKET_H

#include "store/store.h"

#define NVR_BUCKET_NAME 32

struct nvr_bucket {
	uint8_t name[NVR_BUCKET_NAME];
	int64_t account_id; /* whom it goes with; 0: nobody */
	int64_t level_us;   /* how much time's worth is used, at `at` */
	int64_t at;
	int64_t full_at; /* when it is whole again, and its row may go */
};

/* By name into *b; NVR_E_NOENT: it is whole. */
int nvr_bucket_get(
    struct nvr_store *st, struct nvr_bucket *b, struct nvr_error *err);
int nvr_bucket_put(
    struct nvr_store *st, const struct nvr_bucket *b, struct nvr_error *err);

/* How many are whole again, and since when the first of them is. */
int nvr_bucket_count(struct nvr_store *st, int64_t now, int64_t *n,
    int64_t *first, struct nvr_error *err);
/* Drops at most `limit` of them, and *n says how many; NULL: it need not. */
int nvr_bucket_sweep(struct nvr_store *st, int64_t now, int64_t limit,
    int64_t *n, struct nvr_error *err);

#endif
