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
begin(void)
{
	sqlite3_trace_v2(s->store->db, SQLITE_TRACE_PROFILE, count_steps, NULL);
	steps = 0;
}

static int64_t
took(void)
{
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	return steps;
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
	begin();
	must(nvr_incidents_drop(s->store, 0, NOW, &err));
	assert_in_range(took(), 1, 1000);
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 20000);
	must(nvr_incidents_drop(s->store, 0, NOW + 20 * NVR_DAY, &err));
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 0);
}

/* Every fourth of the minutes is held. */
static void
add_held_minutes(int n)
{
	sql("BEGIN");
	add_minutes(1, 1, NVR_MAIN, NOW - 40000 * M, n);
	sql("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 4 FROM n"
	    " WHERE i + 4 < %d) INSERT INTO hold (id, camera_id, since, until,"
	    " why, held_by, held_at) SELECT i + 1, 1, %lld + i * %lld,"
	    " %lld + i * %lld, 'why', 'who', 1 FROM n",
	    n, (long long)(NOW - 40000 * M), (long long)M,
	    (long long)(NOW - 40000 * M + 1), (long long)M);
	sql("COMMIT");
}

/* Not with each few segments again. */
static void
holds_are_read_once(void **unused)
{
	struct nvr_streams x;
	struct nvr_segment seg;
	int n = 0;

	(void)unused;
	add_camera(1, "gate");
	set_camera(1, "retain_us", 60 * M);
	add_held_minutes(10000);
	begin();
	must(nvr_streams_load(s, 0, NOW, &x, &err));
	while (nvr_streams_next(s, &x.e[0], NVR_GOING_DUE, &seg, &err) == 1)
		n++;
	assert_in_range(took(), 1, 1000000);
	assert_int_equal(n, 7500);
	nvr_streams_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(moments_that_stay_are_not_read, clean),
	    cmocka_unit_test_setup(holds_are_read_once, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
