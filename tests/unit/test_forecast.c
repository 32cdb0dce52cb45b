/* When what is full, reckoned: straight lines that bend at limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/forecast.h"

#define G (INT64_C(1) << 30)
#define NOW (INT64_C(1795000000) * NVR_SECOND)

static struct nvr_forecast_disk disk;
static struct nvr_error err;

/* Footage of so many days so far, of so many G a day; its limits. */
static struct nvr_forecast_stream
of(int64_t days, int64_t rate, int64_t keep_days, int64_t keep_g)
{
	return (struct nvr_forecast_stream){.bytes = days * rate * G,
	    .oldest = days > 0 ? NOW - days * NVR_DAY : 0,
	    .rate = rate * G,
	    .keep = keep_days * NVR_DAY,
	    .keep_most = keep_g * G};
}

static void
forecast(struct nvr_forecast_stream *e, size_t n, int64_t room)
{
	disk = (struct nvr_forecast_disk){
	    .avail = room * G + G, .floor = G, .growth = 7, .reach = 7};
	assert_int_equal(nvr_forecast(e, n, &disk, NOW, &err), 0);
}

#define assert_day(at, days) assert_int_equal(at, NOW + (days)*NVR_DAY)
#define assert_days(us, days) assert_int_equal(us, (days)*NVR_DAY)

static void
assert_never(void)
{
	assert_int_equal(disk.full_at, 0);
	assert_int_equal(disk.victims, NVR_FORECAST_NOBODY);
	assert_int_equal(disk.reach, NVR_FOREVER);
	assert_int_equal(disk.wanting, 0);
}

static void
nothing_is_never_full(void **unused)
{
	struct nvr_forecast_stream e[1];

	(void)unused;
	forecast(NULL, 0, 10);
	assert_never();
	assert_int_equal(disk.growth, 0);
	/* A camera that records no more. */
	e[0] = of(10, 5, 0, 0);
	e[0].rate = 0;
	forecast(e, 1, 10);
	assert_never();
	assert_int_equal(e[0].full_at, 0);
	assert_int_equal(e[0].keeps, 0);
	assert_int_equal(e[0].then, 0);
	assert_int_equal(e[0].by, NVR_FORECAST_NONE);
}

static void
by_age_it_is_full_when_its_first_day_is_old_enough(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 5, 30, 0)};

	(void)unused;
	forecast(e, 1, 100); /* needs as much, to the byte */
	assert_int_equal(e[0].by, NVR_FORECAST_AGE);
	assert_day(e[0].full_at, 20);
	assert_days(e[0].keeps, 30);
	assert_int_equal(disk.growth, 5 * G);
	assert_day(disk.full_at, 20);
	assert_days(e[0].then, 30);
	assert_false(e[0].robbed);
	assert_int_equal(disk.wanting, 0);
	forecast(e, 1, 101);
	assert_never();
	assert_days(e[0].then, 30);
}

static void
by_bytes_it_is_full_when_they_are_there(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 5, 0, 100)};

	(void)unused;
	forecast(e, 1, 1000);
	assert_int_equal(e[0].by, NVR_FORECAST_BYTES);
	assert_day(e[0].full_at, 10);
	assert_days(e[0].keeps, 20);
	assert_never();
	/* Of both the narrower, whichever that is. */
	e[0] = of(10, 5, 12, 100);
	forecast(e, 1, 1000);
	assert_int_equal(e[0].by, NVR_FORECAST_AGE);
	assert_day(e[0].full_at, 2);
	assert_days(e[0].keeps, 12);
	e[0] = of(10, 5, 40, 100);
	forecast(e, 1, 1000);
	assert_int_equal(e[0].by, NVR_FORECAST_BYTES);
	assert_days(e[0].keeps, 20);
	assert_false(e[0].robbed); /* that is its own limit */
}

static void
without_limits_it_fills_the_disk(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 5, 0, 0)};

	(void)unused;
	forecast(e, 1, 100);
	assert_int_equal(e[0].full_at, 0);
	assert_int_equal(e[0].keeps, NVR_FOREVER);
	assert_day(disk.full_at, 20);
	assert_int_equal(disk.victims, NVR_FORECAST_OPEN);
	assert_days(disk.reach, 30);
	assert_days(e[0].then, 30);
	assert_false(e[0].robbed); /* nothing was promised */
	assert_int_equal(disk.wanting, 0);
}

