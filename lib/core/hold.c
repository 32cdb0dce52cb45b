/* Holds on footage; see hold.h. */
#include "base/time.h"
#include "core/changes.h"
#include "core/hold.h"
#include "core/log.h"

static int
append(struct nvr_state *s, const char *type, const struct nvr_camera *cam,
    const struct nvr_hold *h, const char *why, struct nvr_error *err)
{
	char since[NVR_TIME_TEXT], until[NVR_TIME_TEXT];

	return nvr_log_append(s, cam->account_id, type,
	    json_pack("{s:o, s:o, s:o*, s:s, s:s, s:o}", "camera_id",
		nvr_change_id(cam->id), "camera", nvr_change_value(cam->name),
		"hold_id", h->id != 0 ? nvr_change_id(h->id) : NULL, "since",
		nvr_time_format(h->since, since), "until",
		nvr_time_format(h->until, until), "why", nvr_change_value(why)),
	    err);
}

int
nvr_hold_begin(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_hold *h, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_hold_add(s->store, h, err);
	if (rc == 0)
		rc = append(s, "hold.added", cam, h, h->why, err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_hold_end(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_hold *h, int *n, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);
	bool rights;

	if (rc != 0)
		return rc;
	rc = nvr_hold_release(s->store, h, n, err);
	/* A restricted account's data is kept all the same, and its log has to
	 * say what was done. */
	rights = nvr_state_rights(s, true);
	if (rc == 0 && *n > 0)
		rc = append(s, "hold.released", cam, h, h->released_why, err);
	nvr_state_rights(s, rights);
	return nvr_store_end(s->store, rc, err);
}
