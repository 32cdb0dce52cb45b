/* Rows end when their promise does, and no sooner (N13, C16, C17, C21). */
#include "aging_help.h"

static int64_t
add_audit(int64_t account, int64_t camera, int64_t at)
{
	int64_t id = nvr_id_new();

	sqlf("INSERT INTO audit (id, account_id, camera_id, camera_name, at,"
	     " duration_us, type, origin, analyzer, schema_version, status)"
	     " VALUES (%lld, %lld, NULLIF(%lld, 0), 'gate', %lld, 1,"
	     " 'regular', 'command', 'local', 1, 'ok')",
	    (long long)id, (long long)account, (long long)camera,
	    (long long)at);
	return id;
}

static void
add_finding(int64_t audit, const char *verdict)
{
	sqlf("INSERT INTO finding (audit_id, ordinal, label, verdict, evidence)"
	     " VALUES (%lld, 1, 'person', '%s', '')",
	    (long long)audit, verdict);
}

static bool
there(const char *table, int64_t id)
{
	return sqlf("SELECT COUNT(*) FROM %s WHERE id = %lld", table,
		   (long long)id) == 1;
}

static void
audits_end_by_tier(void **state)
{
	const struct {
		int64_t account, keep;
	} whose[] = {{0, 90 * NVR_DAY}, {add_account("free"), 30 * NVR_DAY},
	    {add_account("premium"), 90 * NVR_DAY}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		int64_t before = add_audit(
			    whose[i].account, 0, T0 - whose[i].keep - 1),
			at = add_audit(whose[i].account, 0, T0 - whose[i].keep),
			after = add_audit(
			    whose[i].account, 0, T0 - whose[i].keep + 1);

		sqlf(
		    "INSERT INTO step (audit_id, ordinal, at, kind, name, text)"
		    " VALUES (%lld, 1, 1, 'said', '', '')",
		    (long long)before);
		assert_int_equal(ends("audits", T0), 1);
		assert_false(there("audit", before));
		assert_true(there("audit", at) && there("audit", after));
		assert_int_equal(count("step"), 0);
		assert_int_equal(ends("audits", T0 + 1), 1);
		assert_false(there("audit", at));
		assert_true(there("audit", after));
		assert_int_equal(ends("audits", T0 + 2), 1);
	}
	assert_int_equal(count("audit"), 0);
}

static void
what_is_told(void **state)
{
	int64_t free = add_account("free");

	(void)state;
	add_audit(free, 0, T0 - 31 * NVR_DAY);
	run_rule("audits", T0, 0, false);
	assert_string_equal(told[0],
	    "audits|2026-12-15T08:00:00.000Z gate|gate|older than 30d|N13");
	assert_int_equal(done.kind[0].oldest, T0 - 31 * NVR_DAY);
	run_rule("audits", T0, 0, true);
	assert_string_equal(told[0],
	    "audits|2026-12-15T08:00:00.000Z gate|gate|older than 30d|N13");
	assert_int_equal(
	    logged(0, "retain.deleted",
		"\"from\":\"2026-12-15T08:00:00.000Z\",\"kind\":"
		"\"audits\",\"objects\":1,\"until\":\"2026-12-15T08"),
	    1);
}

static void
tier_changes_count_at_once(void **state)
{
	int64_t account = add_account("premium");

	(void)state;
	add_audit(account, 0, T0 - 31 * NVR_DAY);
	assert_int_equal(ends("audits", T0), 0);
	set_account(account, "tier = 'free'");
	assert_int_equal(run_rule("audits", T0, 0, false), 1);
	set_account(account, "tier = 'premium'");
	assert_int_equal(ends("audits", T0), 0);
	set_account(account, "tier = 'free'");
	assert_int_equal(ends("audits", T0), 1);
}

