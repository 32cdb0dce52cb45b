/* What audits may cost; see budget.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "base/money.h"
#include "base/time.h"
#include "core/budget.h"
#include "core/chat.h"
#include "store/event.h"

/*
 * No call takes more, whatever its server says: so a sum of eight million
 * calls, at least, stays within 64 bits.
 */
#define CALL_MOST (INT64_C(1) << 40)

enum unit { AUDITS, TOKENS, MONEY };

/* A limit, and what is used of it before what is wanted now. */
struct limit {
	const char *name; /* as nvr.conf has it */
	int64_t most;	  /* -1: none */
	enum unit unit;
	int64_t used, wanted;
	int64_t anew; /* the day on which it begins anew; 0: never */
};

static int64_t
add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t
at_most(int64_t v, int64_t most)
{
	return v < most ? v : most;
}

/* The first day of the month that a day is in. */
static int64_t
month_of(int64_t day)
{
	time_t clock = (time_t)(day * (NVR_DAY / NVR_SECOND));
	struct tm tm;

	return gmtime_r(&clock, &tm) != NULL ? day - (tm.tm_mday - 1) : day;
}

void
nvr_budget_days(int64_t now, struct nvr_budget_days *ret)
{
	ret->today = now / NVR_DAY;
	ret->month = month_of(ret->today);
	ret->next_month = month_of(ret->month + 31);
}

static void
amount(enum unit unit, int64_t v, char buf[NVR_MONEY_TEXT])
{
	if (unit == MONEY)
		nvr_money_format(v, buf);
	else
		snprintf(buf, NVR_MONEY_TEXT, "%" PRId64, v);
}

static int
refuse(const struct nvr_budget *b, const struct limit *l, struct nvr_error *err)
{
	char used[NVR_MONEY_TEXT], most[NVR_MONEY_TEXT], call[NVR_MONEY_TEXT];
	char wanted[NVR_MONEY_TEXT + 32] = "", anew[48] = "", at[NVR_TIME_TEXT];
	bool own = strncmp(l->name, "max-", 4) == 0;

	amount(l->unit, l->used, used);
	amount(l->unit, l->most, most);
	amount(l->unit, l->wanted, call);
	if (l->unit != AUDITS)
		snprintf(wanted, sizeof(wanted), ", and this call may %s %s",
		    l->unit == MONEY ? "cost" : "take", call);
	if (l->anew != 0)
		snprintf(anew, sizeof(anew), "; it begins anew at %.16sZ",
		    nvr_time_format(l->anew * NVR_DAY, at));
	return nvr_fail(err, NVR_E_PERMISSION, "%s of %s%s: %s of %s used%s%s",
	    l->name, own ? "this audit" : "tier ", own ? "" : b->tier->name,
	    used, most, wanted, anew);
}

/* The first limit that does not hold what is wanted. */
static int
check(const struct nvr_budget *b, const struct limit *l, size_t n,
    struct nvr_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (l[i].most >= 0 && add(l[i].used, l[i].wanted) > l[i].most)
			return refuse(b, &l[i], err);
	return 0;
}

/* Money cannot be limited where nobody knows what it is. */
static int
check_price(const struct nvr_budget *b, struct nvr_error *err)
{
	const struct {
		const char *name;
		int64_t most;
	} limits[] = {{"max-cost", b->max_micros},
	    {"cost-per-audit", b->tier->cost_audit},
	    {"cost-per-day", b->tier->cost_day},
	    {"cost-per-month", b->tier->cost_month}};

	if (nvr_model_cost(b->model, 1, 1) != NVR_PRICE_UNKNOWN)
		return 0;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].most >= 0)
			return nvr_fail(err, NVR_E_CONFIG,
			    "%s: it cannot be kept without a price: set "
			    "price-in and price-out of [model %s], 0 for one "
			    "that costs nothing",
			    limits[i].name, b->model->name);
	return 0;
}

/*
 * What the account used today and this month, set aside included; only what
 * there are limits of, since 500 cameras have 15,000 rows a month.
 */
