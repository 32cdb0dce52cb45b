/* Who is told of an alert, when, and how often. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alert_help.h"
#include "base/id.h"
#include "core/contact_int.h"

/* One alert of that kind and object, opened now. */
static void
open_alert(int64_t id, const char *severity)
{
	sqlf("INSERT INTO alert (id, kind, object, subject, severity, state,"
	     " why, since, opened_at, seen_at) VALUES (%lld, 'camera-offline',"
	     " %lld, 'cam', '%s', 'open', 'x', %lld, %lld, %lld)",
	    (long long)id, (long long)id, severity, (long long)now,
	    (long long)now, (long long)now);
}

static void
close_alert(int64_t id)
{
	sqlf("UPDATE alert SET state = 'closed', closed_at = %lld WHERE id ="
	     " %lld",
	    (long long)now, (long long)id);
}

static void
tell_at(int64_t t)
{
	int64_t n;

	now = t;
	ok(nvr_alert_tell(s, &ears, now, &n, &err));
}

static void
tell_minutes(int n)
{
	for (int i = 0; i < n; i++)
		tell_at(now + NVR_MINUTE);
}

static void
one_message_tells_of_several(void **state)
{
	(void)state;
	rules.alert.wait = 30 * NVR_SECOND;
	rules.alert.apart = 5 * NVR_MINUTE;
	open_alert(1, "warning");
	tell_at(START + 20 * NVR_SECOND);
	open_alert(2, "warning");
	tell_at(START + 29 * NVR_SECOND);
	assert_int_equal(messages, 0);
	tell_at(START + 30 * NVR_SECOND);
	assert_int_equal(messages, 1);
	assert_int_equal(nsaid, 2);
	now += NVR_MINUTE;
	open_alert(3, "warning");
	tell_minutes(3);
	close_alert(1);
	assert_int_equal(messages, 1);
	tell_minutes(1);
	assert_int_equal(messages, 2);
	assert_int_equal(nsaid, 4);
	assert_int_equal(said[3].message, said[2].message);
	tell_minutes(60);
	assert_int_equal(nsaid, 4);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE settled_at IS NOT NULL"), 1);
}

static void
what_is_critical_waits_for_no_interval(void **state)
{
	(void)state;
	rules.alert.wait = 30 * NVR_SECOND;
	rules.alert.apart = 5 * NVR_MINUTE;
	open_alert(1, "warning");
	tell_minutes(1);
	assert_int_equal(messages, 1);
	now += NVR_SECOND;
	open_alert(2, "critical");
	open_alert(3, "warning");
	tell_at(now + 29 * NVR_SECOND);
	assert_int_equal(messages, 1);
	tell_at(now + NVR_SECOND);
	assert_int_equal(messages, 2);
	assert_int_equal(nsaid, 3); /* the other one goes along */
	/* That it is over can wait. */
	close_alert(2);
	tell_minutes(4);
	assert_int_equal(messages, 2);
	tell_minutes(1);
	assert_int_equal(messages, 3);
}

static void
contacts_hear_of_what_they_asked_for(void **state)
{
	(void)state;
	listener[0].least = NVR_CRITICAL;
	add_listener(0)->kinds = "recorder-offline camera-offlin";
	add_listener(0)->kinds = "x camera-offline";
	add_listener(7);
	open_alert(1, "warning");
	tell_minutes(1);
	assert_int_equal(nsaid, 1);
	assert_int_equal(said[0].contact, 3);
	open_alert(2, "critical");
	tell_minutes(1);
	assert_int_equal(nsaid, 3);
}

static void
it_is_escalated_until_somebody_acknowledges(void **state)
{
	(void)state;
	add_listener(0)->after = 15 * NVR_MINUTE;
	add_listener(0)->after = NVR_HOUR;
	open_alert(1, "critical");
	tell_minutes(14);
	assert_int_equal(nsaid, 1);
	tell_minutes(1);
	assert_int_equal(nsaid, 2);
	assert_int_equal(said[1].contact, 2);
	assert_string_equal(said[1].what, "opened");
	ok(nvr_alert_ack(s, 1, "on my way", now, &err));
	ok(nvr_alert_ack(s, 1, "me too", now, &err));
	tell_minutes(3 * 1440);
	assert_int_equal(nsaid, 2);
	assert_int_equal(events("acked"), 1);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log WHERE type ="
				       " 'alert.acked'"),
	    1);
	/* That it is over is told to those who heard of it. */
	close_alert(1);
	tell_minutes(1);
	assert_int_equal(nsaid, 4);
	assert_int_equal(count(NULL, "closed"), 2);
	assert_fails(nvr_alert_ack(s, 1, "", now, &err), NVR_E_NOENT, "closed");
	assert_fails(
	    nvr_alert_ack(s, 9, "", now, &err), NVR_E_NOENT, "no such alert");
	assert_fails(
	    nvr_alert_ack(s, 1, "a\nb", now, &err), NVR_E_USAGE, "one line");
}

