/* Reports become hours, and hours days, whatever comes in between. */
#include "telemetry_help.h"

#include "cli/conf.h"

static void
c16_the_defaults_are_90_days_and_two_years(void **state)
{
	static struct nvr_conf conf;

	(void)state;
	nvr_conf_init(&conf);
	assert_int_equal(conf.rules.keep.telemetry, 90 * NVR_DAY);
	assert_int_equal(conf.rules.keep.hours, 730 * NVR_DAY);
}

static void
c16_reports_go_after_90_days_as_hours_and_those_as_days(void **state)
{
	int64_t end = START + 90 * NVR_DAY + NVR_HOUR;

	(void)state;
	for (int i = 0; i < 60; i++)
		enter(7, START + i * NVR_MINUTE, i);
	enter(7, START + NVR_HOUR, 100);
	run_at(end - 1);
	assert_true(number(RAW) == 61 && number(HOURS) == 2);
	run_at(end);
	/* The whole hour, and not the next one. */
	assert_int_equal(told, 0);
	assert_true(number(RAW) == 1 && number(HOURS) == 2);
	assert_true(number(DAYS) == 1);
	assert_true(
	    number("SELECT cpu FROM telemetry_sum WHERE reports = 60") == 29.5);
	run_at(end + NVR_HOUR);
	assert_true(number(RAW) == 0);
	run_at(START + 731 * NVR_DAY - 1);
	assert_true(number(HOURS) == 2);
	run_at(START + 731 * NVR_DAY);
	assert_true(number(HOURS) == 0 && number(DAYS) == 1);
	assert_true(number("SELECT reports FROM telemetry_sum") == 61);
	assert_true(number("SELECT ABS(cpu - (29.5 * 60 + 100) / 61) < 1e-9"
			   " FROM telemetry_sum") == 1);
	assert_true(number("SELECT cpu_max FROM telemetry_sum") == 100);
	/* For as long as the account is there. */
	run_at(START + 20000 * NVR_DAY);
	assert_true(number(DAYS) == 1);
}

static void
what_a_recorder_cannot_tell_counts_for_nothing(void **state)
{
	struct nvr_telemetry t = report(7, START, NAN);

	(void)state;
	t.received_at = START + NVR_HOUR;
	ok(nvr_telemetry_put(s->store, &t, &err));
	t.at++, t.cpu = 10, t.disk_free_bytes = 0, t.cameras = 0;
	ok(nvr_telemetry_put(s->store, &t, &err));
	t.at++, t.cpu = 20, t.disk_free_bytes = 5, t.cameras = 16;
	ok(nvr_telemetry_put(s->store, &t, &err));
	t.at = START + NVR_HOUR, t.cpu = NAN;
	ok(nvr_telemetry_put(s->store, &t, &err));
	assert_true(
	    number("SELECT COUNT(*) FROM telemetry WHERE cpu IS NULL"
		   " AND memory IS NULL AND cameras_down IS NULL") == 2);
	run_at(START + 2 * NVR_DAY);
	assert_true(number("SELECT COUNT(*) FROM telemetry_sum WHERE cpu = 15"
			   " AND cpu_max = 20 AND memory IS NULL AND"
			   " disk_free_bytes_min = 0 AND cameras = 16 AND"
			   " cameras_down_max IS NULL AND reports >= 3") == 2);
	assert_true(number("SELECT COUNT(*) FROM telemetry_sum WHERE cpu IS"
			   " NULL AND period = 'hour' AND reports = 1") == 1);
}

