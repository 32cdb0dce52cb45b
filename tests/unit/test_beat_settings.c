/* What an account sets from its portal: a closed list, and nothing else. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/beat.h"
#include "schema_check.h"

static struct nvr_error err;

static const struct nvr_alert_rule ALERT = {.kind = "storage-low",
    .enabled = 1,
    .severity = NVR_CRITICAL,
    .percent = 12.5,
    .bytes = 1 << 20,
    .us = NVR_DAY,
    .grace = 0};
static const struct nvr_alert_rule QUIET = {.kind = "camera-offline",
    .enabled = 0,
    .severity = -1,
    .percent = NAN,
    .bytes = -1,
    .us = -1,
    .grace = -1};

/* As they are told. */
static bool
same(const struct nvr_beat_settings *a, const struct nvr_beat_settings *b)
{
	json_t *x = nvr_beat_settings_json(a), *y = nvr_beat_settings_json(b);
	bool is = x != NULL && json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return is;
}

static void
settings_are_read_again(void **state)
{
	struct nvr_beat_answer a = {.now = NVR_DAY,
				   .sequence = 9,
				   .settings = {7, NVR_DAY, 5, {ALERT, QUIET},
				       2}},
			       got;
	struct nvr_buf text = {0};

	(void)state;
	assert_int_equal(nvr_beat_answer_write(&a, &text, &err), 0);
	assert_true(fits_file(text.data, text.len, "heartbeat-answer"));
	assert_int_equal(
	    nvr_beat_answer_parse(text.data, text.len, &got, &err), 0);
	assert_true(got.unset.code == 0 && same(&got.settings, &a.settings));
	/* What it does not say is not said, and 0 is. */
	assert_true(got.settings.alert[0].grace == 0 &&
		    got.settings.alert[0].us == NVR_DAY &&
		    got.settings.alert[1].grace == -1 &&
		    isnan(got.settings.alert[1].percent) &&
		    got.settings.alert[1].severity == -1);
	nvr_beat_answer_release(&got);
	/* Where there is none, who knows of none is not told of them. */
	text.len = 0;
	a.settings.nalerts = 0;
	assert_int_equal(nvr_beat_answer_write(&a, &text, &err), 0);
	assert_null(memmem(text.data, text.len, "alerts", 6));
	nvr_buf_release(&text);
}

/* What is wrong with an answer that has that in its settings. */
static struct nvr_error
unset_of(const char *more)
{
	struct nvr_beat_answer got;
	char text[8192];

	snprintf(text, sizeof(text),
	    "{\"now\":\"2026-11-21T08:00:00.000Z\",\"sequence\":9,"
	    "\"wants_inventory\":false,\"moved\":false,\"late\":0,"
	    "\"settings\":{\"version\":1,\"retain_ms\":60000,"
	    "\"retain_bytes\":2%s}}",
	    more);
	assert_int_equal(
	    nvr_beat_answer_parse(text, strlen(text), &got, &err), 0);
	err = got.unset;
	assert_true((err.code == 0) == (got.settings.retain_bytes == 2));
	assert_true(got.sequence == 9);
	nvr_beat_answer_release(&got);
	return err;
}