static void
without_a_limit_they_stay(void **state)
{
	(void)state;
	add_audit(0, 0, 1);
	add_audit(add_account("free"), 0, 1);
	rules.keep.audits[NVR_TIER_OWNER] = 0;
	rules.keep.audits[NVR_TIER_FREE] = 0;
	assert_int_equal(ends("audits", NVR_TIME_MAX), 0);
}

static void
an_account_that_is_gone_is_as_a_free_one(void **state)
{
	(void)state;
	add_audit(12345, 0, T0 - 31 * NVR_DAY);
	assert_int_equal(ends("audits", T0), 1);
}

static void
restricted_accounts_keep_theirs(void **state)
{
	int64_t ann = add_account("free"), bob = add_account("premium");
	int64_t hers = add_camera("gate", ann);
	static const char *const kinds[] = {
	    "audits", "events", "accesses", "holds", "usage", "outbox"};

	(void)state;
	add_audit(ann, 0, 1);
	add_audit(bob, hers, 1); /* of a camera of hers */
	add_audit(0, hers, 1);
	sqlf("INSERT INTO event (id, camera_id, stream, at, kind) VALUES"
	     " (1, %lld, 'main', 1, 'lost')",
	    (long long)hers);
	sqlf("INSERT INTO access (id, at, who, action, camera_id, camera_name,"
	     " since, until) VALUES (1, 1, 'x', 'clip', %lld, 'gate', 1, 2)",
	    (long long)hers);
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at, released_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1, 2)",
	    (long long)hers);
	sqlf("INSERT INTO usage (account_id, day, camera_id, model) VALUES"
	     " (%lld, 1, 0, ''), (0, 1, %lld, '')",
	    (long long)ann, (long long)hers);
	sqlf("INSERT INTO outbox (id, account_id, channel, kind, recipient,"
	     " message, created_at, sent_at) VALUES (1, %lld, 'mail', 'x',"
	     " x'00', x'00', 1, 1)",
	    (long long)ann);
	set_account(ann, "restricted_at = 1, deleted_at = 1");
	for (int i = 0; i < 6; i++)
		assert_int_equal(ends(kinds[i], T0), 0);
	set_account(ann, "restricted_at = NULL"); /* deleted, and so they go */
	assert_int_equal(ends("audits", T0), 3);
	assert_int_equal(ends("usage", T0), 2);
	for (int i = 1; i < 6; i++)
		ends(kinds[i], T0);
	assert_int_equal(count("event") + count("access") + count("hold") +
			     count("usage") + count("outbox"),
	    0);
}

static void
findings_leave_their_moment(void **state)
{
	int64_t cam = add_camera("gate", 0), other = add_camera("yard", 0);
	/* The longest segment, and what is around it. */
	int64_t late = 26 * NVR_HOUR, at = T0 - 91 * NVR_DAY, id;

	(void)state;
	sqlf("UPDATE camera SET retain_events_us = %lld WHERE id = %lld",
	    (long long)(100 * NVR_DAY), (long long)cam);
	add_finding(id = add_audit(0, cam, at), "yes");
	sqlf("UPDATE audit SET taken_at = at - 5 WHERE id = %lld",
	    (long long)id);
	add_finding(add_audit(0, cam, at - 1), "yes");
	add_finding(add_audit(0, cam, at - 2), "no");
	add_finding(add_audit(0, cam, at - 3), "cannot_determine");
	add_finding(add_audit(0, other, at), "yes");
	add_finding(add_audit(0, cam, T0 - 100 * NVR_DAY - late), "yes");
	add_finding(add_audit(0, cam, T0 - 100 * NVR_DAY - late - 1), "yes");
	assert_int_equal(ends("audits", T0), 7);
	assert_int_equal(count("finding"), 0);
	assert_int_equal(count("incident"), 3);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM incident WHERE camera_id ="
		 " %lld AND at IN (%lld, %lld, %lld)",
		(long long)cam, (long long)(at - 5), (long long)(at - 1),
		(long long)(T0 - 100 * NVR_DAY - late)),
	    3);
}

