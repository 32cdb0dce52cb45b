/* What retention does to accounts, sites, sessions and the security log. */
#include "account_help.h"

#include "base/id.h"
#include "core/log_int.h"
#include "core/retain.h"
#include "core/site.h"
#include "hold_help.h"
#include "store/db.h"
#include "store/session.h"

#define DAYS(n) (nvr_time_now() - (n)*NVR_DAY)

static struct {
	int n;
	char object[5000][40];
	int64_t id[5000];
	char why[64], promise[8];
} told;
static struct nvr_retained done;
static struct nvr_error the_clock;

static void
hear(void *ctx, const struct nvr_leaving *d)
{
	(void)ctx;
	assert_true(told.n < 5000);
	strlcpy(told.object[told.n], d->object, sizeof(*told.object));
	told.id[told.n++] = d->id;
	strlcpy(told.why, d->why, sizeof(told.why));
	strlcpy(told.promise, d->promise, sizeof(told.promise));
}

static int
plan_as(const char *only, int64_t now)
{
	struct nvr_retain r = {.now = now, .only = only, .tell = hear};

	told.n = 0;
	ok(nvr_retain_plan(s, &r, &done, &the_clock, &err));
	assert_int_equal(done.nkinds, 1);
	assert_int_equal(done.kind[0].objects, told.n);
	return told.n;
}

static int
plan(const char *only)
{
	return plan_as(only, nvr_time_now());
}

/* What went, which is what was planned. */
static int
run_with(const char *only, int64_t most)
{
	struct nvr_retain r = {
	    .now = nvr_time_now(), .only = only, .tell = hear, .most = most};
	int planned = plan(only);

	told.n = 0;
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].failed, 0);
	assert_int_equal(told.n, planned);
	assert_int_equal(plan(only), 0);
	told.n = planned;
	return planned;
}

static int
run(const char *only)
{
	return run_with(only, 0);
}

static void
set(const char *table, const char *column, int64_t id, int64_t value)
{
	char text[256];

	snprintf(text, sizeof(text), "UPDATE %s SET %s = %lld WHERE %s = %lld",
	    table, column, (long long)value,
	    strcmp(table, "account") == 0 ? "account_id" : "id", (long long)id);
	sql("nvr.db", text);
}

static int64_t
count(const char *table)
{
	char text[128];

	snprintf(text, sizeof(text), "SELECT COUNT(*) FROM %s", table);
	return sql("nvr.db", text);
}

static int
begin(void **state)
{
	int rc = make(state);

	rules.log_keep = 365 * NVR_DAY;
	rules.keep.cameras = 30 * NVR_DAY;
	return rc;
}

/* ---- accounts ---- */

static void
C20_N14_a_deleted_account_goes_when_its_days_are_over(void **state)
{
	char id[NVR_ID_TEXT], line[128];
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org"),
		eve = add("eve@example.org");

	(void)state;
	add("ann@example.org");
	set("account", "deleted_at", jane, DAYS(31));
	set("account", "deleted_at", joe, DAYS(29));
	set("account", "deleted_at", eve, DAYS(31));
	set("account", "restricted_at", eve, DAYS(1));
	assert_int_equal(plan("accounts"), 1);
	assert_int_equal(done.kind[0].oldest / NVR_HOUR, DAYS(31) / NVR_HOUR);
	assert_int_equal(run("accounts"), 1);
	assert_string_equal(told.object[0], nvr_id_format(jane, id));
	assert_int_equal(told.id[0], jane);
	assert_string_equal(told.why, "deleted over 30d ago");
	assert_string_equal(told.promise, "C20");
	assert_int_equal(count("account"), 3);
	snprintf(line, sizeof(line),
	    "SELECT COUNT(*) FROM account_key WHERE account_id = %lld",
	    (long long)jane);
	assert_int_equal(sql("keys/keys.db", line), 0);
	assert_true(holds("keys/erasures", id));
	/* Two days from now it will be Joe's turn, and never Eve's. */
	assert_int_equal(plan_as("accounts", nvr_time_now() + 2 * NVR_DAY), 1);
	assert_int_equal(told.id[0], joe);
	assert_int_equal(
	    plan_as("accounts", nvr_time_now() + 9999 * NVR_DAY), 1);
	set("account", "restricted_at", eve, 0);
	sql("nvr.db", "UPDATE account SET restricted_at = NULL");
	assert_int_equal(run("accounts"), 1);
}

