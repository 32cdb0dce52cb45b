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
	assert_int_equal(count_of(1, "ended"), 1);
	assert_int_equal(count_of(3, "ended"), 1);
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

static void
enter_from_anew(int64_t account)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(
	    s, account, "signin.ok", json_pack("{s:b}", "new", 1), &err));
	ok(nvr_store_commit(s->store, &err));
}

static void
an_account_that_goes_keeps_nobody_from_being_told(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	now = nvr_time_now();
	add_listener(id)->channel = "webhook";
	judge_now();
	enter_from_anew(id);
	now += NVR_MINUTE;
	judge_now();
	assert_int_equal(count("signin-new-place", "opened"), 1);
	sqlf("UPDATE account SET deleted_at = 1 WHERE account_id = %lld",
	    (long long)id);
	for (int i = 0; i < 3; i++) {
		now += NVR_SECOND;
		judge_now();
	}
	/* One that it had not heard of yet is none of it either. */
	sqlf("UPDATE account SET deleted_at = NULL");
	enter_from_anew(id);
	sqlf("UPDATE account SET restricted_at = 1, deleted_at = NULL");
	now += NVR_SECOND;
	judge_now();
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE kind ="
			      " 'signin-new-place'"),
	    1);
}

static const char REFUSE[] =
    "CREATE TRIGGER refuse BEFORE %s ON alert WHEN NEW.object = 1 BEGIN"
    " SELECT RAISE(ABORT, 'no such row'); END";

static void
an_alert_that_cannot_be_entered_keeps_no_other_back(void **state)
{
	struct nvr_error why;
	int64_t n;

	(void)state;
	for (int r = 1; r <= 3; r++)
		add_recorder(r, 0);
	minutes_of(2, 3, 7);
	sqlf(REFUSE, "INSERT");
	for (int i = 0; i < 5; i++) {
		now += NVR_MINUTE;
		beat(3);
		why.code = 0;
		nvr_alert_evaluate(s, now, &done, &why);
		ok(nvr_alert_tell(s, &ears, now, &n, &err));
	}
	assert_non_null(strstr(why.text, "no such row"));
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_string_equal(said[0].subject, "recorder 0000000000002");
	assert_int_equal(done.open, 1);
	/* It comes once it can. */
	sqlf("DROP TRIGGER refuse");
	minutes_of(1, 3, 4);
	assert_int_equal(count("recorder-offline", "opened"), 2);
	/* Nor does one that cannot be closed. */
	sqlf(REFUSE, "UPDATE");
	for (int i = 0; i < 3; i++) {
		now += NVR_MINUTE;
		for (int r = 1; r <= 3; r++)
			beat(r);
		why.code = 0;
		nvr_alert_evaluate(s, now, &done, &why);
		ok(nvr_alert_tell(s, &ears, now, &n, &err));
	}
	assert_int_not_equal(why.code, 0);
	assert_int_equal(count("recorder-offline", "closed"), 1);
	assert_int_equal(done.open, 1);
	sqlf("DROP TRIGGER refuse");
	minutes_of(2, 3, 7);
	assert_int_equal(count("recorder-offline", "closed"), 2);
}

static int64_t mute;
static int
listen_but_one(struct nvr_state *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *e)
{
	return account == mute ? nvr_fail(e, NVR_E_DATA, "no such contacts")
			       : listen(st, account, row, ctx, e);
}

static void
contacts_that_cannot_be_read_keep_no_others_waiting(void **state)
{
	static const struct nvr_alert_post some = {listen_but_one, hear};
	int64_t n, first = add("a@example.org"), second = add("b@example.org");

	(void)state;
	mute = first < second ? first : second;
	add_listener(mute);
	add_listener(mute == first ? second : first);
	add_recorder(1, first);
	add_recorder(2, second);
	add_recorder(3, 0);
	minutes_of(2, 3, 7);
	for (int i = 0; i < 5; i++) {
		now += NVR_MINUTE;
		beat(3);
		ok(nvr_alert_evaluate(s, now, &done, &err));
		err.code = 0;
		nvr_alert_tell(s, &some, now, &n, &err);
	}
	assert_string_equal(err.text, "no such contacts");
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_int_equal(said[0].contact, 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(it_is_told_to_the_operator_and_to_who_can_be_reached),
	    T(each_channel_is_an_alert_of_its_own),
	    T(an_account_that_goes_keeps_nobody_from_being_told),
	    T(an_alert_that_cannot_be_entered_keeps_no_other_back),
	    T(contacts_that_cannot_be_read_keep_no_others_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
