/* The rows of an account go; see erase.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "store/db.h"
#include "store/erase.h"

/* The accounts in hand, for this connection alone. */
static const char ERASING[] =
    "CREATE TEMP TABLE IF NOT EXISTS erasing (account_id BIGINT PRIMARY KEY)";
static const char CLEAR[] = "DELETE FROM erasing";
static const char ADD[] = "INSERT INTO erasing (account_id) VALUES (?1)"
			  " ON CONFLICT (account_id) DO NOTHING";
/* Its second half lets indices be used that leave nobody's rows out. */
#define THEIRS \
	"account_id IN (SELECT account_id FROM erasing) AND account_id <> 0"
#define CAMERAS "(SELECT id FROM camera WHERE " THEIRS ")"

/* What refers to others comes first. */
static const char REGISTER[] =
    "SELECT a.table_name, a.erase, EXISTS (SELECT 1 FROM privacy_column c"
    " WHERE c.table_name = a.table_name AND c.column_name = 'camera_id')"
    " FROM privacy_column a WHERE a.column_name = 'account_id'"
    " AND a.erase IN ('delete', 'null') ORDER BY CASE a.table_name"
    " WHEN 'camera' THEN 1 WHEN 'site' THEN 2 WHEN 'account' THEN 3 ELSE 0 END,"
    " a.table_name";
static const char NULLED[] =
    "SELECT column_name FROM privacy_column WHERE table_name = ?1"
    " AND erase = 'null' AND column_name <> 'account_id' ORDER BY column_name";

static const char STILLS[] =
    "INSERT INTO garbage (path, added_at) SELECT 'media/' || path,"
    " CAST(?1 AS BIGINT) FROM still WHERE " THEIRS " OR camera_id IN " CAMERAS
    " ON CONFLICT (path) DO NOTHING";
/* An audit takes its rows along, except these. */
static const char LABELS[] =
    "DELETE FROM label WHERE audit_id IN (SELECT id FROM audit WHERE " THEIRS
    " OR camera_id IN " CAMERAS ")";
/* A schedule whose cameras were all theirs tells of them; one for all cameras
 * does not. */
static const char SCHEDULES[] =
    "DELETE FROM schedule WHERE id IN (SELECT schedule_id FROM schedule_camera"
    " WHERE camera_id IN " CAMERAS ") AND id NOT IN (SELECT schedule_id"
    " FROM schedule_camera WHERE camera_id NOT IN " CAMERAS ")";
/* Nor is footage kept around findings forgotten with its audits. */
static const char FOUND[] =
    "INSERT INTO incident (camera_id, at, account_id) SELECT u.camera_id,"
    " COALESCE(u.taken_at, u.at), 0 FROM audit u JOIN camera c"
    " ON c.id = u.camera_id WHERE c.retain_events_us IS NOT NULL"
    " AND u.id IN (SELECT id FROM audit WHERE " THEIRS " OR camera_id IN"
    " " CAMERAS ") AND EXISTS (SELECT 1 FROM finding f"
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
    " site_id = NULL WHERE site_id IN (SELECT id FROM site WHERE " THEIRS ")";
/* Which say when it recorded, and nothing of that is left. */
static const char RUNS[] =
    "DELETE FROM run WHERE camera_id IN " CAMERAS
    " AND NOT EXISTS (SELECT 1 FROM segment x WHERE x.camera_id ="
    " run.camera_id) AND NOT EXISTS (SELECT 1 FROM open_segment x"
    " WHERE x.camera_id = run.camera_id) AND NOT EXISTS (SELECT 1 FROM hold x"
    " WHERE x.camera_id = run.camera_id)";
static const char RECORDED[] =
    "SELECT id, name FROM camera c WHERE c." THEIRS
    " AND (EXISTS (SELECT 1 FROM segment x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM open_segment x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM run x WHERE x.camera_id = c.id)"
    " OR EXISTS (SELECT 1 FROM hold x WHERE x.camera_id = c.id))"
    " ORDER BY id LIMIT 1";
static const char TAKEN[] = "SELECT 1 FROM camera WHERE account_id = 0"
			    " AND name = ?1 AND removed_at IS NULL";
/* It has not been recorded since its account was deleted. */
static const char ADOPT[] = "UPDATE camera SET account_id = 0, name = ?2,"
			    " record = 'none' WHERE id = ?1";

static const char ERASURE_PUT[] =
    "INSERT INTO erasure (account_id, at, mac) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (account_id) DO UPDATE SET at = excluded.at,"
    " mac = excluded.mac";
static const char ERASURE_EACH[] =
    "SELECT account_id, at, mac FROM erasure ORDER BY account_id";
static const char ERASURE_OF[] =
    "SELECT account_id, at, mac FROM erasure WHERE account_id = ?1";
static const char DUE[] =
    "SELECT account_id, deleted_at FROM account WHERE deleted_at IS NOT NULL"
    " AND deleted_at < ?1 AND restricted_at IS NULL"
    " AND (deleted_at, account_id) > (?2, ?3)"
    " ORDER BY deleted_at, account_id LIMIT ?4";
static const char ACCOUNTS[] = "SELECT COUNT(*) FROM account";
static const char THERE[] = "SELECT 1 FROM account WHERE account_id = ?1";

/*
 * Statements that are no constants, here and in count_rows of store.c: a table
 * and its columns are no parameters.  The names come from the register of our
 * own schema and are quoted all the same.
 */
static int
run_built(struct nvr_store *st, sqlite3_str *sql, struct nvr_error *err)
{
	char *text = sqlite3_str_finish(sql);
	int code = SQLITE_NOMEM;

	if (text != NULL)
		code = sqlite3_exec(st->db, text, NULL, NULL, NULL);
	sqlite3_free(text);
	return code == SQLITE_OK ? 0 : nvr_db_fail(st, code, err);
}

