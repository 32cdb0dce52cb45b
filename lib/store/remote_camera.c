/* The cameras of recorders elsewhere, as rows; see remote.h. */
#include <string.h>

#include "base/text.h"
#include "store/db.h"
#include "store/remote.h"

#define EACH                                                                 \
	"SELECT c.recorder_id, c.camera_id, c.account_id, c.name, c.zone,"   \
	" c.manufacturer, c.model, c.secrets, c.state, c.newest_at, c.gaps," \
	" c.changed_at FROM recorder_camera c WHERE c.recorder_id = ?1"
static const char EACH_USED[] = EACH NVR_USABLE("c") " ORDER BY c.camera_id";
static const char EACH_LEFT[] =
    EACH " AND c.account_id = ?2 AND c.given_at IS NULL"
	 " ORDER BY c.camera_id LIMIT 256";
static const char GIVEN[] =
    "UPDATE recorder_camera SET given_at = ?3 WHERE recorder_id = ?1"
    " AND given_at IS NULL AND camera_id IN (SELECT n.camera_id"
    " FROM recorder_camera n WHERE n.recorder_id = ?2)";
static const char PUT[] =
    "INSERT INTO recorder_camera (recorder_id, camera_id, account_id, name,"
    " zone, manufacturer, model, secrets, changed_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    " ON CONFLICT (recorder_id, camera_id) DO UPDATE SET name = excluded.name,"
    " zone = excluded.zone, manufacturer = excluded.manufacturer,"
    " model = excluded.model, secrets = excluded.secrets,"
    " changed_at = excluded.changed_at";
static const char DROP[] =
    "DELETE FROM recorder_camera WHERE recorder_id = ?1 AND changed_at <> ?2";
static const char STATE[] =
    "UPDATE recorder_camera SET changed_at = CASE WHEN state = ?3"
    " THEN changed_at ELSE ?6 END, state = ?3, newest_at = ?4,"
    " gaps = NULLIF(?5, -1) WHERE recorder_id = ?1 AND camera_id = ?2";

static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_remote_camera *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_remote_camera c;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		c = (struct nvr_remote_camera){.recorder = nvr_db_int(q, 0),
		    .id = nvr_db_int(q, 1),
		    .account_id = nvr_db_int(q, 2),
		    .name = nvr_or_empty(nvr_db_text(q, 3)),
		    .zone = nvr_or_empty(nvr_db_text(q, 4)),
		    .manufacturer = nvr_or_empty(nvr_db_text(q, 5)),
		    .model = nvr_or_empty(nvr_db_text(q, 6)),
		    .secrets = nvr_db_bytes(q, 7),
		    .state = nvr_or_empty(nvr_db_text(q, 8)),
		    .newest = nvr_db_int(q, 9),
		    .gaps = nvr_db_int_or(q, 10, -1),
		    .changed_at = nvr_db_int(q, 11)};
		rc = row(ctx, &c);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_remote_cameras(struct nvr_store *st, int64_t recorder,
    int (*row)(void *ctx, const struct nvr_remote_camera *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_USED, err, "i", recorder);

	return each(&q, rc, row, ctx, err);
}

int
nvr_remote_cameras_left(struct nvr_store *st, int64_t recorder, int64_t account,
    int (*row)(void *ctx, const struct nvr_remote_camera *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_LEFT, err, "ii", recorder, account);

	return each(&q, rc, row, ctx, err);
}

int
nvr_remote_cameras_given(struct nvr_store *st, int64_t recorder, int64_t to,
    int64_t at, struct nvr_error *err)
{
	return nvr_db_run(st, GIVEN, err, "iii", recorder, to, at);
}

int
nvr_remote_camera_put(struct nvr_store *st, const struct nvr_remote_camera *c,
    struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "iiittttbi", c->recorder, c->id,
	    c->account_id, c->name, c->zone, c->manufacturer, c->model,
	    c->secrets.data, c->secrets.len, c->changed_at);
}

int
nvr_remote_camera_drop(struct nvr_store *st, int64_t recorder,
    int64_t changed_at, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "ii", recorder, changed_at);
}

int
nvr_remote_camera_state(struct nvr_store *st, const struct nvr_remote_camera *c,
    bool *known, struct nvr_error *err)
{
	int rc = nvr_db_run(st, STATE, err, "iitsii", c->recorder, c->id,
	    c->state, c->newest, c->gaps, c->changed_at);

	return nvr_db_changed(st, rc, known);
}
