/* What a run reads where nothing is due, by the steps that SQLite takes. */
#include "retain_help.h"

#include "store/stream.h"

static int64_t steps;

static int
count_steps(unsigned what, void *ctx, void *stmt, void *ns)
{
	(void)what, (void)ctx, (void)ns;
	steps += sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	return 0;
}

static void
moments_that_stay_are_not_read(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	add_camera(2, "yard");
	set_camera(1, "retain_events_us", 90 * NVR_DAY);
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 20000) INSERT INTO incident (camera_id, at) SELECT 1,"
	    " %lld + i FROM n",
	    (long long)(NOW - 80 * NVR_DAY));
	sqlite3_trace_v2(s->store->db, SQLITE_TRACE_PROFILE, count_steps, NULL);
	steps = 0;
	must(nvr_incidents_drop(s->store, 0, NOW, &err));
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	assert_in_range(steps, 1, 1000);
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 20000);
	must(nvr_incidents_drop(s->store, 0, NOW + 20 * NVR_DAY, &err));
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(moments_that_stay_are_not_read, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
