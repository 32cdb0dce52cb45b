/*
 * Statements, for lib/store alone.  A query is prepared once for each
 * connection, as long as it is not the one of many that was used longest ago,
 * and found again by the address of its text, so the text must be a constant.
 * While it runs the same text can be run again.  Parameters follow a signature,
 *one letter each:
 *
 *	i int64_t · t const char * · r double · b const void *, size_t
 *	s int64_t of which 0 is NULL
 *
 * A NULL text or blob binds NULL.
 *
 *	rc = nvr_db_run(st, INSERT_X, err, "it", id, name);
 *
 *	rc = nvr_db_query(st, &q, SELECT_X, err, "i", id);
 *	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
 *		rc = 0, name = nvr_db_text(&q, 0);
 *	nvr_db_done(&q);
 */
#ifndef NVR_STORE_DB_H
#define NVR_STORE_DB_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define NVR_DB_STATEMENTS 128 /* kept, in sets of so many */
#define NVR_DB_SET 8

struct nvr_store {
	sqlite3 *db;
	char *path;
	const struct nvr_migration *migrations;
	int patience;	/* milliseconds; see nvr_store_patience */
	int64_t schema; /* SQLite's number of it, when it was last looked at */
	int waited;	/* microseconds, for the lock that is waited for */
	int tried;	/* pages in the WAL at the last checkpoint */
	int64_t began;	/* the last transaction, on the monotonic clock */
	int written;	/* pages until then */
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
		uint64_t used; /* the greater the later */
		bool busy;     /* from its query to nvr_db_done */
	} cache[NVR_DB_STATEMENTS];
	uint64_t uses;
};

struct nvr_query {
	struct nvr_store *st;
	sqlite3_stmt *stmt;
	bool *busy; /* of the statement that is kept; NULL: of none */
};

/* share.c: how a connection waits for others, and when it checkpoints. */
void nvr_db_share(struct nvr_store *st);

/* What SQLite says, as an NVR_E code with the store's path and a way out. */
int nvr_db_fail(struct nvr_store *st, int code, struct nvr_error *err);

int nvr_db_query(struct nvr_store *st, struct nvr_query *q, const char *sql,
    struct nvr_error *err, const char *signature, ...);
/* 1: there is a row, 0: there is no more, negative: failed. */
int nvr_db_step(struct nvr_query *q, struct nvr_error *err);
void nvr_db_done(struct nvr_query *q);

/* The number in the one row that there may be; 0 where there is none. */
int nvr_db_number(struct nvr_store *st, const char *sql, int64_t *ret,
    struct nvr_error *err, const char *signature, ...);

/* Rows of two numbers of the query that rc is of, which then is over. */
int nvr_db_pairs(struct nvr_query *q, int rc,
    int (*row)(void *ctx, int64_t a, int64_t b), void *ctx,
    struct nvr_error *err);

/* A statement without rows. */
int nvr_db_run(struct nvr_store *st, const char *sql, struct nvr_error *err,
    const char *signature, ...);
/* How many rows the last one changed. */
int nvr_db_changes(struct nvr_store *st);
/* rc: of the last one; *ret, where it is 0: whether it changed one row. */
int nvr_db_changed(struct nvr_store *st, int rc, bool *ret);

/* Columns of the row; texts and blobs are borrowed until the next step. */
int64_t nvr_db_int(struct nvr_query *q, int column); /* NULL: 0 */
int64_t nvr_db_int_or(struct nvr_query *q, int column, int64_t null);
double nvr_db_real(struct nvr_query *q, int column);	  /* NULL: NaN */
const char *nvr_db_text(struct nvr_query *q, int column); /* NULL: NULL */
const void *nvr_db_blob(struct nvr_query *q, int column, size_t *len);
struct nvr_blob nvr_db_bytes(struct nvr_query *q, int column);

/*
 * What rows that are used must satisfy; see store/restrict.h.  t: the table,
 * or its alias, which has a column account_id.
 */
#define NVR_USABLE(t) \
	NVR_OF_ACCOUNT(t, "(r.restricted_at > 0 OR r.deleted_at > 0)")
/* The same by the camera, for what is of a camera and of no account. */
#define NVR_CAMERA_USABLE(t) \
	NVR_OF_CAMERA(t, "(r.restricted_at > 0 OR r.deleted_at > 0)")
/* And what may go, as it is no longer to be kept: of a deleted account, too. */
#define NVR_LOSABLE(t) NVR_OF_ACCOUNT(t, "r.restricted_at > 0")
#define NVR_CAMERA_LOSABLE(t) NVR_OF_CAMERA(t, "r.restricted_at > 0")

#define NVR_OF_ACCOUNT(t, barred)                               \
	" AND (" t ".account_id = 0 OR NOT EXISTS (SELECT 1"    \
	" FROM account r WHERE r.account_id = " t ".account_id" \
	" AND " barred "))"
#define NVR_OF_CAMERA(t, barred)                                    \
	" AND NOT EXISTS (SELECT 1 FROM camera k JOIN account r"    \
	" ON r.account_id = k.account_id AND " barred " WHERE k.id" \
	" = " t ".camera_id AND k.account_id <> 0)"

/*
 * Both: for rows with an account of their own and a camera, which may be
 * another account's by now.
 */
#define NVR_BOTH_USABLE(t) NVR_USABLE(t) NVR_CAMERA_USABLE(t)
#define NVR_BOTH_LOSABLE(t) NVR_LOSABLE(t) NVR_CAMERA_LOSABLE(t)
/* The same by the audit, for what is of one. */
#define NVR_AUDIT_USABLE(t)                                           \
	NVR_USABLE(t)                                                 \
	" AND NOT EXISTS (SELECT 1 FROM audit u JOIN camera k"        \
	" ON k.id = u.camera_id AND k.account_id <> 0 JOIN account r" \
	" ON r.account_id = k.account_id AND (r.restricted_at > 0 OR" \
	" r.deleted_at > 0) WHERE u.id = " t ".audit_id)"

/* Migrations, embedded at build time by share/sql/embed. */
struct nvr_migration {
	int version;
	const char *sha256; /* of the file, in hex */
	const char *sql;
};
/* sql NULL ends. */
extern const struct nvr_migration nvr_migrations[], nvr_key_migrations[];

int nvr_migrate(struct nvr_store *st, struct nvr_error *err);

#endif
