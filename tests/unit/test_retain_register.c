/* What the register says of who ends a table's rows is what the code does. */
#include "aging_help.h"

#include "core/log.h"

#define OLD_TIMES (T0 + 7300 * NVR_DAY)

/* A row of each table that a kind ends, due by it; what is not said is 1, 'x',
 * or zeroes.  Of camera 1, which was removed, or of 2, which was not. */
static const struct {
	const char *table, *columns, *values;
	const char *due; /* which one it is; NULL: there is no other */
} rows[] = {
    {"account", "account_id, tier, adult_how, deleted_at",
	"9, 'free', 'born', 1", "account_id = 9"},
    {"site", "account_id, removed_at", "8, 1", NULL},
    {"camera", "removed_at", "1", "id = 1"},
    {"camera_recipient", "", "", NULL},
    {"baseline", "mode", "'day'", NULL},
    {"asked", "", "", NULL},
    {"footage_sum", "stream", "'main'", "camera_id = 1"},
    {"schedule_camera", "", "", NULL},
    {"audit", "type, status", "'regular', 'ok'", NULL},
    {"attempt", "", "", NULL},
    {"departure", "", "", NULL},
    {"finding", "verdict", "'no'", NULL},
    {"step", "kind", "'said'", NULL},
    {"still", "camera_id, path, sha256",
	"2, 'stills/2/1.jpg', hex(zeroblob(32))", NULL},
    {"run", "camera_id, stream", "2, 'main'", "id = 1"},
    {"segment", "camera_id, stream", "2, 'main'", NULL},
    {"incident", "camera_id", "2", NULL},
    {"event", "camera_id", "2", NULL},
    {"access", "camera_id", "2", NULL},
    {"hold", "camera_id, until, released_at", "2, 2, 1", NULL},
    {"usage", "camera_id", "2", NULL},
    {"outbox", "channel", "'mail'", NULL},
    {"request", "kind, done_at", "'access', 1", NULL},
    {"disclosure", "", "", NULL},
    {"breach", "closed_at", "1", NULL},
    {"breach_note", "", "", NULL},
    {"breach_told", "", "", NULL},
    {"processor", "until", "1", NULL},
    {"session", "account_id, factor", "8, 'password'", NULL},
    {"token", "account_id, purpose", "8, 'reset'", NULL},
    {"bucket", "", "", NULL},
    {"export", "state, format", "'asked', 'zip'", NULL},
    {"telemetry", "", "", NULL},
    {"telemetry_sum", "period", "'hour'", "period = 'hour'"},
    {"alert", "severity, state, closed_at", "'info', 'closed', 1", NULL},
    {"alert_event", "", "", NULL},
    {"alert_told", "", "", NULL},
    {"recorder", "state, revoked_at", "'revoked', 1", NULL},
    {"recorder_camera", "", "", NULL},
    {"invitation", "used_at", "1", NULL},
    {"unsent", "", "", NULL},
    {"log", NULL, NULL, "seq = 1"}, /* as it is written */
    {"log_mark", "kind", "'head'", "kind = 'head'"},
    {"garbage", "path", "'media/footage/1/main/1970-01-01/1.mp4'", NULL},
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static int64_t
left(size_t i)
{
	return sqlf("SELECT COUNT(*) FROM %s WHERE %s", rows[i].table,
	    rows[i].due != NULL ? rows[i].due : "1 = 1");
}

static void
enter(size_t i)
{
	const char *more = rows[i].columns[0] != '\0' ? ", " : "";
	char columns[1024] = "", values[1024] = "", given[256];
	sqlite3_stmt *q;

	snprintf(given, sizeof(given), ", %s,", rows[i].columns);
	assert_int_equal(
	    sqlite3_prepare_v2(s->store->db,
		"SELECT group_concat(name, ', '), group_concat(CASE type"
		" WHEN 'BYTEA' THEN 'zeroblob(32)' WHEN 'TEXT' THEN '''x'''"
		" ELSE '1' END, ', ') FROM pragma_table_info(?1)"
		" WHERE (\"notnull\" OR pk) AND dflt_value IS NULL AND"
		" instr(?2, ', ' || name || ',') = 0",
		-1, &q, NULL),
	    SQLITE_OK);
	sqlite3_bind_text(q, 1, rows[i].table, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, given, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	if (sqlite3_column_type(q, 0) == SQLITE_NULL)
		more = "";
	else {
		snprintf(columns, sizeof(columns), "%s",
		    (const char *)sqlite3_column_text(q, 0));
		snprintf(values, sizeof(values), "%s",
		    (const char *)sqlite3_column_text(q, 1));
	}
	sqlite3_finalize(q);
	sqlf("INSERT INTO %s (%s%s%s) VALUES (%s%s%s)", rows[i].table, columns,
	    more, rows[i].columns, values, more, rows[i].values);
}

static void
add_all(void)
{
	ok(nvr_keys_add(s, 8, &err));
	sqlf("INSERT INTO account (account_id, lookup, email, name, tier,"
	     " adult_how, created_at, changed_at) VALUES (8, randomblob(32),"
	     " x'00', x'00', 'free', 'declared', 1, 1)");
	sqlf("INSERT INTO camera (id, name, url, recipient, created_at,"
	     " changed_at) VALUES (2, 'gate', 'x', 'x', 1, 1)");
	/* Newer ones: the newest run of a stream stays. */
	sqlf("INSERT INTO run (id, camera_id, stream, started_at, monotonic_us,"
	     " reason, video, width, height) VALUES (2, 2, 'main', %lld, 0,"
	     " 'x', 'x', 1, 1)",
	    (long long)OLD_TIMES);
	sqlf("INSERT INTO footage_sum VALUES (2, 'main', 0, 1, 1)");
	sqlf("INSERT INTO schedule (id, name, every_us, created_at,"
	     " changed_at) VALUES (1, 'x', 1, 1, 1)");
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, 0, "x", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
	for (size_t i = 0; i < NROWS; i++) {
		if (rows[i].columns != NULL)
			enter(i);
		if (left(i) != 1)
			fail_msg("%s: there is none", rows[i].table);
	}
}

/* Whether the register has that table's rows end by the kind, or with them. */
static bool
ended_by(const char *table, const char *kind)
{
	return sqlf("SELECT COUNT(*) FROM privacy_column WHERE table_name ="
		    " '%s' AND rule IN ('%s', '-%s')",
		   table, kind, kind) > 0;
}

static void
each_kind_ends_the_tables_that_the_register_says(void **state)
{
	(void)state;
	rules.restore = 30 * NVR_DAY;
	rules.log_keep = 365 * NVR_DAY;
	rules.keep.footage = rules.keep.telemetry = rules.keep.hours = NVR_DAY;
	rules.keep.alerts = rules.keep.recorders = NVR_DAY;
	add_all();
	for (const struct nvr_retain_rule *r = nvr_retain_rules;
	     r->kind != NULL; r++) {
		/* Who deletes files has finished what others began. */
		if (strcmp(r->kind, "garbage") == 0)
			enter(NROWS - 1);
		for (size_t i = 0; i < NROWS; i++)
			if (ended_by(rows[i].table, r->kind) && left(i) == 0)
				fail_msg("%s: gone before %s", rows[i].table,
				    r->kind);
		run_rule(r->kind, OLD_TIMES, 0, true);
		if (done.kind[0].failed != 0)
			fail_msg("%s: %s", r->kind, err.text);
		for (size_t i = 0; i < NROWS; i++)
			if (ended_by(rows[i].table, r->kind) && left(i) != 0)
				fail_msg("%s: not ended by %s", rows[i].table,
				    r->kind);
	}
}

static void
each_table_that_a_kind_ends_is_tried(void **state)
{
	sqlite3_stmt *q;

	(void)state;
	assert_int_equal(sqlite3_prepare_v2(s->store->db,
			     "SELECT DISTINCT table_name FROM privacy_column"
			     " WHERE rule NOT IN ('never', 'account', 'use')",
			     -1, &q, NULL),
	    SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(q, 0);
		size_t i = 0;

		while (i < NROWS && strcmp(rows[i].table, table) != 0)
			i++;
		if (i == NROWS)
			fail_msg("%s is not tried", table);
	}
	sqlite3_finalize(q);
}

/* What ends within a row, or ahead of what the rule says. */
static void
what_ends_early_is_in_the_register(void **state)
{
#define OF " FROM privacy_column WHERE table_name = "
	(void)state;
	assert_int_equal(sqlf("SELECT COUNT(*)" OF "'session' AND retention"
			      " LIKE '%%365 days at the most'"),
	    2);
	assert_int_equal(
	    sqlf("SELECT COUNT(*)" OF "'factor' AND retention NOT LIKE"
		 " '%%a day, where it is not confirmed'"),
	    0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(each_kind_ends_the_tables_that_the_register_says),
	    T(each_table_that_a_kind_ends_is_tried),
	    T(what_ends_early_is_in_the_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
