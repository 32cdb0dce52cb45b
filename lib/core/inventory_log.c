/* What the security log says of cameras (C13); see inventory_int.h. */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "core/changes.h"
#include "core/inventory_int.h"
#include "core/log.h"
#include "core/site.h"

static json_t *
describe(const struct nvr_camera *cam)
{
	return json_pack("{s:o, s:o}", "camera_id", nvr_change_id(cam->id),
	    "camera", nvr_change_value(cam->name));
}

/* The log leaves with exports, and what follows the host may be a password. */
static json_t *
origin(const char *url)
{
	char text[NVR_URL_ORIGIN];

	return nvr_change_value(
	    nvr_url_origin(nvr_or_empty(url), text, sizeof(text)));
}

int
nvr_camera_log(struct nvr_state *s, const char *type,
    const struct nvr_camera *cam, struct nvr_error *err)
{
	struct nvr_site_names names = {NULL, 0};
	json_t *detail = describe(cam);

	json_object_set_new(detail, "url", origin(cam->url));
	json_object_set_new(detail, "site",
	    nvr_change_value(nvr_site_label(s, &names, cam->site_id)));
	nvr_site_names_wipe(&names);
	return nvr_log_append(s, cam->account_id, type, detail, err);
}

/* Old and new look the same where what follows the host changed. */
static void
compare_url(json_t *f, const char *field, const char *was, const char *is)
{
	if (strcmp(nvr_or_empty(was), nvr_or_empty(is)) != 0)
		json_object_set_new(f, field,
		    json_pack(
			"{s:o, s:o}", "old", origin(was), "new", origin(is)));
}

static void
compare_texts(
    json_t *f, const struct nvr_camera *was, const struct nvr_camera *is)
{
	nvr_change_text(f, "name", was->name, is->name);
	nvr_change_text(f, "zone", was->zone, is->zone);
	nvr_change_text(f, "manufacturer", was->manufacturer, is->manufacturer);
	nvr_change_text(f, "model", was->model, is->model);
	compare_url(f, "url", was->url, is->url);
	compare_url(f, "snapshot_url", was->snapshot_url, is->snapshot_url);
	compare_url(f, "sub_url", was->sub_url, is->sub_url);
	nvr_change_text(f, "transport", was->transport, is->transport);
	nvr_change_text(f, "tls_ca", was->tls_ca, is->tls_ca);
	nvr_change_text(f, "mask", was->mask, is->mask);
	nvr_change_text(f, "record", was->record, is->record);
	nvr_change_text(f, "recipient", was->recipient, is->recipient);
}

static void
compare_numbers(
    json_t *f, const struct nvr_camera *was, const struct nvr_camera *is)
{
	static const char *const retain[][2] = {{"retain_ms", "retain_bytes"},
	    {"retain_sub_ms", "retain_sub_bytes"}};

	nvr_change_bool(f, "tls_verify", was->tls_verify, is->tls_verify);
	nvr_change_bool(f, "audio", was->audio, is->audio);
	for (int i = 0; i < NVR_STREAMS; i++) {
		nvr_change_int(f, retain[i][0],
		    was->retain[i].us / NVR_MILLISECOND,
		    is->retain[i].us / NVR_MILLISECOND);
		nvr_change_int(
		    f, retain[i][1], was->retain[i].bytes, is->retain[i].bytes);
	}
	nvr_change_int(f, "retain_events_ms",
	    was->retain_events / NVR_MILLISECOND,
	    is->retain_events / NVR_MILLISECOND);
	nvr_change_int(f, "retain_stills_ms",
	    was->retain_stills / NVR_MILLISECOND,
	    is->retain_stills / NVR_MILLISECOND);
}

static void
list(json_t *f, const char *name, const char *const *item, int n)
{
	json_t *all = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(all, nvr_change_value(item[i]));
	json_object_set_new(f, name, n > 0 ? all : NULL);
	if (n == 0)
		json_decref(all);
}

static json_t *
compare(const struct nvr_camera *was, const struct nvr_camera *is,
    const struct nvr_camera_change *c)
{
	json_t *f = json_object();

	compare_texts(f, was, is);
	compare_numbers(f, was, is);
	if (c->user != NULL || c->password != NULL || c->url_private ||
	    c->snapshot_private || c->sub_private)
		json_object_set_new(f, "credentials", json_string("changed"));
	list(f, "add_recipients", c->add_recipients, c->nadd);
	list(f, "drop_recipients", c->drop_recipients, c->ndrop);
	return f;
}

static int
append(struct nvr_state *s, int64_t account, const struct nvr_camera *cam,
    json_t *fields, struct nvr_error *err)
{
	json_t *detail = describe(cam);

	if (json_object_size(fields) == 0) {
		json_decref(fields);
		json_decref(detail);
		return 0;
	}
	json_object_set_new(detail, "fields", fields);
	return nvr_log_append(s, account, "camera.changed", detail, err);
}

int
nvr_camera_log_change(struct nvr_state *s, const struct nvr_camera *was,
    const struct nvr_camera *is, const struct nvr_camera_change *c,
    struct nvr_error *err)
{
	json_t *fields = compare(was, is, c), *left;
	bool moved = was->account_id != is->account_id;
	struct nvr_site_names names = {NULL, 0};
	const char *old = nvr_site_label(s, &names, was->site_id);
	int rc = 0;

	nvr_change_text(fields, "site", moved ? "" : old,
	    nvr_site_label(s, &names, is->site_id));
	if (moved) {
		left = json_object();
		nvr_change_text(left, "site", old, "");
		rc = append(s, was->account_id, was, left, err);
	}
	nvr_site_names_wipe(&names);
	if (rc == 0)
		return append(s, is->account_id, is, fields, err);
	json_decref(fields);
	return rc;
}
