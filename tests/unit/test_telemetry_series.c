/* How a recorder fared, as points: what they are made of, and whose. */
#include "telemetry_help.h"

#include "store/remote.h"
#include "store/telemetry_series.h"

static struct nvr_series_point got[NVR_SERIES_POINTS];
static int n;

static int
take(void *ctx, const struct nvr_series_point *p)
{
	(void)ctx;
	assert_true(p->width > 0);
	assert_int_equal(p->at % p->width, 0);
	/* In order, and none reaches into the next. */
	if (n > 0)
		assert_true(p->at >= got[n - 1].at + got[n - 1].width);
	assert_true(n < NVR_SERIES_POINTS);
	got[n++] = *p;
	return 0;
}

/* Of recorder 7, whoever's. */
static void
draw(int64_t since, int64_t until, int points)
{
	const struct nvr_series which = {
	    .recorder = 7, .since = since, .until = until, .points = points};

	n = 0;
	ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
	assert_true(n <= points);
}

static void
a_short_span_is_of_reports_and_gaps_stay_gaps(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++)
		if (i < 20 || i >= 30)
			enter(7, START + i * NVR_MINUTE + 7, i);
	enter(8, START, 99);
	draw(START, START + NVR_HOUR, 60);
	assert_int_equal(n, 50);
	assert_true(got[19].at == START + 19 * NVR_MINUTE);
	assert_true(got[20].at == START + 30 * NVR_MINUTE);
	for (int i = 0; i < n; i++)
		assert_true(got[i].width == NVR_MINUTE && got[i].reports == 1 &&
			    got[i].cpu == got[i].cpu_max);
	/* Fewer points are wider. */
	draw(START, START + NVR_HOUR, 59);
	assert_int_equal(n, 25);
	assert_true(got[0].width == 2 * NVR_MINUTE && got[0].reports == 2);
	assert_true(got[0].cpu == 0.5 && got[0].cpu_max == 1);
	draw(START, START + NVR_HOUR, 6);
	assert_true(n == 5 && got[1].width == 10 * NVR_MINUTE);
	draw(START, START + NVR_HOUR, 1);
	assert_true(n == 1 && got[0].width == NVR_HOUR);
	assert_true(got[0].reports == 50 && got[0].cpu_max == 59);
}

static void
a_span_has_what_begins_before_its_end_and_no_more(void **state)
{
	(void)state;
	enter(7, START - 1, 1);
	enter(7, START, 2);
	enter(7, START + NVR_MINUTE - 1, 4);
	enter(7, START + NVR_MINUTE, 8);
	draw(START, START + NVR_MINUTE, 10);
	assert_true(n == 1 && got[0].cpu == 3 && got[0].reports == 2);
	draw(START, START + NVR_MINUTE + 1, 10);
	assert_int_equal(n, 2);
	/* A first point is whole. */
	draw(START + NVR_MINUTE - 1, START + NVR_MINUTE, 10);
	assert_true(n == 1 && got[0].at == START && got[0].cpu == 3);
	/* Across a full minute there are two of them. */
	draw(START + NVR_MINUTE - 1, START + NVR_MINUTE + 1, 1);
	assert_true(n == 1 && got[0].width == 2 * NVR_MINUTE);
	draw(START - 1, START + 1, 1);
	assert_true(n == 1 && got[0].reports == 2);
	draw(START + 2 * NVR_MINUTE, START + NVR_HOUR, 60);
	assert_int_equal(n, 0);
}

static void
what_was_not_told_is_missing_from_a_point(void **state)
{
	struct nvr_telemetry t = report(7, START, NAN);

	(void)state;
	ok(nvr_telemetry_put(s->store, &t, &err));
	draw(START, START + NVR_MINUTE, 1);
	assert_true(n == 1 && got[0].reports == 1);
	assert_true(isnan(got[0].cpu) && isnan(got[0].cpu_max));
	assert_true(isnan(got[0].memory) && isnan(got[0].temperature_max));
	assert_true(isnan(got[0].disk_free_min));
	assert_true(got[0].disk_free_bytes_min == -1 && got[0].cameras == -1 &&
		    got[0].cameras_down_max == -1);
	t.at++, t.cpu = 30, t.disk_free = 60, t.disk_free_bytes = 500;
	t.cameras = 4, t.cameras_down = 0, t.temperature = -3;
	ok(nvr_telemetry_put(s->store, &t, &err));
	t.at++, t.cpu = 10, t.disk_free = 70, t.disk_free_bytes = 0;
	t.cameras_down = 2, t.temperature = -5;
	ok(nvr_telemetry_put(s->store, &t, &err));
	draw(START, START + NVR_MINUTE, 1);
	assert_true(n == 1 && got[0].reports == 3);
	assert_true(got[0].cpu == 20 && got[0].cpu_max == 30);
	assert_true(
	    got[0].disk_free_min == 60 && got[0].disk_free_bytes_min == 0);
	assert_true(got[0].temperature == -4 && got[0].temperature_max == -3);
	assert_true(got[0].cameras == 4 && got[0].cameras_down_max == 2);
	assert_true(isnan(got[0].memory));
}

