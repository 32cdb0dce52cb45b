/*
 * An account's rows of a table; see export.h.  One statement finds their keys,
 * another gets each by its key, under a limit of its own.
 *
 * They come in the order of the key.  Sorting would keep all of them in memory,
 * so an account's keys are looked up ahead while they are few, and else the
 * table is gone through as it lies.
 */
#include <string.h>

#include "store/export_rows_int.h"

#define FEW 50000 /* keys, of 20 bytes or so each */

/* Its second half lets indices be used that leave nobody's rows out. */
#define OWN "account_id = ?1 AND account_id <> 0"
#define CAMERAS "(SELECT id FROM camera WHERE " OWN ")"
#define OF_CAMERAS "account_id = 0 AND camera_id IN " CAMERAS
#define AUDITS                             \
	"(SELECT id FROM audit WHERE " OWN \
	" UNION ALL SELECT id FROM audit WHERE " OF_CAMERAS ")"
#define SCHEDULES                                                              \
	"(SELECT x.schedule_id FROM schedule_camera x WHERE x.camera_id "      \
	"IN " CAMERAS " AND NOT EXISTS (SELECT 1 FROM schedule_camera y"       \
	" WHERE y.schedule_id = x.schedule_id AND y.camera_id NOT IN " CAMERAS \
	"))"

/*
 * What of nobody's is the account's: to be looked up, and to be asked of a row
 * at hand, which takes no list of all audits.  Without an index, which is what
 * the sign is for.
 */
struct reach {
	const char *few, *many;
};
static const struct reach of_none = {"1 = 0", "1 = 0"};
static const struct reach of_camera = {
    OF_CAMERAS, "+t.account_id = 0 AND +t.camera_id IN " CAMERAS};
static const struct reach of_audit = {"account_id = 0 AND audit_id IN " AUDITS,
    "+t.account_id = 0 AND EXISTS (SELECT 1 FROM audit u"
    " WHERE u.id = t.audit_id AND (u.account_id = ?1 OR (u.account_id = 0"
    " AND u.camera_id IN " CAMERAS ")))"};
static const struct reach of_schedule = {"account_id = 0 AND id IN " SCHEDULES,
    "+t.account_id = 0 AND +t.id IN " SCHEDULES};

static const char MANY_AUDITS[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM " AUDITS " LIMIT ?2) AS some";
static const char KEY[] =
    "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";

static bool
has_column(const struct nvr_export_table *t, const char *name)
{
	for (int i = 0; i < t->all; i++)
		if (strcmp(t->column[i].name, name) == 0)
			return true;
	return false;
}

static const struct reach *
reach_of(const struct nvr_export_table *t)
{
	if (strcmp(t->name, "schedule") == 0)
		return &of_schedule;
	return has_column(t, "camera_id")  ? &of_camera
	       : has_column(t, "audit_id") ? &of_audit
					   : &of_none;
}

static int
read_key(struct nvr_export_source *r)
{
	struct nvr_query q;
	int n = 0;
	int rc = nvr_db_query(r->st, &q, KEY, r->err, "t", r->t->name);

	while (rc == 0 && (rc = nvr_db_step(&q, r->err)) == 1) {
		const char *name = nvr_db_text(&q, 0);

		rc = 0;
		n++;
		sqlite3_str_appendf(
		    r->key, "%st.\"%w\"", n == 1 ? "" : ", ", name);
		sqlite3_str_appendf(r->match, "%st.\"%w\" = ?%d",
		    n == 1 ? "" : " AND ", name, n);
	}
	nvr_db_done(&q);
	r->keys = sqlite3_str_finish(r->key);
	r->join = sqlite3_str_finish(r->match);
	r->key = r->match = NULL;
	if (rc == 0 && n > 0 && (r->keys == NULL || r->join == NULL))
		rc = nvr_fail_nomem(r->err);
	if (rc == 0 && n == 0)
		rc = nvr_fail(r->err, NVR_E_DATA,
		    "the table '%s' has no key to export it by", r->t->name);
	return rc;
}

static int
bind(struct nvr_export_source *r, sqlite3_stmt *stmt, int i, int64_t value)
{
	int code = sqlite3_bind_int64(stmt, i, value);

	return code == SQLITE_OK ? 0 : nvr_db_fail(r->st, code, r->err);
}

/* Whether there are too many to be looked up. */
static int
are_many(struct nvr_export_source *r, const struct reach *reach, bool *ret)
{
	sqlite3_str *sql = sqlite3_str_new(r->st->db);
	sqlite3_stmt *stmt = NULL;
	int64_t audits = 0;
	int rc = 0;

	if (reach == &of_audit)
		rc = nvr_db_number(r->st, MANY_AUDITS, &audits, r->err, "ii",
		    r->account, (int64_t)FEW);
	*ret = audits >= FEW;
	sqlite3_str_appendf(sql,
	    "SELECT COUNT(*) FROM (SELECT 1 FROM \"%w\" WHERE " OWN
	    " UNION ALL SELECT 1 FROM \"%w\" WHERE %s LIMIT %d)",
	    r->t->name, r->t->name, reach->few, FEW);
	if (rc != 0 || *ret) {
		sqlite3_free(sqlite3_str_finish(sql));
		return rc;
	}
	rc = nvr_export_prepare(r, sql, &stmt);
	if (rc == 0)
		rc = bind(r, stmt, 1, r->account);
	if (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0) >= FEW;
	else if (rc == 0)
		rc = nvr_db_fail(r->st, sqlite3_errcode(r->st->db), r->err);
	sqlite3_finalize(stmt);
	return rc;
}

