/* Many at once: who is slow holds up nobody else. */
#include "deliver_help.h"

#include "base/time.h"

#define HOOKS 20

/* When what was told, of the run. */
static struct {
	int64_t begun, at[64];
	enum nvr_fate fate[64];
	int n;
} times;

static void
tell_time(void *ctx, const struct nvr_delivered *d)
{
	(void)ctx;
	times.at[times.n] = nvr_time_monotonic() - times.begun;
	times.fate[times.n++] = d->fate;
}

static void
run_timed(void)
{
	const struct nvr_deliver d = {13, tell_time, NULL};

	memset(&times, 0, sizeof(times));
	times.begun = nvr_time_monotonic();
	ok(nvr_deliver_run(s, &d, &sum, &err));
}

/* The most of that number which the server counted. */
static int64_t
most(const char *key)
{
	json_t *all = received("http.log"), *one;
	json_int_t found = 0, n;
	size_t i;

	json_array_foreach(all, i, one)
	{
		n = json_integer_value(json_object_get(one, key));
		found = n > found ? n : found;
	}
	json_decref(all);
	return found;
}

static void
three_that_hang_hold_up_nobody_else(void **state)
{
	char path[32];

	(void)state;
	rules.notify.timeout = 3 * NVR_SECOND;
	for (int i = 0; i < HOOKS; i++) {
		snprintf(
		    path, sizeof(path), "/%s/%d", i < 3 ? "hang" : "slow", i);
		post_alert(add_webhook(0, path));
	}
	run_timed();
	assert_int_equal(times.n, HOOKS);
	for (int i = 0; i < HOOKS; i++)
		if (times.fate[i] !=
			(i < HOOKS - 3 ? NVR_FATE_SENT : NVR_FATE_LATER) ||
		    (i < HOOKS - 3) != (times.at[i] < 5 * NVR_SECOND / 2))
			fail_msg("%d: %s after %" PRId64 " ms", i,
			    nvr_fate_names[times.fate[i]], times.at[i] / 1000);
	assert_in_range(times.at[HOOKS - 1], 0, 5 * NVR_SECOND);
	assert_in_range(most("all"), 5, 16);
}

/* Of the path, in the order in which they came; how many. */
static int
came(const char *path, char ids[][NVR_ID_TEXT], int room)
{
	json_t *all = received("http.log"), *one;
	const char *at, *id;
	int n = 0;
	size_t i;

	json_array_foreach(all, i, one)
	{
		at = json_string_value(json_object_get(one, "path"));
		id = json_string_value(json_object_get(
		    json_object_get(one, "headers"), "webhook-id"));
		if (strcmp(at, path) == 0 && n < room)
			strlcpy(ids[n++], id, NVR_ID_TEXT);
	}
	json_decref(all);
	return n;
}

static void
a_contact_has_one_at_a_time_and_in_order(void **state)
{
	static const char *const paths[] = {"/slow/a", "/slow/b", "/slow/c"};
	char want[NVR_ID_TEXT], ids[5][NVR_ID_TEXT];
	int64_t contact[3], posted[3][4];

	(void)state;
	for (int c = 0; c < 3; c++)
		contact[c] = add_webhook(0, paths[c]);
	for (int n = 0; n < 4; n++)
		for (int c = 0; c < 3; c++)
			posted[c][n] = post_alert(contact[c]);
	run();
	assert_int_equal(sum.sent, 12);
	assert_int_equal(most("mine"), 1);
	assert_int_equal(most("all"), 3);
	for (int c = 0; c < 3; c++) {
		assert_int_equal(came(paths[c], ids, 5), 4);
		for (int n = 0; n < 4; n++)
			assert_string_equal(
			    ids[n], nvr_id_format(posted[c][n], want));
	}
}

