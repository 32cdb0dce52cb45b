/*
 * Who was told of what, as rows: of a breach, of a change of policy.  Told is
 * who has a message in the outbox, or had one.
 */
#ifndef NVR_STORE_TOLD_H
#define NVR_STORE_TOLD_H

#include "store/store.h"

/*
 * Of a breach are told all accounts, deleted ones too while their data is
 * there; of a notice those that are not deleted and older than the change.
 */
enum nvr_told_what { NVR_TOLD_BREACH, NVR_TOLD_NOTICE, NVR_TOLDS };

/* Who is to be told and was not, above `after`, by id: at most `max`. */
int nvr_told_next(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t after, int max, int64_t *accounts, int *n, struct nvr_error *err);
int nvr_told_is(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t account, bool *ret, struct nvr_error *err);
int nvr_told_add(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t account, int64_t at, int64_t outbox, struct nvr_error *err);

struct nvr_told_count {
	int64_t told, left;
	int64_t first, last; /* when; 0: nobody yet */
	int64_t seen;	     /* in the portal; notices alone */
	int64_t late; /* less than 30 days ahead, accounts that were there when
		       * it was announced; notices alone */
};
int nvr_told_count(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    struct nvr_told_count *ret, struct nvr_error *err);

struct nvr_told {
	int64_t account, at, outbox, seen_at; /* 0: not */
};
/* By account. */
int nvr_told_each(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int (*row)(void *ctx, const struct nvr_told *t), void *ctx,
    struct nvr_error *err);

#endif
