/* Requests, objections, breaches, notices, processors: the rules. */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account.h"
#include "core/breach.h"
#include "core/consent.h"
#include "core/disclosure.h"
#include "core/notice.h"
#include "core/objection.h"
#include "core/processor.h"
#include "core/request.h"

static char dir[PATH_MAX];
static struct nvr_state *s;
static struct nvr_rules rules;
static struct nvr_error err;
static int64_t jane;

static const char *
tester(void)
{
	return "test";
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb, (void)type, (void)ftw;
	return remove(path);
}

static int64_t
make_account(const char *email)
{
	const struct nvr_account_new n = {.email = email,
	    .name = "Jane Doe",
	    .adult = true,
	    .verified = true};
	int64_t id = 0;

	if (nvr_account_create(s, &n, nvr_time_now(), &id, &err) != 0)
		fail_msg("%s", err.text);
	return id;
}

static int
make(void **unused)
{
	(void)unused;
	strlcpy(dir, "/tmp/nvr-rights-XXXXXX", sizeof(dir));
	memset(&rules, 0, sizeof(rules));
	strlcpy(rules.url, "https://nvr.example", sizeof(rules.url));
	strlcpy(rules.mail_from, "nvr@example.org", sizeof(rules.mail_from));
	rules.minimum_age = 18;
	rules.cost = 4;
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	s->rights = true;
	s->actor.who = tester;
	s->actor.channel = "terminal";
	jane = make_account("jane@example.org");
	return 0;
}

