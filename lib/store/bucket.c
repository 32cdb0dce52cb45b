/* Token buckets, as rows; see bucket.h. */
#include "store/bucket.h"
#include "store/db.h"

static const char GET[] =
    "SELECT level_us, at, full_at, account_id FROM bucket WHERE name = ?1";
static const char PUT[] =
    "INSERT INTO bucket (name, account_id, level_us, at, full_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET"
    " account_id = excluded.account_id, level_us = excluded.level_us,"
    " at = excluded.at, full_at = excluded.full_at";
static const char COUNT[] =
    "SELECT COUNT(*), MIN(full_at) FROM bucket WHERE full_at <= ?1";
static const char SWEEP[] =
    "DELETE FROM bucket WHERE name IN (SELECT name FROM bucket"
    " WHERE full_at <= ?1 ORDER BY full_at LIMIT ?2)";

int
nvr_bucket_get(
    struct nvr_store *st, struct nvr_bucket *b, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "b", b->name, sizeof(b->name));

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		b->level_us = nvr_db_int(&q, 0);
		b->at = nvr_db_int(&q, 1);
		b->full_at = nvr_db_int(&q, 2);
		b->account_id = nvr_db_int(&q, 3);
		rc = 0;
	} else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "no such bucket");
	nvr_db_done(&q);
	return rc;
}

int
nvr_bucket_put(
    struct nvr_store *st, const struct nvr_bucket *b, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "biiii", b->name, sizeof(b->name),
	    b->account_id, b->level_us, b->at, b->full_at);
}

int
nvr_bucket_count(struct nvr_store *st, int64_t now, int64_t *n, int64_t *first,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, COUNT, err, "i", now);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		*n = nvr_db_int(&q, 0);
		*first = nvr_db_int(&q, 1);
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_bucket_sweep(struct nvr_store *st, int64_t now, int64_t limit, int64_t *n,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, SWEEP, err, "ii", now, limit);

	if (rc == 0 && n != NULL)
		*n = nvr_db_changes(st);
	return rc;
}
