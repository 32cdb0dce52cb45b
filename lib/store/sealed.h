/*
 * The columns that are sealed under the keys of accounts, all of them, for
 * whoever replaces such a key.  What the bytes are is in core/keys.h.  A lint
 * compares this table with privacy_column.
 */
#ifndef NVR_STORE_SEALED_H
#define NVR_STORE_SEALED_H

#include <stddef.h>

#include "store/store.h"

struct nvr_sealed_column {
	const char *table, *column;
	const char *row; /* the column by which a value was sealed */
	bool own;	 /* under the store's own key, whosever the row is */
	/* ?1 account, ?2 only rows above it, ?3 at most so many: (row, value)
	 */
	const char *select;
	/* ?1 value, ?2 row, ?3 the value that it replaces */
	const char *replace;
};
extern const struct nvr_sealed_column
    nvr_sealed_columns[]; /* table NULL ends */

/*
 * Values of the account (0: the store's own) above the row `after`, by row, at
 * most `limit`, or all of a row that holds several.  Borrowed for the call of
 * row(); stops at non-zero.
 */
int nvr_sealed_each(struct nvr_store *st, const struct nvr_sealed_column *c,
    int64_t account, int64_t after, int64_t limit,
    int (*row)(void *ctx, int64_t row, const void *sealed, size_t len),
    void *ctx, struct nvr_error *err);

/* Unless another program has changed it since then. */
int nvr_sealed_replace(struct nvr_store *st, const struct nvr_sealed_column *c,
    int64_t row, const void *old, size_t old_len, const void *sealed,
    size_t len, struct nvr_error *err);

#endif