static int
end(void **unused)
{
	(void)unused;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* Of one statement, the number in its row. */
static int64_t
ask(const char *sql)
{
	char path[PATH_MAX];
	sqlite3_stmt *q;
	sqlite3 *db;
	int64_t n;

	snprintf(path, sizeof(path), "%.4000s/nvr.db", dir);
	assert_int_equal(sqlite3_open(path, &db), 0);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != 0)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

static void
begin(void)
{
	assert_int_equal(nvr_store_begin(s->store, &err), 0);
}

/* Commits what went well. */
static void
done(int rc)
{
	if (rc != 0)
		fail_msg("%s", err.text);
	assert_int_equal(nvr_store_commit(s->store, &err), 0);
}

static void
refused(int rc, int want)
{
	nvr_store_rollback(s->store);
	if (rc != want)
		fail_msg("%d, not %d: %s", rc, want, err.text);
}

static int64_t
when(const char *text)
{
	int64_t t = 0;

	assert_int_equal(nvr_time_parse(text, 0, &t, &err), 0);
	return t;
}

static void
expect_due(int64_t (*f)(int64_t t), const char *from, const char *want)
{
	char got[NVR_TIME_TEXT];

	nvr_time_format(f(when(from)), got);
	if (strncmp(got, want, strlen(want)) != 0)
		fail_msg("%s: %s, not %s", from, got, want);
}

static int64_t
one_month(int64_t t)
{
	return nvr_months_after(t, 1);
}

static int64_t
three_months(int64_t t)
{
	return nvr_months_after(t, 3);
}

static void
months_end_where_there_is_no_such_day(void **unused)
{
	(void)unused;
	expect_due(one_month, "2026-01-31T10:00:00Z", "2026-02-28T10:00:00");
	expect_due(one_month, "2028-01-31T10:00:00Z", "2028-02-29T10:00:00");
	expect_due(one_month, "2100-01-29T00:00:00Z", "2100-02-28T00:00:00");
	expect_due(one_month, "2000-01-30T00:00:00Z", "2000-02-29T00:00:00");
	expect_due(one_month, "2026-02-28T23:59:59Z", "2026-03-28T23:59:59");
	expect_due(one_month, "2026-03-31T00:00:00Z", "2026-04-30T00:00:00");
	expect_due(one_month, "2026-12-31T12:00:00Z", "2027-01-31T12:00:00");
	expect_due(three_months, "2026-11-30T12:00:00Z", "2027-02-28T12:00:00");
}

static void
C21_a_request_is_due_in_a_month_and_30_days_at_most(void **unused)
{
	(void)unused;
	expect_due(nvr_request_due, "2026-01-31T10:00:00Z", "2026-02-28T10:");
	expect_due(nvr_request_due, "2028-01-31T10:00:00Z", "2028-02-29T10:");
	expect_due(nvr_request_due, "2026-02-10T10:00:00Z", "2026-03-10T10:");
	/* Months of 31 days: ours is the stricter promise. */
	expect_due(nvr_request_due, "2026-03-10T10:00:00Z", "2026-04-09T10:");
	expect_due(nvr_request_due, "2026-12-15T10:00:00Z", "2027-01-14T10:");
	expect_due(nvr_request_due, "2026-04-30T10:00:00Z", "2026-05-30T10:");
}

static int64_t
add_request(const char *kind, int64_t received)
{
	const struct nvr_request_new n = {.account = jane,
	    .kind = kind,
	    .note = "on paper\nby post",
	    .received = received};
	int64_t id = 0;

	begin();
	done(nvr_request_add(s, &n, &id, &err));
	return id;
}

static int
take_request(void *ctx, const struct nvr_request *r)
{
	struct nvr_request_texts t;

	assert_int_equal(nvr_request_open(s, r, &t, &err), 0);
	strlcpy(ctx, t.note.data, 256);
	nvr_request_wipe(&t);
	return 0;
}

static void
C21_a_request_is_extended_once_and_answered_once(void **unused)
{
	int64_t id = add_request("access", 0), before;
	const struct nvr_request_filter f = {.id = id, .done = true};
	char note[256];

	(void)unused;
	before = ask("SELECT due_at FROM request");
	begin();
	done(nvr_request_extend(s, id, "a year of video", &err));
	assert_true(
	    ask("SELECT due_at FROM request") == nvr_months_after(before, 2));
	assert_int_equal(
	    nvr_request_each(s->store, &f, take_request, note, &err), 0);
	assert_ptr_equal(
	    strstr(note, "on paper\nby post\nextended on 2"), note);
	begin();
	refused(nvr_request_extend(s, id, "more", &err), NVR_E_USAGE);
	begin();
	refused(nvr_request_done(s, id, "refused", NULL, &err), NVR_E_USAGE);
	begin();
	refused(nvr_request_done(s, id, "maybe", "x", &err), NVR_E_USAGE);
	begin();
	done(nvr_request_done(s, id, "partly", "here it is", &err));
	begin();
	refused(nvr_request_done(s, id, "granted", NULL, &err), NVR_E_USAGE);
	begin();
	refused(
	    nvr_request_done(s, id + 1, "granted", NULL, &err), NVR_E_NOENT);
	assert_int_equal(ask("SELECT COUNT(*) FROM outbox"), 3);
	assert_int_equal(
	    ask("SELECT COUNT(*) FROM log WHERE type LIKE 'request.%'"), 3);
}

static void
what_is_overdue_is_not_extended(void **unused)
{
	int64_t id = add_request("erasure", nvr_time_now() - 31 * NVR_DAY);

	(void)unused;
	begin();
	refused(nvr_request_extend(s, id, "late", &err), NVR_E_USAGE);
	assert_non_null(strstr(err.text, "was due on"));
}

static void
requests_that_are_none_are_refused(void **unused)
{
	const struct nvr_request_new bad[] = {
	    {.account = jane, .kind = "else"},
	    {.account = jane, .kind = NULL},
	    {.kind = "access"},
	    {.kind = "access", .person = "a\nb"},
	    {.account = jane, .kind = "access", .channel = "By Mail"},
	    {.account = jane, .kind = "access", .note = "\x1b[2J"},
	    {.account = jane, .kind = "access", .note = "\xff"},
	    {.account = jane,
		.kind = "access",
		.received = nvr_time_now() + NVR_DAY},
	};
	int64_t id = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		refused(nvr_request_add(s, &bad[i], &id, &err), NVR_E_USAGE);
	}
	assert_int_equal(id, 0);
}

static void
an_objection_opens_a_request_in_the_same_step(void **unused)
{
	int64_t request = 0;
	bool holds = false;

	(void)unused;
	begin();
	refused(nvr_object(s, jane, "advertising", NULL, &request, &err),
	    NVR_E_USAGE);
	assert_non_null(strstr(err.text, "security-log"));
	begin();
	done(nvr_object(s, jane, "security log", "mine", &request, &err));
	assert_int_equal(ask("SELECT COUNT(*) FROM request WHERE kind ="
			     " 'objection' AND done_at IS NULL"),
	    1);
	assert_int_equal(
	    nvr_objected(s, jane, "security-log", &holds, &err), 0);
	assert_true(holds);
	begin();
	refused(nvr_object(s, jane, "security log", NULL, &request, &err),
	    NVR_E_USAGE);
	begin();
	done(nvr_object_withdraw(s, jane, "security log", &err));
	assert_int_equal(
	    nvr_objected(s, jane, "security-log", &holds, &err), 0);
	assert_false(holds);
	begin();
	refused(
	    nvr_object_withdraw(s, jane, "security log", &err), NVR_E_NOENT);
}

