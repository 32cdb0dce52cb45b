/* Reports of recorders: what is taken, what is not, and who is taken for
 * whom. */
#include <math.h>

#include "core/alert.h"
#include "remote_help.h"

static void
a_report_is_entered_and_answered(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	now += NVR_MINUTE;
	prepare(&m);
	beat.report.overdue = 4;
	beat.settings = 17;
	assert_int_equal(say(&m), NVR_BEAT_FINE);
	assert_true(answer.sequence == m.last && answer.now == now);
	assert_false(answer.moved);
	assert_true(answer.wants_inventory); /* it has none */
	assert_int_equal(answer.late, NVR_BEAT_LATE);
	assert_true(answer.settings.retain_us == 30 * NVR_DAY &&
		    answer.settings.retain_bytes == 1 << 30);
	assert_int_equal(
	    sql("nvr.db",
		"SELECT COUNT(*) FROM telemetry t JOIN recorder r ON r.id ="
		" t.recorder_id AND r.account_id = t.account_id WHERE"
		" t.at = r.at AND t.sequence = r.sequence AND t.late = 0 AND"
		" t.load = 0.5 AND t.uptime_us = 86400000000 AND"
		" t.clock_us = 1000 AND t.overdue = 4 AND t.backlog = 0 AND"
		" r.overdue = 4 AND r.settings = 17 AND r.skew_us = 0 AND"
		" r.started_at = r.at - 86400000000 AND r.seen_at >= r.at"),
	    1);
}

/* What the account, and then its site, has of its own for alerts. */
static void
rule(int64_t of_site, const char *kind, double percent, int enabled)
{
	const struct nvr_alert_rule r = {.account_id = account,
	    .site_id = of_site,
	    .kind = kind,
	    .enabled = enabled,
	    .severity = -1,
	    .percent = percent,
	    .bytes = -1,
	    .us = -1,
	    .grace = of_site != 0 ? NVR_HOUR : -1,
	    .changed_at = now};

	ok(nvr_alert_rule_set(s, &r, &err));
}

static void
thresholds_of_the_account_and_its_site_are_told_until_they_are_taken_back(
    void **state)
{
	struct machine m = enrol(1);
	const struct nvr_beat_settings *x = &answer.settings;
	int64_t plain, other;

	(void)state;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	plain = x->version;
	assert_true(x->nalerts == 0 && plain > 0);
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_true(x->version == plain);
	/* Those of another site, of others, and of what the portal judges. */
	rule(site + 1, "camera-offline", NAN, 0);
	rule(0, "recorder-offline", NAN, 0);
	sql("nvr.db",
	    "INSERT INTO alert_rule (account_id, site_id, kind, enabled,"
	    " changed_at) VALUES (0, 0, 'audit-alarm', 0, 1)");
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_true(x->version == plain && x->nalerts == 0);
	rule(0, "storage-low", 20, 1);
	rule(0, "camera-offline", NAN, 0);
	rule(site, "storage-low", 30, -1);
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	other = x->version;
	assert_true(other != plain && x->nalerts == 2);
	assert_string_equal(x->alert[0].kind, "camera-offline");
	assert_true(x->alert[0].enabled == 0);
	assert_string_equal(x->alert[1].kind, "storage-low");
	assert_true(x->alert[1].percent == 30 && x->alert[1].enabled == 1 &&
		    x->alert[1].grace == NVR_HOUR);
	ok(nvr_alert_rule_reset(s, account, site, "storage-low", &err));
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_true(x->version != plain && x->version != other);
	assert_true(x->alert[1].percent == 20 && x->alert[1].grace == -1);
	ok(nvr_alert_rule_reset(s, account, 0, "storage-low", &err));
	ok(nvr_alert_rule_reset(s, account, 0, "camera-offline", &err));
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_true(x->version == plain && x->nalerts == 0);
	/* Each is in the security log of the portal. */
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM log WHERE type LIKE"
			  " 'alert.rule%'"),
	    8);
}

