/* What the files of erasure share. */
#ifndef NVR_CORE_ERASURE_INT_H
#define NVR_CORE_ERASURE_INT_H

#include "core/erasure.h"

#define NVR_ERASE_BATCH 32 /* accounts that go together */

struct nvr_erased_list {
	struct nvr_erased *e; /* to be freed */
	size_t n, room;
	int64_t forged; /* rows that were passed over */
	struct nvr_error *err;
};
/* Appends; a row() of nvr_erasures_each. */
int nvr_erased_add(void *list, const struct nvr_erased *e);

/*
 * Erases those that choose() adds, NVR_ERASE_BATCH at most.  It is called with
 * the ledger open and in the transaction of the store at whose end they are in
 * it, so what it sees of an account nobody changes before.
 */
struct nvr_erasure_choice {
	int (*choose)(void *ctx, struct nvr_erased_list *list);
	void *ctx;
};
int nvr_erasure_do(struct nvr_state *s, const struct nvr_erasure_choice *c,
    int *n, struct nvr_error *err);

/* As the ledger has it: in whole milliseconds. */
int64_t nvr_erasure_time(int64_t t);

/* The table's row, unless a genuine one is there: then not *fresh. */
int nvr_erasure_enter(struct nvr_state *s, const struct nvr_erased *e,
    bool *fresh, struct nvr_error *err);

#endif
