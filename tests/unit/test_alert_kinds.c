/* What each kind of alert is judged by, and its thresholds. */
#include "alert_help.h"

static void
report_space(int64_t recorder, double percent)
{
	now += NVR_SECOND;
	sqlf("INSERT INTO telemetry (recorder_id, at, received_at, disk_free)"
	     " VALUES (%lld, %lld, %lld, %g)",
	    (long long)recorder, (long long)now, (long long)now, percent);
}

static void
c16_late_reports_raise_no_alert(void **state)
{
	(void)state;
	add_recorder(1, 0);
	minutes_of(2, 1, 1);
	sqlf("INSERT INTO telemetry (recorder_id, at, received_at, disk_free,"
	     " late, sequence) VALUES (1, %lld, %lld, 1, 1, 1)",
	    (long long)(now - NVR_HOUR), (long long)now);
	minutes_of(2, 1, 1);
	assert_int_equal(nsaid, 0);
	sqlf("INSERT INTO telemetry (recorder_id, at, received_at, disk_free,"
	     " disk_free_bytes, late, sequence) VALUES (1, %lld, %lld, 1,"
	     " 1000000, 0, 2)",
	    (long long)now, (long long)now);
	minutes_of(1, 1, 1);
	assert_int_equal(count("storage-low", "opened"), 1);
	assert_non_null(strstr(said[0].why, "1.0 % free"));
	report_space(1, 1);
	minutes_of(2, 1, 1);
	/* A late one is no good news either. */
	sqlf("INSERT INTO telemetry (recorder_id, at, received_at, disk_free,"
	     " late, sequence) VALUES (1, %lld, %lld, 90, 1, 3)",
	    (long long)now, (long long)now);
	minutes_of(5, 1, 1);
	assert_int_equal(count("storage-low", "closed"), 0);
	for (int i = 0; i < 2; i++) {
		sqlf("INSERT INTO telemetry (recorder_id, at, received_at,"
		     " disk_free, sequence) VALUES (1, %lld, %lld, 90, %d)",
		    (long long)now, (long long)now + 1, 4 + i);
		assert_int_equal(count("storage-low", "closed"), 0);
		minutes_of(2, 1, 1);
	}
	assert_int_equal(count("storage-low", "closed"), 1);
}

/* Judging goes on where nothing new came in. */
static void
a_bad_report_is_no_good_news_later(void **state)
{
	(void)state;
	add_recorder(1, 0);
	minutes_of(2, 1, 1);
	for (int i = 0; i < 24; i++) {
		report_space(1, 2);
		minutes_of(5, 1, 1);
	}
	assert_int_equal(count("storage-low", "opened"), 1);
	report_space(1, 90);
	minutes_of(5, 1, 1);
	assert_int_equal(count("storage-low", "closed"), 0);
	report_space(1, 90);
	minutes_of(1, 1, 1);
	assert_int_equal(count("storage-low", "closed"), 1);
	/* Nor does it keep one from lasting. */
	ok(nvr_alert_rule_set(s,
	    &(struct nvr_alert_rule){
		0, 0, "storage-low", -1, -1, NAN, -1, -1, 10 * NVR_MINUTE, 1},
	    &err));
	for (int i = 0; i < 4; i++) {
		report_space(1, 2);
		minutes_of(5, 1, 1);
	}
	assert_int_equal(count("storage-low", "opened"), 2);
}

static void
add_local_camera(void)
{
	sqlf("INSERT INTO camera (id, name, url, recipient, created_at,"
	     " changed_at) VALUES (11, 'gate', 'rtsp://x', 'age1x', 1, 1)");
}

static void
add_audit(int64_t id, const char *analyzer, int64_t schedule, bool found)
{
	now += NVR_SECOND;
	sqlf("INSERT INTO audit (id, camera_id, camera_name, at, duration_us,"
	     " type, origin, analyzer, schema_version, status, schedule_id,"
	     " slot_at) VALUES (%lld, 11, 'gate', %lld, 1, 'regular', 'x',"
	     " '%s', 1, 'ok', NULLIF(%lld, 0), %lld)",
	    (long long)id, (long long)now, analyzer, (long long)schedule,
	    (long long)now);
	if (found)
		sqlf("INSERT INTO finding (audit_id, ordinal, verdict, label,"
		     " evidence) VALUES (%lld, 1, 'yes', 'smoke', '')",
		    (long long)id);
}

