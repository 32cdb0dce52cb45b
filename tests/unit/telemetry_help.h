/* A store with telemetry in it, and runs of its rule alone. */
#ifndef TESTS_TELEMETRY_HELP_H
#define TESTS_TELEMETRY_HELP_H

#include <math.h>

#include "base/rules.h"
#include "core/retain_int.h"
#include "core/telemetry.h"
#include "erase_help.h"
#include "store/db.h"
#include "store/telemetry.h"

#define START (INT64_C(1800057600) * NVR_SECOND) /* 2027-01-16T00:00:00Z */

static struct nvr_rules rules;
static struct nvr_retained went;
static int told;
static uint64_t told_sum; /* of what was told, in any order */

static inline uint64_t
hash(const char *text, uint64_t h)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h;
}

static inline void
hear(void *ctx, const struct nvr_leaving *d)
{
	(void)ctx;
	told++;
	told_sum += hash(d->object, hash(d->why, (uint64_t)d->at));
	assert_string_equal(d->kind, "telemetry");
	assert_string_equal(d->promise, "C16");
}

/* As nvr_retain_run and nvr_retain_plan do, without their brakes. */
static inline int
retain(int64_t now, bool apply)
{
	const struct nvr_retain r = {.now = now, .tell = hear};
	struct nvr_retaining x = {
	    .s = s, .r = &r, .now = now, .ret = &went, .err = &err};

	memset(&went, 0, sizeof(went));
	told = 0;
	told_sum = 0;
	went.kind[0].kind = "telemetry";
	went.kind[0].promise = "C16";
	return (apply ? nvr_retain_telemetry_apply : nvr_retain_telemetry_plan)(
	    &x);
}

static inline void
run_at(int64_t now)
{
	int planned;
	uint64_t sum;

	ok(retain(now, false));
	planned = told;
	sum = told_sum;
	ok(retain(now, true));
	assert_int_equal(told, planned);
	assert_true(told_sum == sum);
	ok(retain(now, false));
	assert_int_equal(told, 0);
}

static inline struct nvr_telemetry
report(int64_t recorder, int64_t at, double cpu)
{
	return (struct nvr_telemetry){.recorder = recorder,
	    .at = at,
	    .received_at = at,
	    .cpu = cpu,
	    .memory = NAN,
	    .disk_free = NAN,
	    .disk_free_bytes = -1,
	    .temperature = NAN,
	    .cameras = -1,
	    .cameras_down = -1};
}

static inline void
enter(int64_t recorder, int64_t at, double cpu)
{
	const struct nvr_telemetry t = report(recorder, at, cpu);

	ok(nvr_telemetry_put(s->store, &t, &err));
}

/* Received when it is that late, by a recorder that was offline. */
static inline void
put_late(int64_t recorder, int64_t at, double cpu, int64_t received)
{
	struct nvr_telemetry t = report(recorder, at, cpu);

	t.received_at = received;
	ok(nvr_telemetry_put(s->store, &t, &err));
}

/* The one number that a query of the tests' own gives. */
static inline double
number(const char *sql)
{
	sqlite3_stmt *q;
	double v;

	if (sqlite3_prepare_v2(s->store->db, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->store->db));
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	v = sqlite3_column_type(q, 0) == SQLITE_NULL
		? NAN
		: sqlite3_column_double(q, 0);
	sqlite3_finalize(q);
	return v;
}

static inline void
run_sql(const char *sql)
{
	if (sqlite3_exec(s->store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->store->db));
}

#define RAW "SELECT COUNT(*) FROM telemetry"
#define HOURS "SELECT COUNT(*) FROM telemetry_sum WHERE period = 'hour'"
#define DAYS "SELECT COUNT(*) FROM telemetry_sum WHERE period = 'day'"

static inline int
make_telemetry(void **state)
{
	int rc = make(state);

	memset(&rules, 0, sizeof(rules));
	rules.keep.telemetry = 90 * NVR_DAY;
	rules.keep.hours = 730 * NVR_DAY;
	if (rc == 0)
		s->rules = &rules;
	return rc;
}

#endif
