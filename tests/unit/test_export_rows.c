/* The register's tables as they are exported, and whose rows they are. */
#include "export_help.h"

#include <ctype.h>

#include "core/log.h"

static const struct {
	const char *name;
} counts[] = {{"agreed"}, {"attempts"}, {"cost_micros"}, {"cameras"},
    {"cameras_down"}, {"cameras_down_max"}, {"count"}, {"cpu_reports"}, {"day"},
    {"disk_free_bytes"}, {"disk_free_bytes_min"}, {"frames"}, {"height"},
    {"http_status"}, {"labels"}, {"last_step"}, {"memory_reports"}, {"ordinal"},
    {"audits"}, {"requests"}, {"reports"}, {"reserved_micros"},
    {"reserved_tokens"}, {"retain_bytes"}, {"retain_sub_bytes"}, {"samples"},
    {"schema_version"}, {"seq"}, {"size_bytes"}, {"temperature_reports"},
    {"tokens_cached"}, {"tokens_in"}, {"tokens_out"}, {"unreported"}, {"width"},
    {"include"}, {"gaps"}, {"doubts"}, {"stale"}, {"sequence"}, {"overdue"},
    {"backlog"}, {"settings"}, {"good"}, {"flips"}, {"bytes"}};

static bool
is_count(const char *name)
{
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (strcmp(counts[i].name, name) == 0)
			return true;
	return false;
}

/* The column's type, and whether the schema lets it be 0 and 1 alone. */
static void
look_up(const char *table, const char *column, char type[32], bool *flag)
{
	sqlite3_stmt *q;

	sqlite3_prepare_v2(s->store->db,
	    "SELECT p.type, m.sql LIKE '%CHECK (' || p.name || ' IN (0, 1))%'"
	    " FROM sqlite_master m, pragma_table_info(m.name) p"
	    " WHERE m.name = ?1 AND p.name = ?2",
	    -1, &q, NULL);
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, column, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	strlcpy(type, (const char *)sqlite3_column_text(q, 0), 32);
	*flag = sqlite3_column_int(q, 1) != 0;
	sqlite3_finalize(q);
}

static bool
fits(const struct nvr_export_column *c, const char *type, bool flag)
{
	bool named_time =
	    strstr(c->name, "_at") != NULL || strcmp(c->name, "at") == 0;

	switch (c->kind) {
	case NVR_EXPORT_INT:
		return strcmp(type, "BIGINT") == 0 && !flag && !named_time &&
		       is_count(c->name);
	case NVR_EXPORT_BOOL:
		return flag;
	case NVR_EXPORT_TIME:
	case NVR_EXPORT_SPAN:
	case NVR_EXPORT_ID:
		return strcmp(type, "BIGINT") == 0 && !flag;
	case NVR_EXPORT_REAL:
		return strcmp(type, "DOUBLE PRECISION") == 0;
	case NVR_EXPORT_TEXT:
		return strcmp(type, "TEXT") == 0;
	default:
		return strcmp(type, "BYTEA") == 0;
	}
}

static int
check_kinds(void *ctx, const struct nvr_export_table *t)
{
	char type[32];
	bool flag;

	for (int i = 0; i < t->n; i++) {
		const struct nvr_export_column *c = &t->column[i];

		if (c->of[0] != '\0')
			continue;
		look_up(t->name, c->name, type, &flag);
		if (!fits(c, type, flag))
			fail_msg("%s.%s: a %s is of kind %d; give it one in "
				 "lib/store/export.c, or name it as a count "
				 "here",
			    t->name, c->name, type, c->kind);
		if (strstr(c->purpose, "sealed") != NULL &&
		    strcmp(type, "BYTEA") == 0)
			assert_int_equal(c->kind, NVR_EXPORT_SEALED);
		++*(int *)ctx;
	}
	return 0;
}

static void
each_exported_column_has_a_kind_that_fits_its_type(void **state)
{
	int n = 0;

	(void)state;
	ok(nvr_export_tables(s->store, check_kinds, &n, &err));
	assert_int_equal(n,
	    count("nvr.db",
		"SELECT COUNT(*) FROM privacy_column WHERE exported = 1", 0));
}