/* What else looks at the camera, or at something else there, says nothing. */
static void
an_alarm_is_over_by_audits_of_its_kind_alone(void **state)
{
	(void)state;
	add_recorder(1, 0);
	add_local_camera();
	minutes_of(2, 1, 1);
	add_audit(1, "model", 5, true);
	add_audit(2, "local", 5, false);
	add_audit(3, "model", 6, false);
	minutes_of(1, 1, 1);
	assert_int_equal(count("audit-alarm", "opened"), 1);
	for (int i = 4; i < 10; i += 2) {
		add_audit(i, "local", 5, false);
		add_audit(i + 1, "model", 6, false);
		minutes_of(1, 1, 1);
	}
	assert_int_equal(count("audit-alarm", "closed"), 0);
	/* Two found something, and both must look again, twice. */
	add_audit(10, "model", 0, true);
	for (int i = 11; i < 15; i++) {
		add_audit(i, "model", 5, false);
		minutes_of(1, 1, 1);
	}
	assert_int_equal(count("audit-alarm", "closed"), 0);
	for (int i = 15; i < 19; i += 2) {
		assert_int_equal(count("audit-alarm", "closed"), 0);
		add_audit(i, "model", 0, false);
		add_audit(i + 1, "model", 5, false);
		minutes_of(1, 1, 1);
	}
	assert_int_equal(count("audit-alarm", "closed"), 1);
	minutes_of(20, 1, 1);
	assert_int_equal(count("audit-alarm", NULL), 2);
	/* It was looked at again before anybody judged. */
	add_audit(19, "model", 5, true);
	add_audit(20, "model", 5, false);
	add_audit(21, "model", 5, false);
	minutes_of(1, 1, 1);
	assert_int_equal(count("audit-alarm", "opened"), 2);
}

static void
set_rule(int64_t account, int64_t site, const char *kind, double percent)
{
	const struct nvr_alert_rule r = {
	    account, site, kind, -1, -1, percent, -1, -1, -1, 1};

	ok(nvr_alert_rule_set(s, &r, &err));
}

static void
a_site_has_its_own_threshold_ahead_of_the_accounts(void **state)
{
	const struct nvr_alert_rule off = {
	    0, 3, "storage-low", 0, -1, NAN, -1, -1, -1, 1};

	(void)state;
	for (int i = 1; i <= 3; i++)
		add_recorder(i, 0);
	minutes_of(1, 3, 7);
	for (int i = 1; i <= 3; i++)
		report_space(i, 15);
	minutes_of(1, 3, 7);
	assert_int_equal(nsaid, 0);
	set_rule(0, 0, "storage-low", 20);
	set_rule(0, 2, "storage-low", 10);
	ok(nvr_alert_rule_set(s, &off, &err));
	for (int i = 1; i <= 3; i++)
		report_space(i, 15);
	minutes_of(1, 3, 7);
	assert_int_equal(count("storage-low", "opened"), 1);
	assert_int_equal(sqlf("SELECT object FROM alert"), 1);
	/* What is set once more leaves the rest as it is. */
	set_rule(0, 3, "storage-low", 50);
	report_space(3, 15);
	minutes_of(1, 3, 7);
	assert_int_equal(nsaid, 1);
	ok(nvr_alert_rule_reset(s, 0, 3, "storage-low", &err));
	report_space(3, 15);
	minutes_of(1, 3, 7);
	assert_int_equal(nsaid, 2);
	assert_fails(nvr_alert_rule_reset(s, 0, 3, "storage-low", &err),
	    NVR_E_NOENT, "no rule of its own");
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log WHERE type"
				       " LIKE 'alert.rule%'"),
	    5);
	assert_fails(nvr_alert_rule_set(s,
			 &(struct nvr_alert_rule){
			     0, 0, "no-such", -1, -1, NAN, -1, -1, -1, 1},
			 &err),
	    NVR_E_USAGE, "none of: recorder-offline");
	assert_fails(nvr_alert_rule_set(s,
			 &(struct nvr_alert_rule){
			     0, 0, "camera-offline", -1, -1, 5, -1, -1, -1, 1},
			 &err),
	    NVR_E_USAGE, "no such threshold");
}