static void
a_threshold_that_cannot_be_leaves_all_settings_and_nothing_else(void **state)
{
	static const struct {
		const char *alert, *why;
	} bad[] = {
	    {"{\"kind\":\"recorder-offline\"}", "alerts[0].kind"},
	    {"{\"kind\":\"portal-silent\"}", "alerts[0].kind"},
	    {"{\"kind\":\"signin-new-place\"}", "alerts[0].kind"},
	    {"{\"kind\":\"no-such\"}", "alerts[0].kind"},
	    {"{\"kind\":7}", "alerts[0].kind"},
	    {"{}", "alerts[0].kind"},
	    {"7", "alerts[0]"},
	    {"{\"kind\":\"storage-low\",\"run\":\"sh\"}", "alerts[0].run"},
	    {"{\"kind\":\"storage-low\",\"enabled\":1}", "enabled"},
	    {"{\"kind\":\"storage-low\",\"percent\":101}", "percent"},
	    {"{\"kind\":\"storage-low\",\"percent\":-1}", "percent"},
	    {"{\"kind\":\"storage-low\",\"percent\":\"5\"}", "percent"},
	    {"{\"kind\":\"storage-low\",\"bytes\":-1}", "bytes"},
	    {"{\"kind\":\"storage-low\",\"bytes\":1.5}", "bytes"},
	    {"{\"kind\":\"storage-low\",\"bytes\":9007199254740992}", "bytes"},
	    {"{\"kind\":\"storage-low\",\"time_ms\":3155760000001}", "time_ms"},
	    {"{\"kind\":\"storage-low\",\"grace_ms\":-5}", "grace_ms"},
	    {"{\"kind\":\"storage-low\",\"severity\":\"bad\"}", "severity"},
	    {"{\"kind\":\"storage-low\",\"severity\":2}", "severity"},
	    {"{\"kind\":\"camera-offline\",\"percent\":5}", "threshold"},
	    {"{\"kind\":\"audit-alarm\",\"time_ms\":5}", "threshold"},
	    {"{\"kind\":\"storage-low\"},{\"kind\":\"storage-low\"}",
		"alerts[1].kind"},
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), ",\"alerts\":[%s]", bad[i].alert);
		err = unset_of(text);
		if (err.code != NVR_E_DATA ||
		    strstr(err.text, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].alert, err.text);
	}
	assert_int_equal(unset_of(",\"alerts\":{}").code, NVR_E_DATA);
	strlcpy(text, ",\"alerts\":[0", sizeof(text));
	for (int i = 0; i < NVR_ALERT_OWN; i++)
		strlcat(text, ",0", sizeof(text));
	strlcat(text, "]", sizeof(text));
	err = unset_of(text);
	assert_non_null(strstr(err.text, "too long"));
	assert_int_equal(unset_of("").code, 0);
	assert_int_equal(unset_of(",\"alerts\":[]").code, 0);
	assert_int_equal(unset_of(",\"alerts\":[{\"kind\":\"storage-low\","
				  "\"percent\":0,\"bytes\":0,\"time_ms\":0,"
				  "\"grace_ms\":0,\"enabled\":false}]")
			     .code,
	    0);
}

static void
settings_have_another_version_once_they_are_others(void **state)
{
	struct nvr_beat_settings a = {0, NVR_DAY, 5, {ALERT, QUIET}, 2}, b = a;
	const struct nvr_alert_rule strange = {.kind = "no-such", .percent = 7},
				    portals = {.kind = "portal-silent"},
				    more = {.kind = "camera-offline",
					.enabled = -1,
					.severity = -1,
					.percent = NAN,
					.bytes = -1,
					.us = -1,
					.grace = NVR_HOUR};
	struct nvr_beat_settings other[7];

	(void)state;
	assert_int_equal(nvr_beat_settings_number(&a, &err), 0);
	assert_true(a.version > 0 && a.version < INT64_C(1) << 53);
	b.version = 17; /* is no part of it */
	assert_int_equal(nvr_beat_settings_number(&b, &err), 0);
	assert_true(a.version == b.version);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		other[i] = a;
	other[0].retain_us++, other[0].retain_us += NVR_SECOND;
	other[1].retain_bytes = 0;
	other[2].nalerts = 1;
	other[3].nalerts = 0;
	other[4].alert[0].percent = 10;
	other[5].alert[1].enabled = 1;
	nvr_beat_settings_lay(&other[6], &more);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		assert_int_equal(nvr_beat_settings_number(&other[i], &err), 0);
		for (size_t k = 0; k < i; k++)
			assert_true(other[i].version != other[k].version);
		assert_true(other[i].version != a.version);
	}
	/* What is laid over it stays where that one says nothing. */
	assert_true(other[6].nalerts == 2 && other[6].alert[1].enabled == 0 &&
		    other[6].alert[1].grace == NVR_HOUR);
	/* What is no matter of a recorder is none. */
	nvr_beat_settings_lay(&a, &strange);
	nvr_beat_settings_lay(&a, &portals);
	assert_true(a.nalerts == 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(settings_are_read_again),
	    cmocka_unit_test(
		a_threshold_that_cannot_be_leaves_all_settings_and_nothing_else),
	    cmocka_unit_test(
		settings_have_another_version_once_they_are_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
