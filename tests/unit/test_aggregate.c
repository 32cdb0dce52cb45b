/* Months are counted so that nobody can be found in them: nvr_aggregate. */
#include "account_help.h"

#include "base/calendar.h"
#include "core/retain_int.h"

#define MAY (INT64_C(12) * 2026 + 4)
#define DAY(month, mday) \
	nvr_date_days(   \
	    (struct nvr_date){(month) / 12, (int)((month) % 12) + 1, mday})
#define AT(month, mday) (DAY(month, mday) * NVR_DAY)

static int64_t next;

/* Accounts of that tier, the first `active` of which took so much in the
 * month. */
static void
people(const char *tier, int n, int active, int64_t month, int64_t audits,
    int64_t cost)
{
	char text[512];

	for (int i = 0; i < n; i++) {
		next++;
		snprintf(text, sizeof(text),
		    "INSERT INTO account (account_id, lookup, email, name, "
		    "tier, adult_how, created_at, changed_at) SELECT %lld, "
		    "randomblob(32), x'00', x'00', '%s', 'born', 1, 1 WHERE "
		    "NOT EXISTS (SELECT 1 FROM account WHERE account_id = "
		    "%lld)",
		    (long long)next, tier, (long long)next);
		sql("nvr.db", text);
		if (i >= active)
			continue;
		snprintf(text, sizeof(text),
		    "INSERT INTO usage (account_id, day, camera_id, model, "
		    "audits, requests, tokens_in, tokens_out, cost_micros) "
		    "VALUES (%lld, %lld, 1, 'm', %lld, %lld, 100, 10, %lld)",
		    (long long)next, (long long)DAY(month, 1 + i % 28),
		    (long long)audits, (long long)audits, (long long)cost);
		sql("nvr.db", text);
	}
}

static int64_t
cell(int64_t month, const char *tier, const char *measure)
{
	char text[256];

	snprintf(text, sizeof(text),
	    "SELECT COALESCE((SELECT value FROM aggregate WHERE month = %lld "
	    "AND tier = '%s' AND measure = '%s'), -1)",
	    (long long)month, tier, measure);
	return sql("nvr.db", text);
}

static int64_t
cells(void)
{
	return sql("nvr.db", "SELECT COUNT(*) FROM aggregate");
}

static void
count_at(int64_t now)
{
	ok(nvr_aggregate(s, now, &err));
}

static int
begin(void **state)
{
	next = 0;
	return make(state);
}

static void
C20_no_cell_has_fewer_than_ten_accounts(void **state)
{
	(void)state;
	people("free", 9, 9, MAY, 2, 5);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cells(), 0);
	/* In June there are ten, in July eleven. */
	next = 0;
	people("free", 10, 10, MAY + 1, 2, 5);
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cell(MAY + 1, "all", "accounts"), 10);
	assert_int_equal(cell(MAY + 1, "all", "active"), 10);
	assert_int_equal(cell(MAY + 1, "all", "audits"), 20);
	assert_int_equal(cell(MAY + 1, "all", "requests"), 20);
	assert_int_equal(cell(MAY + 1, "all", "tokens_in"), 1000);
	assert_int_equal(cell(MAY + 1, "all", "tokens_out"), 100);
	assert_int_equal(cell(MAY + 1, "all", "cost_micros"), 50);
	assert_int_equal(cell(MAY + 1, "free", "cost_micros"), 50);
	assert_int_equal(cell(MAY + 1, "premium", "cost_micros"), -1);
	assert_int_equal(cells(), 14);
	next = 0;
	people("free", 11, 11, MAY + 2, 2, 5);
	count_at(AT(MAY + 3, 1));
	assert_int_equal(cell(MAY + 2, "all", "audits"), 22);
	assert_int_equal(cell(MAY, "all", "accounts"), -1);
}

static void
C20_a_sum_of_few_among_many_is_not_kept(void **state)
{
	(void)state;
	people("free", 9, 9, MAY, 2, 5);
	people("free", 11, 11, MAY, 2, 0);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 40);
	assert_int_equal(cell(MAY, "all", "cost_micros"), -1);
	/* How many took part is told of none. */
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(DISTINCT accounts) FROM aggregate"), 1);
}

