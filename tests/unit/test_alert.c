/* What is wrong is told once, when it is enough, and nothing is invented. */
#include "alert_help.h"

static void
a_recorder_is_down_after_three_missed_reports(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	minutes_of(5, 2, 3);
	assert_int_equal(nsaid, 0);
	/* It is heard at the minute, and missed three times 60 s later. */
	minutes_of(3, 2, 2);
	assert_int_equal(nsaid, 0);
	minutes_of(1, 2, 2);
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_int_equal(done.opened, 1);
	assert_int_equal(done.open, 1);
	minutes_of(30, 2, 2);
	assert_int_equal(nsaid, 1);
	/* One report is not enough. */
	minutes_of(1, 2, 3);
	assert_int_equal(nsaid, 1);
	minutes_of(1, 2, 3);
	assert_int_equal(count("recorder-offline", "closed"), 1);
	assert_int_equal(done.open, 0);
	assert_int_equal(events("opened"), 1);
	assert_int_equal(events("closed"), 1);
	assert_int_equal(events("told"), 2);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert_event WHERE why ="
			      " ''"),
	    0);
}

static void
one_report_and_silence_is_no_recovery(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	minutes_of(1, 2, 3);
	minutes_of(5, 2, 2);
	assert_int_equal(nsaid, 1);
	for (int i = 0; i < 10; i++) {
		minutes_of(1, 2, 3);
		minutes_of(5, 2, 2);
	}
	/* Each time the report counted, and was forgotten. */
	assert_int_equal(nsaid, 1);
}

static void
an_offline_recorder_silences_its_cameras(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(11, 1, "gate");
	add_camera(12, 1, "yard");
	minutes_of(2, 2, 3);
	state_of(11, "offline");
	minutes_of(4, 2, 3);
	assert_int_equal(count("camera-offline", "opened"), 1);
	assert_string_equal(said[0].subject, "gate");
	/* The other one goes just before the recorder does. */
	state_of(12, "offline");
	minutes_of(1, 2, 3);
	minutes_of(10, 2, 2);
	assert_int_equal(count("camera-offline", NULL), 1);
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_int_equal(events("inhibited"), 2);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE inhibited_by IS"
			      " NOT NULL AND closed_at IS NULL"),
	    2);
	/* Both are back with it: the one that was told is told to be over. */
	state_of(11, "recording");
	state_of(12, "recording");
	minutes_of(2, 2, 3);
	assert_int_equal(count("recorder-offline", "closed"), 1);
	assert_int_equal(count("camera-offline", NULL), 1);
	minutes_of(4, 2, 3);
	assert_int_equal(events("released"), 1); /* the other one passed */
	assert_int_equal(count("camera-offline", "closed"), 1);
	assert_int_equal(count("camera-offline", "opened"), 1);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE closed_at IS NULL"), 0);
}

static void
one_that_ends_while_its_recorder_is_away_is_told_to_be_over(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 2, 3);
	state_of(11, "offline");
	minutes_of(3, 2, 3);
	assert_int_equal(count("camera-offline", "opened"), 1);
	minutes_of(5, 2, 2);
	assert_int_equal(events("inhibited"), 1);
	sqlf("DELETE FROM recorder_camera");
	minutes_of(1, 2, 2);
	assert_int_equal(count("camera-offline", "ended"), 1);
}

/* Its grace begins anew: nobody could see it. */
static void
a_camera_that_stays_away_is_told_after_its_recorder_is_back(void **state)
{
	int64_t back;

	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(12, 1, "yard");
	minutes_of(2, 2, 3);
	state_of(12, "offline");
	minutes_of(10, 2, 2);
	assert_int_equal(count("camera-offline", NULL), 0);
	minutes_of(2, 2, 3);
	back = now;
	minutes_of(3, 2, 3);
	assert_int_equal(count("camera-offline", "opened"), 1);
	assert_true(
	    sqlf("SELECT since FROM alert WHERE kind = 'camera-offline'") >=
	    back - NVR_MINUTE);
}

