/* What the brake lets go and what it leaves out, run after run: the course of
 * things never stands still, and one wrong setting stops nothing else. */
#include "core/log.h"
#include "runs_help.h"

/* What comes in the meantime: a segment each 5 minutes. */
static void
pass(int64_t time, int cameras)
{
	sql("BEGIN");
	for (; time > 0; time -= 5 * M, the_time += 5 * M)
		for (int64_t c = 1; c <= cameras; c++)
			add_segment(next_id++, c, NVR_MAIN, the_time,
			    the_time + 5 * M, 10);
	sql("COMMIT");
}

static void
start_machine_anew(void)
{
	started = the_time;
	sql("UPDATE setting SET value = 'another' || substr(value, 37) WHERE"
	    " name IN ('retain_clock', 'retain_ran')");
}

static void
trust(bool yes)
{
	static char today[NVR_TIME_TEXT];

	nvr_time_format(the_time, today);
	today[10] = '\0';
	how.today = yes ? today : NULL;
}

static void
the_course_of_things_never_stands_still(void **state)
{
	static const struct {
		int64_t each;
		int n;
	} runs[] = {{NVR_HOUR, 60}, {NVR_DAY, 6}, {7 * NVR_DAY, 2}};

	for (size_t i = 0; i < 3; i++) {
		begin(state);
		add_camera(1, "age");
		add_camera(2, "bytes"); /* 3 of the 12 that come in an hour */
		add_camera(3, "room");
		add_camera(4, "idle");
		add_camera(5, "ended");
		set_camera(1, "retain_us", 12 * NVR_HOUR);
		set_camera(2, "retain_bytes", 30);
		set_camera(5, "retain_us", NVR_DAY);
		record(4, NOW - 60 * M, 50);
		record(5, NOW - 60 * M, 50);
		/* Which leaves room for 300 in all. */
		rules.keep.floor = 1000;
		capacity = 1000 + 3000;
		run_free();
		for (int n = 0; n < runs[i].n; n++) {
			pass(runs[i].each, 3);
			run_free();
			assert_int_equal(segments(2), 3);
		}
		assert_int_equal(segments(4) + segments(5), 0);
		assert_int_equal(number("SELECT COUNT(*) FROM segment"), 300);
	}
}

static void
what_has_ended_goes_whole_after_a_week_without_a_run(void **state)
{
	(void)state;
	add_camera(1, "gate");
	set_camera(1, "retain_us", NVR_DAY);
	record(1, the_time - 100 * M, 100);
	run_free();
	the_time += 7 * NVR_DAY;
	assert_int_equal(run_free(), 100);
}

/* Who was off cannot know by itself that so much time has passed. */
static void
a_machine_that_was_off_asks_for_the_day(void **state)
{
	(void)state;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_us", 30 * NVR_DAY);
	set_camera(2, "retain_us", NVR_DAY);
	record(1, the_time - 25 * NVR_DAY, 100);
	record(1, the_time - 2 * NVR_DAY, 50);
	run_free();
	record(2, the_time - 50 * M, 50);
	the_time += 20 * NVR_DAY;
	record(2, the_time - 60 * M, 60);
	start_machine_anew();
	assert_left_out("100 of 150 segments of gate (main) would go");
	/* All else goes, and the next run has not forgotten. */
	assert_int_equal(segments(2), 60);
	the_time += NVR_HOUR;
	assert_left_out("100 of 150 segments of gate (main) would go");
	trust(true);
	assert_int_equal(run_free(), 100);
	/* And hourly runs go on. */
	trust(false);
	for (int i = 0; i < 30; i++) {
		pass(NVR_HOUR, 2);
		run_free();
	}
}

static void
a_shorter_limit_is_asked_for_for_ever(void **state)
{
	(void)state;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 30 * NVR_DAY);
	record(1, the_time - 20 * NVR_DAY, 100);
	run_free();
	set_camera(1, "retain_us", 5 * NVR_DAY);
	for (int i = 0; i < 40; i++) {
		the_time += NVR_HOUR;
		assert_left_out("100 of 100 segments of gate (main)");
		assert_int_equal(went(), 0);
	}
	how.most = 99;
	assert_left_out("--yes-delete-most 100");
	how.most = 100;
	assert_int_equal(run_free(), 100);
}

