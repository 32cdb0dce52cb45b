/* What a run reads where nothing is due, by the steps that SQLite takes. */
#include "retain_help.h"

#include "store/privacy.h"
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

static int64_t locked; /* steps of statements that write */
static bool coming;    /* a segment, once they have been counted */

static int
watch_writes(unsigned what, void *ctx, void *stmt, void *ns)
{
	(void)what, (void)ctx, (void)ns;
	if (!sqlite3_stmt_readonly(stmt))
		locked +=
		    sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	if (coming && strstr(sqlite3_sql(stmt), "SELECT COUNT(*)") != NULL) {
		coming = false;
		add_segment(7777777, 1, NVR_MAIN, NOW, NOW + M, 10);
	}
	return 0;
}

static int
count_moment(void *ctx, int64_t at)
{
	(void)at;
	++*(int *)ctx;
	return 0;
}

static void
totals_are_counted_without_the_lock(void **unused)
{
	int n = 0;

	(void)unused;
	add_camera(1, "gate");
	sql("BEGIN");
	add_minutes(1, 1, NVR_MAIN, NOW - 40000 * M, 5000);
	sql("COMMIT");
	for (int i = 0; i < 2; i++) {
		sql(i == 0 ? "UPDATE footage_sum SET segments = 7"
			   : "DELETE FROM footage_sum");
		sqlite3_trace_v2(
		    s->store->db, SQLITE_TRACE_PROFILE, watch_writes, NULL);
		locked = 0;
		coming = i == 0;
		must(nvr_footage_mend(s->store, &n, &err));
		sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
		assert_int_equal(n, 1);
		assert_false(coming);
		assert_in_range(locked, 1, 2000);
		assert_int_equal(
		    number("SELECT segments FROM footage_sum"), 5001);
		must(nvr_footage_mend(s->store, &n, &err));
		assert_int_equal(n, 0);
	}
}

/* They are no few, and room is made with each segment on a full disk. */
static void
audits_that_keep_no_footage_are_not_read(void **unused)
{
	int n = 0;

	(void)unused;
	add_camera(1, "gate");
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 20000) INSERT INTO audit (id, camera_id, camera_name,"
	    " at, taken_at, duration_us, type, origin, analyzer,"
	    " schema_version, status) SELECT i, 1, 'gate', %lld + i,"
	    " CASE WHEN i %% 2 = 0 THEN %lld - i END, 1, 'regular', 'cli',"
	    " 'local', 1, 'ok' FROM n",
	    (long long)NOW, (long long)NOW);
	sql("INSERT INTO finding (audit_id, ordinal, label, verdict, evidence)"
	    " SELECT id, 1, 'x', 'yes', '' FROM audit");
	begin();
	must(nvr_stream_findings(
	    s->store, 1, NOW + 19900, count_moment, &n, &err));
	assert_in_range(took(), 1, 10000);
	assert_int_equal(n, 50);
	sql("DELETE FROM finding");
	sql("DELETE FROM audit");
}

/* Nor does the record of processing read the log where nobody is restricted. */
static void
the_log_of_nobody_is_not_read(void **unused)
{
	struct nvr_privacy_counts n;

	(void)unused;
	sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 20000) INSERT INTO log (seq, account_id, at, type,"
	    " commitment, hash) SELECT 100 + i, i, 1, 'x', zeroblob(32),"
	    " zeroblob(32) FROM n");
	begin();
	must(nvr_privacy_count(s->store, &n, &err));
	assert_in_range(took(), 1, 1000);
	assert_int_equal(n.log_kept, 0);
	sql("DELETE FROM log WHERE seq > 100");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(moments_that_stay_are_not_read, clean),
	    cmocka_unit_test_setup(runs_that_stay_are_not_read, clean),
	    cmocka_unit_test_setup(holds_are_read_once, clean),
	    cmocka_unit_test_setup(segments_that_go_ask_once_for_holds, clean),
	    cmocka_unit_test_setup(totals_are_counted_without_the_lock, clean),
	    cmocka_unit_test_setup(the_log_of_nobody_is_not_read, clean),
	    cmocka_unit_test_setup(
		audits_that_keep_no_footage_are_not_read, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