static void
C20_no_tier_can_be_told_by_difference(void **state)
{
	static const struct {
		int free, premium;
		bool all, apart;
	} c[] = {{10, 10, true, true}, {11, 9, true, false},
	    {9, 11, true, false}, {20, 1, true, false}, {20, 0, true, true},
	    {5, 5, true, false}, {5, 4, false, false}, {0, 10, true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		bool free = c[i].apart && c[i].free > 0;
		bool premium = c[i].apart && c[i].premium > 0;

		people("free", c[i].free, c[i].free, MAY, 1, 1);
		people("premium", c[i].premium, c[i].premium, MAY, 3, 2);
		count_at(AT(MAY + 1, 1));
		assert_int_equal(cell(MAY, "all", "audits") >= 0, c[i].all);
		assert_int_equal(
		    cell(MAY, "free", "audits"), free ? c[i].free : -1);
		assert_int_equal(cell(MAY, "premium", "audits"),
		    premium ? 3 * c[i].premium : -1);
		assert_int_equal(cell(MAY, "free", "accounts") >= 0, free);
		assert_int_equal(
		    cells(), 7 * (c[i].all + (int)free + (int)premium));
		sql("nvr.db", "DELETE FROM aggregate");
		sql("nvr.db", "DELETE FROM usage");
		sql("nvr.db", "DELETE FROM account");
		sql("nvr.db", "DELETE FROM setting WHERE name = 'aggregated'");
	}
}

static void
C20_a_sum_of_few_of_a_tier_is_not_told_by_difference(void **state)
{
	(void)state;
	people("free", 12, 12, MAY, 1, 1);
	people("premium", 9, 9, MAY, 1, 0);
	people("premium", 3, 3, MAY, 1, 7);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "premium", "audits"), 12);
	/* Three of the tier paid: only all together. */
	assert_int_equal(cell(MAY, "all", "cost_micros"), 33);
	assert_int_equal(cell(MAY, "free", "cost_micros"), -1);
}

static void
C20_those_who_took_nothing_are_not_told_by_difference(void **state)
{
	(void)state;
	people("free", 15, 12, MAY, 1, 1);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "all", "active"), 12);
	assert_int_equal(cell(MAY, "all", "accounts"), -1);
	/* Ten of them may be: but for one tier they are not. */
	next = 0;
	people("free", 25, 12, MAY + 1, 1, 1);
	people("premium", 12, 11, MAY + 1, 1, 1);
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cell(MAY + 1, "premium", "active"), 11);
	assert_int_equal(cell(MAY + 1, "all", "accounts"), 37);
	assert_int_equal(cell(MAY + 1, "premium", "accounts"), -1);
	assert_int_equal(cell(MAY + 1, "free", "accounts"), -1);
	/* Where no active ones are told there is nothing to subtract. */
	sql("nvr.db", "DELETE FROM usage");
	count_at(AT(MAY + 3, 1));
	assert_int_equal(cell(MAY + 2, "premium", "accounts"), 12);
	assert_int_equal(cell(MAY + 2, "all", "active"), -1);
}

static void
owners_restricted_and_deleted_ones_do_not_count(void **state)
{
	(void)state;
	people("free", 12, 12, MAY, 1, 1);
	sql("nvr.db", "UPDATE account SET deleted_at = 5 WHERE account_id = 1");
	sql("nvr.db",
	    "UPDATE account SET restricted_at = 5 WHERE account_id = 2");
	sql("nvr.db",
	    "INSERT INTO usage (account_id, day, camera_id, model, audits)"
	    " SELECT 0, day, 7, 'm', 1000 FROM usage LIMIT 1");
	/* Nor does one that came when the month was over. */
	people("free", 1, 0, MAY, 0, 0);
	sql("nvr.db", "UPDATE account SET created_at = 4070908800000000"
		      " WHERE account_id = 13");
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
	assert_int_equal(cell(MAY, "all", "accounts"), 10);
}

static void
a_month_is_counted_once_and_when_it_is_over(void **state)
{
	(void)state;
	people("free", 10, 10, MAY, 1, 1);
	count_at(AT(MAY + 1, 1) - 1);
	assert_int_equal(cells(), 0);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
	sql("nvr.db", "UPDATE usage SET audits = 5");
	sql("nvr.db", "DELETE FROM usage WHERE account_id < 6");
	count_at(AT(MAY + 1, 30));
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
	/* Nor anew when the setting is lost. */
	ok(nvr_setting_put(s->store, "aggregated", "x", &err));
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
}

static void
the_first_run_counts_all_months_that_there_are(void **state)
{
	(void)state;
	for (int i = -14; i < 1; i++) {
		next = 0;
		people("free", 10, 10, MAY + i, 20 + i, 1);
	}
	count_at(AT(MAY + 1, 15));
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(DISTINCT month) FROM aggregate"), 15);
	for (int i = -14; i < 1; i++)
		assert_int_equal(cell(MAY + i, "all", "audits"), 10 * (20 + i));
}

