/*
 * Nobody learns by the clock who has an account: links to addresses with and
 * without one are asked for in the same time (timing_help.h).  There is no
 * hashing in it, so what is compared is the whole of it: 5 % are ten
 * microseconds; without the work that is taken back they are 45 % apart.
 */
#include "signin_help.h"
#include "core/link.h"
#define N 240
#include "timing_help.h"

static enum nvr_link which;

static double
attempt(const char *email)
{
	double start = cpu_us();
	int64_t wait;

	ok(nvr_link_ask(s, which, email, NULL, &wait, &err));
	return cpu_us() - start;
}

static int
make_room(void **state)
{
	rules.message.n = rules.network.n = 1000000;
	return set_up(state);
}

static void
a_reset_takes_the_same_time(void **state)
{
	(void)state;
	which = NVR_LINK_RESET;
	assert_false(
	    told_apart(attempt, "jane@example.org", "none@example.org", 0.05));
}

static void
a_link_to_confirm_takes_the_same_time(void **state)
{
	(void)state;
	which = NVR_LINK_VERIFY;
	assert_false(
	    told_apart(attempt, "jane@example.org", "none@example.org", 0.05));
	assert_int_equal(
	    sqlite3_exec(s->store->db, "UPDATE account SET verified_at = NULL",
		NULL, NULL, NULL),
	    0);
	assert_false(
	    told_apart(attempt, "jane@example.org", "none@example.org", 0.05));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_room, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_reset_takes_the_same_time),
	    TEST(a_link_to_confirm_takes_the_same_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