static int
is_known(void *ctx, const char *purpose)
{
	const struct nvr_objectable *o = NULL;
	size_t len = strcspn(purpose, ",:"); /* more of single columns */
	char name[64];

	(void)ctx;
	snprintf(name, sizeof(name), "%.*s", (int)len, purpose);
	if (nvr_objectable_find(name, &o, &err) != 0)
		fail_msg("'%s' cannot be objected to", name);
	return 0;
}

static void
C21_all_that_is_done_in_a_legitimate_interest_can_be_objected_to(void **unused)
{
	const struct nvr_objectable *o = NULL;

	(void)unused;
	assert_int_equal(nvr_purpose_each(s->store, is_known, NULL, &err), 0);
	assert_int_equal(nvr_objectable_find("", &o, &err), NVR_E_USAGE);
	assert_non_null(strstr(err.text, "calibration, security-log"));
	assert_int_equal(nvr_objectable_find("calibration", &o, &err), 0);
	assert_null(o->grounds);
}

static void
consent_needs_its_text_and_the_last_one_holds(void **unused)
{
	const struct nvr_consent bad[] = {
	    {.account = jane, .kind = "stills", .given = true, .text = "t"},
	    {.account = jane, .kind = "stills", .given = true, .version = "1"},
	    {.account = jane,
		.kind = "Stills",
		.given = true,
		.version = "1",
		.text = "t"},
	    {.kind = "stills", .given = true, .version = "1", .text = "t"},
	};
	const struct nvr_consent yes = {.account = jane,
	    .kind = "stills",
	    .given = true,
	    .version = "1",
	    .text = "t"};
	const struct nvr_consent no = {.account = jane, .kind = "stills"};
	struct nvr_consent ahead;
	bool given = true;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		refused(nvr_consent_set(s, &bad[i], &err), NVR_E_USAGE);
	}
	assert_int_equal(nvr_consented(s, jane, "stills", &given, &err), 0);
	assert_false(given);
	begin();
	done(nvr_consent_set(s, &yes, &err));
	assert_int_equal(nvr_consented(s, jane, "stills", &given, &err), 0);
	assert_true(given);
	assert_int_equal(nvr_consented(s, jane, "training", &given, &err), 0);
	assert_false(given);
	begin();
	done(nvr_consent_set(s, &no, &err));
	assert_int_equal(nvr_consented(s, jane, "stills", &given, &err), 0);
	assert_false(given);
	assert_int_equal(ask("SELECT COUNT(*) FROM consent"), 2);
	/* A clock that was set back makes nothing later than it was. */
	ahead = yes;
	ahead.id = nvr_id_new() + (INT64_C(1) << 50);
	begin();
	done(nvr_consent_set(s, &ahead, &err));
	begin();
	done(nvr_consent_set(s, &no, &err));
	assert_int_equal(nvr_consented(s, jane, "stills", &given, &err), 0);
	assert_false(given);
}

static void
C12_a_disclosure_needs_all_of_it(void **unused)
{
	const struct nvr_disclosed full = {.account = jane,
	    .authority = "court",
	    .basis = "StPO 94",
	    .reviewed_by = "counsel"};
	struct nvr_disclosed d;
	int64_t id = 0;

	(void)unused;
	for (int i = 0; i < 4; i++) {
		d = full;
		d.authority = i == 0 ? NULL : full.authority;
		d.basis = i == 1 ? "" : full.basis;
		d.reviewed_by = i == 2 ? NULL : full.reviewed_by;
		begin();
		d.what = i == 3 ? NULL : "a clip";
		refused(nvr_disclose(s, &d, &id, &err), NVR_E_USAGE);
	}
	begin();
	d = full;
	d.what = "a clip";
	done(nvr_disclose(s, &d, &id, &err));
	/* The person need not see it in their own log. */
	assert_int_equal(ask("SELECT account_id FROM log WHERE type ="
			     " 'disclosure.recorded'"),
	    0);
	assert_int_equal(
	    ask("SELECT instr(what, 'clip') + instr(basis, 'StPO')"
		" + instr(reviewed_by, 'counsel') FROM disclosure"),
	    0);
	/* Nor is it told of unless somebody says that it may be. */
	assert_int_equal(ask("SELECT tell_at IS NULL FROM disclosure"), 1);
	begin();
	done(nvr_disclosure_tell_at(s, id, 77, &err));
	assert_int_equal(ask("SELECT tell_at FROM disclosure"), 77);
	begin();
	done(nvr_disclosure_tell_at(s, id, 0, &err));
	assert_int_equal(ask("SELECT tell_at IS NULL FROM disclosure"), 1);
	assert_int_equal(ask("SELECT COUNT(*) FROM log WHERE account_id = 0"
			     " AND type = 'disclosure.changed'"),
	    2);
	begin();
	refused(nvr_disclosure_tell_at(s, id + 1, 77, &err), NVR_E_NOENT);
}