/* A report every ten minutes, its hour of the day the figure. */
static void
enter_days(int64_t from, int days)
{
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < days * 144; i++)
		enter(7, from + i * 10 * NVR_MINUTE, i / 6 % 24);
	ok(nvr_store_commit(s->store, &err));
}

static void
a_longer_span_is_of_hours_and_what_is_not_summed_up_of_reports(void **state)
{
	int64_t end = START + 5 * NVR_DAY;

	(void)state;
	enter_days(START, 5);
	/* Nothing has been summed up yet. */
	draw(START, end, 1000);
	assert_true(n == 120 && got[5].cpu == 5 && got[119].reports == 6);
	run_at(end - 90 * NVR_MINUTE);
	assert_int_equal(number(HOURS), 5 * 24 - 2);
	/* From hours alone, but for the last two. */
	run_sql("DELETE FROM telemetry WHERE at < (SELECT MAX(at) FROM"
		" telemetry_sum WHERE period = 'hour') + 3600000000");
	draw(START, end, 1000);
	assert_true(n == 120 && got[5].cpu == 5 && got[5].reports == 6);
	assert_true(got[117].reports == 6 && got[118].reports == 6 &&
		    got[119].reports == 6 && got[119].cpu == 23);
	for (int i = 0; i < n; i++)
		assert_true(got[i].at == START + i * NVR_HOUR &&
			    got[i].width == NVR_HOUR);
	draw(START, end, 20);
	assert_true(n == 20 && got[1].width == 6 * NVR_HOUR);
	assert_true(got[1].cpu == 8.5 && got[1].cpu_max == 11);
}

static void
c16_where_reports_have_gone_hours_stand_for_them(void **state)
{
	int64_t end = START + 2 * NVR_DAY;

	(void)state;
	enter_days(START, 2);
	draw(START, end, 2880);
	assert_int_equal(n, 288);
	/* The first day's go, but for its last two hours. */
	run_at(START + 90 * NVR_DAY + 22 * NVR_HOUR);
	assert_true(number(RAW) == 26 * 6);
	draw(START, end, 2880);
	assert_int_equal(n, 22 + 26 * 6);
	assert_true(got[0].width == NVR_HOUR && got[0].reports == 6);
	assert_true(got[21].width == NVR_HOUR && got[21].cpu == 21);
	assert_true(got[22].width == NVR_MINUTE && got[22].cpu == 22);
	/* A span in the midst of an hour that is one point. */
	draw(START + 30 * NVR_MINUTE, START + 31 * NVR_MINUTE, 1);
	assert_true(n == 1 && got[0].at == START);
	/* What comes for it later is in no sum, and in no point. */
	enter(7, START + 5 * NVR_HOUR + 5, 1000);
	enter(7, START + 6 * NVR_HOUR, 1000);
	draw(START, end, 2880);
	assert_true(n == 22 + 26 * 6 && got[5].cpu_max == 5);
	assert_true(got[6].cpu_max == 6 && got[6].reports == 6);
}

static void
c16_a_year_is_of_days_and_where_hours_have_gone_of_days_too(void **state)
{
	int64_t end = START + 100 * NVR_DAY;

	(void)state;
	enter_days(START, 2);
	enter_days(end - 2 * NVR_DAY, 2);
	run_at(end - 90 * NVR_MINUTE);
	draw(START, end, 1000);
	assert_true(n == 4 && got[0].width == NVR_DAY);
	for (int i = 0; i < n; i++)
		assert_true(got[i].reports == 144 && got[i].cpu == 11.5 &&
			    got[i].cpu_max == 23);
	draw(START, end, 25);
	assert_true(n > 1 && n < 5 && got[0].width > 3 * NVR_DAY);
	for (int i = 1; i < n; i++)
		got[0].reports += got[i].reports;
	assert_true(got[0].reports == 4 * 144);
	/* Three years on the hours of the first day have gone. */
	run_at(START + 731 * NVR_DAY);
	assert_int_equal(number(HOURS), 72);
	draw(START, START + NVR_DAY, 1440);
	assert_true(n == 1 && got[0].width == NVR_DAY);
	draw(START, START + 3 * NVR_DAY, 1440);
	assert_true(n == 25 && got[0].width == NVR_DAY &&
		    got[1].width == NVR_HOUR && got[1].reports == 6);
	draw(0, NVR_TIME_MAX, 7);
	assert_true(n > 0 && n <= 7);
}