static void
an_account_that_is_to_the_microsecond_not_over_stays(void **state)
{
	int64_t jane = add("jane@example.org"), now = DAYS(0);

	(void)state;
	set("account", "deleted_at", jane, now - 30 * NVR_DAY);
	assert_int_equal(plan_as("accounts", now), 0);
	assert_int_equal(plan_as("accounts", now + 1), 1);
	/* What was deleted later is not due as if it were before that. */
	assert_int_equal(plan_as("accounts", now - 30 * NVR_DAY), 0);
}

static void
more_than_half_of_the_accounts_are_not_erased_unasked(void **state)
{
	struct nvr_retain r = {.now = nvr_time_now(), .only = "accounts"};
	char email[64];

	(void)state;
	for (int i = 0; i < 24; i++) {
		snprintf(email, sizeof(email), "p%d@example.org", i);
		add(email);
	}
	sql("nvr.db", "UPDATE account SET deleted_at = 1 WHERE account_id IN"
		      " (SELECT account_id FROM account LIMIT 13)");
	plan("accounts");
	assert_non_null(strstr(done.brake.text,
	    "13 of 24 accounts would go, which is more than half"));
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 0);
	assert_non_null(strstr(done.brake.text, "--yes-delete-most 13"));
	assert_int_equal(count("account"), 24);
	assert_int_equal(run_with("accounts", 13), 13);
	assert_int_equal(count("account"), 11);
	assert_int_equal(count("erasure"), 13);
}

static void
what_cannot_be_erased_is_told_and_done_by_the_next_run(void **state)
{
	struct nvr_retain r = {.now = nvr_time_now(), .only = "accounts"};
	char path[128], away[128];
	int64_t jane = add("jane@example.org");

	(void)state;
	add("joe@example.org");
	set("account", "deleted_at", jane, DAYS(31));
	snprintf(path, sizeof(path), "%s/keys/keys.db", dir);
	snprintf(away, sizeof(away), "%s/away", dir);
	nvr_state_close(s);
	assert_int_equal(rename(path, away), 0);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 0);
	assert_int_equal(done.kind[0].failed, 1);
	assert_non_null(strstr(done.why.text, "keys.db"));
	assert_int_equal(count("account"), 2);
	assert_int_equal(rename(away, path), 0);
	nvr_state_close(s);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	assert_int_equal(run("accounts"), 1);
}

/* ---- sites ---- */

static int64_t
site(int64_t account, const char *name, int64_t removed)
{
	const struct nvr_site_change c = {.name = name,
	    .jurisdiction = "DE",
	    .retain_us = -1,
	    .retain_bytes = -1};
	int64_t id;

	ok(nvr_site_add(s, account, &c, &err));
	id = sql("nvr.db", "SELECT MAX(id) FROM site");
	if (removed != 0)
		set("site", "removed_at", id, removed);
	return id;
}

static void
camera_at(int64_t id, int64_t account, int64_t at, int64_t removed)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "INSERT INTO camera (id, account_id, name, url, recipient, "
	    "created_at, changed_at, removed_at, site_id) VALUES (%lld, %lld, "
	    "'c%lld', 'rtsp://x', 'age1', 1, 1, NULLIF(%lld, 0), %lld)",
	    (long long)id, (long long)account, (long long)id,
	    (long long)removed, (long long)at);
	sql("nvr.db", text);
}

static void
N14_a_removed_site_goes_when_its_days_are_over(void **state)
{
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org");
	int64_t old = site(jane, "Backyard", DAYS(31));
	char id[NVR_ID_TEXT];

	(void)state;
	site(jane, "Roof", DAYS(29));
	site(jane, "Gate", 0);
	site(joe, "Attic", DAYS(31));
	set("account", "restricted_at", joe, DAYS(1));
	assert_int_equal(run("sites"), 1);
	/* Never its name, which is sealed. */
	assert_string_equal(told.object[0], nvr_id_format(old, id));
	assert_string_equal(told.why, "removed over 30d ago");
	assert_string_equal(told.promise, "N14");
	assert_int_equal(count("site"), 3);
	assert_int_equal(logged(jane, "site.erased", id), 1);
	assert_int_equal(plan_as("sites", nvr_time_now() + 2 * NVR_DAY), 1);
}

