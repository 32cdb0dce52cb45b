/* What an account may set from the portal, as JSON: a closed list; see beat.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/beat_int.h"
#include "seal/digest.h"

#define MS_MAX (NVR_BEAT_RETAIN_MAX / NVR_MILLISECOND)

int
nvr_beat_settings_lay(void *ctx, const struct nvr_alert_rule *r)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(r->kind);
	struct nvr_beat_settings *s = ctx;
	struct nvr_alert_rule *all;
	size_t i = 0;

	/* Of a newer program, or a matter of the portal. */
	if (kind == NULL || !kind->own)
		return 0;
	while (i < s->nalerts && strcmp(s->alert[i].kind, kind->name) != 0)
		i++;
	all = &s->alert[i];
	if (i == s->nalerts) {
		*all = *r;
		all->account_id = all->site_id = 0;
		all->kind = kind->name;
		s->nalerts++;
	}
	nvr_alert_rule_overlay(all, r);
	/* More than this is the same, and can be told. */
	if (all->bytes > NVR_BEAT_WHOLE_MAX)
		all->bytes = NVR_BEAT_WHOLE_MAX;
	if (all->us > NVR_BEAT_RETAIN_MAX)
		all->us = NVR_BEAT_RETAIN_MAX;
	if (all->grace > NVR_BEAT_RETAIN_MAX)
		all->grace = NVR_BEAT_RETAIN_MAX;
	return 0;
}

