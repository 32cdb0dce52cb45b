/* What audits may cost, and that nothing gets past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/budget.h"
#include "store/event.h"

/* 2026-11-22T10:00:00Z */
#define DAY INT64_C(20779)
#define NOW (DAY * NVR_DAY + 10 * NVR_HOUR)

static char path[64];
static struct nvr_store *st;
static struct nvr_error err;
static struct nvr_model model;
static struct nvr_tier tier;
static struct nvr_budget budget;

static int
set_up(void **unused)
{
	(void)unused;
	strlcpy(path, "/tmp/nvr-budget-XXXXXX", sizeof(path));
	close(mkstemp(path));
	unlink(path);
	tier = (struct nvr_tier){"free", -1, -1, -1, -1, -1, -1, -1, -1};
	model = (struct nvr_model){
	    .name = "gpt-4o", .price_in = 2500000, .price_out = 10000000};
	budget = (struct nvr_budget){
	    .tier = &tier, .model = &model, .max_tokens = -1, .max_micros = -1};
	return nvr_store_open(path, NVR_STORE_CREATE, &st, &err);
}

static int
tear_down(void **unused)
{
	char side[80];

	(void)unused;
	nvr_store_close(st);
	snprintf(side, sizeof(side), "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof(side), "%s-shm", path);
	unlink(side);
	return unlink(path);
}

static struct nvr_usage
used(int64_t day)
{
	struct nvr_usage u;

	assert_int_equal(nvr_usage_sum(st, 0, day, day + 1, &u, &err), 0);
	return u;
}

static int
begin(int64_t now)
{
	return nvr_budget_begin(&budget, st, now, &err);
}

static int
reserve(int64_t now, int64_t in, int64_t out)
{
	return nvr_budget_reserve(&budget, st, now, in, out, &err);
}

static int64_t
settle(int64_t in, int64_t out, bool not_sent)
{
	int64_t cost;

	assert_int_equal(
	    nvr_budget_settle(&budget, st, in, out, not_sent, &cost, &err), 0);
	return cost;
}

static void
refused(int rc, const char *why)
{
	assert_int_equal(rc, NVR_E_PERMISSION);
	assert_string_equal(err.text, why);
}

static void
audits_are_counted_by_the_day_in_utc(void **unused)
{
	(void)unused;
	tier.audits_day = 2;
	assert_int_equal(begin(NOW), 0);
	assert_int_equal(begin(NOW), 0);
	refused(begin(NOW),
	    "audits-per-day of tier free: 2 of 2 used; it begins anew at "
	    "2026-11-23T00:00Z");
	assert_int_equal(used(DAY).audits, 2);
	refused(begin((DAY + 1) * NVR_DAY - 1),
	    "audits-per-day of tier free: 2 of 2 used; it begins anew at "
	    "2026-11-23T00:00Z");
	assert_int_equal(begin((DAY + 1) * NVR_DAY), 0);
}

static void
a_month_is_one_of_the_calendar(void **unused)
{
	struct nvr_budget_days days;

	(void)unused;
	tier.audits_month = 1;
	assert_int_equal(begin(NOW), 0);
	refused(begin((DAY + 8) * NVR_DAY), /* the 30th */
	    "audits-per-month of tier free: 1 of 1 used; it begins anew at "
	    "2026-12-01T00:00Z");
	assert_int_equal(begin((DAY + 9) * NVR_DAY), 0);
	/* 29 February 2028, and the last of a December */
	nvr_budget_days(INT64_C(21243) * NVR_DAY, &days);
	assert_int_equal(days.month, 21215);
	assert_int_equal(days.next_month, 21244);
	nvr_budget_days(INT64_C(20818) * NVR_DAY, &days);
	assert_int_equal(days.month, 20788);
	assert_int_equal(days.next_month, 20819);
}

static void
what_another_day_used_is_not_todays(void **unused)
{
	(void)unused;
	tier.audits_day = tier.audits_month = 1;
	assert_int_equal(begin(NOW + 400 * NVR_DAY), 0);
	assert_int_equal(begin(NOW), 0); /* the clock was wrong */
}

static void
tokens_are_set_aside_before_the_call_and_made_good_after(void **unused)
{
	(void)unused;
	tier.tokens_day = 5000;
	assert_int_equal(reserve(NOW, 2000, 1000), 0);
	assert_int_equal(used(DAY).reserved_tokens, 3000);
	assert_int_equal(used(DAY).reserved_micros, 15000);
	refused(reserve(NOW, 2000, 1),
	    "tokens-per-day of tier free: 3000 of 5000 used, and this call may "
	    "take 2001; it begins anew at 2026-11-23T00:00Z");
	assert_int_equal(settle(1500, 100, false), 4750);
	assert_int_equal(used(DAY).reserved_tokens, 0);
	assert_int_equal(used(DAY).reserved_micros, 0);
	assert_int_equal(used(DAY).tokens_in, 1500);
	assert_int_equal(used(DAY).tokens_out, 100);
	assert_int_equal(used(DAY).cost_micros, 4750);
	assert_int_equal(used(DAY).requests, 1);
	assert_int_equal(reserve(NOW, 3400, 0), 0); /* just as many are left */
}

static void
what_was_sent_and_not_answered_stays_set_aside(void **unused)
{
	(void)unused;
	tier.cost_month = 20000;
	assert_int_equal(reserve(NOW, 2000, 1000), 0);
	assert_int_equal(settle(-1, -1, false), -1);
	assert_int_equal(used(DAY).unreported, 1);
	assert_int_equal(used(DAY).requests, 1);
	assert_int_equal(used(DAY).reserved_micros, 15000);
	assert_int_equal(budget.tokens, 3000);
	assert_int_equal(budget.micros, 15000);
	refused(reserve(NOW, 2000, 1),
	    "cost-per-month of tier free: 0.015 of 0.02 used, and this call "
	    "may cost 0.00501; it begins anew at 2026-12-01T00:00Z");
	assert_int_equal(reserve(NOW, 2000, 0), 0);
}

static void
what_was_not_sent_is_given_back(void **unused)
{
	struct nvr_usage u;

	(void)unused;
	tier.tokens_day = 3000;
	assert_int_equal(reserve(NOW, 2000, 1000), 0);
	assert_int_equal(settle(-1, -1, true), 0);
	u = used(DAY);
	assert_int_equal(u.requests, 0);
	assert_int_equal(u.unreported, 0);
	assert_int_equal(u.reserved_tokens, 0);
	assert_int_equal(u.reserved_micros, 0);
	assert_int_equal(budget.tokens, 0);
	assert_int_equal(reserve(NOW, 2000, 1000), 0);
}

static void
a_call_over_midnight_is_of_the_day_on_which_it_began(void **unused)
{
	(void)unused;
	assert_int_equal(reserve((DAY + 1) * NVR_DAY - 1, 100, 10), 0);
	settle(90, 5, false);
	assert_int_equal(used(DAY).tokens_in, 90);
	assert_int_equal(used(DAY).reserved_tokens, 0);
	assert_int_equal(used(DAY + 1).requests, 0);
	/* The clock was set back by a month meanwhile. */
	assert_int_equal(reserve(NOW - 30 * NVR_DAY, 100, 10), 0);
	settle(80, 5, false);
	assert_int_equal(used(DAY - 30).tokens_in, 80);
	assert_int_equal(used(DAY).requests, 1);
}

static void
an_audit_has_limits_of_its_own(void **unused)
{
	(void)unused;
	tier.tokens_audit = 2500;
	budget.max_micros = 9000;
	assert_int_equal(reserve(NOW, 1000, 500), 0);
	settle(1000, 500, false);
	refused(reserve(NOW, 1001, 0),
	    "tokens-per-audit of tier free: 1500 of 2500 used, and this call "
	    "may take 1001");
	refused(reserve(NOW, 800, 0),
	    "max-cost of this audit: 0.0075 of 0.009 used, and this call may "
	    "cost 0.002");
	budget.max_tokens = 1600;
	refused(reserve(NOW, 101, 0),
	    "max-tokens of this audit: 1500 of 1600 used, and this call may "
	    "take 101");
	assert_int_equal(reserve(NOW, 100, 0), 0);
}

static void
a_limit_of_nothing_allows_nothing(void **unused)
{
	(void)unused;
	tier.audits_day = 0;
	refused(begin(NOW),
	    "audits-per-day of tier free: 0 of 0 used; it begins anew at "
	    "2026-11-23T00:00Z");
	tier.tokens_month = 0;
	assert_int_equal(reserve(NOW, 1, 0), NVR_E_PERMISSION);
	assert_int_equal(used(DAY).requests, 0);
}

static void
money_cannot_be_limited_without_a_price(void **unused)
{
	(void)unused;
	model.price_out = NVR_PRICE_UNKNOWN;
	assert_int_equal(begin(NOW), 0);
	assert_int_equal(reserve(NOW, 10, 10), 0);
	assert_int_equal(budget.reserved_micros, -1);
	assert_int_equal(settle(10, 10, false), -1);
	assert_int_equal(used(DAY).cost_micros, 0);
	assert_int_equal(used(DAY).reserved_micros, 0);
	tier.cost_day = 1000;
	assert_int_equal(begin(NOW), NVR_E_CONFIG);
	assert_string_equal(err.text,
	    "cost-per-day: it cannot be kept without a price: set price-in "
	    "and price-out of [model gpt-4o], 0 for one that costs nothing");
	assert_int_equal(used(DAY).audits, 1);
	model.price_in = model.price_out = 0;
	tier.cost_day = 0;
	assert_int_equal(begin(NOW), 0);
	assert_int_equal(reserve(NOW, 1000000, 1000000), 0);
}

static void
no_number_is_too_large(void **unused)
{
	(void)unused;
	tier.tokens_day = tier.cost_month = INT64_MAX - 1;
	assert_int_equal(reserve(NOW, INT64_MAX, INT64_MAX), NVR_E_PERMISSION);
	tier.tokens_day = tier.cost_month = -1;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(reserve(NOW, INT64_MAX, INT64_MAX), 0);
		assert_true(settle(INT64_MAX, INT64_MAX, false) > 0);
		assert_int_equal(reserve(NOW, INT64_MAX, INT64_MAX), 0);
		settle(-1, -1, false);
	}
	assert_true(used(DAY).tokens_in > 0);
	tier.tokens_day = 1000000000;
	assert_int_equal(reserve(NOW, 1, 1), NVR_E_PERMISSION);
}