static void
a_clock_that_was_ahead_loses_no_month_to_come(void **state)
{
	(void)state;
	people("free", 10, 10, MAY, 1, 1);
	count_at(AT(MAY + 120, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
	count_at(AT(MAY, 20));
	next = 0;
	people("free", 10, 10, MAY + 1, 3, 1);
	/* May had been counted while it was going on: that stays. */
	sql("nvr.db", "DELETE FROM aggregate WHERE month > 24316");
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cell(MAY, "all", "audits"), 10);
	assert_int_equal(cell(MAY + 1, "all", "audits"), 30);
}

static void
what_fails_is_done_by_the_next_run(void **state)
{
	(void)state;
	people("free", 10, 10, MAY, 1, 1);
	next = 0;
	people("free", 10, 10, MAY + 1, 2, 1);
	sql("nvr.db",
	    "CREATE TRIGGER no BEFORE INSERT ON aggregate WHEN NEW.month ="
	    " 24317 AND NEW.measure = 'tokens_in' BEGIN SELECT RAISE(ABORT,"
	    " 'no'); END");
	assert_true(nvr_aggregate(s, AT(MAY + 2, 1), &err) < 0);
	assert_int_equal(cells(), 14);
	assert_int_equal(cell(MAY + 1, "all", "audits"), -1);
	sql("nvr.db", "DROP TRIGGER no");
	count_at(AT(MAY + 2, 1));
	assert_int_equal(cells(), 28);
	assert_int_equal(cell(MAY + 1, "all", "audits"), 20);
}

static void
numbers_from_outside_do_no_harm(void **state)
{
	(void)state;
	people("free", 10, 10, MAY, INT64_MAX, -5);
	count_at(AT(MAY + 1, 1));
	assert_int_equal(cell(MAY, "all", "audits"), INT64_MAX);
	assert_int_equal(cell(MAY, "all", "cost_micros"), 0);
	ok(nvr_setting_put(s->store, "aggregated", "9999999999999", &err));
	sql("nvr.db", "UPDATE usage SET day = -9223372036854775807 WHERE"
		      " account_id = 1");
	count_at(AT(MAY + 1, 1));
	ok(nvr_setting_put(s->store, "aggregated", "119999", &err));
	count_at(AT(MAY + 1, 1));
	count_at(AT(MAY + 3, 1));
	assert_int_equal(cells(), 14 + 2 * 2); /* how many accounts there are */
}

/* Tiers are counted by the day of UTC: 2100 has no leap day. */
static void
months_end_when_they_do(void **state)
{
	static const int64_t month[] = {
	    12 * 2028 + 1, 12 * 2038, 12 * 2100 + 1, 12 * 2099 + 11};

	(void)state;
	people("free", 10, 0, MAY, 0, 0);
	for (size_t i = 0; i < sizeof(month) / sizeof(*month); i++) {
		char text[256];
		int64_t last = DAY(month[i] + 1, 1) - 1;

		sql("nvr.db", "DELETE FROM usage");
		snprintf(text, sizeof(text),
		    "INSERT INTO usage (account_id, day, camera_id, model, "
		    "audits) SELECT account_id, %lld, 1, 'm', 1 FROM account "
		    "UNION ALL SELECT account_id, %lld, 1, 'm', 100 FROM "
		    "account",
		    (long long)last, (long long)last + 1);
		sql("nvr.db", text);
		ok(nvr_setting_put(s->store, "aggregated", "-", &err));
		count_at((last + 1) * NVR_DAY - 1);
		assert_int_equal(cell(month[i], "all", "audits"), -1);
		count_at((last + 1) * NVR_DAY);
		assert_int_equal(cell(month[i], "all", "audits"), 10);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(C20_no_cell_has_fewer_than_ten_accounts),
	    T(C20_a_sum_of_few_among_many_is_not_kept),
	    T(C20_no_tier_can_be_told_by_difference),
	    T(C20_a_sum_of_few_of_a_tier_is_not_told_by_difference),
	    T(C20_those_who_took_nothing_are_not_told_by_difference),
	    T(owners_restricted_and_deleted_ones_do_not_count),
	    T(a_month_is_counted_once_and_when_it_is_over),
	    T(the_first_run_counts_all_months_that_there_are),
	    T(a_clock_that_was_ahead_loses_no_month_to_come),
	    T(what_fails_is_done_by_the_next_run),
	    T(numbers_from_outside_do_no_harm),
	    T(months_end_when_they_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
