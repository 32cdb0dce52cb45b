/* What the tests of retention share: a store with accounts and cameras, and a
 * run of one kind, and who hears of it. */
#ifndef TESTS_AGING_HELP_H
#define TESTS_AGING_HELP_H

#include "account_help.h"

#include "base/id.h"
#include "core/retain_int.h"
#include "store/db.h"

#define T0 (INT64_C(1800000000) * NVR_SECOND)

static struct nvr_retained done;
static char told[64][256]; /* `KIND|OBJECT|WHY` */
static int ntold;

static inline void
hear(void *ctx, const struct nvr_leaving *d)
{
	(void)ctx;
	if (ntold < 64)
		snprintf(told[ntold], sizeof(told[0]), "%s|%s|%s|%s|%s",
		    d->kind, d->object, d->camera != NULL ? d->camera : "-",
		    d->why, d->promise);
	ntold++;
}

static inline bool
heard(const char *text)
{
	for (int i = 0; i < ntold && i < 64; i++)
		if (strstr(told[i], text) != NULL)
			return true;
	return false;
}

/* A rule alone, without the brakes of a whole run.  Returns how many things it
 * told of. */
static inline int64_t
run_rule(const char *kind, int64_t now, int64_t camera, bool apply)
{
	struct nvr_camera cam = {.id = camera};
	struct nvr_retain r = {
	    .now = now, .tell = hear, .camera = camera != 0 ? &cam : NULL};
	struct nvr_retaining x = {
	    .s = s, .r = &r, .now = now, .ret = &done, .err = &err};
	const struct nvr_retain_rule *rule = nvr_retain_rules;

	while (strcmp(rule->kind, kind) != 0)
		rule++;
	memset(&done, 0, sizeof(done));
	ntold = 0;
	done.nkinds = 1;
	done.kind[0].kind = rule->kind;
	done.kind[0].promise = rule->promise;
	ok((apply ? rule->apply : rule->plan)(&x));
	if (done.why.code != 0)
		err = done.why;
	return done.kind[0].objects;
}

/* What the plan tells is what goes. */
static inline int64_t
ends(const char *kind, int64_t now)
{
	int64_t n = run_rule(kind, now, 0, false);

	assert_int_equal(run_rule(kind, now, 0, true), n);
	assert_int_equal(run_rule(kind, now, 0, false), 0);
	return n;
}

/* SQL with numbers in it. */
static inline int64_t
sqlf(const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return sql("nvr.db", text);
}

static inline int64_t
count(const char *table)
{
	return sqlf("SELECT COUNT(*) FROM %s", table);
}

static inline int64_t
add_camera(const char *name, int64_t account)
{
	int64_t id = nvr_id_new();

	sqlf("INSERT INTO camera (id, account_id, name, url, recipient,"
	     " created_at, changed_at) VALUES (%lld, %lld, '%s',"
	     " 'rtsp://192.0.2.1/', 'age1', 0, 0)",
	    (long long)id, (long long)account, name);
	return id;
}

/* Accounts without people: rows and keys. */
static inline int64_t
add_account(const char *tier)
{
	static int mark = 0x10;
	int64_t id = nvr_id_new();

	ok(nvr_keys_add(s, id, &err));
	sqlf("INSERT INTO account (account_id, lookup, email, name, tier,"
	     " adult_how, created_at, changed_at) VALUES (%lld,"
	     " CAST(printf('%%32d', %d) AS BLOB), x'00', x'00', '%s',"
	     " 'declared', 0, 0)",
	    (long long)id, mark++, tier);
	return id;
}

static inline void
set_account(int64_t account, const char *what)
{
	sqlf("UPDATE account SET %s WHERE account_id = %lld", what,
	    (long long)account);
}

static inline int
make_retaining(void **state)
{
	const struct nvr_keeping keep = {.around = 5 * NVR_MINUTE,
	    .audits = {90 * NVR_DAY, 30 * NVR_DAY, 90 * NVR_DAY},
	    .stills = NVR_DAY,
	    .stills_free = NVR_DAY,
	    .cameras = 30 * NVR_DAY,
	    .events = 90 * NVR_DAY,
	    .accesses = 365 * NVR_DAY,
	    .holds = 365 * NVR_DAY,
	    .outbox = 30 * NVR_DAY,
	    .usage = 730 * NVR_DAY,
	    .requests = 1095 * NVR_DAY,
	    .registers = 3650 * NVR_DAY,
	    .recorders = 30 * NVR_DAY};
	int rc = make(state);

	rules.keep = keep;
	return rc;
}

#endif