static void
a_replayed_report_is_refused_and_told_the_newest(void **state)
{
	struct machine m = enrol(1);
	uint64_t newest;

	(void)state;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	newest = m.last;
	m.last -= 1;
	prepare(&m);
	assert_int_equal(reports(), 1);
	beat.report.at += 1000;
	m.last = newest - 1;
	ok(try_say(&m, (int64_t)newest * NVR_MILLISECOND));
	assert_int_equal(refusal.problem, NVR_BEAT_REPLAYED);
	assert_true(refusal.sequence == newest);
	assert_int_equal(reports(), 1);
	/* One that is older, and one that is the next. */
	m.last = newest - 5;
	now -= NVR_MINUTE;
	prepare(&m);
	assert_int_equal(say(&m), NVR_BEAT_REPLAYED);
	m.last = newest;
	prepare(&m);
	assert_int_equal(say(&m), NVR_BEAT_FINE);
	assert_true(m.last == newest + 1);
}

static void
the_same_bytes_are_taken_once(void **state)
{
	struct machine m = enrol(1);
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&msg, &sig, "192.0.2.7", now};

	(void)state;
	prepare(&m);
	beat.report.sequence = ++m.last;
	ok(nvr_beat_write(&beat, &body, &err));
	sig = sign(&m, &msg, "/api/v1/heartbeat", &body, m.last, now);
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_FINE);
	for (int i = 0; i < 3; i++) {
		nvr_beat_answer_release(&answer);
		ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
		assert_int_equal(refusal.problem, NVR_BEAT_REPLAYED);
	}
	assert_int_equal(reports(), 1);
	nvr_buf_release(&body);
}

/* Each byte of the body, and each part of what is signed. */
static void
an_altered_report_is_refused(void **state)
{
	struct machine m = enrol(1);
	struct nvr_http_signature sig;
	struct nvr_http_message msg, as;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&as, &sig, "192.0.2.7", now};

	(void)state;
	prepare(&m);
	beat.report.sequence = ++m.last;
	ok(nvr_beat_write(&beat, &body, &err));
	sig = sign(&m, &msg, "/api/v1/heartbeat", &body, m.last, now);
	for (size_t i = 0; i < body.len; i++) {
		as = msg;
		body.data[i] ^= 1;
		ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
		assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
		body.data[i] ^= 1;
	}
	as = msg, as.path = "/api/v1/enrol";
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
	as = msg, as.authority = "elsewhere.example";
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
	as = msg, as.len = 0;
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
	as = msg, sig.sequence[0] ^= 1;
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_UNSIGNED);
	sig.sequence[0] ^= 1;
	assert_int_equal(reports(), 0);
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_FINE);
	nvr_buf_release(&body);
}

static void
the_sequence_of_the_report_is_the_one_that_was_signed(void **state)
{
	struct machine m = enrol(1);
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&msg, &sig, "192.0.2.7", now};

	(void)state;
	prepare(&m);
	beat.report.sequence = m.last + 1;
	ok(nvr_beat_write(&beat, &body, &err));
	sig = sign(&m, &msg, "/api/v1/heartbeat", &body, m.last + 2, now);
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_MALFORMED);
	nvr_buf_release(&body);
}

static enum nvr_beat_problem
skewed(struct machine *m, int64_t by)
{
	now += NVR_MINUTE;
	prepare(m);
	/* Of a time that is fine in itself. */
	beat.report.at = now + (by > 300 * NVR_SECOND ? 300 * NVR_SECOND : by);
	/* What is signed is a clock's, whatever was used before. */
	ok(try_say(m, now + by));
	return refusal.problem;
}

