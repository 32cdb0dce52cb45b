/*
 * Once a month is over it is counted, ahead of anything that deletes, and so
 * that nobody can be found in it: no cell stands for fewer than FEW accounts,
 * nor does what two of them differ by (C20).  A month is counted once, since
 * two counts of it would differ by those who were erased in between.
 *
 * The setting is the last month that was counted, as `aggregate` has months.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/time.h"
#include "core/retain_int.h"
#include "store/aggregate.h"

#define DONE "aggregated"
#define FEW 10
#define MONTHS (INT64_C(12) * 10000) /* all that there are */

enum { ALL, FREE, PREMIUM, TIERS };
static const char *const tiers[TIERS] = {"all", "free", "premium"};

struct month {
	struct nvr_state *s;
	int64_t month;
	struct nvr_aggregate_tier t[TIERS];
	struct nvr_error *err;
};

static int64_t
month_of(int64_t day)
{
	struct nvr_date d = nvr_days_date(day);

	return d.year * 12 + d.month - 1;
}

static int64_t
first_day(int64_t month)
{
	return nvr_date_days(
	    (struct nvr_date){month / 12, (int)(month % 12) + 1, 1});
}

static int
add_tier(void *ctx, const char *tier, const struct nvr_aggregate_tier *t)
{
	struct month *m = ctx;

	for (int i = FREE; i < TIERS; i++)
		if (strcmp(tier, tiers[i]) == 0)
			m->t[i] = *t;
	m->t[ALL].accounts += t->accounts;
	m->t[ALL].active += t->active;
	for (int i = 0; i < NVR_AGGREGATE_SUMS; i++) {
		m->t[ALL].took[i] += t->took[i];
		m->t[ALL].sum[i] += t->sum[i];
	}
	return 0;
}

/* Nobody, or enough of them to be nobody in particular. */
static bool
is_crowd(int64_t n)
{
	return n == 0 || n >= FEW;
}

/* What both tiers have can be shown apart, and so can the rest of it. */
static bool
both(int64_t free, int64_t premium)
{
	return is_crowd(free) && is_crowd(premium);
}

static int
put(struct month *m, int tier, const char *measure, int64_t accounts,
    double value)
{
	int64_t n = INT64_MAX;

	if (value < (double)n)
		n = value > 0 ? (int64_t)value : 0;
	return nvr_aggregate_put(
	    m->s->store, m->month, tiers[tier], measure, accounts, n, m->err);
}

/* Who is not active is counted by what the two differ by. */
static int
put_accounts(struct month *m, bool active_apart)
{
	const struct nvr_aggregate_tier *t = m->t;
	int64_t idle[TIERS];
	bool apart = both(t[FREE].accounts, t[PREMIUM].accounts);
	int rc = 0;

	for (int i = 0; i < TIERS; i++)
		idle[i] = t[i].accounts - t[i].active;
	if (t[ALL].active >= FEW && !is_crowd(idle[ALL]))
		return 0;
	if (active_apart && !both(idle[FREE], idle[PREMIUM]))
		apart = false;
	for (int i = 0; rc == 0 && i < (apart ? TIERS : FREE); i++)
		if (t[i].accounts >= FEW)
			rc = put(m, i, "accounts", t[i].accounts,
			    (double)t[i].accounts);
	return rc;
}

/*
 * What the active ones took.  How many of them had part in it is not told: who
 * had none would be counted by that.
 */
static int
put_sum(struct month *m, int sum, bool apart)
{
	const struct nvr_aggregate_tier *t = m->t;
	int rc = 0;

	if (!both(t[FREE].took[sum], t[PREMIUM].took[sum]))
		apart = false;
	for (int i = 0; rc == 0 && i < (apart ? TIERS : FREE); i++)
		if (t[i].took[sum] >= FEW)
			rc = put(m, i, nvr_aggregate_sums[sum], t[i].active,
			    t[i].sum[sum]);
	return rc;
}

static int
put_cells(struct month *m)
{
	const struct nvr_aggregate_tier *t = m->t;
	bool apart = both(t[FREE].active, t[PREMIUM].active);
	int rc = put_accounts(m, apart);

	for (int i = 0; rc == 0 && i < (apart ? TIERS : FREE); i++)
		if (t[i].active >= FEW)
			rc = put(
			    m, i, "active", t[i].active, (double)t[i].active);
	for (int i = 0; rc == 0 && i < NVR_AGGREGATE_SUMS; i++)
		rc = put_sum(m, i, apart);
	return rc;
}

/* It is read ahead of the transaction: nothing waits for that, and nobody else
 * counts, since one run holds the lock of all. */
static int
count_month(struct nvr_state *s, int64_t month, struct nvr_error *err)
{
	struct month m = {.s = s, .month = month, .err = err};
	int64_t since = first_day(month), until = first_day(month + 1);
	bool there = false;
	int rc = nvr_aggregate_there(s->store, month, &there, err);

	if (rc == 0 && !there)
		rc = nvr_aggregate_count(
		    s->store, since, until, until * NVR_DAY, add_tier, &m, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	if (!there)
		rc = put_cells(&m);
	if (rc == 0)
		rc = nvr_setting_put_int(s->store, DONE, month, err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_aggregate(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	int64_t last = month_of(nvr_floor_div(now, NVR_DAY)) - 1;
	int64_t done, first = 0;
	int rc = nvr_setting_int(s->store, DONE, MONTHS, -1, &done, err);

	if (rc != 0 || done == last)
		return rc;
	/* A clock was ahead: those months have gone by uncounted. */
	if (done > last)
		return nvr_setting_put_int(s->store, DONE, last, err);
	rc = nvr_aggregate_first(s->store, &first, err);
	if (rc == 0)
		first = first > 0 ? month_of(first) : last;
	for (int64_t m = done + 1 > first ? done + 1 : first;
	     rc == 0 && m <= last; m++)
		rc = count_month(s, m, err);
	return rc;
}