static void
what_lasts_is_told_again_each_day(void **state)
{
	(void)state;
	open_alert(1, "warning");
	tell_minutes(1);
	tell_minutes(1439);
	assert_int_equal(nsaid, 1);
	tell_minutes(1);
	assert_int_equal(count(NULL, "reminded"), 1);
	tell_minutes(1440);
	assert_int_equal(count(NULL, "reminded"), 2);
}

static void
a_snooze_is_silence_until_its_end(void **state)
{
	(void)state;
	open_alert(1, "critical");
	tell_minutes(1);
	ok(nvr_alert_snooze(s, 1, now + 48 * NVR_HOUR, now, &err));
	open_alert(2, "critical");
	ok(nvr_alert_snooze(s, 2, now + NVR_HOUR, now, &err));
	tell_minutes(59);
	assert_int_equal(nsaid, 1);
	tell_minutes(2);
	assert_int_equal(nsaid, 2);
	tell_minutes(47 * 60 - 2);
	assert_int_equal(count(NULL, "reminded"), 1);
	assert_int_equal(said[2].alert, 2);
	tell_minutes(2);
	assert_int_equal(count(NULL, "reminded"), 2);
	assert_int_equal(events("snoozed"), 2);
}

/* 2026-10-25 03:00 CEST is 02:00 CET: the night has an hour more. */
static void
quiet_hours_follow_the_clock_on_the_wall(void **state)
{
	const int64_t night = INT64_C(1792879200) * NVR_SECOND; /* 00:00 CEST */
	int64_t told_at = 0;

	(void)state;
	listener[0].quiet = "22:00-07:00";
	listener[0].zone = "Europe/Berlin";
	listener[0].created_at = 1;
	now = night - NVR_HOUR;
	open_alert(1, "warning");
	open_alert(2, "critical");
	tell_at(now);
	assert_int_equal(nsaid, 1);
	assert_int_equal(said[0].alert, 2);
	open_alert(3, "warning");
	tell_minutes(30);
	close_alert(3);
	while (nsaid == 1)
		tell_minutes(1);
	told_at = now;
	/* 07:00 CET, which is eight hours after midnight. */
	assert_true(told_at == night + 8 * NVR_HOUR);
	assert_int_equal(nsaid, 3);
	assert_string_equal(said[2].what, "closed");
}

