/* Exports that were asked for, as rows; core/offer.h has the rules. */
#ifndef NVR_STORE_OFFER_H
#define NVR_STORE_OFFER_H

#include "store/store.h"

enum {
	NVR_OFFER_STILLS = 1,
	NVR_OFFER_FOOTAGE = 2,
	NVR_OFFER_SEALED = 4,
};

struct nvr_offer {
	int64_t id, account;
	const char *state;  /* asked, making, ready, failed */
	const char *format; /* tar.zst, tar.gz, zip */
	const char *language;
	int include;					  /* of the above */
	int64_t asked_at, ready_at, expires_at, taken_at; /* 0: not yet */
	int64_t size_bytes;
	int64_t gaps;
	const char *error;	  /* of a failed one; "" */
	struct nvr_blob identity; /* sealed: opens the file */
};

int nvr_offer_insert(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err);
/* All but id, account and what was asked. */
int nvr_offer_update(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err);
int nvr_offer_delete(struct nvr_store *st, int64_t id, struct nvr_error *err);
/* By asked_at; account 0: all.  Borrowed for the call; stops at non-zero. */
int nvr_offer_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_offer *o), void *ctx,
    struct nvr_error *err);

#endif
