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

/* Breaches, and who was told of the first. */
static void
add_told(int people)
{
	sqlf("INSERT INTO breach (id, title, known_at, due_at, opened_at,"
	     " closed_at) VALUES (1, x'00', 1, 1, 1, %lld)",
	    (long long)(T0 - 3651 * NVR_DAY));
	sqlf(MANY "INSERT INTO breach_told (breach_id, account_id, at) SELECT"
		  " 1, i * 1000003, 1 FROM n",
	    people);
	sqlf(MANY "INSERT INTO breach_note (id, breach_id, at, who, text)"
		  " SELECT i, 1, 1, 'x', zeroblob(100) FROM n",
	    200);
}

static void
c15_a_breach_that_many_were_told_of_goes_in_pieces(void **state)
{
	(void)state;
	add_told(100000);
	assert_int_equal(ends_watched("breaches"), 1);
	assert_int_equal(
	    count("breach") + count("breach_told") + count("breach_note"), 0);
	assert_true(waits.n >= 3);
}

static void
of_a_breach_that_is_kept_nothing_goes(void **state)
{
	int64_t account = add_account("free");

	(void)state;
	add_told(1000);
	sqlf("INSERT INTO breach_told (breach_id, account_id, at) VALUES"
	     " (1, %lld, 1)",
	    (long long)account);
	set_account(account, "restricted_at = 1");
	assert_int_equal(ends_watched("breaches"), 0);
	assert_int_equal(count("breach_told"), 1001);
	assert_int_equal(count("breach_note"), 200);
}

/* Hundreds of audits with all that was said in them. */
static void
n14_a_camera_with_many_audits_goes_in_pieces(void **state)
{
	int64_t cam = add_camera("gate", 0);

	(void)state;
	for (int i = 0; i < 3; i++)
		add_heavy(0, cam, 3000);
	sqlf(MANY "INSERT INTO audit (id, account_id, camera_id, camera_name,"
		  " at, duration_us, type, origin, analyzer, schema_version,"
		  " status) SELECT i, 0, %lld, 'gate', 1, 1, 'agentic', 'cli',"
		  " 'openai', 1, 'ok' FROM n",
	    60, (long long)cam);
	sqlf(MANY "INSERT INTO step (audit_id, ordinal, at, kind, name, text)"
		  " SELECT (i + 39) / 40, i, 0, 'told', 'x',"
		  " printf('%%.*c', 8000, 'y') FROM n",
	    2400);
	sqlf(MANY "INSERT INTO incident (camera_id, at) SELECT %lld, i FROM n",
	    2000, (long long)cam);
	sqlf("UPDATE camera SET removed_at = %lld",
	    (long long)(T0 - 31 * NVR_DAY));
	assert_int_equal(ends_watched("cameras"), 1);
	assert_int_equal(count("camera") + count("audit") + count("step") +
			     count("finding") + count("incident"),
	    0);
	assert_true(waits.n >= 5);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_audit_with_many_findings_goes_in_pieces),
	    T(an_audit_that_is_kept_loses_nothing),
	    T(rows_of_many_bytes_go_few_at_a_time),
	    T(c15_a_breach_that_many_were_told_of_goes_in_pieces),
	    T(of_a_breach_that_is_kept_nothing_goes),
	    T(n14_a_camera_with_many_audits_goes_in_pieces),
	};

	return cmocka_run_group_tests_name("aging", tests, NULL, NULL);
}
