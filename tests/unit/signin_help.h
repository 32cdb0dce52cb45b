/* A store with an account in it, and a clock of the test's own: link with
 * --wrap=nvr_time_now and --wrap=nvr_password_check. */
#ifndef SIGNIN_HELP_H
#define SIGNIN_HELP_H

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

#include "base/time.h"
#include "core/account.h"
#include "core/keys.h"
#include "core/signin.h"
#include "store/db.h"

#define PASSWORD "seven green bicycles, uphill"
#define START (INT64_C(1800000000) * NVR_SECOND)

/* Not every test needs all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

static char dir[] = "/tmp/nvr-test-signin-XXXXXX";
static struct nvr_state *s;
static struct nvr_error err;
static int64_t jane; /* her account */
static int64_t now = START;
static struct nvr_rules rules = {
    .minimum_age = 18,
    .tier = 1,
    .cost = 4,
    .hashes = 2,
    .restore = 30 * NVR_DAY,
    .log_keep = 365 * NVR_DAY,
    .session = 30 * NVR_DAY,
    .idle = 7 * NVR_DAY,
    .reset = 30 * NVR_MINUTE,
    .verify = 7 * NVR_DAY,
    .undo = 7 * NVR_DAY,
    .network = {20, NVR_HOUR},
    .pair = {10, NVR_HOUR},
    .account = {60, NVR_DAY},
    .device = {20, NVR_HOUR},
    .code = {96, NVR_DAY},
    .message = {20, NVR_DAY},
    .url = "https://nvr.example.org",
    .title = "nvr",
    .mail_from = "nvr@example.org",
};

int64_t __wrap_nvr_time_now(void);
int64_t
__wrap_nvr_time_now(void)
{
	return now;
}

/* How many passwords were hashed; and, to see that a test can fail, those that
 * stand in for none can be left out. */
static int hashes;
static bool no_dummies;
/* What somebody else does while a password is hashed. */
static void (*meanwhile)(void);

int __wrap_nvr_password_check(const uint8_t pepper[NVR_PEPPER_LEN],
    const char *hash, const char *password, bool *ret, struct nvr_error *e);
int __real_nvr_password_check(const uint8_t pepper[NVR_PEPPER_LEN],
    const char *hash, const char *password, bool *ret, struct nvr_error *e);
int
__wrap_nvr_password_check(const uint8_t pepper[NVR_PEPPER_LEN],
    const char *hash, const char *password, bool *ret, struct nvr_error *e)
{
	hashes++;
	*ret = false;
	if (meanwhile != NULL)
		meanwhile();
	if (no_dummies && strstr(hash, "..........") != NULL)
		return 0;
	return __real_nvr_password_check(pepper, hash, password, ret, e);
}

static void
ok(int rc)
{
	if (rc != 0)
		fail_msg("%d: %s", rc, err.text);
}

static int64_t
add_account(const char *email)
{
	const struct nvr_account_new n = {.email = email,
	    .name = "Jane Doe",
	    .adult = true,
	    .verified = true,
	    .password = PASSWORD};
	int64_t id;

	ok(nvr_account_create(s, &n, now, &id, &err));
	return id;
}

/* A new store for each test, and all buckets whole. */
static int
set_up(void **state)
{
	(void)state;
	now = START;
	strlcpy(dir, "/tmp/nvr-test-signin-XXXXXX", sizeof(dir));
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	s->actor.channel = "test";
	s->rights = true;
	jane = add_account("jane@example.org");
	return 0;
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static int64_t
count(const char *sql, int64_t account)
{
	int64_t n = -1;

	ok(nvr_db_number(s->store, sql, &n, &err, "i", account));
	return n;
}

/* How many entries of a type the log has of an account. */
static int64_t
logged(int64_t account, const char *type)
{
	static const char sql[] = "SELECT COUNT(*) FROM log WHERE"
				  " account_id = ?1 AND type = ?2";
	int64_t n = -1;

	ok(nvr_db_number(s->store, sql, &n, &err, "it", account, type));
	return n;
}

static int64_t
posted(const char *text)
{
	static const char sql[] = "SELECT COUNT(*) FROM outbox WHERE kind = ?1";
	int64_t n = -1;

	ok(nvr_db_number(s->store, sql, &n, &err, "t", text));
	return n;
}

static int
sign_in(const char *email, const char *password, const char *address,
    const char *device, struct nvr_signed *r)
{
	const struct nvr_signin in = {.email = email,
	    .password = password,
	    .address = address,
	    .agent = "test",
	    .device = device};

	return nvr_signin(s, &in, r, &err);
}

/* What a letter or an SMS says: the last one posted of that kind.  The caller
 * wipes it. */
static struct nvr_buf
message(const char *kind)
{
	static const char sql[] =
	    "SELECT id, account_id, message FROM outbox WHERE kind = ?1"
	    " ORDER BY id DESC LIMIT 1";
	struct nvr_buf text = {0};
	struct nvr_query q;
	struct nvr_column at = {"outbox", "message", 0};
	const void *sealed;
	size_t len;

	ok(nvr_db_query(s->store, &q, sql, &err, "t", kind));
	assert_int_equal(nvr_db_step(&q, &err), 1);
	at.row = nvr_db_int(&q, 0);
	sealed = nvr_db_blob(&q, 2, &len);
	ok(nvr_sealed_get(s, nvr_db_int(&q, 1), &at, sealed, len, &text, &err));
	nvr_db_done(&q);
	return text;
}

static struct nvr_account *
account(int64_t id)
{
	struct nvr_account *a = NULL;

	ok(nvr_account_get(s->store, id, &a, &err));
	return a;
}

#endif
