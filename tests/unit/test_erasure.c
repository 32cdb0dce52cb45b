/* Erasing accounts: rows, keys, and the ledger that holds backups to it. */
#include "erase_help.h"
#include "fill_help.h"
#include "hold_help.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/keys_int.h"
#include "core/log_int.h"
#include "store/db.h"
#include "store/sealed.h"

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
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM label", 0), 1);
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
	assert_int_equal(
	    ask(db,
		"SELECT COUNT(*) FROM camera WHERE site_id IS NOT "
		"NULL OR secrets IS NOT NULL OR name NOT LIKE 'adopted-%' OR "
		"url NOT LIKE '%.invalid/' OR zone || manufacturer || model || "
		"snapshot_url || sub_url || tls_ca <> ''",
		0),
	    0);
	/* What finds and opens footage, and masks what is shown of it. */
	assert_int_equal(ask(db,
			     "SELECT COUNT(*) FROM camera WHERE recipient LIKE "
			     "'recipient-%' AND mask LIKE 'mask-%'",
			     0),
	    2);
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

/* C18: what its site said of it holds on; and it is not recorded anew. */
static void
C18_footage_that_stays_keeps_its_limits(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	sqlite3 *db;

	(void)state;
	fill(a, true);
	fill(b, true);
	db = raw("nvr.db");
	sqlite3_exec(db,
	    "UPDATE camera SET record = 'both', secrets = x'01',"
	    " name = 'gate', retain_us = 5,"
	    " retain_bytes = NULL, retain_sub_us = NULL, retain_sub_bytes ="
	    " NULL; UPDATE site SET retain_us = 7, retain_bytes = 0,"
	    " removed_at = NULL",
	    NULL, NULL, NULL);
	ok(nvr_erase(s, a, &err));
	assert_int_equal(
	    ask(db,
		"SELECT COUNT(*) FROM camera WHERE account_id = 0"
		" AND record = 'none' AND secrets IS NULL AND retain_us = 5 "
		"AND retain_sub_us = 7"
		" AND retain_bytes IS NULL AND retain_sub_bytes IS NULL"
		" AND site_id IS NULL",
		0),
	    1);
	assert_int_equal(
	    ask(db,
		"SELECT COUNT(*) FROM camera WHERE account_id = ?1 AND record"
		" = 'both' AND retain_sub_us IS NULL AND site_id IS NOT NULL",
		b),
	    1);
	/* Of a site that was removed by then, too. */
	sqlite3_exec(db,
	    "UPDATE site SET removed_at = 1, retain_us = 0, retain_bytes = 9",
	    NULL, NULL, NULL);
	ok(nvr_erase(s, b, &err));
	assert_int_equal(
	    ask(db,
		"SELECT COUNT(*) FROM camera WHERE account_id = 0"
		" AND record = 'none' AND retain_us = 5 AND retain_sub_us IS"
		" NULL AND retain_bytes = 9 AND retain_sub_bytes = 9",
		0),
	    1);
	assert_int_equal(ask(db,
			     "SELECT COUNT(*) FROM log WHERE type = "
			     "'camera.adopted' AND account_id = 0",
			     0),
	    2);
	sqlite3_close(db);
}

/* C18: what footage around findings is kept by is the bare moment then. */
static void
C18_footage_that_stays_is_kept_around_findings(void **state)
{
	int64_t a = person("a@example.org");
	sqlite3 *db;

	(void)state;
	fill(a, true);
	db = raw("nvr.db");
	sqlite3_exec(db,
	    "DELETE FROM incident; UPDATE finding SET verdict = 'yes';"
	    "UPDATE camera SET retain_events_us = 5;"
	    "UPDATE audit SET taken_at = 77",
	    NULL, NULL, NULL);
	ok(nvr_erase(s, a, &err));
	assert_int_equal(ask(db, "SELECT COUNT(*) FROM audit", 0), 0);
	assert_int_equal(
	    ask(db,
		"SELECT COUNT(*) FROM incident i JOIN camera c ON c.id ="
		" i.camera_id WHERE i.at = 77 AND i.account_id = 0",
		0),
	    1);
	sqlite3_close(db);
}

/* hers: of her cameras alone; both; all: of all there are; idle: of none. */
#define SCHEDULES                                                             \
	"DELETE FROM schedule; INSERT INTO schedule (id, name, every_us,"     \
	" all_cameras, created_at, changed_at) VALUES (1, 'hers', 1, 0, 1, "  \
	"1),"                                                                 \
	" (2, 'both', 1, 0, 1, 1), (3, 'all', 1, 1, 1, 1),"                   \
	" (4, 'idle', 1, 0, 1, 1); INSERT INTO schedule_camera (schedule_id," \
	" camera_id) SELECT s.id, c.id FROM schedule s, camera c"             \
	" WHERE s.id = 2 OR (s.id = 1 AND c.name = 'hers')"