static int
load(const struct nvr_budget *b, struct nvr_store *st, int64_t now,
    struct nvr_budget_days *days, struct nvr_usage *day,
    struct nvr_usage *month, struct nvr_error *err)
{
	const struct nvr_tier *t = b->tier;
	int rc = 0;

	*day = *month = (struct nvr_usage){0};
	nvr_budget_days(now, days);
	if (t->audits_day >= 0 || t->tokens_day >= 0 || t->cost_day >= 0)
		rc = nvr_usage_sum(
		    st, b->account_id, days->today, days->today + 1, day, err);
	if (rc == 0 && (t->audits_month >= 0 || t->tokens_month >= 0 ||
			   t->cost_month >= 0))
		rc = nvr_usage_sum(st, b->account_id, days->month,
		    days->next_month, month, err);
	return rc;
}

static struct nvr_usage
row_of(const struct nvr_budget *b, int64_t day)
{
	return (struct nvr_usage){.account_id = b->account_id,
	    .day = day,
	    .camera_id = b->camera_id,
	    .model = b->model->name};
}

int
nvr_budget_tier(struct nvr_store *st, const struct nvr_tier *tiers, int n,
    int64_t account, const struct nvr_tier **tier, struct nvr_error *err)
{
	char name[16] = "";
	int rc = account != 0 ? nvr_usage_tier(st, account, name, err) : 0;

	for (int i = 0; rc == 0 && i < n; i++)
		if (strcmp(tiers[i].name, name) == 0)
			*tier = &tiers[i];
	return rc;
}

int
nvr_budget_begin(struct nvr_budget *b, struct nvr_store *st, int64_t now,
    struct nvr_error *err)
{
	struct nvr_usage day, month, row;
	struct nvr_budget_days days;
	int rc = check_price(b, err);

	if (rc == 0)
		rc = load(b, st, now, &days, &day, &month, err);
	if (rc != 0)
		return rc;
	struct limit limits[] = {
	    {"audits-per-day", b->tier->audits_day, AUDITS, day.audits, 1,
		days.today + 1},
	    {"audits-per-month", b->tier->audits_month, AUDITS, month.audits, 1,
		days.next_month},
	};
	rc = check(b, limits, sizeof(limits) / sizeof(limits[0]), err);
	if (rc != 0)
		return rc;
	b->begun = days.today;
	row = row_of(b, days.today);
	row.audits = 1;
	return nvr_usage_add(st, &row, err);
}

int
nvr_budget_cancel(
    struct nvr_budget *b, struct nvr_store *st, struct nvr_error *err)
{
	struct nvr_usage row = row_of(b, b->begun);

	row.audits = -1;
	return nvr_usage_add(st, &row, err);
}

static int64_t
tokens_of(const struct nvr_usage *u)
{
	return add(add(u->tokens_in, u->tokens_out), u->reserved_tokens);
}

static int64_t
micros_of(const struct nvr_usage *u)
{
	return add(u->cost_micros, u->reserved_micros);
}

