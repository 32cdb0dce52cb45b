/*
 * The rows of an account go; see erase.h.
 *
 * Each transaction goes through all tables, in their order, and further than
 * the first that has something left only if there is time: so what comes to a
 * table in between is not missed.
 */
#include <string.h>

#include "store/audit.h"
#include "store/db.h"
#include "store/erase_int.h"

struct erasing {
	struct nvr_store *st;
	const struct nvr_erasing *to;
};

/* The accounts in hand, for this connection alone. */
static const char ERASING[] =
    "CREATE TEMP TABLE IF NOT EXISTS erasing (account_id BIGINT PRIMARY KEY)";
static const char CLEAR[] = "DELETE FROM erasing";
static const char ADD[] = "INSERT INTO erasing (account_id) VALUES (?1)"
			  " ON CONFLICT (account_id) DO NOTHING";
#define CAMERAS "(SELECT id FROM camera WHERE " NVR_ERASING ")"

/* What refers to others comes first. */
static const char REGISTER[] =
    "SELECT a.table_name, a.erase, EXISTS (SELECT 1 FROM privacy_column c"
    " WHERE c.table_name = a.table_name AND c.column_name = 'camera_id')"
    " FROM privacy_column a WHERE a.column_name = 'account_id'"
    " AND a.erase IN ('delete', 'null') ORDER BY CASE a.table_name"
    " WHEN 'camera' THEN 1 WHEN 'site' THEN 2 WHEN 'account' THEN 3 ELSE 0 END,"
    " a.table_name";
static const char COLUMNS[] =
    "SELECT column_name FROM privacy_column WHERE table_name = ?1"
    " ORDER BY column_name";
static const char NULLED[] =
    "SELECT column_name FROM privacy_column WHERE table_name = ?1"
    " AND erase = 'null' AND column_name <> 'account_id' ORDER BY column_name";

/* Rows of one statement: of some tables each has some hundred kilobytes. */
#define SOME 16
#define LIMIT_SOME " LIMIT 16"

#define BY_ACCOUNT(table) \
	"SELECT id FROM " table " WHERE " NVR_ERASING LIMIT_SOME
#define BY_CAMERA(table) \
	"SELECT id FROM " table " WHERE camera_id IN " CAMERAS LIMIT_SOME
static const char STILLS_OF[] = BY_ACCOUNT("still");
static const char STILLS_AT[] = BY_CAMERA("still");
static const char STILL_GARBAGE[] =
    "INSERT INTO garbage (path, added_at) SELECT 'media/' || path,"
    " CAST(?2 AS BIGINT) FROM still WHERE id = ?1"
    " ON CONFLICT (path) DO NOTHING";
static const char STILL_DROP[] = "DELETE FROM still WHERE id = ?1";
static const char AUDITS_OF[] = BY_ACCOUNT("audit");
static const char AUDITS_AT[] = BY_CAMERA("audit");
/* An audit takes its rows along, except these. */
static const char LABELS_DROP[] = "DELETE FROM label WHERE audit_id = ?1";
static const char AUDIT_DROP[] = "DELETE FROM audit WHERE id = ?1";
/* A schedule whose cameras were all theirs tells of them; one for all cameras
 * does not. */
static const char SCHEDULES[] =
    "DELETE FROM schedule WHERE id IN (SELECT x.schedule_id"
    " FROM schedule_camera x WHERE x.camera_id IN " CAMERAS
    " AND NOT EXISTS (SELECT 1 FROM schedule_camera y WHERE y.schedule_id ="
    " x.schedule_id AND y.camera_id NOT IN " CAMERAS ")" LIMIT_SOME ")";
/* Nor is footage kept around findings forgotten with its audits. */
static const char FOUND[] =
    "INSERT INTO incident (camera_id, at, account_id) SELECT u.camera_id,"
    " COALESCE(u.taken_at, u.at), 0 FROM audit u JOIN camera c"
    " ON c.id = u.camera_id WHERE c.retain_events_us IS NOT NULL"
    " AND u.id = ?1 AND EXISTS (SELECT 1 FROM finding f"
    " WHERE f.audit_id = u.id AND f.verdict = 'yes')"
    " ON CONFLICT (camera_id, at) DO NOTHING";
/* What the site said of its cameras' footage holds on. */
#define LIMIT(column, of)                                         \
	" " column " = COALESCE(" column ", (SELECT NULLIF(x." of \
	", 0) FROM site x WHERE x.id = camera.site_id)),"
#define LIMITS                                \
	LIMIT("retain_us", "retain_us")       \
	LIMIT("retain_bytes", "retain_bytes") \
	LIMIT("retain_sub_us", "retain_us")   \
	LIMIT("retain_sub_bytes", "retain_bytes")
