/*
 * Restriction of processing (GDPR, article 18): rows of a restricted account
 * are kept and not used.  Every statement that reads rows for use carries
 * NVR_USABLE (store/db.h), so that no tool can forget; tests/lint/restricted
 * holds them to it.
 */
#ifndef NVR_STORE_RESTRICT_H
#define NVR_STORE_RESTRICT_H

#include <stdbool.h>

#include "store/store.h"

/* What is known of an account, in one look-up by its key. */
enum nvr_standing { NVR_GONE = 0, NVR_FREE = 1, NVR_RESTRICTED = 2 };
int nvr_standing(struct nvr_store *st, int64_t account, enum nvr_standing *ret,
    struct nvr_error *err);

/* Account 0 never is; one that is not there is not. */
int nvr_restricted(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err);

/* Whether the camera's account is: what runs for long asks now and then. */
int nvr_restricted_camera(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err);

#endif
