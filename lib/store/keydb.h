/*
 * The rows of keys/keys.db, a store of its own (NVR_STORE_KEYS): keys of
 * accounts and of the store itself, wrapped.  What the bytes are is in
 * core/keys.h.
 */
#ifndef NVR_STORE_KEYDB_H
#define NVR_STORE_KEYDB_H

#include <stddef.h>

#include "store/store.h"

struct nvr_wrapped_key {
	int64_t account_id;
	const void *wrapped, *previous; /* previous NULL: none */
	size_t wrapped_len, previous_len;
	int64_t created_at;
};

/* Borrowed for the call of row(); NVR_E_NOENT: there is none. */
int nvr_keydb_get(struct nvr_store *db, int64_t account,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx,
    struct nvr_error *err);
/* The key of that account, were there one or not. */
int nvr_keydb_put(struct nvr_store *db, const struct nvr_wrapped_key *k,
    struct nvr_error *err);
int nvr_keydb_delete(
    struct nvr_store *db, int64_t account, struct nvr_error *err);
/* Those above `after`, at most `limit`, by account. */
int nvr_keydb_each(struct nvr_store *db, int64_t after, int64_t limit,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx,
    struct nvr_error *err);

/* The same for the store's own keys, by name. */
int nvr_keydb_service_get(struct nvr_store *db, const char *name,
    int (*row)(void *ctx, const char *name, const void *wrapped, size_t len),
    void *ctx, struct nvr_error *err);
int nvr_keydb_service_put(struct nvr_store *db, const char *name,
    const void *wrapped, size_t len, int64_t created_at, struct nvr_error *err);
int nvr_keydb_service_each(struct nvr_store *db,
    int (*row)(void *ctx, const char *name, const void *wrapped, size_t len),
    void *ctx, struct nvr_error *err);

#endif