static const char SITES[] =
    "UPDATE camera SET" LIMITS
    " site_id = NULL WHERE id IN (SELECT id FROM camera WHERE site_id IN"
    " (SELECT id FROM site WHERE " NVR_ERASING ")" LIMIT_SOME ")";
/* Which say when it recorded, and nothing of that is left. */
static const char RUNS[] =
    "DELETE FROM run WHERE id IN (SELECT r.id FROM run r WHERE r.camera_id IN"
    " (SELECT c.id FROM camera c WHERE c." NVR_ERASING
    " AND NOT EXISTS (SELECT 1 FROM segment x WHERE x.camera_id = c.id)"
    " AND NOT EXISTS (SELECT 1 FROM open_segment x WHERE x.camera_id = c.id)"
    " AND NOT EXISTS (SELECT 1 FROM hold x WHERE x.camera_id = "
    "c.id))" LIMIT_SOME ")";
/* These a camera would take along. */
static const char INCIDENTS[] =
    "DELETE FROM incident WHERE (camera_id, at) IN (SELECT camera_id, at"
    " FROM incident WHERE camera_id IN " CAMERAS LIMIT_SOME ")";
static const char EVENTS[] =
    "DELETE FROM event WHERE id IN (" BY_CAMERA("event") ")";

/*
 * Statements that are no constants, here and in count_rows of store.c: a table
 * and its columns are no parameters.  The names come from the register of our
 * own schema and are quoted all the same.
 */
static int
run_built(struct erasing *e, sqlite3_str *sql, struct nvr_error *err)
{
	char *text = sqlite3_str_finish(sql);
	sqlite3_stmt *stmt = NULL;
	int code = SQLITE_NOMEM, n = 0;

	if (text != NULL)
		code = sqlite3_prepare_v2(e->st->db, text, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		do {
			sqlite3_step(stmt);
			code = sqlite3_reset(stmt);
			n = code == SQLITE_OK ? nvr_db_changes(e->st) : 0;
		} while (n == SOME && !nvr_store_enough(e->st));
	sqlite3_finalize(stmt);
	sqlite3_free(text);
	if (code != SQLITE_OK)
		return nvr_db_fail(e->st, code, err);
	return n > 0 && nvr_store_enough(e->st);
}

/* The same of a constant. */
static int
run_some(struct erasing *e, const char *sql, struct nvr_error *err)
{
	int rc, n = 0;

	do {
		rc = nvr_db_run(e->st, sql, err, "");
		n = rc == 0 ? nvr_db_changes(e->st) : 0;
	} while (n == SOME && !nvr_store_enough(e->st));
	return rc == 0 ? n > 0 && nvr_store_enough(e->st) : rc;
}

/* Some of them, by the columns of its key: `WHERE (a, b) IN (SELECT a, b FROM
 * table WHERE`. */
static int
add_some(struct erasing *e, sqlite3_str *sql, const char *table,
    struct nvr_error *err)
{
	sqlite3_str *keys = sqlite3_str_new(e->st->db);
	struct nvr_query q;
	int rc = nvr_db_query(e->st, &q, COLUMNS, err, "t", table), key;
	char *list;

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		rc = 0;
		if (sqlite3_table_column_metadata(e->st->db, NULL, table,
			nvr_db_text(&q, 0), NULL, NULL, NULL, &key,
			NULL) == SQLITE_OK &&
		    key)
			sqlite3_str_appendf(keys, "%s\"%w\"",
			    sqlite3_str_length(keys) > 0 ? ", " : "",
			    nvr_db_text(&q, 0));
	}
	nvr_db_done(&q);
	list = sqlite3_str_finish(keys);
	if (rc == 0 && list == NULL)
		rc = nvr_fail(err, NVR_E_DATA,
		    "the register has no key of table '%s'", table);
	if (rc == 0)
		sqlite3_str_appendf(sql,
		    " WHERE (%s) IN (SELECT %s FROM \"%w\" WHERE ", list, list,
		    table);
	sqlite3_free(list);
	return rc;
}

static int
run_of(struct erasing *e, sqlite3_str *sql, const char *table,
    const char *which, struct nvr_error *err)
{
	int rc = add_some(e, sql, table, err);

	sqlite3_str_appendf(sql, "%s" LIMIT_SOME ")", which);
	if (rc == 0)
		return run_built(e, sql, err);
	sqlite3_free(sqlite3_str_finish(sql));
	return rc;
}

static int
delete_of(struct erasing *e, const char *table, const char *which,
    struct nvr_error *err)
{
	sqlite3_str *sql = sqlite3_str_new(e->st->db);

	sqlite3_str_appendf(sql, "DELETE FROM \"%w\"", table);
	return run_of(e, sql, table, which, err);
}

