/* What authorities were given, as rows; see disclosure.h. */
#include "store/db.h"
#include "store/disclosure.h"

static const char INSERT[] =
    "INSERT INTO disclosure (id, account_id, authority, basis, reviewed_by,"
    " what, at, tell_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
    " NULLIF(CAST(?8 AS BIGINT), 0))";
static const char EACH[] =
    "SELECT id, account_id, at, authority, basis, reviewed_by, what,"
    " tell_at FROM disclosure WHERE at >= ?1 ORDER BY at, id";
static const char TELL[] =
    "UPDATE disclosure SET tell_at = NULLIF(CAST(?2 AS BIGINT), 0)"
    " WHERE id = ?1";

int
nvr_disclosure_insert(
    struct nvr_store *st, const struct nvr_disclosure *d, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iibbbbii", d->id, d->account,
	    d->authority.data, d->authority.len, d->basis.data, d->basis.len,
	    d->reviewed_by.data, d->reviewed_by.len, d->what.data, d->what.len,
	    d->at, d->tell_at);
}

int
nvr_disclosure_each(struct nvr_store *st, int64_t since,
    int (*row)(void *ctx, const struct nvr_disclosure *d), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", since);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_disclosure d = {
		    .id = nvr_db_int(&q, 0),
		    .account = nvr_db_int(&q, 1),
		    .at = nvr_db_int(&q, 2),
		    .authority = nvr_db_bytes(&q, 3),
		    .basis = nvr_db_bytes(&q, 4),
		    .reviewed_by = nvr_db_bytes(&q, 5),
		    .what = nvr_db_bytes(&q, 6),
		    .tell_at = nvr_db_int(&q, 7),
		};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_disclosure_tell(
    struct nvr_store *st, int64_t id, int64_t tell_at, struct nvr_error *err)
{
	int rc = nvr_db_run(st, TELL, err, "ii", id, tell_at);

	if (rc == 0 && nvr_db_changes(st) == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "there is no such disclosure");
	return rc;
}