static void
schedules_of_its_cameras_alone_go(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	char sql[128], *why = NULL;
	sqlite3 *db;

	(void)state;
	fill(a, true);
	fill(b, false);
	snprintf(sql, sizeof(sql),
	    "UPDATE camera SET name = 'hers' WHERE account_id = %lld",
	    (long long)a);
	db = raw("nvr.db");
	sqlite3_exec(db, sql, NULL, NULL, NULL);
	if (sqlite3_exec(db, SCHEDULES, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	ok(nvr_erase(s, a, &err));
	assert_int_equal(
	    ask(db, "SELECT COUNT(*) FROM schedule WHERE id > 1", 0), 3);
	assert_int_equal(ask(db, "SELECT COUNT(*) FROM schedule", 0), 3);
	ok(nvr_erase(s, b, &err));
	assert_int_equal(ask(db, "SELECT COUNT(*) FROM schedule", 0), 2);
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

struct sealing {
	const struct nvr_sealed_column *c;
	int64_t account, key; /* whose rows, and whose key */
	struct nvr_store *st;
	int rows, opened;
};

static int
seal_row(void *ctx, int64_t row, const void *old, size_t len)
{
	struct sealing *x = ctx;
	struct nvr_column at = {x->c->table, x->c->column, row};
	struct nvr_buf out = {0};

	ok(nvr_sealed_put(s, x->account, &at, "secret", 6, &out, &err));
	ok(nvr_sealed_replace(
	    x->st, x->c, row, old, len, out.data, out.len, &err));
	nvr_buf_release(&out);
	x->rows++;
	return 0;
}

static int
open_row(void *ctx, int64_t row, const void *sealed, size_t len)
{
	struct sealing *x = ctx;
	struct nvr_column at = {x->c->table, x->c->column, row};
	struct nvr_buf out = {0};

	x->rows++;
	x->opened +=
	    nvr_sealed_get(s, x->key, &at, sealed, len, &out, &err) == 0;
	nvr_buf_wipe(&out);
	return 0;
}

static struct sealing
each_sealed(struct nvr_store *st, int64_t account, int64_t key,
    int (*row)(void *ctx, int64_t row, const void *sealed, size_t len))
{
	struct sealing x = {.account = account, .key = key, .st = st};

	for (x.c = nvr_sealed_columns; x.c->table != NULL; x.c++)
		ok(nvr_sealed_each(
		    st, x.c, account, 0, INT64_MAX, row, &x, &err));
	return x;
}

/* Every sealed column of a copy from before, in the wrong hands together with
 * today's keys. */
static void
a_copy_from_before_opens_nowhere(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_store *old;
	char path[128];

	(void)state;
	fill(a, false);
	fill(b, false);
	sqlite3_exec(s->store->db, "PRAGMA ignore_check_constraints = ON", NULL,
	    NULL, NULL);
	assert_true(each_sealed(s->store, a, a, seal_row).rows >= 12);
	each_sealed(s->store, b, b, seal_row);
	shut();
	copy("nvr.db", "old.db");
	reopen();
	snprintf(path, sizeof(path), "%s/old.db", dir);
	ok(nvr_store_open(path, 0, &old, &err));
	assert_true(each_sealed(old, a, a, open_row).opened >= 12);
	ok(nvr_erase(s, a, &err));
	assert_true(each_sealed(old, a, a, open_row).rows >= 12);
	assert_int_equal(each_sealed(old, a, a, open_row).opened, 0);
	assert_int_equal(each_sealed(old, a, b, open_row).opened, 0);
	assert_int_equal(each_sealed(old, a, 0, open_row).opened, 0);
	assert_true(each_sealed(old, b, b, open_row).opened >= 12);
	nvr_store_close(old);
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
	int64_t now = nvr_time_now();
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
	ok(nvr_erase_due(s, now, NULL, NULL, &n, &err));
	assert_int_equal(n, 1);
	assert_erased(a);
	assert_there(b);
	assert_there(c); /* restricted: kept, and not used */
	assert_there(d);
	ok(nvr_erase_due(s, now + 2 * NVR_DAY, NULL, NULL, &n, &err));
	assert_erased(b);
	assert_there(d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)

/* What a recorder waits for: rows that a statement went through in vain. */
static int
count_scanned(unsigned type, void *most, void *stmt, void *ns)
{
	int n = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);

	(void)type, (void)ns;
	if (n > *(int *)most)
		*(int *)most = n;
	return 0;
}

/* Of each table that grows with what cameras send. */
static const char MANY[] =
    "PRAGMA foreign_keys = 0;"
    "CREATE TEMP TABLE n AS WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL"
    " SELECT i + 1 FROM t WHERE i < 3000) SELECT i + 900000 AS i FROM t;"
    "INSERT INTO run (id, camera_id, stream, started_at, monotonic_us, reason,"
    " video, width, height) SELECT i, 7, 'main', i, i, 'x', 'x', 1, 1 FROM n;"
    "INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at,"
    " media_start_us, media_us, frames, size_bytes, sha256, sealed)"
    " SELECT i, 7, 'main', i, i, i, 0, 1, 1, 1, zeroblob(32), 0 FROM n;"
    "INSERT INTO event (id, camera_id, stream, at, kind)"
    " SELECT i, 7, 'main', i, 'gap' FROM n;"
    "INSERT INTO audit (id, camera_id, camera_name, at, taken_at, duration_us,"
    " type, origin, analyzer, schema_version, status) SELECT i, 7, 'x', i, i,"
    " 1, 'regular', 'camera', 'local', 1, 'ok' FROM n;"
    "INSERT INTO departure (audit_id, ordinal, at, destination, size_bytes,"
    " sha256) SELECT i, 1, i, 'x', 1, 'x' FROM n;"
    "INSERT INTO attempt (audit_id, ordinal, at, latency_us, purpose, status)"
    " SELECT i, 1, i, 1, 'audit', 'ok' FROM n;"
    "INSERT INTO step (audit_id, ordinal, at, kind, name, text)"
    " SELECT i, 1, i, 'said', '', '' FROM n;"
    "PRAGMA foreign_keys = 1";

static void
of_others_rows_none_is_looked_at(void **state)
{
	int64_t a = person("a@example.org");
	char *why = NULL;
	int most = 0;

	(void)state;
	if (sqlite3_exec(s->store->db, MANY, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_trace_v2(
	    s->store->db, SQLITE_TRACE_PROFILE, count_scanned, &most);
	ok(nvr_erase(s, a, &err));
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	assert_true(most < 1000);
}

static int
count_statement(unsigned type, void *n, void *stmt, void *ns)
{
	(void)type, (void)stmt, (void)ns;
	++*(int *)n;
	return 0;
}

static void
keys_of_the_long_erased_are_not_looked_for(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_erased old[300] = {{0}};
	struct nvr_ledger l;
	sqlite3 *db;
	int n = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		old[i].account = 1000 + i;
	ok(nvr_ledger_open(s, &l, &err));
	ok(nvr_ledger_add(&l, old, 300, &err));
	nvr_ledger_close(&l);
	reopen();
	ok(nvr_keys_open(s, &s->keys, &err));
	db = s->keys->db->db;
	sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, count_statement, &n);
	ok(nvr_erase(s, a, &err));
	assert_true(n > 0 && n < 30);
	/* It was heeded up to a place that is in no ledger. */
	ok(nvr_ledger_heed(s->keys->db, 3, &err));
	ok(nvr_erase(s, b, &err));
	assert_true(n > 300);
	sqlite3_trace_v2(db, 0, NULL, NULL);
	assert_erased(a);
	assert_erased(b);
}

/* Audits with findings, one of them with many, and rows of the log. */
#define HEAVY                                                                 \
	"CREATE TEMP TABLE n AS WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL"   \
	" SELECT i + 1 FROM t WHERE i < 3000) SELECT i + 900000 AS i FROM t;" \
	"INSERT INTO audit (id, account_id, camera_name, at, duration_us,"    \
	" type, origin, analyzer, schema_version, status)"                    \
	" SELECT i, %lld, 'x', i, 1, 'regular', 'camera', 'local', 1, 'ok'"   \
	" FROM n;"                                                            \
	"INSERT INTO finding (audit_id, ordinal, account_id, label, verdict," \
	" evidence) SELECT n.i, o.i, %lld, 'x', 'yes', 'x' FROM n,"           \
	" (SELECT 1 AS i UNION SELECT 2 UNION SELECT 3) o;"                   \
	"INSERT INTO finding (audit_id, ordinal, account_id, label, verdict," \
	" evidence) SELECT 900001, n.i, 0, 'x', 'yes', 'x' FROM n;"           \
	"INSERT INTO outbox (id, account_id, channel, kind, recipient,"       \
	" message, created_at) SELECT i, %lld, 'mail', 'report', x'00',"      \
	" zeroblob(300000), 1 FROM n WHERE i <= 900050;"                      \
	"DROP TABLE n"
#define LOGGED 1500

static int64_t
heavy(void)
{
	int64_t a = person("a@example.org");
	char text[2048], *why = NULL;

	snprintf(text, sizeof(text), HEAVY, (long long)a, (long long)a,
	    (long long)a);
	if (sqlite3_exec(s->store->db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < LOGGED; i++)
		ok(nvr_log_append(s, i % 2 ? a : 0, "test.row",
		    json_pack("{s:i}", "number", i), &err));
	ok(nvr_store_commit(s->store, &err));
	return a;
}

static void
say(void *ctx, const struct nvr_log_finding *f)
{
	(void)ctx;
	print_message("%s\n", f->text);
}

static void
assert_verifies(int64_t erased)
{
	const struct nvr_log_watch watch = {.finding = say};
	struct nvr_log_summary sum;

	ok(nvr_log_verify(s, NULL, &watch, &sum, &err));
	assert_int_equal(sum.troubles, 0);
	assert_int_equal(sum.erased, erased);
}

static void
much_goes_in_short_transactions(void **state)
{
	struct waits w = {0};
	int64_t a = heavy(), before;

	(void)state;
	reopen();
	before = sqlite3_memory_used();
	sqlite3_memory_highwater(1);
	watch_transactions(s->store->db, &w);
	ok(nvr_erase(s, a, &err));
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	before = sqlite3_memory_highwater(0) - before;
	print_message("%d transactions, up to %d ms, %d KB\n", w.n,
	    (int)(w.most / NVR_MILLISECOND), (int)(before / 1024));
	assert_true(w.n >= 5);
	assert_true(before < 8 << 20);
	assert_erased(a);
	assert_int_equal(left(a, true), 0);
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM finding", 0), 0);
	assert_verifies(LOGGED / 2);
}

struct victim {
	struct waits w;
	int64_t account;
};

static int
erase_and_die(void *ctx)
{
	struct victim *v = ctx;

	s = NULL;
	reopen();
	watch_transactions(s->store->db, &v->w);
	return nvr_erase(s, v->account, &err) == 0 ? 0 : 1;
}

/* Once a transaction was committed; test_ledger.c has the moments between. */
static void
killed_between_transactions_the_next_opening_goes_on(void **state)
{
	struct victim v = {.account = heavy()};
	int status = 0;

	(void)state;
	shut();
	copy("nvr.db", "old");
	copy("keys/keys.db", "old-keys");
	for (v.w.die_at = 1;; v.w.die_at += 1 + v.w.die_at / 3) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(erase_and_die(&v));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		reopen();
		assert_erased(v.account);
		assert_int_equal(left(v.account, true), 0);
		assert_verifies(LOGGED / 2);
		assert_int_equal(count("nvr.db",
				     "SELECT COUNT(*) FROM log WHERE type = "
				     "'account.erased' AND account_id = 0",
				     0),
		    1);
		shut();
		if (status == 0)
			break;
		assert_true(WIFSIGNALED(status));
		put("keys/erasures", "", "w");
		copy("old", "nvr.db");
		copy("old-keys", "keys/keys.db");
	}
	assert_true(v.w.die_at > 3);
	reopen();
}

/* An older store comes back, and who was erased since is in the ledger. */
static void
many_are_erased_again_in_short_transactions(void **state)
{
	struct nvr_erased e[100];
	struct waits w = {0};
	struct nvr_ledger l;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char email[32];

		snprintf(email, sizeof(email), "%d@example.org", i);
		e[i] = (struct nvr_erased){person(email), 1000, 0};
	}
	ok(nvr_store_begin(s->store, &err));
	for (int i = 0; i < 1000; i++)
		ok(nvr_log_append(
		    s, e[i % 100].account, "test.row", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
	ok(nvr_ledger_open(s, &l, &err));
	ok(nvr_ledger_add(&l, e, 100, &err));
	nvr_ledger_close(&l);
	watch_transactions(s->store->db, &w);
	ok(nvr_erasures_replay(s, &err));
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	print_message("%d transactions, up to %d ms\n", w.n,
	    (int)(w.most / NVR_MILLISECOND));
	assert_true(w.n >= 4);
	for (int i = 0; i < 100; i++)
		assert_int_equal(count("nvr.db", ROWS, e[i].account), 0);
	assert_verifies(1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(no_row_of_any_table_is_left),
	    T(footage_stays_with_its_camera),
	    T(C18_footage_that_stays_keeps_its_limits),
	    T(C18_footage_that_stays_is_kept_around_findings),
	    T(of_others_rows_none_is_looked_at),
	    T(keys_of_the_long_erased_are_not_looked_for),
	    T(schedules_of_its_cameras_alone_go),
	    T(what_was_sealed_opens_no_more),
	    T(a_copy_from_before_opens_nowhere),
	    T(kept_stills_go_from_the_disk),
	    T(the_log_verifies_after_it),
	    T(the_deleted_go_when_their_days_are_over),
	    T(much_goes_in_short_transactions),
	    T(killed_between_transactions_the_next_opening_goes_on),
	    T(many_are_erased_again_in_short_transactions),
	};
	return cmocka_run_group_tests_name(
	    "N14, C20: erasing an account", tests, NULL, NULL);
}
