/* Finding rows to export, and reading them; see export.h. */
#ifndef NVR_STORE_EXPORT_ROWS_INT_H
#define NVR_STORE_EXPORT_ROWS_INT_H

#include "store/db.h"
#include "store/export.h"

struct nvr_export_source {
	struct nvr_store *st;
	const struct nvr_export_table *t;
	int64_t account;
	int64_t now;	 /* till which what is to be told later may be told */
	bool tell_later; /* see now */
	sqlite3_str *key, *match; /* `t."a", t."b"`, `t."a" = ?1 AND …` */
	char *keys, *join;	  /* the same */
	sqlite3_stmt *each, *one, *skimmed, *value;
	struct nvr_error *err;
};

/* The text is freed. */
int nvr_export_prepare(
    struct nvr_export_source *r, sqlite3_str *sql, sqlite3_stmt **ret);

/* The rows whose keys `each` gives. */
int nvr_export_run(struct nvr_export_source *r,
    int (*row)(void *ctx, const struct nvr_export_row *x), void *ctx);

#endif
