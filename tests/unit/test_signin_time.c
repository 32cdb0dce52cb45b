/*
 * Nobody learns by the clock who has an account: attempts at addresses with and
 * without one take the same time (timing_help.h).
 */
#include "signin_help.h"
#include "timing_help.h"

#define WRONG "not the password at all"

static double
attempt(const char *email)
{
	struct nvr_signed r;
	double start = cpu_us();

	assert_int_equal(
	    sign_in(email, WRONG, "192.0.2.7", NULL, &r), NVR_E_PERMISSION);
	return cpu_us() - start;
}

/* 5 % is of a hash that is a hundredth of a real one; 10 % where two hashes
 * stand for one. */
static void
make_room(void)
{
	rules.network.n = rules.pair.n = rules.account.n = 1000000;
}

static void
known_and_unknown_addresses_take_the_same_time(void **state)
{
	(void)state;
	make_room();
	rules.cost = 5;
	add_account("joe@example.org");
	assert_false(
	    told_apart(attempt, "joe@example.org", "nobody@example.org", 0.05));
	assert_int_equal(
	    sqlite3_exec(s->store->db,
		"UPDATE account SET password = NULL WHERE account_id <> 0",
		NULL, NULL, NULL),
	    0);
	assert_false(
	    told_apart(attempt, "joe@example.org", "nobody@example.org", 0.05));
}

static void
a_hash_of_an_older_cost_does_not_show(void **state)
{
	(void)state;
	make_room();
	rules.cost = 5;
	add_account("joe@example.org");
	rules.cost = 6;
	assert_false(
	    told_apart(attempt, "joe@example.org", "nobody@example.org", 0.10));
}

static void
a_cost_that_was_lowered_does_not_show(void **state)
{
	(void)state;
	make_room();
	rules.cost = 6;
	add_account("joe@example.org");
	rules.cost = 5;
	assert_false(
	    told_apart(attempt, "joe@example.org", "nobody@example.org", 0.05));
}

static void
the_comparison_can_tell_them_apart(void **state)
{
	(void)state;
	make_room();
	rules.cost = 5;
	add_account("joe@example.org");
	no_dummies = true;
	assert_true(
	    told_apart(attempt, "joe@example.org", "nobody@example.org", 0.05));
	no_dummies = false;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(known_and_unknown_addresses_take_the_same_time),
	    TEST(a_hash_of_an_older_cost_does_not_show),
	    TEST(a_cost_that_was_lowered_does_not_show),
	    TEST(the_comparison_can_tell_them_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
