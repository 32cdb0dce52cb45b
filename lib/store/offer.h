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
	int include; /* of the above */
	int64_t asked_at;
	int64_t expires_at; /* also of one that is not ready: it is given up */
	int64_t ready_at, taken_at; /* 0: not yet; taken_at: the last time */
	int64_t size_bytes;	    /* of the archive, opened */
	int64_t gaps;
	const char *error;	  /* of a failed one; "" */
	struct nvr_blob identity; /* sealed: opens the file */
};

int nvr_offer_insert(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err);
/* All but id, account and what was asked. */
int nvr_offer_update(
    struct nvr_store *st, const struct nvr_offer *o, struct nvr_error *err);
/* Whether there was one. */
int nvr_offer_delete(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err);
/* All of them: a restored store has none that its folder does not. */
int nvr_offer_delete_all(struct nvr_store *st, struct nvr_error *err);

/*
 * Which of them: a number is of that one alone, 0 of all.  Borrowed for the
 * call, by asked_at; stops at non-zero.
 */
struct nvr_offer_filter {
	int64_t id, account;
	int64_t until; /* over by then; 0: over or not */
};
int nvr_offer_each(struct nvr_store *st, const struct nvr_offer_filter *f,
    int (*row)(void *ctx, const struct nvr_offer *o), void *ctx,
    struct nvr_error *err);

/* The next that is to be made and is not past its time by `now`, those that
 * were tried already last; 0: none. */
int nvr_offer_next(
    struct nvr_store *st, int64_t now, int64_t *id, struct nvr_error *err);

#endif