static void
C15_a_breach_has_72_hours(void **unused)
{
	int64_t known = nvr_time_now() - NVR_HOUR, id = 0;

	(void)unused;
	begin();
	refused(nvr_breach_open(
		    s, "lost disk", nvr_time_now() + NVR_DAY, NULL, &id, &err),
	    NVR_E_USAGE);
	begin();
	refused(nvr_breach_open(s, "", known, NULL, &id, &err), NVR_E_USAGE);
	begin();
	done(nvr_breach_open(s, "lost disk", known, NULL, &id, &err));
	assert_true(
	    ask("SELECT due_at - known_at FROM breach") == 72 * NVR_HOUR);
	begin();
	refused(nvr_breach_close(s, id, NULL, false, &err), NVR_E_USAGE);
	begin();
	refused(nvr_breach_note(s, id, NULL, false, &err), NVR_E_USAGE);
	begin();
	refused(nvr_breach_note(s, id + 1, "x", false, &err), NVR_E_NOENT);
	begin();
	done(nvr_breach_note(s, id, NULL, true, &err));
	assert_true(ask("SELECT reported_at FROM breach") >= known);
	begin();
	done(nvr_breach_close(s, id, NULL, false, &err));
	begin();
	refused(nvr_breach_close(s, id, NULL, true, &err), NVR_E_USAGE);
}

