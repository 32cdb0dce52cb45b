/* A store with cameras and the rows of footage, and a clock and a disk that are
 * the test's: nvr_time_now and nvr_room_free are wrapped.  For one file of a
 * program. */
#ifndef TESTS_RETAIN_HELP_H
#define TESTS_RETAIN_HELP_H

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rules.h"
#include "base/time.h"
#include "core/state.h"
#include "core/streams.h"
#include "store/db.h"

#define M NVR_MINUTE
#define NOW (INT64_C(1800000000) * NVR_SECOND)

static char dir[64];
static struct nvr_state *s;
static struct nvr_rules rules;
static struct nvr_error err;
static int64_t the_time = NOW, capacity = INT64_MAX / 4;

int64_t __wrap_nvr_time_now(void);
int64_t
__wrap_nvr_time_now(void)
{
	return the_time;
}

/* Nobody pulls the plug: SQLite finds these ahead of the C library's. */
static bool disk_full;

int
fsync(int fd)
{
	(void)fd;
	errno = ENOSPC;
	return disk_full ? -1 : 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

static inline void
must(int rc)
{
	if (rc != 0)
		fail_msg("%s", err.text);
}

static inline void __attribute__((format(printf, 1, 2)))
sql(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (sqlite3_exec(s->store->db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(s->store->db));
}

static inline int64_t
number(const char *text)
{
	sqlite3_stmt *q;
	int64_t n;

	assert_int_equal(
	    sqlite3_prepare_v2(s->store->db, text, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

int __wrap_nvr_room_free(
    struct nvr_state *st, int64_t *ret, struct nvr_error *e);
int
__wrap_nvr_room_free(struct nvr_state *st, int64_t *ret, struct nvr_error *e)
{
	(void)st, (void)e;
	*ret = capacity -
	       number("SELECT COALESCE(SUM(size_bytes), 0) FROM segment");
	return 0;
}

static inline int
set_up(void **unused)
{
	(void)unused;
	snprintf(dir, sizeof(dir), "/tmp/nvr-test-retain-XXXXXX");
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	return 0;
}

static inline int
remove_one(const char *path, const struct stat *sb, int flag, struct FTW *f)
{
	(void)sb, (void)flag, (void)f;
	return remove(path);
}

static inline int
tear_down(void **unused)
{
	(void)unused;
	nvr_state_close(s);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Before each test. */
static inline int
clean(void **unused)
{
	static const char *const tables[] = {"segment", "open_segment", "run",
	    "footage_sum", "hold", "finding", "audit", "incident", "garbage",
	    "camera", "site", "account"};

	(void)unused;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		sql("DELETE FROM %s", tables[i]);
	rules = (struct nvr_rules){.keep = {.cameras = 30 * NVR_DAY}};
	the_time = NOW;
	capacity = INT64_MAX / 4;
	return 0;
}

static inline void
add_camera(int64_t id, const char *name)
{
	sql("INSERT INTO camera (id, name, url, recipient, created_at,"
	    " changed_at) VALUES (%lld, '%s', 'rtsp://192.0.2.1/', 'age1', 1,"
	    " 1)",
	    (long long)id, name);
}

static inline void
set_camera(int64_t id, const char *column, int64_t value)
{
	sql("UPDATE camera SET %s = %lld WHERE id = %lld", column,
	    (long long)value, (long long)id);
}

static inline void
add_account(int64_t id)
{
	sql("INSERT INTO account (account_id, lookup, email, name, tier,"
	    " adult_how, created_at, changed_at) VALUES (%lld,"
	    " CAST('%032lld' AS BLOB), x'00', x'00', 'free', 'declared', 1, 1)",
	    (long long)id, (long long)id);
}

static inline void
add_site(int64_t id, int64_t account, int64_t us, int64_t bytes)
{
	sql("INSERT INTO site (id, account_id, lookup, name, jurisdiction,"
	    " retain_us, retain_bytes, created_at, changed_at) VALUES (%lld,"
	    " %lld, CAST('%032lld' AS BLOB), x'00', 'DE', %lld, %lld, 1, 1)",
	    (long long)id, (long long)account, (long long)id, (long long)us,
	    (long long)bytes);
}

static inline void
add_run(int64_t id, int64_t camera, enum nvr_stream stream, int64_t at)
{
	sql("INSERT INTO run (id, camera_id, stream, started_at, monotonic_us,"
	    " reason, video, width, height) VALUES (%lld, %lld, '%s', %lld, 0,"
	    " 'start', 'h264', 1, 1)",
	    (long long)id, (long long)camera, nvr_stream_names[stream],
	    (long long)at);
}

static inline void
add_segment(int64_t id, int64_t camera, enum nvr_stream stream, int64_t start,
    int64_t end, int64_t bytes)
{
	sql("INSERT INTO segment (id, camera_id, stream, run_id, start_at,"
	    " end_at, media_start_us, media_us, frames, size_bytes, sha256,"
	    " sealed) VALUES (%lld, %lld, '%s', 1, %lld, %lld, 0, 0, 1, %lld,"
	    " zeroblob(32), 1)",
	    (long long)id, (long long)camera, nvr_stream_names[stream],
	    (long long)start, (long long)end, (long long)bytes);
	sql("INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
	    " VALUES (%lld, '%s', 1, %lld) ON CONFLICT (camera_id, stream)"
	    " DO UPDATE SET segments = segments + 1, size_bytes = size_bytes +"
	    " excluded.size_bytes",
	    (long long)camera, nvr_stream_names[stream], (long long)bytes);
}

/* n of them, a minute each and one after the other, of 10 bytes. */
static inline void
add_minutes(
    int64_t id, int64_t camera, enum nvr_stream stream, int64_t from, int n)
{
	for (int i = 0; i < n; i++)
		add_segment(id + i, camera, stream, from + i * M,
		    from + (i + 1) * M, 10);
}

static inline void
add_hold(int64_t id, int64_t camera, int64_t since, int64_t until)
{
	sql("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	    " held_at) VALUES (%lld, %lld, %lld, %lld, 'why', 'who', 1)",
	    (long long)id, (long long)camera, (long long)since,
	    (long long)until);
}

/* taken: 0: it is not known. */
static inline void
add_audit(
    int64_t id, int64_t camera, int64_t at, int64_t taken, const char *verdict)
{
	sql("INSERT INTO audit (id, camera_id, camera_name, at, taken_at,"
	    " duration_us, type, origin, analyzer, schema_version, status)"
	    " VALUES (%lld, %lld, 'x', %lld, NULLIF(%lld, 0), 0, 'regular',"
	    " 'command', 'x', 1, 'ok')",
	    (long long)id, (long long)camera, (long long)at, (long long)taken);
	sql("INSERT INTO finding (audit_id, ordinal, label, verdict, evidence)"
	    " VALUES (%lld, 1, 'person', '%s', '')",
	    (long long)id, verdict);
}

static inline void
add_incident(int64_t camera, int64_t at)
{
	sql("INSERT INTO incident (camera_id, at) VALUES (%lld, %lld)",
	    (long long)camera, (long long)at);
}

#endif