static int
prepare_keys(struct nvr_export_source *r, const struct reach *reach, bool many)
{
	sqlite3_str *sql = sqlite3_str_new(r->st->db);

	if (many)
		sqlite3_str_appendf(sql,
		    "SELECT %s FROM \"%w\" t WHERE +t.account_id = ?1 OR (%s)"
		    " ORDER BY %s",
		    r->keys, r->t->name, reach->many, r->keys);
	else
		sqlite3_str_appendf(sql,
		    "SELECT %s FROM \"%w\" t WHERE " OWN
		    " UNION SELECT %s FROM \"%w\" t WHERE %s ORDER BY %s",
		    r->keys, r->t->name, r->keys, r->t->name, reach->few,
		    r->keys);
	return nvr_export_prepare(r, sql, &r->each);
}

static void
release(struct nvr_export_source *r)
{
	sqlite3_free(sqlite3_str_finish(r->key));
	sqlite3_free(sqlite3_str_finish(r->match));
	sqlite3_free(r->keys);
	sqlite3_free(r->join);
	sqlite3_finalize(r->each);
	sqlite3_finalize(r->one);
	sqlite3_finalize(r->skimmed);
	sqlite3_finalize(r->value);
}

int
nvr_export_rows(struct nvr_store *st, const struct nvr_export_table *t,
    int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_export_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_export_source r = {.st = st,
	    .t = t,
	    .account = account,
	    .now = now,
	    .tell_later = has_column(t, "tell_at"),
	    .key = sqlite3_str_new(st->db),
	    .match = sqlite3_str_new(st->db),
	    .err = err};
	const struct reach *reach = reach_of(t);
	bool many = false;
	int rc = 0;

	if (account <= 0 || t->n == 0 || !has_column(t, "account_id"))
		rc = nvr_fail(
		    err, NVR_E_BUG, "nothing of '%s' is an account's", t->name);
	if (rc == 0)
		rc = read_key(&r);
	if (rc == 0)
		rc = are_many(&r, reach, &many);
	if (rc == 0)
		rc = prepare_keys(&r, reach, many);
	if (rc == 0)
		rc = bind(&r, r.each, 1, account);
	if (rc == 0)
		rc = nvr_export_run(&r, row, ctx);
	release(&r);
	return rc;
}

/* What of a table is in a stretch of time. */
static const struct {
	const char *table, *where;
} within[] = {
    {"access", "t.camera_id = ?2 AND t.until > ?3 AND t.since < ?4"},
    {"audit", "t.camera_id = ?2 AND t.at >= ?3 AND t.at < ?4"},
    {"event", "t.camera_id = ?2 AND t.at >= ?3 AND t.at < ?4"},
    {"finding", "t.audit_id IN (SELECT id FROM audit WHERE camera_id = ?2"
		" AND at >= ?3 AND at < ?4)"},
    {"hold", "t.camera_id = ?2 AND t.until > ?3 AND t.since < ?4"},
    {"run", "t.id IN (SELECT run_id FROM segment WHERE camera_id = ?2"
	    " AND end_at > ?3 AND start_at < ?4)"},
};

static const char *
where_within(const char *table)
{
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		if (strcmp(within[i].table, table) == 0)
			return within[i].where;
	return NULL;
}

int
nvr_export_stretch(struct nvr_store *st, const struct nvr_export_table *t,
    const struct nvr_export_stretch *of,
    int (*row)(void *ctx, const struct nvr_export_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_export_source r = {.st = st,
	    .t = t,
	    .key = sqlite3_str_new(st->db),
	    .match = sqlite3_str_new(st->db),
	    .err = err};
	const int64_t value[] = {of->account, of->camera, of->since, of->until};
	const char *where = where_within(t->name);
	sqlite3_str *sql = sqlite3_str_new(st->db);
	int rc = 0;

	if (where == NULL || t->n == 0)
		rc = nvr_fail(
		    err, NVR_E_BUG, "nothing of '%s' is a camera's", t->name);
	if (rc == 0)
		rc = read_key(&r);
	if (rc == 0) {
		sqlite3_str_appendf(sql,
		    "SELECT %s FROM \"%w\" t WHERE t.account_id IN (0, ?1)"
		    " AND %s ORDER BY %s",
		    r.keys, t->name, where, r.keys);
		rc = nvr_export_prepare(&r, sql, &r.each);
		sql = NULL;
	}
	/* Not all of them ask for all of these. */
	for (int i = 0; rc == 0 && i < sqlite3_bind_parameter_count(r.each);
	     i++)
		rc = bind(&r, r.each, i + 1, value[i]);
	if (rc == 0)
		rc = nvr_export_run(&r, row, ctx);
	sqlite3_free(sqlite3_str_finish(sql));
	release(&r);
	return rc;
}
