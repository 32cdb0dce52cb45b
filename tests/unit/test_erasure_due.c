/* Whose days are over, what stops it at the last moment, and keys that nobody
 * has. */
#include "account_help.h"

#include "base/id.h"
#include "core/erasure.h"
#include "core/ledger.h"
#include "core/retain.h"
#include "store/db.h"

#define DAYS(n) (nvr_time_now() - (n)*NVR_DAY)

static struct nvr_retained done;
static struct nvr_error the_clock;
static int told;
static char object[40], why[64];

static void
hear(void *ctx, const struct nvr_leaving *d)
{
	(void)ctx;
	told++;
	strlcpy(object, d->object, sizeof(object));
	strlcpy(why, d->why, sizeof(why));
}

static int
plan_as(int64_t now)
{
	struct nvr_retain r = {.now = now, .only = "accounts", .tell = hear};

	told = 0;
	ok(nvr_retain_plan(s, &r, &done, &the_clock, &err));
	return told;
}

static int
run(int64_t most)
{
	struct nvr_retain r = {.now = nvr_time_now(),
	    .only = "accounts",
	    .tell = hear,
	    .most = most};

	told = 0;
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].failed, 0);
	return told;
}

static int64_t
ask(const char *file, const char *fmt, int64_t id)
{
	char text[256];

	snprintf(text, sizeof(text), fmt, (long long)id);
	return sql(file, text);
}

static void
delete_long_ago(int64_t account)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "UPDATE account SET deleted_at = %lld WHERE account_id = %lld",
	    (long long)DAYS(31), (long long)account);
	sql("nvr.db", text);
}

#define ROW "SELECT COUNT(*) FROM account WHERE account_id = %lld"
#define KEY "SELECT COUNT(*) FROM account_key WHERE account_id = %lld"
#define NOTES "SELECT COUNT(*) FROM setting WHERE name LIKE 'keyless-%%'"

/* Somebody is quicker: in the moment between the list and the erasure. */
static const char *in_between;

static int
be_quicker(unsigned type, void *ctx, void *stmt, void *ns)
{
	const char *text = sqlite3_sql(stmt);

	(void)type, (void)ctx, (void)ns;
	if (in_between != NULL &&
	    strncmp(text, "SELECT account_id, deleted_at", 29) == 0) {
		sql("nvr.db", in_between);
		in_between = NULL;
	}
	return 0;
}

static void
who_is_restricted_at_the_last_moment_is_kept(void **state)
{
	static const char *const how[] = {
	    "UPDATE account SET restricted_at = 5 WHERE deleted_at > 0",
	    "UPDATE account SET deleted_at = NULL"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		char email[32];
		int64_t jane;
		int n = 0;

		snprintf(email, sizeof(email), "jane%d@example.org", i);
		jane = add(email);
		delete_long_ago(jane);
		in_between = how[i];
		sqlite3_trace_v2(
		    s->store->db, SQLITE_TRACE_PROFILE, be_quicker, NULL);
		ok(nvr_erase_due(s, nvr_time_now(), NULL, NULL, &n, &err));
		sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
		assert_null(in_between);
		assert_int_equal(n, 0);
		assert_int_equal(ask("nvr.db", ROW, jane), 1);
		assert_int_equal(ask("keys/keys.db", KEY, jane), 1);
		assert_false(holds("keys/erasures", "Z"));
	}
}

static void
who_is_in_the_ledger_is_kept_by_nobody(void **state)
{
	int64_t jane = add("jane@example.org"), joe = add("joe@example.org");
	struct nvr_erased e = {jane, 1000};
	struct nvr_ledger l;

	(void)state;
	delete_long_ago(jane);
	ok(nvr_account_delete(s, joe, NULL, &err));
	ok(nvr_ledger_open(s, &l, &err));
	ok(nvr_ledger_add(&l, &e, 1, &err));
	/* By who has the store open since before that. */
	assert_fails(nvr_account_restrict(s, jane, NULL, &err), NVR_E_NOENT,
	    "being erased");
	assert_fails(nvr_account_restore(s, jane, NULL, &err), NVR_E_NOENT,
	    "being erased");
	ok(nvr_account_restrict(s, joe, NULL, &err));
	ok(nvr_account_restore(s, joe, NULL, &err));
	nvr_ledger_close(&l);
}

/* More than go together, with some that stay among them. */
static void
all_that_are_due_go_and_are_told(void **state)
{
	(void)state;
	rules.mail_from[0] = '\0';
	for (int i = 0; i < 70; i++) {
		char email[32];

		snprintf(email, sizeof(email), "p%d@example.org", i);
		delete_long_ago(add(email));
	}
	sql("nvr.db", "UPDATE account SET restricted_at = 1 WHERE account_id IN"
		      " (SELECT account_id FROM account ORDER BY deleted_at"
		      " LIMIT 1)");
	assert_int_equal(run(1000), 69);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM account"), 1);
}

/* ---- keys without an account ---- */

static int64_t
lose_row(const char *email)
{
	int64_t id = add(email);

	ask("nvr.db", "DELETE FROM account WHERE account_id = %lld", id);
	return id;
}

static void
age_notes(int days)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "UPDATE setting SET value = '%lld' WHERE name LIKE 'keyless-%%'",
	    (long long)DAYS(days));
	sql("keys/keys.db", text);
}

