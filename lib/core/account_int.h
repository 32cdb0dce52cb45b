/* What the files of core/account share. */
#ifndef NVR_CORE_ACCOUNT_INT_H
#define NVR_CORE_ACCOUNT_INT_H

#include "base/address.h"
#include "core/account.h"

/* What stands for the address in account.lookup. */
int nvr_account_lookup(struct nvr_state *s, const struct nvr_address *address,
    uint8_t ret[NVR_ACCOUNT_LOOKUP], struct nvr_error *err);

/* Seals a column of the account's row; *ret is borrowed from buf, an empty
 * one. */
int nvr_account_seal(struct nvr_state *s, int64_t account, const char *column,
    const char *text, struct nvr_buf *buf, struct nvr_blob *ret,
    struct nvr_error *err);

#endif