int
nvr_budget_reserve(struct nvr_budget *b, struct nvr_store *st, int64_t now,
    int64_t tokens_in, int64_t tokens_out, struct nvr_error *err)
{
	const struct nvr_tier *t = b->tier;
	int64_t cost = nvr_model_cost(b->model, tokens_in, tokens_out);
	int64_t tokens = add(tokens_in, tokens_out);
	struct nvr_usage day, month, row;
	struct nvr_budget_days days;
	int rc = check_price(b, err);

	if (rc == 0)
		rc = load(b, st, now, &days, &day, &month, err);
	if (rc != 0)
		return rc;
	int64_t tomorrow = days.today + 1;
	int64_t micros = cost == NVR_PRICE_UNKNOWN ? 0 : cost;
	struct limit limits[] = {
	    {"max-tokens", b->max_tokens, TOKENS, b->tokens, tokens, 0},
	    {"tokens-per-audit", t->tokens_audit, TOKENS, b->tokens, tokens, 0},
	    {"tokens-per-day", t->tokens_day, TOKENS, tokens_of(&day), tokens,
		tomorrow},
	    {"tokens-per-month", t->tokens_month, TOKENS, tokens_of(&month),
		tokens, days.next_month},
	    {"max-cost", b->max_micros, MONEY, b->micros, micros, 0},
	    {"cost-per-audit", t->cost_audit, MONEY, b->micros, micros, 0},
	    {"cost-per-day", t->cost_day, MONEY, micros_of(&day), micros,
		tomorrow},
	    {"cost-per-month", t->cost_month, MONEY, micros_of(&month), micros,
		days.next_month},
	};
	rc = check(b, limits, sizeof(limits) / sizeof(limits[0]), err);
	if (rc != 0)
		return rc;
	b->day = days.today;
	b->reserved_tokens = at_most(tokens, CALL_MOST);
	b->reserved_micros = at_most(cost, CALL_MOST);
	row = row_of(b, b->day);
	row.requests = 1;
	row.reserved_tokens = b->reserved_tokens;
	row.reserved_micros = at_most(micros, CALL_MOST);
	return nvr_usage_add(st, &row, err);
}

int
nvr_budget_settle(struct nvr_budget *b, struct nvr_store *st, int64_t tokens_in,
    int64_t tokens_out, bool not_sent, int64_t *cost, struct nvr_error *err)
{
	bool told = tokens_in >= 0 && tokens_out >= 0;
	int64_t micros = b->reserved_micros > 0 ? b->reserved_micros : 0;
	struct nvr_usage row = row_of(b, b->day);
	int rc;

	*cost = not_sent ? 0 : nvr_model_cost(b->model, tokens_in, tokens_out);
	if (not_sent) {
		row.requests = -1;
	} else if (told) {
		row.tokens_in = at_most(tokens_in, CALL_MOST);
		row.tokens_out = at_most(tokens_out, CALL_MOST);
		*cost = at_most(*cost, CALL_MOST);
		row.cost_micros = *cost == NVR_PRICE_UNKNOWN ? 0 : *cost;
	} else {
		row.unreported = 1;
	}
	if (not_sent || told) {
		row.reserved_tokens = -b->reserved_tokens;
		row.reserved_micros = -micros;
	}
	rc = nvr_usage_add(st, &row, err);
	if (rc != 0)
		return rc;
	/* What the audit has had, for its own limits. */
	if (told && !not_sent) {
		b->tokens = add(b->tokens, add(row.tokens_in, row.tokens_out));
		b->micros = add(b->micros, row.cost_micros);
	} else if (!not_sent) {
		b->tokens = add(b->tokens, b->reserved_tokens);
		b->micros = add(b->micros, micros);
	}
	b->reserved_tokens = b->reserved_micros = 0;
	return 0;
}

/* 1: the day has that limit's event. */
static int
same_limit(void *ctx, const struct nvr_event *e)
{
	const char *why = *(const char *const *)ctx;
	size_t n = strcspn(why, ":");

	return strcmp(e->kind, "audit-limit") == 0 &&
	       strncmp(e->detail, why, n) == 0 && e->detail[n] == ':';
}

int
nvr_budget_event(const struct nvr_budget *b, struct nvr_store *st, int64_t now,
    const char *why, struct nvr_error *err)
{
	struct nvr_event e = {.id = nvr_id_new(),
	    .camera_id = b->camera_id,
	    .stream = NVR_MAIN,
	    .at = now,
	    .kind = "audit-limit",
	    .detail = why};
	int64_t midnight = now / NVR_DAY * NVR_DAY;
	int rc;

	if (b->camera_id == 0)
		return 0;
	rc = nvr_event_each(st, b->camera_id, e.stream, midnight,
	    midnight + NVR_DAY, same_limit, &why, err);
	if (rc == 0)
		rc = nvr_event_add(st, &e, err);
	return rc < 0 ? rc : 0;
}
