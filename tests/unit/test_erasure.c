/* Erasing accounts: rows, keys, and the ledger that holds backups to it. */
#include "erase_help.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "core/log_int.h"

/* A row of every table that has an account, filled by the columns' types and
 * names; what refers to others refers to this account's. */
struct filling {
	sqlite3 *db;
	int64_t account, camera, next;
	bool footage;
};

static bool
is_of_footage(const char *table)
{
	return strcmp(table, "run") == 0 || strcmp(table, "segment") == 0 ||
	       strcmp(table, "open_segment") == 0 || strcmp(table, "hold") == 0;
}

static int64_t
number_for(struct filling *f, const char *table, const char *column)
{
	if (strcmp(column, "account_id") == 0)
		return f->account;
	if (strcmp(column, "camera_id") == 0)
		return f->camera;
	if (strcmp(column, "id") == 0 && strcmp(table, "camera") == 0)
		return f->camera;
	if (strcmp(column, "site_id") == 0 || strcmp(table, "site") == 0 ||
	    strcmp(column, "audit_id") == 0 || strcmp(table, "audit") == 0 ||
	    strcmp(column, "still_id") == 0 || strcmp(table, "still") == 0 ||
	    strcmp(column, "schedule_id") == 0 ||
	    strcmp(table, "schedule") == 0)
		return f->camera + 1;
	return ++f->next;
}