static void
quiet_hours_say_when_they_are(void **state)
{
	const int64_t noon = START + 12 * NVR_HOUR;
	bool is = false;

	(void)state;
	ok(nvr_alert_quiet("", "UTC", noon, &is, &err));
	assert_false(is);
	ok(nvr_alert_quiet("11:59-12:01", "UTC", noon, &is, &err));
	assert_true(is);
	ok(nvr_alert_quiet("12:01-11:59", "UTC", noon, &is, &err));
	assert_false(is);
	ok(nvr_alert_quiet("08:00-12:00", "UTC", noon, &is, &err));
	assert_false(is);
	ok(nvr_alert_quiet("12:00-12:00", "UTC", noon, &is, &err));
	assert_false(is);
	static const char *const bad[] = {"1", "24:00-01:00", "22:60-01:00",
	    "22:00", "22:00-", "22:00-7:00", "22:00-07:00 ", "aa:bb-cc:dd",
	    "22-00:07-00"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(nvr_alert_quiet(bad[i], "UTC", noon, &is, &err),
		    NVR_E_DATA, "HH:MM-HH:MM");
	assert_int_equal(
	    nvr_alert_quiet("01:00-02:00", "No/Where", noon, &is, &err),
	    NVR_E_USAGE);
}

/* A contact whose zone is gone is told at any time, and the others as well. */
static void
a_contact_that_cannot_be_read_stops_no_other(void **state)
{
	int64_t n;

	(void)state;
	listener[0].quiet = "22:00-07:00";
	listener[0].zone = "No/Where";
	add_listener(0);
	open_alert(1, "warning");
	now += NVR_MINUTE;
	assert_fails(
	    nvr_alert_tell(s, &ears, now, &n, &err), NVR_E_USAGE, "No/Where");
	assert_int_equal(nsaid, 2);
}

/* Else who unsubscribes while it waits would not get it. */
static void
what_is_essential_goes_in_a_message_of_its_own(void **state)
{
	(void)state;
	for (int i = 1; i <= 5; i++)
		open_alert(i, "warning");
	sqlf("UPDATE alert SET kind = 'request-due' WHERE id IN (2, 4)");
	tell_minutes(1);
	assert_int_equal(nsaid, 5);
	assert_int_equal(messages, 2);
	for (int i = 0; i < nsaid; i++)
		assert_int_equal(said[i].essential,
		    strcmp(said[i].kind, "request-due") == 0);
}

static void
who_came_later_does_not_hear_of_what_is_over(void **state)
{
	(void)state;
	open_alert(1, "warning");
	now += NVR_MINUTE;
	close_alert(1);
	add_listener(0)->created_at = now + 1;
	tell_minutes(2);
	assert_int_equal(nsaid, 1);
	assert_string_equal(said[0].what, "closed");
	assert_int_equal(said[0].contact, 1);
}

/* What its message is, is in the outbox with the mark, or neither is. */
static int posts_left;
static int
post_row(struct nvr_state *st, const struct nvr_contact *c,
    const struct nvr_alert_news *news, size_t n, bool essential, int64_t *id,
    struct nvr_error *e)
{
	(void)essential;
	for (size_t i = 0; i < n; i++)
		if (nvr_db_run(st->store,
			"INSERT INTO outbox (id, channel, kind, contact_id,"
			" recipient, message, created_at) VALUES (?1, 'mail',"
			" ?2, ?3, x'00', x'00', ?4)",
			e, "itii", *id = nvr_id_new(), news[i].what, c->id,
			news[i].alert) != 0)
			return e->code;
	if (--posts_left == 0)
		raise(SIGKILL);
	return 0;
}

static void
run_until_killed(int after)
{
	static const struct nvr_alert_post killing = {listen, post_row};
	struct nvr_state *mine = NULL;
	int64_t n;
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		posts_left = after;
		if (nvr_state_open(dir, NVR_STATE_DURABLE, &mine, &err) != 0)
			_exit(1);
		mine->rules = &rules;
		_exit(nvr_alert_tell(mine, &killing, now, &n, &err) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

static void
a_killed_one_tells_nothing_twice_and_loses_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		add_listener(0);
	for (int i = 1; i <= 5; i++)
		open_alert(i, "warning");
	now += NVR_MINUTE;
	for (int i = 1; i <= 4; i++)
		run_until_killed(i);
	close_alert(2);
	run_until_killed(1);
	run_until_killed(3);
	run_until_killed(99);
	run_until_killed(99);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM outbox WHERE kind ="
			      " 'opened'"),
	    20);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM outbox WHERE kind ="
			      " 'closed'"),
	    4);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM (SELECT DISTINCT"
			      " created_at, contact_id, kind FROM outbox)"),
	    24);
	assert_int_equal(events("told"), 24);
}

static int commits_left;
static int
die_at_commit(void *ctx)
{
	(void)ctx;
	if (--commits_left == 0)
		raise(SIGKILL);
	return 0;
}

/* Judges and tells; dies ahead of that commit. */
static bool
judged_until(int commit)
{
	static const struct nvr_alert_post rows = {listen, post_row};
	struct nvr_state *mine = NULL;
	int64_t n;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		posts_left = 0;
		commits_left = commit;
		if (nvr_state_open(dir, NVR_STATE_DURABLE, &mine, &err) != 0)
			_exit(1);
		mine->rules = &rules;
		sqlite3_commit_hook(mine->store->db, die_at_commit, NULL);
		_exit(nvr_alert_evaluate(mine, now, &done, &err) != 0 ||
		      nvr_alert_tell(mine, &rows, now, &n, &err) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return !WIFSIGNALED(status);
}

static void
a_kill_at_any_commit_leaves_it_to_the_next_run(void **state)
{
	int commit = 0;

	(void)state;
	add_recorder(9, 0);
	judge_now();
	for (int i = 1; i <= 3; i++)
		add_recorder(i, 0);
	for (int k = 0; k < 4; k++) {
		now += NVR_MINUTE;
		beat(9);
		judge_now();
	}
	sqlf("DELETE FROM alert; ");
	for (int i = 1; i <= 3; i++)
		add_camera(10 + i, 9, "gate");
	sqlf("UPDATE recorder_camera SET state = 'offline'");
	rules.alert.camera = 0;
	do {
		assert_true(++commit < 20);
		now += NVR_SECOND;
		beat(9);
	} while (!judged_until(commit));
	assert_true(commit > 3);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE state ="
			      " 'open'"),
	    6);
	assert_int_equal(events("opened"), 6);
	assert_int_equal(events("told"), 6);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM outbox"), 6);
}