/* Each has its own part of a recorder that changed hands. */
static void
a_series_is_of_one_account_and_nothing_of_one_that_is_barred(void **state)
{
	struct nvr_series which = {
	    .recorder = 7, .until = START + NVR_DAY, .since = START};
	int64_t jane = person("jane@example.org"),
		ann = person("ann@example.org");
	struct nvr_telemetry t;

	(void)state;
	which.points = 1440;
	for (int i = 0; i < 6; i++) {
		t = report(7, START + i * 10 * NVR_MINUTE, i);
		t.account = i < 2 ? jane : ann;
		ok(nvr_telemetry_put(s->store, &t, &err));
	}
	for (int i = 0; i < 2; i++) {
		which.account = jane, n = 0;
		ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
		assert_true(got[0].cpu_max <= 1 && n == (i == 0 ? 2 : 1));
		which.account = ann, n = 0;
		ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
		assert_true(got[n - 1].cpu_max == 5 && n == (i == 0 ? 4 : 1));
		which.account = jane + ann, n = 0;
		ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
		assert_int_equal(n, 0);
		which.account = 0, n = 0;
		ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
		assert_int_equal(n, i == 0 ? 6 : 1);
		run_at(START + 91 * NVR_DAY); /* they are hours from now on */
	}
	run_sql(
	    "UPDATE account SET restricted_at = 1 WHERE account_id = (SELECT"
	    " MIN(account_id) FROM account)");
	draw(START, START + NVR_DAY, 1440);
	assert_true(n == 1 && got[0].reports == 4);
	run_sql("UPDATE account SET deleted_at = 1");
	draw(START, START + NVR_DAY, 1440);
	assert_int_equal(n, 0);
}

static int
stop(void *ctx, const struct nvr_series_point *p)
{
	(void)p;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void
a_series_that_cannot_be_is_refused(void **state)
{
	static const struct nvr_series bad[] = {
	    {7, 0, 5, 5, 10},
	    {7, 0, 6, 5, 10},
	    {7, 0, -1, 5, 10},
	    {7, 0, INT64_MIN, INT64_MAX, 10},
	    {7, 0, 0, NVR_TIME_MAX + 1, 10},
	    {7, 0, 0, 5, 0},
	    {7, 0, 0, 5, -1},
	    {7, 0, 0, 5, NVR_SERIES_POINTS + 1},
	};
	struct nvr_series which = {7, 0, START, START + NVR_HOUR, 60};
	int calls = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nvr_telemetry_series(s->store, &bad[i], take, NULL, &err),
		    NVR_E_USAGE);
	for (int i = 0; i < 5; i++)
		enter(7, START + i * NVR_MINUTE, i);
	assert_int_equal(
	    nvr_telemetry_series(s->store, &which, stop, &calls, &err), 7);
	assert_int_equal(calls, 2);
	which.recorder = INT64_MIN;
	n = 0;
	ok(nvr_telemetry_series(s->store, &which, take, NULL, &err));
	assert_int_equal(n, 0);
}

static void
a_hostile_store_makes_no_infinity_and_no_overlap(void **state)
{
	(void)state;
	run_sql(
	    "PRAGMA ignore_check_constraints = ON;"
	    "INSERT INTO telemetry (recorder_id, at, received_at, cpu,"
	    " memory, disk_free, disk_free_bytes, temperature, cameras) VALUES"
	    " (7, 1800057600000001, 0, 9e999, -5, 1e300, -77, -9e999, -9),"
	    " (7, 1800057600000002, 0, 'x', x'00', 'y', 'z', '', 'q'),"
	    " (7, 1800057600000003, 0, 50, 50, 50, 50, 50, 50);"
	    "INSERT INTO telemetry_sum (recorder_id, period, at, made_at,"
	    " settled, reports, cpu, cpu_reports, memory_reports,"
	    " temperature_reports) VALUES"
	    " (7, 'hour', 1800057600000007, 0, 1, 9223372036854775807, 7,"
	    " 9223372036854775807, -1, 0),"
	    " (7, 'hour', 1800059400000000, 0, 1, 9223372036854775807, 7, 1,"
	    " -1, 0), (7, 'day', 1800100000000000, 0, 9, -5, 1e308, 0, -1,"
	    " 0), (7, 'day', 1800057600000000, 0, 1, 3, 7, 1, -1, 0);");
	draw(START, START + NVR_DAY, 1440);
	assert_true(n == 1 && got[0].width == NVR_DAY);
	assert_true(got[0].cpu == 7 && got[0].reports == 3);
	run_sql("DELETE FROM telemetry_sum WHERE period = 'day'");
	draw(START, START + NVR_DAY, 1440);
	for (int i = 0; i < n; i++) {
		assert_false(isinf(got[i].cpu) || isinf(got[i].temperature));
		assert_true(got[i].reports >= 0 && got[i].cameras >= -1);
		assert_true(got[i].disk_free_bytes_min >= -1);
	}
	draw(0, NVR_TIME_MAX, NVR_SERIES_POINTS);
	assert_in_range(n, 1, 10);
}

