/* Page: the sites of an account at a glance. */
#include <math.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/site.h"
#include "nvr.cgi-page.h"
#include "store/alert.h"
#include "store/remote.h"
#include "store/telemetry.h"

struct overview {
	struct portal_call *c;
	json_t *sites, *by_id; /* the same objects */
};

static int
add_site(void *ctx, const struct nvr_site *site)
{
	struct overview *o = ctx;
	struct nvr_buf name = {0};
	char id[NVR_ID_TEXT];
	json_t *one;
	int rc = nvr_site_name(o->c->s, site, &name, o->c->err);

	if (rc != 0)
		return rc;
	one = json_pack("{ss ss ss si si si sn sb}", "id",
	    nvr_id_format(site->id, id), "name", name.data, "state", "none",
	    "cameras", 0, "cameras_down", 0, "alerts", 0, "seen_at",
	    "disk_known", 0);
	nvr_buf_wipe(&name);
	if (json_object_set(o->by_id, id, one) != 0 ||
	    json_array_append_new(o->sites, one) != 0)
		return nvr_fail_nomem(o->c->err);
	return 0;
}

const char *
portal_recorder_state(const struct portal_call *c, const struct nvr_remote *r)
{
	if (strcmp(r->state, "active") != 0)
		return r->state;
	return c->now - r->seen_at > 3 * r->interval ? "offline" : "online";
}

/* A site has one recorder that is in force, or one that waits. */
static int
add_recorder(void *ctx, const struct nvr_remote_now *n)
{
	struct overview *o = ctx;
	const struct nvr_remote *r = n->r;
	char id[NVR_ID_TEXT];
	json_t *is,
	    *site = json_object_get(o->by_id, nvr_id_format(r->site_id, id));
	bool told = n->newest != NULL && !isnan(n->newest->disk_free);
	int rc;

	if (site == NULL || strcmp(r->state, "revoked") == 0)
		return 0;
	is = json_pack("{ss sI sI sI sb sf}", "state",
	    portal_recorder_state(o->c, r), "seen_at", (json_int_t)r->seen_at,
	    "cameras", (json_int_t)n->cameras, "cameras_down",
	    (json_int_t)(n->newest != NULL && n->newest->cameras_down > 0
			     ? n->newest->cameras_down
			     : 0),
	    "disk_known", told, "disk_free", told ? n->newest->disk_free : 0.0);
	rc = is != NULL ? json_object_update(site, is) : -1;
	json_decref(is);
	return rc == 0 ? 0 : nvr_fail_nomem(o->c->err);
}

static int
add_alert(void *ctx, const struct nvr_alert *a)
{
	struct overview *o = ctx;
	char id[NVR_ID_TEXT];
	json_t *site = json_object_get(o->by_id, nvr_id_format(a->site_id, id));
	json_t *n = json_object_get(site, "alerts");

	return n == NULL || a->state != NVR_ALERT_OPEN ||
		       json_integer_set(n, json_integer_value(n) + 1) == 0
		   ? 0
		   : nvr_fail_nomem(o->c->err);
}

static int
show(struct portal_call *c)
{
	struct overview o = {c, json_array(), json_object()};
	int64_t account = c->session.account;
	int rc =
	    nvr_site_each(c->s->store, account, false, add_site, &o, c->err);

	if (rc == 0)
		rc = nvr_remote_overview(
		    c->s->store, account, 0, add_recorder, &o, c->err);
	if (rc == 0)
		rc = nvr_alert_each_of(
		    c->s->store, account, c->now, add_alert, &o, c->err);
	json_decref(o.by_id);
	if (rc == 0)
		return portal_put(c, "sites", o.sites);
	json_decref(o.sites);
	return rc;
}

const struct portal_page page_overview = {
    "overview", "Sites", PORTAL_SIGNED_IN, show, NULL};
