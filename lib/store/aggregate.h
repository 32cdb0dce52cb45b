/*
 * What accounts took in a month, counted and added up so that it is nobody's
 * any more; which cells may be kept is core/aggregate.c's to say.
 */
#ifndef NVR_STORE_AGGREGATE_H
#define NVR_STORE_AGGREGATE_H

#include <stdbool.h>

#include "store/store.h"

#define NVR_AGGREGATE_SUMS 5
extern const char *const nvr_aggregate_sums[NVR_AGGREGATE_SUMS];

/* Of one tier: its accounts, those of them that took anything, and of each sum
 * how many had part in it. */
struct nvr_aggregate_tier {
	int64_t accounts, active;
	int64_t took[NVR_AGGREGATE_SUMS];
	double sum[NVR_AGGREGATE_SUMS]; /* servers report any number */
};

/*
 * The accounts that were there before `end`, and what they took on the days
 * since <= day < until; neither restricted nor deleted ones.
 */
int nvr_aggregate_count(struct nvr_store *st, int64_t since, int64_t until,
    int64_t end,
    int (*row)(void *ctx, const char *tier, const struct nvr_aggregate_tier *t),
    void *ctx, struct nvr_error *err);

/* The first day on which an account took anything; 0: there is none. */
int nvr_aggregate_first(
    struct nvr_store *st, int64_t *day, struct nvr_error *err);

/* month: as the schema has it.  *ret: whether it has been counted. */
int nvr_aggregate_there(
    struct nvr_store *st, int64_t month, bool *ret, struct nvr_error *err);
int nvr_aggregate_put(struct nvr_store *st, int64_t month, const char *tier,
    const char *measure, int64_t accounts, int64_t value,
    struct nvr_error *err);

#endif