static void
C15_those_affected_are_told_once_each(void **unused)
{
	int64_t other = make_account("john@example.org"), id = 0;
	struct nvr_telling t = {0};

	(void)unused;
	begin();
	done(nvr_breach_open(s, "lost disk", 0, NULL, &id, &err));
	assert_int_equal(
	    nvr_breach_notify(s, id, NULL, NULL, 0, &t, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_breach_notify(s, id, "a disk", &other, 1, &t, &err), 0);
	assert_int_equal(t.told, 1);
	t = (struct nvr_telling){0};
	assert_int_equal(
	    nvr_breach_notify(s, id, "a disk", &other, 1, &t, &err), 0);
	assert_int_equal(t.told, 0);
	t = (struct nvr_telling){0};
	assert_int_equal(
	    nvr_breach_notify(s, id, "a disk", NULL, 0, &t, &err), 0);
	assert_int_equal(t.told, 1);
	assert_int_equal(ask("SELECT COUNT(*) FROM outbox"), 2);
	/* The same words are one note. */
	assert_int_equal(ask("SELECT COUNT(*) FROM breach_note"), 1);
}

static int
count_unseen(void *ctx, const struct nvr_notice *n)
{
	(void)n;
	++*(int *)ctx;
	return 0;
}

static int
unseen(int64_t account)
{
	int n = 0;

	assert_int_equal(
	    nvr_notice_each_unseen(s, account, count_unseen, &n, &err), 0);
	return n;
}

static void
N22_a_notice_comes_30_days_ahead(void **unused)
{
	struct nvr_notice n = {.kind = "privacy-policy",
	    .version = "3",
	    .text = "we keep less",
	    .effective_at = nvr_time_now() + 30 * NVR_DAY - NVR_SECOND};
	int64_t id = 0, again = 0;
	struct nvr_telling t = {0};

	(void)unused;
	begin();
	refused(nvr_notice_new(s, &n, &id, &err), NVR_E_USAGE);
	assert_non_null(strstr(err.text, "at the earliest"));
	n.effective_at += NVR_DAY;
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	/* A draft can be written anew; and is announced to nobody. */
	begin();
	done(nvr_notice_new(s, &n, &again, &err));
	assert_true(id == again);
	assert_int_equal(unseen(jane), 0);
	t.dry = true;
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	assert_int_equal(ask("SELECT COUNT(*) FROM outbox"), 0);
	t.dry = false;
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	assert_int_equal(t.told, 1);
	begin();
	refused(nvr_notice_new(s, &n, &again, &err), NVR_E_CREATE);
	assert_int_equal(nvr_notice_send(s, id + 1, &t, &err), NVR_E_NOENT);
}

static void
C25_the_portal_shows_a_notice_until_it_was_seen(void **unused)
{
	const struct nvr_notice n = {.kind = "terms",
	    .version = "1",
	    .text = "x",
	    .effective_at = nvr_time_now() + 31 * NVR_DAY};
	struct nvr_telling t = {0};
	int64_t id = 0;

	(void)unused;
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	assert_int_equal(unseen(jane), 1);
	assert_int_equal(nvr_notice_seen(s, id, jane, &err), 0);
	assert_int_equal(nvr_notice_seen(s, id, jane, &err), 0);
	assert_int_equal(unseen(jane), 0);
}

static void
who_saw_a_notice_is_still_owed_the_mail(void **unused)
{
	const struct nvr_notice n = {.kind = "terms",
	    .version = "1",
	    .text = "x",
	    .effective_at = nvr_time_now() + 31 * NVR_DAY};
	struct nvr_telling t = {0};
	int64_t id = 0, late;

	(void)unused;
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	late = make_account("late@example.org");
	assert_int_equal(unseen(late), 1);
	assert_int_equal(nvr_notice_seen(s, id, late, &err), 0);
	t = (struct nvr_telling){0};
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	assert_int_equal(t.told, 1);
	assert_int_equal(ask("SELECT COUNT(*) FROM outbox"), 2);
	assert_int_equal(unseen(late), 0);
}

static void
one_bad_account_holds_nobody_up(void **unused)
{
	const struct nvr_notice n = {.kind = "terms",
	    .version = "1",
	    .text = "x",
	    .effective_at = nvr_time_now() + 31 * NVR_DAY};
	struct nvr_telling t = {0};
	struct nvr_told_count count;
	int64_t id = 0;

	(void)unused;
	make_account("a@example.org");
	make_account("b@example.org");
	ask("UPDATE account SET email = x'01' || email WHERE account_id ="
	    " (SELECT MAX(account_id) FROM account)");
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	assert_int_equal(nvr_notice_send(s, id, &t, &err), 0);
	assert_int_equal(t.told, 2);
	assert_int_equal(t.failed, 1);
	assert_true(t.why[0] != '\0');
	assert_int_equal(
	    nvr_told_count(s->store, NVR_TOLD_NOTICE, id, &count, &err), 0);
	assert_int_equal(count.left, 1);
}

static void
nothing_is_announced_that_cannot_be_posted(void **unused)
{
	const struct nvr_notice n = {.kind = "terms",
	    .version = "1",
	    .text = "x",
	    .effective_at = nvr_time_now() + 31 * NVR_DAY};
	struct nvr_telling t = {0};
	int64_t id = 0;

	(void)unused;
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	rules.mail_from[0] = '\0';
	assert_int_equal(nvr_notice_send(s, id, &t, &err), NVR_E_CONFIG);
	assert_int_equal(
	    ask("SELECT COUNT(*) FROM notice WHERE announced_at > 0"), 0);
}

/* In a process of its own, which is killed after `us`; whether it got done. */
static bool
send_for(int64_t id, useconds_t us)
{
	struct nvr_telling t = {0};
	struct nvr_state *own;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int rc = nvr_state_open(dir, NVR_STATE_CREATE, &own, &err);

		if (rc == 0) {
			own->rules = &rules;
			own->rights = true;
			own->actor = s->actor;
			rc = nvr_notice_send(own, id, &t, &err);
		}
		_exit(rc != 0);
	}
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFEXITED(status);
}