static int
make_nobodys(struct erasing *e, const char *table, struct nvr_error *err)
{
	sqlite3_str *sql = sqlite3_str_new(e->st->db);
	struct nvr_query q;
	int rc = nvr_db_query(e->st, &q, NULLED, err, "t", table);

	sqlite3_str_appendf(sql, "UPDATE \"%w\" SET account_id = 0", table);
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		sqlite3_str_appendf(sql, ", \"%w\" = NULL", nvr_db_text(&q, 0));
		rc = 0;
	}
	nvr_db_done(&q);
	if (rc == 0)
		return run_of(e, sql, table, NVR_ERASING, err);
	sqlite3_free(sqlite3_str_finish(sql));
	return rc;
}

static int
drop_still(struct erasing *e, int64_t id, struct nvr_error *err)
{
	int rc = nvr_db_run(e->st, STILL_GARBAGE, err, "ii", id, e->to->now);

	return rc == 0 ? nvr_db_run(e->st, STILL_DROP, err, "i", id) : rc;
}

static int
drop_audit(struct erasing *e, int64_t id, struct nvr_error *err)
{
	bool heavy = false;
	int rc = nvr_db_run(e->st, FOUND, err, "i", id);

	if (rc == 0)
		rc = nvr_audit_heavy(e->st, id, &heavy, err);
	if (rc == 0 && heavy)
		rc = nvr_audit_lighten(e->st, id, err);
	if (rc == 0)
		rc = nvr_db_run(e->st, LABELS_DROP, err, "i", id);
	return rc == 0 ? nvr_db_run(e->st, AUDIT_DROP, err, "i", id) : rc;
}

/* Those that it finds, one by one. */
static int
drop_each(struct erasing *e, const char *sql,
    int (*drop)(struct erasing *e, int64_t id, struct nvr_error *err),
    struct nvr_error *err)
{
	int64_t id[SOME];
	struct nvr_query q;
	int rc, n;

	do {
		n = 0;
		rc = nvr_db_query(e->st, &q, sql, err, "");
		while (
		    rc == 0 && n < SOME && (rc = nvr_db_step(&q, err)) == 1) {
			id[n++] = nvr_db_int(&q, 0);
			rc = 0;
		}
		nvr_db_done(&q);
		for (int i = 0; rc == 0 && i < n; i++) {
			rc = drop(e, id[i], err);
			if (rc == 0 && nvr_store_enough(e->st))
				rc = 1;
		}
	} while (rc == 0 && n == SOME);
	return rc;
}

static int
go_of_cameras(struct erasing *e, const char *table, struct nvr_error *err)
{
	if (strcmp(table, "still") == 0)
		return drop_each(e, STILLS_AT, drop_still, err);
	if (strcmp(table, "audit") == 0)
		return drop_each(e, AUDITS_AT, drop_audit, err);
	return delete_of(e, table, "camera_id IN " CAMERAS, err);
}

static int
go_of_accounts(struct erasing *e, const char *table, struct nvr_error *err)
{
	if (strcmp(table, "still") == 0)
		return drop_each(e, STILLS_OF, drop_still, err);
	if (strcmp(table, "audit") == 0)
		return drop_each(e, AUDITS_OF, drop_audit, err);
	return delete_of(e, table, NVR_ERASING, err);
}

static int
each_table(struct erasing *e, bool of_cameras, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(e->st, &q, REGISTER, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const char *table = nvr_db_text(&q, 0);
		bool goes = strcmp(nvr_db_text(&q, 1), "delete") == 0;

		rc = 0;
		if (of_cameras && goes && nvr_db_int(&q, 2) != 0)
			rc = go_of_cameras(e, table, err);
		else if (!of_cameras && goes)
			rc = go_of_accounts(e, table, err);
		else if (!of_cameras)
			rc = make_nobodys(e, table, err);
		if (rc == 1)
			break;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_erase_take(struct nvr_store *st, const struct nvr_erased *list, size_t n,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, ERASING, err, "");

	if (rc == 0)
		rc = nvr_db_run(st, CLEAR, err, "");
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (list[i].account <= 0)
			return nvr_fail(err, NVR_E_USAGE,
			    "what belongs to no account is not erased");
		rc = nvr_db_run(st, ADD, err, "i", list[i].account);
	}
	return rc;
}

int
nvr_erase_rows(
    struct nvr_store *st, const struct nvr_erasing *to, struct nvr_error *err)
{
	struct erasing e = {st, to};
	int rc = run_some(&e, SCHEDULES, err);

	if (rc == 0)
		rc = each_table(&e, true, err);
	if (rc == 0)
		rc = run_some(&e, SITES, err);
	if (rc == 0)
		rc = run_some(&e, RUNS, err);
	if (rc == 0)
		rc = nvr_erase_adopt(st, to, err);
	if (rc == 0)
		rc = run_some(&e, EVENTS, err);
	if (rc == 0)
		rc = run_some(&e, INCIDENTS, err);
	return rc == 0 ? each_table(&e, false, err) : rc;
}
