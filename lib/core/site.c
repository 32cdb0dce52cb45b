/* The rules about sites; see site.h. */
#include <string.h>

#include "base/id.h"
#include "base/jurisdiction.h"
#include "base/time.h"
#include "base/zone.h"
#include "core/changes.h"
#include "core/inventory.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/site.h"
#include "store/remote.h"
#include "store/restrict.h"

static int
append(struct nvr_state *s, const char *type, const struct nvr_site *site,
    const char *name, json_t *fields, struct nvr_error *err)
{
	return nvr_log_append(s, site->account_id, type,
	    json_pack("{s:o, s:s, s:s, s:o*}", "site_id",
		nvr_change_id(site->id), "site", name, "jurisdiction",
		site->jurisdiction, "fields", fields),
	    err);
}

static int
put_name(struct nvr_state *s, struct nvr_site *site, const char *name,
    struct nvr_buf *sealed, struct nvr_error *err)
{
	const struct nvr_column at = {"site", "name", site->id};
	int rc = nvr_name_check("site", name, err);

	if (rc == 0)
		rc = nvr_site_lookup(s, name, strlen(name), site->lookup, err);
	if (rc == 0)
		rc = nvr_sealed_put(
		    s, site->account_id, &at, name, strlen(name), sealed, err);
	if (rc == 0)
		site->name = (struct nvr_blob){sealed->data, sealed->len};
	return rc;
}

static int
check_zone(const char *name, struct nvr_error *err)
{
	struct nvr_zone *z = NULL;
	int rc = name[0] != '\0' ? nvr_zone_open(name, &z, err) : 0;

	nvr_zone_close(z);
	return rc;
}

/* code and sealed: room for the jurisdiction and the name, as long as the site
 * is used. */
static int
take(struct nvr_state *s, struct nvr_site *site,
    const struct nvr_site_change *c, char code[NVR_JURISDICTION],
    struct nvr_buf *sealed, struct nvr_error *err)
{
	int rc = 0;

	if (c->name != NULL)
		rc = put_name(s, site, c->name, sealed, err);
	if (rc == 0 && c->jurisdiction != NULL) {
		rc = nvr_jurisdiction_parse(c->jurisdiction, code, err);
		site->jurisdiction = code;
	}
	if (rc == 0 && c->zone != NULL) {
		rc = check_zone(c->zone, err);
		site->zone = c->zone;
	}
	if (c->retain_us >= 0)
		site->retain_us = c->retain_us;
	if (c->retain_bytes >= 0)
		site->retain_bytes = c->retain_bytes;
	return rc;
}

int
nvr_site_add_in(struct nvr_state *s, int64_t account, const struct nvr_given *g,
    const struct nvr_site_change *c, struct nvr_error *err)
{
	struct nvr_site site = {.id = g->id,
	    .account_id = account,
	    .zone = "",
	    .created_at = g->created_at,
	    .changed_at = g->changed_at};
	struct nvr_buf sealed = {0};
	char code[NVR_JURISDICTION];
	int rc = take(s, &site, c, code, &sealed, err);

	if (rc == 0 && site.jurisdiction == NULL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "--jurisdiction CODE is needed: under whose law the site "
		    "is, as DE or US-CA");
	if (rc == 0)
		rc = nvr_site_check(s, &site, err);
	site.removed_at = g->removed_at;
	if (rc == 0)
		rc = nvr_site_insert(s->store, &site, err);
	if (rc == 0)
		rc = append(s, "site.added", &site, c->name, NULL, err);
	nvr_buf_release(&sealed);
	return rc;
}

int
nvr_site_add(struct nvr_state *s, int64_t account,
    const struct nvr_site_change *c, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	const struct nvr_given g = {nvr_id_new(), now, now, 0};
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	return nvr_store_end(
	    s->store, nvr_site_add_in(s, account, &g, c, err), err);
}

static json_t *
fields_of(const struct nvr_site *was, const struct nvr_site *is,
    const char *old_name, const char *name)
{
	json_t *f = json_object();

	nvr_change_text(f, "name", old_name, name);
	nvr_change_text(f, "jurisdiction", was->jurisdiction, is->jurisdiction);
	nvr_change_text(f, "zone", was->zone, is->zone);
	nvr_change_int(f, "retain_ms", was->retain_us / NVR_MILLISECOND,
	    is->retain_us / NVR_MILLISECOND);
	nvr_change_int(f, "retain_bytes", was->retain_bytes, is->retain_bytes);
	return f;
}

/* 0 is what nvr.conf says, which may be less. */
static bool
is_less(int64_t now, int64_t was)
{
	return now != was && (was == 0 || now == 0 || now < was);
}

