/* Pages: a new site, and which recorders report from one. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/remote.h"
#include "core/site.h"
#include "nvr.cgi-page.h"

struct listing {
	struct portal_call *c;
	json_t *recorders;
};

static const char *
question(const struct nvr_remote *r)
{
	if (strcmp(r->state, "waiting") == 0)
		return "new";
	return r->cloned_at != 0 ? "cloned" : r->has_moved ? "moved" : "";
}

static int
add(void *ctx, const struct nvr_remote_now *n)
{
	struct listing *l = ctx;
	const struct nvr_remote *r = n->r;
	const char *q = question(r);
	char id[NVR_ID_TEXT];

	if (strcmp(r->state, "revoked") == 0)
		return 0;
	return json_array_append_new(l->recorders,
		   json_pack("{ss ss sb sI}", "id", nvr_id_format(r->id, id),
		       "question", q, "approvable",
		       strcmp(q, "new") == 0 || strcmp(q, "moved") == 0,
		       "seen_at", (json_int_t)r->seen_at)) == 0
		   ? 0
		   : nvr_fail_nomem(l->c->err);
}

static int
show(struct portal_call *c)
{
	struct listing l = {c, NULL};
	struct nvr_site *site = NULL;
	int rc = portal_site(c, c->r->arg[0], &site);

	if (rc != 0)
		return rc;
	l.recorders = json_array();
	rc = nvr_remote_overview(
	    c->s->store, site->account_id, site->id, add, &l, c->err);
	if (rc == 0)
		rc = portal_put(c, "recorders", json_incref(l.recorders));
	if (rc == 0)
		rc = portal_put(c, "site", json_string(c->r->arg[0]));
	json_decref(l.recorders);
	nvr_site_free(site);
	return rc;
}

/* The code is shown by the answer itself, so it stands in no URL. */
static int
act_invite(struct portal_call *c)
{
	struct nvr_site *site = NULL;
	char code[NVR_CODE_TEXT] = "";
	int rc = portal_site(c, c->r->arg[0], &site);

	if (rc == 0)
		rc = nvr_remote_invite(c->s, site->id, 0, code, c->err);
	if (rc == 0)
		rc = portal_put(c, "code", json_string(code));
	if (rc == 0)
		rc = portal_put(c, "lasts", json_integer(NVR_INVITATION));
	if (rc == 0)
		rc = portal_put(
		    c, "url", json_string(c->portal->cli->conf.rules.url));
	explicit_bzero(code, sizeof(code));
	nvr_site_free(site);
	return rc;
}

/* NVR_E_NOENT also for somebody else's. */
static int
decide(struct portal_call *c,
    int (*what)(struct nvr_state *s, int64_t id, struct nvr_error *err))
{
	struct nvr_remote *r = NULL;
	char to[NVR_ID_TEXT + 32], site[NVR_ID_TEXT];
	int64_t id = 0;
	int rc = nvr_id_parse(c->r->arg[0], &id, c->err) == 0
		     ? nvr_remote_get(c->s->store, id, &r, c->err)
		     : NVR_E_NOENT;

	if (rc == 0 && r->account_id != c->session.account)
		rc = nvr_fail(c->err, NVR_E_NOENT, "no such recorder");
	if (rc == 0)
		rc = what(c->s, id, c->err);
	if (rc == 0 || rc == NVR_E_USAGE) { /* it is so already */
		snprintf(to, sizeof(to), "/site/%s/recorder",
		    nvr_id_format(r->site_id, site));
		portal_to(c, to, "saved");
		rc = 0;
	}
	nvr_remote_free(r);
	return rc;
}

static int
act_approve(struct portal_call *c)
{
	return decide(c, nvr_remote_approve);
}

static int
act_revoke(struct portal_call *c)
{
	return decide(c, nvr_remote_revoke);
}

static int
act_new(struct portal_call *c)
{
	struct nvr_site_change change = NVR_SITE_NO_CHANGE;
	int rc;

	change.name = portal_field(c, "name");
	change.jurisdiction = portal_field(c, "jurisdiction");
	change.zone = portal_field(c, "zone");
	rc = nvr_site_add(c->s, c->session.account, &change, c->err);
	portal_to(c, "/", "saved");
	return rc;
}

const struct portal_page page_recorder = {
    "recorder", "Recorders", PORTAL_SIGNED_IN, show, act_invite};
const struct portal_page page_approve = {
    "recorder", "Recorders", PORTAL_SIGNED_IN, NULL, act_approve};
const struct portal_page page_revoke_recorder = {
    "recorder", "Recorders", PORTAL_SIGNED_IN, NULL, act_revoke};
const struct portal_page page_site_new = {
    "site-new", "A new site", PORTAL_SIGNED_IN, NULL, act_new};
