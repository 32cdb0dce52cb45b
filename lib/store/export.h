/*
 * What the register of columns (privacy_column) says is exported: its tables,
 * and an account's rows of each.
 *
 * Names of tables and columns are of the register, which is of the store, and a
 * store may come from anywhere: only those are taken that the schema has, too.
 */
#ifndef NVR_STORE_EXPORT_H
#define NVR_STORE_EXPORT_H

#include "store/footage.h"
#include "store/still.h"

enum nvr_export_kind {
	NVR_EXPORT_TEXT,
	NVR_EXPORT_INT,
	NVR_EXPORT_REAL,
	NVR_EXPORT_BOOL,
	NVR_EXPORT_TIME, /* microseconds since 1970, UTC */
	NVR_EXPORT_SPAN, /* microseconds */
	NVR_EXPORT_ID,	 /* 0: of none */
	NVR_EXPORT_BYTES,
	NVR_EXPORT_SEALED, /* under the account's key: core/keys.h opens it */
};

#define NVR_EXPORT_NAME 40
#define NVR_EXPORT_COLUMNS 64
struct nvr_export_column {
	char name[NVR_EXPORT_NAME];
	enum nvr_export_kind kind;
	char purpose[160], basis[16], retention[160];
	/* Of that column, which stays, it is only said whether it has a value:
	 * `has_credentials`.  "": it is its own value. */
	char of[NVR_EXPORT_NAME];
};
struct nvr_export_table {
	char name[NVR_EXPORT_NAME];
	char rule[24]; /* what ends its rows; see core/retain.h */
	struct nvr_export_column column[NVR_EXPORT_COLUMNS];
	int n;	 /* columns that are exported, in the schema's order; 0: none */
	int all; /* from n on: what is held as well, and never leaves */
};

/* All of them, by name.  Borrowed for the call; stops at non-zero. */
int nvr_export_tables(struct nvr_store *st,
    int (*table)(void *ctx, const struct nvr_export_table *t), void *ctx,
    struct nvr_error *err);

/* A value of a row, as its column's kind says. */
struct nvr_export_value {
	bool null;
	bool odd;	/* it is not of that kind, so it cannot be told */
	bool later;	/* odd, as it is long: nvr_export_fetch */
	bool too_long;	/* odd: it is longer than NVR_EXPORT_MOST */
	bool withheld;	/* it may hold somebody's password */
	int64_t number; /* INT, BOOL, TIME, SPAN, ID */
	double real;
	struct nvr_blob bytes; /* TEXT (its NUL not counted), BYTES, SEALED */
};
struct nvr_export_row {
	int64_t row; /* by which what is sealed was sealed; 0: nothing is */
	const struct nvr_export_value *value; /* as many as n */
	struct nvr_export_source *from;
};

/*
 * A row is not held with all its long values, of which a store from anywhere
 * may have as many as columns: one at a time, borrowed until the next.
 */
#define NVR_EXPORT_LONG ((size_t)64 * 1024) /* bytes */
#define NVR_EXPORT_MOST ((size_t)8 << 20)
int nvr_export_fetch(const struct nvr_export_row *r, int column,
    struct nvr_export_value *ret, struct nvr_error *err);

/*
 * The account's rows by key: those that are its own, and what is nobody's but
 * hangs on a camera or an audit of its own, or is a schedule of its cameras
 * alone: what an erasure takes (store/erase.h).  What another account's is, is
 * never among them; and of what the law lets be told
 * later (`tell_at`), what it lets be told by `now`.  One of few rows costs by
 * those, one of many by the table's, and no memory.  Borrowed for the call;
 * stops at non-zero.
 */
int nvr_export_rows(struct nvr_store *st, const struct nvr_export_table *t,
    int64_t account, int64_t now,
    int (*row)(void *ctx, const struct nvr_export_row *r), void *ctx,
    struct nvr_error *err);

/*
 * Of a camera in a stretch of time, of the account that it is of or nobody's:
 * most such rows name the camera alone, and are whose that is.  Rows of `run`,
 * `event`, `hold`, `access`, `audit` or `finding`; NVR_E_BUG for other
 * tables.  Otherwise as above.
 */
struct nvr_export_stretch {
	int64_t camera, account; /* 0: nobody's */
	int64_t since, until;	 /* until is not part of it */
};
int nvr_export_stretch(struct nvr_store *st, const struct nvr_export_table *t,
    const struct nvr_export_stretch *of,
    int (*row)(void *ctx, const struct nvr_export_row *r), void *ctx,
    struct nvr_error *err);

/*
 * Pictures of an account, as above.  Borrowed for the call; they stop at
 * non-zero.  Of a segment there are its ids, stream, times, size, hash and
 * seal; of a run, with id 0, when the account's first segment of it begins and
 * its last ends.
 */
int nvr_export_stills(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_still_row *s), void *ctx,
    struct nvr_error *err);
int nvr_export_segments(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err);
int nvr_export_runs(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err);
/* Cameras that it has, or has pictures of; shared: another account has some of
 * it, too, or has the camera itself. */
int nvr_export_cameras(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, int64_t camera, bool shared), void *ctx,
    struct nvr_error *err);

#endif
