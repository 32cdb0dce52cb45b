/* Second factors and recovery codes, as rows; see core/factor.h. */
#ifndef NVR_STORE_FACTOR_H
#define NVR_STORE_FACTOR_H

#include <stdbool.h>

#include "store/account.h"

#define NVR_RECOVERY_HASH 32

struct nvr_factor_row {
	int64_t account_id, id;
	const char *kind; /* totp, sms */
	struct nvr_blob secret;
	int64_t last_step, created_at, confirmed_at; /* 0: not yet */
};

/* In place of one of that kind that is there. */
int nvr_factor_put(struct nvr_store *st, const struct nvr_factor_row *f,
    struct nvr_error *err);
/* Stops when row() returns not 0. */
int nvr_factor_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_factor_row *f), void *ctx,
    struct nvr_error *err);
/* *won: it was not confirmed yet. */
int nvr_factor_prove(struct nvr_store *st, int64_t id, int64_t account,
    const char *kind, int64_t step, int64_t now, bool *won,
    struct nvr_error *err);
/* *won: the last step was below this one; of two who try, one wins. */
int nvr_factor_step(struct nvr_store *st, int64_t account, const char *kind,
    int64_t step, bool *won, struct nvr_error *err);
/* *n: whether there was one. */
int nvr_factor_delete(struct nvr_store *st, int64_t account, const char *kind,
    int *n, struct nvr_error *err);

/* At most `limit` that were begun by then and never confirmed, the oldest
 * first, but for those of restricted accounts; stops when row() returns not
 * 0. */
int nvr_factor_each_begun(struct nvr_store *st, int64_t until, int64_t limit,
    int (*row)(void *ctx, const struct nvr_factor_row *f), void *ctx,
    struct nvr_error *err);

int nvr_recovery_insert(struct nvr_store *st, int64_t account,
    const uint8_t hash[NVR_RECOVERY_HASH], int64_t now, struct nvr_error *err);
/* *won: it was there, and unused. */
int nvr_recovery_use(struct nvr_store *st, int64_t account,
    const uint8_t hash[NVR_RECOVERY_HASH], int64_t now, bool *won,
    struct nvr_error *err);
int nvr_recovery_left(
    struct nvr_store *st, int64_t account, int64_t *n, struct nvr_error *err);
/* Those that were drawn since then. */
int nvr_recovery_delete(struct nvr_store *st, int64_t account, int64_t since,
    struct nvr_error *err);

#endif