static void
accounts_have_limits_apart(void **unused)
{
	(void)unused;
	tier.audits_day = 1;
	assert_int_equal(begin(NOW), 0);
	budget.account_id = 7;
	assert_int_equal(begin(NOW), 0);
	assert_int_equal(begin(NOW), NVR_E_PERMISSION);
}

/* As a program would: two calls open at most, until a limit ends it. */
static int
spend(unsigned seed)
{
	struct nvr_budget b = budget;
	int rc = nvr_store_open(path, 0, &st, &err);

	while (rc == 0) {
		int64_t cost;

		rc = nvr_store_begin(st, &err);
		if (rc == 0)
			rc = nvr_budget_reserve(&b, st, NOW, 80, 20, &err);
		if (rc == 0)
			rc = nvr_store_commit(st, &err);
		if (rc != 0)
			break;
		seed = seed * 1103515245 + 12345;
		rc = nvr_store_begin(st, &err);
		if (rc == 0)
			rc = nvr_budget_settle(&b, st, seed >> 16 & 1 ? 80 : -1,
			    20, (seed >> 18) % 5 == 0, &cost, &err);
		if (rc == 0)
			rc = nvr_store_commit(st, &err);
	}
	nvr_store_rollback(st);
	nvr_store_close(st);
	return rc == NVR_E_PERMISSION ? 0 : 1;
}