/* An hour of one report that knows and fifty-nine that do not is no weight. */
static void
a_mean_of_a_day_is_of_the_reports_that_have_the_figure(void **state)
{
	struct nvr_telemetry t;

	(void)state;
	for (int i = 0; i < 60; i++) {
		t = report(7, START + i * NVR_MINUTE, i == 0 ? 100 : NAN);
		t.memory = i < 2 ? 50 : NAN;
		t.temperature = NAN;
		ok(nvr_telemetry_put(s->store, &t, &err));
	}
	for (int i = 0; i < 9; i++) {
		t = report(7, START + NVR_HOUR + i * NVR_MINUTE, 10);
		t.memory = i < 8 ? 25 : NAN;
		ok(nvr_telemetry_put(s->store, &t, &err));
	}
	run_at(START + 2 * NVR_DAY);
#define DAY " FROM telemetry_sum WHERE period = 'day'"
	assert_true(number("SELECT cpu" DAY) == 19);
	assert_true(number("SELECT cpu_reports" DAY) == 10);
	assert_true(number("SELECT memory" DAY) == 30);
	assert_true(number("SELECT temperature IS NULL AND temperature_reports"
			   " = 0 AND reports = 69" DAY) == 1);
}

/* Whose figures they are, and whose go when an account is erased. */
static void
a_recorder_that_changes_hands_has_a_sum_for_each_account(void **state)
{
	struct nvr_telemetry t;

	(void)state;
	for (int i = 0; i < 6; i++) {
		t = report(7, START + i * 10 * NVR_MINUTE, i < 3 ? 10 : 70);
		t.account = i < 3 ? 9 : 5;
		ok(nvr_telemetry_put(s->store, &t, &err));
	}
	run_at(START + 2 * NVR_DAY);
	assert_true(number(HOURS) == 2 && number(DAYS) == 2);
	assert_true(number("SELECT COUNT(*) FROM telemetry_sum WHERE reports ="
			   " 3 AND cpu = CASE account_id WHEN 9 THEN 10 ELSE 70"
			   " END") == 4);
	/* Each is settled apart, and none has the other's. */
	run_at(START + 91 * NVR_DAY);
	t = report(7, START + NVR_MINUTE, 100);
	t.account = 5;
	t.received_at = START + 91 * NVR_DAY;
	ok(nvr_telemetry_put(s->store, &t, &err));
	run_at(START + 800 * NVR_DAY);
	assert_true(number(RAW) == 0 && number(HOURS) == 0);
	assert_true(number("SELECT COUNT(*) FROM telemetry_sum WHERE reports ="
			   " 3 AND settled = 1") == 2);
}

static void
a_late_report_makes_its_hour_and_day_anew(void **state)
{
	int64_t now = START + 2 * NVR_DAY;

	(void)state;
	enter(7, START, 10);
	run_at(now);
	put_late(7, START + NVR_MINUTE, 30, now + 1);
	put_late(7, START + 5 * NVR_HOUR, 80, now + 1);
	run_at(now + NVR_MINUTE);
	assert_true(number("SELECT cpu FROM telemetry_sum WHERE period = 'hour'"
			   " ORDER BY at") == 20);
	assert_true(
	    number("SELECT cpu FROM telemetry_sum WHERE period = 'day'") == 40);
	/* Entered a little after one that was received later. */
	put_late(7, START + 2 * NVR_MINUTE, 50, now - 5 * NVR_SECOND);
	run_at(now + NVR_MINUTE);
	assert_true(number("SELECT reports FROM telemetry_sum WHERE"
			   " period = 'day'") == 4);
}

static void
what_comes_for_an_hour_that_is_settled_goes_unsummed(void **state)
{
	int64_t now = START + 100 * NVR_DAY;

	(void)state;
	enter(7, START, 10);
	enter(7, START + NVR_MINUTE, 20);
	run_at(now);
	assert_true(number(RAW) == 0);
	for (int i = 0; i < 5; i++)
		put_late(7, START + i * NVR_SECOND, 90, now + 1);
	/* An hour of which none had come is summed up all the same. */
	put_late(7, START + 3 * NVR_HOUR, 60, now + 1);
	run_at(now + 1);
	assert_true(number(RAW) == 0);
	assert_true(number("SELECT cpu FROM telemetry_sum WHERE period = 'hour'"
			   " ORDER BY at") == 15);
	assert_true(
	    number("SELECT cpu FROM telemetry_sum WHERE period = 'day'") == 30);
	/* And a day likewise. */
	now = START + 800 * NVR_DAY;
	run_at(now);
	put_late(7, START + 9 * NVR_HOUR, 99, now + 1);
	run_at(now + 1);
	assert_true(number(RAW) == 0 && number(HOURS) == 0);
	assert_true(
	    number("SELECT cpu FROM telemetry_sum WHERE period = 'day'") == 30);
}

