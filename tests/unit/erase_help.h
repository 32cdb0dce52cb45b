/* A store with accounts in it, to be erased. */
#ifndef TESTS_ERASE_HELP_H
#define TESTS_ERASE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "core/erasure.h"
#include "core/keys.h"
#include "core/ledger.h"
#include "store/account.h"

static char dir[64];
static struct nvr_state *s;
static struct nvr_error err;

static inline void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%s", err.text);
}

static inline void
shut(void)
{
	nvr_state_close(s);
	s = NULL;
}

static inline void
reopen(void)
{
	shut();
	ok(nvr_state_open(dir, NVR_STATE_DURABLE, &s, &err));
	s->rights = true;
}

static inline int
make(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/nvr-test-erase-XXXXXX");
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE | NVR_STATE_DURABLE, &s, &err))
		return -1;
	s->rights = true;
	return 0;
}

static inline int
unmake(void **state)
{
	char cmd[128];
	pid_t pid;

	(void)state;
	shut();
	snprintf(cmd, sizeof(cmd), "%s", dir);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", cmd, NULL);
		_exit(127);
	}
	return 0;
}

static inline struct nvr_blob
seal(int64_t account, const char *column, const char *text, struct nvr_buf *out)
{
	struct nvr_column at = {"account", column, account};

	ok(nvr_sealed_put(s, account, &at, text, strlen(text), out, &err));
	return (struct nvr_blob){out->data, out->len};
}

/* An account of that address. */
static inline int64_t
person(const char *email)
{
	struct nvr_buf sealed[2] = {0};
	struct nvr_account a = {.id = nvr_id_new(),
	    .tier = "free",
	    .adult_how = "declared",
	    .created_at = nvr_time_now(),
	    .changed_at = nvr_time_now()};

	snprintf((char *)a.lookup, sizeof(a.lookup), "%s", email);
	ok(nvr_keys_add(s, a.id, &err));
	a.email = seal(a.id, "email", email, &sealed[0]);
	a.name = seal(a.id, "name", "Jane Example", &sealed[1]);
	ok(nvr_account_insert(s->store, &a, &err));
	nvr_buf_release(&sealed[0]);
	nvr_buf_release(&sealed[1]);
	return a.id;
}

/* Straight into the file, past the library. */
static inline sqlite3 *
raw(const char *name)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

/* The number that the statement gives; ?1 is account. */
static inline int64_t
ask(sqlite3 *db, const char *sql, int64_t account)
{
	sqlite3_stmt *stmt;
	int64_t n;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_bind_int64(stmt, 1, account);
	n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0)
					     : -1;
	sqlite3_finalize(stmt);
	return n;
}

static inline int64_t
count(const char *name, const char *sql, int64_t account)
{
	sqlite3 *db = raw(name);
	int64_t n = ask(db, sql, account);

	sqlite3_close(db);
	return n;
}

#define ROWS "SELECT COUNT(*) FROM account WHERE account_id = ?1"
#define KEYS "SELECT COUNT(*) FROM account_key WHERE account_id = ?1"
#define LISTED "SELECT COUNT(*) FROM erasure WHERE account_id = ?1"

static inline void
assert_erased(int64_t account)
{
	assert_int_equal(count("nvr.db", ROWS, account), 0);
	assert_int_equal(count("nvr.db", LISTED, account), 1);
	assert_int_equal(count("keys/keys.db", KEYS, account), 0);
}

static inline void
assert_there(int64_t account)
{
	struct nvr_account *a;
	struct nvr_buf email = {0};
	struct nvr_column at = {"account", "email", account};

	ok(nvr_account_get(s->store, account, &a, &err));
	ok(nvr_sealed_get(
	    s, account, &at, a->email.data, a->email.len, &email, &err));
	nvr_buf_wipe(&email);
	nvr_account_free(a);
}

static inline void
put(const char *name, const char *text, const char *mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The file as it is, to be put back. */
static inline void
copy(const char *from, const char *to)
{
	char a[128], b[128];
	struct nvr_buf text = {0};

	snprintf(a, sizeof(a), "%s/%s", dir, from);
	snprintf(b, sizeof(b), "%s/%s", dir, to);
	ok(nvr_file_read(a, 64 << 20, &text, &err));
	ok(nvr_file_write(b, text.data, text.len, 0600, 0, &err));
	nvr_buf_release(&text);
}

#endif