static int
delete_of_cameras(
    struct nvr_store *st, const char *table, struct nvr_error *err)
{
	sqlite3_str *sql = sqlite3_str_new(st->db);

	sqlite3_str_appendf(
	    sql, "DELETE FROM \"%w\" WHERE camera_id IN " CAMERAS, table);
	return run_built(st, sql, err);
}

static int
delete_of_accounts(
    struct nvr_store *st, const char *table, struct nvr_error *err)
{
	sqlite3_str *sql = sqlite3_str_new(st->db);

	sqlite3_str_appendf(sql, "DELETE FROM \"%w\" WHERE " THEIRS, table);
	return run_built(st, sql, err);
}

static int
make_nobodys(struct nvr_store *st, const char *table, struct nvr_error *err)
{
	sqlite3_str *sql = sqlite3_str_new(st->db);
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, NULLED, err, "t", table);

	sqlite3_str_appendf(sql, "UPDATE \"%w\" SET account_id = 0", table);
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		sqlite3_str_appendf(sql, ", \"%w\" = NULL", nvr_db_text(&q, 0));
		rc = 0;
	}
	nvr_db_done(&q);
	sqlite3_str_appendall(sql, " WHERE " THEIRS);
	if (rc == 0)
		return run_built(st, sql, err);
	sqlite3_free(sqlite3_str_finish(sql));
	return rc;
}

/* Nobody's cameras have names of their own, so one may have to be renamed. */
static int
adopt(struct nvr_store *st, int64_t camera, const char *name,
    const struct nvr_erasing *to, struct nvr_error *err)
{
	char other[NVR_ID_TEXT + 8], id[NVR_ID_TEXT];
	int64_t taken = 0;
	int rc = nvr_db_number(st, TAKEN, &taken, err, "t", name);

	snprintf(other, sizeof(other), "camera-%s", nvr_id_format(camera, id));
	if (taken != 0)
		name = other;
	if (rc == 0)
		rc = nvr_db_run(st, ADOPT, err, "it", camera, name);
	return rc == 0 ? to->adopted(to->ctx, camera, name) : rc;
}

/* Cameras with footage stay, and all that belongs to it (C20). */
static int
adopt_recorded(
    struct nvr_store *st, const struct nvr_erasing *to, struct nvr_error *err)
{
	char name[256];
	struct nvr_query q;
	int64_t id = 0;
	int rc, there;

	do {
		rc = nvr_db_query(st, &q, RECORDED, err, "");
		if (rc == 0)
			rc = nvr_db_step(&q, err);
		there = rc == 1;
		if (there) {
			id = nvr_db_int(&q, 0);
			strlcpy(name, nvr_db_text(&q, 1), sizeof(name));
		}
		nvr_db_done(&q);
		if (there)
			rc = adopt(st, id, name, to, err);
	} while (rc == 0 && there);
	return rc;
}

static int
each_table(struct nvr_store *st, bool of_cameras, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, REGISTER, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const char *table = nvr_db_text(&q, 0);
		bool goes = strcmp(nvr_db_text(&q, 1), "delete") == 0;

		rc = 0;
		if (of_cameras && goes && nvr_db_int(&q, 2) != 0)
			rc = delete_of_cameras(st, table, err);
		else if (!of_cameras && goes)
			rc = delete_of_accounts(st, table, err);
		else if (!of_cameras)
			rc = make_nobodys(st, table, err);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_erase_rows(struct nvr_store *st, const struct nvr_erased *list, size_t n,
    const struct nvr_erasing *to, struct nvr_error *err)
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
	if (rc == 0)
		rc = nvr_db_run(st, STILLS, err, "i", to->now);
	if (rc == 0)
		rc = nvr_db_run(st, FOUND, err, "");
	if (rc == 0)
		rc = nvr_db_run(st, LABELS, err, "");
	if (rc == 0)
		rc = nvr_db_run(st, SCHEDULES, err, "");
	if (rc == 0)
		rc = each_table(st, true, err);
	if (rc == 0)
		rc = nvr_db_run(st, SITES, err, "");
	if (rc == 0)
		rc = nvr_db_run(st, RUNS, err, "");
	if (rc == 0)
		rc = adopt_recorded(st, to, err);
	return rc == 0 ? each_table(st, false, err) : rc;
}

int
nvr_erasure_put(struct nvr_store *st, const struct nvr_erased *e,
    const uint8_t mac[NVR_ERASURE_MAC], struct nvr_error *err)
{
	return nvr_db_run(st, ERASURE_PUT, err, "iib", e->account, e->at, mac,
	    (size_t)NVR_ERASURE_MAC);
}

int
nvr_erasure_each(struct nvr_store *st, int64_t account,
    int (*row)(
	void *ctx, const struct nvr_erased *e, const void *mac, size_t len),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = account == 0
		     ? nvr_db_query(st, &q, ERASURE_EACH, err, "")
		     : nvr_db_query(st, &q, ERASURE_OF, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_erased e = {nvr_db_int(&q, 0), nvr_db_int(&q, 1)};
		size_t len;
		const void *mac = nvr_db_blob(&q, 2, &len);

		rc = row(ctx, &e, mac, len);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_erasure_each_due(struct nvr_store *st, int64_t when,
    struct nvr_deleted after, int64_t limit,
    int (*row)(void *ctx, const struct nvr_deleted *d), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, DUE, err, "iiii", when, after.at, after.account, limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_deleted d = {nvr_db_int(&q, 0), nvr_db_int(&q, 1)};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_accounts_all(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, ACCOUNTS, ret, err, "");
}

int
nvr_account_there(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, THERE, &n, err, "i", id);

	*ret = n != 0;
	return rc;
}