static void
the_same_report_again_changes_nothing(void **state)
{
	(void)state;
	enter(7, START, 10);
	enter(7, START, 90);
	enter(8, START, 50);
	assert_true(number(RAW) == 2);
	assert_true(number("SELECT MIN(cpu) FROM telemetry") == 10);
}

static void
a_report_of_a_clock_ahead_is_summed_up_in_its_own_hour(void **state)
{
	int64_t now = START + NVR_HOUR - NVR_MINUTE;

	(void)state;
	put_late(7, START + NVR_HOUR, 40, now);
	run_at(now);
	run_at(now + NVR_MINUTE);
	assert_true(number(HOURS) == 0);
	run_at(START + 2 * NVR_HOUR - 1);
	assert_true(number(HOURS) == 0);
	run_at(START + 2 * NVR_HOUR);
	assert_true(number(HOURS) == 1);
}

static void
a_report_that_cannot_be_is_refused(void **state)
{
	const struct nvr_telemetry good = report(7, START, 1);
	struct nvr_telemetry t;

	(void)state;
#define REFUSED(change, word)                                                \
	t = good, change;                                                    \
	assert_int_equal(nvr_telemetry_put(s->store, &t, &err), NVR_E_DATA); \
	assert_non_null(strstr(err.text, word))
	REFUSED(t.recorder = 0, "recorder");
	REFUSED(t.recorder = -1, "recorder");
	REFUSED(t.at = -1, "time");
	REFUSED(t.at += NVR_TELEMETRY_AHEAD + 1, "time");
	REFUSED(t.at = INT64_MAX, "time");
	REFUSED(t.cpu = -1, "cpu");
	REFUSED(t.cpu = INFINITY, "cpu");
	REFUSED(t.cpu = 1e308, "cpu");
	REFUSED(t.temperature = 1e300, "temperature");
	REFUSED(t.disk_free_bytes = INT64_MAX, "free disk");
	REFUSED(t.cameras = INT64_MAX, "cameras");
	REFUSED(t.memory = 100.1, "memory");
	REFUSED(t.disk_free = -0.1, "free disk");
	REFUSED(t.disk_free_bytes = -2, "free disk");
	REFUSED(t.temperature = -INFINITY, "temperature");
	REFUSED(t.cameras_down = INT64_MIN, "cameras");
	REFUSED(t.agent = "nvr \033[31m", "agent");
	REFUSED(t.agent = "\xff", "agent");
#undef REFUSED
	assert_true(number(RAW) == 0);
}

static void
of_a_restricted_account_nothing_goes_and_of_a_deleted_one_it_does(void **state)
{
	const int64_t ids[] = {
	    person("a@example.org"), person("b@example.org")};
	int64_t owner = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct nvr_telemetry t =
		    report(7 + i, START + i * NVR_HOUR, 10);

		t.account = ids[i];
		ok(nvr_telemetry_put(s->store, &t, &err));
	}
	run_sql("UPDATE account SET deleted_at = 1");
	ok(nvr_db_run(s->store,
	    "UPDATE account SET restricted_at = 1"
	    " WHERE account_id = ?1",
	    &err, "i", ids[0]));
	run_at(START + 2 * NVR_DAY);
	run_at(START + 800 * NVR_DAY);
	assert_true(number("SELECT recorder_id FROM telemetry") == 7);
	assert_true(number("SELECT recorder_id FROM telemetry_sum") == 8);
	ok(nvr_db_number(s->store,
	    "SELECT account_id FROM telemetry_sum WHERE account_id <> ?1",
	    &owner, &err, "i", owner));
	assert_int_equal(owner, ids[1]);
	/* It is lifted: the sums are made as the report goes. */
	run_sql("UPDATE account SET restricted_at = NULL");
	run_at(START + 200 * NVR_DAY);
	assert_true(number(RAW) == 0 && number(HOURS) == 1);
	assert_true(number(DAYS) == 2);
}