static int
sites_of_all(void)
{
	struct nvr_retain r = {.now = nvr_time_now()};

	ok(nvr_retain_plan(s, &r, &done, &the_clock, &err));
	for (int i = 0; i < done.nkinds; i++)
		if (strcmp(done.kind[i].kind, "sites") == 0)
			return (int)done.kind[i].objects;
	return -1;
}

static void
N14_a_site_waits_for_its_cameras(void **state)
{
	int64_t jane = add("jane@example.org");
	int64_t at = site(jane, "Backyard", DAYS(31));

	(void)state;
	site(jane, "Roof", DAYS(31));
	camera_at(7, jane, at, DAYS(29));
	assert_int_equal(plan("sites"), 1);
	assert_int_equal(sites_of_all(), 1);
	/* It goes ahead of it in the same run. */
	set("camera", "removed_at", 7, DAYS(32));
	assert_int_equal(sites_of_all(), 2);
	assert_int_equal(plan("sites"), 1);
	/* Unless it is held. */
	sql("nvr.db",
	    "INSERT INTO hold (id, camera_id, since, until, why, held_by, "
	    "held_at) VALUES (1, 7, 1, 2, 'x', 'x', 1)");
	assert_int_equal(sites_of_all(), 1);
	sql("nvr.db", "UPDATE hold SET released_at = 1");
	assert_int_equal(sites_of_all(), 2);
	rules.keep.cameras = 0; /* for ever */
	assert_int_equal(sites_of_all(), 1);
	assert_int_equal(run("sites"), 1);
	assert_int_equal(count("site"), 1);
	sql("nvr.db", "DELETE FROM hold");
	sql("nvr.db", "DELETE FROM camera");
	assert_int_equal(run("sites"), 1);
}

static void
a_site_that_cannot_be_logged_keeps_no_other(void **state)
{
	struct nvr_retain r = {.now = nvr_time_now(), .only = "sites"};
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org");
	char text[128];

	(void)state;
	site(jane, "Backyard", DAYS(35));
	site(joe, "Roof", DAYS(34));
	snprintf(text, sizeof(text),
	    "DELETE FROM account_key WHERE account_id = %lld", (long long)jane);
	sql("keys/keys.db", text);
	nvr_state_close(s);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 1);
	assert_int_equal(done.kind[0].failed, 1);
	assert_int_equal(count("site"), 1);
}

/* ---- sessions ---- */

static void
add_token(int64_t account, int64_t expires)
{
	static int64_t next = 1;
	char text[512];

	snprintf(text, sizeof(text),
	    "INSERT INTO token (id, account_id, purpose, hash, created_at, "
	    "expires_at) VALUES (%lld, %lld, 'reset', randomblob(32), 1, %lld)",
	    (long long)next++, (long long)account, (long long)expires);
	sql("nvr.db", text);
}

static void
N7_sessions_and_what_belongs_to_them_go_when_they_are_over(void **state)
{
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org");
	int64_t expired = sign_in(jane), idle = sign_in(jane);

	(void)state;
	sign_in(jane);
	set("session", "expires_at", expired, DAYS(1));
	set("session", "active_at", idle, DAYS(2));
	sql("nvr.db", "DELETE FROM token");
	add_token(jane, DAYS(2));
	add_token(jane, nvr_time_now() - NVR_HOUR);
	add_factor(jane, "totp", 1);
	sql("nvr.db", "UPDATE factor SET confirmed_at = NULL");
	add_factor(jane, "sms", 2);
	for (int i = 0; i < 50; i++)
		sql("nvr.db",
		    "INSERT INTO bucket (name, level_us, at, full_at) VALUES "
		    "(randomblob(32), 1, 1, 1)");
	sql("nvr.db", "INSERT INTO bucket (name, level_us, at, full_at) VALUES "
		      "(randomblob(32), 1, 1, 4070908800000000)");
	/* Nothing of who is restricted. */
	set("session", "expires_at", sign_in(joe), DAYS(1));
	add_token(joe, DAYS(2));
	set("account", "restricted_at", joe, DAYS(1));
	assert_int_equal(run("sessions"), 5);
	assert_string_equal(told.promise, "N7");
	assert_string_equal(
	    told.object[told.n - 1], "counters of attempts: 50");
	assert_int_equal(count("session"), 2);
	assert_int_equal(count("token"), 2);
	assert_int_equal(count("bucket"), 1);
	assert_int_equal(count("factor"), 1);
	assert_int_equal(logged(jane, "factor.dropped", "totp"), 1);
}

