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
/* NVR_E_CREATE where the account has a key already: it must not be lost. */
int nvr_keydb_put(struct nvr_store *db, const struct nvr_wrapped_key *k,
    struct nvr_error *err);
/* The key of an account that has one; *ret: whether it still does.  One that
 * was destroyed in between stays destroyed. */
int nvr_keydb_replace(struct nvr_store *db, const struct nvr_wrapped_key *k,
    bool *ret, struct nvr_error *err);
int nvr_keydb_delete(
    struct nvr_store *db, int64_t account, struct nvr_error *err);
/* Those above `after`, at most `limit`, by account. */
int nvr_keydb_each(struct nvr_store *db, int64_t after, int64_t limit,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx,
    struct nvr_error *err);

/* The same of those that have a previous one, up to `last`. */
int nvr_keydb_each_rotating(struct nvr_store *db, int64_t after, int64_t last,
    int64_t limit, int (*row)(void *ctx, const struct nvr_wrapped_key *k),
    void *ctx, struct nvr_error *err);

int nvr_keydb_drop_previous(
    struct nvr_store *db, int64_t account, struct nvr_error *err);

struct nvr_keydb_count {
	int64_t keys, rotating; /* rotating: that have a previous one */
	int64_t oldest;		/* when made; 0: there are none */
};
int nvr_keydb_count(
    struct nvr_store *db, struct nvr_keydb_count *ret, struct nvr_error *err);

/* The same for the store's own keys, by name. */
struct nvr_wrapped_service {
	const char *name;
	const void *wrapped;
	size_t len;
	int64_t created_at;
};
int nvr_keydb_service_get(struct nvr_store *db, const char *name,
    int (*row)(void *ctx, const struct nvr_wrapped_service *k), void *ctx,
    struct nvr_error *err);
/* It keeps the time it was made at, where there is one of that name. */
int nvr_keydb_service_put(struct nvr_store *db, const char *name,
    const void *wrapped, size_t len, int64_t created_at, struct nvr_error *err);
int nvr_keydb_service_each(struct nvr_store *db,
    int (*row)(void *ctx, const struct nvr_wrapped_service *k), void *ctx,
    struct nvr_error *err);

#endif