static json_t *
alerts_json(const struct nvr_beat_settings *s)
{
	json_t *list = json_array();
	int bad = 0;

	for (size_t i = 0; i < s->nalerts; i++) {
		json_t *o = nvr_alert_rule_json(&s->alert[i]);

		bad |= json_object_set_new(
		    o, "kind", json_string(s->alert[i].kind));
		bad |= json_array_append_new(list, o);
	}
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *
nvr_beat_settings_json(const struct nvr_beat_settings *s)
{
	json_t *o = json_object();
	int bad = 0;

	bad |= json_object_set_new(o, "version", json_integer(s->version));
	bad |= json_object_set_new(
	    o, "retain_ms", json_integer(s->retain_us / NVR_MILLISECOND));
	bad |= json_object_set_new(
	    o, "retain_bytes", json_integer(s->retain_bytes));
	/* Who knows none of them is not told that there are none. */
	if (s->nalerts > 0)
		bad |= json_object_set_new(o, "alerts", alerts_json(s));
	if (bad == 0)
		return o;
	json_decref(o);
	return NULL;
}

int
nvr_beat_settings_number(struct nvr_beat_settings *s, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA256_LEN];
	json_t *o;
	char *text;
	int rc;

	s->version = 0;
	o = nvr_beat_settings_json(s);
	text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	if (text == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_sha256(text, strlen(text), hash, err);
	free(text);
	for (size_t i = 0; rc == 0 && i < sizeof(int64_t); i++)
		s->version = (s->version << 8 | hash[i]) & NVR_BEAT_WHOLE_MAX;
	return rc;
}

static int
read_severity(
    const json_t *o, const char *where, int *ret, struct nvr_error *err)
{
	const char *word;
	int rc = nvr_beat_text(o, where, "severity", 16, true, &word, err);

	if (rc != 0 || word[0] == '\0')
		return rc;
	for (int i = 0; i < NVR_SEVERITIES; i++)
		if (strcmp(word, nvr_severity_names[i]) == 0)
			*ret = i;
	return *ret >= 0 ? 0
			 : nvr_beat_wrong(err, where, "severity",
			       "is not info, warning or critical");
}

static int
read_figures(const json_t *o, const char *where, struct nvr_alert_rule *r,
    struct nvr_error *err)
{
	const json_t *percent = json_object_get(o, "percent");
	const json_t *enabled = json_object_get(o, "enabled");
	int rc = 0;

	if (enabled != NULL && !json_is_boolean(enabled))
		return nvr_beat_wrong(
		    err, where, "enabled", "is not true or false");
	if (enabled != NULL)
		r->enabled = json_is_true(enabled);
	if (percent != NULL &&
	    !(json_number_value(percent) >= 0 &&
		json_number_value(percent) <= 100 && json_is_number(percent)))
		return nvr_beat_wrong(
		    err, where, "percent", "is no number that it can be");
	if (percent != NULL)
		r->percent = json_number_value(percent);
	rc = nvr_beat_whole(
	    o, where, "bytes", 0, NVR_BEAT_WHOLE_MAX, &r->bytes, err);
	if (rc == 0)
		rc =
		    nvr_beat_whole(o, where, "time_ms", 0, MS_MAX, &r->us, err);
	if (rc == 0)
		rc = nvr_beat_whole(
		    o, where, "grace_ms", 0, MS_MAX, &r->grace, err);
	if (r->us > 0)
		r->us *= NVR_MILLISECOND;
	if (r->grace > 0)
		r->grace *= NVR_MILLISECOND;
	return rc == 0 ? read_severity(o, where, &r->severity, err) : rc;
}

static int
read_alert(const json_t *o, const char *where, struct nvr_alert_rule *r,
    struct nvr_error *err)
{
	static const char *const known[] = {"kind", "enabled", "severity",
	    "percent", "bytes", "time_ms", "grace_ms", NULL};
	const struct nvr_alert_kind *kind;
	const char *word;
	int rc = nvr_beat_members(o, where, known, err);

	*r = (struct nvr_alert_rule){.enabled = -1,
	    .severity = -1,
	    .percent = NAN,
	    .bytes = -1,
	    .us = -1,
	    .grace = -1};
	if (rc == 0)
		rc = nvr_beat_text(
		    o, where, "kind", NVR_ALERT_KIND, false, &word, err);
	if (rc != 0)
		return rc;
	kind = nvr_alert_kind(word);
	if (kind == NULL || !kind->own)
		return nvr_beat_wrong(err, where, "kind",
		    "is none that a recorder judges of itself");
	r->kind = kind->name;
	rc = read_figures(o, where, r, err);
	if (rc == 0 && nvr_alert_rule_check(r, err) != 0)
		rc = nvr_beat_wrong(
		    err, "", where, "has a threshold that its kind has not");
	return rc;
}

static int
read_alerts(
    const json_t *o, struct nvr_beat_settings *ret, struct nvr_error *err)
{
	char where[32];
	json_t *list;
	int rc = nvr_beat_list(o, "alerts", NVR_ALERT_OWN, &list, err);

	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		struct nvr_alert_rule *r = &ret->alert[i];

		snprintf(where, sizeof(where), "settings.alerts[%zu]", i);
		rc = read_alert(json_array_get(list, i), where, r, err);
		for (size_t k = 0; rc == 0 && k < i; k++)
			if (ret->alert[k].kind == r->kind)
				rc = nvr_beat_wrong(
				    err, where, "kind", "is there twice");
		ret->nalerts = i + 1;
	}
	return rc;
}

int
nvr_beat_settings_read(
    const json_t *o, struct nvr_beat_settings *ret, struct nvr_error *err)
{
	static const char *const known[] = {
	    "version", "retain_ms", "retain_bytes", "alerts", NULL};
	int rc = nvr_beat_members(o, "settings", known, err);

	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = nvr_beat_missing(o, "settings", known[i], err);
	if (rc == 0)
		rc = nvr_beat_whole(o, "settings", "version", 0,
		    NVR_BEAT_WHOLE_MAX, &ret->version, err);
	if (rc == 0)
		rc = nvr_beat_ms(o, "settings", "retain_ms",
		    NVR_BEAT_RETAIN_MAX, &ret->retain_us, err);
	if (rc == 0)
		rc = nvr_beat_whole(o, "settings", "retain_bytes", 0,
		    NVR_BEAT_WHOLE_MAX, &ret->retain_bytes, err);
	if (rc == 0 && ret->retain_us > 0 && ret->retain_us < NVR_MINUTE)
		rc = nvr_beat_wrong(
		    err, "settings", "retain_ms", "is less than a minute");
	return rc == 0 ? read_alerts(o, ret, err) : rc;
}