static void
all_that_is_over_goes_in_one_run(void **state)
{
	int64_t jane = add("jane@example.org");
	char text[512];

	(void)state;
	sql("nvr.db", "DELETE FROM token");
	snprintf(text, sizeof(text),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 2500) INSERT INTO token (id, account_id, purpose, hash,"
	    " created_at, expires_at) SELECT i, %lld, 'reset', randomblob(32),"
	    " 1, i FROM n",
	    (long long)jane);
	sql("nvr.db", text);
	snprintf(text, sizeof(text),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 1000) INSERT INTO session (id, account_id, hash, "
	    "factor, address, agent, created_at, confirmed_at, active_at, "
	    "expires_at) SELECT i, %lld, randomblob(32), 'totp', x'00', x'00',"
	    " 1, 1, 1, 1 FROM n",
	    (long long)jane);
	sql("nvr.db", text);
	assert_int_equal(run("sessions"), 3500);
	assert_int_equal(count("token") + count("session"), 0);
}

struct listed {
	int n, empty;
};

static int
see_session(void *ctx, const struct nvr_session *x, const char *address,
    const char *agent)
{
	struct listed *l = ctx;

	(void)x;
	assert_non_null(address);
	assert_non_null(agent);
	l->n++;
	l->empty += address[0] == '\0' && agent[0] == '\0';
	return 0;
}

static void
N7_a_year_on_a_session_no_longer_tells_from_where_it_is(void **state)
{
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org");
	int64_t session[70];
	struct listed l = {0};
	struct waits w = {0};

	(void)state;
	rules.session = rules.idle = 400 * NVR_DAY;
	for (int i = 0; i < 70; i++) {
		session[i] = sign_in(i < 40 ? jane : joe);
		set("session", "created_at", session[i], DAYS(366));
	}
	set("session", "created_at", session[0], DAYS(364));
	watch_transactions(s->store->db, &w);
	assert_int_equal(run("sessions"), 69);
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	assert_in_range(w.n, 1, 8); /* not one for each */
	assert_string_equal(told.object[0], "address and agent of a session");
	assert_string_equal(told.why, "older than 365d");
	/* They go on, and open. */
	ok(nvr_session_list(s, jane, nvr_time_now(), see_session, &l, &err));
	assert_int_equal(l.n, 40);
	assert_int_equal(l.empty, 39);
	set("account", "restricted_at", jane, DAYS(1));
	set("session", "created_at", session[0], DAYS(366));
	assert_int_equal(plan("sessions"), 0);
}

/* It was renewed since it was read: what it tells now is of today. */
static void
a_session_of_today_is_not_taken_for_the_old_one(void **state)
{
	int64_t session = sign_in(add("jane@example.org")), at = DAYS(1);
	const struct nvr_blob nothing = {"", 0};
	bool same = true;

	(void)state;
	set("session", "created_at", session, at);
	ok(nvr_session_untell(
	    s->store, session, at - 1, nothing, nothing, &same, &err));
	assert_false(same);
	ok(nvr_session_untell(
	    s->store, session, at, nothing, nothing, &same, &err));
	assert_true(same);
}

/* ---- log ---- */

