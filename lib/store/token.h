/* Tokens, as rows; what they are is in core/token.h. */
#ifndef NVR_STORE_TOKEN_H
#define NVR_STORE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

#define NVR_TOKEN_HASH 32

struct nvr_token_row {
	int64_t id, account_id;
	const char *purpose; /* as the schema names them */
	uint8_t hash[NVR_TOKEN_HASH];
	const void *data; /* sealed; NULL: none */
	size_t data_len;
	int64_t tries, created_at, expires_at;
};

int nvr_token_insert(
    struct nvr_store *st, const struct nvr_token_row *t, struct nvr_error *err);

/*
 * The unused one of that hash and purpose that has not expired, borrowed for
 * the call of row(), whose result is returned; NVR_E_NOENT: there is none.
 */
int nvr_token_get(struct nvr_store *st, const uint8_t hash[NVR_TOKEN_HASH],
    const char *purpose, int64_t now,
    int (*row)(void *ctx, const struct nvr_token_row *t), void *ctx,
    struct nvr_error *err);

/* The newest of that account and purpose that still holds, likewise. */
int nvr_token_latest(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t now, int (*row)(void *ctx, const struct nvr_token_row *t),
    void *ctx, struct nvr_error *err);

/* *won: it was unused and within its time, and is used from now on. */
int nvr_token_spend(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err);
/* *counted: there were fewer than `most` tries. */
int nvr_token_count(struct nvr_store *st, int64_t id, int64_t most,
    bool *counted, struct nvr_error *err);

/* Other data in the same token. */
int nvr_token_put(struct nvr_store *st, int64_t id, const void *data,
    size_t len, struct nvr_error *err);

/* Unused ones of that account and purpose go, that were made since then. */
int nvr_token_drop(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t since, struct nvr_error *err);

/* Those of that account and purpose that still hold, the oldest first. */
int nvr_token_of(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t now, int (*row)(void *ctx, const struct nvr_token_row *t),
    void *ctx, struct nvr_error *err);

/* The unused step of signing in that expires by `until` first and was not told
 * of, likewise. */
int nvr_token_unfinished(struct nvr_store *st, int64_t until,
    int (*row)(void *ctx, const struct nvr_token_row *t), void *ctx,
    struct nvr_error *err);
/* It is told of; *won: by this call. */
int nvr_token_tell(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err);

/* Those that expired before a time, the oldest first, but for those of
 * restricted accounts.  Stops when row() returns not 0. */
int nvr_token_each_over(struct nvr_store *st, int64_t before,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err);
/* Deletes at most `limit` of them; row() hears of each. */
int nvr_token_expire(struct nvr_store *st, int64_t before, int64_t limit,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err);

#endif
