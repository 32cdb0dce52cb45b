/* What people agreed to, as rows; see consent.h. */
#include "store/consent.h"
#include "store/db.h"

static const char ADD[] =
    "INSERT INTO consent (id, account_id, kind, given, version, text, channel,"
    " at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
static const char LAST[] =
    "SELECT MAX(id) FROM consent WHERE account_id = ?1 AND kind = ?2";
/* What an archive says that nobody vouches for, people here have not said. */
static const char HOLDS[] =
    "SELECT CASE WHEN channel = 'import' THEN 0 ELSE given END FROM consent "
    "WHERE account_id = ?1 AND kind = ?2"
    " ORDER BY id DESC LIMIT 1";
static const char LIST[] =
    "SELECT id, account_id, at, kind, given, version, text, channel"
    " FROM consent WHERE account_id = ?1"
    " AND (CAST(?2 AS TEXT) IS NULL OR kind = ?2) ORDER BY kind, id";

int
nvr_consent_add(
    struct nvr_store *st, const struct nvr_consent *c, struct nvr_error *err)
{
	int64_t last = 0;
	int rc = nvr_db_number(st, LAST, &last, err, "it", c->account, c->kind);

	if (rc != 0)
		return rc;
	return nvr_db_run(st, ADD, err, "iitittti",
	    c->id > last ? c->id : last + 1, c->account, c->kind,
	    (int64_t)c->given, c->version, c->text, c->channel, c->at);
}

int
nvr_consent_holds(struct nvr_store *st, int64_t account, const char *kind,
    bool *ret, struct nvr_error *err)
{
	int64_t given = 0;
	int rc = nvr_db_number(st, HOLDS, &given, err, "it", account, kind);

	if (rc == 0)
		*ret = given != 0;
	return rc;
}

int
nvr_consent_list(struct nvr_store *st, int64_t account, const char *kind,
    int (*row)(void *ctx, const struct nvr_consent *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, LIST, err, "it", account, kind);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_consent c = {
		    .id = nvr_db_int(&q, 0),
		    .account = nvr_db_int(&q, 1),
		    .at = nvr_db_int(&q, 2),
		    .kind = nvr_db_text(&q, 3),
		    .given = nvr_db_int(&q, 4) != 0,
		    .version = nvr_db_text(&q, 5),
		    .text = nvr_db_text(&q, 6),
		    .channel = nvr_db_text(&q, 7),
		};

		rc = row(ctx, &c);
	}
	nvr_db_done(&q);
	return rc;
}
