/*
 * Nobody learns by the clock who has an account: the CPU time of attempts at
 * addresses with and without one, interleaved, compared by rank (Mann and
 * Whitney) and by their medians.  CPU time does not see what else the machine
 * does.
 */
#include <math.h>
#include <time.h>

#include "signin_help.h"

#define N 120 /* of each kind */
#define WRONG "not the password at all"

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
attempt(const char *email)
{
	struct nvr_signed r;
	double start = cpu_us();

	assert_int_equal(
	    sign_in(email, WRONG, "192.0.2.7", NULL, &r), NVR_E_PERMISSION);
	return cpu_us() - start;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct comparison {
	double z;     /* of the rank sum */
	double apart; /* medians, of the medians */
};

static struct comparison
compare(const char *one, const char *other)
{
	struct comparison c;
	double a[N], b[N], u = 0;

	attempt(one), attempt(other); /* what is drawn or cached first */
	for (int i = 0; i < N; i++) {
		/* In turns, and in turns who is first. */
		if (i % 2 == 0)
			a[i] = attempt(one);
		b[i] = attempt(other);
		if (i % 2 == 1)
			a[i] = attempt(one);
	}
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			u += a[i] > b[j] ? 1 : a[i] < b[j] ? 0 : 0.5;
	c.z = (u - N * N / 2.0) / sqrt(N * N * (2 * N + 1) / 12.0);
	qsort(a, N, sizeof(a[0]), by_size);
	qsort(b, N, sizeof(b[0]), by_size);
	c.apart = fabs(a[N / 2] - b[N / 2]) / a[N / 2];
	print_message("%s, %s: z %.1f, medians %.2f %% apart\n", one, other,
	    c.z, 100 * c.apart);
	return c;
}

/*
 * Apart is what both says so: ranks that are not chance, and medians that are
 * further apart than 5 % of a hash that is a hundredth of a real one; 10 %
 * where two hashes stand for one.
 */
static bool
told_apart(const char *one, const char *other, double least)
{
	struct comparison c = compare(one, other);

	return fabs(c.z) > 4 && c.apart > least;
}

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
	assert_false(told_apart("joe@example.org", "nobody@example.org", 0.05));
	assert_int_equal(
	    sqlite3_exec(s->store->db,
		"UPDATE account SET password = NULL WHERE account_id <> 0",
		NULL, NULL, NULL),
	    0);
	assert_false(told_apart("joe@example.org", "nobody@example.org", 0.05));
}

static void
a_hash_of_an_older_cost_does_not_show(void **state)
{
	(void)state;
	make_room();
	rules.cost = 5;
	add_account("joe@example.org");
	rules.cost = 6;
	assert_false(told_apart("joe@example.org", "nobody@example.org", 0.10));
}

static void
a_cost_that_was_lowered_does_not_show(void **state)
{
	(void)state;
	make_room();
	rules.cost = 6;
	add_account("joe@example.org");
	rules.cost = 5;
	assert_false(told_apart("joe@example.org", "nobody@example.org", 0.05));
}

static void
the_comparison_can_tell_them_apart(void **state)
{
	(void)state;
	make_room();
	rules.cost = 5;
	add_account("joe@example.org");
	no_dummies = true;
	assert_true(told_apart("joe@example.org", "nobody@example.org", 0.05));
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
