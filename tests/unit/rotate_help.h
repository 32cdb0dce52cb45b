/* A store in which every sealed column has a value. */
#ifndef ROTATE_HELP_H
#define ROTATE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/id.h"
#include "core/keyfile.h"
#include "core/keys_int.h"
#include "core/pepper.h"
#include "core/rotate.h"
#include "store/db.h"
#include "store/sealed.h"

#define A 1000 /* an account */
#define ROW 77

static struct nvr_error err;
static struct nvr_state *s;
static char dir[64];

#define ok(call)                                             \
	do {                                                 \
		if ((call) != 0)                             \
			fail_msg("%s: %s", #call, err.text); \
	} while (0)

static void
sql(const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(s->store->db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
}

static struct nvr_state *
opened(void)
{
	struct nvr_state *x = NULL;

	ok(nvr_state_open(dir, NVR_STATE_CREATE | NVR_STATE_DURABLE, &x, &err));
	return x;
}

static bool
of_store(const struct nvr_sealed_column *c)
{
	return strstr(c->select, "?1 = 0") != NULL;
}

static const char *
row_of(const struct nvr_sealed_column *c, int64_t *row)
{
	*row = strcmp(c->table, "account") == 0 ? A : ROW;
	return strcmp(c->table, "account") == 0 ? "account_id"
	       : strcmp(c->table, "log") == 0	? "seq"
	       : strstr(c->select, "camera_id") ? "camera_id"
						: "id";
}

/* The column's own name is what is sealed in it. */
static void
put_value(struct nvr_state *x, const struct nvr_sealed_column *c)
{
	char text[128], change[256];
	struct nvr_buf sealed = {0};
	sqlite3_stmt *q;
	int64_t row;
	const char *key = row_of(c, &row);
	struct nvr_column at = {c->table, c->column, row};

	snprintf(text, sizeof(text), "%s.%s", c->table, c->column);
	snprintf(change, sizeof(change), "UPDATE %s SET %s = ?1 WHERE %s = %d",
	    c->table, c->column, key, (int)row);
	ok(nvr_sealed_put(
	    x, of_store(c) ? 0 : A, &at, text, strlen(text), &sealed, &err));
	assert_int_equal(
	    sqlite3_prepare_v2(s->store->db, change, -1, &q, NULL), SQLITE_OK);
	sqlite3_bind_blob(q, 1, sealed.data, (int)sealed.len, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	assert_int_equal(sqlite3_changes(s->store->db), 1);
	sqlite3_finalize(q);
	nvr_buf_release(&sealed);
}

/* Whether the value opens, for that state. */
static bool
opens(struct nvr_state *x, const struct nvr_sealed_column *c)
{
	char text[128], get[256];
	struct nvr_buf plain = {0};
	sqlite3_stmt *q;
	bool is;
	int64_t row;
	const char *key = row_of(c, &row);
	struct nvr_column at = {c->table, c->column, row};

	snprintf(text, sizeof(text), "%s.%s", c->table, c->column);
	snprintf(get, sizeof(get), "SELECT %s FROM %s WHERE %s = %d", c->column,
	    c->table, key, (int)row);
	assert_int_equal(
	    sqlite3_prepare_v2(s->store->db, get, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	is = nvr_sealed_get(x, of_store(c) ? 0 : A, &at,
		 sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0),
		 &plain, &err) == 0 &&
	     strcmp(plain.data, text) == 0;
	sqlite3_finalize(q);
	nvr_buf_wipe(&plain);
	return is;
}

static void
assert_all_open(struct nvr_state *x)
{
	const struct nvr_sealed_column *c;

	for (c = nvr_sealed_columns; c->table != NULL; c++)
		if (!opens(x, c))
			fail_msg("%s.%s: %s", c->table, c->column, err.text);
}

#define EMPTY "X'00', "
#define HASH "zeroblob(32), "

static void
fill(void)
{
	const struct nvr_sealed_column *c;

	sql("PRAGMA foreign_keys = OFF");
	sql("INSERT INTO account VALUES (1000, " HASH EMPTY EMPTY EMPTY
	    "'free', 'born', " EMPTY "1, 1, 1, 1, 1, 1, NULL, 1, X'00')");
	sql("INSERT INTO session VALUES (77, 1000, " HASH
	    "'password', " EMPTY EMPTY "1, 1, 1, 1)");
	sql("INSERT INTO token VALUES (77, 1000, 'phone', " HASH EMPTY
	    "0, 1, 1, 1, NULL)");
	sql("INSERT INTO factor VALUES (1000, 'totp', 77, " EMPTY "0, 1, 1)");
	sql("INSERT INTO objection VALUES (77, 1000, 'all', " EMPTY "1, 1)");
	sql("INSERT INTO request VALUES (77, 1000, 'access', " EMPTY
	    "'mail', " EMPTY "1, 1, NULL, 1, 'granted', X'00')");
	sql("INSERT INTO log VALUES (77, 1000, 1, 'x', " EMPTY HASH
	    "zeroblob(32))");
	sql("INSERT INTO outbox (id, account_id, channel, kind, recipient,"
	    " message, created_at) VALUES (77, 1000, 'mail', 'x', X'00',"
	    " X'00', 1)");
	sql("INSERT INTO contact (id, account_id, channel, address, secret,"
	    " least, created_at, changed_at) VALUES (77, 1000, 'webhook',"
	    " X'00', X'00', 'info', 1, 1)");
	sql("INSERT INTO site VALUES (77, 1000, " HASH EMPTY
	    "'DE', '', 0, 0, 1, 1, NULL)");
	sql("INSERT INTO export VALUES (77, 1000, 'ready', 'zip', 'en', 0, 1,"
	    " 1, 1, NULL, 1, 0, '', X'00')");
	sql("INSERT INTO disclosure VALUES (77, 1000, " EMPTY EMPTY EMPTY EMPTY
	    "1, NULL)");
	sql("INSERT INTO breach VALUES (77, 0, " EMPTY "1, 1, 1, NULL, NULL)");
	sql("INSERT INTO breach_note VALUES (77, 77, 0, 1, 'x', X'00')");
	sql("INSERT INTO baseline (camera_id, width, height, mode, samples,"
	    " data, updated_at) VALUES (77, 1, 1, 'day', 1, X'00', 1)");
	sql("INSERT INTO asked VALUES (77, 'x', 0, 1, X'00')");
	for (c = nvr_sealed_columns; c->table != NULL; c++)
		put_value(s, c);
}

static int
set_up(void **state)
{
	(void)state;
	strlcpy(dir, "/tmp/nvr-rotate-XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL)
		return 1;
	s = opened();
	s->rights = true;
	ok(nvr_keys_add(s, A, &err));
	fill();
	return 0;
}

static int
tear_down(void **state)
{
	pid_t pid;

	(void)state;
	nvr_state_close(s);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, NULL, 0) != pid;
}

static void
in_keys(const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/keys/%s", dir, name);
}

/* How many keys the account has. */
static inline int
ring(struct nvr_state *x, int64_t account)
{
	const struct nvr_ring *r;

	nvr_keys_forget(x->keys, account);
	ok(nvr_keys_ring(x, account, &r, &err));
	return r->n;
}

#endif
