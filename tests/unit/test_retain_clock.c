/* The clock is not believed when it cannot be right: nvr_clock_check. */
#include "account_help.h"

#include "core/retain_clock_int.h"
#include "core/retain_int.h"

/* 2090-01-01T00:00:00Z, so that what these tests log is of long ago. */
#define START (INT64_C(3786912000) * NVR_SECOND)

static struct nvr_clock
at(const char *boot, int64_t wall, int64_t running)
{
	struct nvr_clock c = {.wall = wall, .running = running};

	strlcpy(c.boot, boot, sizeof(c.boot));
	return c;
}

static int
look(const char *boot, int64_t wall, int64_t running, const char *today)
{
	struct nvr_clock c = at(boot, wall, running);

	return nvr_clock_check_at(s, &c, today, true, &err);
}

static void
row(const char *insert, int64_t t)
{
	char text[512];

	snprintf(text, sizeof(text), insert, (long long)t, (long long)t,
	    (long long)t);
	sql("nvr.db", text);
}

#define EVENT                                                               \
	"INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1, 1," \
	" 'main', %lld, 'lost')"

static const char *const rows[] = {
    EVENT,
    "INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at,"
    " media_start_us, media_us, frames, size_bytes, sha256, sealed) VALUES"
    " (1, 1, 'main', 1, %lld - 60000000, %lld, 0, 1, 1, 1, zeroblob(32), 1)",
    "INSERT INTO audit (id, camera_name, at, duration_us, type, origin,"
    " analyzer, schema_version, status) VALUES (1, 'gate', %lld, 1, 'regular',"
    " 'file', 'local', 1, 'ok')",
    "INSERT INTO log (seq, account_id, at, type, commitment, hash) VALUES"
    " (1000, 0, %lld, 'x', zeroblob(32), zeroblob(32))",
    "INSERT INTO telemetry (recorder_id, at, received_at) VALUES"
    " (1, 5, %lld)",
    "INSERT INTO still (id, camera_id, taken_at, expires_at, path, size_bytes,"
    " sha256) VALUES (1, 1, %lld, 9000000000000000, 'stills/1/1.jpg', 1,"
    " hex(zeroblob(32)))",
};

static void
an_empty_store_stops_nothing(void **state)
{
	(void)state;
	ok(look("a", START, 400 * NVR_DAY, NULL));
	assert_int_equal(
	    look("a", START - NVR_DAY, NVR_DAY, NULL), NVR_E_PERMISSION);
}

static void
a_clock_behind_the_newest_row_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		row(rows[i], START);
		assert_fails(look("a", START - 2 * NVR_MINUTE - 1, 0, NULL),
		    NVR_E_PERMISSION,
		    "it says 2089-12-31T23:57:59.999Z, and the newest row is of"
		    " 2090-01-01T00:00:00.000Z: set it or, where this is the "
		    "day in UTC, say --trust-clock 2089-12-31");
		ok(look("", START - 2 * NVR_MINUTE, 0, NULL));
		ok(look("", START + 80 * 365 * NVR_DAY, 0, NULL));
		sql("nvr.db",
		    "DELETE FROM setting WHERE name = 'retain_clock'");
		sql("nvr.db", "DELETE FROM event");
		sql("nvr.db", "DELETE FROM segment");
		sql("nvr.db", "DELETE FROM audit");
		sql("nvr.db", "DELETE FROM log");
		sql("nvr.db", "DELETE FROM telemetry");
		sql("nvr.db", "DELETE FROM still");
	}
}

static void
a_clock_behind_the_last_run_is_refused(void **state)
{
	(void)state;
	ok(look("a", START, NVR_HOUR, NULL));
	assert_fails(look("b", START - NVR_HOUR, NVR_HOUR, NULL),
	    NVR_E_PERMISSION, "the last run was at 2090-01-01T00:00:00.000Z");
	ok(look("b", START - NVR_MINUTE, NVR_HOUR, NULL));
}

static void
a_jump_ahead_without_a_start_is_refused(void **state)
{
	(void)state;
	ok(look("a", START, NVR_HOUR, NULL));
	assert_fails(look("a", START + 31 * NVR_DAY, 2 * NVR_HOUR, NULL),
	    NVR_E_PERMISSION,
	    "it says 2090-02-01T00:00:00.000Z, further ahead than the machine "
	    "has been running since 2090-01-01T00:00:00.000Z");
	/* It was refused, so the next one is held to the same. */
	assert_int_equal(
	    look("a", START + NVR_DAY + 1, NVR_HOUR, NULL), NVR_E_PERMISSION);
	ok(look("a", START + NVR_DAY, NVR_HOUR, NULL));
	ok(look("a", START + 32 * NVR_DAY, NVR_HOUR + 31 * NVR_DAY, NULL));
}

