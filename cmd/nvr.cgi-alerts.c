/* Pages: what is wrong, or was; that somebody has seen it; not now. */
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/alert.h"
#include "nvr.cgi-page.h"

#define PAST (30 * NVR_DAY)
#define QUIET NVR_DAY

struct listing {
	struct portal_call *c;
	json_t *alerts;
};

static const char *
tone(const struct nvr_alert *a)
{
	return a->state == NVR_ALERT_CLOSED ? "online"
					    : nvr_severity_names[a->severity];
}

static int
add(void *ctx, const struct nvr_alert *a)
{
	struct listing *l = ctx;
	const struct nvr_alert_kind *kind = nvr_alert_kind(a->kind);
	const char *site = nvr_web_field(&l->c->r->query, "site");
	char id[NVR_ID_TEXT], of[NVR_ID_TEXT];

	if (site != NULL && strcmp(site, nvr_id_format(a->site_id, of)) != 0)
		return 0;
	return json_array_append_new(l->alerts,
		   json_pack("{ss ss ss ss ss ss ss sI sI sI ss sb sI}", "id",
		       nvr_id_format(a->id, id), "severity",
		       nvr_severity_names[a->severity], "tone", tone(a),
		       "state", nvr_alert_states[a->state], "says",
		       kind != NULL ? kind->says : a->kind, "subject",
		       a->subject, "why", a->why, "since", (json_int_t)a->since,
		       "closed_at", (json_int_t)a->closed_at, "acked_at",
		       (json_int_t)a->acked_at, "acked_by", a->acked_by,
		       "snoozed", a->snoozed_until > l->c->now, "snoozed_until",
		       (json_int_t)a->snoozed_until)) == 0
		   ? 0
		   : nvr_fail_nomem(l->c->err);
}

static int
show(struct portal_call *c)
{
	struct listing l = {c, json_array()};
	int rc = nvr_alert_each_of(
	    c->s->store, c->session.account, c->now - PAST, add, &l, c->err);

	if (rc == 0)
		return portal_put(c, "alerts", l.alerts);
	json_decref(l.alerts);
	return rc;
}

/* NVR_E_NOENT also for somebody else's. */
static int
find(struct portal_call *c, int64_t *id)
{
	struct nvr_alert a;
	int rc = nvr_id_parse(c->r->arg[0], id, c->err) == 0
		     ? nvr_alert_get(c->s->store, *id, &a, c->err)
		     : NVR_E_NOENT;

	return rc == 0 && a.account_id != c->session.account ? NVR_E_NOENT : rc;
}

static int
act_ack(struct portal_call *c)
{
	int64_t id = 0;
	int rc = find(c, &id);

	if (rc == 0)
		rc = nvr_alert_ack(c->s, id, "", c->now, c->err);
	portal_to(c, "/alerts", "seen");
	return rc;
}

static int
act_snooze(struct portal_call *c)
{
	int64_t id = 0;
	int rc = find(c, &id);

	if (rc == 0)
		rc = nvr_alert_snooze(c->s, id, c->now + QUIET, c->now, c->err);
	portal_to(c, "/alerts", "quiet");
	return rc;
}

const struct portal_page page_alerts = {
    "alerts", "Alerts", PORTAL_SIGNED_IN, show, NULL};
const struct portal_page page_alert_ack = {
    "alerts", "Alerts", PORTAL_SIGNED_IN, show, act_ack};
const struct portal_page page_alert_snooze = {
    "alerts", "Alerts", PORTAL_SIGNED_IN, show, act_snooze};
