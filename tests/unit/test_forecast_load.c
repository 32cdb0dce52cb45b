/* What a forecast is reckoned from: that which may go at all. */
#include "retain_help.h"

#include "core/forecast.h"
#include "core/inventory.h"

#define G (INT64_C(1) << 30)
#define DAYS(n) ((n)*NVR_DAY)

static struct nvr_forecast_of f;

static void
load(void)
{
	nvr_forecast_free(&f);
	must(nvr_forecast_load(s, NOW, &f, &err));
}

/* A day each, up to now. */
static void
add_days(int64_t camera, int n)
{
	for (int i = 1; i <= n; i++)
		for (int h = 0; h < 24; h++)
			add_segment(camera * 100000 + i * 24 + h, camera,
			    NVR_MAIN, NOW - DAYS(i) + h * NVR_HOUR,
			    NOW - DAYS(i) + (h + 1) * NVR_HOUR, G / 24);
}

static int64_t
in_hours(int64_t at)
{
	return (at - NOW + NVR_HOUR / 2) / NVR_HOUR;
}

/* A kilobyte of years ago says nothing of how much comes, or when. */
static void
c18_what_is_held_is_neither_its_bytes_nor_its_age(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", DAYS(20));
	add_days(1, 10);
	load();
	assert_int_equal(in_hours(f.e[0].full_at), 10 * 24);
	add_segment(1, 1, NVR_MAIN, NOW - DAYS(1000), NOW - DAYS(1000) + M, 9);
	add_hold(1, 1, NOW - DAYS(1000), NOW - DAYS(999));
	load();
	assert_int_equal(f.e[0].oldest, NOW - DAYS(10));
	assert_int_equal(f.e[0].bytes, 240 * (G / 24));
	assert_int_equal(in_hours(f.e[0].full_at), 10 * 24);
	assert_int_equal(f.streams.e[0].held_bytes, 9);
}

static void
all_kinds_that_may_go_count_as_its_beginning(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", DAYS(5));
	set_camera(1, "retain_events_us", DAYS(90));
	add_days(1, 10);
	load();
	assert_int_equal(f.e[0].oldest, NOW - DAYS(10)); /* is due */
	add_segment(1, 1, NVR_MAIN, NOW - DAYS(30), NOW - DAYS(30) + M, 9);
	add_incident(1, NOW - DAYS(30));
	load();
	assert_int_equal(f.e[0].oldest, NOW - DAYS(30)); /* around a finding */
	add_hold(1, 1, NOW - DAYS(40), NOW - DAYS(9));
	load();
	assert_int_equal(f.e[0].oldest, NOW - DAYS(9));
	assert_int_equal(f.e[0].bytes, 9 * 24 * (G / 24));
	add_hold(2, 1, NOW - DAYS(40), NOW);
	load();
	assert_int_equal(f.e[0].oldest, 0);
	assert_int_equal(f.e[0].bytes, 0);
}

/* What came is what came, whoever keeps it. */
static void
what_is_held_counts_in_the_rate(void **unused)
{
	int64_t rate;

	(void)unused;
	add_camera(1, "gate");
	add_days(1, 10);
	load();
	rate = f.e[0].rate;
	add_hold(1, 1, NOW - DAYS(20), NOW - DAYS(2));
	load();
	assert_int_equal(f.e[0].rate, rate);
}

static int
clean_up(void **unused)
{
	nvr_forecast_free(&f);
	return clean(unused);
}

#define T(test) cmocka_unit_test_setup_teardown(test, clean, clean_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(c18_what_is_held_is_neither_its_bytes_nor_its_age),
	    T(all_kinds_that_may_go_count_as_its_beginning),
	    T(what_is_held_counts_in_the_rate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