static void
fill_table(struct filling *f, const char *table)
{
	char columns[2048] = "", marks[512] = "", sql[4096], text[64];
	sqlite3_stmt *q, *insert;
	int n = 0;

	sqlite3_prepare_v2(f->db,
	    "SELECT name, type FROM pragma_table_info(?1)", -1, &q, NULL);
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	while (sqlite3_step(q) == SQLITE_ROW) {
		strlcat(columns, n > 0 ? ", " : "", sizeof(columns));
		strlcat(columns, (const char *)sqlite3_column_text(q, 0),
		    sizeof(columns));
		strlcat(marks, n++ > 0 ? ", ?" : "?", sizeof(marks));
	}
	snprintf(sql, sizeof(sql), "INSERT INTO %s (%s) VALUES (%s)", table,
	    columns, marks);
	sqlite3_reset(q);
	if (sqlite3_prepare_v2(f->db, sql, -1, &insert, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
	for (int i = 1; sqlite3_step(q) == SQLITE_ROW; i++) {
		const char *name = (const char *)sqlite3_column_text(q, 0);
		const char *type = (const char *)sqlite3_column_text(q, 1);

		snprintf(
		    text, sizeof(text), "%s-%lld", name, (long long)++f->next);
		if (strcmp(type, "BIGINT") == 0)
			sqlite3_bind_int64(
			    insert, i, number_for(f, table, name));
		else
			sqlite3_bind_text(
			    insert, i, text, -1, SQLITE_TRANSIENT);
	}
	if (sqlite3_step(insert) != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
	sqlite3_finalize(insert);
	sqlite3_finalize(q);
}

static const char *const TABLES =
    "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) p"
    " WHERE m.type = 'table' AND p.name = 'account_id'"
    " AND m.name NOT IN ('account', 'log', 'log_tail', 'erasure')"
    " ORDER BY m.name";

static int
fill(int64_t account, bool footage)
{
	static int64_t next = 1000;
	struct filling f = {
	    raw("nvr.db"), account, next += 1000, next, footage};
	sqlite3_stmt *q;
	int n = 0;

	sqlite3_exec(f.db,
	    "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
	    NULL, NULL, NULL);
	sqlite3_prepare_v2(f.db, TABLES, -1, &q, NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(q, 0);

		if (!footage && is_of_footage(table))
			continue;
		fill_table(&f, table);
		n++;
	}
	sqlite3_finalize(q);
	/* Rows of the store's other parts that say nothing of an account. */
	sqlite3_exec(f.db,
	    "UPDATE finding SET account_id = 0; UPDATE still SET account_id = "
	    "0",
	    NULL, NULL, NULL);
	sqlite3_close(f.db);
	return n;
}

/* How many rows are left of it, but for what the register keeps. */
static int64_t
left(int64_t account, bool tell)
{
	sqlite3 *db = raw("nvr.db");
	sqlite3_stmt *q;
	int64_t n = 0, has;
	char sql[256];

	sqlite3_prepare_v2(db, TABLES, -1, &q, NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(q, 0);

		snprintf(sql, sizeof(sql),
		    "SELECT COUNT(*) FROM %s WHERE account_id = ?1 AND NOT "
		    "EXISTS (SELECT 1 FROM privacy_column WHERE table_name = "
		    "'%s' AND column_name = 'account_id' AND erase = 'keep')",
		    table, table);
		has = ask(db, sql, account);
		if (has > 0 && tell)
			print_message("%s: %d\n", table, (int)has);
		n += has;
	}
	sqlite3_finalize(q);
	n += ask(
	    db, "SELECT COUNT(*) FROM account WHERE account_id = ?1", account);
	sqlite3_close(db);
	return n;
}

static void
no_row_of_any_table_is_left(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	int tables = fill(a, false);

	(void)state;
	assert_true(tables > 30);
	assert_int_equal(fill(b, true), tables + 4);
	assert_true(left(a, false) > 25);
	ok(nvr_erase(s, a, &err));
	assert_int_equal(left(a, true), 0);
	assert_erased(a);
	/* What hung on its audit and its camera, and had no account. */
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM finding", 0), 1);
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM still", 0), 1);
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM camera", 0), 1);
	/* The other's are all there. */
	assert_there(b);
	assert_int_equal(
	    count("nvr.db", "SELECT COUNT(*) FROM camera WHERE account_id = ?1",
		b),
	    1);
	assert_true(left(b, false) > 29);
	ok(nvr_erase(s, a, &err)); /* it can be done again */
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM log WHERE type = "
			     "'account.erased' AND account_id = 0",
			     0),
	    1);
}

static void
footage_stays_with_its_camera(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	sqlite3 *db;

	(void)state;
	fill(a, true);
	fill(b, true);
	db = raw("nvr.db");
	sqlite3_exec(db, "UPDATE camera SET name = 'gate', removed_at = NULL",
	    NULL, NULL, NULL);
	sqlite3_close(db);
	ok(nvr_erase(s, a, &err));
	ok(nvr_erase(s, b, &err));
	assert_int_equal(left(a, true) + left(b, true), 0);
	db = raw("nvr.db");
	assert_int_equal(
	    ask(db, "SELECT COUNT(*) FROM camera WHERE account_id = 0", 0), 2);
	assert_int_equal(ask(db,
			     "SELECT COUNT(*) FROM camera WHERE site_id IS NOT "
			     "NULL OR url NOT LIKE 'url-%' OR secrets IS NULL",
			     0),
	    0);
	assert_int_equal(
	    ask(db, "SELECT COUNT(*) FROM camera WHERE name = 'gate'", 0), 1);
	for (const char *const *t =
		 (const char *const[]){"run", "segment", "open_segment", "hold",
		     "event", "camera_recipient", "access", NULL};
	     *t != NULL; t++) {
		char sql[128];

		snprintf(sql, sizeof(sql),
		    "SELECT COUNT(*) FROM %s WHERE account_id = 0", *t);
		assert_int_equal(ask(db, sql, 0), 2);
	}
	for (const char *const *t = (const char *const[]){"audit", "finding",
		 "still", "baseline", "asked", "label", NULL};
	     *t != NULL; t++) {
		char sql[128];

		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", *t);
		assert_int_equal(ask(db, sql, 0), 0);
	}
	sqlite3_close(db);
}

static void
what_was_sealed_opens_no_more(void **state)
{
	struct nvr_column at = {"account", "email", 0};
	struct nvr_buf out = {0};
	struct nvr_account *row;
	int64_t a = person("a@example.org");

	(void)state;
	ok(nvr_account_get(s->store, a, &row, &err));
	at.row = a;
	assert_there(a); /* its key is in memory now */
	ok(nvr_erase(s, a, &err));
	assert_int_equal(nvr_sealed_get(s, a, &at, row->email.data,
			     row->email.len, &out, &err),
	    NVR_E_NOENT);
	nvr_account_free(row);
	assert_int_equal(nvr_erase(s, 0, &err), NVR_E_USAGE);
	assert_int_equal(nvr_erase(s, -5, &err), NVR_E_USAGE);
	assert_int_equal(count("keys/keys.db", KEYS, 0), 1);
}

static void
kept_stills_go_from_the_disk(void **state)
{
	char full[160], away[160];
	struct stat sb;
	int64_t a = person("a@example.org"), b = person("b@example.org");
	sqlite3 *db;

	(void)state;
	fill(a, false);
	fill(b, false);
	db = raw("nvr.db");
	sqlite3_exec(
	    db, "UPDATE still SET path = 'stills/x/' || id", NULL, NULL, NULL);
	sqlite3_exec(db, "DELETE FROM garbage", NULL, NULL, NULL);
	snprintf(full, sizeof(full), "media/stills/x/%d",
	    (int)ask(db, "SELECT MIN(id) FROM still", 0));
	sqlite3_close(db);
	snprintf(away, sizeof(away), "%s/media/stills/x", dir);
	ok(nvr_dir_make(away, 0700, &err));
	put(full, "a picture", "w");
	ok(nvr_erase(s, a, &err));
	snprintf(away, sizeof(away), "%s/%s", dir, full);
	assert_int_equal(stat(away, &sb), -1);
	/* Without its disk it waits. */
	put("media/nvr-media", "another disk\n", "w");
	ok(nvr_erase(s, b, &err));
	assert_erased(b);
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM garbage", 0), 1);
}

static void
the_log_verifies_after_it(void **state)
{
	struct nvr_log_end tail, last;
	int64_t a = person("a@example.org");

	(void)state;
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, a, "account.created",
	    json_pack("{s:s}", "email", "a@example.org"), &err));
	ok(nvr_store_commit(s->store, &err));
	ok(nvr_erase(s, a, &err));
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM log WHERE account_id = 0 AND "
		"sealed IS NULL AND type = 'account.created'",
		0),
	    1);
	ok(nvr_log_tail(s->store, &tail, &err));
	ok(nvr_log_last(s->store, &last, &err));
	assert_memory_equal(tail.hash, last.hash, sizeof(last.hash));
}

