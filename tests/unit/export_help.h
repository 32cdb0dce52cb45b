/*
 * An account with a row of every table, and an archive in memory in place of
 * the one that core/archive.h writes: its files by path, and its gaps.
 */
#ifndef TESTS_EXPORT_HELP_H
#define TESTS_EXPORT_HELP_H

#include "core/export_int.h"
#include "fill_help.h"

#include "core/export.h"
#include "core/log.h"
#include "store/db.h"
#include "store/export.h"
#include "store/sealed.h"

#define NOW (1790000000 * NVR_SECOND)

struct nvr_archive_file {
	char path[NVR_ARCHIVE_PATH];
	struct nvr_buf text;
	int64_t rows;
	bool taken;
};
struct nvr_archive {
	struct nvr_archive_file *file[256];
	size_t n;
	char gap[64][512];
	int64_t gaps;
};

__typeof__(nvr_archive_file) __wrap_nvr_archive_file;
__typeof__(nvr_archive_file_write) __wrap_nvr_archive_file_write;
__typeof__(nvr_archive_file_put) __wrap_nvr_archive_file_put;
__typeof__(nvr_archive_file_free) __wrap_nvr_archive_file_free;
__typeof__(nvr_archive_add) __wrap_nvr_archive_add;
__typeof__(nvr_archive_gap) __wrap_nvr_archive_gap;
__typeof__(nvr_archive_gaps) __wrap_nvr_archive_gaps;

int
__wrap_nvr_archive_file(struct nvr_archive *a, const char *path,
    struct nvr_archive_file **ret, struct nvr_error *e)
{
	struct nvr_archive_file *f = calloc(1, sizeof(*f));

	(void)e;
	assert_non_null(f);
	assert_true(a->n < 256);
	strlcpy(f->path, path, sizeof(f->path));
	*ret = a->file[a->n++] = f;
	return 0;
}

int
__wrap_nvr_archive_file_write(struct nvr_archive_file *f, const void *data,
    size_t len, struct nvr_error *e)
{
	return nvr_buf_add(&f->text, data, len, e);
}

int
__wrap_nvr_archive_file_put(
    struct nvr_archive_file *f, int64_t rows, struct nvr_error *e)
{
	(void)e;
	f->rows = rows;
	f->taken = f->text.len > 0 || rows != 0;
	return 0;
}

void
__wrap_nvr_archive_file_free(struct nvr_archive_file *f)
{
	(void)f; /* it is in the list */
}

int
__wrap_nvr_archive_add(struct nvr_archive *a, const char *path,
    const void *data, size_t len, int64_t rows, struct nvr_error *e)
{
	struct nvr_archive_file *f;
	int rc = __wrap_nvr_archive_file(a, path, &f, e);

	if (rc == 0)
		rc = __wrap_nvr_archive_file_write(f, data, len, e);
	f->rows = rows;
	f->taken = true;
	return rc;
}

/* Media, of which these accounts have no files. */
int
nvr_archive_begin(
    struct nvr_archive *a, const char *path, uint64_t size, struct nvr_error *e)
{
	(void)a, (void)size, (void)e;
	fail_msg("%s", path);
	return NVR_E_BUG;
}

int
nvr_archive_write(
    struct nvr_archive *a, const void *data, size_t len, struct nvr_error *e)
{
	(void)a, (void)data, (void)len, (void)e;
	return NVR_E_BUG;
}

int
nvr_archive_end(struct nvr_archive *a, struct nvr_error *e)
{
	(void)a, (void)e;
	return NVR_E_BUG;
}

int
__wrap_nvr_archive_gap(struct nvr_archive *a, const char *what,
    struct nvr_error *e, const char *why, ...)
{
	char text[400];
	va_list ap;

	(void)e;
	assert_true(a->gaps < 64);
	va_start(ap, why);
	vsnprintf(text, sizeof(text), why, ap);
	va_end(ap);
	snprintf(a->gap[a->gaps++], sizeof(a->gap[0]), "%s: %s", what, text);
	return 0;
}

int64_t
__wrap_nvr_archive_gaps(const struct nvr_archive *a)
{
	return a->gaps;
}

static inline void
archive_drop(struct nvr_archive *a)
{
	for (size_t i = 0; i < a->n; i++) {
		nvr_buf_release(&a->file[i]->text);
		free(a->file[i]);
	}
	memset(a, 0, sizeof(*a));
}

/* Its text; NULL: there is no such file. */
static inline const char *
archived(const struct nvr_archive *a, const char *path)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->file[i]->taken && strcmp(a->file[i]->path, path) == 0)
			return a->file[i]->text.data != NULL
				   ? a->file[i]->text.data
				   : "";
	return NULL;
}