static void
labels_outlive_their_audit(void **state)
{
	int64_t id = add_audit(0, 0, 1);

	(void)state;
	sqlf("INSERT INTO label (id, audit_id, label, model, prompt_sha256,"
	     " verdict, truth, labelled_by, labelled_at) VALUES (1, %lld, 'x',"
	     " 'm', 'p', 'yes', 'yes', 'x', 1)",
	    (long long)id);
	assert_int_equal(ends("audits", T0), 1);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM label WHERE audit_id IS"
			      " NULL"),
	    1);
}

static void
only_of_that_camera(void **state)
{
	int64_t a = add_camera("a", 0), b = add_camera("b", 0);

	(void)state;
	add_audit(0, a, 1);
	add_audit(0, b, 1);
	assert_int_equal(run_rule("audits", T0, a, false), 1);
	assert_int_equal(run_rule("audits", T0, a, true), 1);
	assert_int_equal(
	    sqlf("SELECT COUNT(*) FROM audit WHERE camera_id = %lld",
		(long long)b),
	    1);
}

/* The rule at its edge: a row of that time stays at now, and goes just after.
 */
static void
assert_edge(const char *kind, const char *table, int64_t keep)
{
	assert_int_equal(count(table), 1);
	assert_int_equal(ends(kind, T0 + keep - 1), 0);
	assert_int_equal(ends(kind, T0 + keep), 0);
	assert_int_equal(count(table), 1);
	assert_int_equal(ends(kind, T0 + keep + 1), 1);
	assert_int_equal(count(table), 0);
}

#define T0_TEXT "1800000000000000"

static void
each_kind_ends_at_its_edge(void **state)
{
	const struct nvr_keeping *k = &rules.keep;
	int64_t cam = add_camera("gate", 0);

	(void)state;
	sqlf("INSERT INTO event (id, camera_id, stream, at, kind) VALUES"
	     " (1, %lld, 'main', " T0_TEXT ", 'lost')",
	    (long long)cam);
	assert_edge("events", "event", k->events);
	sqlf("INSERT INTO access (id, at, who, action, camera_id, camera_name,"
	     " since, until) VALUES (1, " T0_TEXT ", 'x', 'clip', 7, 'gone',"
	     " 1, 2)");
	assert_edge("accesses", "access", k->accesses);
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at, released_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1,"
	     " " T0_TEXT ")",
	    (long long)cam);
	assert_edge("holds", "hold", k->holds);
	sqlf("INSERT INTO request (id, kind, channel, received_at, due_at,"
	     " done_at) VALUES (1, 'access', 'mail', 1, 2, " T0_TEXT ")");
	assert_edge("requests", "request", k->requests);
	sqlf("INSERT INTO disclosure (id, authority, basis, reviewed_by, what,"
	     " at) VALUES (1, x'00', x'00', x'00', x'00', " T0_TEXT ")");
	assert_edge("disclosures", "disclosure", k->registers);
	sqlf("INSERT INTO breach (id, title, known_at, due_at, opened_at,"
	     " closed_at) VALUES (1, x'00', 1, 2, 1, " T0_TEXT ")");
	sqlf("INSERT INTO breach_note (id, breach_id, at, who, text) VALUES"
	     " (1, 1, 1, 'x', x'00')");
	sqlf("INSERT INTO breach_told (breach_id, account_id, at) VALUES"
	     " (1, 7, 1)");
	assert_edge("breaches", "breach", k->registers);
	assert_int_equal(count("breach_note") + count("breach_told"), 0);
	sqlf("INSERT INTO processor (id, name, purpose, data, jurisdiction,"
	     " safeguard, since, until) VALUES (1, 'mailer', 'x', 'x', 'DE',"
	     " '', 1, " T0_TEXT ")");
	assert_edge("processors", "processor", k->requests);
	sqlf("INSERT INTO outbox (id, channel, kind, recipient, message,"
	     " created_at, next_at, sent_at) VALUES (1, 'mail', 'x', x'00',"
	     " x'00', 1, NULL, " T0_TEXT ")");
	assert_edge("outbox", "outbox", k->outbox);
	sqlf("INSERT INTO outbox (id, channel, kind, recipient, message,"
	     " created_at) VALUES (1, 'mail', 'x', x'00', x'00', " T0_TEXT ")");
	assert_edge("outbox", "outbox", k->outbox); /* given up */
	sqlf("INSERT INTO outbox (id, channel, kind, recipient, message,"
	     " created_at, next_at) VALUES (1, 'mail', 'x', x'00', x'00',"
	     " " T0_TEXT ", " T0_TEXT ")");
	assert_edge("outbox", "outbox", k->outbox); /* nobody sends it */
}