static void
flapping_becomes_one_unstable_alert(void **state)
{
	int before;

	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	minutes_of(2, 2, 3);
	for (int i = 0; i < 10; i++) {
		minutes_of(4, 2, 2);
		minutes_of(2, 2, 3);
	}
	/* Opened and closed three times, and the seventh is the last. */
	assert_int_equal(count(NULL, "opened"), 4);
	assert_int_equal(count(NULL, "closed"), 3);
	assert_int_equal(events("unstable"), 1);
	before = nsaid;
	/* It must be good for an hour. */
	minutes_of(58, 2, 3);
	assert_int_equal(nsaid, before);
	minutes_of(4, 2, 3);
	assert_int_equal(count(NULL, "closed"), 4);
}

static void
an_outage_of_the_portal_is_nobody_elses(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++)
		add_recorder(i, 0);
	minutes_of(5, 3, 7);
	/* Nothing ran: the machine was off. */
	now += 2 * NVR_HOUR;
	judge_now();
	assert_int_equal(nsaid, 0);
	minutes_of(5, 3, 7);
	assert_int_equal(nsaid, 0);
	/* It was evaluated, and nothing came in: the web server was down. */
	minutes_of(30, 3, 0);
	assert_int_equal(count("recorder-offline", NULL), 0);
	assert_int_equal(count("portal-silent", "opened"), 1);
	minutes_of(5, 3, 7);
	assert_int_equal(count("recorder-offline", NULL), 0);
	assert_int_equal(count("portal-silent", "closed"), 1);
	/* One that does not come back after it is told of. */
	minutes_of(30, 3, 0);
	minutes_of(3, 3, 6);
	assert_int_equal(count("recorder-offline", NULL), 0);
	minutes_of(2, 3, 6);
	assert_int_equal(count("recorder-offline", "opened"), 1);
}

/* Nor does one that says to report each second keep it from being told. */
static void
what_a_recorder_claims_silences_no_other(void **state)
{
	(void)state;
	for (int i = 1; i <= 6; i++)
		add_recorder(i, 0);
	sqlf("UPDATE recorder SET interval_us = 1000000 WHERE id < 3");
	minutes_of(3, 6, 077);
	for (int i = 0; i < 30; i++) {
		minutes_of(1, 6, 037);
		now += 5 * NVR_SECOND;
		beat(1);
		beat(2);
		now += 20 * NVR_SECOND;
		judge_now();
	}
	assert_int_equal(count("portal-silent", NULL), 0);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE object = 6 AND kind ="
		 " 'recorder-offline'"),
	    1);
}

/* Reports alone cannot tell which of them is down. */
static void
a_single_recorder_is_down_while_the_portal_runs(void **state)
{
	(void)state;
	add_recorder(1, 0);
	minutes_of(5, 1, 1);
	now += NVR_HOUR;
	minutes_of(3, 1, 0);
	assert_int_equal(nsaid, 0);
	minutes_of(2, 1, 0);
	assert_int_equal(count("recorder-offline", "opened"), 1);
}

static void
a_clock_that_is_set_raises_nothing(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++)
		add_recorder(i, 0);
	minutes_of(5, 3, 7);
	now += 5 * NVR_HOUR;
	minutes_of(5, 3, 7);
	now -= 9 * NVR_HOUR;
	judge_now();
	minutes_of(5, 3, 7);
	assert_int_equal(nsaid, 0);
	/* One that died right before it was set back is missed all the same. */
	now -= 9 * NVR_HOUR;
	minutes_of(6, 3, 6);
	assert_int_equal(count("recorder-offline", "opened"), 1);
}

/* Article 18: it is kept, and not used. */
static void
nothing_is_told_of_what_is_restricted(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	add_recorder(1, id);
	add_recorder(2, 0);
	add_listener(id);
	add_camera(11, 1, "gate");
	minutes_of(2, 2, 3);
	state_of(11, "offline");
	minutes_of(3, 2, 3);
	assert_int_equal(count("camera-offline", "opened"), 1);
	sqlf("UPDATE account SET restricted_at = 1");
	state_of(11, "recording");
	minutes_of(5, 2, 3);
	minutes_of(9, 2, 2);
	assert_int_equal(nsaid, 1);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert"), 1);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE closed_at IS NULL"), 1);
	sqlf("UPDATE account SET restricted_at = NULL");
	minutes_of(5, 2, 3);
	assert_int_equal(count("camera-offline", "closed"), 1);
}