static void
without_a_limit_all_stays(void **state)
{
	(void)state;
	rules.keep.telemetry = rules.keep.hours = 0;
	enter(7, START, 10);
	run_at(START + 10000 * NVR_DAY);
	assert_true(number(RAW) == 1 && number(HOURS) == 1);
	/* Hours that would go at once are not made of what stays. */
	rules.keep.hours = 10 * NVR_DAY;
	run_at(START + 10000 * NVR_DAY);
	assert_true(number(HOURS) == 0 && number(DAYS) == 1);
	put_late(7, START + 1, 99, START + 10000 * NVR_DAY);
	run_at(START + 10000 * NVR_DAY);
	assert_true(number(HOURS) == 0 && number(RAW) == 2);
	run_sql("DELETE FROM setting WHERE name LIKE 'telemetry%'");
	run_at(START + 10000 * NVR_DAY);
}

static void
a_plan_for_the_past_does_not_know_what_came_later(void **state)
{
	int64_t now = START + 100 * NVR_DAY;

	(void)state;
	put_late(7, START, 10, now);
	ok(retain(now - 1, false));
	assert_int_equal(told, 0);
	ok(retain(now, false));
	assert_int_equal(told, 1);
	assert_true(went.kind[0].oldest == START);
	ok(retain(0, true));
	assert_int_equal(told, 0);
}

static void
a_run_for_the_past_loses_no_sum(void **state)
{
	(void)state;
	enter(7, START, 10);
	enter(7, START + 5 * NVR_HOUR, 20);
	run_at(START + 6 * NVR_HOUR);
	put_late(7, START + 4 * NVR_HOUR, 30, START + 6 * NVR_HOUR + 1);
	run_at(START + 3 * NVR_HOUR);
	run_at(START + 6 * NVR_HOUR);
	assert_true(number(HOURS) == 3);
}

/* Hours that went, and what was told of them in the log. */
static void
what_goes_is_on_record(void **state)
{
	(void)state;
	for (int r = 1; r <= 20; r++)
		enter(r, START, 10);
	enter(1, START + NVR_HOUR, 10);
	run_at(START + 2 * NVR_DAY);
#define DELETED "SELECT COUNT(*) FROM log WHERE type = 'retain.deleted'"
	assert_true(number(DELETED) == 0);
	run_at(START + 100 * NVR_DAY);
	assert_in_range(number(DELETED), 2, 21);
	/* The whole of it is one transaction's, or it is not. */
	run_sql("CREATE TRIGGER full BEFORE INSERT ON log BEGIN SELECT"
		" RAISE(ABORT, 'no log'); END");
	enter(1, START + 2 * NVR_HOUR, 10);
	assert_int_not_equal(retain(START + 100 * NVR_DAY, true), 0);
	assert_true(number(RAW) == 1 && told == 0);
}

static void
one_bad_recorder_does_not_keep_the_others(void **state)
{
	int64_t end = START + 800 * NVR_DAY;

	(void)state;
	for (int r = 1; r <= 5; r++)
		enter(r, START, 10), enter(r, START + NVR_DAY, 10);
	run_at(START + 2 * NVR_DAY);
	for (int r = 1; r <= 5; r++)
		enter(r, START + 3 * NVR_DAY, 10);
	/* Whatever it is that fails. */
	run_sql("CREATE TRIGGER bad BEFORE INSERT ON telemetry_sum WHEN"
		" NEW.recorder_id = 2 BEGIN SELECT RAISE(ABORT, 'bad'); END");
	ok(retain(START + 5 * NVR_DAY, true));
	assert_int_equal(went.kind[0].failed, 1);
	assert_non_null(strstr(went.why.text, "bad"));
	assert_true(number(HOURS) == 14 && number(DAYS) == 14);
	ok(retain(end, true));
	assert_true(went.kind[0].failed > 1);
	/* What is not in a sum has not gone. */
	assert_true(number(RAW " WHERE recorder_id <> 2") == 0);
	assert_true(number(RAW) == 3 && number(HOURS) == 2);
	run_sql("DROP TRIGGER bad");
	run_at(end);
	assert_true(number(RAW) == 0 && number(HOURS) == 0);
	assert_true(number(DAYS) == 15);
}

