/* Statements; see db.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

int
nvr_db_fail(struct nvr_store *st, int code, struct nvr_error *err)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return nvr_fail(err, NVR_E_AGAIN,
		    "the store '%s' is locked by another program; try again",
		    st->path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return nvr_fail(err, NVR_E_PERMISSION,
		    "the store '%s' cannot be written: it, its folder or its "
		    "disk is read-only to this user",
		    st->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return nvr_fail(err, NVR_E_DATA,
		    "the store '%s' is damaged (%s); run 'nvr-store check', "
		    "and restore it from a backup",
		    st->path, sqlite3_errmsg(st->db));
	case SQLITE_IOERR:
		if (st->db == NULL || sqlite3_system_errno(st->db) != ENOSPC)
			break;
		/* FALLTHROUGH */
	case SQLITE_FULL:
		return nvr_fail(err, NVR_E_IO,
		    "no space left on the disk of the store '%s'; nothing "
		    "was changed",
		    st->path);
	case SQLITE_CANTOPEN:
		errno = sqlite3_system_errno(st->db);
		if (errno != 0 && errno != ENOENT)
			return nvr_fail_errno(
			    err, 0, "cannot open the store '%s'", st->path);
		return nvr_fail(err, NVR_E_NOENT,
		    "cannot open the store '%s'; 'nvr-store init' makes one",
		    st->path);
	case SQLITE_NOMEM:
		return nvr_fail_nomem(err);
	case SQLITE_CONSTRAINT:
		return nvr_fail(err, NVR_E_CREATE, "the store refuses it: %s",
		    sqlite3_errmsg(st->db));
	default:
		break;
	}
	return nvr_fail(err, NVR_E_IO, "the store '%s': %s", st->path,
	    st->db != NULL ? sqlite3_errmsg(st->db) : sqlite3_errstr(code));
}

/* Those of a set, by the text's address: Fibonacci hashing. */
static int
set_of(const char *sql)
{
	uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);

	return (int)(h >> 40) % (NVR_DB_STATEMENTS / NVR_DB_SET) * NVR_DB_SET;
}

/*
 * Into the place of the one that was used longest ago and is not in use.
 * There may be none, and the same text may be in use: the statement is then
 * the query's own.
 */
