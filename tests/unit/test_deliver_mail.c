/* Mail that is delivered, and what becomes of it where it is not. */
#include "deliver_help.h"

static void
mail_goes_over_tls_from_the_start_or_by_starttls(void **state)
{
	(void)state;
	post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	use_smtp("smtps", "smtps");
	post_mail(0, "notice", "jane@example.org", "two");
	run();
	assert_int_equal(sum.sent, 1);
	assert_int_equal(count_received("mail.log"), 2);
	assert_non_null(strstr(said("mail.log", 0, "from"), "nvr@example.org"));
	assert_non_null(strstr(said("mail.log", 1, "to"), "jane@example.org"));
	/* A line of a dot alone does not end it. */
	assert_non_null(strstr(said("mail.log", 0, "message"), "\n.\r\none"));
	assert_int_equal(COUNT("sent_at IS NOT NULL AND next_at IS NULL"), 2);
	run();
	assert_int_equal(count_received("mail.log"), 2);
}

/* How many connections the mails came by. */
static int
connections(void)
{
	json_t *all = received("mail.log"), *one;
	json_int_t before = 0, now;
	int n = 0;
	size_t i;

	json_array_foreach(all, i, one)
	{
		now = json_integer_value(json_object_get(one, "connection"));
		n += now != before;
		before = now;
	}
	json_decref(all);
	return n;
}

static void
several_go_by_one_connection_as_long_as_the_server_likes_it(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(sum.sent, 5);
	assert_int_equal(connections(), 1);
	/* It has enough, and is asked anew. */
	drop_file("mail.log");
	put_file("smtp", "{\"most\": 2}");
	for (int i = 0; i < 5; i++)
		post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(sum.sent, 5);
	assert_int_equal(count_received("mail.log"), 5);
	assert_int_equal(connections(), 3);
	/* Of those that it never likes one is tried. */
	put_file("smtp", "{\"most\": 0}");
	post_mail(0, "notice", "jane@example.org", "one");
	post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 1"), 1);
	/* What is refused is that mail, and the next ones go. */
	drop_file("mail.log");
	put_file("smtp", "{\"at\": \"RCPT\", \"say\": \"550 no\","
			 " \"times\": 1}");
	post_mail(0, "notice", "jane@example.org", "one");
	hurry();
	run();
	assert_int_equal(sum.sent, 2);
	assert_int_equal(COUNT("dead_at IS NOT NULL"), 1);
}

static void
a_user_signs_in_with_the_password_of_a_file(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/password", servers);
	put_file("password", "correct horse\n");
	strlcpy(rules.notify.smtp_user, "relay", 64);
	strlcpy(rules.notify.smtp_password, path, 256);
	put_file("smtp", "{\"password\": \"correct horse\"}");
	post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_string_equal(said("mail.log", 0, "user"), "relay");
	/* Once a connection, and anew with each. */
	drop_file("mail.log");
	put_file("smtp", "{\"password\": \"correct horse\", \"most\": 2}");
	for (int i = 0; i < 3; i++)
		post_mail(0, "notice", "jane@example.org", "one");
	run();
	assert_int_equal(sum.sent, 3);
	assert_int_equal(connections(), 2);
	assert_string_equal(said("mail.log", 2, "user"), "relay");
	put_file("smtp", "{\"password\": \"another\"}");
	post_mail(0, "notice", "jane@example.org", "two");
	post_mail(0, "notice", "jane@example.org", "three");
	run();
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	assert_null(strstr(last.why, "horse"));
	assert_non_null(strstr(last.why, "smtp-user"));
	/* Nor was the other one tried. */
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 0"), 1);
	assert_int_equal(COUNT("error LIKE '%horse%'"), 0);
}