static void
N9_two_programs_never_exceed_a_limit_together(void **unused)
{
	struct nvr_usage u;
	pid_t child[2];
	int status;

	(void)unused;
	tier.tokens_day = 20000;
	nvr_store_close(st);
	for (unsigned i = 0; i < 2; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0)
			_exit(spend(i));
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(nvr_store_open(path, 0, &st, &err), 0);
	u = used(DAY);
	assert_int_equal(u.tokens_in + u.tokens_out + u.reserved_tokens, 20000);
	assert_int_equal(u.requests, 200);
	assert_int_equal(u.reserved_tokens, 100 * u.unreported);
}

static int
count_event(void *ctx, const struct nvr_event *e)
{
	assert_string_equal(e->kind, "audit-limit");
	++*(int *)ctx;
	return 0;
}

static int
events(int64_t camera)
{
	int n = 0;

	assert_int_equal(nvr_event_each(st, camera, NVR_MAIN, 0, INT64_MAX,
			     count_event, &n, &err),
	    0);
	return n;
}

static void
add_camera(int64_t id)
{
	struct nvr_camera cam = {.id = id,
	    .name = id == 1 ? "gate" : "yard",
	    .zone = "",
	    .manufacturer = "",
	    .model = "",
	    .url = "rtsp://192.0.2.1/",
	    .snapshot_url = "",
	    .transport = "tcp",
	    .tls_ca = "",
	    .recipient = "age1",
	    .mask = "",
	    .sub_url = "",
	    .record = "none"};

	assert_int_equal(nvr_camera_insert(st, &cam, &err), 0);
}

