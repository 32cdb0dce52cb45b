/* What authorities were given, as rows; see core/disclosure.h. */
#ifndef NVR_STORE_DISCLOSURE_H
#define NVR_STORE_DISCLOSURE_H

#include "store/account.h"

struct nvr_disclosure {
	int64_t id, account, at;
	int64_t tell_at; /* 0: never, as long as nobody says so */
	/* Sealed under the key of account 0. */
	struct nvr_blob authority, basis, reviewed_by, what;
};

int nvr_disclosure_insert(struct nvr_store *st, const struct nvr_disclosure *d,
    struct nvr_error *err);
/* By time. */
int nvr_disclosure_each(struct nvr_store *st, int64_t since,
    int (*row)(void *ctx, const struct nvr_disclosure *d), void *ctx,
    struct nvr_error *err);

/* NVR_E_NOENT: there is none. */
int nvr_disclosure_tell(
    struct nvr_store *st, int64_t id, int64_t tell_at, struct nvr_error *err);

#endif