static void
a_stream_that_is_full_grows_no_more(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    of(30, 5, 30, 0), of(20, 10, 0, 200), of(3, 2, 0, 0)};

	(void)unused;
	forecast(e, 3, 10);
	assert_day(e[0].full_at, 0);
	assert_day(e[1].full_at, 0);
	assert_int_equal(disk.growth, 2 * G);
	assert_day(disk.full_at, 5);
}

/* The rate of all bends where one of them is full: 6 G a day for ten days,
 * then 4 for five, then 3. */
static void
the_disk_is_reckoned_piece_by_piece(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    of(20, 2, 30, 0), of(5, 1, 0, 20), of(1, 3, 0, 0)};

	(void)unused;
	forecast(e, 3, 83);
	assert_int_equal(disk.growth, 6 * G);
	assert_day(disk.full_at, 16);
	forecast(e, 3, 80);
	assert_day(disk.full_at, 15);
	forecast(e, 3, 70);
	assert_int_equal(disk.full_at, NOW + 10 * NVR_DAY + 10 * (NVR_DAY / 4));
	forecast(e, 3, 6);
	assert_day(disk.full_at, 1);
}

/* Where the present rate is not that of what there is. */
static void
a_quieter_past_makes_room_for_less(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 1, 10, 0)};

	(void)unused;
	/* 10 G in ten days, and 3 a day now: in ten days 30, which is 2 a day
	 * more until then. */
	e[0].rate = 3 * G;
	forecast(e, 1, 10);
	assert_day(e[0].full_at, 0);
	assert_day(disk.full_at, 5);
	forecast(e, 1, 21);
	assert_never();
	/* Its bytes are the limit, in the end. */
	e[0].keep_most = 20 * G;
	forecast(e, 1, 30);
	assert_int_equal(e[0].by, NVR_FORECAST_BYTES);
	assert_day(e[0].full_at, 5);
	/* And less than before: nothing is ever full. */
	e[0] = of(10, 5, 10, 0);
	e[0].rate = G;
	forecast(e, 1, 1);
	assert_never();
}

static void
what_is_above_its_limit_makes_room_first(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    of(40, 2, 30, 0), of(30, 1, 0, 20), of(1, 1, 0, 0)};

	(void)unused;
	/* 20 and 10 G go at once. */
	forecast(e, 3, 0);
	assert_day(e[0].full_at, 0);
	assert_day(e[1].full_at, 0);
	assert_day(disk.full_at, 30);
	assert_int_equal(disk.growth, G);
}

static void
a_promise_that_the_disk_is_too_small_for_is_told(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    of(10, 4, 30, 0), of(10, 1, 60, 0), of(10, 1, 0, 20)};

	(void)unused;
	/* There are 60 and 60 more, of which 20 are the third's: 100 for 5 a
	 * day. */
	forecast(e, 3, 60);
	assert_day(disk.full_at, 10);
	/* By their limits it would be days 20 and 50. */
	assert_day(e[0].full_at, 10);
	assert_day(e[1].full_at, 10);
	assert_int_equal(disk.victims, NVR_FORECAST_OPEN);
	assert_days(disk.reach, 20);
	assert_days(e[0].then, 20);
	assert_true(e[0].robbed);
	assert_days(e[1].then, 20);
	assert_true(e[1].robbed);
	assert_days(e[2].then, 20);
	assert_false(e[2].robbed);
	/* 30 days of 4, 60 of 1, and 20. */
	assert_int_equal(disk.wanting, 80 * G);
	/* Where the short one has all that it wants, the other has the rest. */
	forecast(e, 3, 60 + 70);
	assert_false(e[0].robbed);
	assert_days(e[0].then, 30);
	assert_days(e[1].then, 50);
	assert_int_equal(disk.wanting, 10 * G);
	forecast(e, 3, 60 + 81);
	assert_never();
	assert_false(e[1].robbed);
}

/* One without any limit takes as long as the longest promise of others. */
static void
a_stream_without_limits_robs_those_with_one(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 1, 30, 0), of(10, 3, 0, 0)};

	(void)unused;
	forecast(e, 2, 40);
	assert_day(disk.full_at, 10);
	assert_days(e[0].then, 20);
	assert_true(e[0].robbed);
	assert_days(e[1].then, 20);
	assert_int_equal(disk.wanting, 40 * G);
	forecast(e, 2, 80);
	assert_false(e[0].robbed);
	assert_int_equal(disk.wanting, 0);
	assert_days(e[1].then, 30);
	forecast(e, 2, 110);
	assert_days(e[0].then, 30);
	assert_days(e[1].then, 40);
}