/* Whatever the span, a few rows for each point: never all that there is. */
static int
count_step(void *ctx)
{
	(void)ctx;
	told++;
	return 0;
}

static void
a_year_reads_no_reports_but_the_newest(void **state)
{
	(void)state;
	enter_days(START, 120);
	run_at(START + 120 * NVR_DAY);
	sqlite3_progress_handler(s->store->db, 1000, count_step, NULL);
	told = 0;
	draw(START - 300 * NVR_DAY, START + 120 * NVR_DAY, 500);
	assert_int_equal(n, 120);
	assert_in_range(told, 1, 40);
	sqlite3_progress_handler(s->store->db, 0, NULL, NULL);
}

static int recorders;

static int
look(void *ctx, const struct nvr_remote_now *r)
{
	const struct nvr_telemetry *t = r->newest;

	recorders++;
	*(double *)ctx = t != NULL ? t->cpu : NAN;
	return 0;
}

static double
overview(int64_t account, int64_t site, int are)
{
	double cpu = -1;

	recorders = 0;
	ok(nvr_remote_overview(s->store, account, site, look, &cpu, &err));
	assert_int_equal(recorders, are);
	return cpu;
}

static void
an_overview_has_the_newest_report_of_each(void **state)
{
	int64_t jane = person("jane@example.org"),
		ann = person("ann@example.org");
	struct nvr_telemetry t;

	(void)state;
	for (int64_t id = 1; id <= 3; id++) {
		struct nvr_remote r = {.id = id,
		    .account_id = id < 3 ? jane : ann,
		    .site_id = id,
		    .state = "active",
		    .key = {(uint8_t)id},
		    .box = "age1x",
		    .interval = 1,
		    .agent = "",
		    .overdue = -1,
		    .backlog = -1,
		    .at = id < 3 ? START + NVR_MINUTE : 0,
		    .created_at = 1};

		ok(nvr_remote_insert(s->store, &r, &err));
		ok(nvr_remote_update(s->store, &r, &err));
		for (int i = 0; i < 3 && id < 3; i++) {
			/* The last comes late, from before. */
			t = report(id, START + i % 2 * NVR_MINUTE - i / 2, i);
			t.account = r.account_id;
			ok(nvr_telemetry_put(s->store, &t, &err));
		}
	}
	assert_true(overview(jane, 0, 2) == 1);
	assert_true(overview(jane, 1, 1) == 1);
	assert_true(overview(jane, 3, 0) == -1);
	assert_true(isnan(overview(ann, 0, 1)));
	assert_true(isnan(overview(0, 0, 3)));
	assert_true(overview(0, 2, 1) == 1);
	run_sql("DELETE FROM telemetry WHERE at = 1800057660000000");
	assert_true(isnan(overview(jane, 2, 1)));
	run_sql("UPDATE account SET restricted_at = 1");
	assert_true(isnan(overview(jane, 0, 2)));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_telemetry, unmake)
	const struct CMUnitTest tests[] = {
	    T(a_short_span_is_of_reports_and_gaps_stay_gaps),
	    T(a_span_has_what_begins_before_its_end_and_no_more),
	    T(what_was_not_told_is_missing_from_a_point),
	    T(a_longer_span_is_of_hours_and_what_is_not_summed_up_of_reports),
	    T(c16_where_reports_have_gone_hours_stand_for_them),
	    T(c16_a_year_is_of_days_and_where_hours_have_gone_of_days_too),
	    T(a_series_is_of_one_account_and_nothing_of_one_that_is_barred),
	    T(a_series_that_cannot_be_is_refused),
	    T(a_hostile_store_makes_no_infinity_and_no_overlap),
	    T(a_year_reads_no_reports_but_the_newest),
	    T(an_overview_has_the_newest_report_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
