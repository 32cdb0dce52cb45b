/*
 * Rows that end by age (store/retain.h), deleted in batches: each is a
 * transaction of some 20 ms and few megabytes, with an entry `retain.deleted`
 * of the security log (account 0; kind, objects, the oldest and the newest
 * moment), so a crash leaves none that went untold.
 */
#ifndef NVR_CORE_AGING_H
#define NVR_CORE_AGING_H

#include "core/state.h"
#include "store/retain.h"

struct nvr_aging {
	struct nvr_state *s;
	const char *kind; /* for the log */
	enum nvr_aged what;
	struct nvr_aged_by by;
	/* Hears which rows went, once that is committed; borrowed.  0, or an
	 * error that ends it. */
	int (*went)(void *ctx, const struct nvr_aged_row *row, size_t n);
	void *ctx;
};

/* All that is due. */
int nvr_age(struct nvr_aging *a, struct nvr_error *err);

/* The entry of a batch, in its transaction, for who has batches of his own. */
int nvr_aging_log(struct nvr_state *s, const char *kind, int64_t n,
    int64_t first, int64_t last, struct nvr_error *err);

/* The moment before which what is kept so long is due.  keep 0: no limit,
 * nothing is. */
int64_t nvr_aged_before(int64_t now, int64_t keep);

#endif
