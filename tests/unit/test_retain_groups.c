/* A limit that is a slip does not cost what was to be kept for years: of all
 * that goes by a limit more than half is not deleted unasked. */
#include "aging_help.h"

#define N "20"
#define ROWS                                                              \
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n" \
	" WHERE i < " N ") INSERT INTO "

static const struct {
	const char *kind, *group;
	const char *sql; /* rows of the time %lld */
	size_t keep;
} kinds[] = {
#define KEEP(field) offsetof(struct nvr_keeping, field)
    {"events", "events",
	"event (id, camera_id, stream, at, kind) SELECT i, (SELECT id FROM"
	" camera), 'main', %lld, 'lost' FROM n",
	KEEP(events)},
    {"accesses", "accesses",
	"access (id, at, who, action, camera_id, camera_name, since, until)"
	" SELECT i, %lld, 'x', 'clip', 7, 'gone', 1, 2 FROM n",
	KEEP(accesses)},
    {"holds", "holds",
	"hold (id, camera_id, since, until, why, held_by, held_at,"
	" released_at) SELECT i, (SELECT id FROM camera), 1, 2, 'x', 'x', 1,"
	" %lld FROM n",
	KEEP(holds)},
    {"usage", "days of usage",
	"usage (account_id, day, camera_id, model) SELECT 0, %lld"
	" / 86400000000, i, '' FROM n",
	KEEP(usage)},
    {"outbox", "messages that were sent",
	"outbox (id, channel, kind, recipient, message, created_at, sent_at)"
	" SELECT i, 'mail', 'x', x'00', x'00', 1, %lld FROM n",
	KEEP(outbox)},
    {"outbox", "messages that never were sent",
	"outbox (id, channel, kind, recipient, message, created_at) SELECT i,"
	" 'mail', 'x', x'00', x'00', %lld FROM n",
	KEEP(outbox)},
    {"requests", "requests",
	"request (id, kind, channel, received_at, due_at, done_at) SELECT i,"
	" 'access', 'mail', 1, 2, %lld FROM n",
	KEEP(requests)},
    {"disclosures", "disclosures",
	"disclosure (id, authority, basis, reviewed_by, what, at) SELECT i,"
	" x'00', x'00', x'00', x'00', %lld FROM n",
	KEEP(registers)},
    {"breaches", "breaches",
	"breach (id, title, known_at, due_at, opened_at, closed_at) SELECT i,"
	" x'00', 1, 2, 1, %lld FROM n",
	KEEP(registers)},
    {"processors", "processors",
	"processor (id, name, purpose, data, jurisdiction, safeguard, since,"
	" until) SELECT i, 'x', 'x', 'x', 'DE', '', 1, %lld FROM n",
	KEEP(requests)},
    {"stills", "stills of gate",
	"still (id, camera_id, taken_at, expires_at, path, size_bytes, sha256)"
	" SELECT i, (SELECT id FROM camera), %lld, 4102444800000000, "
	"'stills/1/' || i, 1,"
	" hex(zeroblob(32)) FROM n",
	KEEP(grace)}, /* which the camera has */
    {"stills", "stills of free accounts",
	"still (id, camera_id, taken_at, expires_at, path, size_bytes, sha256,"
	" account_id) SELECT i, (SELECT id FROM camera), %lld,"
	" 4102444800000000, 'stills/1/' || i, 1, hex(zeroblob(32)), (SELECT "
	"account_id FROM"
	" account) FROM n",
	KEEP(stills_free)},
    {"telemetry", "hours of reports of recorders",
	"telemetry (recorder_id, at, received_at) SELECT i, %lld, 1 FROM n",
	KEEP(telemetry)},
    {"telemetry", "days of telemetry by hours",
	"telemetry_sum (recorder_id, period, at, made_at, reports,"
	" cpu_reports, memory_reports, temperature_reports) SELECT i, 'hour',"
	" %lld, 1, 1, 0, 0, 0 FROM n",
	KEEP(hours)},
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static int64_t
keep_of(size_t i)
{
	int64_t us;

	memcpy(&us, (const char *)&rules.keep + kinds[i].keep, sizeof(us));
	return us;
}

static void
add_rows(size_t i, int64_t at)
{
	char text[1024];

	sqlf("DELETE FROM still");
	sqlf("DELETE FROM outbox");
	sqlf("DELETE FROM telemetry");
	snprintf(text, sizeof(text), ROWS "%s", kinds[i].sql);
	sqlf(text, (long long)at);
}

/* What the brake says, and how much is due. */
static int64_t
plan(const char *kind, int64_t now, char text[512])
{
	const struct nvr_retain r = {.now = now, .only = kind};
	struct nvr_error clock;

	ok(nvr_retain_plan(s, &r, &done, &clock, &err));
	strlcpy(text, done.brake.text, 512);
	return done.kind[0].objects;
}

static void
begin_limits(void)
{
	int64_t cam = add_camera("gate", 0);

	add_account("free");
	rules.keep.grace = 10 * NVR_DAY;
	rules.keep.telemetry = 90 * NVR_DAY;
	rules.keep.hours = 730 * NVR_DAY;
	sqlf("UPDATE camera SET retain_stills_us = %lld WHERE id = %lld",
	    (long long)rules.keep.grace, (long long)cam);
}

static void
a_slip_in_a_limit_is_asked_about(void **state)
{
	char text[512], want[128];
	int64_t now = T0 + 8000 * NVR_DAY;

	(void)state;
	begin_limits();
	for (size_t i = 0; i < NKINDS; i++) {
		add_rows(i, now - keep_of(i) - 5 * NVR_DAY);
		snprintf(
		    want, sizeof(want), "20 of 20 %s would go", kinds[i].group);
		if (plan(kinds[i].kind, now, text) != 20 ||
		    strstr(text, want) == NULL)
			fail_msg("%s: %lld: %s", kinds[i].group,
			    (long long)done.kind[0].objects, text);
	}
}

/* Though all of it is due. */
static void
what_falls_due_in_the_course_of_things_is_not(void **state)
{
	char text[512];
	int64_t now = T0 + 8000 * NVR_DAY;

	(void)state;
	begin_limits();
	for (size_t i = 0; i < NKINDS; i++) {
		int64_t whole = strcmp(kinds[i].kind, "telemetry") == 0
				    ? strstr(kinds[i].group, "days") != NULL
					  ? NVR_DAY
					  : NVR_HOUR
				: strcmp(kinds[i].kind, "usage") == 0 ? NVR_DAY
								      : 0;

		add_rows(i, now - keep_of(i) - whole - NVR_HOUR);
		if (plan(kinds[i].kind, now, text) != 20 ||
		    strstr(text, "would go") != NULL)
			fail_msg("%s: %lld: %s", kinds[i].group,
			    (long long)done.kind[0].objects, text);
	}
}

/* N4: that was promised to its day. */
static void
what_expires_by_itself_is_not(void **state)
{
	char text[512];

	(void)state;
	begin_limits();
	add_rows(10, 1);
	sqlf("UPDATE still SET expires_at = 2");
	sqlf(ROWS "outbox (id, channel, kind, recipient, message, created_at,"
		  " expires_at) SELECT i, 'mail', 'x', x'00', x'00', 1, 2"
		  " FROM n");
	assert_int_equal(plan("stills", T0, text), 20);
	assert_null(strstr(text, "would go"));
	assert_int_equal(plan("outbox", T0, text), 20);
	assert_null(strstr(text, "would go"));
}

/* N4: nor does a slip keep what was promised to go. */
static void
what_is_left_out_keeps_nothing_else(void **state)
{
	int64_t now = nvr_time_now();
	struct nvr_retain r = {.now = now};

	(void)state;
	begin_limits();
	add_rows(10, now - 20 * NVR_DAY);
	sqlf("UPDATE still SET expires_at = 2 WHERE id < 6");
	sqlf(ROWS "telemetry (recorder_id, at, received_at) SELECT i, %lld, 1"
		  " FROM n",
	    (long long)(now - 100 * NVR_DAY));
	sqlf("INSERT INTO telemetry_sum (recorder_id, period, at, made_at,"
	     " reports, cpu_reports, memory_reports, temperature_reports)"
	     " VALUES (99, 'hour', %lld, 1, 1, 0, 0, 0)",
	    (long long)(now - 800 * NVR_DAY));
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.brake.code, NVR_E_PERMISSION);
	assert_int_equal(done.most, 41);
	assert_int_equal(count("still"), 15);
	assert_int_equal(count("telemetry"), 20);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM telemetry_sum WHERE"
			      " recorder_id = 99 AND period = 'hour'"),
	    0);
	r.most = 36; /* the five have gone */
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.brake.code, 0);
	assert_int_equal(count("still") + count("telemetry"), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_slip_in_a_limit_is_asked_about),
	    T(what_falls_due_in_the_course_of_things_is_not),
	    T(what_expires_by_itself_is_not),
	    T(what_is_left_out_keeps_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