static void
who_is_to_sign_in_sends_nothing_without(void **state)
{
	static const struct {
		const char *smtp, *user, *says;
		bool file;
		mode_t mode;
	} bad[] = {
	    {"{\"silent\": true}", "relay", "no way to sign in", true, 0600},
	    {"{}", "relay", "smtp-password-file", false, 0600},
	    {"{}", "", "smtp-user", true, 0600},
	    {"{}", "relay", "others can read", true, 0644},
	    {"{}", "relay", "others can read", true, 0640},
	};
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/password", servers);
	put_file("password", "correct horse\n");
	post_mail(0, "notice", "jane@example.org", "one");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_file("smtp", bad[i].smtp);
		assert_int_equal(chmod(path, bad[i].mode), 0);
		strlcpy(rules.notify.smtp_user, bad[i].user, 64);
		strlcpy(
		    rules.notify.smtp_password, bad[i].file ? path : "", 256);
		hurry();
		run();
		assert_int_equal(last.fate, NVR_FATE_BLOCKED);
		if (strstr(last.why, bad[i].says) == NULL)
			fail_msg("%zu: %s", i, last.why);
	}
	assert_int_equal(count_received("mail.log"), 0);
	assert_int_equal(chmod(path, 0400), 0);
	strlcpy(rules.notify.smtp_user, "relay", 64);
	use_smtp("smtps", "smtps");
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
}

static void
what_is_greylisted_goes_the_next_time_with_the_same_id(void **state)
{
	char id[64];
	int64_t row;

	(void)state;
	put_file(
	    "smtp", "{\"at\": \"RCPT\", \"say\": \"451 later\", \"times\": 1}");
	row = post_mail(0, "notice", "jane@example.org", "grey");
	run();
	assert_int_equal(last.fate, NVR_FATE_LATER);
	assert_waits(WAIT_AT_LEAST, WAIT_AT_MOST);
	run();
	assert_int_equal(last.n, 0); /* not before its time */
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_int_equal(last.attempts, 2);
	snprintf(id, sizeof(id), "Message-ID: <");
	nvr_id_format(row, id + strlen(id));
	assert_non_null(strstr(said("mail.log", 0, "message"), id));
}

static void
each_step_may_refuse_for_now_or_for_good(void **state)
{
	static const struct {
		const char *at, *say;
		enum nvr_fate fate;
	} steps[] = {
	    {"banner", "421 busy", NVR_FATE_BLOCKED},
	    {"banner", "554 no", NVR_FATE_BLOCKED},
	    {"EHLO", "421 busy", NVR_FATE_BLOCKED},
	    {"EHLO", "550 no", NVR_FATE_BLOCKED},
	    {"MAIL", "450 later", NVR_FATE_LATER},
	    {"MAIL", "530 sign in", NVR_FATE_BLOCKED},
	    {"MAIL", "553 no such sender", NVR_FATE_DEAD},
	    {"RCPT", "452 full", NVR_FATE_LATER},
	    {"RCPT", "550 no such user", NVR_FATE_DEAD},
	    {"DATA", "451 later", NVR_FATE_LATER},
	    {"DATA", "554 no", NVR_FATE_DEAD},
	    {"END", "452 full", NVR_FATE_LATER},
	    {"END", "554 spam", NVR_FATE_DEAD},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		sql("nvr.db", "DELETE FROM outbox");
		snprintf(text, sizeof(text),
		    "{\"at\": \"%s\", \"say\": \"%s\"}", steps[i].at,
		    steps[i].say);
		put_file("smtp", text);
		post_mail(0, "notice", "jane@example.org", "no");
		run();
		if (last.n != 1 || last.fate != steps[i].fate)
			fail_msg("%s %s: %d times %s, %s", steps[i].at,
			    steps[i].say, last.n, nvr_fate_names[last.fate],
			    last.why);
		assert_null(strstr(last.why, "jane"));
		if (steps[i].fate != NVR_FATE_BLOCKED &&
		    strstr(last.why, steps[i].say) == NULL)
			fail_msg("%s: %s", steps[i].say, last.why);
		assert_int_equal(COUNT("dead_at IS NOT NULL"),
		    steps[i].fate == NVR_FATE_DEAD);
	}
	assert_int_equal(count_received("mail.log"), 0);
	assert_int_equal(logged(0, "message.failed", "mail"), 4);
}

static void
what_a_server_says_of_the_recipient_is_not_kept(void **state)
{
	(void)state;
	put_file("smtp",
	    "{\"at\": \"RCPT\", \"say\": \"550-5.1.1 <jane@example.org>: no"
	    " such user\\r\\n550-5.1.1 Jane is\\r\\n550 not here\"}");
	post_mail(0, "notice", "jane@example.org", "no");
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	if (strstr(last.why, "550 5.1.1 … no such user 5.1.1 … is not here") ==
	    NULL)
		fail_msg("%s", last.why);
	assert_int_equal(COUNT("error LIKE '%jane%'"), 0);
}

