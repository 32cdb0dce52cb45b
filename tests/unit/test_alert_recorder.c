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
	listener[0].kinds = "recorder-offline";
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
	assert_true(sqlf("SELECT since FROM alert WHERE kind ="
			 " 'recorder-offline'") == START + 5 * NVR_MINUTE);
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

/* At a site of its own, and reporting so often. */
static void
add_slow(int64_t id, int64_t interval)
{
	add_recorder(id, 0);
	sqlf("UPDATE recorder SET interval_us = %lld WHERE id = %lld",
	    (long long)interval, (long long)id);
}

/* Minutes in which those of a minute are heard by the first bits, and those of
 * ten minutes each tenth, by the second. */
static void
mixed(int n, int fast, unsigned fast_heard, int slow, unsigned slow_heard)
{
	for (int i = 0; i < n; i++) {
		now += NVR_MINUTE;
		for (int r = 0; r < fast; r++)
			if ((fast_heard >> r & 1) != 0)
				beat(1 + r);
		for (int r = 0; r < slow; r++)
			if ((slow_heard >> r & 1) != 0 &&
			    (now - START) / NVR_MINUTE % 10 == r + 1)
				beat(11 + r);
		judge_now();
	}
}

static int64_t
told_of(int64_t recorder)
{
	return sqlf("SELECT COALESCE(MIN(opened_at), 0) FROM alert WHERE kind ="
		    " 'recorder-offline' AND object = %lld",
	    (long long)recorder);
}

static void
each_is_missed_after_three_of_its_own_intervals(void **state)
{
	int64_t last;

	(void)state;
	add_recorder(1, 0);
	add_slow(11, 10 * NVR_MINUTE);
	mixed(35, 1, 1, 1, 1);
	/* The fast one, while the slow one need not be heard. */
	last = now;
	mixed(25, 1, 0, 1, 1);
	assert_true(told_of(1) > last + 3 * NVR_MINUTE &&
		    told_of(1) <= last + 5 * NVR_MINUTE);
	mixed(200, 1, 0, 1, 1);
	assert_int_equal(count("recorder-offline", NULL), 1);
	mixed(5, 1, 1, 1, 1);
	/* The slow one. */
	last = sqlf("SELECT seen_at FROM recorder WHERE id = 11");
	mixed(60, 1, 1, 1, 0);
	assert_true(told_of(11) > last + 30 * NVR_MINUTE &&
		    told_of(11) <= last + 32 * NVR_MINUTE);
	assert_int_equal(count("recorder-offline", NULL), 3);
	assert_int_equal(count("portal-silent", NULL), 0);
}

/* Two of two sites are silent at once: what else could be heard was. */
static void
several_that_are_down_are_told_while_a_slow_one_is_heard(void **state)
{
	int64_t back;

	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_slow(11, 10 * NVR_MINUTE);
	add_slow(12, 10 * NVR_MINUTE);
	mixed(35, 2, 3, 2, 3);
	back = now;
	mixed(30, 2, 0, 2, 3);
	/* Nobody can know before the slow ones are heard. */
	assert_true(told_of(1) > back && told_of(1) <= back + 15 * NVR_MINUTE);
	assert_true(told_of(2) > back && told_of(2) <= back + 15 * NVR_MINUTE);
	mixed(120, 2, 0, 2, 3);
	assert_int_equal(count("recorder-offline", NULL), 2);
}

static void
an_outage_of_the_portal_is_known_by_those_that_are_heard_often(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_slow(11, 10 * NVR_MINUTE);
	mixed(35, 2, 3, 1, 1);
	mixed(90, 2, 0, 1, 0);
	assert_int_equal(count("recorder-offline", NULL), 0);
	assert_int_equal(count("portal-silent", "opened"), 1);
	mixed(60, 2, 3, 1, 1);
	assert_int_equal(count("recorder-offline", NULL), 0);
	assert_int_equal(nsaid, 2);
}