/* As no program of ours writes it. */
static void
a_hostile_store_makes_no_infinity_and_stops_nothing(void **state)
{
	(void)state;
	run_sql("INSERT INTO telemetry (recorder_id, at, received_at, cpu,"
		" temperature) VALUES (2, 1800057600000000, 1, 1e308, -1e308),"
		" (2, 1800057600000001, 1, 1e308, 9e999), (2,"
		" 1800057600000002, 1, 9e999, 20), (2, 1800057600000003, 1, 50,"
		" -9e999)");
	run_sql("INSERT INTO telemetry_sum (recorder_id, period, at, made_at,"
		" reports, cpu, cpu_max, cpu_reports, memory_reports,"
		" temperature_reports) VALUES (9, 'hour', 1800057600000000, 1,"
		" 9223372036854775807, 1, 1, 9223372036854775807, 0, 0), (9,"
		" 'hour', 1800061200000000, 1, 9223372036854775807, 9e999,"
		" 9e999, 9223372036854775807, 0, 0)");
	enter(1, START, 10);
	run_at(START + 100 * NVR_DAY);
	run_at(START + 800 * NVR_DAY);
	assert_int_equal(went.kind[0].failed, 0);
	assert_true(number(RAW) == 0 && number(HOURS) == 0);
	assert_true(number(DAYS) == 3);
	assert_true(number("SELECT cpu = 50 AND cpu_max = 50 AND cpu_reports ="
			   " 1 AND temperature = 20 FROM telemetry_sum WHERE"
			   " recorder_id = 2") == 1);
	assert_true(number("SELECT COUNT(*) FROM telemetry_sum WHERE cpu_max >"
			   " 1e6 OR cpu_reports > 1000000000000") == 0);
}

static void
c16_what_is_before_1970_or_of_a_time_to_come_goes_too(void **state)
{
	int64_t now = START + 3 * NVR_DAY;

	(void)state;
	run_sql("INSERT INTO telemetry (recorder_id, at, received_at, cpu)"
		" VALUES (1, -5000000, 1, 1), (1, -3600000001, 1, 1),"
		" (2, -9223372036854775807, 1, 1), (3, 0, 1, 1),"
		" (4, 9223372036854775807, 1, 1), (4, 4102444800000000, 1, 1)");
	put_late(5, now + NVR_HOUR, 1, now + NVR_HOUR);
	put_late(5, now + 2 * NVR_DAY, 1, now + 2 * NVR_DAY);
	run_sql("INSERT INTO telemetry_sum (recorder_id, period, at, made_at,"
		" reports, cpu_reports, memory_reports, temperature_reports)"
		" VALUES (1, 'hour', -86400000000, 1, 1, 0, 0, 0), (6, 'hour',"
		" 9223372036854775807, 1, 1, 0, 0, 0), (6, 'day',"
		" 4102444800000000, 1, 1, 0, 0, 0)");
	run_at(now);
	assert_int_equal(went.kind[0].failed, 0);
	assert_true(number(RAW) == 1);
	assert_true(number("SELECT recorder_id FROM telemetry") == 5);
	assert_true(number(HOURS) == 0);
	/* Each in its own day, of which none is to come. */
	assert_true(
	    number("SELECT COUNT(*) FROM telemetry_sum WHERE at < 0") == 2);
	assert_true(
	    number("SELECT COUNT(*) FROM telemetry_sum WHERE at > 1e16") == 0);
	assert_true(number("SELECT reports FROM telemetry_sum WHERE recorder_id"
			   " = 1") == 3);
}

