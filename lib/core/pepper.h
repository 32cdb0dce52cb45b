/*
 * Peppers: what is mixed into passwords ahead of hashing (seal/password.h),
 * in files keys/pepper-1, keys/pepper-2, …  The highest is the current one;
 * the others stay for the hashes that were made with them, until their owners
 * sign in.
 *
 * keys.db remembers the highest that was ever drawn.  NVR_E_NOENT where that
 * is gone: another in its place would be one that nobody's password fits.
 */
#ifndef NVR_CORE_PEPPER_H
#define NVR_CORE_PEPPER_H

#include "core/keyfile.h"
#include "seal/password.h"

/* The current one, drawn when there never was one.  The caller wipes key. */
int nvr_pepper_current(struct nvr_state *s, int64_t *version,
    uint8_t key[NVR_PEPPER_LEN], struct nvr_error *err);

/* The one that a hash was made with; NVR_E_NOENT where it is gone. */
int nvr_pepper_get(struct nvr_state *s, int64_t version,
    uint8_t key[NVR_PEPPER_LEN], struct nvr_error *err);

/* Whether all are there that passwords need; *version: the current one, or 0
 * while there was none. */
int nvr_pepper_check(
    struct nvr_state *s, int64_t *version, struct nvr_error *err);

/* Draws the next one, which is the current one from now on. */
int nvr_pepper_add(
    struct nvr_state *s, int64_t *version, struct nvr_error *err);

/* Calls back for each that is there, the current one last. */
int nvr_pepper_each(struct nvr_state *s,
    int (*each)(void *ctx, int64_t version, const char *path), void *ctx,
    struct nvr_error *err);

/*
 * The highest bcrypt cost that passwords of this store were hashed with, as a
 * setting of the store remembers it; `cost`, one that is used now, counts too.
 * Who has no account costs that much (signin.h), also once the cost of new
 * passwords was lowered.
 */
int nvr_cost_highest(struct nvr_state *s, long long cost, long long *highest,
    struct nvr_error *err);

#endif
