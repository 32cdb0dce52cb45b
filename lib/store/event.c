/* Events, holds and who took footage out, as rows; see event.h. */
#include "store/db.h"
#include "store/event.h"

static const char EVENT_ADD[] =
    "INSERT INTO event (id, camera_id, stream, at, kind, detail)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char EVENT_EACH[] =
    "SELECT id, camera_id, at, kind, detail FROM event WHERE camera_id = ?1"
    " AND stream = ?2 AND at >= ?3 AND at < ?4 ORDER BY at, id";
static const char HOLD_ADD[] =
    "INSERT INTO hold (id, camera_id, since, until, why, held_by, held_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char HOLD_RELEASE[] =
    "UPDATE hold SET released_by = ?4, released_at = ?5, released_why = ?6"
    " WHERE camera_id = ?1 AND since >= ?2 AND until <= ?3"
    " AND released_at IS NULL AND (?7 = 0 OR id = ?7)";
#define HOLD                                                         \
	"SELECT id, camera_id, since, until, why, held_by, held_at," \
	" released_by, released_at, released_why FROM hold"
static const char HOLD_EACH[] =
    HOLD " WHERE (?1 = 0 OR camera_id = ?1) AND (?2 = 1 OR released_at IS "
	 "NULL)" NVR_CAMERA_LOSABLE("hold") " ORDER BY since, id";
static const char HOLD_CAMERA[] = "SELECT camera_id FROM hold WHERE id = ?1";
static const char ACCESS_ADD[] =
    "INSERT INTO access (id, at, who, action, camera_id, camera_name, since,"
    " until, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char ACCESS_EACH[] =
    "SELECT id, at, who, action, camera_id, camera_name, since, until, detail"
    " FROM access WHERE at >= ?2 AND (?1 = 0 OR camera_id = "
    "?1)" NVR_CAMERA_USABLE("access") " ORDER BY at, id";

int
nvr_event_add(
    struct nvr_store *st, const struct nvr_event *e, struct nvr_error *err)
{
	return nvr_db_run(st, EVENT_ADD, err, "iititt", e->id, e->camera_id,
	    nvr_stream_names[e->stream], e->at, e->kind, e->detail);
}

int
nvr_event_each(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until,
    int (*row)(void *ctx, const struct nvr_event *e), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EVENT_EACH, err, "itii", camera,
	    nvr_stream_names[stream], since, until);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_event e = {nvr_db_int(&q, 0), nvr_db_int(&q, 1),
		    stream, nvr_db_int(&q, 2), nvr_db_text(&q, 3),
		    nvr_db_text(&q, 4)};

		rc = row(ctx, &e);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_hold_add(
    struct nvr_store *st, const struct nvr_hold *h, struct nvr_error *err)
{
	return nvr_db_run(st, HOLD_ADD, err, "iiiitti", h->id, h->camera_id,
	    h->since, h->until, h->why, h->held_by, h->held_at);
}

int
nvr_hold_release(struct nvr_store *st, const struct nvr_hold *h, int *n,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, HOLD_RELEASE, err, "iiititi", h->camera_id,
	    h->since, h->until, h->released_by, h->released_at, h->released_why,
	    h->id);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_hold_camera(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err)
{
	*ret = 0;
	return nvr_db_number(st, HOLD_CAMERA, ret, err, "i", id);
}

int
nvr_hold_each(struct nvr_store *st, int64_t camera, bool released,
    int (*row)(void *ctx, const struct nvr_hold *h), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, HOLD_EACH, err, "ii", camera, (int64_t)released);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_hold h = {nvr_db_int(&q, 0), nvr_db_int(&q, 1),
		    nvr_db_int(&q, 2), nvr_db_int(&q, 3), nvr_db_text(&q, 4),
		    nvr_db_text(&q, 5), nvr_db_int(&q, 6), nvr_db_text(&q, 7),
		    nvr_db_int(&q, 8), nvr_db_text(&q, 9)};

		rc = row(ctx, &h);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_access_add(
    struct nvr_store *st, const struct nvr_access *a, struct nvr_error *err)
{
	return nvr_db_run(st, ACCESS_ADD, err, "iittitiit", a->id, a->at,
	    a->who, a->action, a->camera_id, a->camera_name, a->since, a->until,
	    a->detail);
}

int
nvr_access_each(struct nvr_store *st, int64_t camera, int64_t since,
    int (*row)(void *ctx, const struct nvr_access *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, ACCESS_EACH, err, "ii", camera, since);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_access a = {nvr_db_int(&q, 0), nvr_db_int(&q, 1),
		    nvr_db_text(&q, 2), nvr_db_text(&q, 3), nvr_db_int(&q, 4),
		    nvr_db_text(&q, 5), nvr_db_int(&q, 6), nvr_db_int(&q, 7),
		    nvr_db_text(&q, 8)};

		rc = row(ctx, &a);
	}
	nvr_db_done(&q);
	return rc;
}