static void
a_key_without_its_account_waits_is_planned_and_told(void **state)
{
	int64_t jane = lose_row("jane@example.org"), now;
	char id[NVR_ID_TEXT], name[40];

	(void)state;
	add("joe@example.org");
	assert_int_equal(plan_as(nvr_time_now() + 99 * NVR_DAY), 0);
	assert_int_equal(sql("keys/keys.db", NOTES), 0);
	assert_int_equal(run(0), 0);
	assert_int_equal(sql("keys/keys.db", NOTES), 1);
	now = nvr_time_now();
	assert_int_equal(plan_as(now + 29 * NVR_DAY), 0);
	assert_int_equal(plan_as(now + 31 * NVR_DAY), 1);
	snprintf(name, sizeof(name), "key of %s", nvr_id_format(jane, id));
	assert_string_equal(object, name);
	assert_string_equal(why, "first seen without its account over 30d ago");
	age_notes(31);
	/* It was first seen before the store was put back. */
	ok(nvr_setting_put_int(s->store, NVR_RESTORED, DAYS(2), &err));
	assert_int_equal(run(0), 0);
	ok(nvr_setting_put_int(s->store, NVR_RESTORED, DAYS(32), &err));
	assert_int_equal(run(0), 1);
	assert_string_equal(object, name);
	assert_int_equal(ask("keys/keys.db", KEY, jane), 0);
	assert_true(holds("keys/erasures", id));
	assert_int_equal(sql("keys/keys.db", NOTES), 0);
	assert_int_equal(run(0), 0);
}

static void
an_account_that_is_back_keeps_its_key(void **state)
{
	int64_t jane = add("jane@example.org");

	(void)state;
	sql("nvr.db", "CREATE TABLE away AS SELECT * FROM account");
	sql("nvr.db", "DELETE FROM account");
	run(0);
	age_notes(31);
	assert_int_equal(plan_as(nvr_time_now()), 1);
	sql("nvr.db", "INSERT INTO account SELECT * FROM away");
	assert_int_equal(plan_as(nvr_time_now()), 0);
	assert_int_equal(run(0), 0);
	assert_int_equal(ask("keys/keys.db", KEY, jane), 1);
	/* What was noted then does not count the next time. */
	sql("nvr.db", "DELETE FROM account");
	assert_int_equal(run(0), 0);
	assert_int_equal(plan_as(nvr_time_now()), 0);
	assert_int_equal(ask("keys/keys.db", KEY, jane), 1);
}

static void
a_store_of_before_is_not_why_keys_go(void **state)
{
	(void)state;
	lose_row("jane@example.org");
	run(0);
	age_notes(31);
	assert_int_equal(plan_as(nvr_time_now()), 1);
	/* All that it tells of is older than its keys. */
	sql("nvr.db", "UPDATE log SET at = 1");
	assert_int_equal(plan_as(nvr_time_now()), 0);
	assert_int_equal(run(0), 0);
	lose_row("joe@example.org");
	sql("nvr.db", "UPDATE log SET at = 1");
	run(0);
	assert_int_equal(sql("keys/keys.db", NOTES), 1);
}

static void
more_than_half_of_the_keys_are_not_destroyed_unasked(void **state)
{
	(void)state;
	rules.mail_from[0] = '\0';
	for (int i = 0; i < 24; i++) {
		char email[32];

		snprintf(email, sizeof(email), "p%d@example.org", i);
		if (i < 13)
			lose_row(email);
		else
			add(email);
	}
	run(0);
	age_notes(31);
	assert_int_equal(plan_as(nvr_time_now()), 13);
	assert_non_null(
	    strstr(done.brake.text, "13 of 25 keys of accounts would go"));
	assert_int_equal(run(0), 0);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), 25);
	assert_int_equal(run(13), 13);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), 12);
}

/* One group does not keep the other. */
static void
accounts_go_while_keys_are_held(void **state)
{
	int64_t jane;

	(void)state;
	rules.mail_from[0] = '\0';
	for (int i = 0; i < 13; i++) {
		char email[32];

		snprintf(email, sizeof(email), "p%d@example.org", i);
		lose_row(email);
	}
	run(0);
	age_notes(31);
	jane = add("jane@example.org");
	delete_long_ago(jane);
	assert_int_equal(run(0), 1);
	assert_int_equal(ask("nvr.db", ROW, jane), 0);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), 14);
}

static void
what_is_no_note_harms_nothing(void **state)
{
	(void)state;
	add("jane@example.org");
	sql("keys/keys.db",
	    "INSERT INTO setting (name, value) VALUES ('keyless-', '1'),"
	    " ('keyless-x', '1'), ('keyless-0000000000001', 'x'),"
	    " ('keyless-zzzzzzzzzzzzz', '-5')");
	assert_int_equal(plan_as(nvr_time_now()), 0);
	assert_int_equal(run(0), 0);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(who_is_restricted_at_the_last_moment_is_kept),
	    T(who_is_in_the_ledger_is_kept_by_nobody),
	    T(all_that_are_due_go_and_are_told),
	    T(a_key_without_its_account_waits_is_planned_and_told),
	    T(an_account_that_is_back_keeps_its_key),
	    T(a_store_of_before_is_not_why_keys_go),
	    T(more_than_half_of_the_keys_are_not_destroyed_unasked),
	    T(accounts_go_while_keys_are_held),
	    T(what_is_no_note_harms_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