static void
a_clock_may_be_300_seconds_off_and_not_301(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	now = now / NVR_SECOND * NVR_SECOND;
	m.last = 1;
	sql("nvr.db", "UPDATE recorder SET sequence = 1");
	assert_int_equal(skewed(&m, -301 * NVR_SECOND), NVR_BEAT_SKEW);
	assert_true(refusal.now == now);
	assert_int_equal(skewed(&m, -300 * NVR_SECOND), NVR_BEAT_FINE);
	assert_true(
	    sql("nvr.db", "SELECT skew_us FROM recorder") == -300 * NVR_SECOND);
	assert_int_equal(skewed(&m, 300 * NVR_SECOND), NVR_BEAT_FINE);
	assert_true(
	    sql("nvr.db", "SELECT skew_us FROM recorder") == 300 * NVR_SECOND);
	assert_int_equal(skewed(&m, 301 * NVR_SECOND), NVR_BEAT_SKEW);
	assert_int_equal(reports(), 2);
	/* Signed now, and of another time. */
	now += NVR_HOUR;
	prepare(&m);
	beat.report.at = now - 7 * NVR_MINUTE;
	assert_int_equal(say(&m), NVR_BEAT_SKEW);
	prepare(&m);
	beat.report.at = now + 6 * NVR_MINUTE;
	assert_int_equal(say(&m), NVR_BEAT_SKEW);
	assert_int_equal(reports(), 2);
}

static void
late_reports_are_entered_as_late_and_old_ones_are_counted(void **state)
{
	static struct nvr_beat_report late[4];
	struct machine m = enrol(1);

	(void)state;
	now += NVR_HOUR;
	prepare(&m);
	for (int i = 0; i < 4; i++) {
		late[i] = beat.report;
		late[i].sequence = (uint64_t)i + 1;
		late[i].at = now - (40 - i) * NVR_MINUTE;
	}
	late[0].at = now - 7 * NVR_DAY - NVR_SECOND;
	late[1].at = now - 7 * NVR_DAY + NVR_SECOND;
	beat.late = late;
	beat.nlate = 4;
	assert_int_equal(say(&m), NVR_BEAT_FINE);
	assert_int_equal(reports(), 4);
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM telemetry WHERE late = 1"), 3);
	assert_int_equal(sql("nvr.db", "SELECT stale FROM recorder"), 1);
	/* The same again, since no answer came, is entered once. */
	now += 2 * NVR_SECOND;
	prepare(&m);
	beat.late = late;
	beat.nlate = 4;
	assert_int_equal(say(&m), NVR_BEAT_FINE);
	assert_int_equal(reports(), 5);
	/* The newest is what the row tells. */
	assert_true(sql("nvr.db", "SELECT at FROM recorder") == now);
}

static void
another_fingerprint_is_asked_about_once_and_not_shut_out(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_false(answer.moved);
	m.fingerprint[0] = 99;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
		assert_true(answer.moved);
	}
	assert_int_equal(logged(account, "recorder.moved", ""), 1);
	assert_int_equal(logged(account, "recorder.cloned", ""), 0);
	assert_true(sql("nvr.db", "SELECT moved_at FROM recorder") ==
		    now - 4 * NVR_MINUTE);
	ok(nvr_remote_approve(s, m.id, &err));
	assert_int_equal(logged(account, "recorder.approved", "moved"), 1);
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_false(answer.moved);
	assert_int_equal(logged(account, "recorder.moved", ""), 1);
}

/* At that time, by our clock. */
static enum nvr_beat_problem
beat_at(struct machine *m, int64_t at)
{
	now = at;
	prepare(m);
	return say(m);
}

static void
one_report_a_second_is_taken_of_a_recorder(void **state)
{
	struct machine m = enrol(1), other = enrol(2);
	int64_t seen;

	(void)state;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	seen = sql("nvr.db", "SELECT seen_at FROM recorder WHERE seen_at > 0");
	assert_int_equal(beat_at(&m, seen + 500000), NVR_BEAT_TOO_OFTEN);
	assert_true(refusal.retry > 0 && refusal.retry <= NVR_SECOND / 2);
	assert_int_equal(beat_at(&other, now), NVR_BEAT_FINE);
	assert_int_equal(reports(), 2);
	assert_int_equal(beat_at(&m, seen + NVR_SECOND), NVR_BEAT_FINE);
	assert_int_equal(sql("nvr.db", "SELECT doubts FROM recorder"), 0);
	/* Our clock was a year ahead, and is set right. */
	sql("nvr.db", "UPDATE recorder SET seen_at = seen_at + 31536000000000");
	assert_int_equal(beat_at(&m, now + NVR_MILLISECOND), NVR_BEAT_FINE);
	assert_int_equal(reports(), 4);
}

/* Timers that ring together: what the one says comes right behind the other's.
 */
