/* Copies of a whole database; see backup.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "store/backup.h"
#include "store/db.h"

#define PAGES 1024		   /* copied at once */
#define PATIENCE (30 * NVR_SECOND) /* for others who hold it */
#define SETTLE_MS 500

static const char SNAPSHOT[] = "BEGIN";
static const char LOOK[] = "SELECT COUNT(*) FROM migration";
/* Should it fail half way the file goes: nothing has to last before. */
static const char FAST[] = "PRAGMA synchronous = OFF;"
			   "PRAGMA journal_mode = MEMORY;";
static const char ALONE[] = "PRAGMA journal_mode = DELETE;";
static const char INTEGRITY[] = "PRAGMA integrity_check(1)";
static const char NO_SESSIONS[] = "DELETE FROM session";
static const char NO_TOKENS[] = "DELETE FROM token";

struct copying {
	sqlite3_backup *b;
	sqlite3 *to;
	void (*told)(void *ctx, int done, int all);
	void *ctx;
};

static int
run_steps(struct copying *c, int pages)
{
	int64_t end = nvr_time_monotonic() + PATIENCE;
	int code;

	do {
		code = sqlite3_backup_step(c->b, pages);
		if (code == SQLITE_OK && c->told != NULL)
			c->told(c->ctx,
			    sqlite3_backup_pagecount(c->b) -
				sqlite3_backup_remaining(c->b),
			    sqlite3_backup_pagecount(c->b));
		if ((code & 0xff) == SQLITE_BUSY ||
		    (code & 0xff) == SQLITE_LOCKED) {
			if (nvr_time_monotonic() > end)
				return code;
			sqlite3_sleep(20);
			code = SQLITE_OK;
		}
	} while (code == SQLITE_OK);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The file alone is the copy, without a WAL. */
static int
make_alone(sqlite3 *db)
{
	return sqlite3_exec(db, ALONE, NULL, NULL, NULL);
}

static int
check_copy(sqlite3 *db, const char *path, struct nvr_error *err)
{
	sqlite3_stmt *stmt = NULL;
	const char *text = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(db, INTEGRITY, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(stmt, 0);
	if (text == NULL)
		text = sqlite3_errmsg(db);
	if (strcmp(text, "ok") != 0)
		rc = nvr_fail(err, NVR_E_DATA,
		    "what was copied to '%s' is damaged: %s", path, text);
	sqlite3_finalize(stmt);
	return rc;
}

/*
 * The read transaction is one state of the database for as long as the copy
 * takes; without it each write of another program would begin it anew.
 */
static int
fill(struct nvr_store *st, struct nvr_store *copy,
    void (*told)(void *ctx, int done, int all), void *ctx,
    struct nvr_error *err)
{
	struct copying c = {.to = copy->db, .told = told, .ctx = ctx};
	int64_t n;
	int code, rc = nvr_db_run(st, SNAPSHOT, err, "");

	if (rc == 0)
		rc = nvr_db_number(st, LOOK, &n, err, "");
	if (rc == 0) {
		c.b = sqlite3_backup_init(c.to, "main", st->db, "main");
		code =
		    c.b == NULL ? sqlite3_errcode(c.to) : run_steps(&c, PAGES);
		sqlite3_backup_finish(c.b);
		if (code == SQLITE_OK)
			code = make_alone(c.to);
		if (code != SQLITE_OK)
			rc = nvr_db_fail(copy, code, err);
	}
	nvr_store_rollback(st);
	return rc == 0 ? check_copy(c.to, copy->path, err) : rc;
}

int
nvr_store_copy(struct nvr_store *st, const char *to,
    void (*told)(void *ctx, int done, int all), void *ctx,
    struct nvr_error *err)
{
	struct nvr_store copy = {.path = strdup(to)};
	int code, rc = 0, fd;

	if (copy.path == NULL)
		return nvr_fail_nomem(err);
	fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		rc = nvr_fail_errno(err, 0, "cannot create '%s'", to);
		free(copy.path);
		return rc;
	}
	close(fd);
	code = sqlite3_open_v2(
	    to, &copy.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(copy.db, FAST, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		rc = fill(st, &copy, told, ctx, err);
	else
		rc = nvr_db_fail(&copy, code, err);
	sqlite3_close(copy.db);
	if (rc == 0)
		rc = nvr_file_sync(to, err);
	if (rc != 0)
		unlink(to);
	free(copy.path);
	return rc;
}

int
nvr_store_replace(
    struct nvr_store *st, struct nvr_store *from, struct nvr_error *err)
{
	struct copying c = {.to = st->db};
	int code;

	c.b = sqlite3_backup_init(st->db, "main", from->db, "main");
	code = c.b == NULL ? sqlite3_errcode(st->db) : run_steps(&c, -1);
	if (c.b != NULL && code == SQLITE_OK)
		code = sqlite3_backup_finish(c.b);
	else if (c.b != NULL)
		sqlite3_backup_finish(c.b);
	return code == SQLITE_OK ? 0 : nvr_db_fail(st, code, err);
}

int
nvr_store_sign_out(struct nvr_store *st, struct nvr_error *err)
{
	int rc = nvr_db_run(st, NO_SESSIONS, err, "");

	return rc == 0 ? nvr_db_run(st, NO_TOKENS, err, "") : rc;
}

int
nvr_store_settle(struct nvr_store *st, struct nvr_error *err)
{
	int code, patience = st->patience;

	nvr_store_patience(st, SETTLE_MS);
	code = sqlite3_wal_checkpoint_v2(
	    st->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	nvr_store_patience(st, patience);
	return code == SQLITE_OK ? 0 : nvr_db_fail(st, code, err);
}