static void
a_rule_that_is_off_ends_what_it_raised(void **state)
{
	const struct nvr_alert_rule off = {
	    0, 0, "recorder-offline", 0, -1, NAN, -1, -1, -1, 1};

	(void)state;
	add_recorder(1, 0);
	minutes_of(1, 1, 1);
	minutes_of(5, 1, 0);
	assert_int_equal(count(NULL, "opened"), 1);
	ok(nvr_alert_rule_set(s, &off, &err));
	minutes_of(2, 1, 0);
	assert_int_equal(count(NULL, "ended"), 1);
	minutes_of(9, 1, 0);
	assert_int_equal(nsaid, 2);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert_event WHERE what = 'ended' AND"
		 " why = 'its rule is off'"),
	    1);
}

static void
an_open_alert_says_what_is_so_now(void **state)
{
	const struct nvr_alert_rule severe = {
	    0, 0, "storage-low", -1, NVR_CRITICAL, NAN, -1, -1, -1, 1};

	(void)state;
	add_recorder(1, 0);
	add_camera(11, 1, "gate");
	minutes_of(2, 1, 1);
	state_of(11, "offline");
	report_space(1, 4);
	minutes_of(3, 1, 1);
	assert_int_equal(count(NULL, "opened"), 2);
	state_of(11, "full");
	sqlf("UPDATE recorder_camera SET name = 'door'");
	ok(nvr_alert_rule_set(s, &severe, &err));
	report_space(1, 2);
	minutes_of(1, 1, 1);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE subject = 'door' AND why ="
		 " 'there is no room for its footage'"),
	    1);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE value = 2 AND why LIKE"
		 " '2.0 %%' AND severity = 'critical'"),
	    1);
}

static void
figures_of_recorders_are_held_to_their_thresholds(void **state)
{
	(void)state;
	add_recorder(1, 0);
	minutes_of(2, 1, 1);
	sqlf("UPDATE recorder SET overdue = 3, skew_us = -130000000");
	minutes_of(1, 1, 1);
	assert_int_equal(count("retention-overdue", "opened"), 1);
	assert_int_equal(count("clock-wrong", "opened"), 1);
	sqlf("UPDATE recorder SET overdue = 0, skew_us = 110000000");
	minutes_of(2, 1, 1);
	assert_int_equal(count(NULL, "closed"), 2);
	/* Each account has its own limit, and the worse of the two counts. */
	sqlf("INSERT INTO alert_rule (account_id, site_id, kind, us,"
	     " changed_at) VALUES (9, 0, 'clock-wrong', 1000000, 1)");
	sqlf("UPDATE recorder SET clock_us = 2000000, skew_us = -130000000");
	minutes_of(1, 1, 1);
	assert_int_equal(count("clock-wrong", "opened"), 2);
	sqlf("UPDATE recorder SET clock_us = 2000000, skew_us = NULL");
	minutes_of(2, 1, 1);
	assert_int_equal(count("clock-wrong", "closed"), 2);
	/* What it told is of then, while it is not heard. */
	sqlf("UPDATE recorder SET overdue = 3");
	minutes_of(9, 1, 0);
	assert_int_equal(count("retention-overdue", "opened"), 2);
	sqlf("UPDATE recorder SET overdue = 0");
	minutes_of(9, 1, 0);
	assert_int_equal(count("retention-overdue", "closed"), 1);
}

