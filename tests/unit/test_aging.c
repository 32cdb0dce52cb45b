/* Rows that end by age go in transactions that others can wait for. */
#include "aging_help.h"
#include "hold_help.h"

static struct waits waits;

/* What goes; the transactions are counted in waits. */
static int64_t
ends_watched(const char *kind)
{
	int64_t n;

	waits = (struct waits){0};
	watch_transactions(s->store->db, &waits);
	n = ends(kind, T0);
	sqlite3_trace_v2(s->store->db, 0, NULL, NULL);
	print_message("%s: %d transactions, up to %d ms\n", kind, waits.n,
	    (int)(waits.most / NVR_MILLISECOND));
	return n;
}

#define MANY                                                             \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n" \
	" WHERE i < %d) "

static int64_t
add_heavy(int64_t account, int64_t camera, int rows)
{
	int64_t id = nvr_id_new();

	sqlf("INSERT INTO audit (id, account_id, camera_id, camera_name, at,"
	     " duration_us, type, origin, analyzer, schema_version, status)"
	     " VALUES (%lld, %lld, %lld, 'gate', %lld, 1, 'regular',"
	     " 'command', 'local', 1, 'ok')",
	    (long long)id, (long long)account, (long long)camera,
	    (long long)(T0 - 91 * NVR_DAY));
	sqlf(MANY "INSERT INTO finding (audit_id, ordinal, label, verdict,"
		  " evidence) SELECT %lld, i, 'person', 'yes', '' FROM n",
	    rows, (long long)id);
	sqlf(MANY "INSERT INTO step (audit_id, ordinal, at, kind, name, text)"
		  " SELECT %lld, i, 1, 'said', '', '' FROM n",
	    rows, (long long)id);
	return id;
}

static void
an_audit_with_many_findings_goes_in_pieces(void **state)
{
	int64_t cam = add_camera("gate", 0);

	(void)state;
	sqlf("UPDATE camera SET retain_events_us = %lld",
	    (long long)(100 * NVR_DAY));
	add_heavy(0, cam, 20000);
	add_heavy(0, cam, 3);
	assert_int_equal(ends_watched("audits"), 2);
	assert_int_equal(count("audit") + count("finding") + count("step"), 0);
	assert_int_equal(count("incident"), 1);
	assert_true(waits.n >= 2);
}

static void
an_audit_that_is_kept_loses_nothing(void **state)
{
	int64_t account = add_account("free");
	int64_t cam = add_camera("gate", account);

	(void)state;
	add_heavy(account, cam, 200);
	set_account(account, "restricted_at = 1");
	assert_int_equal(ends_watched("audits"), 0);
	assert_int_equal(count("finding"), 200);
}

static void
rows_of_many_bytes_go_few_at_a_time(void **state)
{
	(void)state;
	sqlf(MANY "INSERT INTO outbox (id, account_id, channel, kind,"
		  " recipient, message, created_at, sent_at) SELECT i, 0,"
		  " 'mail', 'report', x'00', zeroblob(300000), 1, %lld FROM n",
	    120, (long long)(T0 - 31 * NVR_DAY));
	assert_int_equal(ends_watched("outbox"), 120);
	assert_int_equal(count("outbox"), 0);
	assert_true(waits.n >= 6);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_audit_with_many_findings_goes_in_pieces),
	    T(an_audit_that_is_kept_loses_nothing),
	    T(rows_of_many_bytes_go_few_at_a_time),
	};

	return cmocka_run_group_tests_name("aging", tests, NULL, NULL);
}
