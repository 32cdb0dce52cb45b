/* What signing in changes of an account's row. */
#ifndef NVR_STORE_SIGNIN_H
#define NVR_STORE_SIGNIN_H

#include "store/account.h"

/* Another hash of the same password, unless that was changed meanwhile. */
int nvr_account_rehash(struct nvr_store *st, int64_t account,
    const struct nvr_blob *from, const struct nvr_blob *to, int64_t pepper,
    struct nvr_error *err);

int nvr_account_signed_in(
    struct nvr_store *st, int64_t account, int64_t now, struct nvr_error *err);

#endif
