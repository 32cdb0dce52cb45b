/* Reports that wait for the portal: how many, which, and in which order. */
#include <math.h>

#include "erase_help.h"

#include "core/enrolment.h"
#include "core/heartbeat.h"
#include "core/log.h"
#include "core/uplink.h"
#include "store/alert.h"
#include "store/db.h"
#include "store/enrolment.h"

static const char TEXT[] = "{\"sequence\":1,\"at\":\"x\"}";

static void
fill(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++)
		ok(nvr_unsent_put(
		    s->store, i, (int64_t)i * NVR_MINUTE, TEXT, &err));
}

static int64_t
waiting(void)
{
	int64_t n;

	ok(nvr_unsent_count(s->store, &n, &err));
	return n;
}

static int64_t
bytes(void)
{
	int64_t n;

	ok(nvr_unsent_bytes(s->store, &n, &err));
	return n;
}

static void
trim(int64_t before, int64_t most)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_store_end(
	    s->store, nvr_unsent_trim(s->store, before, most, &err), &err));
}

struct list {
	uint64_t sequence[4096];
	int n;
};

static int
add(void *ctx, uint64_t sequence, const char *report)
{
	struct list *l = ctx;

	assert_string_equal(report, TEXT);
	l->sequence[l->n++] = sequence;
	return 0;
}

static struct list
list(uint64_t but, int64_t limit)
{
	struct list l = {.n = 0};

	ok(nvr_unsent_each(s->store, but, limit, add, &l, &err));
	return l;
}

/* Nothing here is to last. */
static int
begin(void **state)
{
	int rc = make(state);

	shut();
	return rc != 0 ? rc : nvr_state_open(dir, 0, &s, &err);
}

static int
empty(void **state)
{
	(void)state;
	ok(nvr_enrolment_drop(s->store, &err));
	return 0;
}

static void
they_go_oldest_first_and_no_more_than_asked_for(void **state)
{
	struct list l;

	(void)state;
	fill(1, 100);
	l = list(100, 60);
	assert_int_equal(l.n, 60);
	for (int i = 0; i < l.n; i++)
		assert_int_equal(l.sequence[i], i + 1);
	ok(nvr_unsent_drop(s->store, 1, &err));
	ok(nvr_unsent_drop(s->store, 4711, &err));
	l = list(3, 2);
	assert_true(l.n == 2 && l.sequence[0] == 2 && l.sequence[1] == 4);
}

static void
those_of_more_than_a_week_go(void **state)
{
	(void)state;
	fill(1, 100);
	trim(50 * NVR_MINUTE, NVR_UNSENT_BYTES);
	assert_int_equal(waiting(), 51);
	assert_int_equal(list(0, 1).sequence[0], 50);
	trim(50 * NVR_MINUTE, NVR_UNSENT_BYTES);
	assert_int_equal(waiting(), 51);
}

static void
too_many_are_thinned_in_their_older_half_before_any_stretch_is_lost(
    void **state)
{
	int64_t most, one;
	struct list l;
	uint64_t gap = 0;

	(void)state;
	fill(1, 1);
	one = bytes();
	fill(2, 1000);
	assert_int_equal(bytes(), 1000 * one);
	most = 800 * one;
	trim(0, most);
	assert_int_equal(waiting(), 750);
	l = list(0, 4096);
	/* Of the older half every second one, the newer as it was. */
	for (int i = 0; i < 250; i++)
		assert_int_equal(l.sequence[i], 2 * i + 1);
	for (int i = 250; i < 750; i++)
		assert_int_equal(l.sequence[i], 251 + i);
	/* Again and again: the first stays, and nowhere is there a hole. */
	for (uint64_t i = 1001; i <= 4000; i += 30) {
		fill(i, i + 29);
		trim(0, most);
		assert_true(bytes() <= most);
	}
	l = list(0, 4096);
	assert_int_equal(l.sequence[0], 1);
	assert_int_equal(l.sequence[l.n - 1], 4000);
	for (int i = 1; i < l.n; i++)
		if (l.sequence[i] - l.sequence[i - 1] > gap)
			gap = l.sequence[i] - l.sequence[i - 1];
	assert_true(l.n > 400 && gap <= 2048);
	/* The newest of the present time have lost none. */
	assert_int_equal(l.sequence[l.n - 200], 4000 - 199);
}

static void
less_room_than_a_report_takes_leaves_the_newest(void **state)
{
	(void)state;
	fill(1, 9);
	trim(0, 1);
	assert_int_equal(waiting(), 1);
	assert_int_equal(list(0, 9).sequence[0], 9);
}