/* Its report is looked at once, and not taken for a good one after that. */
static void
a_disk_that_is_reported_seldom_is_low_for_as_long_as_it_is(void **state)
{
	const struct nvr_alert_rule later = {
	    0, 0, "storage-low", -1, -1, NAN, -1, -1, 25 * NVR_MINUTE, 1};

	(void)state;
	ok(nvr_alert_rule_set(s, &later, &err));
	add_recorder(1, 0);
	add_slow(11, 10 * NVR_MINUTE);
	mixed(30, 1, 1, 1, 1);
	for (int i = 0; i < 12; i++) {
		sqlf("INSERT INTO telemetry (recorder_id, at, received_at,"
		     " disk_free, sequence) VALUES (11, %lld, %lld, 1, %d)",
		    (long long)now, (long long)now, i + 1);
		mixed(10, 1, 1, 1, 1);
		assert_int_equal(nsaid, i >= 3);
	}
	assert_int_equal(count("storage-low", "opened"), 1);
	for (int i = 0; i < 2; i++) {
		sqlf("INSERT INTO telemetry (recorder_id, at, received_at,"
		     " disk_free, sequence) VALUES (11, %lld, %lld, 90, %d)",
		    (long long)now, (long long)now, i + 20);
		mixed(10, 1, 1, 1, 1);
		assert_int_equal(nsaid, 1 + i);
	}
}

/* Its time comes again. */
static void
a_report_of_before_the_clock_was_set_back_is_no_good_news(void **state)
{
	int64_t last;

	(void)state;
	add_recorder(1, 0);
	add_slow(11, 10 * NVR_MINUTE);
	mixed(15, 1, 1, 1, 1);
	mixed(40, 1, 1, 1, 0);
	assert_int_equal(count(NULL, "opened"), 1);
	mixed(10, 1, 1, 1, 1); /* once */
	now -= 15 * NVR_MINUTE;
	beat(1);
	judge_now();
	last = now;
	while (now < last + 25 * NVR_MINUTE)
		mixed(1, 1, 1, 1, 0);
	mixed(10, 1, 1, 1, 1);
	assert_int_equal(count(NULL, "closed"), 0);
	mixed(10, 1, 1, 1, 1);
	assert_int_equal(count(NULL, "closed"), 1);
	assert_int_equal(nsaid, 2);
}

/* Nothing of it was taken meanwhile. */
static void
one_whose_account_was_barred_is_missed_since_that_ended(void **state)
{
	int64_t a = add("a@example.org");

	(void)state;
	add_listener(a);
	add_recorder(1, 0);
	add_recorder(2, a);
	minutes_of(5, 2, 3);
	ok(nvr_account_restrict(s, a, "asked", &err));
	minutes_of(60, 2, 1);
	ok(nvr_account_unrestrict(s, a, "asked", &err));
	sqlf("UPDATE log SET at = %lld WHERE type = 'account.unrestricted'",
	    (long long)now);
	minutes_of(3, 2, 1);
	minutes_of(60, 2, 3);
	assert_int_equal(count("recorder-offline", NULL), 0);
	ok(nvr_account_delete(s, a, "asked", &err));
	minutes_of(60, 2, 1);
	ok(nvr_account_restore(s, a, "asked", &err));
	sqlf("UPDATE log SET at = %lld WHERE type = 'account.restored'",
	    (long long)now);
	minutes_of(3, 2, 1);
	assert_int_equal(count("recorder-offline", NULL), 0);
	minutes_of(1, 2, 1);
	assert_int_equal(count("recorder-offline", "opened"), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_that_never_reported_is_missed_from_when_it_was_let_in),
	    T(one_that_never_reported_is_missed_by_its_own_grace),
	    T(one_that_never_reported_is_not_missed_while_nobody_listened),
	    T(one_whose_account_was_barred_is_missed_since_that_ended),
	    T(each_is_missed_after_three_of_its_own_intervals),
	    T(several_that_are_down_are_told_while_a_slow_one_is_heard),
	    T(an_outage_of_the_portal_is_known_by_those_that_are_heard_often),
	    T(a_report_of_before_the_clock_was_set_back_is_no_good_news),
	    T(a_disk_that_is_reported_seldom_is_low_for_as_long_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
