/* When a recorder is missed: by its own interval, and from its first day. */
#include "alert_help.h"

/* Let in now, and not heard yet. */
static void
let_in(int64_t id, const char *state)
{
	add_recorder(id, 0);
	sqlf("UPDATE recorder SET seen_at = NULL, state = '%s',"
	     " created_at = %lld WHERE id = %lld",
	    state, (long long)now, (long long)id);
	if (strcmp(state, "active") == 0)
		sqlf("UPDATE recorder SET approved_at = %lld WHERE id = %lld",
		    (long long)now, (long long)id);
}

static void
one_that_never_reported_is_missed_from_when_it_was_let_in(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	minutes_of(5, 2, 3);
	let_in(3, "active");
	let_in(4, "waiting");
	minutes_of(3, 2, 3);
	assert_int_equal(nsaid, 0);
	minutes_of(1, 2, 3);
	assert_int_equal(nsaid, 1);
	assert_string_equal(said[0].subject, "recorder 0000000000003");
	assert_string_equal(said[0].why, "it was let in, and never reported");
	assert_true(sqlf("SELECT since FROM alert") == START + 5 * NVR_MINUTE);
	/* Once it is approved the time of the other begins. */
	minutes_of(60, 2, 3);
	sqlf("UPDATE recorder SET state = 'active', approved_at = %lld"
	     " WHERE id = 4",
	    (long long)now);
	minutes_of(3, 2, 3);
	assert_int_equal(nsaid, 1);
	minutes_of(1, 2, 3);
	assert_int_equal(nsaid, 2);
	/* Its first report is no recovery yet, and its second is. */
	minutes_of(1, 4, 15);
	assert_int_equal(nsaid, 2);
	minutes_of(1, 4, 15);
	assert_int_equal(count("recorder-offline", "closed"), 2);
	minutes_of(60, 4, 15);
	assert_int_equal(nsaid, 4);
}

static void
one_that_never_reported_is_missed_by_its_own_grace(void **state)
{
	const struct nvr_alert_rule later = {
	    0, 0, "recorder-offline", -1, -1, NAN, -1, -1, 10 * NVR_MINUTE, 1};

	(void)state;
	ok(nvr_alert_rule_set(s, &later, &err));
	add_recorder(1, 0);
	minutes_of(5, 1, 1);
	let_in(2, "active");
	minutes_of(9, 1, 1);
	assert_int_equal(nsaid, 0);
	minutes_of(1, 1, 1);
	assert_int_equal(nsaid, 1);
}

/* What this portal did not hear is not its fault, nor is a clock that was set.
 */
static void
one_that_never_reported_is_not_missed_while_nobody_listened(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++)
		add_recorder(i, 0);
	minutes_of(5, 3, 7);
	let_in(4, "active");
	now += 2 * NVR_HOUR;
	judge_now();
	minutes_of(4, 3, 7);
	assert_int_equal(nsaid, 0);
	minutes_of(1, 3, 7);
	assert_int_equal(nsaid, 1);
	let_in(5, "active");
	now -= 5 * NVR_HOUR;
	for (int i = 1; i <= 3; i++)
		beat(i);
	judge_now();
	minutes_of(4, 3, 7);
	assert_int_equal(count("recorder-offline", "opened"), 2);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_that_never_reported_is_missed_from_when_it_was_let_in),
	    T(one_that_never_reported_is_missed_by_its_own_grace),
	    T(one_that_never_reported_is_not_missed_while_nobody_listened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