static void
what_is_not_over_stays(void **state)
{
	int64_t cam = add_camera("gate", 0);

	(void)state;
	sqlf("INSERT INTO hold (id, camera_id, since, until, why, held_by,"
	     " held_at) VALUES (1, %lld, 1, 2, 'x', 'x', 1)",
	    (long long)cam);
	sqlf("INSERT INTO request (id, kind, channel, received_at, due_at)"
	     " VALUES (1, 'access', 'mail', 1, 2)");
	sqlf("INSERT INTO breach (id, title, known_at, due_at, opened_at)"
	     " VALUES (1, x'00', 1, 2, 1)");
	sqlf("INSERT INTO processor (id, name, purpose, data, jurisdiction,"
	     " safeguard, since) VALUES (1, 'x', 'x', 'x', 'DE', '', 1)");
	for (int i = 0; i < 4; i++)
		assert_int_equal(ends((const char *[]){"holds", "requests",
					  "breaches", "processors"}[i],
				     NVR_TIME_MAX),
		    0);
}

static void
usage_ends_with_its_day(void **state)
{
	int64_t day = T0 / NVR_DAY, end = (day + 1) * NVR_DAY;

	(void)state;
	sqlf("INSERT INTO usage (account_id, day, camera_id, model) VALUES"
	     " (0, %lld, 0, 'a'), (0, %lld, 0, 'b'), (0, %lld, 0, 'a')",
	    (long long)day, (long long)day, (long long)day + 1);
	assert_int_equal(ends("usage", end + rules.keep.usage), 0);
	assert_int_equal(ends("usage", end + rules.keep.usage + 1), 2);
	assert_int_equal(count("usage"), 1);
}

static void
mail_that_expires_goes_then(void **state)
{
	(void)state;
	sqlf("INSERT INTO outbox (id, channel, kind, recipient, message,"
	     " created_at, expires_at, sent_at) VALUES"
	     " (1, 'mail', 'report', x'00', x'00', 1, %lld, 1),"
	     " (2, 'mail', 'report', x'00', x'00', 1, %lld, NULL)",
	    (long long)T0, (long long)T0 + 1);
	rules.keep.outbox = 0;
	assert_int_equal(ends("outbox", T0 - 1), 0);
	run_rule("outbox", T0, 0, false);
	assert_true(heard("|expired|N10"));
	assert_int_equal(ends("outbox", T0), 1);
	assert_int_equal(ends("outbox", T0 + 1), 1);
	/* One thing, whatever it is due by. */
	rules.keep.outbox = NVR_DAY;
	sqlf("INSERT INTO outbox (id, channel, kind, recipient, message,"
	     " created_at, expires_at, sent_at) VALUES"
	     " (1, 'mail', 'report', x'00', x'00', 1, 2, 1)");
	assert_int_equal(ends("outbox", T0), 1);
}

