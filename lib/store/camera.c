/* Cameras, as rows; see camera.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "store/camera.h"
#include "store/db.h"

#define STORED                                                               \
	"id, name, zone, manufacturer, model, url, snapshot_url, transport," \
	" tls_ca, tls_verify, secrets, recipient, identity, mask,"           \
	" created_at, changed_at, removed_at, sub_url, record, audio,"       \
	" retain_us, retain_bytes, retain_sub_us, retain_sub_bytes,"         \
	" account_id, site_id, retain_events_us, retain_stills_us"
/* What a site says holds until its row goes, and that outlasts its cameras. */
#define FROM                                                  \
	" FROM camera c LEFT JOIN (SELECT id AS sid, lookup," \
	" retain_us AS site_us, retain_bytes AS site_bytes"   \
	" FROM site) s ON s.sid = c.site_id"
#define SELECT                                                            \
	"SELECT " STORED ", site_us, site_bytes,"                         \
	" COALESCE((SELECT CASE WHEN r.restricted_at IS NOT NULL THEN 1"  \
	" WHEN r.deleted_at IS NOT NULL THEN 2 ELSE 0 END FROM account r" \
	" WHERE r.account_id = c.account_id AND c.account_id <> 0), 0)" FROM
#define SELECT_USABLE "SELECT " STORED ", site_us, site_bytes, 0" FROM

static const char FIND[] =
    SELECT " WHERE name = ?1 AND removed_at IS NULL ORDER BY id LIMIT 3";
static const char FIND_AT[] =
    SELECT " WHERE name = ?1 AND removed_at IS NULL AND lookup = ?2"
	   " ORDER BY id LIMIT 3";
static const char GET[] = SELECT " WHERE id = ?1 AND removed_at IS NULL";
static const char GET_ANY[] = SELECT " WHERE id = ?1";
static const char FIND_REMOVED[] =
    SELECT " WHERE name = ?1 AND removed_at IS NOT NULL"
	   " ORDER BY removed_at DESC LIMIT 1";
static const char EACH[] =
    SELECT_USABLE " WHERE removed_at IS NULL" NVR_USABLE("c") " ORDER BY name";
static const char EACH_REMOVED[] = SELECT_USABLE
    " WHERE removed_at IS NOT NULL" NVR_USABLE("c") " ORDER BY removed_at DESC";
static const char INSERT[] =
    "INSERT INTO camera (" STORED ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,"
    " ?23, ?24, ?25, ?26, ?27, ?28)";
static const char UPDATE[] =
    "UPDATE camera SET name = ?2, zone = ?3, manufacturer = ?4, model = ?5,"
    " url = ?6, snapshot_url = ?7, transport = ?8, tls_ca = ?9,"
    " tls_verify = ?10, secrets = ?11, recipient = ?12, identity = ?13,"
    " mask = ?14, changed_at = ?16, removed_at = ?17, sub_url = ?18,"
    " record = ?19, audio = ?20, retain_us = ?21, retain_bytes = ?22,"
    " retain_sub_us = ?23, retain_sub_bytes = ?24, account_id = ?25,"
    " site_id = ?26, retain_events_us = ?27, retain_stills_us = ?28"
    " WHERE id = ?1 AND created_at = ?15";
#define OR_OF(table) " OR EXISTS (SELECT 1 FROM " table " WHERE camera_id = ?1)"
static const char USED[] =
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM segment WHERE camera_id = "
    "?1)" OR_OF("open_segment") OR_OF("run") OR_OF("still") OR_OF("audit")
	OR_OF("event") OR_OF("hold") OR_OF("incident")
	    OR_OF("access") " THEN 1 ELSE 0 END";
static const char RECIPIENT_ADD[] =
    "INSERT INTO camera_recipient (camera_id, recipient, added_at)"
    " VALUES (?1, ?2, ?3) ON CONFLICT (camera_id, recipient) DO NOTHING";
static const char RECIPIENT_DROP[] =
    "DELETE FROM camera_recipient WHERE camera_id = ?1 AND recipient = ?2";
static const char RECIPIENT_EACH[] =
    "SELECT recipient FROM camera_recipient WHERE camera_id = ?1"
    " ORDER BY recipient";

const char *const nvr_stream_names[NVR_STREAMS] = {"main", "sub"};

bool
nvr_camera_records(const struct nvr_camera *cam, enum nvr_stream stream)
{
	return strcmp(cam->record, nvr_stream_names[stream]) == 0 ||
	       strcmp(cam->record, "both") == 0;
}