static void
one_that_hangs_holds_up_its_own(void **state)
{
	int64_t hangs = add_webhook(0, "/hang"), good = add_webhook(0, "/ok");

	(void)state;
	rules.notify.timeout = NVR_SECOND;
	for (int i = 0; i < 3; i++) {
		post_alert(hangs);
		post_alert(good);
	}
	run();
	assert_int_equal(sum.sent, 3);
	assert_int_equal(sum.failed, 1);
	assert_int_equal(COUNT("attempts = 0 AND next_at > created_at"), 2);
}

/* What blocks waits for those that are out, and they are not cut short. */
static void
mail_that_comes_due_meanwhile_is_sent(void **state)
{
	int64_t begun;

	(void)state;
	for (int i = 0; i < 4; i++)
		post_alert(add_webhook(0, "/slow"));
	post_mail(0, "notice", "jane@example.org", "in a moment");
	begun = nvr_time_now();
	sql("nvr.db", "UPDATE outbox SET next_at = next_at + 300000 WHERE"
		      " channel = 'mail'");
	post_alert(add_webhook(0, "/hang"));
	rules.notify.timeout = 2 * NVR_SECOND;
	run();
	assert_int_equal(sum.sent, 5);
	assert_int_equal(sum.failed, 1);
	assert_int_equal(COUNT("channel = 'mail' AND sent_at IS NOT NULL"), 1);
	assert_in_range(nvr_time_now() - begun, 0, 4 * NVR_SECOND);
}

static void
a_kill_loses_nothing_and_repeats_only_what_was_under_way(void **state)
{
	char ids[2 * HOOKS][NVR_ID_TEXT], path[32];
	int64_t posted[HOOKS];

	(void)state;
	for (int i = 0; i < HOOKS; i++) {
		snprintf(path, sizeof(path), i == 18 ? "/kill" : "/slow/%d", i);
		posted[i] = post_alert(add_webhook(0, path));
	}
	be_killed();
	assert_in_range(COUNT("attempts = 1 AND sent_at IS NULL"), 1, 16);
	assert_int_equal(COUNT("attempts > 1"), 0);
	hurry();
	run();
	assert_int_equal(COUNT("sent_at IS NOT NULL"), HOOKS);
	for (int i = 0; i < HOOKS; i++) {
		char want[NVR_ID_TEXT];
		int n;

		snprintf(path, sizeof(path), i == 18 ? "/kill" : "/slow/%d", i);
		n = came(path, ids, 2 * HOOKS);
		assert_in_range(n, 1, 2);
		nvr_id_format(posted[i], want);
		while (n > 0)
			assert_string_equal(ids[--n], want);
	}
	assert_in_range(count_received("http.log"), HOOKS + 1, HOOKS + 16);
}

static void
what_is_under_way_is_recorded_though_another_cannot_be(void **state)
{
	int64_t first = post_alert(add_webhook(0, "/slow"));
	char trigger[256];

	(void)state;
	for (int i = 0; i < 4; i++)
		post_alert(add_webhook(0, "/slow"));
	snprintf(trigger, sizeof(trigger),
	    "CREATE TRIGGER full BEFORE UPDATE OF sent_at ON outbox WHEN"
	    " NEW.id = %" PRId64 " BEGIN SELECT RAISE(ABORT, 'no room'); END",
	    first);
	sql("nvr.db", trigger);
	assert_true(try_run() != 0);
	assert_in_range(last.n, 1, 4);
	assert_int_equal(COUNT("sent_at IS NOT NULL"), last.n);
	assert_int_equal(COUNT("attempts = 1 AND sent_at IS NULL"), 1);
	assert_int_equal(COUNT("attempts = 0"), 4 - last.n);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_all, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(three_that_hang_hold_up_nobody_else),
	    TEST(a_contact_has_one_at_a_time_and_in_order),
	    TEST(one_that_hangs_holds_up_its_own),
	    TEST(mail_that_comes_due_meanwhile_is_sent),
	    TEST(a_kill_loses_nothing_and_repeats_only_what_was_under_way),
	    TEST(what_is_under_way_is_recorded_though_another_cannot_be),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