/* A log that begins with these. */
static void
write_log(int64_t account, int n, int days)
{
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < n; i++)
		ok(nvr_log_append_at(
		    s, DAYS(days), account, "test.row", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
}

static int troubles;

static void
see_finding(void *ctx, const struct nvr_log_finding *f)
{
	(void)ctx;
	if (f->trouble)
		print_message("%s\n", f->text);
	troubles += f->trouble;
}

static int64_t
verified(void)
{
	const struct nvr_log_watch w = {.finding = see_finding};
	struct nvr_log_summary sum;

	troubles = 0;
	ok(nvr_log_verify(s, NULL, &w, &sum, &err));
	assert_int_equal(troubles, 0);
	return sum.rows;
}

static void
C17_the_log_is_pruned_and_verifies_after_it(void **state)
{
	(void)state;
	write_log(0, 4000, 366);
	write_log(0, 4001, 364);
	assert_int_equal(run("log"), 4000);
	assert_string_equal(told.object[0], "row 1");
	assert_string_equal(told.object[3999], "row 4000");
	assert_string_equal(told.why, "written over 365d ago");
	assert_string_equal(told.promise, "C17");
	/* One line tells of it, and one signed mark. */
	assert_int_equal(verified(), 4002);
	assert_int_equal(logged(0, "log.pruned", ""), 1);
	assert_int_equal(count("log_mark"), 1);
	assert_int_equal(plan_as("log", nvr_time_now() + NVR_HOUR), 0);
}

static void
the_whole_of_the_log_does_not_go_unasked(void **state)
{
	struct nvr_retain r = {.now = nvr_time_now(), .only = "log"};

	(void)state;
	write_log(0, 30, 367);
	write_log(0, 29, 0);
	assert_int_equal(plan("log"), 30);
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 0);
	assert_non_null(strstr(done.brake.text,
	    "30 of 59 rows of the security log would go, which is more than "
	    "half"));
	assert_int_equal(run_with("log", 30), 30);
	assert_int_equal(verified(), 30);
}

static void
a_row_of_a_restricted_account_keeps_the_log_behind_it(void **state)
{
	int64_t jane = add("jane@example.org");

	(void)state;
	sql("nvr.db", "DELETE FROM log");
	sql("nvr.db", "DELETE FROM log_tail");
	write_log(0, 5, 400);
	write_log(jane, 1, 399);
	write_log(0, 5, 398);
	write_log(0, 50, 0);
	set("account", "restricted_at", jane, DAYS(1));
	assert_int_equal(run("log"), 5);
	assert_int_equal(verified(), 57);
	sql("nvr.db", "UPDATE account SET restricted_at = NULL");
	assert_int_equal(run("log"), 6);
	assert_int_equal(verified(), 52);
}

static void
a_log_that_is_not_to_be_signed_is_told_and_kept(void **state)
{
	struct nvr_retain r = {.now = nvr_time_now(), .only = "log"};

	(void)state;
	write_log(0, 5, 400);
	write_log(0, 50, 0);
	sql("nvr.db",
	    "CREATE TRIGGER no BEFORE INSERT ON log_mark BEGIN SELECT "
	    "RAISE(ABORT, 'no'); END");
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 0);
	assert_int_equal(done.kind[0].failed, 1);
	assert_int_equal(count("log"), 55);
	sql("nvr.db", "DROP TRIGGER no");
	assert_int_equal(run("log"), 5);
	assert_int_equal(verified(), 51);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(C20_N14_a_deleted_account_goes_when_its_days_are_over),
	    T(an_account_that_is_to_the_microsecond_not_over_stays),
	    T(more_than_half_of_the_accounts_are_not_erased_unasked),
	    T(what_cannot_be_erased_is_told_and_done_by_the_next_run),
	    T(N14_a_removed_site_goes_when_its_days_are_over),
	    T(N14_a_site_waits_for_its_cameras),
	    T(a_site_that_cannot_be_logged_keeps_no_other),
	    T(N7_sessions_and_what_belongs_to_them_go_when_they_are_over),
	    T(all_that_is_over_goes_in_one_run),
	    T(N7_a_year_on_a_session_no_longer_tells_from_where_it_is),
	    T(a_session_of_today_is_not_taken_for_the_old_one),
	    T(C17_the_log_is_pruned_and_verifies_after_it),
	    T(the_whole_of_the_log_does_not_go_unasked),
	    T(a_row_of_a_restricted_account_keeps_the_log_behind_it),
	    T(a_log_that_is_not_to_be_signed_is_told_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