/* The row under the query, borrowed. */
static void
read_row(struct nvr_query *q, struct nvr_camera *cam)
{
	int i = 0;

	cam->id = nvr_db_int(q, i++);
	cam->name = nvr_db_text(q, i++);
	cam->zone = nvr_db_text(q, i++);
	cam->manufacturer = nvr_db_text(q, i++);
	cam->model = nvr_db_text(q, i++);
	cam->url = nvr_db_text(q, i++);
	cam->snapshot_url = nvr_db_text(q, i++);
	cam->transport = nvr_db_text(q, i++);
	cam->tls_ca = nvr_db_text(q, i++);
	cam->tls_verify = nvr_db_int(q, i++) != 0;
	cam->secrets = nvr_db_blob(q, i++, &cam->secrets_len);
	cam->recipient = nvr_db_text(q, i++);
	cam->identity = nvr_db_blob(q, i++, &cam->identity_len);
	cam->mask = nvr_db_text(q, i++);
	cam->created_at = nvr_db_int(q, i++);
	cam->changed_at = nvr_db_int(q, i++);
	cam->removed_at = nvr_db_int(q, i++);
	cam->sub_url = nvr_db_text(q, i++);
	cam->record = nvr_db_text(q, i++);
	cam->audio = nvr_db_int(q, i++) != 0;
	cam->retain[NVR_MAIN].us = nvr_db_int(q, i++);
	cam->retain[NVR_MAIN].bytes = nvr_db_int(q, i++);
	cam->retain[NVR_SUB].us = nvr_db_int(q, i++);
	cam->retain[NVR_SUB].bytes = nvr_db_int(q, i++);
	cam->account_id = nvr_db_int(q, i++);
	cam->site_id = nvr_db_int(q, i++);
	cam->retain_events = nvr_db_int(q, i++);
	cam->retain_stills = nvr_db_int(q, i++);
	cam->site_retain.us = nvr_db_int(q, i++);
	cam->site_retain.bytes = nvr_db_int(q, i++);
	cam->bar = (enum nvr_bar)nvr_db_int(q, i++);
}

/* Copies len bytes to *at, ends them with NUL and moves *at. */
static const void *
pack(char **at, const void *data, size_t len)
{
	char *to = *at;

	if (data == NULL)
		return NULL;
	memcpy(to, data, len);
	to[len] = '\0';
	*at += len + 1;
	return to;
}

/* One allocation holds the struct and all that it points to. */
static struct nvr_camera *
copy(const struct nvr_camera *cam)
{
	const char *const from[] = {cam->name, cam->zone, cam->manufacturer,
	    cam->model, cam->url, cam->snapshot_url, cam->transport,
	    cam->tls_ca, cam->recipient, cam->mask, cam->sub_url, cam->record};
	size_t n = sizeof(from) / sizeof(from[0]);
	size_t size = sizeof(*cam) + cam->secrets_len + cam->identity_len + 2;
	struct nvr_camera *c;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += strlen(from[i]) + 1;
	c = malloc(size);
	if (c == NULL)
		return NULL;
	*c = *cam;
	at = (char *)(c + 1);
	const char **to[] = {&c->name, &c->zone, &c->manufacturer, &c->model,
	    &c->url, &c->snapshot_url, &c->transport, &c->tls_ca, &c->recipient,
	    &c->mask, &c->sub_url, &c->record};
	for (size_t i = 0; i < n; i++)
		*to[i] = pack(&at, from[i], strlen(from[i]));
	c->secrets = pack(&at, cam->secrets, cam->secrets_len);
	c->identity = pack(&at, cam->identity, cam->identity_len);
	return c;
}

static int
check(struct nvr_camera **ret, struct nvr_camera *cam, struct nvr_error *err)
{
	if (cam->bar == NVR_BAR_NONE) {
		*ret = cam;
		return 0;
	}
	nvr_fail(err, NVR_E_PERMISSION, "camera '%s': %s", cam->name,
	    nvr_bar_reason(cam->bar));
	nvr_camera_free(cam);
	return NVR_E_PERMISSION;
}

/* The row that the started query gives, if any: 1, else 0. */
static int
take_one(struct nvr_query *q, struct nvr_camera **ret, struct nvr_error *err)
{
	struct nvr_camera row;
	int rc = nvr_db_step(q, err);

	if (rc == 1) {
		read_row(q, &row);
		*ret = copy(&row);
		if (*ret == NULL)
			rc = nvr_fail_nomem(err);
	}
	nvr_db_done(q);
	return rc;
}

/* checks: a restricted one is not for use. */
static int
get(struct nvr_store *st, const char *sql, bool checks, int64_t id,
    struct nvr_camera **ret, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql, err, "i", id);

	if (rc == 0)
		rc = take_one(&q, &cam, err);
	if (rc < 0)
		return rc;
	if (cam == NULL)
		return nvr_fail(err, NVR_E_NOENT, "no camera has that id");
	if (checks)
		return check(ret, cam, err);
	*ret = cam;
	return 0;
}

int
nvr_camera_get(struct nvr_store *st, int64_t id, struct nvr_camera **ret,
    struct nvr_error *err)
{
	return get(st, GET, true, id, ret, err);
}