static int
check_owned(void *ctx, const struct nvr_export_table *t)
{
	bool owned = false;

	(void)ctx;
	for (int i = 0; i < t->all; i++)
		owned |= strcmp(t->column[i].name, "account_id") == 0;
	if (t->n > 0 && !owned)
		fail_msg("%s is exported, and has no account", t->name);
	return 0;
}

static void
each_exported_table_has_an_account(void **state)
{
	(void)state;
	ok(nvr_export_tables(s->store, check_owned, NULL, &err));
}

struct counting {
	int64_t account;
	int rows, tables;
};

static int
count_row(void *ctx, const struct nvr_export_row *r)
{
	(void)r;
	((struct counting *)ctx)->rows++;
	return 0;
}

static int
count_table(void *ctx, const struct nvr_export_table *t)
{
	struct counting *c = ctx;
	int was = c->rows;

	if (t->n == 0)
		return 0;
	ok(nvr_export_rows(
	    s->store, t, c->account, INT64_MAX, count_row, c, &err));
	if (c->rows != was + 1)
		fail_msg("%s: %d rows", t->name, c->rows - was);
	c->tables++;
	return 0;
}

static void
nobodys(const char *table)
{
	sqlf("UPDATE %s SET account_id = 0", table);
}

static void
each_table_gives_the_accounts_one_row(void **state)
{
	struct counting a = {.account = whole_person("a@example.org")};
	struct counting b = {.account = whole_person("b@example.org")};
	static const char *const footage[] = {"run", "segment", "open_segment",
	    "event", "hold", "access", "baseline", "asked", "camera_recipient",
	    "incident", "audit", "attempt", "departure", "step", "usage",
	    "schedule_camera"};

	(void)state;
	ok(nvr_export_tables(s->store, count_table, &a, &err));
	ok(nvr_export_tables(s->store, count_table, &b, &err));
	assert_true(a.tables > 30);
	/* Nobody's, that hang on its camera or its audit. */
	for (size_t i = 0; i < sizeof(footage) / sizeof(footage[0]); i++)
		nobodys(footage[i]);
	ok(nvr_export_tables(s->store, count_table, &a, &err));
	ok(nvr_export_tables(s->store, count_table, &b, &err));
}

static void
a_schedule_of_others_cameras_too_is_nobodys(void **state)
{
	int64_t a = whole_person("a@example.org"), b;
	struct nvr_archive x = {.n = 0};

	(void)state;
	b = whole_person("b@example.org");
	ok(export_of(a, &x));
	assert_non_null(archived(&x, "data/schedule.jsonl"));
	archive_drop(&x);
	sqlf("INSERT INTO schedule_camera SELECT x.schedule_id, c.id, 0 FROM"
	     " schedule_camera x, camera c, camera k WHERE c.account_id = %lld"
	     " AND k.account_id = %lld AND x.camera_id = k.id",
	    (long long)b, (long long)a);
	ok(export_of(a, &x));
	assert_null(archived(&x, "data/schedule.jsonl"));
	archive_drop(&x);
}

struct walk {
	const char *table;
	int64_t account, rows, last, sub;
	bool sorted;
};

static int
walk_row(void *ctx, const struct nvr_export_row *r)
{
	struct walk *w = ctx;
	int64_t key = r->value[0].number, sub = r->value[1].number;

	w->rows++;
	w->sorted &= key > w->last || (key == w->last && sub > w->sub);
	w->last = key;
	w->sub = sub;
	return 0;
}

static int
walk_table(void *ctx, const struct nvr_export_table *t)
{
	struct walk *w = ctx;

	if (strcmp(t->name, w->table) != 0)
		return 0;
	w->sorted = true;
	return nvr_export_rows(
	    s->store, t, w->account, INT64_MAX, walk_row, w, &err);
}

/* n audits of a camera, every second one of nobody, each with a finding. */
static void
add_audits(int64_t camera, int64_t account, int from, int n)
{
	sqlf("WITH RECURSIVE k(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM k"
	     " WHERE i < %d) INSERT INTO audit (id, account_id, camera_id,"
	     " camera_name, at, duration_us, type, origin, analyzer,"
	     " schema_version, status) SELECT (i * 7919) %% 1000003 + 10,"
	     " CASE i %% 4 WHEN 0 THEN 0 ELSE %lld END, %lld, 'gate', i, 1,"
	     " 'regular', 'x', 'local', 1, 'ok' FROM k",
	    from, from + n - 1, (long long)account, (long long)camera);
	sqlf("INSERT INTO finding (audit_id, ordinal, account_id, label,"
	     " verdict, evidence) SELECT id, 1, CASE at %% 2 WHEN 0 THEN 0 ELSE"
	     " account_id END, 'x', 'no', 'y' FROM audit WHERE camera_id = %lld"
	     " AND at >= %d",
	    (long long)camera, from);
}