static void
a_machine_that_was_off_may_come_back_any_time(void **state)
{
	(void)state;
	row(EVENT, START);
	ok(look("a", START, NVR_HOUR, NULL));
	ok(look("b", START + 400 * NVR_DAY, NVR_MINUTE, NULL));
	ok(look("", START + 800 * NVR_DAY, 9 * NVR_DAY, NULL));
	ok(look("", START + 900 * NVR_DAY, 9 * NVR_DAY, NULL));
	ok(look("b", START + 950 * NVR_DAY, 10 * NVR_DAY, NULL));
	/* As far as can be told it was another run. */
	ok(look("b", START + 990 * NVR_DAY, NVR_DAY, NULL));
}

static void
a_first_run_goes_by_the_newest_row(void **state)
{
	(void)state;
	row(EVENT, START);
	assert_fails(look("a", START + 3 * NVR_DAY, 3 * NVR_DAY, NULL),
	    NVR_E_PERMISSION,
	    "though the machine has been running since, the newest row is of "
	    "2090-01-01T00:00:00.000Z");
	ok(look("a", START + 3 * NVR_DAY, 3 * NVR_DAY - 1, NULL));
	sql("nvr.db", "DELETE FROM setting WHERE name = 'retain_clock'");
	ok(look("a", START + NVR_DAY, 3 * NVR_DAY, NULL));
}

static void
who_knows_the_day_can_say_so(void **state)
{
	static const char *const wrong[] = {"2090-02-02", "2090-02-0",
	    "2090-02-011", "", "today", "2090-02-01T00:00:00Z"};

	(void)state;
	row(EVENT, START);
	ok(look("a", START, NVR_HOUR, NULL));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_fails(look("a", START + 31 * NVR_DAY, 0, wrong[i]),
		    NVR_E_USAGE, "by this clock it is 2090-02-01 in UTC");
	assert_int_equal(logged(0, "clock.trusted", ""), 0);
	ok(look("a", START + 31 * NVR_DAY, NVR_HOUR, "2090-02-01"));
	assert_int_equal(
	    logged(0, "clock.trusted", "2090-01-01T00:00:00.000Z"), 1);
	/* From there it goes on. */
	ok(look("a", START + 32 * NVR_DAY, 2 * NVR_HOUR, "2090-02-02"));
	ok(look("a", START + 33 * NVR_DAY, 3 * NVR_HOUR, NULL));
	assert_int_equal(logged(0, "clock.trusted", ""), 1);
}

static void
rows_of_a_clock_that_was_ahead_do_not_stop_it_for_ever(void **state)
{
	(void)state;
	row(EVENT, START + 3650 * NVR_DAY);
	assert_int_equal(look("a", START, NVR_HOUR, NULL), NVR_E_PERMISSION);
	ok(look("a", START, NVR_HOUR, "2090-01-01"));
	ok(look("a", START + NVR_DAY, NVR_DAY, NULL));
	ok(look("b", START + 2 * NVR_DAY, NVR_DAY, NULL));
	/* The runs themselves are still held to each other. */
	assert_int_equal(
	    look("b", START + NVR_DAY, NVR_DAY, NULL), NVR_E_PERMISSION);
	/* And to rows that are newer than what was accepted. */
	sql("nvr.db", "UPDATE event SET at = at + 1");
	assert_int_equal(
	    look("c", START + 3 * NVR_DAY, 0, NULL), NVR_E_PERMISSION);
}

static void
a_plan_leaves_nothing_behind(void **state)
{
	struct nvr_clock c = at("a", START, NVR_DAY);

	(void)state;
	err = (struct nvr_error){0};
	ok(nvr_clock_check_at(s, &c, NULL, false, &err));
	assert_int_equal(err.code, 0);
	row(EVENT, START + NVR_DAY);
	assert_int_equal(
	    nvr_clock_check_at(s, &c, NULL, false, &err), NVR_E_PERMISSION);
	err = (struct nvr_error){0};
	ok(nvr_clock_check_at(s, &c, "2090-01-01", false, &err));
	assert_int_equal(err.code, 0);
	assert_int_equal(
	    sql("nvr.db",
		"SELECT COUNT(*) FROM setting WHERE name = 'retain_clock'"),
	    0);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log"), 0);
}

