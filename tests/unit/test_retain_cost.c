/* What a run reads where nothing is due, by the steps that SQLite takes. */
#include "retain_help.h"

#include "store/retain_camera.h"
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

/* While the store is locked: not each segment asks for all of them. */
static void
segments_that_go_ask_once_for_holds(void **unused)
{
	struct nvr_segment seg[256];
	const struct nvr_segment *list[256];
	bool gone[256];
	int n = 0, left = 0;

	(void)unused;
	add_camera(1, "gate");
	add_held_minutes(10000);
	must(nvr_segment_after(s->store, 1, NVR_MAIN, NOW - 31000 * M, 0, NOW,
	    seg, 256, &n, &err));
	for (int i = 0; i < n; i++)
		list[i] = &seg[i];
	begin();
	must(nvr_store_begin(s->store, &err));
	must(nvr_segments_drop(s->store, list, (size_t)n, gone, &err));
	must(nvr_store_commit(s->store, &err));
	assert_in_range(took(), 1, 100000);
	for (int i = 0; i < n; i++)
		left += !gone[i];
	assert_int_equal(left, 64);
	assert_int_equal(number("SELECT COUNT(*) FROM segment"), 10000 - 192);
	assert_int_equal(
	    number("SELECT segments FROM footage_sum"), 10000 - 192);
}

static void
a_camera_goes_a_few_rows_at_a_time(void **unused)
{
	bool left = true;
	int n = 0;

	(void)unused;
	add_camera(1, "gate");
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 2000) INSERT INTO incident (camera_id, at) SELECT 1, i"
	    " FROM n");
	sql("UPDATE camera SET removed_at = 1");
	for (; left; n++) {
		begin();
		must(nvr_aged_camera_clear(s->store, 1, &left, &err));
		assert_in_range(took(), 1, 50000);
	}
	assert_in_range(n, 3, 10);
	begin();
	must(nvr_aged_camera_drop(s->store, 1, &err));
	assert_in_range(took(), 1, 5000);
	assert_int_equal(number("SELECT COUNT(*) FROM incident"), 0);
}

static void
runs_that_stay_are_not_read(void **unused)
{
	(void)unused;
	add_camera(1, "gate");
	add_segment(1, 1, NVR_MAIN, NOW - 30001 * M, NOW - 30000 * M, 10);
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 20000) INSERT INTO run (id, camera_id, stream,"
	    " started_at, monotonic_us, reason, video, width, height) SELECT"
	    " i, 1, 'main', %lld + i, 0, 'start', 'h264', 1, 1 FROM n",
	    (long long)(NOW - 30000 * M));
	begin();
	must(nvr_runs_drop(s->store, 0, INT64_MIN, &err));
	assert_in_range(took(), 1, 2000);
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 20000);
	add_run(30000, 1, NVR_MAIN, NOW - 30002 * M);
	add_run(40000, 1, NVR_MAIN, NOW - 30000 * M + 30000);
	must(nvr_runs_drop(s->store, 0, INT64_MIN, &err));
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 20001);
	sql("UPDATE segment SET run_id = 77, end_at = end_at + start_at, "
	    "start_at = %lld",
	    (long long)(NOW - 30000 * M + 10001));
	must(nvr_runs_drop(s->store, 1, INT64_MIN, &err));
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 10002);
	sql("DELETE FROM segment");
	must(nvr_runs_drop(s->store, 2, INT64_MIN, &err));
	must(nvr_runs_drop(s->store, 1, INT64_MIN, &err));
	assert_int_equal(number("SELECT COUNT(*) FROM run"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(moments_that_stay_are_not_read, clean),
	    cmocka_unit_test_setup(runs_that_stay_are_not_read, clean),
	    cmocka_unit_test_setup(holds_are_read_once, clean),
	    cmocka_unit_test_setup(a_camera_goes_a_few_rows_at_a_time, clean),
	    cmocka_unit_test_setup(segments_that_go_ask_once_for_holds, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