static void
an_enrolment_is_read_as_it_was_written(void **state)
{
	struct nvr_enrolment a = {.url = "https://portal.example",
	    .pin = "sha256//x",
	    .tls_ca = "/etc/ca.pem",
	    .recorder = 7,
	    .sequence = 12,
	    .replaces = true,
	    .inherited = 3,
	    .told = true,
	    .inventory = {1, 2, 3},
	    .version = 4,
	    .retain_us = NVR_DAY,
	    .retain_bytes = 5,
	    .late = 6,
	    .enrolled_at = 1,
	    .sent_at = 2,
	    .tried_at = 3,
	    .wait_until = 4,
	    .error = "why"};
	struct nvr_enrolment b;
	struct nvr_rules rules = {.keep.footage = 1, .keep.footage_bytes = 2};

	(void)state;
	assert_int_equal(nvr_enrolment_get(s->store, &b, &err), NVR_E_NOENT);
	ok(nvr_enrolment_rules(s, &rules, &err));
	assert_true(rules.keep.footage == 1 && rules.keep.footage_bytes == 2);
	ok(nvr_enrolment_put(s->store, &a, &err));
	ok(nvr_enrolment_get(s->store, &b, &err));
	assert_memory_equal(&a, &b, sizeof(a));
	ok(nvr_enrolment_rules(s, &rules, &err));
	assert_true(rules.keep.footage == NVR_DAY);
	assert_true(rules.keep.footage_bytes == 5);
	a = (struct nvr_enrolment){
	    .url = "https://x", .recorder = 1, .enrolled_at = 1};
	ok(nvr_enrolment_put(s->store, &a, &err));
	ok(nvr_enrolment_get(s->store, &b, &err));
	assert_memory_equal(&a, &b, sizeof(a));
	ok(nvr_leave(s, &err));
	assert_int_equal(nvr_enrolment_get(s->store, &b, &err), NVR_E_NOENT);
}

static int
count_rule(void *ctx, const struct nvr_alert_rule *r)
{
	assert_true(r->bytes == 0 && r->us == -1 && r->enabled == -1 &&
		    isnan(r->percent) && r->severity == 2);
	++*(int *)ctx;
	return 0;
}

static int
rules_there(void)
{
	int n = 0;

	ok(nvr_enrolment_rule_each(s->store, count_rule, &n, &err));
	return n;
}

static void
thresholds_that_the_portal_has_set_go_with_it(void **state)
{
	const struct nvr_alert_rule r[] = {
	    {0, 0, "storage-low", -1, 2, NAN, 0, -1, 5, 0},
	    {0, 0, "camera-offline", -1, 2, NAN, 0, -1, 6, 0}};
	const struct nvr_enrolment e = {
	    .url = "https://x", .recorder = 1, .enrolled_at = 1};

	(void)state;
	ok(nvr_enrolment_put(s->store, &e, &err));
	ok(nvr_enrolment_rule_put_all(s->store, r, 2, &err));
	assert_int_equal(rules_there(), 2);
	ok(nvr_enrolment_rule_put_all(s->store, r, 1, &err));
	assert_int_equal(rules_there(), 1);
	ok(nvr_leave(s, &err));
	assert_int_equal(rules_there(), 0);
}

static void
a_url_is_one_form_of_one_portal(void **state)
{
	static const char *const bad[] = {"", "https://", "http://example.org",
	    "https:///", "https://a/b", "https://a?b", "https://a#b",
	    "https://u@a", "https://a b", "https://a\\b", "https://a\x1b",
	    "https://\xff", "HTTP://10.0.0.1", "file:///etc", "https//a"};
	char url[64], small[12];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nvr_uplink_check(bad[i], url, sizeof(url), &err),
		    NVR_E_USAGE);
	ok(nvr_uplink_check("HTTPS://Portal.Example/", url, sizeof(url), &err));
	assert_string_equal(url, "https://portal.example");
	ok(nvr_uplink_check("http://[::1]:8080", url, sizeof(url), &err));
	assert_int_equal(
	    nvr_uplink_check("https://abcd", small, sizeof(small), &err),
	    NVR_E_USAGE);
	ok(nvr_uplink_check("https://abc", small, sizeof(small), &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
		they_go_oldest_first_and_no_more_than_asked_for, empty),
	    cmocka_unit_test_setup(those_of_more_than_a_week_go, empty),
	    cmocka_unit_test_setup(
		too_many_are_thinned_in_their_older_half_before_any_stretch_is_lost,
		empty),
	    cmocka_unit_test_setup(
		less_room_than_a_report_takes_leaves_the_newest, empty),
	    cmocka_unit_test_setup(
		an_enrolment_is_read_as_it_was_written, empty),
	    cmocka_unit_test_setup(
		thresholds_that_the_portal_has_set_go_with_it, empty),
	    cmocka_unit_test(a_url_is_one_form_of_one_portal),
	};

	return cmocka_run_group_tests(tests, begin, unmake);
}
