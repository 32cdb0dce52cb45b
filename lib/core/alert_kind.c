/* What alerts there are, and what can be set of them; see alert.h. */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/alert.h"

const struct nvr_alert_kind nvr_alert_kinds[] = {
    {"recorder-offline", "a recorder is not heard", NVR_CRITICAL,
	.beat = NVR_BEAT_RECORDER},
    {"camera-offline", "a camera is not recorded", NVR_CRITICAL, .own = true,
	.beat = NVR_BEAT_CAMERA},
    {"portal-silent", "no recorder at all is heard", NVR_CRITICAL},
    {"storage-low", "a disk is nearly full", NVR_WARNING, .own = true,
	.beat = NVR_BEAT_SPACE, .percent = true, .bytes = true, .us = true},
    {"retention-overdue", "what is to be deleted is still there", NVR_WARNING,
	.own = true, .beat = NVR_BEAT_RECORDER},
    {"clock-wrong", "a clock is wrong", NVR_WARNING, .own = true,
	.beat = NVR_BEAT_RECORDER, .us = true},
    {"audit-alarm", "an audit found something", NVR_CRITICAL, .own = true,
	.beat = NVR_BEAT_ALARM, .event = true},
    {"audit-schedule-failing", "audits are not made as they should be",
	NVR_WARNING, .own = true, .beat = NVR_BEAT_SCHEDULE, .us = true},
    {"usage-limit", "a limit of audits is reached", NVR_INFO, .own = true,
	.event = true, .once = true},
    {"signin-new-place", "somebody signed in from a new place", NVR_WARNING,
	.event = true, .once = true, .essential = true, .letter = true},
    {"export-ready", "an export can be fetched", NVR_INFO, .once = true},
    {"request-due", "a request about people's rights is due", NVR_WARNING,
	.essential = true, .us = true},
    {"erasure-scheduled", "an account will be erased", NVR_INFO, .once = true,
	.essential = true},
    {"notify-failing", "messages cannot be delivered", NVR_WARNING,
	.event = true, .both = true, .delivery = true},
    {"recorder-question", "a recorder waits, or is on another machine",
	NVR_WARNING, .once = true, .both = true},
    {"recorder-cloned", "two machines report as one recorder", NVR_CRITICAL,
	.once = true, .both = true},
    {.name = NULL},
};
_Static_assert(
    sizeof(nvr_alert_kinds) / sizeof(nvr_alert_kinds[0]) <= NVR_ALERT_OWN + 1,
    "NVR_ALERT_OWN has room for them");

const struct nvr_alert_kind *
nvr_alert_kind(const char *name)
{
	for (const struct nvr_alert_kind *k = nvr_alert_kinds; k->name != NULL;
	     k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

int
nvr_alert_kind_check(const char *name, struct nvr_error *err)
{
	char list[512] = "";

	if (nvr_alert_kind(name) != NULL)
		return 0;
	for (const struct nvr_alert_kind *k = nvr_alert_kinds; k->name != NULL;
	     k++) {
		strlcat(list, list[0] != '\0' ? ", " : "", sizeof(list));
		strlcat(list, k->name, sizeof(list));
	}
	return nvr_fail(err, NVR_E_USAGE, "'%.40s' is none of: %s",
	    nvr_text_printable(name) ? name : "?", list);
}

int
nvr_alert_rule_check(const struct nvr_alert_rule *r, struct nvr_error *err)
{
	const struct nvr_alert_kind *k = nvr_alert_kind(r->kind);

	if (k == NULL)
		return nvr_alert_kind_check(r->kind, err);
	if ((r->percent >= 0 && !k->percent) || (r->bytes >= 0 && !k->bytes) ||
	    (r->us >= 0 && !k->us))
		return nvr_fail(
		    err, NVR_E_USAGE, "%s has no such threshold", k->name);
	if (r->percent < 0 || r->percent > 100)
		return nvr_fail(err, NVR_E_USAGE, "a percentage is 0 to 100");
	return 0;
}

void
nvr_alert_rule_overlay(
    struct nvr_alert_rule *r, const struct nvr_alert_rule *over)
{
	if (over->enabled >= 0)
		r->enabled = over->enabled;
	if (over->severity >= 0)
		r->severity = over->severity;
	if (over->percent >= 0) /* not of NaN */
		r->percent = over->percent;
	if (over->bytes >= 0)
		r->bytes = over->bytes;
	if (over->us >= 0)
		r->us = over->us;
	if (over->grace >= 0)
		r->grace = over->grace;
	r->changed_at = over->changed_at;
}

json_t *
nvr_alert_rule_json(const struct nvr_alert_rule *r)
{
	json_t *o = json_object();

	if (r->enabled >= 0)
		json_object_set_new(o, "enabled", json_boolean(r->enabled));
	if (r->severity >= 0)
		json_object_set_new(o, "severity",
		    json_string(nvr_severity_names[r->severity]));
	if (r->percent >= 0)
		json_object_set_new(o, "percent", json_real(r->percent));
	if (r->bytes >= 0)
		json_object_set_new(o, "bytes", json_integer(r->bytes));
	if (r->us >= 0)
		json_object_set_new(
		    o, "time_ms", json_integer(r->us / NVR_MILLISECOND));
	if (r->grace >= 0)
		json_object_set_new(
		    o, "grace_ms", json_integer(r->grace / NVR_MILLISECOND));
	return o;
}
