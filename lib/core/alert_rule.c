/* What alerts there are, and their thresholds; see alert.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/alert.h"
#include "core/log.h"

#define ALWAYS NVR_JUDGED_ALWAYS
#define BEATS NVR_JUDGED_BEATS
#define EVENTS NVR_JUDGED_EVENTS

const struct nvr_alert_kind nvr_alert_kinds[] = {
    {"recorder-offline", "a recorder is not heard", BEATS, NVR_CRITICAL, false,
	false, false, false, false},
    {"camera-offline", "a camera is not recorded", BEATS, NVR_CRITICAL, false,
	false, false, false, false},
    {"portal-silent", "no recorder at all is heard", ALWAYS, NVR_CRITICAL,
	false, false, false, false, false},
    {"storage-low", "a disk is nearly full", BEATS, NVR_WARNING, false, false,
	true, true, true},
    {"retention-overdue", "what is to be deleted is still there", BEATS,
	NVR_WARNING, false, false, false, false, false},
    {"clock-wrong", "a clock is wrong", BEATS, NVR_WARNING, false, false, false,
	false, true},
    {"audit-alarm", "an audit found something", BEATS, NVR_CRITICAL, false,
	false, false, false, false},
    {"audit-schedule-failing", "audits are not made as they should be", BEATS,
	NVR_WARNING, false, false, false, false, true},
    {"usage-limit", "a limit of audits is reached", EVENTS, NVR_INFO, true,
	false, false, false, false},
    {"signin-new-place", "somebody signed in from a new place", EVENTS,
	NVR_WARNING, true, true, false, false, false},
    {"export-ready", "an export can be fetched", ALWAYS, NVR_INFO, true, false,
	false, false, false},
    {"request-due", "a request about people's rights is due", ALWAYS,
	NVR_WARNING, false, true, false, false, true},
    {"erasure-scheduled", "an account will be erased", ALWAYS, NVR_INFO, true,
	true, false, false, false},
    {"notify-failing", "messages cannot be delivered", EVENTS, NVR_WARNING,
	false, false, false, false, false},
    {NULL, NULL, ALWAYS, NVR_INFO, false, false, false, false, false},
};

const struct nvr_alert_kind *
nvr_alert_kind(const char *name)
{
	for (const struct nvr_alert_kind *k = nvr_alert_kinds; k->name != NULL;
	     k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

struct nvr_alert_rules {
	const struct nvr_alerting *conf;
	struct rule {
		struct nvr_alert_rule r; /* kind: of the table above */
	} * rule;
	size_t n, room;
	struct nvr_error *err;
};

static int
keep(void *ctx, const struct nvr_alert_rule *r)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(r->kind);
	struct nvr_alert_rules *x = ctx;
	struct rule *more;

	if (kind == NULL) /* of a newer program */
		return 0;
	if (x->n == x->room) {
		x->room = x->room == 0 ? 16 : 2 * x->room;
		more = reallocarray(x->rule, x->room, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(x->err);
		x->rule = more;
	}
	x->rule[x->n].r = *r;
	x->rule[x->n++].r.kind = kind->name;
	return 0;
}

int
nvr_alert_rules_load(
    struct nvr_state *s, struct nvr_alert_rules **ret, struct nvr_error *err)
{
	struct nvr_alert_rules *x = calloc(1, sizeof(*x));
	int rc;

	if (x == NULL)
		return nvr_fail_nomem(err);
	x->conf = &s->rules->alert;
	x->err = err;
	rc = nvr_alert_rule_each(s->store, keep, x, err);
	if (rc != 0)
		nvr_alert_rules_free(x);
	else
		*ret = x;
	return rc;
}

void
nvr_alert_rules_free(struct nvr_alert_rules *r)
{
	if (r != NULL)
		free(r->rule);
	free(r);
}

static void
preset(const struct nvr_alerting *conf, const struct nvr_alert_kind *kind,
    struct nvr_alert_limits *ret)
{
	*ret = (struct nvr_alert_limits){
	    .enabled = true, .severity = (int)kind->severity};
	if (strcmp(kind->name, "camera-offline") == 0)
		ret->grace = conf->camera;
	else if (strcmp(kind->name, "portal-silent") == 0)
		ret->grace = 3 * conf->interval;
	else if (strcmp(kind->name, "storage-low") == 0)
		*ret = (struct nvr_alert_limits){true, (int)kind->severity,
		    (double)conf->space, conf->space_bytes, conf->space_left,
		    0};
	else if (strcmp(kind->name, "clock-wrong") == 0)
		ret->us = conf->clock;
	else if (strcmp(kind->name, "request-due") == 0)
		ret->us = conf->request;
	else if (strcmp(kind->name, "audit-schedule-failing") == 0)
		ret->us = NVR_HOUR;
}

static void
apply(const struct nvr_alert_rule *r, struct nvr_alert_limits *l)
{
	if (r->enabled >= 0)
		l->enabled = r->enabled > 0;
	if (r->severity >= 0)
		l->severity = r->severity;
	if (r->percent >= 0) /* not of NaN */
		l->percent = r->percent;
	if (r->bytes >= 0)
		l->bytes = r->bytes;
	if (r->us >= 0)
		l->us = r->us;
	if (r->grace >= 0)
		l->grace = r->grace;
}

