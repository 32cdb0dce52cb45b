/* A heartbeat as JSON; see beat.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/beat_int.h"
#include "store/telemetry.h"

#define STATE_MAX 32

static json_t *
cameras_json(const struct nvr_beat *b)
{
	json_t *list = json_array(), *o;
	int bad = 0;

	for (size_t i = 0; i < b->ncameras; i++) {
		const struct nvr_beat_camera *c = &b->camera[i];

		o = json_object();
		bad |= json_object_set_new(o, "id", nvr_beat_id_json(c->id));
		bad |= json_object_set_new(o, "state", json_string(c->state));
		if (c->newest > 0)
			bad |= json_object_set_new(
			    o, "newest", nvr_beat_time_json(c->newest));
		if (c->gaps >= 0)
			bad |= json_object_set_new(
			    o, "gaps", json_integer(c->gaps));
		bad |= json_array_append_new(list, o);
	}
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
late_json(const struct nvr_beat *b)
{
	json_t *list = json_array();
	int bad = 0;

	for (size_t i = 0; i < b->nlate; i++)
		bad |= json_array_append_new(
		    list, nvr_beat_report_json(&b->late[i]));
	if (bad == 0)
		return list;
	json_decref(list);
	return NULL;
}

int
nvr_beat_write(
    const struct nvr_beat *b, struct nvr_buf *out, struct nvr_error *err)
{
	json_t *o = json_object();
	int bad = 0;

	bad |=
	    json_object_set_new(o, "report", nvr_beat_report_json(&b->report));
	bad |= json_object_set_new(o, "agent", json_string(b->agent));
	bad |= json_object_set_new(o, "fingerprint",
	    nvr_beat_hex_json(b->fingerprint, sizeof(b->fingerprint)));
	bad |= json_object_set_new(
	    o, "interval_ms", json_integer(b->interval / NVR_MILLISECOND));
	if (b->started_at > 0)
		bad |= json_object_set_new(
		    o, "started_at", nvr_beat_time_json(b->started_at));
	bad |= json_object_set_new(o, "settings", json_integer(b->settings));
	if (b->previous > 0)
		bad |= json_object_set_new(
		    o, "previous", json_integer((json_int_t)b->previous));
	bad |= json_object_set_new(o, "cameras", cameras_json(b));
	if (b->tells_inventory)
		bad |= json_object_set_new(o, "inventory",
		    nvr_beat_inventory_json(b->inventory, b->ninventory));
	if (b->nlate > 0)
		bad |= json_object_set_new(o, "late", late_json(b));
	return nvr_beat_dump(o, bad != 0, NVR_BEAT_MAX, out, err);
}

/* A word, as of nvr-record's states. */
static int
read_state(
    const json_t *o, const char *where, const char **ret, struct nvr_error *err)
{
	int rc = nvr_beat_text(o, where, "state", STATE_MAX, false, ret, err);

	if (rc == 0 &&
	    (*ret)[strspn(*ret, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
		rc = nvr_beat_wrong(err, where, "state", "is no word");
	return rc;
}

static int
read_camera(
    const json_t *o, size_t i, struct nvr_beat *ret, struct nvr_error *err)
{
	static const char *const known[] = {
	    "id", "state", "newest", "gaps", NULL};
	struct nvr_beat_camera *c = &ret->camera[i];
	char where[32];
	int rc;

	*c = (struct nvr_beat_camera){.gaps = -1};
	snprintf(where, sizeof(where), "cameras[%zu]", i);
	rc = nvr_beat_members(o, where, known, err);
	if (rc == 0)
		rc = nvr_beat_id(o, where, "id", &c->id, err);
	if (rc == 0)
		rc = read_state(o, where, &c->state, err);
	if (rc == 0 && json_object_get(o, "newest") != NULL)
		rc = nvr_beat_time(o, where, "newest", &c->newest, err);
	if (rc == 0)
		rc = nvr_beat_whole(
		    o, where, "gaps", 0, NVR_BEAT_WHOLE_MAX, &c->gaps, err);
	for (size_t k = 0; rc == 0 && k < i; k++)
		if (ret->camera[k].id == c->id)
			rc = nvr_beat_wrong(err, where, "id", "is there twice");
	return rc;
}

static int
read_cameras(struct nvr_beat *ret, struct nvr_error *err)
{
	json_t *list;
	size_t n;
	int rc = nvr_beat_missing(ret->raw, "", "cameras", err);

	if (rc == 0)
		rc = nvr_beat_list(
		    ret->raw, "cameras", NVR_BEAT_CAMERAS, &list, err);
	if (rc != 0 || (n = json_array_size(list)) == 0)
		return rc;
	if ((ret->camera = calloc(n, sizeof(*ret->camera))) == NULL)
		return nvr_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_camera(json_array_get(list, i), i, ret, err);
	ret->ncameras = n;
	return rc;
}

static int
read_late(struct nvr_beat *ret, struct nvr_error *err)
{
	uint64_t last = 0;
	char where[32];
	json_t *list;
	size_t n;
	int rc = nvr_beat_list(ret->raw, "late", NVR_BEAT_LATE, &list, err);

	if (rc != 0 || (n = json_array_size(list)) == 0)
		return rc;
	if ((ret->late = calloc(n, sizeof(*ret->late))) == NULL)
		return nvr_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(where, sizeof(where), "late[%zu]", i);
		rc = nvr_beat_report_read(
		    json_array_get(list, i), where, &ret->late[i], err);
		if (rc == 0 &&
		    (ret->late[i].sequence <= last ||
			ret->late[i].sequence >= ret->report.sequence))
			rc = nvr_beat_wrong(
			    err, where, "sequence", "is out of order");
		last = ret->late[i].sequence;
	}
	ret->nlate = n;
	return rc;
}

static int
read_own(struct nvr_beat *ret, struct nvr_error *err)
{
	const json_t *o = ret->raw;
	int64_t previous = 0;
	int rc = nvr_beat_text(
	    o, "", "agent", NVR_TELEMETRY_AGENT, false, &ret->agent, err);

	if (rc == 0)
		rc = nvr_beat_hex(o, "fingerprint", ret->fingerprint,
		    sizeof(ret->fingerprint), err);
	if (rc == 0)
		rc = nvr_beat_interval(o, &ret->interval, err);
	if (rc == 0 && json_object_get(o, "started_at") != NULL)
		rc = nvr_beat_time(o, "", "started_at", &ret->started_at, err);
	if (rc == 0)
		rc = nvr_beat_missing(o, "", "settings", err);
	if (rc == 0)
		rc = nvr_beat_whole(o, "", "settings", 0, NVR_BEAT_WHOLE_MAX,
		    &ret->settings, err);
	if (rc == 0)
		rc = nvr_beat_whole(o, "", "previous", 1,
		    (int64_t)ret->report.sequence - 1, &previous, err);
	ret->previous = (uint64_t)previous;
	return rc;
}

int
nvr_beat_parse(
    const void *body, size_t len, struct nvr_beat *ret, struct nvr_error *err)
{
	static const char *const known[] = {"report", "agent", "fingerprint",
	    "interval_ms", "started_at", "settings", "previous", "cameras",
	    "inventory", "late", NULL};
	int rc;

	*ret = (struct nvr_beat){0};
	rc = nvr_beat_load(body, len, NVR_BEAT_MAX, &ret->raw, err);
	if (rc == 0)
		rc = nvr_beat_members(ret->raw, "", known, err);
	if (rc == 0)
		rc = nvr_beat_report_read(json_object_get(ret->raw, "report"),
		    "report", &ret->report, err);
	if (rc == 0)
		rc = read_own(ret, err);
	if (rc == 0)
		rc = read_cameras(ret, err);
	if (rc == 0)
		rc = nvr_buf_reserve(&ret->held, len, err);
	if (rc == 0)
		rc = nvr_beat_inventory_read(ret->raw, "inventory", &ret->held,
		    &ret->inventory, &ret->ninventory, &ret->tells_inventory,
		    err);
	return rc == 0 ? read_late(ret, err) : rc;
}

void
nvr_beat_release(struct nvr_beat *b)
{
	if (b->raw != NULL) {
		free(b->camera);
		free(b->inventory);
		free(b->late);
	}
	json_decref(b->raw);
	nvr_buf_release(&b->held);
	*b = (struct nvr_beat){0};
}