/* N4: what holds stills goes when they do. */
static void
reports_of_who_left_premium_go(void **state)
{
	int64_t ann = add_account("premium");

	(void)state;
	sqlf("INSERT INTO outbox (id, account_id, channel, kind, recipient,"
	     " message, created_at, expires_at, sent_at, next_at) VALUES"
	     " (1, %lld, 'mail', 'report', x'00', x'00', %lld, %lld, 5, NULL),"
	     " (2, %lld, 'mail', 'report', x'00', x'00', %lld, %lld, NULL, 5),"
	     " (3, %lld, 'mail', 'report', x'00', x'00', %lld, NULL, NULL, 5),"
	     " (4, %lld, 'mail', 'reset', x'00', x'00', %lld, %lld, NULL, 5)",
	    (long long)ann, (long long)T0, (long long)(T0 + 90 * NVR_DAY),
	    (long long)ann, (long long)T0, (long long)(T0 + 90 * NVR_DAY),
	    (long long)ann, (long long)T0, (long long)ann, (long long)T0,
	    (long long)(T0 + 90 * NVR_DAY));
	rules.keep.outbox = 0;
	assert_int_equal(ends("outbox", T0 + NVR_DAY + 1), 0);
	set_account(ann, "tier = 'free'");
	assert_int_equal(ends("outbox", T0 + NVR_DAY), 0);
	assert_int_equal(ends("outbox", T0 + NVR_DAY + 1), 2);
	assert_int_equal(sqlf("SELECT SUM(id) FROM outbox"), 7);
}

static void
a_breach_stays_with_who_was_told_and_is_restricted(void **state)
{
	int64_t ann = add_account("free");

	(void)state;
	sqlf("INSERT INTO breach (id, title, known_at, due_at, opened_at,"
	     " closed_at) VALUES (1, x'00', 1, 2, 1, 2)");
	sqlf("INSERT INTO breach_told (breach_id, account_id, at) VALUES"
	     " (1, %lld, 1)",
	    (long long)ann);
	set_account(ann, "restricted_at = 1");
	assert_int_equal(ends("breaches", T0), 0);
	set_account(ann, "restricted_at = NULL");
	assert_int_equal(ends("breaches", T0), 1);
}

/* A clock that was wrong, a store that somebody wrote into. */
static void
bad_dates(void **state)
{
	const int64_t after_2038 = INT64_C(4102444800) * NVR_SECOND;

	(void)state;
	add_audit(0, 0, INT64_MIN);
	add_audit(0, 0, -1);
	add_audit(0, 0, INT64_MAX);
	add_audit(0, 0, after_2038);
	assert_int_equal(ends("audits", T0), 2);
	assert_int_equal(ends("audits", after_2038 + 90 * NVR_DAY), 0);
	assert_int_equal(ends("audits", after_2038 + 90 * NVR_DAY + 1), 1);
	assert_int_equal(ends("audits", NVR_TIME_MAX), 0);
	sqlf("INSERT INTO usage (account_id, day, camera_id, model) VALUES"
	     " (0, %lld, 0, ''), (0, %lld, 0, ''), (0, -1, 0, '')",
	    (long long)INT64_MIN, (long long)INT64_MAX);
	assert_int_equal(ends("usage", T0), 2);
	/* A time before all times. */
	assert_int_equal(ends("audits", INT64_MIN), 0);
	assert_int_equal(ends("usage", INT64_MIN), 0);
	/* Texts where numbers belong are of no time. */
	sqlf("UPDATE audit SET at = 'soon'");
	assert_int_equal(ends("audits", T0), 0);
}

/* Whatever stops a run between two batches, the next one goes on. */
static void
the_next_run_goes_on(void **state)
{
	int64_t left;

	(void)state;
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < 600) INSERT INTO event (id, camera_id, stream, at,"
	     " kind) SELECT i, (SELECT id FROM camera), 'main', i, 'lost'"
	     " FROM n WHERE %lld > 0",
	    (long long)add_camera("gate", 0));
	/* As a crash does: the batch that fails is undone, with its entry. */
	sqlf("CREATE TRIGGER stop BEFORE DELETE ON event WHEN old.id = 500"
	     " BEGIN SELECT RAISE(ABORT, 'stop'); END");
	run_rule("events", T0, 0, true);
	assert_int_equal(done.kind[0].failed, 1);
	left = count("event");
	assert_true(left >= 101 && left < 600);
	assert_int_equal(done.kind[0].objects, 600 - left);
	assert_int_equal(sqlf("SELECT COUNT(*) FROM event WHERE id <= %lld",
			     (long long)(600 - left)),
	    0);
	sqlf("DROP TRIGGER stop");
	assert_int_equal(ends("events", T0), left);
}