static void
assert_walk(const char *table, int64_t account, int64_t rows)
{
	struct walk w = {table, account, .last = -1};

	ok(nvr_export_tables(s->store, walk_table, &w, &err));
	if (w.rows != rows || !w.sorted)
		fail_msg("%s: %lld rows of %lld, %s", table, (long long)w.rows,
		    (long long)rows, w.sorted ? "sorted" : "not sorted");
}

static void
few_rows_and_many_come_by_their_key(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");

	(void)state;
	sqlf("INSERT INTO camera (id, account_id, name, url, recipient,"
	     " created_at, changed_at) VALUES (1, %lld, 'gate', 'x', 'x', 1, 1)"
	     ", (2, %lld, 'gate', 'x', 'x', 1, 1), (3, 0, 'gate', 'x', 'x', 1,"
	     " 1)",
	    (long long)a, (long long)b);
	add_audits(1, a, 0, 300);
	add_audits(2, b, 1000, 200);
	add_audits(3, 0, 2000, 100);
	assert_walk("audit", a, 300);
	assert_walk("finding", a, 300);
	assert_walk("audit", b, 200);
	assert_walk("finding", b, 200);
	add_audits(1, a, 10000, 60000);
	assert_walk("audit", a, 60300);
	assert_walk("finding", a, 60300);
	assert_walk("audit", b, 200);
	assert_walk("finding", b, 200);
}

static void
what_another_account_has_at_ones_camera_stays_its_own(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");

	(void)state;
	sqlf("INSERT INTO camera (id, account_id, name, url, recipient,"
	     " created_at, changed_at) VALUES (1, %lld, 'gate', 'x', 'x', 1,"
	     " 1)",
	    (long long)b);
	add_audits(1, a, 1, 10); /* the camera was a's once; 2 are nobody's */
	assert_walk("audit", a, 8);
	assert_walk("audit", b, 2);
	assert_walk("finding", b, 2);
}

static int
never(void *ctx, const struct nvr_export_table *t)
{
	(void)ctx, (void)t;
	return 0;
}

static void
names_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = {"camera\"; DROP TABLE audit; --",
	    "../../etc/passwd", "Capitals", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *sql = sqlite3_mprintf(
		    "CREATE TABLE IF NOT EXISTS \"%w\" (account_id BIGINT"
		    " PRIMARY KEY); INSERT INTO privacy_column (table_name,"
		    " column_name, purpose, legal_basis, retention, exported,"
		    " erase) VALUES (%Q, 'account_id', 'x', 'none', 'x', 1,"
		    " 'keep')",
		    bad[i], bad[i]);

		sqlf("%s", sql);
		assert_int_equal(
		    nvr_export_tables(s->store, never, NULL, &err), NVR_E_DATA);
		sqlf("DELETE FROM privacy_column WHERE purpose = 'x'");
		sqlite3_free(sql);
	}
	/* One that is no table of the schema is not there. */
	sqlf(
	    "INSERT INTO privacy_column (table_name, column_name, purpose,"
	    " legal_basis, retention, exported, erase) VALUES ('sqlite_master',"
	    " 'sql', 'x', 'none', 'x', 1, 'keep'), ('camera', 'none', 'x',"
	    " 'none', 'x', 1, 'keep')");
	ok(nvr_export_tables(s->store, never, NULL, &err));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_exported_column_has_a_kind_that_fits_its_type),
	    TEST(each_exported_table_has_an_account),
	    TEST(each_table_gives_the_accounts_one_row),
	    TEST(a_schedule_of_others_cameras_too_is_nobodys),
	    TEST(few_rows_and_many_come_by_their_key),
	    TEST(what_another_account_has_at_ones_camera_stays_its_own),
	    TEST(names_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
