/* The connection, its transactions and migrations; see store.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/text.h"
#include "base/time.h"
#include "store/db.h"

#define LONG (20 * NVR_MILLISECOND) /* of a transaction */
#define REST (10 * NVR_MILLISECOND)
#define MUCH 512 /* pages of it */

static const char PRAGMAS[] = "PRAGMA foreign_keys = ON;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA temp_store = MEMORY;";
static const char WAL[] = "PRAGMA journal_mode = WAL;";
static const char ALONE[] = "PRAGMA locking_mode = EXCLUSIVE;";
/* EXTRA: an unlinked journal that a power cut brings back undoes the commit. */
static const char NO_WAL[] = "PRAGMA journal_mode = DELETE;"
			     "PRAGMA synchronous = EXTRA;";
static const char SYNC_FULL[] = "PRAGMA synchronous = FULL;";
static const char SYNC_NORMAL[] = "PRAGMA synchronous = NORMAL;";
/* In KiB; the lesser is SQLite's own. */
static const char HOLD[] = "PRAGMA cache_size = -524288;";
static const char RELEASE[] = "PRAGMA cache_size = -2000;"
			      "PRAGMA shrink_memory;";
static const char BEGIN[] = "BEGIN IMMEDIATE";
static const char SNAPSHOT[] = "BEGIN";
static const char COMMIT[] = "COMMIT";
static const char ROLLBACK[] = "ROLLBACK";
static const char TRY[] = "SAVEPOINT try";
static const char TRIED[] = "RELEASE SAVEPOINT try";
static const char TAKE_BACK[] = "ROLLBACK TO SAVEPOINT try";
static const char HAS_SCHEMA[] =
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'";
static const char SCHEMA[] = "PRAGMA schema_version";
static const char VERSION[] = "SELECT COALESCE(MAX(version), 0) FROM migration";
static const char APPLIED[] =
    "SELECT version, sha256 FROM migration ORDER BY version";
static const char APPLY[] =
    "INSERT INTO migration (version, sha256, applied_at) VALUES (?1, ?2, ?3)";
static const char INTEGRITY[] = "PRAGMA integrity_check(1)";
static const char FOREIGN_KEYS[] = "PRAGMA foreign_key_check";
static const char TABLES[] =
    "SELECT name FROM sqlite_master WHERE type = 'table'"
    " AND name NOT LIKE 'sqlite_%' ORDER BY name";

static int
exec(struct nvr_store *st, const char *sql, struct nvr_error *err)
{
	int code = sqlite3_exec(st->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : nvr_db_fail(st, code, err);
}

static int
newest(const struct nvr_migration *m)
{
	int version = 0;

	for (; m->sql != NULL; m++)
		version = m->version;
	return version;
}

int
nvr_store_newest(void)
{
	return newest(nvr_migrations);
}

/* 0 when the store has no schema yet. */
int
nvr_store_version(struct nvr_store *st, int *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, HAS_SCHEMA, err, "");

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	nvr_db_done(&q);
	*ret = 0;
	if (rc <= 0)
		return rc;
	rc = nvr_db_query(st, &q, VERSION, err, "");
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc > 0)
		*ret = (int)nvr_db_int(&q, 0);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

/* SQLite's number changes with every table or index; it costs next to nothing
 * to look at. */
int
nvr_store_current(struct nvr_store *st, bool *ret, struct nvr_error *err)
{
	int64_t schema = 0;
	int version, rc = nvr_db_number(st, SCHEMA, &schema, err, "");

	*ret = rc == 0 && schema == st->schema;
	if (rc != 0 || *ret)
		return rc;
	rc = nvr_store_version(st, &version, err);
	*ret = rc == 0 && version == newest(st->migrations);
	if (*ret)
		st->schema = schema;
	return rc;
}