static bool
has_line(const char *words, const char *kind, const char *what)
{
	char line[64];
	const char *p;

	snprintf(line, sizeof(line), "%s %s\t", kind, what);
	p = strstr(words, line);
	return p != NULL && (p == words || p[-1] == '\n');
}

static void
each_kind_has_words_and_no_other(void **state)
{
	const struct nvr_alert_text *t = nvr_alert_texts;
	char kind[64];

	(void)state;
	while (strcmp(t->name, "words") != 0)
		t++;
	for (const struct nvr_alert_kind *k = nvr_alert_kinds; k->name != NULL;
	     k++) {
		if (!has_line(t->text, k->name, "opened"))
			fail_msg("%s opened has no words", k->name);
		if (has_line(t->text, k->name, "closed") == k->once)
			fail_msg("%s closed", k->name);
	}
	for (const char *p = t->text; *p != '\0'; p += strcspn(p, "\n") + 1) {
		snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(p, " "), p);
		if (nvr_alert_kind(kind) == NULL && strcmp(kind, "*") != 0 &&
		    strcmp(kind, "test") != 0)
			fail_msg("there is no %s", kind);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

/* Also of those that are still to come, whoever's. */
static void
a_snooze_of_a_kind_is_silence_until_its_end(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	add_listener(id);
	add_recorder(1, 0);
	add_recorder(2, id);
	add_recorder(3, 0);
	minutes_of(5, 3, 7);
	minutes_of(5, 3, 6);
	assert_int_equal(nsaid, 1);
	ok(nvr_alert_snooze_kind(
	    s, "recorder-offline", now + NVR_HOUR, now, &err));
	nsaid = 0;
	minutes_of(30, 3, 4); /* 2 is another's */
	assert_int_equal(nsaid, 0);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE state = 'open'"), 2);
	/* Another kind is told of. */
	add_camera(11, 3, "gate");
	state_of(11, "offline");
	minutes_of(3, 3, 4);
	assert_int_equal(count("camera-offline", "opened"), 1);
	/* What is bad after that is told then, once, to whom it concerns. */
	nsaid = 0;
	minutes_of(30, 3, 4);
	assert_int_equal(nsaid, 2);
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_int_equal(count("recorder-offline", "reminded"), 1);
	/* It is over: the next one is told of at once. */
	minutes_of(3, 3, 7);
	nsaid = 0;
	minutes_of(5, 3, 6);
	assert_int_equal(count("recorder-offline", "opened"), 1);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log WHERE type ="
				       " 'alert.kind-snoozed'"),
	    1);
	assert_fails(nvr_alert_snooze_kind(s, "no-such", now + 1, now, &err),
	    NVR_E_USAGE, "no such kind");
}

/* The last word counts; and one that was over before its end is no news. */
static void
a_snooze_of_a_kind_can_be_ended(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	minutes_of(5, 2, 3);
	ok(nvr_alert_snooze_kind(
	    s, "recorder-offline", now + NVR_DAY, now, &err));
	minutes_of(9, 2, 2);
	minutes_of(3, 2, 3);
	assert_int_equal(nsaid, 0);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE state = 'closed'"), 1);
	minutes_of(9, 2, 2);
	assert_int_equal(nsaid, 0);
	ok(nvr_alert_snooze_kind(s, "recorder-offline", now, now, &err));
	minutes_of(1, 2, 2);
	assert_int_equal(count(NULL, "opened"), 1);
	minutes_of(3, 2, 3);
	assert_int_equal(nsaid, 2);
	minutes_of(9, 2, 2);
	assert_int_equal(nsaid, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(one_message_tells_of_several),
	    T(what_is_critical_waits_for_no_interval),
	    T(contacts_hear_of_what_they_asked_for),
	    T(it_is_escalated_until_somebody_acknowledges),
	    T(what_lasts_is_told_again_each_day),
	    T(a_snooze_is_silence_until_its_end),
	    T(a_snooze_of_a_kind_is_silence_until_its_end),
	    T(a_snooze_of_a_kind_can_be_ended),
	    T(quiet_hours_follow_the_clock_on_the_wall),
	    T(quiet_hours_say_when_they_are),
	    T(a_contact_that_cannot_be_read_stops_no_other),
	    T(what_is_essential_goes_in_a_message_of_its_own),
	    T(each_kind_has_words_and_no_other),
	    T(who_came_later_does_not_hear_of_what_is_over),
	    T(a_killed_one_tells_nothing_twice_and_loses_nothing),
	    T(a_kill_at_any_commit_leaves_it_to_the_next_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
