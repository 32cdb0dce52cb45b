/* Kept stills, as rows; see still.h. */
#include "store/db.h"
#include "store/still.h"

static const char INSERT[] =
    "INSERT INTO still (id, camera_id, taken_at, expires_at, path,"
    " size_bytes, sha256, account_id) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,"
    " (SELECT account_id FROM camera WHERE id = ?2)"
    " WHERE NOT EXISTS (SELECT 1 FROM garbage WHERE path = 'media/' || ?5)";
static const char EXTEND[] =
    "UPDATE still SET expires_at = CASE WHEN expires_at < ?2 THEN ?2"
    " ELSE expires_at END WHERE id = ?1";
static const char DROP_DUE[] = "DELETE FROM still WHERE id = ?1"
			       " AND expires_at = ?2" NVR_BOTH_LOSABLE("still");
static const char COUNT[] = "SELECT COUNT(*) FROM still WHERE camera_id = ?1";
static const char HAS[] = "SELECT 1 FROM still WHERE path = ?1";
#define COLUMNS                                                          \
	"SELECT id, camera_id, taken_at, expires_at, path, size_bytes, " \
	"sha256,"                                                        \
	" account_id FROM still"
static const char GET[] = COLUMNS " WHERE id = ?1" NVR_BOTH_USABLE("still");
/* What is restricted is kept. */

int
nvr_still_insert(struct nvr_store *st, const struct nvr_still_row *row,
    struct nvr_error *err)
{
	bool there = false;
	int rc = nvr_db_changed(st,
	    nvr_db_run(st, INSERT, err, "iiiitit", row->id, row->camera_id,
		row->taken_at, row->expires_at, row->path, row->size_bytes,
		row->sha256),
	    &there);

	return rc == 0 && !there
		   ? nvr_fail(err, NVR_E_CREATE,
			 "an earlier still of that id is to be deleted yet")
		   : rc;
}

int
nvr_still_extend(struct nvr_store *st, int64_t id, int64_t expires_at,
    bool *there, struct nvr_error *err)
{
	int rc = nvr_db_run(st, EXTEND, err, "ii", id, expires_at);

	*there = rc == 0 && nvr_db_changes(st) > 0;
	return rc;
}

int
nvr_still_count(
    struct nvr_store *st, int64_t camera, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, ret, err, "i", camera);
}

int
nvr_still_has(
    struct nvr_store *st, const char *path, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, HAS, &n, err, "t", path);

	*ret = n != 0;
	return rc;
}

int
nvr_still_drop_due(struct nvr_store *st, int64_t id, int64_t expires_at,
    bool *gone, struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, DROP_DUE, err, "ii", id, expires_at), gone);
}

/* The query is done afterwards. */
static int
take_all(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_still_row *s), void *ctx,
    struct nvr_error *err)
{
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		struct nvr_still_row s = {nvr_db_int(q, 0), nvr_db_int(q, 1),
		    nvr_db_int(q, 2), nvr_db_int(q, 3), nvr_db_text(q, 4),
		    nvr_db_int(q, 5), nvr_db_text(q, 6), nvr_db_int(q, 7)};

		rc = row(ctx, &s);
	}
	nvr_db_done(q);
	return rc;
}

struct got {
	int (*row)(void *ctx, const struct nvr_still_row *s);
	void *ctx;
	bool any;
};

static int
get(void *ctx, const struct nvr_still_row *s)
{
	struct got *g = ctx;

	g->any = true;
	return g->row(g->ctx, s);
}

int
nvr_still_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_still_row *s), void *ctx,
    struct nvr_error *err)
{
	struct got g = {row, ctx, false};
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	rc = take_all(&q, rc, get, &g, err);
	return rc == 0 && !g.any
		   ? nvr_fail(err, NVR_E_NOENT, "no kept still has that id")
		   : rc;
}
