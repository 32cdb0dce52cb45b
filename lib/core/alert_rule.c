/* The thresholds of alerts; see alert.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/alert.h"
#include "core/log.h"

struct nvr_alert_rules {
	const struct nvr_alerting *conf;
	struct rule {
		struct nvr_alert_rule r; /* kind: of the table above */
	} * rule;
	size_t n, room;
	/* What the portal has set, of no place. */
	struct nvr_alert_rule portal[NVR_ALERT_OWN];
	size_t nportal;
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

static int
keep_portal(void *ctx, const struct nvr_alert_rule *r)
{
	const struct nvr_alert_kind *kind = nvr_alert_kind(r->kind);
	struct nvr_alert_rules *x = ctx;

	if (kind == NULL || !kind->own || x->nportal == NVR_ALERT_OWN)
		return 0;
	x->portal[x->nportal] = *r;
	x->portal[x->nportal++].kind = kind->name;
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
	if (rc == 0)
		rc = nvr_enrolment_rule_each(s->store, keep_portal, x, err);
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

/* What holds where no account says otherwise. */
static void
base(const struct nvr_alert_rules *x, const struct nvr_alert_kind *kind,
    struct nvr_alert_limits *ret)
{
	preset(x->conf, kind, ret);
	for (size_t i = 0; i < x->nportal; i++)
		if (x->portal[i].kind == kind->name)
			apply(&x->portal[i], ret);
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

	base(x, kind, ret);
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

	base(x, kind, ret);
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

/* What is there stays where nothing else is said. */
static int
merge(void *ctx, const struct nvr_alert_rule *was)
{
	struct nvr_alert_rule *r = ctx, whole = *was;

	if (was->site_id != r->site_id || strcmp(was->kind, r->kind) != 0)
		return 0;
	nvr_alert_rule_overlay(&whole, r);
	whole.kind = r->kind;
	*r = whole;
	return 0;
}

static int
log_rule(struct nvr_state *s, const struct nvr_alert_rule *r, const char *what,
    struct nvr_error *err)
{
	json_t *o = nvr_alert_rule_json(r);

	json_object_set_new(o, "kind", json_string(r->kind));
	if (r->site_id != 0)
		json_object_set_new(o, "site", json_integer(r->site_id));
	return nvr_log_append(s, r->account_id, what, o, err);
}

int
nvr_alert_rule_set(
    struct nvr_state *s, const struct nvr_alert_rule *r, struct nvr_error *err)
{
	struct nvr_alert_rule whole = *r;
	int rc = nvr_alert_rule_check(r, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_alert_rule_each_of(
	    s->store, r->account_id, r->site_id, merge, &whole, err);
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
	int rc = nvr_alert_rule_check(&r, err);

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
