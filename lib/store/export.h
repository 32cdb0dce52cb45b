/*
 * What the register of columns (privacy_column) says is exported: its tables,
 * and an account's rows of each.
 *
 * Names of tables and columns are of the register, which is of the store, and a
 * store may come from anywhere: only those are taken that the schema has, too.
 */
#ifndef NVR_STORE_EXPORT_H
#define NVR_STORE_EXPORT_H

#include "store/store.h"

enum nvr_export_kind {
	NVR_EXPORT_TEXT,
	NVR_EXPORT_INT,
	NVR_EXPORT_REAL,
	NVR_EXPORT_BOOL,
	NVR_EXPORT_TIME, /* microseconds since 1970, UTC */
	NVR_EXPORT_SPAN, /* microseconds */
	NVR_EXPORT_ID,
	NVR_EXPORT_BYTES,
	NVR_EXPORT_SEALED, /* under the account's key: core/keys.h opens it */
};

#define NVR_EXPORT_COLUMNS 48
struct nvr_export_column {
	char name[40];
	enum nvr_export_kind kind;
	char purpose[160], basis[16], retention[160];
};
struct nvr_export_table {
	char name[40];
	struct nvr_export_column column[NVR_EXPORT_COLUMNS];
	int n;
	/* The columns of all of them, exported or not, whose values never
	 * leave: for the page that says what else is held. */
	char held[512];
};

/* By name.  Borrowed for the call; stops at non-zero. */
int nvr_export_tables(struct nvr_store *st,
    int (*table)(void *ctx, const struct nvr_export_table *t), void *ctx,
    struct nvr_error *err);

/* A value of a row, as its column's kind says; NULL for none. */
struct nvr_export_value {
	bool null;
	int64_t number; /* INT, BOOL, TIME, SPAN, ID */
	double real;
	struct nvr_blob bytes; /* TEXT (its NUL not counted), BYTES, SEALED */
};
struct nvr_export_row {
	int64_t row; /* by which what is sealed was sealed; 0: nothing is */
	const struct nvr_export_value *value; /* as many as columns */
};

/*
 * The account's rows by key: those that are its own, and what is nobody's but
 * hangs on a camera or an audit of its own.  What another account's is, is
 * never among them.  Borrowed for the call; stops at non-zero.
 */
int nvr_export_rows(struct nvr_store *st, const struct nvr_export_table *t,
    int64_t account, int (*row)(void *ctx, const struct nvr_export_row *r),
    void *ctx, struct nvr_error *err);

#endif