static void
people_and_their_rights_are_told_of(void **state)
{
	int64_t id = add("a@example.org");

	(void)state;
	now = nvr_time_now();
	add_listener(id)->channel = "webhook";
	/* By mail there is a letter of it. */
	add_listener(id)->kinds = "signin-new-place";
	judge_now();
	now += NVR_MINUTE;
	sqlf("INSERT INTO request (id, account_id, kind, channel, received_at,"
	     " due_at) VALUES (1, %lld, 'access', 'mail', 1, %lld)",
	    (long long)id, (long long)(now + 6 * NVR_DAY));
	sqlf("INSERT INTO export (id, account_id, state, format, language,"
	     " include, asked_at, ready_at, expires_at) VALUES (1, %lld,"
	     " 'ready', 'zip', 'en', 0, 1, 2, %lld)",
	    (long long)id, (long long)(now + NVR_DAY));
	sqlf("INSERT INTO outbox (id, account_id, channel, kind, recipient,"
	     " message, created_at, dead_at) VALUES (1, 0, 'mail', 'x', x'00',"
	     " x'00', 1, %lld)",
	    (long long)now);
	/* What an account set for itself is not for the operator's. */
	sqlf("INSERT INTO request (id, account_id, kind, channel, received_at,"
	     " due_at) VALUES (2, %lld, 'access', 'mail', 1, %lld)",
	    (long long)id, (long long)(now + 20 * NVR_DAY));
	ok(nvr_alert_rule_set(s,
	    &(struct nvr_alert_rule){
		id, 0, "request-due", -1, -1, NAN, -1, 30 * NVR_DAY, -1, 1},
	    &err));
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(
	    s, id, "signin.ok", json_pack("{s:b}", "new", 1), &err));
	ok(nvr_log_append(
	    s, id, "signin.ok", json_pack("{s:b}", "new", 0), &err));
	ok(nvr_store_commit(s->store, &err));
	judge_now();
	assert_int_equal(count("request-due", "opened"), 1);
	assert_int_equal(count("export-ready", "opened"), 1);
	assert_int_equal(count("notify-failing", "opened"), 1);
	assert_int_equal(count("signin-new-place", "opened"), 1);
	assert_int_equal(nsaid, 4);
	/* The operator hears of requests and letters, people of the rest. */
	for (int i = 0; i < nsaid; i++)
		assert_int_equal(said[i].contact,
		    said[i].kind[0] == 'r' || said[i].kind[0] == 'n' ? 1 : 2);
	/* Each of them is news of its own. */
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(
	    s, id, "signin.ok", json_pack("{s:b}", "new", 1), &err));
	ok(nvr_store_commit(s->store, &err));
	now += NVR_MINUTE;
	judge_now();
	assert_int_equal(count("signin-new-place", "opened"), 2);
	sqlf("UPDATE request SET done_at = 1; ");
	sqlf("UPDATE export SET taken_at = 1");
	for (int i = 0; i < 3; i++) {
		now += NVR_MINUTE;
		judge_now();
	}
	assert_int_equal(count("request-due", "closed"), 1);
	assert_int_equal(nsaid, 6);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE kind = 'export-ready' AND"
		 " closed_at IS NOT NULL"),
	    1);
	/* What happened is over after a day. */
	now += NVR_DAY;
	judge_now();
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM alert WHERE closed_at IS NULL"), 0);
	sqlf("UPDATE account SET deleted_at = %lld",
	    (long long)(now - 24 * NVR_DAY));
	now += NVR_MINUTE;
	judge_now();
	assert_int_equal(count("erasure-scheduled", "opened"), 1);
}

static void
what_could_not_be_looked_at_is_looked_at_later(void **state)
{
	struct nvr_error why;

	(void)state;
	add_recorder(1, 0);
	add_recorder(2, 0);
	add_local_camera();
	minutes_of(2, 2, 3);
	sqlf("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1,"
	     " 11, 'main', %lld, 'audit-limit')",
	    (long long)now);
	sqlf("ALTER TABLE event RENAME TO gone");
	for (int i = 0; i < 60; i++) {
		now += NVR_MINUTE;
		beat(2);
		assert_true(
		    nvr_alert_evaluate(s, now, &done, &why) == NVR_E_DATA ||
		    why.code != 0);
	}
	assert_non_null(strstr(why.text, "event"));
	/* Nor does it keep anything else from being told. */
	assert_int_equal(sqlf("SELECT COUNT(*) FROM alert WHERE kind ="
			      " 'recorder-offline' AND state = 'open'"),
	    1);
	sqlf("ALTER TABLE gone RENAME TO event");
	minutes_of(1, 2, 2);
	assert_int_equal(count("usage-limit", "opened"), 1);
	minutes_of(20, 2, 2);
	assert_int_equal(count("usage-limit", "opened"), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(c16_late_reports_raise_no_alert),
	    T(a_bad_report_is_no_good_news_later),
	    T(an_alarm_is_over_by_audits_of_its_kind_alone),
	    T(a_site_has_its_own_threshold_ahead_of_the_accounts),
	    T(a_rule_that_is_off_ends_what_it_raised),
	    T(an_open_alert_says_what_is_so_now),
	    T(figures_of_recorders_are_held_to_their_thresholds),
	    T(people_and_their_rights_are_told_of),
	    T(what_could_not_be_looked_at_is_looked_at_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