static void
within_their_limits_they_are_robbed_last(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    of(10, 2, 0, 100), of(10, 2, 40, 60), of(10, 1, 10, 0)};

	(void)unused;
	/* 50 and 70 more: of 160, and the third has nothing left. */
	forecast(e, 3, 70);
	assert_int_equal(disk.victims, NVR_FORECAST_ALL);
	assert_days(disk.reach, 30);
	assert_days(e[0].then, 30);
	assert_days(e[1].then, 30);
	assert_false(e[1].robbed); /* its bytes promise no more */
	assert_days(e[2].then, 0);
	assert_true(e[2].robbed);
	assert_int_equal(disk.wanting, 50 * G);
}

static void
a_full_disk_is_full_now(void **unused)
{
	struct nvr_forecast_stream e[] = {of(10, 1, 0, 0)};

	(void)unused;
	forecast(e, 1, 0);
	assert_day(disk.full_at, 0);
	assert_days(disk.reach, 10);
	forecast(e, 1, -5);
	assert_day(disk.full_at, 0);
	assert_days(disk.reach, 5);
	forecast(e, 1, -50);
	assert_days(e[0].then, 0);
	forecast(NULL, 0, 0);
	assert_day(disk.full_at, 0);
}

static void
a_rate_counts_gaps_as_no_footage(void **unused)
{
	const int64_t week = NOW - 7 * NVR_DAY;

	(void)unused;
	/* A week without a gap, and one with six days of it. */
	assert_int_equal(
	    nvr_forecast_rate(7 * G, week, NOW - 90 * NVR_DAY, NOW, NOW), G);
	assert_int_equal(nvr_forecast_rate(7 * G, week, NOW - 90 * NVR_DAY,
			     NOW - 2 * NVR_DAY, NOW),
	    G);
	/* A camera of an hour ago, whose newest segment is not finished. */
	assert_int_equal(nvr_forecast_rate(G, week, NOW - 61 * NVR_MINUTE,
			     NOW - NVR_MINUTE, NOW),
	    24 * G);
	/* Of four days, the last of which it was lost. */
	assert_int_equal(nvr_forecast_rate(4 * G, week, NOW - 4 * NVR_DAY,
			     NOW - NVR_DAY, NOW),
	    G);
	assert_int_equal(
	    nvr_forecast_rate(0, week, NOW - 90 * NVR_DAY, NOW, NOW), 0);
	assert_int_equal(nvr_forecast_rate(0, week, 0, 0, NOW), 0);
	/* Clocks that were ahead. */
	assert_int_equal(
	    nvr_forecast_rate(G, week, NOW + NVR_DAY, NOW + NVR_DAY, NOW), 0);
	assert_int_equal(nvr_forecast_rate(INT64_MAX, 0, 1, 2, 2), INT64_MAX);
}

static void
a_new_camera_is_full_as_any_other(void **unused)
{
	struct nvr_forecast_stream e[] = {of(0, 24, 30, 0), of(0, 24, 0, 48)};

	(void)unused;
	e[0].bytes = G;
	e[0].oldest = NOW - NVR_HOUR;
	forecast(e, 2, 1000);
	assert_int_equal(e[0].full_at, NOW + 30 * NVR_DAY - NVR_HOUR);
	assert_day(e[1].full_at, 2);
	assert_days(e[1].keeps, 2);
	assert_never();
}

static void
huge_numbers_overflow_nothing(void **unused)
{
	struct nvr_forecast_stream e[] = {
	    {INT64_MAX, 1, INT64_MAX, INT64_MAX, INT64_MAX},
	    {INT64_MAX, NOW, INT64_MAX, 1, 1},
	    {0, INT64_MAX, INT64_MAX, 0, 0},
	    {INT64_MAX, INT64_MIN, 1, INT64_MAX, 0},
	    {1, 1, 1, 0, INT64_MAX},
	};

	(void)unused;
	disk = (struct nvr_forecast_disk){INT64_MAX, 0};
	assert_int_equal(nvr_forecast(e, 5, &disk, NOW, &err), 0);
	assert_int_equal(disk.growth, INT64_MAX);
	disk = (struct nvr_forecast_disk){0, INT64_MAX};
	assert_int_equal(nvr_forecast(e, 5, &disk, NVR_TIME_MAX, &err), 0);
	/* A byte a day: it is full when no calendar has the day. */
	disk = (struct nvr_forecast_disk){INT64_MAX, 0};
	assert_int_equal(nvr_forecast(&e[4], 1, &disk, NOW, &err), 0);
	assert_never();
	assert_int_equal(e[4].full_at, 0);
}

