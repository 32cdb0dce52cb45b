/* Time inside a run: anchors, corrections, jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/timeline.h"

#define OFFSET (INT64_C(1790000000) * NVR_SECOND)
#define FRAME (40 * NVR_MILLISECOND)

/* Frames of [from, to) media time that arrive `delay` later, by a clock that
 * is `ppm` faster than the camera's. */
static void
play(struct nvr_timeline *t, int64_t from, int64_t to, int64_t delay, int ppm)
{
	for (int64_t at = from; at < to; at += FRAME)
		assert_int_equal(nvr_timeline_frame(t, at, at,
				     at + at * ppm / 1000000 + delay, OFFSET),
		    NVR_TIME_GOOD);
}

static void
a_run_starts_where_the_least_delay_puts_it(void **state)
{
	struct nvr_timeline t;
	int64_t start, end;

	(void)state;
	nvr_timeline_begin(
	    &t, 0, 0, 5 * NVR_SECOND + 300 * NVR_MILLISECOND, OFFSET);
	assert_int_equal(nvr_timeline_start(&t),
	    OFFSET + 5 * NVR_SECOND + 300 * NVR_MILLISECOND);
	play(&t, FRAME, 2 * NVR_SECOND, 5 * NVR_SECOND, 0);
	assert_int_equal(nvr_timeline_start(&t), OFFSET + 5 * NVR_SECOND);
	assert_int_equal(
	    nvr_timeline_media(&t, 6 * NVR_SECOND), 1 * NVR_SECOND);
	nvr_timeline_cut(&t, 2 * NVR_SECOND, &start, &end);
	assert_int_equal(start, OFFSET + 5 * NVR_SECOND);
	assert_int_equal(end, OFFSET + 7 * NVR_SECOND);
}

static void
segments_follow_each_other_without_a_seam(void **state)
{
	struct nvr_timeline t;
	int64_t start, end, last = 0;

	(void)state;
	nvr_timeline_begin(&t, 0, 0, 0, OFFSET);
	for (int64_t at = 0; at < NVR_MINUTE; at += 2 * NVR_SECOND) {
		/* Packets come late, but for a few. */
		play(&t, at + FRAME / 2, at + 2 * NVR_SECOND,
		    at % 7 * NVR_MILLISECOND, 0);
		nvr_timeline_cut(&t, at + 2 * NVR_SECOND, &start, &end);
		if (last != 0)
			assert_int_equal(start, last);
		assert_true(end > start);
		last = end;
	}
}

/* The end of an hour by a camera whose clock is that wrong. */
static int64_t
hour(int ppm, int64_t *worst)
{
	struct nvr_timeline t;
	int64_t start, end = 0;

	nvr_timeline_begin(&t, 0, 0, 0, OFFSET);
	for (int64_t at = 0; at < NVR_HOUR; at += NVR_MINUTE) {
		play(&t, at + (at == 0 ? FRAME : 0), at + NVR_MINUTE, 0, ppm);
		assert_true(nvr_timeline_near(&t, at + NVR_MINUTE));
		nvr_timeline_cut(&t, at + NVR_MINUTE, &start, &end);
		*worst = end - start - NVR_MINUTE;
	}
	return end - OFFSET;
}

static void
a_camera_whose_clock_is_a_little_wrong_is_followed(void **state)
{
	static const int ppm[] = {-500, -200, -1, 0, 1, 200, 500};
	int64_t by;

	(void)state;
	for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
		int64_t is = NVR_HOUR + NVR_HOUR / 1000000 * ppm[i];
		int64_t off = hour(ppm[i], &by) - is;

		/* A segment knows its own delay when it ends. */
		assert_true(off < 50 * NVR_MILLISECOND);
		assert_true(off > -50 * NVR_MILLISECOND);
	}
}

static void
no_segment_is_corrected_by_more_than_500_ppm(void **state)
{
	struct nvr_timeline t;
	int64_t start, end;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		nvr_timeline_begin(&t, 0, 0, NVR_SECOND, OFFSET);
		play(&t, FRAME, NVR_MINUTE, NVR_SECOND, 0);
		nvr_timeline_cut(&t, NVR_MINUTE, &start, &end);
		play(&t, NVR_MINUTE, 2 * NVR_MINUTE,
		    NVR_SECOND + sign * NVR_SECOND / 2, 0);
		nvr_timeline_cut(&t, 2 * NVR_MINUTE, &start, &end);
		assert_int_equal(
		    end - start, NVR_MINUTE + sign * 30 * NVR_MILLISECOND);
	}
}