static void
a_server_that_hangs_behind_the_mail_gets_it_again_with_the_same_id(void **state)
{
	int64_t start = nvr_time_monotonic();
	char first[256];

	(void)state;
	rules.notify.timeout = 2 * NVR_SECOND;
	put_file("smtp", "{\"at\": \"END\", \"say\": \"hang\", \"times\": 1}");
	post_mail(0, "notice", "jane@example.org", "hang");
	run();
	/* Nor is it waited for as it is left. */
	assert_in_range(nvr_time_monotonic() - start, 1900 * NVR_MILLISECOND,
	    3500 * NVR_MILLISECOND);
	assert_int_equal(last.fate, NVR_FATE_LATER);
	assert_int_equal(COUNT("sent_at IS NULL AND attempts = 1"), 1);
	hurry();
	drop_file("smtp");
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	assert_int_equal(count_received("mail.log"), 2);
	strlcpy(first, said("mail.log", 0, "message"), sizeof(first));
	assert_int_equal(
	    strncmp(said("mail.log", 1, "message"), first, strlen(first)), 0);
}

static void
no_mail_goes_to_who_cannot_prove_who_they_are(void **state)
{
	static const struct {
		const char *server, *says;
	} bad[] = {{"other", "certificate"}, {"old", "certificate"},
	    {"plain", "STARTTLS"}};

	(void)state;
	post_mail(0, "notice", "jane@example.org", "secret words");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		use_smtp("smtp", bad[i].server);
		hurry();
		run();
		assert_int_equal(last.fate, NVR_FATE_BLOCKED);
		if (strstr(last.why, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].server, last.why);
	}
	/* Nor where the system alone says whom to trust. */
	use_smtp("smtp", "smtp");
	rules.notify.tls_ca[0] = '\0';
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	assert_int_equal(count_received("mail.log"), 0);
	/* Nobody is there. */
	strlcpy(rules.notify.smtp, "smtp://127.0.0.1:1", 64);
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	strlcpy(rules.notify.smtp, "http://127.0.0.1:1", 64);
	hurry();
	run();
	assert_non_null(strstr(last.why, "smtps://"));
}

static void
names_and_subjects_add_no_header_and_no_recipient(void **state)
{
	const struct nvr_alert_news evil = {.alert = 1,
	    .kind = "camera-offline",
	    .what = "opened",
	    .subject = "Door\r\nBcc: eve@example.org\r\n\r\n<script>x</script>",
	    .site = "a\nb",
	    .why = "\x1b[2J<b>",
	    .severity = NVR_INFO,
	    .since = 1,
	    .at = 1};
	int64_t contact = add_contact(0, "mail", "jane@example.org");
	const char *text;

	(void)state;
	post_news(contact, &evil, 1, false);
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	text = said("mail.log", 0, "message");
	assert_null(strstr(text, "\nBcc"));
	assert_null(strstr(strstr(text, "text/html"), "<script"));
	assert_null(strstr(text, "\x1b"));
	assert_null(strstr(said("mail.log", 0, "to"), "eve"));
	/* A recipient that is none, put into the store by somebody else. */
	post_mail(
	    0, "notice", "jane@example.org> SIZE=1\r\nRCPT TO:<eve@x.org", "x");
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
	assert_null(strstr(last.why, "eve"));
	assert_int_equal(count_received("mail.log"), 1);
}

