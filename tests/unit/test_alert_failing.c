/* Messages that cannot be delivered: who can be told of that. */
#include "alert_help.h"

/* One of that contact, given up now; contact 0: a letter. */
static void
give_up(int64_t id, int64_t account, const char *channel, int64_t contact)
{
	sqlf("INSERT INTO outbox (id, account_id, channel, kind, contact_id,"
	     " recipient, message, created_at, dead_at) VALUES (%lld, %lld,"
	     " '%s', 'x', NULLIF(%lld, 0), x'00', x'00', 1, %lld)",
	    (long long)id, (long long)account, channel, (long long)contact,
	    (long long)now);
}

static int
count_of(int64_t contact, const char *what)
{
	int n = 0;

	for (int i = 0; i < nsaid; i++)
		n += said[i].contact == contact &&
		     strcmp(said[i].kind, "notify-failing") == 0 &&
		     strcmp(said[i].what, what) == 0;
	return n;
}

static void
it_is_told_to_the_operator_and_to_who_can_be_reached(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	now = nvr_time_now();
	add_listener(id);		       /* 2, by mail */
	add_listener(id)->channel = "webhook"; /* 3 */
	add_listener(add("b@example.org"));    /* 4, of another */
	judge_now();
	now += NVR_MINUTE;
	give_up(1, id, "mail", 2);
	judge_now();
	assert_int_equal(count_of(1, "opened"), 1);
	assert_int_equal(count_of(2, "opened"), 0);
	assert_int_equal(count_of(3, "opened"), 1);
	assert_int_equal(nsaid, 2);
	assert_string_equal(said[0].subject, "mail");
	/* Once, and not again. */
	now += NVR_HOUR;
	judge_now();
	assert_int_equal(nsaid, 2);
	/* That it is over is told to them, too. */
	for (int i = 0; i < 4; i++) {
		now += 13 * NVR_HOUR;
		judge_now();
	}
	assert_int_equal(count_of(1, "closed"), 1);
	assert_int_equal(count_of(3, "closed"), 1);
}

static void
each_channel_is_an_alert_of_its_own(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	now = nvr_time_now();
	judge_now();
	now += NVR_MINUTE;
	give_up(1, id, "webhook", 77);
	give_up(2, id, "mail", 0);
	give_up(3, 0, "sms", 0);
	judge_now();
	assert_int_equal(nsaid, 3);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE kind = 'notify-failing' AND"
		 " account_id = %lld AND subject IN ('mail', 'webhook')",
		(long long)id),
	    2);
	/* What else is an account's stays its own. */
	add_recorder(9, id);
	minutes_of(9, 0, 0);
	assert_int_equal(count("recorder-offline", "opened"), 0);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE kind = 'recorder-offline'"),
	    1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(it_is_told_to_the_operator_and_to_who_can_be_reached),
	    T(each_channel_is_an_alert_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