static void
the_deleted_go_when_their_days_are_over(void **state)
{
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	int64_t a = person("a@example.org"), b = person("b@example.org");
	int64_t c = person("c@example.org"), d = person("d@example.org");
	int64_t now = nvr_time_now(), orphan = nvr_id_new();
	struct nvr_account *row;
	int n = 9;

	(void)state;
	s->rules = &rules;
	for (int i = 0; i < 3; i++) {
		int64_t id[] = {a, b, c};

		ok(nvr_account_get(s->store, id[i], &row, &err));
		row->deleted_at = now - (i == 1 ? 29 : 31) * NVR_DAY;
		row->restricted_at = i == 2 ? now : 0;
		ok(nvr_account_update(s->store, row, &err));
		nvr_account_free(row);
	}
	ok(nvr_keys_add(s, orphan, &err));
	ok(nvr_erase_due(s, now, &n, &err));
	assert_int_equal(n, 1);
	assert_erased(a);
	assert_there(b);
	assert_there(c); /* restricted: kept, and not used */
	assert_there(d);
	assert_int_equal(count("keys/keys.db", KEYS, orphan), 1);
	ok(nvr_setting_put(s->store, NVR_RESTORED, "garbage", &err));
	ok(nvr_erase_due(s, now + 2 * NVR_DAY, &n, &err));
	assert_erased(b);
	assert_int_equal(count("keys/keys.db", KEYS, orphan), 1);
	ok(nvr_setting_put(s->store, NVR_RESTORED, "1", &err));
	ok(nvr_erase_due(s, now + 2 * NVR_DAY, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(count("keys/keys.db", KEYS, orphan), 0);
	assert_there(d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(no_row_of_any_table_is_left),
	    T(footage_stays_with_its_camera),
	    T(what_was_sealed_opens_no_more),
	    T(kept_stills_go_from_the_disk),
	    T(the_log_verifies_after_it),
	    T(the_deleted_go_when_their_days_are_over),
	};
	return cmocka_run_group_tests_name(
	    "N14, C20: erasing an account", tests, NULL, NULL);
}
