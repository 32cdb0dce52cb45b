/*
 * What audits may cost: the limits of an account's tier, by audit, day and
 * month (UTC), checked before each call against what was used and what is
 * set aside for calls that are under way, by any program.
 *
 * The estimate of a call is set aside before it is sent, in the transaction
 * that enters its attempt, and made good when its usage is known.  What was
 * sent and never answered stays set aside: it may have been billed.
 */
#ifndef NVR_CORE_BUDGET_H
#define NVR_CORE_BUDGET_H

#include "base/model.h"
#include "core/state.h"
#include "store/usage.h"

struct nvr_budget {
	const struct nvr_tier *tier;
	const struct nvr_model *model;
	int64_t account_id, camera_id;
	/* Of this audit so far; limits that it carries of its own (-1: none).
	 */
	int64_t tokens, micros;
	int64_t max_tokens, max_micros;
	/* Set aside for the call that is under way; money -1: no price. */
	int64_t reserved_tokens, reserved_micros;
	int64_t day;   /* on which that was */
	int64_t begun; /* the day on which the audit was counted */
};

/* The day of that moment, and the first ones of its month and the next. */
struct nvr_budget_days {
	int64_t today, month, next_month;
};
void nvr_budget_days(int64_t now, struct nvr_budget_days *ret);

/*
 * The tier that holds for an account's audits: its own among the n of nvr.conf,
 * else what is set for those of no account.
 */
int nvr_budget_tier(struct nvr_store *st, const struct nvr_tier *tiers, int n,
    int64_t account, const struct nvr_tier **tier, struct nvr_error *err);

/*
 * An audit begins: it counts as one.  NVR_E_PERMISSION, with the limit's name
 * and number, where the tier allows no more, and NVR_E_CONFIG where a limit of
 * money holds for a model that has no price.  Inside the caller's transaction.
 */
int nvr_budget_begin(struct nvr_budget *b, struct nvr_store *st, int64_t now,
    struct nvr_error *err);

/* Nothing was sent: the audit does not count.  Inside a transaction. */
int nvr_budget_cancel(
    struct nvr_budget *b, struct nvr_store *st, struct nvr_error *err);

/*
 * Sets aside what a call is likely to take.  NVR_E_PERMISSION, naming the
 * limit, its number and what is used.  Inside the caller's transaction.
 */
int nvr_budget_reserve(struct nvr_budget *b, struct nvr_store *st, int64_t now,
    int64_t tokens_in, int64_t tokens_out, struct nvr_error *err);

/*
 * The call is over: tokens as reported, -1 where they were not; then what was
 * set aside stays, on the day that it was.  not_sent gives all of it back.
 * *cost is what it cost, -1: unknown.  Inside the caller's transaction.
 */
int nvr_budget_settle(struct nvr_budget *b, struct nvr_store *st,
    int64_t tokens_in, int64_t tokens_out, bool not_sent, int64_t *cost,
    struct nvr_error *err);

/*
 * Enters the event of a limit that was reached, once a day, camera and limit:
 * kind `audit-limit`; what stands ahead of the colon in `why` names the limit.
 * An audit of no camera has no event.  Inside the caller's transaction.
 */
int nvr_budget_event(const struct nvr_budget *b, struct nvr_store *st,
    int64_t now, const char *why, struct nvr_error *err);

#endif
