/* Baselines, as rows; see baseline.h. */
#include "store/baseline.h"
#include "store/db.h"

static const char GET[] =
    "SELECT data FROM baseline WHERE camera_id = ?1 AND width = ?2"
    " AND height = ?3 AND mode = ?4";
static const char ACCEPTED[] =
    "SELECT accepted_at FROM baseline WHERE camera_id = ?1 AND width = ?2"
    " AND height = ?3 AND mode = ?4";
static const char PUT[] =
    "INSERT INTO baseline (camera_id, width, height, mode, samples, data,"
    " accepted_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (camera_id, width, height, mode) DO UPDATE SET"
    " samples = excluded.samples, data = excluded.data,"
    " accepted_at = COALESCE(excluded.accepted_at, baseline.accepted_at),"
    " updated_at = excluded.updated_at";
static const char EACH[] =
    "SELECT width, height, mode, samples, data, accepted_at, updated_at"
    " FROM baseline WHERE camera_id = ?1 ORDER BY width, height, mode";
static const char DROP[] = "DELETE FROM baseline WHERE camera_id = ?1";
static const char STILL[] =
    "SELECT s.id FROM baseline b JOIN still s ON s.id = b.still_id"
    " WHERE b.camera_id = ?1 AND b.width = ?2 AND b.height = ?3"
    " AND b.mode = ?4 AND s.expires_at > ?5" NVR_BOTH_USABLE("s");
static const char REFER[] =
    "UPDATE baseline SET still_id = ?5 WHERE camera_id = ?1 AND width = ?2"
    " AND height = ?3 AND mode = ?4";
static const char UNREFER[] =
    "UPDATE baseline SET still_id = NULL WHERE camera_id = ?1";
static const char ASKED[] =
    "SELECT cells FROM asked WHERE camera_id = ?1 AND prompt_sha256 = ?2"
    " AND at > ?3 AND at <= ?4";
static const char ASKED_PUT[] =
    "INSERT INTO asked (camera_id, prompt_sha256, at, cells)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (camera_id, prompt_sha256)"
    " DO UPDATE SET at = excluded.at, cells = excluded.cells";
static const char ASKED_DROP[] =
    "DELETE FROM asked WHERE camera_id = ?1 AND prompt_sha256 = ?2";

int
nvr_baseline_get(struct nvr_store *st, const struct nvr_baseline_key *key,
    struct nvr_buf *data, struct nvr_error *err)
{
	struct nvr_query q;
	const void *blob;
	size_t len;
	int rc = nvr_db_query(st, &q, GET, err, "iiit", key->camera_id,
	    (int64_t)key->width, (int64_t)key->height, key->mode);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		blob = nvr_db_blob(&q, 0, &len);
		rc = nvr_buf_add(data, blob, len, err);
	} else if (rc == 0) {
		rc = nvr_fail(err, NVR_E_NOENT, "no baseline yet");
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_baseline_accepted(struct nvr_store *st, const struct nvr_baseline_key *key,
    int64_t *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, ACCEPTED, err, "iiit", key->camera_id,
	    (int64_t)key->width, (int64_t)key->height, key->mode);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc >= 0)
		*ret = rc == 1 ? nvr_db_int(&q, 0) : 0;
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_baseline_put(struct nvr_store *st, const struct nvr_baseline_row *row,
    struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "iiitibsi", row->key.camera_id,
	    (int64_t)row->key.width, (int64_t)row->key.height, row->key.mode,
	    row->samples, row->data, row->len, row->accepted_at,
	    row->updated_at);
}

int
nvr_baseline_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const struct nvr_baseline_row *b), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", camera);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_baseline_row b = {
		    .key = {camera, (int)nvr_db_int(&q, 0),
			(int)nvr_db_int(&q, 1), nvr_db_text(&q, 2)},
		    .samples = nvr_db_int(&q, 3),
		    .accepted_at = nvr_db_int(&q, 5),
		    .updated_at = nvr_db_int(&q, 6),
		};

		b.data = nvr_db_blob(&q, 4, &b.len);
		rc = row(ctx, &b);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_baseline_drop(
    struct nvr_store *st, int64_t camera, int *n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DROP, err, "i", camera);

	*n = rc == 0 ? nvr_db_changes(st) : 0;
	return rc;
}

int
nvr_baseline_still(struct nvr_store *st, const struct nvr_baseline_key *key,
    int64_t now, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, STILL, ret, err, "iiiti", key->camera_id,
	    (int64_t)key->width, (int64_t)key->height, key->mode, now);
}

int
nvr_baseline_refer(struct nvr_store *st, const struct nvr_baseline_key *key,
    int64_t still, struct nvr_error *err)
{
	int rc = nvr_db_run(st, REFER, err, "iiiti", key->camera_id,
	    (int64_t)key->width, (int64_t)key->height, key->mode, still);

	if (rc == 0 && nvr_db_changes(st) == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "no baseline of that view");
	return rc;
}

int
nvr_baseline_unrefer(
    struct nvr_store *st, int64_t camera, struct nvr_error *err)
{
	return nvr_db_run(st, UNREFER, err, "i", camera);
}

int
nvr_asked_get(struct nvr_store *st, int64_t camera, const char *prompt_sha256,
    int64_t after, int64_t now, struct nvr_buf *data, struct nvr_error *err)
{
	struct nvr_query q;
	const void *blob;
	size_t len;
	int rc = nvr_db_query(
	    st, &q, ASKED, err, "itii", camera, prompt_sha256, after, now);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		blob = nvr_db_blob(&q, 0, &len);
		rc = nvr_buf_add(data, blob, len, err);
		rc = rc == 0 ? 1 : rc;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_asked_put(struct nvr_store *st, int64_t camera, const char *prompt_sha256,
    const void *data, size_t len, int64_t at, struct nvr_error *err)
{
	if (data == NULL)
		return nvr_db_run(
		    st, ASKED_DROP, err, "it", camera, prompt_sha256);
	return nvr_db_run(
	    st, ASKED_PUT, err, "itib", camera, prompt_sha256, at, data, len);
}
