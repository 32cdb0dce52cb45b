/* What a portal sets, entered; see heartbeat.h. */
#include "base/time.h"
#include "core/changes.h"
#include "core/heartbeat_int.h"
#include "core/log.h"

/* NULL: that one sets nothing of it. */
static json_t *
said_of(const struct nvr_beat_settings *x, const struct nvr_alert_kind *kind)
{
	for (size_t i = 0; i < x->nalerts; i++)
		if (x->alert[i].kind == kind->name)
			return nvr_alert_rule_json(&x->alert[i]);
	return NULL;
}

static void
change_alerts(json_t *fields, const struct nvr_beat_settings *was,
    const struct nvr_beat_settings *is)
{
	for (const struct nvr_alert_kind *k = nvr_alert_kinds; k->name != NULL;
	     k++) {
		json_t *old = said_of(was, k), *now = said_of(is, k);

		if (old == now || json_equal(old, now)) {
			json_decref(old);
			json_decref(now);
			continue;
		}
		json_object_set_new(fields, k->name,
		    json_pack("{s:o, s:o}", "old",
			old != NULL ? old : json_null(), "new",
			now != NULL ? now : json_null()));
	}
}

/* In the caller's transaction. */
int
nvr_beating_set(struct nvr_beating *b, const struct nvr_beat_answer *a)
{
	const struct nvr_beat_settings *x = &a->settings;
	struct nvr_enrolment *row = &b->row;
	struct nvr_beat_settings was = {.version = 0};
	json_t *fields;
	int rc;

	if (a->unset.code != 0) {
		nvr_beating_note(b, "the portal sets what cannot be, left: %s",
		    a->unset.text);
		return 0;
	}
	if (x->version == row->version)
		return 0;
	rc = nvr_enrolment_rule_each(
	    b->s->store, nvr_beat_settings_lay, &was, b->err);
	if (rc != 0)
		return rc;
	fields = json_object();
	nvr_change_int(fields, "retain_ms", row->retain_us / NVR_MILLISECOND,
	    x->retain_us / NVR_MILLISECOND);
	nvr_change_int(
	    fields, "retain_bytes", row->retain_bytes, x->retain_bytes);
	change_alerts(fields, &was, x);
	row->version = x->version;
	row->retain_us = x->retain_us;
	row->retain_bytes = x->retain_bytes;
	if (json_object_size(fields) == 0) {
		json_decref(fields);
		return 0;
	}
	b->ret->settings = true;
	rc = nvr_enrolment_rule_put_all(
	    b->s->store, x->alert, x->nalerts, b->err);
	if (rc != 0) {
		json_decref(fields);
		return rc;
	}
	return nvr_log_append(b->s, 0, "portal.set",
	    json_pack("{s:o, s:I, s:o}", "portal", nvr_change_value(row->url),
		"version", (json_int_t)x->version, "changes", fields),
	    b->err);
}