static void
what_is_no_stamp_is_as_good_as_none(void **state)
{
	static const char *const bad[] = {"", "a", "a 1", "a 1 2", "a 1 2 3 4",
	    "a -1 2 3", "a 1 2 x", "a 99999999999999999999 2 3", "  ",
	    "a 1 2 9223372036854775807"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ok(nvr_setting_put(s->store, "retain_clock", bad[i], &err));
		ok(look("a", START, 0, NULL));
	}
	ok(nvr_setting_put(
	    s->store, "retain_clock", "a 3786998400000000 5 0", &err));
	assert_int_equal(look("a", START, 0, NULL), NVR_E_PERMISSION);
}

static void
no_time_of_a_row_is_too_much(void **state)
{
	char today[NVR_TIME_TEXT];

	(void)state;
	row(EVENT, INT64_MIN);
	ok(look("a", START, 0, NULL));
	sql("nvr.db", "UPDATE event SET at = 9223372036854775807");
	assert_fails(look("a", START, 0, NULL), NVR_E_PERMISSION,
	    "the newest row is of 9999-12-31T23:59:59");
	nvr_time_format(START, today);
	today[10] = '\0';
	ok(look("a", START, 0, today));
	ok(look("a", START, 0, NULL));
}

/* What a civil clock does is none of its business: all is UTC. */
static void
no_second_of_the_calendar_is_a_jump(void **state)
{
	/* 2016-12-31T23:59:60Z was this second for twice as long; summer time
	 * 2026 in Europe; 2^31; 2^32; the last of February 2096. */
	static const int64_t second[] = {
	    1483228800, 1774746000, 2147483648, 4294967296, 3981312000};
	const struct nvr_clock_stamp none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(second) / sizeof(*second); i++) {
		int64_t t = second[i] * NVR_SECOND;
		struct nvr_clock_stamp was = none;
		struct nvr_clock is = at("a", t, 10 * NVR_DAY);

		was.seen = at("a", t - NVR_SECOND / 2, 10 * NVR_DAY - 1);
		ok(nvr_clock_judge(&is, &was, t - NVR_SECOND, &err));
		/* The same second once more. */
		is = at("a", t - NVR_SECOND, 10 * NVR_DAY + NVR_SECOND);
		was.seen = at("a", t, 10 * NVR_DAY);
		ok(nvr_clock_judge(&is, &was, t, &err));
		/* A day of 23 or 25 hours. */
		is = at("a", t + 25 * NVR_HOUR, 10 * NVR_DAY + 23 * NVR_HOUR);
		ok(nvr_clock_judge(&is, &was, t, &err));
		is = at("a", t + 23 * NVR_HOUR, 10 * NVR_DAY + 25 * NVR_HOUR);
		ok(nvr_clock_judge(&is, &was, t, &err));
		is = at("a", t + 25 * NVR_HOUR, 10 * NVR_DAY);
		assert_int_equal(
		    nvr_clock_judge(&is, &was, t, &err), NVR_E_PERMISSION);
	}
}

static void
the_real_clock_has_a_stamp(void **state)
{
	char text[NVR_SETTING_TEXT], boot[64] = "";
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	(void)state;
	ok(nvr_clock_check(s, nvr_time_now(), NULL, true, &err));
	ok(nvr_setting_get(s->store, "retain_clock", text, &err));
	if (f != NULL && fgets(boot, sizeof(boot), f) != NULL)
		boot[strcspn(boot, "\n")] = '\0';
	else
		strlcpy(boot, "-", sizeof(boot));
	if (f != NULL)
		fclose(f);
	assert_int_equal(strncmp(text, boot, strlen(boot)), 0);
	ok(nvr_clock_check(s, nvr_time_now(), NULL, true, &err));
	if (boot[0] != '-')
		assert_int_equal(
		    nvr_clock_check(
			s, nvr_time_now() + 2 * NVR_DAY, NULL, false, &err),
		    NVR_E_PERMISSION);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_empty_store_stops_nothing),
	    T(a_clock_behind_the_newest_row_is_refused),
	    T(a_clock_behind_the_last_run_is_refused),
	    T(a_jump_ahead_without_a_start_is_refused),
	    T(a_machine_that_was_off_may_come_back_any_time),
	    T(a_first_run_goes_by_the_newest_row),
	    T(who_knows_the_day_can_say_so),
	    T(rows_of_a_clock_that_was_ahead_do_not_stop_it_for_ever),
	    T(a_plan_leaves_nothing_behind),
	    T(what_is_no_stamp_is_as_good_as_none),
	    T(no_time_of_a_row_is_too_much),
	    T(no_second_of_the_calendar_is_a_jump),
	    T(the_real_clock_has_a_stamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