/* Nothing restricted is to go the sooner for it (article 18). */
static int
check_retention(struct nvr_state *s, const struct nvr_site *was,
    const struct nvr_site *is, struct nvr_error *err)
{
	bool restricted = false;
	int rc = nvr_restricted(s->store, is->account_id, &restricted, err);

	if (rc == 0 && restricted &&
	    (is_less(is->retain_us, was->retain_us) ||
		is_less(is->retain_bytes, was->retain_bytes)))
		rc = nvr_fail(err, NVR_E_PERMISSION,
		    "what is kept of the site cannot be shortened: %s",
		    nvr_bar_reason(NVR_BAR_RESTRICTED));
	return rc;
}

int
nvr_site_set(struct nvr_state *s, int64_t account, const char *name,
    const struct nvr_site_change *c, struct nvr_error *err)
{
	const char *is = c->name != NULL ? c->name : name;
	struct nvr_site site, *old = NULL;
	struct nvr_buf sealed = {0};
	char code[NVR_JURISDICTION];
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_site_by_name(s, account, name, false, &old, err);
	if (rc == 0) {
		site = *old;
		site.changed_at = nvr_time_now();
		rc = take(s, &site, c, code, &sealed, err);
	}
	if (rc == 0)
		rc = check_retention(s, old, &site, err);
	if (rc == 0)
		rc = nvr_site_update(s->store, &site, err);
	if (rc == 0)
		rc = append(s, "site.changed", &site, is,
		    fields_of(old, &site, name, is), err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_site_free(old);
	nvr_buf_release(&sealed);
	return rc;
}

static int
check_empty(struct nvr_state *s, const struct nvr_site *site, const char *name,
    struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_site_cameras(s->store, site->id, &n, err);

	if (rc == 0 && n > 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "site '%s' still has cameras (%lld): remove them first, or "
		    "'nvr-camera set CAMERA --site' to another",
		    name, (long long)n);
	if (rc == 0)
		rc = nvr_remote_of_site(s->store, site->id, &n, err);
	if (rc == 0 && n > 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "site '%s' still has recorders (%lld): 'nvr-account "
		    "recorder revoke' them first",
		    name, (long long)n);
	return rc;
}

int
nvr_site_remove(struct nvr_state *s, int64_t account, const char *name,
    struct nvr_error *err)
{
	struct nvr_site *site = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_site_by_name(s, account, name, false, &site, err);
	if (rc == 0)
		rc = check_empty(s, site, name, err);
	if (rc == 0) {
		site->removed_at = nvr_time_now();
		rc = nvr_site_update(s->store, site, err);
	}
	if (rc == 0)
		rc = append(s, "site.removed", site, name, NULL, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_site_free(site);
	return rc;
}

/* name: the old one, or the new. */
static int
bring_back(struct nvr_state *s, struct nvr_site *site, const char *name,
    int64_t within, struct nvr_error *err)
{
	int64_t end = site->removed_at + within;
	struct nvr_buf sealed = {0};
	char when[NVR_TIME_TEXT];
	int rc;

	if (nvr_time_now() > end)
		return nvr_fail(err, NVR_E_NOENT,
		    "site '%s' could be restored until %s", name,
		    nvr_time_format(end, when));
	rc = put_name(s, site, name, &sealed, err);
	site->removed_at = 0;
	if (rc == 0)
		rc = nvr_site_update(s->store, site, err);
	nvr_buf_release(&sealed);
	if (rc == NVR_E_CREATE)
		rc = nvr_fail(err, NVR_E_CREATE,
		    "the account has another site '%s' now; give the old one "
		    "another name with --name",
		    name);
	return rc == 0 ? append(s, "site.restored", site, name, NULL, err) : rc;
}

int
nvr_site_restore(struct nvr_state *s, int64_t account, const char *name,
    const char *new_name, int64_t within, struct nvr_error *err)
{
	struct nvr_site *site = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_site_by_name(s, account, name, true, &site, err);
	if (rc == 0)
		rc = bring_back(
		    s, site, new_name != NULL ? new_name : name, within, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_site_free(site);
	return rc;
}

int
nvr_site_check(
    struct nvr_state *s, const struct nvr_site *site, struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = nvr_barred(s->store, site->account_id, &bar, err);

	if (rc == 0 && site->removed_at != 0)
		rc = nvr_fail(err, NVR_E_NOENT, "the site is removed");
	else if (rc == 0 && bar != NVR_BAR_NONE)
		rc = nvr_fail(
		    err, NVR_E_PERMISSION, "the site: %s", nvr_bar_reason(bar));
	return rc;
}

void
nvr_site_retention(const struct nvr_camera *cam, enum nvr_stream stream,
    int64_t *us, int64_t *bytes)
{
	*us = cam->retain[stream].us;
	*bytes = cam->retain[stream].bytes;
	if (*us == 0)
		*us = cam->site_retain.us;
	if (*bytes == 0)
		*bytes = cam->site_retain.bytes;
}