static void
a_run_that_is_seconds_off_is_given_up(void **state)
{
	struct nvr_timeline t;
	int64_t start, end;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		nvr_timeline_begin(&t, 0, 0, NVR_MINUTE, OFFSET);
		play(&t, FRAME, 2 * NVR_SECOND, NVR_MINUTE, 0);
		assert_true(nvr_timeline_near(&t, 2 * NVR_SECOND));
		nvr_timeline_cut(&t, 2 * NVR_SECOND, &start, &end);
		/* Nothing came yet: what was known still holds. */
		assert_true(nvr_timeline_near(&t, 2 * NVR_SECOND));
		/* Earlier by and by: at once it would be a jump. */
		play(&t, 2 * NVR_SECOND, 3 * NVR_SECOND,
		    NVR_MINUTE + (sign > 0 ? 6 : -3) * NVR_SECOND, 0);
		play(&t, 3 * NVR_SECOND, 4 * NVR_SECOND,
		    NVR_MINUTE + sign * 6 * NVR_SECOND, 0);
		assert_false(nvr_timeline_near(&t, 4 * NVR_SECOND));
	}
}

static void
what_ends_a_run_changes_nothing(void **state)
{
	struct nvr_timeline t, was;
	const int64_t at = NVR_SECOND;

	(void)state;
	nvr_timeline_begin(&t, 0, 0, 0, OFFSET);
	play(&t, FRAME, at + 1, 0, 0);
	memcpy(&was, &t, sizeof(t));
	/* Backwards, or not on: by DTS, as B-frames' PTS go to and fro. */
	assert_int_equal(
	    nvr_timeline_frame(&t, at, at, at, OFFSET), NVR_TIME_BACK);
	assert_int_equal(
	    nvr_timeline_frame(&t, at - NVR_HOUR, at - NVR_HOUR, at, OFFSET),
	    NVR_TIME_BACK);
	assert_int_equal(nvr_timeline_frame(&t, at + 2 * NVR_HOUR,
			     at + 2 * NVR_HOUR, at, OFFSET),
	    NVR_TIME_JUMP);
	assert_int_equal(
	    nvr_timeline_frame(&t, INT64_MAX / 4, INT64_MAX / 4, at, OFFSET),
	    NVR_TIME_JUMP);
	assert_int_equal(nvr_timeline_frame(&t, at + FRAME, at + FRAME,
			     at + FRAME, OFFSET + 101 * NVR_MILLISECOND),
	    NVR_TIME_STEP);
	assert_int_equal(nvr_timeline_frame(&t, at + FRAME, at + FRAME,
			     at + FRAME, OFFSET - NVR_HOUR),
	    NVR_TIME_STEP);
	assert_memory_equal(&t, &was, sizeof(t));
	assert_string_equal(nvr_time_verdict_name(NVR_TIME_BACK), "clock-back");
}

static void
what_is_no_jump_goes_on(void **state)
{
	struct nvr_timeline t;
	int64_t at = NVR_SECOND;

	(void)state;
	nvr_timeline_begin(&t, 0, 0, 0, OFFSET);
	/* A B-frame is shown before what came before it. */
	assert_int_equal(
	    nvr_timeline_frame(&t, FRAME, FRAME * 4, FRAME, OFFSET),
	    NVR_TIME_GOOD);
	assert_int_equal(
	    nvr_timeline_frame(&t, 2 * FRAME, FRAME * 2, 2 * FRAME, OFFSET),
	    NVR_TIME_GOOD);
	/* NTP slews our clock: never much at once, but a minute in all. */
	for (int i = 0; i < 1200; i++, at += FRAME)
		assert_int_equal(nvr_timeline_frame(&t, at, at, at,
				     OFFSET + i * 50 * NVR_MILLISECOND),
		    NVR_TIME_GOOD);
	/* The network stood still for 8 s, and all comes at once. */
	for (int i = 0; i < 200; i++)
		assert_int_equal(
		    nvr_timeline_frame(&t, at + i * FRAME, at + i * FRAME,
			at + 8 * NVR_SECOND, OFFSET + NVR_MINUTE),
		    NVR_TIME_GOOD);
	/* The camera sent nothing for 8 s. */
	at += 200 * FRAME;
	assert_int_equal(
	    nvr_timeline_frame(&t, at + 8 * NVR_SECOND, at + 8 * NVR_SECOND,
		at + 8 * NVR_SECOND, OFFSET + NVR_MINUTE),
	    NVR_TIME_GOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_run_starts_where_the_least_delay_puts_it),
	    cmocka_unit_test(segments_follow_each_other_without_a_seam),
	    cmocka_unit_test(
		a_camera_whose_clock_is_a_little_wrong_is_followed),
	    cmocka_unit_test(no_segment_is_corrected_by_more_than_500_ppm),
	    cmocka_unit_test(a_run_that_is_seconds_off_is_given_up),
	    cmocka_unit_test(what_ends_a_run_changes_nothing),
	    cmocka_unit_test(what_is_no_jump_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
