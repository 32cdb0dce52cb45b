/* Cameras are found, removed and restored; see inventory.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/inventory_int.h"
#include "core/site.h"

/* The names nearest to a wrong one. */
struct near {
	const char *name;
	int best;
	char found[NVR_CAMERA_NAME_MAX + 1];
};

static int
compare_name(void *ctx, const struct nvr_camera *cam)
{
	struct near *n = ctx;
	int d = nvr_text_distance(n->name, cam->name);

	if (d < n->best) {
		n->best = d;
		strlcpy(n->found, cam->name, sizeof(n->found));
	}
	return 0;
}

/* Those that a name fits. */
struct fits {
	int n;
	struct {
		int64_t id, site;
	} cam[3];
};

static int
add_fit(void *ctx, const struct nvr_camera *cam)
{
	struct fits *f = ctx;

	if (f->n < 3) {
		f->cam[f->n].id = cam->id;
		f->cam[f->n++].site = cam->site_id;
	}
	return 0;
}

/* What names each; its site's name does not, where two have it. */
static int
say_which(struct nvr_state *s, const struct fits *f, const char *name,
    struct nvr_error *err)
{
	struct nvr_site_names names = {NULL, 0};
	char which[512] = "", id[NVR_ID_TEXT];
	const char *site, *before = "";

	for (int i = 0; i < f->n; i++) {
		size_t n = strlen(which);

		site = nvr_site_label(s, &names, f->cam[i].site);
		snprintf(
		    which + n, sizeof(which) - n, "%s '", i > 0 ? " or" : "");
		if (site[0] != '\0' && strcmp(site, before) != 0) {
			strlcat(which, site, sizeof(which));
			strlcat(which, "/", sizeof(which));
			strlcat(which, name, sizeof(which));
		} else {
			strlcat(which, nvr_id_format(f->cam[i].id, id),
			    sizeof(which));
		}
		strlcat(which, "'", sizeof(which));
		before = site;
	}
	nvr_fail(err, NVR_E_USAGE, "several cameras are named '%s': say%s",
	    name, which);
	nvr_site_names_wipe(&names);
	return NVR_E_USAGE;
}

/* any: were it restricted, or deleted. */
static int
find(struct nvr_state *s, const char *which, bool any, struct nvr_camera **ret,
    struct nvr_error *err)
{
	const char *slash = strchr(which, '/');
	const char *name = slash != NULL ? slash + 1 : which;
	uint8_t lookup[NVR_SITE_LOOKUP];
	struct nvr_blob site = {lookup, sizeof(lookup)};
	struct fits f = {0};
	int64_t id = 0;
	int rc = 0;

	if (slash != NULL)
		rc = nvr_site_lookup(
		    s, which, (size_t)(slash - which), lookup, err);
	if (rc == 0)
		rc = nvr_camera_each_named(s->store, name,
		    slash != NULL ? &site : NULL, add_fit, &f, err);
	if (rc != 0)
		return rc;
	if (f.n > 1)
		return say_which(s, &f, name, err);
	if (f.n == 0 && nvr_id_parse(which, &id, err) != 0)
		return NVR_E_NOENT;
	if (f.n == 1)
		id = f.cam[0].id;
	return any ? nvr_camera_get_any(s->store, id, ret, err)
		   : nvr_camera_get(s->store, id, ret, err);
}

/* NVR_E_NOENT, with what may have been meant. */
static int
say_near(struct nvr_state *s, const char *name, struct nvr_error *err)
{
	struct near n = {name, 3, ""};
	struct nvr_error ignored;

	if (nvr_camera_each(s->store, false, compare_name, &n, &ignored) == 0 &&
	    n.found[0] != '\0')
		return nvr_fail(err, NVR_E_NOENT,
		    "no camera '%s'; did you mean '%s'?", name, n.found);
	return nvr_fail(err, NVR_E_NOENT,
	    "no camera '%s'; 'nvr-camera list' shows them", name);
}

int
nvr_inventory_find(struct nvr_state *s, const char *name,
    struct nvr_camera **ret, struct nvr_error *err)
{
	int rc = find(s, name, false, ret, err);

	return rc == NVR_E_NOENT ? say_near(s, name, err) : rc;
}

int
nvr_inventory_find_any(struct nvr_state *s, const char *name,
    struct nvr_camera **ret, struct nvr_error *err)
{
	int rc = find(s, name, true, ret, err);

	if (rc == NVR_E_NOENT)
		rc = nvr_camera_find_removed_any(s->store, name, ret, err);
	return rc == NVR_E_NOENT ? say_near(s, name, err) : rc;
}

int
nvr_inventory_remove(
    struct nvr_state *s, const char *name, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_inventory_find(s, name, &cam, err);
	if (rc == 0 && cam != NULL) {
		cam->removed_at = nvr_time_now();
		rc = nvr_camera_update(s->store, cam, err);
	}
	if (rc == 0)
		rc = nvr_camera_log(s, "camera.removed", cam, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_camera_free(cam);
	return rc;
}

/* A camera does not come back to a site that is gone. */
static int
check_site(
    struct nvr_state *s, const struct nvr_camera *cam, struct nvr_error *err)
{
	struct nvr_site_names names = {NULL, 0};
	struct nvr_site *site = NULL;
	int rc = 0;

	if (cam->site_id != 0)
		rc = nvr_site_get(s->store, cam->site_id, &site, err);
	if (rc == 0 && site != NULL && site->removed_at != 0)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "its site '%s' is removed; 'nvr-account site restore' "
		    "brings that back first",
		    nvr_site_label(s, &names, site->id));
	nvr_site_names_wipe(&names);
	nvr_site_free(site);
	return rc;
}

static int
restore(struct nvr_state *s, struct nvr_camera *cam, const char *new_name,
    int64_t within, struct nvr_error *err)
{
	char when[NVR_TIME_TEXT];
	int64_t end = cam->removed_at + within;
	int rc = check_site(s, cam, err);

	if (rc == 0 && nvr_time_now() > end)
		return nvr_fail(err, NVR_E_NOENT,
		    "camera '%s' could be restored until %s", cam->name,
		    nvr_time_format(end, when));
	if (rc == 0 && new_name != NULL) {
		rc = nvr_camera_name_check(new_name, err);
		cam->name = new_name;
	}
	cam->removed_at = 0;
	if (rc == 0)
		rc = nvr_camera_update(s->store, cam, err);
	if (rc == NVR_E_CREATE)
		rc = nvr_fail(err, NVR_E_CREATE,
		    "there is another camera '%s' now; give the old one "
		    "another name with --name",
		    cam->name);
	return rc == 0 ? nvr_camera_log(s, "camera.restored", cam, err) : rc;
}

int
nvr_inventory_restore(struct nvr_state *s, const char *name,
    const char *new_name, int64_t within, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_camera_find_removed(s->store, name, &cam, err);
	if (rc == NVR_E_NOENT)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "no removed camera '%s'; 'nvr-camera list --removed' "
		    "shows them",
		    name);
	if (rc == 0)
		rc = restore(s, cam, new_name, within, err);
	rc = nvr_store_end(s->store, rc, err);
	nvr_camera_free(cam);
	return rc;
}