static void
a_clock_that_was_ahead_leaves_no_hour_unsummed(void **state)
{
	(void)state;
	put_late(1, START + 20 * NVR_HOUR, 1, START + 20 * NVR_HOUR);
	run_at(START + 23 * NVR_HOUR);
	assert_true(number(HOURS) == 1);
	for (int h = 1; h <= 3; h++)
		enter(2, START + h * NVR_HOUR, 1);
	run_at(START + 6 * NVR_HOUR);
	assert_true(number(HOURS) == 4);
	put_late(2, START + 4 * NVR_HOUR, 1, START + 6 * NVR_HOUR + 1);
	run_at(START + 7 * NVR_HOUR);
	assert_true(number(HOURS) == 5);
	/* Nor what is written there. */
	run_sql("UPDATE setting SET value = '9000000000000000' WHERE name LIKE"
		" 'telemetry%'");
	enter(2, START + 5 * NVR_HOUR, 1);
	run_at(START + 8 * NVR_HOUR);
	assert_true(number(HOURS) == 6);
	assert_true(
	    number("SELECT MAX(CAST(value AS BIGINT)) <= 1800086400000000"
		   " FROM setting WHERE name LIKE 'telemetry%'") == 1);
}

static int steps;

static int
count_step(void *ctx)
{
	(void)ctx;
	steps++;
	return 0;
}

static void
nothing_new_reads_next_to_nothing(void **state)
{
	int changes;

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	for (int r = 1; r <= 20; r++)
		for (int i = 0; i < 2000; i++)
			enter(r, START + i * NVR_MINUTE, i % 100);
	ok(nvr_store_commit(s->store, &err));
	/* The last minute of what came is looked at again. */
	enter(1, START + 2 * NVR_DAY, 1);
	run_at(START + 3 * NVR_DAY);
	changes = sqlite3_total_changes(s->store->db);
	sqlite3_progress_handler(s->store->db, 1, count_step, NULL);
	steps = 0;
	ok(retain(START + 3 * NVR_DAY + NVR_MINUTE, true));
	ok(retain(START + 3 * NVR_DAY + NVR_MINUTE, false));
	sqlite3_progress_handler(s->store->db, 0, NULL, NULL);
	assert_in_range(steps, 1, 1000);
	assert_in_range(sqlite3_total_changes(s->store->db) - changes, 0, 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_telemetry, unmake)
	const struct CMUnitTest tests[] = {
	    T(c16_the_defaults_are_90_days_and_two_years),
	    T(c16_reports_go_after_90_days_as_hours_and_those_as_days),
	    T(what_a_recorder_cannot_tell_counts_for_nothing),
	    T(a_mean_of_a_day_is_of_the_reports_that_have_the_figure),
	    T(a_recorder_that_changes_hands_has_a_sum_for_each_account),
	    T(a_late_report_makes_its_hour_and_day_anew),
	    T(what_comes_for_an_hour_that_is_settled_goes_unsummed),
	    T(the_same_report_again_changes_nothing),
	    T(a_report_of_a_clock_ahead_is_summed_up_in_its_own_hour),
	    T(a_report_that_cannot_be_is_refused),
	    T(of_a_restricted_account_nothing_goes_and_of_a_deleted_one_it_does),
	    T(without_a_limit_all_stays),
	    T(a_plan_for_the_past_does_not_know_what_came_later),
	    T(a_run_for_the_past_loses_no_sum),
	    T(what_goes_is_on_record),
	    T(one_bad_recorder_does_not_keep_the_others),
	    T(a_hostile_store_makes_no_infinity_and_stops_nothing),
	    T(c16_what_is_before_1970_or_of_a_time_to_come_goes_too),
	    T(a_clock_that_was_ahead_leaves_no_hour_unsummed),
	    T(nothing_new_reads_next_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