static int
find_statement(struct nvr_store *st, const char *sql, struct nvr_query *q)
{
	int first = set_of(sql), code, at = -1;

	q->busy = NULL;
	for (int i = first; i < first + NVR_DB_SET; i++) {
		if (st->cache[i].sql == sql) {
			at = st->cache[i].busy ? -1 : i;
			break;
		}
		if (!st->cache[i].busy &&
		    (at < 0 || st->cache[i].used < st->cache[at].used))
			at = i;
	}
	if (at < 0)
		return sqlite3_prepare_v3(st->db, sql, -1, 0, &q->stmt, NULL);
	if (st->cache[at].sql != sql) {
		code = sqlite3_prepare_v3(
		    st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
		if (code != SQLITE_OK)
			return code;
		sqlite3_finalize(st->cache[at].stmt);
		st->cache[at].sql = sql;
		st->cache[at].stmt = q->stmt;
	}
	q->stmt = st->cache[at].stmt;
	q->busy = &st->cache[at].busy;
	*q->busy = true;
	st->cache[at].used = ++st->uses;
	return SQLITE_OK;
}

static int
bind_all(sqlite3_stmt *stmt, const char *signature, va_list ap)
{
	int code = SQLITE_OK;
	const void *data;
	const char *text;
	int64_t v;
	double r;

	for (int i = 1; *signature != '\0' && code == SQLITE_OK; i++) {
		switch (*signature++) {
		case 'i':
			v = va_arg(ap, int64_t);
			code = sqlite3_bind_int64(stmt, i, v);
			break;
		case 's':
			v = va_arg(ap, int64_t);
			code = v != 0 ? sqlite3_bind_int64(stmt, i, v)
				      : sqlite3_bind_null(stmt, i);
			break;
		case 't':
			text = va_arg(ap, const char *);
			code =
			    sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
			break;
		case 'r':
			r = va_arg(ap, double);
			code = sqlite3_bind_double(stmt, i, r);
			break;
		case 'b':
			data = va_arg(ap, const void *);
			code = sqlite3_bind_blob64(
			    stmt, i, data, va_arg(ap, size_t), SQLITE_STATIC);
			break;
		default:
			return SQLITE_MISUSE;
		}
	}
	return code;
}

static int
start(struct nvr_store *st, struct nvr_query *q, const char *sql,
    struct nvr_error *err, const char *signature, va_list ap)
{
	int code;

	q->st = st;
	q->stmt = NULL;
	code = find_statement(st, sql, q);
	if (code != SQLITE_OK)
		return nvr_db_fail(st, code, err);
	code = bind_all(q->stmt, signature, ap);
	if (code == SQLITE_OK)
		return 0;
	nvr_db_done(q);
	return nvr_db_fail(st, code, err);
}

int
nvr_db_query(struct nvr_store *st, struct nvr_query *q, const char *sql,
    struct nvr_error *err, const char *signature, ...)
{
	va_list ap;
	int rc;

	va_start(ap, signature);
	rc = start(st, q, sql, err, signature, ap);
	va_end(ap);
	return rc;
}

int
nvr_db_step(struct nvr_query *q, struct nvr_error *err)
{
	int code = sqlite3_step(q->stmt);

	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	return nvr_db_fail(q->st, code, err);
}

void
nvr_db_done(struct nvr_query *q)
{
	if (q->stmt == NULL)
		return;
	if (q->busy != NULL) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
		*q->busy = false;
	} else {
		sqlite3_finalize(q->stmt);
	}
	q->stmt = NULL;
}

int
nvr_db_pairs(struct nvr_query *q, int rc,
    int (*row)(void *ctx, int64_t a, int64_t b), void *ctx,
    struct nvr_error *err)
{
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1)
		rc = row(ctx, nvr_db_int(q, 0), nvr_db_int(q, 1));
	nvr_db_done(q);
	return rc;
}

int
nvr_db_run(struct nvr_store *st, const char *sql, struct nvr_error *err,
    const char *signature, ...)
{
	struct nvr_query q;
	va_list ap;
	int rc;

	va_start(ap, signature);
	rc = start(st, &q, sql, err, signature, ap);
	va_end(ap);
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_db_number(struct nvr_store *st, const char *sql, int64_t *ret,
    struct nvr_error *err, const char *signature, ...)
{
	struct nvr_query q;
	va_list ap;
	int rc;

	va_start(ap, signature);
	rc = start(st, &q, sql, err, signature, ap);
	va_end(ap);
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc >= 0)
		*ret = rc == 1 ? nvr_db_int(&q, 0) : 0;
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_db_changes(struct nvr_store *st)
{
	return sqlite3_changes(st->db);
}

int
nvr_db_changed(struct nvr_store *st, int rc, bool *ret)
{
	if (rc == 0)
		*ret = nvr_db_changes(st) == 1;
	return rc;
}

int64_t
nvr_db_int_or(struct nvr_query *q, int column, int64_t null)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL
		   ? null
		   : sqlite3_column_int64(q->stmt, column);
}

int64_t
nvr_db_int(struct nvr_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

double
nvr_db_real(struct nvr_query *q, int column)
{
	if (sqlite3_column_type(q->stmt, column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(q->stmt, column);
}

const char *
nvr_db_text(struct nvr_query *q, int column)
{
	return (const char *)sqlite3_column_text(q->stmt, column);
}

const void *
nvr_db_blob(struct nvr_query *q, int column, size_t *len)
{
	*len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return sqlite3_column_blob(q->stmt, column);
}

struct nvr_blob
nvr_db_bytes(struct nvr_query *q, int column)
{
	struct nvr_blob b;

	b.data = nvr_db_blob(q, column, &b.len);
	return b;
}
