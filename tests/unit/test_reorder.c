/* Decoding times from presentation times. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#include "media/reorder.h"

#define D 3600

static int64_t
next(struct nvr_reorder *r, int64_t frame)
{
	return nvr_reorder_dts(r, frame * D, D, true);
}

static void
without_reordering_both_times_are_the_same(void **state)
{
	struct nvr_reorder r = {.second = 90000};

	(void)state;
	for (int64_t i = 0; i < 100; i++)
		assert_int_equal(next(&r, i), i * D);
	assert_int_equal(r.depth, 0);
}

static void
a_known_depth_gives_even_times(void **state)
{
	const int order[] = {0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11};
	struct nvr_reorder r = {.second = 90000, .depth = 2};

	(void)state;
	for (int i = 0; i < 13; i++) {
		int64_t dts = next(&r, order[i]);

		assert_int_equal(dts, (i - 2) * D);
		assert_true(dts <= order[i] * D);
	}
	assert_int_equal(r.depth, 2);
}

static void
an_unknown_depth_is_learned(void **state)
{
	const int order[] = {0, 4, 2, 1, 3};
	struct nvr_reorder r = {.second = 90000};
	int64_t last = -1, steps = 0;

	(void)state;
	for (int64_t i = 0; i < 100; i++) {
		int64_t frame = order[i == 0 ? 0 : 1 + (i - 1) % 4] +
				(i == 0 ? 0 : (i - 1) / 4 * 4);
		int64_t dts = next(&r, frame);

		assert_true(dts <= frame * D);
		steps += i > 0 && dts <= last;
		last = dts;
	}
	assert_int_equal(r.depth, 2);
	assert_true(steps <= 2);
}

static void
the_depth_grows_no_further_than_it_must(void **state)
{
	struct nvr_reorder r = {.second = 90000};

	(void)state;
	for (int64_t i = 0; i < 100; i += 2) {
		(void)next(&r, i + 2);
		(void)next(&r, i + 1);
	}
	assert_int_equal(r.depth, 1);
}

static void
the_depth_is_bounded(void **state)
{
	struct nvr_reorder r = {.second = 90000};

	(void)state;
	for (int64_t i = 0; i < 1000; i++) {
		int64_t pts = 1000000 - i;

		assert_true(nvr_reorder_dts(&r, pts, D, true) <= pts);
	}
	assert_int_equal(r.depth, NVR_REORDER_MAX);
}

static void
a_jump_starts_anew(void **state)
{
	struct nvr_reorder r = {.second = 90000, .depth = 1};

	(void)state;
	assert_int_equal(next(&r, 0), -D);
	assert_int_equal(next(&r, 2), 0);
	assert_int_equal(next(&r, 1), D);
	assert_int_equal(next(&r, 1000), 999 * D);
	assert_int_equal(next(&r, 1002), 1000 * D);
	assert_int_equal(next(&r, 5), 4 * D);
	assert_int_equal(r.depth, 1);
	/* a key frame is never ahead of its turn: the clock went back */
	assert_int_equal(next(&r, 7), 5 * D);
	assert_int_equal(nvr_reorder_dts(&r, 4 * D, D, false), 3 * D);
	assert_int_equal(r.depth, 1);
	nvr_reorder_clear(&r);
	assert_int_equal(next(&r, 6), 5 * D);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_reordering_both_times_are_the_same),
	    cmocka_unit_test(a_known_depth_gives_even_times),
	    cmocka_unit_test(an_unknown_depth_is_learned),
	    cmocka_unit_test(the_depth_grows_no_further_than_it_must),
	    cmocka_unit_test(the_depth_is_bounded),
	    cmocka_unit_test(a_jump_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
