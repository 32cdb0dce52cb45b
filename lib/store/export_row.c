/*
 * Rows of a table, each by its key; see export.h.  One is read under a limit of
 * its own, so that memory is bounded whatever a store holds.
 */
#include <string.h>

#include "store/export_rows_int.h"
#include "store/sealed.h"

/* Borrowed names that it is made of come from the register
 * of our own schema, are there, and are quoted all the same. */
int
nvr_export_prepare(
    struct nvr_export_source *r, sqlite3_str *sql, sqlite3_stmt **ret)
{
	char *text = sqlite3_str_finish(sql);
	int code = SQLITE_NOMEM;

	if (text != NULL)
		code = sqlite3_prepare_v2(r->st->db, text, -1, ret, NULL);
	sqlite3_free(text);
	return code == SQLITE_OK ? 0 : nvr_db_fail(r->st, code, r->err);
}

static const char *
row_column(const struct nvr_export_table *t)
{
	const struct nvr_sealed_column *s = nvr_sealed_columns;

	for (; s->table != NULL; s++)
		if (strcmp(s->table, t->name) == 0)
			return s->row;
	return NULL;
}

static void
add_column(sqlite3_str *sql, const struct nvr_export_column *c, bool skimmed)
{
	if (skimmed && c->of[0] == '\0')
		sqlite3_str_appendall(sql, ", NULL");
	else if (c->of[0] != '\0')
		sqlite3_str_appendf(sql,
		    ", CASE WHEN t.\"%w\" IS NULL THEN 0 ELSE 1 END", c->of);
	else
		sqlite3_str_appendf(sql, ", t.\"%w\"", c->name);
}

/* A row by its key: the row by which it was sealed, and columns. */
static int
prepare_row(struct nvr_export_source *r, bool skimmed, int first, int end,
    sqlite3_stmt **ret)
{
	sqlite3_str *sql = sqlite3_str_new(r->st->db);
	const char *row = row_column(r->t);

	if (row != NULL)
		sqlite3_str_appendf(sql, "SELECT t.\"%w\"", row);
	else
		sqlite3_str_appendall(sql, "SELECT 0");
	for (int i = first; i < end; i++)
		add_column(sql, &r->t->column[i], skimmed);
	sqlite3_str_appendf(
	    sql, " FROM \"%w\" t WHERE %s", r->t->name, r->join);
	/* A procedure may forbid for a time that the person is told. */
	if (r->tell_later)
		sqlite3_str_appendf(sql, " AND t.tell_at <= %lld", r->now);
	return nvr_export_prepare(r, sql, ret);
}

/* What is read of it is no longer than that; else SQLITE_TOOBIG. */
static int
step_within(struct nvr_export_source *r, sqlite3_stmt *stmt, size_t most)
{
	int was = sqlite3_limit(r->st->db, SQLITE_LIMIT_LENGTH, (int)most);
	int code = sqlite3_step(stmt);

	sqlite3_limit(r->st->db, SQLITE_LIMIT_LENGTH, was);
	return code;
}

static int
step_row(struct nvr_export_source *r, sqlite3_stmt *stmt, size_t most)
{
	int code = SQLITE_OK;

	sqlite3_reset(stmt);
	for (int i = 0; code == SQLITE_OK && i < sqlite3_column_count(r->each);
	     i++)
		code = sqlite3_bind_value(
		    stmt, i + 1, sqlite3_column_value(r->each, i));
	return code == SQLITE_OK ? step_within(r, stmt, most) : code;
}

static void
take_number(struct nvr_export_value *v, sqlite3_stmt *stmt, int i, bool flag)
{
	v->number = sqlite3_column_int64(stmt, i);
	v->odd = sqlite3_column_type(stmt, i) != SQLITE_INTEGER ||
		 (flag && v->number != 0 && v->number != 1);
}