static void
the_brake_knows_each_tier(void **state)
{
	const int64_t now = nvr_time_now();
	struct nvr_retain r = {.now = now, .only = "audits"};
	struct nvr_error clock;
	int64_t free = add_account("free");

	(void)state;
	for (int i = 0; i < 12; i++)
		add_audit(free, 0, i);
	for (int i = 0; i < 30; i++)
		add_audit(0, 0, now);
	ok(nvr_retain_plan(s, &r, &done, &clock, &err));
	assert_int_equal(done.brake.code, NVR_E_PERMISSION);
	assert_non_null(strstr(
	    done.brake.text, "12 of 12 audits of free accounts would go"));
	/* Of one tier: those of others go. */
	add_audit(0, 0, now - 91 * NVR_DAY);
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 1);
	assert_non_null(strstr(done.brake.text, "--yes-delete-most 13"));
	assert_int_equal(count("audit"), 42);
	for (int i = 0; i < 12; i++)
		add_audit(free, 0, now);
	ok(nvr_retain_plan(s, &r, &done, &clock, &err));
	if (done.brake.code != 0)
		fail_msg("%s", done.brake.text);
	assert_int_equal(done.kind[0].objects, 12);
}

static void
a_large_store(void **state)
{
	int64_t start, took;
	int64_t ann = add_account("free"), bob = add_account("premium");

	(void)state;
	/* Those of premium and of the owner are older than 30 days, too. */
	sqlf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	     " WHERE i < 100000) INSERT INTO audit (id, account_id,"
	     " camera_name, at, duration_us, type, origin, analyzer,"
	     " schema_version, status) SELECT i, CASE i %% 3 WHEN 0 THEN 0"
	     " WHEN 1 THEN %lld ELSE %lld END, 'gate', %lld - i * CASE i %% 3"
	     " WHEN 1 THEN 25000000 ELSE 77000000 END,"
	     " 1, 'regular', 'command', 'local', 1, 'ok' FROM n",
	    (long long)ann, (long long)bob, (long long)T0);
	for (int i = 0; i < 2; i++) {
		start = nvr_time_monotonic();
		assert_int_equal(run_rule("audits", T0, 0, false), 0);
		took = nvr_time_monotonic() - start;
	}
	print_message("%lld audits, nothing to do: %lld us\n",
	    (long long)count("audit"), (long long)took);
	start = nvr_time_monotonic();
	run_rule("audits", T0 + 10 * NVR_DAY, 0, true);
	took = nvr_time_monotonic() - start;
	print_message("%lld deleted in %lld ms\n",
	    (long long)done.kind[0].objects, (long long)took / 1000);
	assert_int_equal(run_rule("audits", T0 + 10 * NVR_DAY, 0, false), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_retaining, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(audits_end_by_tier),
	    T(what_is_told),
	    T(tier_changes_count_at_once),
	    T(without_a_limit_they_stay),
	    T(an_account_that_is_gone_is_as_a_free_one),
	    T(restricted_accounts_keep_theirs),
	    T(findings_leave_their_moment),
	    T(labels_outlive_their_audit),
	    T(only_of_that_camera),
	    T(each_kind_ends_at_its_edge),
	    T(what_is_not_over_stays),
	    T(usage_ends_with_its_day),
	    T(mail_that_expires_goes_then),
	    T(reports_of_who_left_premium_go),
	    T(a_breach_stays_with_who_was_told_and_is_restricted),
	    T(bad_dates),
	    T(the_next_run_goes_on),
	    T(the_brake_knows_each_tier),
	    T(a_large_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