static int
compare(const struct nvr_alert_rule *r, int64_t account, int64_t site)
{
	if (r->account_id != account)
		return r->account_id < account ? -1 : 1;
	return r->site_id < site ? -1 : r->site_id > site;
}

/* The first that is not ahead of that place: they are sorted. */
static size_t
first_of(const struct nvr_alert_rules *x, int64_t account, int64_t site)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&x->rule[mid].r, account, site) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void
nvr_alert_limits(const struct nvr_alert_rules *x,
    const struct nvr_alert_kind *kind, int64_t account, int64_t site,
    struct nvr_alert_limits *ret)
{
	const int64_t of[] = {0, site};

	preset(x->conf, kind, ret);
	for (size_t k = 0; k < (site != 0 ? 2u : 1u); k++)
		for (size_t i = first_of(x, account, of[k]);
		     i < x->n && compare(&x->rule[i].r, account, of[k]) == 0;
		     i++)
			if (x->rule[i].r.kind == kind->name)
				apply(&x->rule[i].r, ret);
}

void
nvr_alert_limits_widest(const struct nvr_alert_rules *x,
    const struct nvr_alert_kind *kind, struct nvr_alert_limits *ret)
{
	bool least = strcmp(kind->name, "storage-low") != 0;

	preset(x->conf, kind, ret);
	for (size_t i = 0; i < x->n; i++) {
		const struct nvr_alert_rule *r = &x->rule[i].r;

		if (r->kind != kind->name)
			continue;
		if (r->percent > ret->percent)
			ret->percent = r->percent;
		if (r->bytes > ret->bytes)
			ret->bytes = r->bytes;
		/* Of a clock the least that is too much, of others the time
		 * that is looked ahead. */
		if (r->us >= 0 && (strcmp(kind->name, "clock-wrong") == 0
					  ? r->us < ret->us
					  : least && r->us > ret->us))
			ret->us = r->us;
	}
}

static int
check(const struct nvr_alert_rule *r, struct nvr_error *err)
{
	const struct nvr_alert_kind *k = nvr_alert_kind(r->kind);
	char list[512] = "";

	if (k == NULL) {
		for (k = nvr_alert_kinds; k->name != NULL; k++) {
			strlcat(
			    list, list[0] != '\0' ? ", " : "", sizeof(list));
			strlcat(list, k->name, sizeof(list));
		}
		return nvr_fail(err, NVR_E_USAGE, "'%.40s' is none of: %s",
		    nvr_text_printable(r->kind) ? r->kind : "?", list);
	}
	if ((r->percent >= 0 && !k->percent) || (r->bytes >= 0 && !k->bytes) ||
	    (r->us >= 0 && !k->us))
		return nvr_fail(
		    err, NVR_E_USAGE, "%s has no such threshold", k->name);
	if (r->percent < 0 || r->percent > 100)
		return nvr_fail(err, NVR_E_USAGE, "a percentage is 0 to 100");
	return 0;
}

struct merging {
	const struct nvr_alert_rule *given;
	struct nvr_alert_rule *r;
};

/* What is there stays where nothing else is said. */
static int
merge(void *ctx, const struct nvr_alert_rule *was)
{
	const struct merging *m = ctx;

	if (was->account_id != m->r->account_id ||
	    was->site_id != m->r->site_id || strcmp(was->kind, m->r->kind) != 0)
		return 0;
	if (m->r->enabled < 0)
		m->r->enabled = was->enabled;
	if (m->r->severity < 0)
		m->r->severity = was->severity;
	if (isnan(m->r->percent))
		m->r->percent = was->percent;
	if (m->r->bytes < 0)
		m->r->bytes = was->bytes;
	if (m->r->us < 0)
		m->r->us = was->us;
	if (m->r->grace < 0)
		m->r->grace = was->grace;
	return 0;
}

static int
log_rule(struct nvr_state *s, const struct nvr_alert_rule *r, const char *what,
    struct nvr_error *err)
{
	json_t *o = json_pack("{s:s}", "kind", r->kind);

	if (r->site_id != 0)
		json_object_set_new(o, "site", json_integer(r->site_id));
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
		    o, "ms", json_integer(r->us / NVR_MILLISECOND));
	if (r->grace >= 0)
		json_object_set_new(
		    o, "grace_ms", json_integer(r->grace / NVR_MILLISECOND));
	return nvr_log_append(s, r->account_id, what, o, err);
}

int
nvr_alert_rule_set(
    struct nvr_state *s, const struct nvr_alert_rule *r, struct nvr_error *err)
{
	struct nvr_alert_rule whole = *r;
	struct merging m = {r, &whole};
	int rc = check(r, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_alert_rule_each(s->store, merge, &m, err);
	if (rc == 0)
		rc = nvr_alert_rule_put(s->store, &whole, err);
	if (rc == 0)
		rc = log_rule(s, r, "alert.rule", err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_alert_rule_reset(struct nvr_state *s, int64_t account, int64_t site,
    const char *kind, struct nvr_error *err)
{
	const struct nvr_alert_rule r = {
	    account, site, kind, -1, -1, NAN, -1, -1, -1, 0};
	bool gone = false;
	int rc = check(&r, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_alert_rule_drop(s->store, account, site, kind, &gone, err);
	if (rc == 0 && !gone)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "there is no rule of its own for %s", kind);
	if (rc == 0)
		rc = log_rule(s, &r, "alert.rule-reset", err);
	return nvr_store_end(s->store, rc, err);
}