static void
an_alert_is_told_in_plain_words_and_can_be_unsubscribed(void **state)
{
	struct nvr_alert_news many[60];
	int64_t contact = add_contact(0, "mail", "jane@example.org"), id;
	const char *text, *at;
	char token[65];

	(void)state;
	id = post_alert(contact);
	run();
	text = said("mail.log", 0, "message");
	assert_non_null(strstr(
	    text, "Subject: Gatehouse: The camera Door sends no pictures\r\n"));
	assert_non_null(strstr(text, "multipart/alternative"));
	assert_non_null(strstr(text, "no picture for 3 minutes"));
	assert_non_null(strstr(text, "<h2 style=3D"));
	assert_null(strstr(text, "image/"));
	assert_non_null(strstr(
	    text, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
	at =
	    strstr(text, "List-Unsubscribe: <https://nvr.example/unsubscribe/");
	assert_non_null(at);
	strlcpy(token,
	    strchr(at, '<') + 1 + strlen("https://nvr.example/unsubscribe/"),
	    sizeof(token));
	assert_int_equal(COUNT("essential = 0 AND kind = 'alert'"), 1);
	(void)id;
	/* Several are one message; some are told one by one. */
	for (int i = 0; i < 60; i++)
		many[i] = door;
	many[0].kind = "something-new";
	post_news(contact, many, 60, true);
	run();
	text = said("mail.log", 1, "message");
	assert_non_null(strstr(text, "Subject: Gatehouse: 60 alerts\r\n"));
	assert_non_null(strstr(text, "something-new: Door"));
	assert_non_null(strstr(text, "And 10 more."));
	assert_null(strstr(text, "List-Unsubscribe"));
	/* What waits is not sent either, but for what is essential. */
	post_alert(contact);
	assert_fails(nvr_contact_unsubscribe(s, "00", &err), NVR_E_NOENT, "");
	ok(nvr_contact_unsubscribe(s, token, &err));
	ok(nvr_contact_unsubscribe(s, token, &err));
	assert_int_equal(post_alert(contact), 0);
	many[0] = door;
	many[0].site = "";
	assert_true(post_news(contact, many, 1, true) != 0);
	run();
	assert_int_equal(last.n, 2);
	assert_int_equal(count_received("mail.log"), 3);
	/* What there is not is not said. */
	assert_null(strcasestr(said("mail.log", 2, "message"), "where:"));
	assert_non_null(strstr(said("mail.log", 2, "message"), "Since: 2026"));
	assert_int_equal(logged(0, "message.withheld", "unsubscribed"), 1);
}

static void
sendmail_gets_sender_and_recipient_and_says_what_became_of_it(void **state)
{
	char script[128], text[512];

	(void)state;
	rules.notify.smtp[0] = '\0';
	snprintf(script, sizeof(script), "%s/sendmail", servers);
	strlcpy(rules.notify.sendmail, script, sizeof(rules.notify.sendmail));
	snprintf(text, sizeof(text),
	    "#!/bin/sh\necho \"$*\" >%s/args\ncat >%s/stdin\n"
	    "exit $(cat %s/status)\n",
	    servers, servers, servers);
	put_file("sendmail", text);
	assert_int_equal(chmod(script, 0700), 0);
	post_mail(0, "notice", "-oQ/tmp@example.org", "one");
	put_file("status", "75");
	run();
	assert_int_equal(last.fate, NVR_FATE_LATER);
	put_file("status", "78");
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_BLOCKED);
	put_file("status", "0");
	hurry();
	run();
	assert_int_equal(last.fate, NVR_FATE_SENT);
	snprintf(text, sizeof(text),
	    "grep -qx -- '-i -f nvr@example.org -- -oQ/tmp@example.org' "
	    "%s/args && grep -qx 'Subject: one' %s/stdin && exec sh -c '! grep "
	    "-q \"$(printf \"\\r\")\" %s/stdin'",
	    servers, servers, servers);
	{
		char *argv[] = {(char *)"sh", (char *)"-c", text, NULL};
		int status = -1;
		pid_t pid;

		assert_int_equal(
		    posix_spawnp(&pid, "sh", NULL, NULL, argv, environ), 0);
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
	}
	post_mail(0, "notice", "gone@example.org", "two");
	put_file("status", "67");
	run();
	assert_int_equal(last.fate, NVR_FATE_DEAD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_all, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(mail_goes_over_tls_from_the_start_or_by_starttls),
	    TEST(several_go_by_one_connection_as_long_as_the_server_likes_it),
	    TEST(a_user_signs_in_with_the_password_of_a_file),
	    TEST(who_is_to_sign_in_sends_nothing_without),
	    TEST(what_is_greylisted_goes_the_next_time_with_the_same_id),
	    TEST(what_a_server_says_of_the_recipient_is_not_kept),
	    TEST(each_step_may_refuse_for_now_or_for_good),
	    TEST(
		a_server_that_hangs_behind_the_mail_gets_it_again_with_the_same_id),
	    TEST(no_mail_goes_to_who_cannot_prove_who_they_are),
	    TEST(names_and_subjects_add_no_header_and_no_recipient),
	    TEST(an_alert_is_told_in_plain_words_and_can_be_unsubscribed),
	    TEST(sendmail_gets_sender_and_recipient_and_says_what_became_of_it),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