static void
two_machines_of_one_second_are_told_as_cloned(void **state)
{
	struct machine a = enrol(1), b;

	(void)state;
	assert_int_equal(beat_of(&a), NVR_BEAT_FINE);
	b = a;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(beat_of(&b), NVR_BEAT_FINE);
		assert_int_equal(
		    beat_at(&a, now + NVR_MILLISECOND), NVR_BEAT_FINE);
	}
	assert_int_equal(logged(account, "recorder.cloned", ""), 1);
	b = enrol(3);
	assert_int_equal(beat_of(&b), NVR_BEAT_FINE);
	for (int i = 0; i < 6; i++) {
		now += i % 2 == 0 ? NVR_MINUTE : NVR_MILLISECOND;
		b.fingerprint[0] = i % 2 == 0 ? 4 : 3;
		assert_int_equal(beat_at(&b, now), NVR_BEAT_FINE);
	}
	assert_int_equal(logged(account, "recorder.cloned", ""), 2);
}

/* Two at once, which each go on from what they used themselves. */
static void
two_machines_with_one_key_are_told_as_cloned(void **state)
{
	struct machine a = enrol(1), b;

	(void)state;
	assert_int_equal(beat_of(&a), NVR_BEAT_FINE);
	b = a;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(beat_of(&b), NVR_BEAT_FINE);
		assert_int_equal(beat_of(&a), NVR_BEAT_FINE);
	}
	assert_int_equal(logged(account, "recorder.cloned", ""), 1);
	assert_true(sql("nvr.db", "SELECT cloned_at FROM recorder") > 0);
	assert_int_equal(beat_of(&b), NVR_BEAT_FINE);
	assert_int_equal(logged(account, "recorder.cloned", ""), 1);
	ok(nvr_remote_approve(s, a.id, &err));
	assert_int_equal(
	    sql("nvr.db", "SELECT COUNT(*) FROM recorder WHERE cloned_at IS"
			  " NULL AND doubts = 0"),
	    1);
}

static void
two_fingerprints_in_turn_are_cloned_too(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	for (int i = 0; i < 20; i++) {
		m.fingerprint[0] = i % 2 == 0 ? 1 : 2;
		assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	}
	assert_int_equal(logged(account, "recorder.cloned", ""), 1);
	assert_int_equal(logged(account, "recorder.moved", ""), 3);
}

static void
a_backup_that_was_restored_is_no_clone(void **state)
{
	struct machine m = enrol(1);
	uint64_t before;

	(void)state;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	for (int i = 0; i < 4; i++) {
		before = m.last;
		assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
		m.last = before;
		assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
		now += 2 * NVR_DAY;
	}
	assert_int_equal(logged(account, "recorder.cloned", ""), 0);
	/* An answer that got lost: it used what we do not know of. */
	m.last += 1000;
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	assert_int_equal(sql("nvr.db", "SELECT doubts FROM recorder"), 1);
}

static void
an_unknown_key_and_a_revoked_recorder_are_refused(void **state)
{
	struct machine m = enrol(1), stranger = machine(5);

	(void)state;
	assert_int_equal(beat_of(&stranger), NVR_BEAT_UNKNOWN);
	/* A stranger's signature under a key that is known. */
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
	ok(nvr_remote_revoke(s, m.id, &err));
	assert_int_equal(beat_of(&m), NVR_BEAT_REVOKED);
	assert_int_equal(reports(), 1);
	assert_int_equal(logged(account, "recorder.revoked", ""), 1);
	assert_fails(nvr_remote_revoke(s, m.id, &err), NVR_E_USAGE, "already");
	assert_fails(nvr_remote_approve(s, m.id, &err), NVR_E_USAGE, "revoked");
}

