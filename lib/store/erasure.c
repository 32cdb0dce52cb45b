/* The table of who was erased, and who is to be; see erase.h. */
#include "store/db.h"
#include "store/erase.h"

static const char ERASURE_PUT[] =
    "INSERT INTO erasure (account_id, at, mac) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (account_id) DO UPDATE SET at = excluded.at,"
    " mac = excluded.mac";
static const char ERASURE_EACH[] =
    "SELECT account_id, at, mac FROM erasure ORDER BY account_id";
static const char ERASURE_OF[] =
    "SELECT account_id, at, mac FROM erasure WHERE account_id = ?1";
static const char DUE[] =
    "SELECT account_id, deleted_at FROM account WHERE deleted_at IS NOT NULL"
    " AND deleted_at < ?1 AND restricted_at IS NULL"
    " AND (deleted_at, account_id) > (?2, ?3)"
    " ORDER BY deleted_at, account_id LIMIT ?4";
static const char IS_DUE[] =
    "SELECT 1 FROM account WHERE account_id = ?1 AND deleted_at < ?2"
    " AND restricted_at IS NULL";
static const char ACCOUNTS[] = "SELECT COUNT(*) FROM account";
static const char LEFT[] =
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM account WHERE account_id = ?1)"
    " OR EXISTS (SELECT 1 FROM log WHERE account_id = ?1) THEN 1 ELSE 0 END";
static const char THERE[] = "SELECT 1 FROM account WHERE account_id = ?1";

int
nvr_erasure_put(struct nvr_store *st, const struct nvr_erased *e,
    const uint8_t mac[NVR_ERASURE_MAC], struct nvr_error *err)
{
	return nvr_db_run(st, ERASURE_PUT, err, "iib", e->account, e->at, mac,
	    (size_t)NVR_ERASURE_MAC);
}

int
nvr_erasure_each(struct nvr_store *st, int64_t account,
    int (*row)(
	void *ctx, const struct nvr_erased *e, const void *mac, size_t len),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = account == 0
		     ? nvr_db_query(st, &q, ERASURE_EACH, err, "")
		     : nvr_db_query(st, &q, ERASURE_OF, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_erased e = {nvr_db_int(&q, 0), nvr_db_int(&q, 1)};
		size_t len;
		const void *mac = nvr_db_blob(&q, 2, &len);

		rc = row(ctx, &e, mac, len);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_erasure_each_due(struct nvr_store *st, int64_t when,
    struct nvr_deleted after, int64_t limit,
    int (*row)(void *ctx, int64_t account, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, DUE, err, "iiii", when, after.at, after.account, limit);

	return nvr_db_pairs(&q, rc, row, ctx, err);
}

int
nvr_erasure_is_due(struct nvr_store *st, int64_t account, int64_t when,
    bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, IS_DUE, &n, err, "ii", account, when);

	*ret = n != 0;
	return rc;
}

int
nvr_accounts_all(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, ACCOUNTS, ret, err, "");
}

int
nvr_account_there(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, THERE, &n, err, "i", id);

	*ret = n != 0;
	return rc;
}

int
nvr_erase_left(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, LEFT, &n, err, "i", account);

	*ret = n != 0;
	return rc;
}
