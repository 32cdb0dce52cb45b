/*
 * Notes in keys.db of keys that were seen without an account, and since when;
 * see core/erasure.h.  They are settings, `keyless-ID`.
 */
#ifndef NVR_STORE_KEYLESS_H
#define NVR_STORE_KEYLESS_H

#include "store/store.h"

/* One that is there stays as it is. */
int nvr_keyless_note(
    struct nvr_store *db, int64_t account, int64_t at, struct nvr_error *err);
int nvr_keyless_forget(
    struct nvr_store *db, int64_t account, struct nvr_error *err);

/* Those above `after`, at most `limit`, by account; since: -1 where what it
 * says is no time.  Stops when row() returns not 0. */
int nvr_keyless_notes(struct nvr_store *db, int64_t after, int64_t limit,
    int (*row)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err);

/* When the newest key was made; 0: there is none. */
int nvr_keyless_newest(
    struct nvr_store *db, int64_t *ret, struct nvr_error *err);

#endif