static void
nested_or_large_bodies_are_refused(void **state)
{
	struct machine m = enrol(1);
	struct nvr_http_signature sig;
	struct nvr_http_message msg;
	struct nvr_buf body = {0};
	struct nvr_remote_request r = {&msg, &sig, "192.0.2.7", now};

	(void)state;
	for (int i = 0; i < 1000; i++)
		ok(nvr_buf_addf(&body, &err, "["));
	sig = sign(&m, &msg, "/api/v1/heartbeat", &body, ++m.last, now);
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_MALFORMED);
	assert_non_null(strstr(refusal.detail, "nested"));
	while (body.len <= NVR_BEAT_MAX)
		ok(nvr_buf_addf(&body, &err, "%1000s", " "));
	sig = sign(&m, &msg, "/api/v1/heartbeat", &body, ++m.last, now);
	ok(nvr_remote_hear(s, &r, &answer, &refusal, &err));
	assert_int_equal(refusal.problem, NVR_BEAT_TOO_LARGE);
	assert_int_equal(reports(), 0);
	nvr_buf_release(&body);
}

/* The file of the store may have so many pages and no more. */
static void
limit_pages(const char *pragma)
{
	assert_int_equal(
	    sqlite3_exec(s->store->db, pragma, NULL, NULL, NULL), SQLITE_OK);
}

static void
a_full_store_takes_nothing_and_says_when_to_come_again(void **state)
{
	static struct nvr_beat_report late[NVR_BEAT_LATE];
	struct machine m = enrol(1);
	int64_t before;

	(void)state;
	before = sql("nvr.db", "SELECT sequence FROM recorder");
	limit_pages("PRAGMA max_page_count = 1");
	for (int i = 0; i < 40 && refusal.problem == NVR_BEAT_FINE; i++) {
		before = sql("nvr.db", "SELECT sequence FROM recorder");
		now += NVR_HOUR;
		prepare(&m);
		for (int k = 0; k < NVR_BEAT_LATE; k++) {
			late[k] = beat.report;
			late[k].sequence = (uint64_t)k + 1;
			late[k].at = now - (60 - k) * NVR_SECOND;
		}
		beat.late = late;
		beat.nlate = NVR_BEAT_LATE;
		say(&m);
	}
	assert_int_equal(refusal.problem, NVR_BEAT_BUSY);
	assert_true(refusal.retry == NVR_REMOTE_RETRY);
	assert_non_null(strstr(err.text, "no space left"));
	/* Nothing half: neither its sequence nor its first reports. */
	assert_true(sql("nvr.db", "SELECT sequence FROM recorder") == before);
	assert_int_equal(reports() % (NVR_BEAT_LATE + 1), 0);
	limit_pages("PRAGMA max_page_count = 1073741823");
	assert_int_equal(say(&m), NVR_BEAT_FINE);
}

static void
a_restricted_account_is_left_alone(void **state)
{
	struct machine m = enrol(1);

	(void)state;
	ok(nvr_account_restrict(s, account, "asked", &err));
	assert_int_equal(beat_of(&m), NVR_BEAT_BUSY);
	/* The next is heard as soon as it may be. */
	assert_true(refusal.retry == 0);
	assert_int_equal(reports(), 0);
	ok(nvr_account_unrestrict(s, account, "asked", &err));
	assert_int_equal(beat_of(&m), NVR_BEAT_FINE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_report_is_entered_and_answered),
	    T(thresholds_of_the_account_and_its_site_are_told_until_they_are_taken_back),
	    T(a_replayed_report_is_refused_and_told_the_newest),
	    T(the_same_bytes_are_taken_once),
	    T(an_altered_report_is_refused),
	    T(the_sequence_of_the_report_is_the_one_that_was_signed),
	    T(a_clock_may_be_300_seconds_off_and_not_301),
	    T(late_reports_are_entered_as_late_and_old_ones_are_counted),
	    T(another_fingerprint_is_asked_about_once_and_not_shut_out),
	    T(two_machines_with_one_key_are_told_as_cloned),
	    T(one_report_a_second_is_taken_of_a_recorder),
	    T(two_machines_of_one_second_are_told_as_cloned),
	    T(two_fingerprints_in_turn_are_cloned_too),
	    T(a_backup_that_was_restored_is_no_clone),
	    T(an_unknown_key_and_a_revoked_recorder_are_refused),
	    T(nested_or_large_bodies_are_refused),
	    T(a_full_store_takes_nothing_and_says_when_to_come_again),
	    T(a_restricted_account_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