/* Each of its own; all else goes, and nothing goes in their stead. */
static void
only_what_it_holds_is_left_out(void **state)
{
	(void)state;
	add_camera(1, "gate");
	add_camera(2, "yard");
	add_camera(3, "lane");
	rules.keep.events = 90 * NVR_DAY;
	rules.keep.floor = 1000;
	record(1, the_time - 20 * NVR_DAY, 20);
	record(2, the_time - 20 * NVR_DAY, 20);
	record(3, the_time - 10 * NVR_DAY, 100);
	sql("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1, 1,"
	    " 'main', 1, 'lost')");
	set_camera(1, "retain_us", 10 * NVR_DAY);
	set_camera(2, "retain_bytes", 50);
	/* After 20 and 15 of these another would go. */
	capacity = 1000 + 1400 - 360;
	assert_left_out("20 of 20 segments of gate (main) would go, which is "
			"more than half; and so of 1 other group: look at");
	assert_non_null(strstr(done.brake.text, "--yes-delete-most 37"));
	assert_int_equal(done.most, 37);
	assert_int_equal(segments(1), 20);
	assert_int_equal(segments(2) + segments(3), 119);
	assert_int_equal(number("SELECT COUNT(*) FROM event"), 0);
	how.most = 36;
	assert_int_equal(run_free(), 35);
}

/* Not even where all others are well. */
static void
who_makes_a_run_of_a_part_has_not_made_a_whole_one(void **state)
{
	(void)state;
	run_free();
	sql("DELETE FROM setting WHERE name = 'retain_ran'");
	how.only = "events";
	run_free();
	assert_int_equal(
	    number("SELECT COUNT(*) FROM setting WHERE name = 'retain_ran'"),
	    0);
	how.only = NULL;
	run_free();
	assert_int_equal(
	    number("SELECT COUNT(*) FROM setting WHERE name = 'retain_ran'"),
	    1);
}

static void
what_is_no_time_of_a_run_is_as_good_as_none(void **state)
{
	static const char *const bad[] = {"", "a", "- 1", "a -1", "a 1 2",
	    "a x", " ", "- 99999999999999999999"};
	int64_t since;
	bool proven;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		must(nvr_setting_put(s->store, "retain_ran", bad[i], &err));
		must(nvr_clock_since(
		    s, "recordings", NOW, false, &since, &proven, &err));
		assert_false(proven);
		assert_int_equal(since, NOW - NVR_DAY);
	}
	/* What is ahead, and what is of this day, changes nothing. */
	must(nvr_clock_ran(s, NOW + NVR_DAY, false, &done, &err));
	must(nvr_clock_since(
	    s, "recordings", NOW, false, &since, &proven, &err));
	assert_int_equal(since, NOW - NVR_DAY);
	must(nvr_clock_ran(s, NOW - 3 * NVR_DAY, false, &done, &err));
	must(nvr_clock_since(
	    s, "recordings", NOW, false, &since, &proven, &err));
	assert_true(proven);
	assert_int_equal(since, NOW - 3 * NVR_DAY);
}

/* The promises of the others are kept. */
static void
a_rule_that_cannot_be_looked_at_stops_no_other(void **state)
{
	struct nvr_error clock;

	(void)state;
	add_camera(1, "gate");
	rules.keep.events = 90 * NVR_DAY;
	sql("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1, 1,"
	    " 'main', 1, 'lost')");
	sql("ALTER TABLE outbox RENAME COLUMN expires_at TO gone");
	how.now = the_time;
	must(nvr_retain_plan(s, &how, &done, &clock, &err));
	assert_true(done.why.code != 0);
	assert_int_equal(went(), 1);
	run();
	assert_non_null(strstr(done.why.text, "expires_at"));
	for (int i = 0; i < done.nkinds; i++)
		assert_int_equal(done.kind[i].failed,
		    strcmp(done.kind[i].kind, "outbox") == 0);
	assert_int_equal(went(), 1);
	must(nvr_retain_verify(s, &how, &done, &err));
	assert_true(done.why.code != 0);
	sql("ALTER TABLE outbox RENAME COLUMN gone TO expires_at");
	run_free();
}

static void
months_that_cannot_be_counted_stop_no_rule(void **state)
{
	(void)state;
	add_camera(1, "gate");
	rules.keep.events = 90 * NVR_DAY;
	sql("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1, 1,"
	    " 'main', 1, 'lost')");
	sql("DELETE FROM aggregate");
	sql("ALTER TABLE aggregate RENAME TO gone");
	run();
	assert_int_equal(done.failed, 1);
	assert_non_null(strstr(done.why.text, "aggregate"));
	assert_int_equal(went(), 1);
	sql("ALTER TABLE gone RENAME TO aggregate");
	run_free();
}

#define T(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_course_of_things_never_stands_still),
	    T(what_has_ended_goes_whole_after_a_week_without_a_run),
	    T(a_machine_that_was_off_asks_for_the_day),
	    T(a_shorter_limit_is_asked_for_for_ever),
	    T(only_what_it_holds_is_left_out),
	    T(who_makes_a_run_of_a_part_has_not_made_a_whole_one),
	    T(what_is_no_time_of_a_run_is_as_good_as_none),
	    T(a_rule_that_cannot_be_looked_at_stops_no_other),
	    T(months_that_cannot_be_counted_stop_no_rule),
	};

	return cmocka_run_group_tests_name(
	    "the brake of retention", tests, set_up, tear_down);
}