static void
N22_a_killed_notice_goes_on_and_nobody_is_told_twice(void **unused)
{
	const struct nvr_notice n = {.kind = "terms",
	    .version = "1",
	    .text = "x",
	    .effective_at = nvr_time_now() + 31 * NVR_DAY};
	enum { MANY = 1400 };
	int64_t id = 0, first = -1;
	useconds_t us = 2000;
	int kills = 0;

	(void)unused;
	for (int i = 1; i < MANY; i++) {
		char email[64];

		snprintf(email, sizeof(email), "u%d@example.org", i);
		make_account(email);
	}
	begin();
	done(nvr_notice_new(s, &n, &id, &err));
	while (!send_for(id, us)) {
		int64_t told = ask("SELECT COUNT(*) FROM notice_told");

		assert_true(told == ask("SELECT COUNT(*) FROM outbox"));
		if (first < 0)
			first = ask("SELECT announced_at FROM notice");
		if (first == 0)
			first = -1;
		us += us / 4;
		kills++;
	}
	assert_true(kills > 3);
	assert_int_equal(ask("SELECT COUNT(*) FROM notice_told"), MANY);
	assert_int_equal(ask("SELECT COUNT(*) FROM outbox"), MANY);
	assert_int_equal(
	    ask("SELECT COUNT(DISTINCT account_id) FROM outbox"), MANY);
	assert_true(first == ask("SELECT announced_at FROM notice"));
}

static int
count_unknown(void *ctx, const struct nvr_recipient *r)
{
	(void)r;
	++*(int *)ctx;
	return 0;
}

static int
unknown(const char *url)
{
	struct nvr_model m = {.name = "m", .key_file = "k"};
	int n = 0;

	strlcpy(m.url, url, sizeof(m.url));
	assert_int_equal(
	    nvr_processor_each_unknown(s, &m, 1, count_unknown, &n, &err), 0);
	return n;
}

static void
C26_a_host_is_known_by_the_register_alone(void **unused)
{
	const struct nvr_processor p = {.name = "Example AI",
	    .purpose = "audits",
	    .data = "stills",
	    .jurisdiction = "US",
	    .safeguard = "SCC",
	    .host = "API.example.org"};
	const struct nvr_processor bad = {.name = "x",
	    .purpose = "audits",
	    .data = "stills",
	    .jurisdiction = "US",
	    .safeguard = "SCC",
	    .host = "https://api.example.org/v1"};
	int64_t id = 0;

	(void)unused;
	assert_int_equal(unknown("https://api.example.org/v1"), 1);
	begin();
	refused(nvr_processor_add(s, &bad, &id, &err), NVR_E_USAGE);
	begin();
	done(nvr_processor_add(s, &p, &id, &err));
	assert_int_equal(unknown("https://api.example.org/v1"), 0);
	assert_int_equal(unknown("https://api.example.org:8443/v1"), 0);
	assert_int_equal(unknown("https://api.example.org.evil.net/v1"), 1);
	assert_int_equal(unknown("https://xapi.example.org/v1"), 1);
	assert_int_equal(unknown("https://api/v1"), 1);
	assert_int_equal(unknown("http://127.0.0.1:8080/v1"), 0);
	assert_int_equal(unknown("http://[::1]/v1"), 0);
	begin();
	refused(nvr_processor_add(s, &p, &id, &err), NVR_E_CREATE);
	begin();
	done(nvr_processor_end(s, "Example AI", NULL, &err));
	assert_int_equal(unknown("https://api.example.org/v1"), 1);
	begin();
	refused(nvr_processor_end(s, "Example AI", NULL, &err), NVR_E_NOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(months_end_where_there_is_no_such_day),
	    cmocka_unit_test(
		C21_a_request_is_due_in_a_month_and_30_days_at_most),
	    TEST(C21_a_request_is_extended_once_and_answered_once),
	    TEST(what_is_overdue_is_not_extended),
	    TEST(requests_that_are_none_are_refused),
	    TEST(an_objection_opens_a_request_in_the_same_step),
	    TEST(
		C21_all_that_is_done_in_a_legitimate_interest_can_be_objected_to),
	    TEST(consent_needs_its_text_and_the_last_one_holds),
	    TEST(C12_a_disclosure_needs_all_of_it),
	    TEST(C15_a_breach_has_72_hours),
	    TEST(C15_those_affected_are_told_once_each),
	    TEST(N22_a_notice_comes_30_days_ahead),
	    TEST(C25_the_portal_shows_a_notice_until_it_was_seen),
	    TEST(who_saw_a_notice_is_still_owed_the_mail),
	    TEST(one_bad_account_holds_nobody_up),
	    TEST(nothing_is_announced_that_cannot_be_posted),
	    TEST(N22_a_killed_notice_goes_on_and_nobody_is_told_twice),
	    TEST(C26_a_host_is_known_by_the_register_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