int
nvr_camera_get_any(struct nvr_store *st, int64_t id, struct nvr_camera **ret,
    struct nvr_error *err)
{
	return get(st, GET_ANY, false, id, ret, err);
}

int
nvr_camera_find_removed_any(struct nvr_store *st, const char *name,
    struct nvr_camera **ret, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, FIND_REMOVED, err, "t", name);

	if (rc == 0)
		rc = take_one(&q, &cam, err);
	if (rc < 0)
		return rc;
	if (cam == NULL)
		return nvr_fail(err, NVR_E_NOENT, "no camera '%s'", name);
	*ret = cam;
	return 0;
}

int
nvr_camera_find_removed(struct nvr_store *st, const char *name,
    struct nvr_camera **ret, struct nvr_error *err)
{
	struct nvr_camera *cam = NULL;
	int rc = nvr_camera_find_removed_any(st, name, &cam, err);

	return rc == 0 ? check(ret, cam, err) : rc;
}

void
nvr_camera_free(struct nvr_camera *cam)
{
	free(cam);
}

static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_camera *cam), void *ctx,
    struct nvr_error *err)
{
	struct nvr_camera cam;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &cam);
		rc = row(ctx, &cam);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_camera_each(struct nvr_store *st, bool removed,
    int (*row)(void *ctx, const struct nvr_camera *cam), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, removed ? EACH_REMOVED : EACH, err, "");

	return each(&q, rc, row, ctx, err);
}

int
nvr_camera_each_named(struct nvr_store *st, const char *name,
    const struct nvr_blob *site,
    int (*row)(void *ctx, const struct nvr_camera *cam), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = site != NULL ? nvr_db_query(st, &q, FIND_AT, err, "tb", name,
				    site->data, site->len)
			      : nvr_db_query(st, &q, FIND, err, "t", name);

	return each(&q, rc, row, ctx, err);
}

static int
write_row(struct nvr_store *st, const char *sql, const struct nvr_camera *c,
    struct nvr_error *err)
{
	return nvr_db_run(st, sql, err,
	    "itttttttt"
	    "ibtbt"
	    "iistti"
	    "ssssisss",
	    c->id, c->name, c->zone, c->manufacturer, c->model, c->url,
	    c->snapshot_url, c->transport, c->tls_ca, (int64_t)c->tls_verify,
	    c->secrets, c->secrets_len, c->recipient, c->identity,
	    c->identity_len, c->mask, c->created_at, c->changed_at,
	    c->removed_at, c->sub_url, c->record, (int64_t)c->audio,
	    c->retain[NVR_MAIN].us, c->retain[NVR_MAIN].bytes,
	    c->retain[NVR_SUB].us, c->retain[NVR_SUB].bytes, c->account_id,
	    c->site_id, c->retain_events, c->retain_stills);
}

int
nvr_camera_insert(
    struct nvr_store *st, const struct nvr_camera *cam, struct nvr_error *err)
{
	int rc = write_row(st, INSERT, cam, err);

	if (rc == NVR_E_CREATE)
		return nvr_fail(err, NVR_E_CREATE,
		    "there is a camera '%s' already", cam->name);
	return rc;
}

int
nvr_camera_used(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err)
{
	int64_t used = 0;
	int rc = nvr_db_number(st, USED, &used, err, "i", id);

	*ret = used != 0;
	return rc;
}

int
nvr_camera_update(
    struct nvr_store *st, const struct nvr_camera *cam, struct nvr_error *err)
{
	int rc = write_row(st, UPDATE, cam, err);

	if (rc == NVR_E_CREATE)
		return nvr_fail(err, NVR_E_CREATE,
		    "there is a camera '%s' already", cam->name);
	if (rc == 0 && nvr_db_changes(st) != 1)
		return nvr_fail(
		    err, NVR_E_NOENT, "camera '%s' is gone", cam->name);
	return rc;
}

int
nvr_camera_recipient_add(struct nvr_store *st, int64_t camera,
    const char *recipient, struct nvr_error *err)
{
	return nvr_db_run(
	    st, RECIPIENT_ADD, err, "iti", camera, recipient, nvr_time_now());
}

int
nvr_camera_recipient_drop(struct nvr_store *st, int64_t camera,
    const char *recipient, struct nvr_error *err)
{
	int rc = nvr_db_run(st, RECIPIENT_DROP, err, "it", camera, recipient);

	if (rc == 0 && nvr_db_changes(st) == 0)
		return nvr_fail(
		    err, NVR_E_NOENT, "it has no recipient '%s'", recipient);
	return rc;
}

int
nvr_camera_recipient_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const char *recipient), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, RECIPIENT_EACH, err, "i", camera);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_text(&q, 0));
	nvr_db_done(&q);
	return rc;
}