/* The files as they were applied must be the files of this program. */
static int
check_applied(struct nvr_store *st, struct nvr_error *err)
{
	const struct nvr_migration *m = st->migrations;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, APPLIED, err, "");

	while (rc == 0 && m->sql != NULL && (rc = nvr_db_step(&q, err)) == 1) {
		rc = 0;
		if (nvr_db_int(&q, 0) != m->version)
			rc = nvr_fail(err, NVR_E_DATA,
			    "the store '%s' lacks schema %d", st->path,
			    m->version);
		else if (strcmp(nvr_or_empty(nvr_db_text(&q, 1)), m->sha256) !=
			 0)
			rc = nvr_fail(err, NVR_E_CONFIG,
			    "the store '%s' was made with another schema %d; "
			    "use the release that made it",
			    st->path, m->version);
		m++;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_migrate(struct nvr_store *st, struct nvr_error *err)
{
	int version, rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	/* Another program may have migrated while we waited for the lock. */
	rc = nvr_store_version(st, &version, err);
	for (const struct nvr_migration *m = st->migrations;
	     rc == 0 && m->sql != NULL; m++) {
		if (m->version <= version)
			continue;
		rc = exec(st, m->sql, err);
		if (rc == 0)
			rc = nvr_db_run(st, APPLY, err, "iti",
			    (int64_t)m->version, m->sha256, nvr_time_now());
	}
	if (rc == 0)
		rc = nvr_store_commit(st, err);
	if (rc != 0)
		nvr_store_rollback(st);
	return rc;
}

static int
check_schema(struct nvr_store *st, int flags, struct nvr_error *err)
{
	int version, rc = nvr_store_version(st, &version, err);

	if (rc != 0)
		return rc;
	if (version > newest(st->migrations))
		return nvr_fail(err, NVR_E_CONFIG,
		    "the store '%s' has schema %d, this program knows up to "
		    "%d: install the newer release",
		    st->path, version, newest(st->migrations));
	rc = version > 0 ? check_applied(st, err) : 0;
	if (rc != 0)
		return rc;
	if (version == newest(st->migrations))
		return 0;
	if (flags & NVR_STORE_MIGRATE ||
	    (version == 0 && flags & NVR_STORE_CREATE))
		return nvr_migrate(st, err);
	if (version == 0)
		return nvr_fail(err, NVR_E_NOENT,
		    "'%s' is not a store; 'nvr-store init' makes one",
		    st->path);
	return nvr_fail(err, NVR_E_CONFIG,
	    "the store '%s' has schema %d, this program needs %d: run "
	    "'nvr-store migrate'",
	    st->path, version, newest(st->migrations));
}

static int
set_up(struct nvr_store *st, int flags, bool alone, struct nvr_error *err)
{
	int rc;

	sqlite3_extended_result_codes(st->db, 1);
	nvr_db_share(st);
	rc = exec(st, PRAGMAS, err);
	if (rc == 0 && alone)
		rc = exec(st, ALONE, err);
	if (rc == 0 && !(flags & NVR_STORE_READ))
		rc = exec(st, flags & NVR_STORE_KEYS ? NO_WAL : WAL, err);
	if (rc == 0 && !(flags & NVR_STORE_KEYS))
		rc = exec(st,
		    flags & NVR_STORE_DURABLE ? SYNC_FULL : SYNC_NORMAL, err);
	return rc;
}

/*
 * A disk that is mounted read-only cannot take the files of WAL mode, and
 * cannot change either: `immutable` reads the store without them.
 */
static bool
is_immutable(const char *path)
{
	char wal[PATH_MAX];
	struct statvfs vfs;
	struct stat sb;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return statvfs(path, &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0 &&
	       (stat(wal, &sb) != 0 || sb.st_size == 0);
}

/* The path as SQLite's `file:` URI. */
static char *
immutable_uri(const char *path)
{
	char *uri = malloc(3 * strlen(path) + 32), *to = uri;

	if (uri == NULL)
		return NULL;
	to += snprintf(to, 8, "file:");
	for (const char *p = path; *p != '\0'; p++) {
		if (strchr("?#%", *p) != NULL)
			to += snprintf(to, 4, "%%%02x", (unsigned)*p);
		else
			*to++ = *p;
	}
	snprintf(to, 16, "?immutable=1");
	return uri;
}

static int
connect_to(struct nvr_store *st, int *flags)
{
	int how = SQLITE_OPEN_READWRITE, code;
	char *uri = NULL;

	if (is_immutable(st->path)) {
		*flags |= NVR_STORE_READ;
		uri = immutable_uri(st->path);
		if (uri == NULL)
			return SQLITE_NOMEM;
	}
	if (*flags & NVR_STORE_READ)
		how = SQLITE_OPEN_READONLY;
	else if (*flags & NVR_STORE_CREATE)
		how |= SQLITE_OPEN_CREATE;
	code = sqlite3_open_v2(uri != NULL ? uri : st->path, &st->db,
	    how | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	free(uri);
	return code;
}

static int
connect_and_set_up(
    struct nvr_store *st, int flags, bool alone, struct nvr_error *err)
{
	int code = connect_to(st, &flags);

	return code == SQLITE_OK ? set_up(st, flags, alone, err)
				 : nvr_db_fail(st, code, err);
}

int
nvr_store_open(
    const char *path, int flags, struct nvr_store **ret, struct nvr_error *err)
{
	struct nvr_store *st = calloc(1, sizeof(*st));
	int rc;

	if (st == NULL || (st->path = strdup(path)) == NULL) {
		free(st);
		return nvr_fail_nomem(err);
	}
	st->migrations =
	    flags & NVR_STORE_KEYS ? nvr_key_migrations : nvr_migrations;
	rc = connect_and_set_up(st, flags, false, err);
	/* A full disk has no room for the index of the WAL, which is in memory
	 * for who has the store alone. */
	if (rc == NVR_E_IO && flags & NVR_STORE_LOOK) {
		sqlite3_close(st->db);
		st->db = NULL;
		rc = connect_and_set_up(st, flags, true, err);
	}
	if (rc == 0)
		rc = check_schema(st, flags, err);
	if (rc != 0) {
		nvr_store_close(st);
		return rc;
	}
	*ret = st;
	return 0;
}

int
nvr_store_durable(struct nvr_store *st, struct nvr_error *err)
{
	int code = sqlite3_exec(st->db, SYNC_FULL, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : nvr_db_fail(st, code, err);
}

int
nvr_store_hold(struct nvr_store *st, bool on, struct nvr_error *err)
{
	return exec(st, on ? HOLD : RELEASE, err);
}

void
nvr_store_close(struct nvr_store *st)
{
	if (st == NULL)
		return;
	for (int i = 0; i < NVR_DB_STATEMENTS; i++)
		sqlite3_finalize(st->cache[i].stmt);
	sqlite3_close(st->db);
	free(st->path);
	free(st);
}

/* Pages that went to the disk; more than some 2 MB do ahead of a commit. */
static int
written(struct nvr_store *st)
{
	int n = 0, most;

	sqlite3_db_status(st->db, SQLITE_DBSTATUS_CACHE_WRITE, &n, &most, 0);
	return n;
}

int
nvr_store_begin(struct nvr_store *st, struct nvr_error *err)
{
	int rc = nvr_db_run(st, BEGIN, err, "");

	st->began = nvr_time_monotonic();
	st->written = written(st);
	return rc;
}

void
nvr_store_rest(void)
{
	const struct timespec pause = {.tv_nsec = REST * 1000};

	nanosleep(&pause, NULL);
}

bool
nvr_store_enough(struct nvr_store *st)
{
	return nvr_time_monotonic() - st->began > LONG ||
	       written(st) - st->written > MUCH;
}

int
nvr_store_try(struct nvr_store *st, struct nvr_error *err)
{
	return nvr_db_run(st, TRY, err, "");
}

int
nvr_store_tried(struct nvr_store *st, bool keep, struct nvr_error *err)
{
	int rc = keep ? 0 : nvr_db_run(st, TAKE_BACK, err, "");

	return rc == 0 ? nvr_db_run(st, TRIED, err, "") : rc;
}

int
nvr_store_snapshot(struct nvr_store *st, struct nvr_error *err)
{
	return nvr_db_run(st, SNAPSHOT, err, "");
}

int
nvr_store_commit(struct nvr_store *st, struct nvr_error *err)
{
	return nvr_db_run(st, COMMIT, err, "");
}

void
nvr_store_rollback(struct nvr_store *st)
{
	struct nvr_error ignored;

	/* SQLite may have rolled back by itself, when the disk was full. */
	if (!sqlite3_get_autocommit(st->db))
		nvr_db_run(st, ROLLBACK, &ignored, "");
}

int
nvr_store_end(struct nvr_store *st, int rc, struct nvr_error *err)
{
	if (rc == 0)
		rc = nvr_store_commit(st, err);
	if (rc != 0)
		nvr_store_rollback(st);
	return rc;
}

int
nvr_store_verify(struct nvr_store *st, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, INTEGRITY, err, "");

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1 && strcmp(nvr_db_text(&q, 0), "ok") != 0)
		rc = nvr_fail(err, NVR_E_DATA, "%s", nvr_db_text(&q, 0));
	nvr_db_done(&q);
	if (rc < 0)
		return rc;
	rc = nvr_db_query(st, &q, FOREIGN_KEYS, err, "");
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		rc = nvr_fail(err, NVR_E_DATA,
		    "a row of table '%s' points to a row that is not there",
		    nvr_db_text(&q, 0));
	nvr_db_done(&q);
	return rc;
}

/* The one statement that is no constant: a table's name is no parameter. */
static int
count_rows(struct nvr_store *st, const char *table, int64_t *rows,
    struct nvr_error *err)
{
	char *sql = sqlite3_mprintf("SELECT COUNT(*) FROM \"%w\"", table);
	sqlite3_stmt *stmt = NULL;
	int code;

	if (sql == NULL)
		return nvr_fail_nomem(err);
	code = sqlite3_prepare_v2(st->db, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		*rows = sqlite3_column_int64(stmt, 0);
	else
		code = sqlite3_errcode(st->db);
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	return code == SQLITE_OK || code == SQLITE_ROW
		   ? 0
		   : nvr_db_fail(st, code, err);
}

int
nvr_store_each_table(struct nvr_store *st,
    int (*row)(void *ctx, const char *name, int64_t rows), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int64_t rows = 0;
	int rc = nvr_db_query(st, &q, TABLES, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		rc = count_rows(st, nvr_db_text(&q, 0), &rows, err);
		if (rc == 0)
			rc = row(ctx, nvr_db_text(&q, 0), rows);
	}
	nvr_db_done(&q);
	return rc;
}
