/* What is over and was not good again is told to have ended, and why. */
#include "alert_help.h"
#include "core/contact_int.h"

static const struct said *
last_of(const char *kind)
{
	for (int i = nsaid; i-- > 0;)
		if (strcmp(said[i].kind, kind) == 0)
			return &said[i];
	fail_msg("nothing of %s was told", kind);
	return NULL;
}

static void
has_ended(const char *kind, const char *why)
{
	const struct said *t = last_of(kind);

	assert_string_equal(t->what, "ended");
	if (strstr(t->why, why) == NULL)
		fail_msg("'%s' has no '%s'", t->why, why);
	assert_int_equal(count(kind, "closed"), 0);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE kind = '%s'"
			      " AND closed_at IS NULL",
			     kind),
	    0);
}

static void
a_camera_that_is_not_to_be_recorded_is_no_longer_watched(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_camera(11, 1, "gate");
	add_camera(12, 1, "yard");
	minutes_of(2, 1, 1);
	state_of(11, "offline");
	minutes_of(3, 1, 1);
	assert_int_equal(count("camera-offline", "opened"), 1);
	/* Its recorder knows it, and has not said how it is. */
	state_of(11, "");
	minutes_of(5, 1, 1);
	assert_int_equal(nsaid, 1);
	state_of(11, "off");
	minutes_of(1, 1, 1);
	has_ended("camera-offline", "not to be recorded");
	minutes_of(5, 1, 1);
	assert_int_equal(nsaid, 2);
	/* Back, and again. */
	state_of(11, "offline");
	minutes_of(3, 1, 1);
	assert_int_equal(count("camera-offline", "opened"), 2);
	state_of(11, "recording");
	minutes_of(3, 1, 1);
	assert_string_equal(last_of("camera-offline")->what, "closed");
}

static void
a_recorder_that_is_revoked_is_not_heard_again(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 2, 3);
	state_of(11, "offline");
	minutes_of(3, 2, 3);
	minutes_of(6, 2, 2);
	assert_int_equal(count("recorder-offline", "opened"), 1);
	sqlf("UPDATE recorder SET state = 'revoked' WHERE id = 1");
	minutes_of(2, 2, 2);
	has_ended("recorder-offline", "revoked");
	has_ended("camera-offline", "revoked");
}

static void
a_rule_that_is_off_says_so(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 1, 1);
	state_of(11, "offline");
	minutes_of(3, 1, 1);
	ok(nvr_alert_rule_set(s,
	    &(struct nvr_alert_rule){
		0, 0, "camera-offline", 0, -1, NAN, -1, -1, -1, 1},
	    &err));
	minutes_of(1, 1, 1);
	has_ended("camera-offline", "rule is off");
}

static void
a_camera_of_its_own_that_is_not_recorded_any_more_is_not_back(void **state)
{
	(void)state;
	sqlf("INSERT INTO camera (id, name, url, recipient, record, created_at,"
	     " changed_at) VALUES (11, 'gate', 'rtsp://x', 'age1x', 'main', 1,"
	     " 1)");
	sqlf("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1,"
	     " 11, 'main', %lld, 'start')",
	    (long long)now);
	minutes_of(3, 0, 0);
	assert_int_equal(count("camera-offline", "opened"), 1);
	sqlf("UPDATE camera SET record = 'none'");
	minutes_of(1, 0, 0);
	has_ended("camera-offline", "not to be recorded");
	assert_int_equal(nsaid, 2);
}

static void
what_is_over_for_its_age_was_not_looked_at_again(void **state)
{
	(void)state;
	sqlf("INSERT INTO outbox (id, account_id, channel, kind, recipient,"
	     " message, created_at, dead_at) VALUES (1, 0, 'mail', 'x', x'00',"
	     " x'00', 1, %lld)",
	    (long long)now);
	minutes_of(1, 0, 0);
	now += NVR_DAY;
	minutes_of(1, 0, 0);
	has_ended("notify-failing", "a day ago");
}

static void
says(const char *kind, const char *subject, const char *text)
{
	const struct nvr_alert_news n = {.alert = 1,
	    .kind = kind,
	    .what = "ended",
	    .subject = subject,
	    .site = "",
	    .why = "its rule is off"};
	const struct nvr_contact_message m = {.s = s, .news = &n, .n = 1};
	struct nvr_buf out = {0};

	ok(nvr_contact_sms(&m, &out, &err));
	if (strstr(out.data, text) == NULL ||
	    strstr(out.data, ": its rule is off") == NULL)
		fail_msg("'%s' has no '%s'", out.data, text);
	assert_null(strstr(out.data, "again"));
	nvr_buf_release(&out);
}

static void
its_words_say_no_longer_watched(void **state)
{
	(void)state;
	says("camera-offline", "yard", "The camera yard is no longer watched");
	says("recorder-offline", "recorder 1",
	    "No more reports are awaited from recorder 1");
	says("clock-wrong", "recorder 1",
	    "No longer watched: The clock of recorder 1 is wrong");
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_camera_that_is_not_to_be_recorded_is_no_longer_watched),
	    T(a_recorder_that_is_revoked_is_not_heard_again),
	    T(a_rule_that_is_off_says_so),
	    T(a_camera_of_its_own_that_is_not_recorded_any_more_is_not_back),
	    T(its_words_say_no_longer_watched),
	    T(what_is_over_for_its_age_was_not_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
