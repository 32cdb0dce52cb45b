/* A store in which accounts are made, and what can be read in it. */
#ifndef TESTS_ACCOUNT_HELP_H
#define TESTS_ACCOUNT_HELP_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/text.h"
#include "base/time.h"
#include "core/account.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/session.h"
#include "seal/digest.h"
#include "store/factor.h"
#include "store/log.h"

#define PASSWORD "gull-anvil-orbit-plum"

static char dir[64];
static struct nvr_state *s;
static struct nvr_rules rules;
static struct nvr_error err;

static inline void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%s", err.text);
}

static inline void
assert_fails(int rc, int code, const char *says)
{
	if (rc != code || strstr(err.text, says) == NULL)
		fail_msg("%d: '%s', not %d: '%s'", rc, err.text, code, says);
}

static inline int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb, (void)type, (void)ftw;
	return remove(path);
}

static inline int
make(void **state)
{
	(void)state;
	rules = (struct nvr_rules){.minimum_age = 18,
	    .tier = NVR_TIER_FREE,
	    .cost = 4,
	    .hashes = 2,
	    .restore = 30 * NVR_DAY,
	    .session = 30 * NVR_DAY,
	    .idle = NVR_DAY,
	    .reset = NVR_HOUR,
	    .verify = NVR_DAY,
	    .undo = 7 * NVR_DAY,
	    .message = {20, NVR_DAY},
	    .url = "https://nvr.example",
	    .title = "Gatehouse",
	    .mail_from = "nvr@example.org"};
	strlcpy(dir, "/tmp/nvr-test-account-XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	s->rights = true;
	s->actor.channel = "terminal";
	return 0;
}

static inline int
end(void **state)
{
	(void)state;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* Runs SQL in a database of the store, past all rules. */
static inline int64_t
sql(const char *file, const char *text)
{
	char path[128];
	sqlite3_stmt *q;
	sqlite3 *db;
	int64_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(sqlite3_open(path, &db), 0);
	if (sqlite3_prepare_v2(db, text, -1, &q, NULL) != 0)
		fail_msg("%s", sqlite3_errmsg(db));
	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	if (sqlite3_finalize(q) != 0)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	return n;
}

static inline int64_t
add(const char *email)
{
	struct nvr_account_new n = {
	    .email = email, .name = "Jane Doe", .adult = true};
	int64_t id = 0;

	ok(nvr_account_create(s, &n, nvr_time_now(), &id, &err));
	return id;
}

static inline struct nvr_account *
find(const char *who)
{
	struct nvr_account *a = NULL;

	ok(nvr_account_find(s, who, &a, &err));
	return a;
}

static inline int64_t
id_of(const char *who)
{
	struct nvr_account *a = find(who);
	int64_t id = a->id;

	nvr_account_free(a);
	return id;
}

static inline void
assert_nobody(const char *who)
{
	struct nvr_account *a = NULL;

	assert_int_equal(nvr_account_find(s, who, &a, &err), NVR_E_NOENT);
}

/* Whether a file of the store has the text. */
static inline bool
holds(const char *file, const char *text)
{
	char path[128];
	bool found;
	FILE *f;
	long n;
	char *all;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	all = malloc((size_t)n + 1);
	assert_non_null(all);
	assert_int_equal(fread(all, 1, (size_t)n, f), n);
	found = memmem(all, (size_t)n, text, strlen(text)) != NULL;
	free(all);
	fclose(f);
	return found;
}

/* The newest letter of that kind: its text without soft line ends, or NULL. */
static inline char *
letter(int64_t account, const char *kind, char to[NVR_SETTING_TEXT])
{
	struct nvr_buf message = {0}, recipient = {0};
	struct nvr_column at = {"outbox", "message", 0};
	sqlite3_stmt *q;
	char path[128], *out;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	assert_int_equal(sqlite3_open(path, &db), 0);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"SELECT id, message, recipient FROM outbox WHERE kind = ?1 AND"
		" account_id = ?2 ORDER BY id DESC LIMIT 1",
		-1, &q, NULL),
	    0);
	sqlite3_bind_text(q, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, account);
	if (sqlite3_step(q) == SQLITE_ROW) {
		at.row = sqlite3_column_int64(q, 0);
		ok(nvr_sealed_get(s, account, &at, sqlite3_column_blob(q, 1),
		    (size_t)sqlite3_column_bytes(q, 1), &message, &err));
		at.column = "recipient";
		ok(nvr_sealed_get(s, account, &at, sqlite3_column_blob(q, 2),
		    (size_t)sqlite3_column_bytes(q, 2), &recipient, &err));
		strlcpy(to, recipient.data, NVR_SETTING_TEXT);
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	nvr_buf_release(&recipient);
	for (out = message.data; out != NULL && (out = strstr(out, "=\r\n"));)
		memmove(out, out + 3, strlen(out + 3) + 1);
	return message.data;
}

/* The token in the link of the newest letter of that kind. */
static inline void
token_of(int64_t account, const char *kind, const char *to, char token[65])
{
	char whom[NVR_SETTING_TEXT] = "", *text = letter(account, kind, whom);
	const char *at =
	    text != NULL ? strstr(text, "https://nvr.example/") : NULL;

	assert_non_null(at);
	assert_string_equal(whom, to);
	at = strchr(at + strlen("https://nvr.example/"), '/') + 1;
	assert_int_equal(strspn(at, "0123456789abcdef"), 64);
	strlcpy(token, at, 65);
	free(text);
}

/* Counts rows of the log of a type whose payload has the text. */
struct counting {
	const char *type, *has;
	int n;
};

static inline int
count_entry(void *ctx, const struct nvr_log_entry *e)
{
	struct counting *c = ctx;
	char *text;

	if (strcmp(e->type, c->type) != 0)
		return 0;
	text = json_dumps(e->payload, JSON_COMPACT | JSON_SORT_KEYS);
	c->n += text != NULL && strstr(text, c->has) != NULL;
	free(text);
	return 0;
}

static inline int
logged(int64_t account, const char *type, const char *has)
{
	struct nvr_log_filter f = {.account = account, .limit = 1000};
	struct counting c = {type, has, 0};

	ok(nvr_log_each(s, &f, count_entry, &c, &err));
	return c.n;
}

static inline int64_t
sign_in(int64_t id)
{
	char token[NVR_TOKEN_TEXT];
	int64_t session = 0;

	ok(nvr_store_begin(s->store, &err));
	ok(nvr_session_start(s, id, "password", "192.0.2.7", "test",
	    nvr_time_now(), &session, token, &err));
	ok(nvr_store_commit(s->store, &err));
	return session;
}

static inline int64_t
sessions(int64_t id)
{
	struct nvr_account_counts n;

	ok(nvr_account_count(s->store, id, nvr_time_now(), &n, &err));
	return n.sessions;
}

/* A second factor that is confirmed, and a recovery code. */
static inline void
add_factor(int64_t id, const char *kind, int64_t at)
{
	struct nvr_column c = {"factor", "secret", at};
	struct nvr_factor_row f = {.account_id = id,
	    .id = at,
	    .kind = kind,
	    .created_at = at,
	    .confirmed_at = at};
	uint8_t hash[NVR_RECOVERY_HASH];
	struct nvr_buf b = {0};

	ok(nvr_random(hash, sizeof(hash), &err));
	ok(nvr_sealed_put(s, id, &c,
	    strcmp(kind, "sms") == 0 ? "+4930123456" : "12345678901234567890",
	    strcmp(kind, "sms") == 0 ? 11 : 20, &b, &err));
	f.secret = (struct nvr_blob){b.data, b.len};
	ok(nvr_factor_put(s->store, &f, &err));
	ok(nvr_recovery_insert(s->store, id, hash, at, &err));
	nvr_buf_release(&b);
}

#endif
