/* Once towards us, at least once towards the world: the outbox. */
#include "deliver_help.h"

#include "core/erasure.h"
#include "core/letter.h"

static const char *
jane(void)
{
	return "jane";
}

static void
the_wait_doubles_from_a_minute_to_a_day(void **state)
{
	(void)state;
	for (int64_t i = 1; i < 100; i++) {
		int64_t want = i > 11 ? NVR_DAY : NVR_MINUTE << (i - 1);

		for (uint32_t chance = 0; chance < 5000; chance += 97) {
			int64_t wait = nvr_deliver_wait(i, chance);

			if (wait < want - want / 10 || wait > want + want / 10)
				fail_msg("%" PRId64 ": %" PRId64, i, wait);
		}
	}
	assert_true(nvr_deliver_wait(1, 0) != nvr_deliver_wait(1, 999));
}

static void
two_at_once_are_one(void **state)
{
	char path[128];
	int fd;

	(void)state;
	post_mail(0, "notice", "jane@example.org", "one");
	snprintf(path, sizeof(path), "%s/.notify", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_fails(try_run(), NVR_E_AGAIN, "another nvr-notify");
	assert_int_equal(COUNT("attempts = 0"), 1);
	close(fd);
	run();
	assert_int_equal(count_received("mail.log"), 1);
}

static void
a_kill_between_delivery_and_its_record_repeats_it_with_the_same_id(void **state)
{
	char first[4096];
	int64_t next;

	(void)state;
	put_file("smtp", "{\"at\": \"END\", \"say\": \"kill\"}");
	post_mail(0, "notice", "jane@example.org", "mail");
	be_killed();
	assert_int_equal(count_received("mail.log"), 1);
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 1"), 1);
	next = sql("nvr.db", "SELECT next_at FROM outbox");
	assert_true(next > nvr_time_now() + 50 * NVR_SECOND);
	drop_file("smtp");
	run();
	assert_int_equal(last.n, 0); /* not in a loop */
	skew = 2 * NVR_MINUTE;
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_int_equal(count_received("mail.log"), 2);
	strlcpy(first, said("mail.log", 0, "message"), sizeof(first));
	assert_string_equal(said("mail.log", 1, "message"), first);
	run();
	assert_int_equal(last.n, 0);
	assert_int_equal(COUNT("sent_at IS NOT NULL"), 1);
}

static void
the_same_of_a_webhook(void **state)
{
	char first[64];

	(void)state;
	post_alert(add_webhook(0, "/kill"));
	be_killed();
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 1"), 1);
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_int_equal(count_received("http.log"), 2);
	strlcpy(first, said("http.log", 0, "webhook-id"), sizeof(first));
	assert_string_equal(said("http.log", 1, "webhook-id"), first);
}

static void
what_cannot_be_recorded_waits_and_ends_the_run(void **state)
{
	(void)state;
	post_mail(0, "notice", "jane@example.org", "one");
	post_mail(0, "notice", "jane@example.org", "two");
	sql("nvr.db", "CREATE TRIGGER full BEFORE UPDATE OF sent_at ON outbox"
		      " WHEN NEW.sent_at IS NOT NULL"
		      " BEGIN SELECT RAISE(ABORT, 'no room'); END");
	assert_true(try_run() != 0);
	assert_int_equal(count_received("mail.log"), 1);
	assert_int_equal(COUNT("attempts = 1 AND sent_at IS NULL"), 1);
	assert_int_equal(COUNT("attempts = 0"), 1);
	/* Nor is anything sent whose attempt cannot be counted. */
	sql("nvr.db", "DROP TRIGGER full");
	sql("nvr.db", "CREATE TRIGGER full BEFORE UPDATE OF attempts ON outbox"
		      " BEGIN SELECT RAISE(ABORT, 'no room'); END");
	assert_true(try_run() != 0);
	assert_int_equal(count_received("mail.log"), 1);
	sql("nvr.db", "DROP TRIGGER full");
	run();
	skew = 5 * NVR_MINUTE;
	run();
	assert_int_equal(count_received("mail.log"), 3);
	assert_int_equal(COUNT("sent_at IS NOT NULL"), 2);
}

static void
a_clock_that_was_a_year_ahead_loses_nothing(void **state)
{
	(void)state;
	post_mail(0, "notice", "jane@example.org", "failing");
	strlcpy(rules.notify.smtp, "smtp://127.0.0.1:1", 64);
	run();
	skew = 365 * NVR_DAY;
	hurry();
	run();
	post_mail(0, "notice", "jane@example.org", "of the future");
	hurry();
	run();
	/* However old it seems, it was not tried for long. */
	assert_int_equal(COUNT("dead_at IS NOT NULL"), 0);
	skew = 0;
	use_smtp("smtp", "smtp");
	run();
	assert_int_equal(count_received("mail.log"), 2);
	assert_int_equal(COUNT("sent_at IS NOT NULL"), 2);
}

static void
what_fails_for_three_days_is_given_up_and_can_be_tried_again(void **state)
{
	int64_t n = 0, id;
	int tries = 0;

	(void)state;
	put_file("smtp", "{\"at\": \"RCPT\", \"say\": \"451 later\"}");
	id = post_mail(0, "notice", "jane@example.org", "never");
	while (COUNT("dead_at IS NOT NULL") == 0 && tries < 100) {
		skew = sql("nvr.db", "SELECT next_at FROM outbox") -
		       __real_nvr_time_now() + NVR_SECOND;
		run();
		assert_int_equal(last.n, 1);
		tries++;
	}
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	assert_in_range(tries, 12, 15);
	assert_in_range(skew / NVR_DAY, 3, 4);
	ok(nvr_outbox_dead_count(s->store, 0, &n, &err));
	assert_int_equal(n, 1);
	ok(nvr_outbox_dead_count(s->store, nvr_time_now() + NVR_DAY, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(logged(0, "message.failed", "451"), 1);
	run();
	assert_int_equal(last.n, 0);
	ok(nvr_deliver_retry(s, 0, &n, &err));
	assert_int_equal(n, 1);
	drop_file("smtp");
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_fails(nvr_deliver_retry(s, id, &n, &err), NVR_E_NOENT, "");
	assert_fails(nvr_deliver_drop(s, id, &err), NVR_E_NOENT, "");
	id = post_mail(0, "notice", "jane@example.org", "unwanted");
	ok(nvr_deliver_drop(s, id, &err));
	run();
	assert_int_equal(last.n, 0);
	assert_int_equal(logged(0, "message.dropped", ""), 1);
}

static void
no_more_goes_out_than_the_rate_allows(void **state)
{
	(void)state;
	rules.notify.mail = (struct nvr_rate){2, NVR_HOUR};
	for (int i = 0; i < 5; i++)
		post_mail(0, "notice", "jane@example.org", "one");
	post_alert(add_webhook(0, "/ok"));
	run();
	assert_int_equal(sum.sent, 3); /* the webhook, too */
	assert_true(sum.limited[NVR_MAIL]);
	assert_int_equal(COUNT("attempts = 0"), 3);
	skew = NVR_HOUR + NVR_MINUTE;
	run();
	assert_int_equal(sum.sent, 2);
}

static void
what_no_setting_sends_waits_without_an_attempt(void **state)
{
	(void)state;
	rules.notify.smtp[0] = '\0';
	post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(last.n, 0);
	assert_true(sum.idle[NVR_MAIL]);
	assert_int_equal(COUNT("attempts = 0"), 1);
	use_smtp("smtps", "smtps");
	run();
	assert_int_equal(sum.sent, 1);
}

static void
a_restricted_account_gets_letters_and_no_alerts(void **state)
{
	int64_t ann = add("ann@example.org"), id;

	(void)state;
	s->rights = false;
	id = add_contact(ann, "mail", "ann@example.org");
	sql("nvr.db", "DELETE FROM outbox");
	post_alert(id);
	post_mail(ann, "report", "ann@example.org", "report");
	s->rights = true;
	ok(nvr_account_restrict(s, ann, "she asked for it", &err));
	s->rights = false;
	assert_int_equal(post_alert(id), 0);
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_int_equal(sum.sent, 1);
	assert_non_null(
	    strstr(said("mail.log", 0, "message"), "Subject: Your data with"));
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 0"), 2);
	s->rights = true;
	ok(nvr_account_unrestrict(s, ann, "she asked for it", &err));
	s->rights = false;
	run();
	assert_int_equal(sum.sent, 3);
}

static void
alerts_go_along_when_an_account_moves_to_another_address(void **state)
{
	int64_t ann = add("ann@example.org"), own, other;

	(void)state;
	sql("nvr.db", "DELETE FROM outbox");
	own = add_contact(ann, "mail", "Ann@example.org");
	s->actor.who = jane;
	other = add_contact(ann, "mail", "guard@example.org");
	s->actor.who = NULL;
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_contact_moved(
	    s, ann, "ann@example.org", "ann@example.net", &err));
	ok(nvr_store_commit(s->store, &err));
	post_alert(own);
	post_alert(other);
	run();
	assert_int_equal(sum.sent, 2);
	assert_non_null(strstr(said("mail.log", 0, "to"), "ann@example.net"));
	assert_non_null(strstr(said("mail.log", 1, "to"), "guard@example.org"));
}

static void
what_does_not_open_is_given_up_at_once(void **state)
{
	(void)state;
	post_mail(0, "notice", "jane@example.org", "one");
	sql("nvr.db", "UPDATE outbox SET message = x'00112233'");
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	assert_int_equal(count_received("mail.log"), 0);
	sql("nvr.db", "DELETE FROM outbox");
	/* Of an account whose key is gone. */
	post_mail(add("ann@example.org"), "notice", "ann@example.org", "one");
	sql("keys/keys.db", "DELETE FROM account_key WHERE account_id <> 0");
	nvr_state_close(s);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	assert_int_equal(count_received("mail.log"), 0);
}

static void
what_has_expired_is_not_sent(void **state)
{
	(void)state;
	post_mail(0, "notice", "jane@example.org", "one");
	sql("nvr.db", "UPDATE outbox SET expires_at = 5");
	run();
	assert_int_equal(last.n, 0);
}

static void
a_test_is_sent_at_once_and_leaves_nothing(void **state)
{
	int64_t ann = add("ann@example.org"), id;

	(void)state;
	sql("nvr.db", "DELETE FROM outbox");
	ok(nvr_deliver_test(s, &deliver, "mail", "x@example.org", 0, &err));
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_non_null(
	    strstr(said("mail.log", 0, "message"), "This is a test"));
	ok(nvr_deliver_test(
	    s, &deliver, "webhook", NULL, add_webhook(0, "/ok"), &err));
	assert_int_equal(count_received("http.log"), 1);
	assert_fails(
	    nvr_deliver_test(s, &deliver, "sms", "+49301234567", 0, &err),
	    NVR_E_USAGE, "consent");
	agree(ann, true);
	id = add_contact(ann, "sms", "+49301234567");
	ok(nvr_deliver_test(s, &deliver, "sms", NULL, id, &err));
	assert_int_equal(count_received("http.log"), 2);
	sql("nvr.db", "UPDATE consent SET given = 0");
	assert_fails(nvr_deliver_test(s, &deliver, "sms", NULL, id, &err),
	    NVR_E_PERMISSION, "withdrawn");
	assert_fails(nvr_deliver_test(s, &deliver, "mail", NULL, id, &err),
	    NVR_E_NOENT, "");
	assert_int_equal(COUNT("1 = 1"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_all, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_wait_doubles_from_a_minute_to_a_day),
	    TEST(two_at_once_are_one),
	    TEST(
		a_kill_between_delivery_and_its_record_repeats_it_with_the_same_id),
	    TEST(the_same_of_a_webhook),
	    TEST(what_cannot_be_recorded_waits_and_ends_the_run),
	    TEST(a_clock_that_was_a_year_ahead_loses_nothing),
	    TEST(what_fails_for_three_days_is_given_up_and_can_be_tried_again),
	    TEST(no_more_goes_out_than_the_rate_allows),
	    TEST(what_no_setting_sends_waits_without_an_attempt),
	    TEST(a_restricted_account_gets_letters_and_no_alerts),
	    TEST(alerts_go_along_when_an_account_moves_to_another_address),
	    TEST(what_does_not_open_is_given_up_at_once),
	    TEST(what_has_expired_is_not_sent),
	    TEST(a_test_is_sent_at_once_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
