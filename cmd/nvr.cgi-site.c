/* Page: a site, its recorder, its cameras and its settings (C16, C18). */
#include <string.h>

#include "base/id.h"
#include "base/size.h"
#include "base/time.h"
#include "core/site.h"
#include "nvr.cgi-page.h"
#include "store/remote.h"
#include "store/telemetry.h"

static const struct {
	const char *name;
	int64_t us;
} spans[] = {
    {"day", NVR_DAY}, {"month", 30 * NVR_DAY}, {"year", 365 * NVR_DAY}};

struct looking {
	struct portal_call *c;
	struct nvr_site *site;
	json_t *cameras;
	int64_t recorder; /* the one in force */
	bool waiting;
};

int
portal_site(struct portal_call *c, const char *text, struct nvr_site **ret)
{
	struct nvr_site *site = NULL;
	int64_t id = 0;
	int rc = nvr_id_parse(text, &id, c->err) == 0
		     ? nvr_site_get(c->s->store, id, &site, c->err)
		     : NVR_E_NOENT;

	if (rc == 0 &&
	    (site->account_id != c->session.account || site->removed_at != 0)) {
		nvr_site_free(site);
		return nvr_fail(c->err, NVR_E_NOENT, "no such site");
	}
	if (rc == 0)
		*ret = site;
	return rc;
}

static int
add_recorder(void *ctx, const struct nvr_remote_now *n)
{
	struct looking *l = ctx;
	const struct nvr_remote *r = n->r;

	l->waiting |= strcmp(r->state, "waiting") == 0;
	if (strcmp(r->state, "active") != 0)
		return 0;
	l->recorder = r->id;
	return portal_put(l->c, "recorder",
	    json_pack("{ss sI sI ss}", "state", portal_recorder_state(l->c, r),
		"seen_at", (json_int_t)r->seen_at, "started_at",
		(json_int_t)r->started_at, "agent", r->agent));
}

static int
add_camera(void *ctx, const struct nvr_remote_camera *k)
{
	struct looking *l = ctx;
	char id[NVR_ID_TEXT];
	const char *tone = strcmp(k->state, "recording") == 0 ? "online"
			   : k->state[0] == '\0'	      ? ""
							      : "offline";

	return json_array_append_new(l->cameras,
		   json_pack("{ss ss ss ss ss ss ss sI sb sI}", "id",
		       nvr_id_format(k->id, id), "name", k->name, "zone",
		       k->zone, "manufacturer", k->manufacturer, "model",
		       k->model, "state", k->state, "tone", tone, "newest",
		       (json_int_t)k->newest, "gaps_known", k->gaps >= 0,
		       "gaps", (json_int_t)k->gaps)) == 0
		   ? 0
		   : nvr_fail_nomem(l->c->err);
}

/* As it is, unless somebody has typed otherwise. */
static int
put_settings(struct looking *l, const char *name)
{
	const struct nvr_site *site = l->site;
	char time[NVR_TIME_TEXT] = "", size[NVR_SIZE_TEXT] = "";

	if (json_object_get(l->c->view, "form") != NULL)
		return 0;
	if (site->retain_us > 0)
		nvr_duration_format(site->retain_us, time);
	if (site->retain_bytes > 0)
		nvr_size_format(site->retain_bytes, size);
	return portal_put(l->c, "form",
	    json_pack("{ss ss ss ss}", "name", name, "zone", site->zone,
		"retain", time, "retain_bytes", size));
}

static int
put_all(struct looking *l, const char *name)
{
	struct portal_call *c = l->c;
	const char *span = nvr_web_field(&c->r->query, "span");
	char id[NVR_ID_TEXT];
	size_t i = sizeof(spans) / sizeof(spans[0]);
	int rc = nvr_remote_overview(c->s->store, c->session.account,
	    l->site->id, add_recorder, l, c->err);

	while (--i > 0 && (span == NULL || strcmp(spans[i].name, span) != 0))
		;
	if (rc == 0 && l->recorder != 0)
		rc = nvr_remote_cameras(
		    c->s->store, l->recorder, add_camera, l, c->err);
	if (rc == 0)
		rc = portal_put(c, "cameras", json_incref(l->cameras));
	if (rc == 0)
		rc = portal_charts(c, l->recorder, spans[i].us);
	if (rc == 0)
		rc = portal_put(c, "span", json_string(spans[i].name));
	if (rc == 0)
		rc = portal_put(
		    c, "id", json_string(nvr_id_format(l->site->id, id)));
	if (rc == 0)
		rc = portal_put(c, "waiting", json_boolean(l->waiting));
	if (rc == 0)
		rc = portal_put(c, "title", json_string(name));
	return rc == 0 ? put_settings(l, name) : rc;
}

static int
show(struct portal_call *c)
{
	struct looking l = {.c = c, .cameras = json_array()};
	struct nvr_buf name = {0};
	int rc = portal_site(c, c->r->arg[0], &l.site);

	if (rc == 0)
		rc = nvr_site_name(c->s, l.site, &name, c->err);
	if (rc == 0)
		rc = put_all(&l, name.data);
	nvr_buf_wipe(&name);
	nvr_site_free(l.site);
	json_decref(l.cameras);
	return rc;
}

static int
read_form(struct portal_call *c, struct nvr_site_change *change)
{
	const char *retain = portal_field(c, "retain");
	const char *bytes = portal_field(c, "retain_bytes");
	int64_t size = 0;
	int rc = 0;

	change->name = portal_field(c, "name");
	change->zone = portal_field(c, "zone");
	change->retain_us = change->retain_bytes = 0;
	c->wrong = "retain";
	if (retain[0] != '\0')
		rc = nvr_duration_parse(retain, &change->retain_us, c->err);
	if (rc != 0)
		return rc;
	c->wrong = "retain_bytes";
	if (bytes[0] != '\0')
		rc = nvr_size_parse(bytes, 1, INT64_MAX, &size, c->err);
	change->retain_bytes = size;
	if (rc == 0)
		c->wrong = NULL;
	return rc;
}

static int
act(struct portal_call *c)
{
	struct nvr_site_change change = NVR_SITE_NO_CHANGE;
	char to[NVR_WEB_PATH + 8];
	struct nvr_site *site = NULL;
	struct nvr_buf name = {0};
	int rc = portal_site(c, c->r->arg[0], &site);

	if (rc == 0)
		rc = read_form(c, &change);
	if (rc == 0)
		rc = nvr_site_name(c->s, site, &name, c->err);
	if (rc == 0)
		rc = nvr_site_set(
		    c->s, c->session.account, name.data, &change, c->err);
	if (rc == 0) {
		snprintf(to, sizeof(to), "/site/%s", c->r->arg[0]);
		portal_to(c, to, "saved");
	}
	nvr_buf_wipe(&name);
	nvr_site_free(site);
	return rc;
}

const struct portal_page page_site = {
    "site", "Site", PORTAL_SIGNED_IN, show, act};
