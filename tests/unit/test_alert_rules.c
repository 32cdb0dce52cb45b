/* Which thresholds are in force: nvr.conf's, the portal's, the account's, the
 * site's. */
#include "alert_help.h"

static const struct nvr_alert_rule nothing = {.kind = "storage-low",
    .enabled = -1,
    .severity = -1,
    .percent = NAN,
    .bytes = -1,
    .us = -1,
    .grace = -1,
    .changed_at = 1};

static struct nvr_alert_limits
limits(const char *kind, int64_t account, int64_t site, bool widest)
{
	struct nvr_alert_rules *r;
	struct nvr_alert_limits l;

	ok(nvr_alert_rules_load(s, &r, &err));
	if (widest)
		nvr_alert_limits_widest(r, nvr_alert_kind(kind), &l);
	else
		nvr_alert_limits(r, nvr_alert_kind(kind), account, site, &l);
	nvr_alert_rules_free(r);
	return l;
}

static void
what_the_portal_sets_is_between_nvr_conf_and_the_account(void **state)
{
	struct nvr_alert_rule portal[] = {nothing, nothing}, own = nothing;
	struct nvr_alert_limits l;

	(void)state;
	portal[0].percent = 20;
	portal[0].us = 0;
	portal[0].severity = NVR_CRITICAL;
	portal[1].kind = "camera-offline";
	portal[1].enabled = 0;
	ok(nvr_enrolment_rule_put_all(s->store, portal, 2, &err));
	l = limits("storage-low", 0, 0, false);
	assert_true(l.enabled && l.percent == 20 && l.us == 0 &&
		    l.severity == NVR_CRITICAL && l.bytes == 0);
	l = limits("storage-low", 7, 9, false);
	assert_true(l.percent == 20);
	assert_false(limits("camera-offline", 0, 0, false).enabled);
	assert_true(limits("clock-wrong", 0, 0, false).us == 2 * NVR_MINUTE);
	/* Its own are nearer. */
	own.percent = 10;
	ok(nvr_alert_rule_set(s, &own, &err));
	l = limits("storage-low", 0, 0, false);
	assert_true(l.percent == 10 && l.us == 0);
	assert_true(limits("storage-low", 0, 0, true).percent == 20);
	own.site_id = 9;
	own.percent = 2;
	own.us = NVR_DAY;
	ok(nvr_alert_rule_set(s, &own, &err));
	l = limits("storage-low", 0, 9, false);
	assert_true(l.percent == 2 && l.us == NVR_DAY);
	/* They go as they came. */
	ok(nvr_enrolment_rule_put_all(s->store, NULL, 0, &err));
	ok(nvr_alert_rule_reset(s, 0, 0, "storage-low", &err));
	l = limits("storage-low", 0, 0, false);
	assert_true(l.percent == 5 && l.severity == NVR_WARNING);
}

/* What a hostile store, or a newer program, has there. */
static void
a_portal_sets_nothing_that_is_no_matter_of_a_recorder(void **state)
{
	(void)state;
	sqlf("INSERT INTO enrolment_rule (kind, enabled) VALUES"
	     " ('recorder-offline', 0), ('signin-new-place', 0),"
	     " ('of a newer one', 0), ('audit-alarm', 0)");
	for (int i = 0; i < 40; i++)
		sqlf("INSERT INTO enrolment_rule (kind, enabled) VALUES"
		     " ('zz%d', 0)",
		    i);
	assert_true(limits("recorder-offline", 0, 0, false).enabled);
	assert_true(limits("signin-new-place", 5, 0, false).enabled);
	assert_false(limits("audit-alarm", 5, 0, false).enabled);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_portal, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_the_portal_sets_is_between_nvr_conf_and_the_account),
	    T(a_portal_sets_nothing_that_is_no_matter_of_a_recorder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
