/* How long a server wants to be waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/time.h"
#include "net/wait.h"

/* 2026-11-21T08:00:00Z */
#define NOW (INT64_C(1795248000) * NVR_SECOND)

static void
milliseconds_come_before_seconds(void **state)
{
	(void)state;
	assert_int_equal(nvr_wait_after("5", "7", NOW), 5000);
	assert_int_equal(nvr_wait_after("0.5", NULL, NOW), 500);
	assert_int_equal(nvr_wait_after(NULL, "7", NOW), 7 * NVR_SECOND);
	assert_int_equal(nvr_wait_after(NULL, "1.25", NOW), 1250000);
	assert_int_equal(nvr_wait_after("soon", "7", NOW), 7 * NVR_SECOND);
}

static void
a_date_is_from_now(void **state)
{
	(void)state;
	assert_int_equal(
	    nvr_wait_after(NULL, "Sat, 21 Nov 2026 08:01:30 GMT", NOW),
	    90 * NVR_SECOND);
	assert_int_equal(
	    nvr_wait_after(NULL, "Sat, 21 Nov 2026 07:59:59 GMT", NOW), -1);
}

static void
what_makes_no_sense_says_nothing(void **state)
{
	static const char *const texts[] = {"", "-1", "0", "0.0", "1 s", "1e3",
	    "0x10", "nan", "inf", "yesterday", "99999999999999999999x",
	    "Sat, 99 Nov 2026 08:00:00 GMT"};

	(void)state;
	assert_int_equal(nvr_wait_after(NULL, NULL, NOW), -1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(nvr_wait_after(texts[i], NULL, NOW), -1);
		assert_int_equal(nvr_wait_after(NULL, texts[i], NOW), -1);
	}
}

static void
resets_are_durations_as_go_writes_them(void **state)
{
	(void)state;
	assert_int_equal(nvr_wait_reset("6m0s"), 6 * NVR_MINUTE);
	assert_int_equal(nvr_wait_reset("1s"), NVR_SECOND);
	assert_int_equal(nvr_wait_reset("120ms"), 120 * NVR_MILLISECOND);
	assert_int_equal(nvr_wait_reset("1h1m26.4s"),
	    NVR_HOUR + NVR_MINUTE + 26400 * NVR_MILLISECOND);
	assert_int_equal(nvr_wait_reset("15µs"), 15);
	assert_int_equal(nvr_wait_reset("0s"), 0);
	assert_int_equal(nvr_wait_reset("30"), 30 * NVR_SECOND);
	assert_int_equal(nvr_wait_reset("1.5"), 1500 * NVR_MILLISECOND);
}

static void
other_resets_say_nothing(void **state)
{
	static const char *const texts[] = {
	    "", "s", "-1s", "1x", "1s2", "6m 0s", ".", "1..2", "2026-11-21"};

	(void)state;
	assert_int_equal(nvr_wait_reset(NULL), -1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(nvr_wait_reset(texts[i]), -1);
}

static void
the_largest_numbers_are_bounded(void **state)
{
	static const char nines[] = "99999999999999999999999999999999";
	int64_t longest = nvr_wait_after(NULL, nines, NOW);
	char text[256] = "";

	(void)state;
	assert_true(longest > 1000 * NVR_DAY && longest < 10000 * NVR_DAY);
	assert_true(nvr_wait_after(nines, NULL, NOW) > 100 * NVR_DAY);
	for (int i = 0; i < 6; i++) {
		strlcat(text, nines, sizeof(text));
		strlcat(text, "h", sizeof(text));
	}
	assert_int_equal(nvr_wait_reset(text), longest);
	assert_int_equal(nvr_wait_reset(nines), longest);
}

static void
counts_are_whole_and_not_negative(void **state)
{
	(void)state;
	assert_int_equal(nvr_wait_count("0"), 0);
	assert_int_equal(nvr_wait_count("149999"), 149999);
	assert_int_equal(nvr_wait_count(NULL), -1);
	assert_int_equal(nvr_wait_count(""), -1);
	assert_int_equal(nvr_wait_count("-1"), -1);
	assert_int_equal(nvr_wait_count("1.5"), -1);
	assert_int_equal(nvr_wait_count("99999999999999999999"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(milliseconds_come_before_seconds),
	    cmocka_unit_test(a_date_is_from_now),
	    cmocka_unit_test(what_makes_no_sense_says_nothing),
	    cmocka_unit_test(resets_are_durations_as_go_writes_them),
	    cmocka_unit_test(other_resets_say_nothing),
	    cmocka_unit_test(the_largest_numbers_are_bounded),
	    cmocka_unit_test(counts_are_whole_and_not_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