static void
what_is_gone_ends_its_alert(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 2, 3);
	state_of(11, "offline");
	minutes_of(3, 2, 3);
	assert_int_equal(count("camera-offline", "opened"), 1);
	sqlf("DELETE FROM recorder_camera");
	minutes_of(1, 2, 3);
	assert_int_equal(count("camera-offline", "ended"), 1);
	minutes_of(5, 2, 2);
	sqlf("UPDATE recorder SET state = 'revoked' WHERE id = 1");
	minutes_of(1, 2, 2);
	assert_int_equal(count("recorder-offline", "ended"), 1);
}

static void
a_hostile_store_breaks_nothing(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 2, 3);
	sqlf("UPDATE recorder_camera SET name = x'ff1b5b32', state ="
	     " char(27) || '[2J', newest_at = %lld",
	    (long long)INT64_MIN);
	sqlf("UPDATE recorder SET interval_us = %lld WHERE id = 2",
	    (long long)INT64_MAX);
	sqlf("UPDATE recorder SET clock_us = %lld, skew_us = %lld, overdue ="
	     " %lld",
	    (long long)INT64_MIN, (long long)INT64_MAX, (long long)INT64_MAX);
	sqlf("INSERT INTO alert_rule VALUES (0, 0, 'camera-offline', 1, 1, 1,"
	     " 1, %lld, 'info', 1)",
	    (long long)INT64_MAX);
	sqlf("INSERT INTO alert_rule VALUES (0, 0, 'no-such', NULL, 100, NULL,"
	     " NULL, NULL, NULL, 1)");
	sqlf("INSERT INTO alert (id, kind, object, severity, state, why, since,"
	     " seen_at, opened_at, good, flips, flipped_at) VALUES (9,"
	     " 'no-such', 1, 'info', 'open', x'ff', %lld, %lld, 1, 99, %lld,"
	     " %lld)",
	    (long long)INT64_MAX, (long long)INT64_MIN, (long long)INT64_MAX,
	    (long long)INT64_MIN);
	sqlf("INSERT INTO alert (id, kind, object, severity, state, why, since,"
	     " seen_at, opened_at, good, flips, flipped_at, unstable) VALUES"
	     " (10, 'recorder-offline', 1, 'info', 'open', x'ff', %lld, %lld,"
	     " %lld, %lld, %lld, %lld, 1)",
	    (long long)INT64_MAX, (long long)INT64_MIN, (long long)INT64_MAX,
	    (long long)INT64_MAX, (long long)INT64_MAX - 9,
	    (long long)INT64_MIN);
	sqlf("INSERT INTO setting VALUES ('alert_evaluated', '-7'),"
	     " ('alert_floor', 'x'), ('alert_deaf', '9') ON CONFLICT (name) DO"
	     " UPDATE SET value = excluded.value");
	minutes_of(5, 2, 3);
	minutes_of(5, 2, 1);
	for (int i = 0; i < nsaid; i++) {
		assert_true(nvr_text_printable(said[i].subject));
		assert_null(strchr(said[i].why, '\033'));
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_recorder_is_down_after_three_missed_reports),
	    T(one_report_and_silence_is_no_recovery),
	    T(an_offline_recorder_silences_its_cameras),
	    T(one_that_ends_while_its_recorder_is_away_is_told_to_be_over),
	    T(a_camera_that_stays_away_is_told_after_its_recorder_is_back),
	    T(flapping_becomes_one_unstable_alert),
	    T(an_outage_of_the_portal_is_nobody_elses),
	    T(what_a_recorder_claims_silences_no_other),
	    T(a_single_recorder_is_down_while_the_portal_runs),
	    T(a_clock_that_is_set_raises_nothing),
	    T(nothing_is_told_of_what_is_restricted),
	    T(what_is_gone_ends_its_alert),
	    T(a_hostile_store_breaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