static void
N9_a_limit_is_an_event_once_a_day_camera_and_limit(void **unused)
{
	const char *day = "audits-per-day of tier free: 2 of 2 used",
		   *later = "audits-per-day of tier free: 3 of 3 used",
		   *cost = "cost-per-day of tier free: 1.00 of 1.00 used";

	(void)unused;
	assert_int_equal(nvr_budget_event(&budget, st, NOW, day, &err), 0);
	for (budget.camera_id = 1; budget.camera_id <= 2; budget.camera_id++) {
		add_camera(budget.camera_id);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(
			    nvr_budget_event(&budget, st, NOW, day, &err), 0);
			assert_int_equal(
			    nvr_budget_event(&budget, st, NOW, later, &err), 0);
			assert_int_equal(
			    nvr_budget_event(&budget, st, NOW, cost, &err), 0);
		}
		assert_int_equal(events(budget.camera_id), 2);
		assert_int_equal(
		    nvr_budget_event(&budget, st, NOW + NVR_DAY, day, &err), 0);
		assert_int_equal(events(budget.camera_id), 3);
	}
}

int
main(void)
{
#define IN_STORE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    IN_STORE(audits_are_counted_by_the_day_in_utc),
	    IN_STORE(a_month_is_one_of_the_calendar),
	    IN_STORE(what_another_day_used_is_not_todays),
	    IN_STORE(tokens_are_set_aside_before_the_call_and_made_good_after),
	    IN_STORE(what_was_sent_and_not_answered_stays_set_aside),
	    IN_STORE(what_was_not_sent_is_given_back),
	    IN_STORE(a_call_over_midnight_is_of_the_day_on_which_it_began),
	    IN_STORE(an_audit_has_limits_of_its_own),
	    IN_STORE(a_limit_of_nothing_allows_nothing),
	    IN_STORE(money_cannot_be_limited_without_a_price),
	    IN_STORE(no_number_is_too_large),
	    IN_STORE(accounts_have_limits_apart),
	    IN_STORE(N9_two_programs_never_exceed_a_limit_together),
	    IN_STORE(N9_a_limit_is_an_event_once_a_day_camera_and_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
