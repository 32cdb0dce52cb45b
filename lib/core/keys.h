/*
 * The keys of accounts, and what is sealed under them.
 *
 *	keys/master	32 random bytes (0400); wraps the keys in keys.db
 *	keys/master.new	while the master key is being replaced
 *	keys/keys.db	a random key for each account, wrapped
 *	keys/.lock	held shared by whoever has read a key: an old key is
 *			dropped only when nobody can still write under it alone
 *
 * Account 0 is what belongs to no account; in stores that are older than
 * keys.db its key is what was the master key.
 *
 * A key that is being replaced has a predecessor for as long: values are
 * sealed under the newer and open under both.
 *
 * Errors: NVR_E_NOENT where the account's key is gone (it was erased) or
 * keys.db is, NVR_E_PERMISSION where its processing is restricted and the
 * state was not opened for rights (struct nvr_state), NVR_E_DATA for a value
 * that does not open.
 */
#ifndef NVR_CORE_KEYS_H
#define NVR_CORE_KEYS_H

#include <stdbool.h>

#include "core/state.h"

struct nvr_keys;

/* See seal/column.h; what is sealed has NVR_COLUMN_OVERHEAD bytes more. */
int nvr_sealed_put(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const void *data, size_t len,
    struct nvr_buf *out, struct nvr_error *err);
/* The caller frees out with nvr_buf_wipe. */
int nvr_sealed_get(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err);

/*
 * Many accounts' values are about to be opened: their keys are read in one
 * view until nvr_keys_read_end.  No keys can be drawn or destroyed meanwhile,
 * by nobody, so wait for nothing in between.
 */
int nvr_keys_read_begin(struct nvr_state *s, struct nvr_error *err);
void nvr_keys_read_end(struct nvr_state *s);

/* A key of the store's own, drawn when first asked for.  The caller wipes. */
int nvr_service_key(struct nvr_state *s, const char *name,
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err);

/* Draws an account's key: before its row, so no row is ever without. */
int nvr_keys_add(struct nvr_state *s, int64_t account, struct nvr_error *err);
/* For good.  One that is gone is fine. */
int nvr_keys_destroy(
    struct nvr_state *s, int64_t account, struct nvr_error *err);

/* Destroys the keys of all whom the ledger names.  Every opening of keys.db
 * does it when the ledger has grown, or keys.db is of an older backup. */
struct nvr_ledger;
int nvr_keys_heed(
    struct nvr_state *s, const struct nvr_ledger *l, struct nvr_error *err);

/* Makes keys.db, where it is not there whole; under the state's lock.  fresh:
 * the store is being made, and so are its keys. */
int nvr_keys_make(struct nvr_state *s, bool fresh, struct nvr_error *err);

/*
 * keys.db and the keys as they are wrapped: for core/keys*.c alone.  The ring
 * is of one key or, while it is being replaced, two, the newer first.
 */
struct nvr_ring {
	int64_t account;
	uint8_t key[2][NVR_ACCOUNT_KEY_LEN];
	int n;
};
int nvr_keys_open(
    struct nvr_state *s, struct nvr_keys **ret, struct nvr_error *err);
void nvr_keys_close(struct nvr_keys *k);
/* Borrowed until the next call. */
int nvr_keys_ring(struct nvr_state *s, int64_t account,
    const struct nvr_ring **ret, struct nvr_error *err);

#endif
