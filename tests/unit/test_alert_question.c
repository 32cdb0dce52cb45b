/* What somebody is asked about a recorder is told once. */
#include "alert_help.h"

static int
count_of(int64_t contact, const char *kind)
{
	int n = 0;

	for (int i = 0; i < nsaid; i++)
		n += said[i].contact == contact &&
		     strcmp(said[i].kind, kind) == 0;
	return n;
}

static void
one_that_waits_is_told_once_to_its_account_and_the_operator(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	add_listener(id);		    /* 2 */
	add_listener(add("b@example.org")); /* 3 */
	add_recorder(1, id);
	sqlf("UPDATE recorder SET state = 'waiting', seen_at = NULL");
	minutes_of(3, 0, 0);
	assert_int_equal(count_of(1, "recorder-question"), 1);
	assert_int_equal(count_of(2, "recorder-question"), 1);
	assert_int_equal(nsaid, 2);
	assert_non_null(strstr(said[0].why, "waits to be approved"));
	assert_string_equal(said[0].subject, "recorder 0000000000001");
	/* That lasts, and then is over, without a word. */
	now += 3 * NVR_DAY;
	minutes_of(3, 0, 0);
	sqlf("UPDATE recorder SET state = 'revoked'");
	minutes_of(5, 0, 0);
	assert_int_equal(nsaid, 2);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE closed_at IS"
			      " NULL OR settled_at IS NULL"),
	    0);
}

static void
one_that_moved_and_then_is_two_is_told_twice(void **state)
{
	(void)state;
	add_recorder(1, 0);
	minutes_of(2, 1, 1);
	sqlf("UPDATE recorder SET moved = zeroblob(32), moved_at = %lld",
	    (long long)now);
	minutes_of(3, 1, 1);
	assert_int_equal(nsaid, 1);
	assert_non_null(strstr(said[0].why, "fingerprint"));
	sqlf("UPDATE recorder SET cloned_at = %lld", (long long)now);
	minutes_of(5, 1, 1);
	assert_int_equal(count("recorder-cloned", "opened"), 1);
	assert_non_null(strstr(said[1].why, "two machines"));
	assert_int_equal(nsaid, 2);
	/* Approved. */
	sqlf("UPDATE recorder SET cloned_at = NULL, moved = NULL");
	minutes_of(3, 1, 1);
	assert_int_equal(nsaid, 2);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE closed_at IS NULL"), 0);
}

static void
nothing_is_asked_of_an_account_that_is_barred(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	add_recorder(1, id);
	sqlf("UPDATE recorder SET state = 'waiting', seen_at = NULL");
	sqlf("UPDATE account SET restricted_at = 1");
	minutes_of(3, 0, 0);
	assert_int_equal(nsaid, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_that_waits_is_told_once_to_its_account_and_the_operator),
	    T(one_that_moved_and_then_is_two_is_told_twice),
	    T(nothing_is_asked_of_an_account_that_is_barred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