/* The path of a file that has it, or NULL. */
static inline const char *
archive_has(const struct nvr_archive *a, const char *text)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->file[i]->taken && a->file[i]->text.len > 0 &&
		    memmem(a->file[i]->text.data, a->file[i]->text.len, text,
			strlen(text)) != NULL)
			return a->file[i]->path;
	return NULL;
}

/* Runs SQL past all rules; %lld and %s as in printf. */
static inline void
sqlf(const char *fmt, ...)
{
	sqlite3 *db = raw("nvr.db");
	char text[2048], *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sqlite3_exec(db,
	    "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
	    NULL, NULL, NULL);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	sqlite3_close(db);
}

static inline int
fill_flags(void *ctx, const struct nvr_export_table *t)
{
	for (int i = 0; i < t->n; i++)
		if (t->column[i].kind == NVR_EXPORT_BOOL &&
		    t->column[i].of[0] == '\0')
			sqlf("UPDATE %s SET %s = 1 WHERE %s > 1", t->name,
			    t->column[i].name, t->column[i].name);
	(void)ctx;
	return 0;
}

/* What a sealed column of the row says: `site.name of ID of ACCOUNT`. */
static inline void
sealed_text(const struct nvr_sealed_column *c, int64_t account, int64_t row,
    char text[128])
{
	snprintf(text, 128, "%s.%s of %lld of %lld", c->table, c->column,
	    (long long)row, (long long)account);
}

static inline void
seal_column(sqlite3 *db, const struct nvr_sealed_column *c, int64_t account)
{
	struct nvr_column at = {c->table, c->column, 0};
	char sql[256], text[128];
	sqlite3_stmt *q, *u;

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE account_id = ?1",
	    c->row, c->table);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), 0);
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = ?1 WHERE %s = ?2",
	    c->table, c->column, c->row);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &u, NULL), 0);
	sqlite3_bind_int64(q, 1, account);
	while (sqlite3_step(q) == SQLITE_ROW) {
		struct nvr_buf sealed = {0};

		at.row = sqlite3_column_int64(q, 0);
		sealed_text(c, account, at.row, text);
		ok(nvr_sealed_put(s, c->own ? 0 : account, &at, text,
		    strlen(text), &sealed, &err));
		sqlite3_bind_blob(
		    u, 1, sealed.data, (int)sealed.len, SQLITE_TRANSIENT);
		sqlite3_bind_int64(u, 2, at.row);
		assert_int_equal(sqlite3_step(u), SQLITE_DONE);
		sqlite3_reset(u);
		nvr_buf_release(&sealed);
	}
	sqlite3_finalize(q);
	sqlite3_finalize(u);
}

/* All that can be sealed for it is; the log's rows are as they are written. */
static inline void
seal_all(int64_t account)
{
	sqlite3 *db = raw("nvr.db");

	for (const struct nvr_sealed_column *c = nvr_sealed_columns;
	     c->table != NULL; c++)
		if (strcmp(c->table, "log") != 0 &&
		    strcmp(c->row, "camera_id") != 0)
			seal_column(db, c, account);
	sqlite3_close(db);
}

/* An account with a row of every table that has one. */
static inline int64_t
whole_person(const char *email)
{
	int64_t id = person(email);

	fill(id, true);
	ok(nvr_export_tables(s->store, fill_flags, NULL, &err));
	sqlf("UPDATE account SET business = x'00', restricted_why = x'00',"
	     " password = x'00' WHERE account_id = %lld",
	    (long long)id);
	sqlf("UPDATE camera SET url = 'rtsp://url-' || id || '/', sub_url ="
	     " 'rtsp://sub-' || id || '/', snapshot_url = 'http://snap-' || id"
	     " || '/' WHERE account_id = %lld",
	    (long long)id);
	/* What no program gives an account. */
	sqlf("UPDATE schedule SET account_id = 0");
	seal_all(id);
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(
	    s, id, "test.done", json_pack("{ss}", "word", email), &err));
	ok(nvr_store_commit(s->store, &err));
	return id;
}

static inline int
export_of(int64_t account, struct nvr_archive *a)
{
	const struct nvr_export_account o = {
	    .account = account, .now = NOW, .language = "en"};

	return nvr_export_account(s, &o, a, &err);
}

/* Pictures go into archives that are real. */
int
nvr_export_media(struct nvr_state *state, const struct nvr_export_account *o,
    struct nvr_archive *a, struct nvr_error *e)
{
	(void)state, (void)o, (void)a, (void)e;
	return 0;
}

#endif