static void
take(struct nvr_export_value *v, enum nvr_export_kind kind, sqlite3_stmt *stmt,
    int i)
{
	int type = sqlite3_column_type(stmt, i);

	*v = (struct nvr_export_value){.null = type == SQLITE_NULL};
	if (v->null)
		return;
	switch (kind) {
	case NVR_EXPORT_TEXT:
		v->odd = type != SQLITE_TEXT;
		v->bytes.data = sqlite3_column_text(stmt, i);
		break;
	case NVR_EXPORT_BYTES:
	case NVR_EXPORT_SEALED:
		v->odd = type != SQLITE_BLOB;
		v->bytes.data = sqlite3_column_blob(stmt, i);
		break;
	case NVR_EXPORT_REAL:
		v->odd = type != SQLITE_FLOAT && type != SQLITE_INTEGER;
		v->real = sqlite3_column_double(stmt, i);
		return;
	default:
		take_number(v, stmt, i, kind == NVR_EXPORT_BOOL);
		return;
	}
	v->bytes.len = (size_t)sqlite3_column_bytes(stmt, i);
	if (v->bytes.data == NULL && v->bytes.len == 0)
		v->bytes.data = "";
	v->odd |= v->bytes.data == NULL;
}

int
nvr_export_fetch(const struct nvr_export_row *x, int i,
    struct nvr_export_value *ret, struct nvr_error *err)
{
	struct nvr_export_source *r = x->from;
	const struct nvr_export_column *c = &r->t->column[i];
	int code, rc;

	sqlite3_finalize(r->value);
	r->value = NULL;
	rc = prepare_row(r, false, i, i + 1, &r->value);
	if (rc != 0) {
		*err = *r->err;
		return rc;
	}
	*ret = (struct nvr_export_value){.odd = true, .too_long = true};
	code = step_row(r, r->value, NVR_EXPORT_MOST);
	if (code == SQLITE_ROW)
		take(ret, c->kind, r->value, 1);
	else if (code != SQLITE_TOOBIG)
		return nvr_db_fail(r->st, code, err);
	return 0;
}

/* The row at hand; all of one with a long value comes later. */
static int
take_row(struct nvr_export_source *r, struct nvr_export_row *x,
    struct nvr_export_value *value)
{
	sqlite3_stmt *stmt = r->one;
	int code = step_row(r, stmt, NVR_EXPORT_LONG);
	bool later = code == SQLITE_TOOBIG;

	if (later) {
		sqlite3_reset(stmt);
		stmt = r->skimmed;
		code = step_row(r, stmt, NVR_EXPORT_MOST);
	}
	if (code != SQLITE_ROW)
		return code;
	x->row = sqlite3_column_int64(stmt, 0);
	for (int i = 0; i < r->t->n; i++)
		if (later && r->t->column[i].of[0] == '\0')
			value[i] = (struct nvr_export_value){
			    .odd = true, .later = true};
		else
			take(&value[i], r->t->column[i].kind, stmt, i + 1);
	return code;
}

int
nvr_export_run(struct nvr_export_source *r,
    int (*row)(void *ctx, const struct nvr_export_row *x), void *ctx)
{
	struct nvr_export_value value[NVR_EXPORT_COLUMNS];
	struct nvr_export_row x = {.value = value, .from = r};
	int code, rc = prepare_row(r, false, 0, r->t->n, &r->one);

	if (rc == 0)
		rc = prepare_row(r, true, 0, r->t->n, &r->skimmed);
	while (rc == 0 && (code = step_within(r, r->each, NVR_EXPORT_LONG)) ==
			      SQLITE_ROW) {
		code = take_row(r, &x, value);
		if (code == SQLITE_ROW)
			rc = row(ctx, &x);
		else if (code != SQLITE_DONE) /* it is not to be told yet */
			break;
	}
	if (rc == 0 && code != SQLITE_DONE)
		rc = nvr_db_fail(r->st, code, r->err);
	return rc;
}
