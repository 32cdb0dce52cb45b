/* What authorities were given, as rows; see disclosure.h. */
#include "store/db.h"
#include "store/disclosure.h"

static const char INSERT[] =
    "INSERT INTO disclosure (id, account_id, authority, basis, reviewed_by,"
    " what, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char EACH[] =
    "SELECT id, account_id, at, authority, basis, reviewed_by, what"
    " FROM disclosure WHERE at >= ?1 ORDER BY at, id";

int
nvr_disclosure_insert(
    struct nvr_store *st, const struct nvr_disclosure *d, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iibbbbi", d->id, d->account,
	    d->authority.data, d->authority.len, d->basis.data, d->basis.len,
	    d->reviewed_by.data, d->reviewed_by.len, d->what.data, d->what.len,
	    d->at);
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
		};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}
