/* Cameras that are gone for good; see retain_camera.h. */
#include "store/audit.h"
#include "store/db.h"
#include "store/retain_camera.h"

/* Who is restricted comes first: few are. */
#define OTHERS(table)                                                     \
	" AND NOT EXISTS (SELECT 1 FROM account r CROSS JOIN " table " x" \
	" WHERE r.restricted_at > 0 AND x.account_id = r.account_id"      \
	" AND x.account_id <> 0 AND x.camera_id = c.id)"
static const char DUE[] =
    "SELECT c.id, c.account_id, c.removed_at, c.name, EXISTS (SELECT 1"
    " FROM segment x WHERE x.camera_id = c.id) OR EXISTS (SELECT 1"
    " FROM open_segment x WHERE x.camera_id = c.id), EXISTS (SELECT 1"
    " FROM still x WHERE x.camera_id = c.id) FROM camera c"
    " WHERE c.removed_at < ?1 AND (?2 = 0 OR c.id = ?2)" NVR_LOSABLE(
	"c") " AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.camera_id = c.id"
	     " AND h.released_at IS NULL)" OTHERS("audit")
		 OTHERS("still") " ORDER BY c.removed_at";
#define NO(table, more)                         \
	" AND NOT EXISTS (SELECT 1 FROM " table \
	" x WHERE x.camera_id = camera.id" more ")"
#define ENDED                                                      \
	" FROM camera WHERE removed_at IS NULL AND account_id = 0" \
	" AND url = '" NVR_ADOPTED_URL "'" NO("segment", "")       \
	    NO("open_segment", "") NO("hold", " AND x.released_at IS NULL")
static const char ANY_ENDED[] = "SELECT 1" ENDED " LIMIT 1";
static const char END_ADOPTED[] =
    "UPDATE camera SET removed_at = ?1 WHERE id IN (SELECT id" ENDED ")";
static const char THERE[] = "SELECT 1 FROM camera WHERE id = ?1";
static const char COUNT[] = "SELECT COUNT(*) FROM camera";

static const char AUDIT[] = "SELECT id FROM audit WHERE camera_id = ?1 LIMIT 1";
static const char AUDIT_DROP[] = "DELETE FROM audit WHERE id = ?1";
#define PIECE 64
#define LIMIT_PIECE " LIMIT 64"
static const char EVENTS[] = "DELETE FROM event WHERE id IN (SELECT id FROM "
			     "event WHERE camera_id = ?1" LIMIT_PIECE ")";
static const char RUNS[] = "DELETE FROM run WHERE id IN (SELECT id FROM run "
			   "WHERE camera_id = ?1" LIMIT_PIECE ")";
static const char INCIDENTS[] =
    "DELETE FROM incident WHERE camera_id = ?1 AND at IN (SELECT at"
    " FROM incident WHERE camera_id = ?1" LIMIT_PIECE ")";
static const char HOLDS[] =
    "DELETE FROM hold WHERE id IN (SELECT id FROM hold WHERE camera_id = ?1"
    " AND released_at IS NOT NULL" LIMIT_PIECE ")";
static const char ASKED[] =
    "DELETE FROM asked WHERE camera_id = ?1 AND prompt_sha256 IN (SELECT"
    " prompt_sha256 FROM asked WHERE camera_id = ?1" LIMIT_PIECE ")";
/* The rest goes with it: what else there is by camera is little. */
static const char DROP[] =
    "DELETE FROM camera WHERE id = ?1 AND removed_at IS NOT NULL";

int
nvr_camera_there(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, THERE, &n, err, "i", camera);

	*ret = n != 0;
	return rc;
}

int
nvr_adopted_end(struct nvr_store *st, int64_t now, struct nvr_error *err)
{
	int64_t any = 0;
	int rc = nvr_db_number(st, ANY_ENDED, &any, err, "");

	/* Mostly there is none, and no lock to be waited for. */
	return rc == 0 && any != 0 ? nvr_db_run(st, END_ADOPTED, err, "i", now)
				   : rc;
}

int
nvr_aged_cameras(struct nvr_store *st, int64_t before, int64_t camera,
    int (*row)(void *ctx, const struct nvr_aged_camera *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, DUE, err, "ii", before, camera);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_aged_camera c = {nvr_db_int(&q, 0),
		    nvr_db_int(&q, 1), nvr_db_int(&q, 2), nvr_db_text(&q, 3),
		    nvr_db_int(&q, 4) != 0, nvr_db_int(&q, 5) != 0};

		rc = row(ctx, &c);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_aged_cameras_count(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, ret, err, "");
}

/* One by one, since each takes its rows along.  1: there may be more. */
static int
drop_audits(struct nvr_store *st, int64_t camera, struct nvr_error *err)
{
	int64_t id;
	bool heavy = false;
	int rc;

	do {
		id = 0;
		rc = nvr_db_number(st, AUDIT, &id, err, "i", camera);
		if (rc != 0 || id == 0)
			return rc;
		rc = nvr_audit_heavy(st, id, &heavy, err);
		if (rc == 0 && heavy)
			rc = nvr_audit_lighten(st, id, err);
		if (rc == 0)
			rc = nvr_db_run(st, AUDIT_DROP, err, "i", id);
	} while (rc == 0 && !nvr_store_enough(st));
	return rc == 0 ? 1 : rc;
}

int
nvr_aged_camera_clear(
    struct nvr_store *st, int64_t camera, bool *left, struct nvr_error *err)
{
	static const char *const piece[] = {
	    EVENTS, RUNS, INCIDENTS, HOLDS, ASKED};
	int rc = drop_audits(st, camera, err);

	for (size_t i = 0; rc == 0 && i < sizeof(piece) / sizeof(piece[0]);) {
		rc = nvr_db_run(st, piece[i], err, "i", camera);
		if (rc == 0 && nvr_db_changes(st) < PIECE)
			i++;
		if (rc == 0 && nvr_store_enough(st))
			rc = 1;
	}
	*left = rc == 1;
	return rc < 0 ? rc : 0;
}

int
nvr_aged_camera_drop(
    struct nvr_store *st, int64_t camera, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "i", camera);
}