static void
it_goes_on_after_2038(void **unused)
{
	struct nvr_forecast_stream e[] = {of(1, 1, 20 * 365, 0)};

	(void)unused;
	forecast(e, 1, 1000 * 365);
	assert_day(e[0].full_at, 20 * 365 - 1);
	e[0].keep = 0;
	forecast(e, 1, 1000 * 365);
	assert_day(disk.full_at, 1000 * 365);
}

/* A plain model: what is there of each hour, and what limits take of it. */
#define HOURS (24 * 400)
struct plain {
	double hour[HOURS], bytes; /* the newest last */
	int n, oldest;
};

static void
plain_limits(struct plain *p, const struct nvr_forecast_stream *e)
{
	for (; p->oldest < p->n &&
	       ((e->keep > 0 && p->n - p->oldest > e->keep / NVR_HOUR) ||
		   (e->keep_most > 0 &&
		       p->bytes - p->hour[p->oldest] >= (double)e->keep_most));
	     p->oldest++)
		p->bytes -= p->hour[p->oldest];
	if (e->keep_most > 0 && p->bytes > (double)e->keep_most) {
		p->hour[p->oldest] -= p->bytes - (double)e->keep_most;
		p->bytes = (double)e->keep_most;
	}
}

/* The hour in which the disk is full; -1: not within 200 days. */
static int
plain_full(const struct nvr_forecast_stream *e, int n, double room)
{
	static struct plain p[3];
	double all = 0;

	memset(p, 0, sizeof(p));
	for (int i = 0; i < n; i++) {
		int span = (int)((NOW - e[i].oldest) / NVR_HOUR);

		for (int h = 0; e[i].oldest != 0 && h < span; h++)
			p[i].hour[p[i].n++] = (double)e[i].bytes / span;
		p[i].bytes = (double)e[i].bytes;
		room += p[i].bytes;
	}
	for (int h = 0; h < 24 * 200; h++) {
		all = 0;
		for (int i = 0; i < n; i++) {
			plain_limits(&p[i], &e[i]);
			all += p[i].bytes;
			p[i].hour[p[i].n++] = (double)e[i].rate / 24;
			p[i].bytes += (double)e[i].rate / 24;
		}
		if (all >= room)
			return h;
	}
	return -1;
}

/* Where what there was is less than what comes, which is what makes disks
 * full: with more of it the lines are above the model's. */
static void
the_disk_is_full_when_a_plain_model_is(void **unused)
{
	struct nvr_forecast_stream e[3];
	int filled = 0;

	(void)unused;
	srand(30);
	for (int round = 0; round < 300; round++) {
		int n = 1 + rand() % 3, room = rand() % 400, want, got;

		for (int i = 0; i < n; i++) {
			e[i] = of(rand() % 40, 1 + rand() % 9,
			    rand() % 2 * (5 + rand() % 60),
			    rand() % 2 * (1 + rand() % 300));
			e[i].bytes = e[i].bytes / 100 * (50 + rand() % 51);
		}
		want = plain_full(e, n, (double)room * G);
		forecast(e, (size_t)n, room);
		got = disk.full_at == 0
			  ? -1
			  : (int)((disk.full_at - NOW) / NVR_HOUR);
		filled += want > 0;
		if (got < 24 * 198 && abs(got - want) > 3)
			fail_msg("round %d: %d, not %d", round, got, want);
	}
	assert_true(filled > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_never_full),
	    cmocka_unit_test(
		by_age_it_is_full_when_its_first_day_is_old_enough),
	    cmocka_unit_test(by_bytes_it_is_full_when_they_are_there),
	    cmocka_unit_test(without_limits_it_fills_the_disk),
	    cmocka_unit_test(a_stream_that_is_full_grows_no_more),
	    cmocka_unit_test(the_disk_is_reckoned_piece_by_piece),
	    cmocka_unit_test(a_quieter_past_makes_room_for_less),
	    cmocka_unit_test(what_is_above_its_limit_makes_room_first),
	    cmocka_unit_test(a_promise_that_the_disk_is_too_small_for_is_told),
	    cmocka_unit_test(a_stream_without_limits_robs_those_with_one),
	    cmocka_unit_test(within_their_limits_they_are_robbed_last),
	    cmocka_unit_test(a_full_disk_is_full_now),
	    cmocka_unit_test(a_rate_counts_gaps_as_no_footage),
	    cmocka_unit_test(a_new_camera_is_full_as_any_other),
	    cmocka_unit_test(huge_numbers_overflow_nothing),
	    cmocka_unit_test(it_goes_on_after_2038),
	    cmocka_unit_test(the_disk_is_full_when_a_plain_model_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
