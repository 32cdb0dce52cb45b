/*
 * Pictures of an account: its own, and nobody's that are of a camera of its
 * own.  See export.h.
 */
#include <string.h>

#include "store/db.h"
#include "store/export.h"

/* Plus signs: by id, as they lie, without sorting them. */
#define OWN                                                      \
	"(+account_id = ?1 OR (+account_id = 0 AND camera_id IN" \
	" (SELECT id FROM camera WHERE account_id = ?1)))"

static const char STILLS[] =
    "SELECT id, camera_id, taken_at, expires_at, path, size_bytes, sha256,"
    " account_id FROM still WHERE " OWN " ORDER BY id";
static const char SEGMENTS[] =
    "SELECT id, camera_id, stream, run_id, start_at, end_at, sealed,"
    " size_bytes, sha256 FROM segment WHERE " OWN " ORDER BY id";
static const char RUNS[] =
    "SELECT run_id, camera_id, stream, MIN(start_at), MAX(end_at)"
    " FROM segment WHERE " OWN " GROUP BY run_id, camera_id, stream"
    " ORDER BY run_id";
/* Whose key the account may have: of what is its own alone. */
static const char CAMERAS[] =
    "SELECT c.id, CASE WHEN c.account_id <> ?1"
    " OR EXISTS (SELECT 1 FROM segment s WHERE s.camera_id = c.id"
    " AND s.account_id NOT IN (0, ?1))"
    " OR EXISTS (SELECT 1 FROM still t WHERE t.camera_id = c.id"
    " AND t.account_id NOT IN (0, ?1)) THEN 1 ELSE 0 END FROM camera c"
    " WHERE c.account_id = ?1"
    " OR EXISTS (SELECT 1 FROM segment s WHERE s.camera_id = c.id"
    " AND s.account_id = ?1) OR EXISTS (SELECT 1 FROM still t"
    " WHERE t.camera_id = c.id AND t.account_id = ?1) ORDER BY c.id";

static enum nvr_stream
stream_of(struct nvr_query *q, int column)
{
	const char *name = nvr_db_text(q, column);

	return name != NULL && strcmp(name, nvr_stream_names[NVR_SUB]) == 0
		   ? NVR_SUB
		   : NVR_MAIN;
}

static const char *
text(struct nvr_query *q, int column)
{
	const char *s = nvr_db_text(q, column);

	return s != NULL ? s : "";
}

int
nvr_export_stills(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_still_row *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, STILLS, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_still_row r = {.id = nvr_db_int(&q, 0),
		    .camera_id = nvr_db_int(&q, 1),
		    .taken_at = nvr_db_int(&q, 2),
		    .expires_at = nvr_db_int(&q, 3),
		    .path = text(&q, 4),
		    .size_bytes = nvr_db_int(&q, 5),
		    .sha256 = text(&q, 6),
		    .account_id = nvr_db_int(&q, 7)};

		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_export_segments(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	size_t len;
	int rc = nvr_db_query(st, &q, SEGMENTS, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_segment r = {.id = nvr_db_int(&q, 0),
		    .camera_id = nvr_db_int(&q, 1),
		    .stream = stream_of(&q, 2),
		    .run_id = nvr_db_int(&q, 3),
		    .start_at = nvr_db_int(&q, 4),
		    .end_at = nvr_db_int(&q, 5),
		    .sealed = nvr_db_int(&q, 6) != 0,
		    .size_bytes = nvr_db_int(&q, 7)};
		const void *sha = nvr_db_blob(&q, 8, &len);

		if (sha != NULL && len == sizeof(r.sha256))
			memcpy(r.sha256, sha, len);
		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_export_runs(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, RUNS, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_segment r = {.run_id = nvr_db_int(&q, 0),
		    .camera_id = nvr_db_int(&q, 1),
		    .stream = stream_of(&q, 2),
		    .start_at = nvr_db_int(&q, 3),
		    .end_at = nvr_db_int(&q, 4)};

		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_export_cameras(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, int64_t camera, bool shared), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, CAMERAS, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0), nvr_db_int(&q, 1) != 0);
	nvr_db_done(&q);
	return rc;
}
