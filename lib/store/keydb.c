/* The rows of keys.db; see keydb.h. */
#include "store/db.h"
#include "store/keydb.h"

#define COLUMNS "account_id, wrapped, previous, created_at"

static const char GET[] =
    "SELECT " COLUMNS " FROM account_key WHERE account_id = ?1";
static const char EACH[] =
    "SELECT " COLUMNS " FROM account_key WHERE account_id > ?1"
    " ORDER BY account_id LIMIT ?2";
static const char EACH_ROTATING[] =
    "SELECT " COLUMNS " FROM account_key WHERE account_id > ?1"
    " AND account_id <= ?2 AND previous IS NOT NULL"
    " ORDER BY account_id LIMIT ?3";
static const char COUNT[] = "SELECT COUNT(*), COUNT(previous), MIN(created_at)"
			    " FROM account_key";
static const char PUT[] =
    "INSERT INTO account_key (" COLUMNS ") VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (account_id) DO NOTHING";
static const char REPLACE[] =
    "UPDATE account_key SET wrapped = ?2, previous = ?3, created_at = ?4"
    " WHERE account_id = ?1";
static const char DROP_PREVIOUS[] =
    "UPDATE account_key SET previous = NULL WHERE account_id = ?1";
static const char DELETE[] = "DELETE FROM account_key WHERE account_id = ?1";
static const char SERVICE_GET[] =
    "SELECT name, wrapped, created_at FROM service_key WHERE name = ?1";
static const char SERVICE_EACH[] =
    "SELECT name, wrapped, created_at FROM service_key ORDER BY name";
static const char SERVICE_PUT[] =
    "INSERT INTO service_key (name, wrapped, created_at) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped";

static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx, int *n,
    struct nvr_error *err)
{
	struct nvr_wrapped_key k = {0};

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		k.account_id = nvr_db_int(q, 0);
		k.wrapped = nvr_db_blob(q, 1, &k.wrapped_len);
		k.previous = nvr_db_blob(q, 2, &k.previous_len);
		k.created_at = nvr_db_int(q, 3);
		++*n;
		rc = row(ctx, &k);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_keydb_get(struct nvr_store *db, int64_t account,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int n, rc = nvr_db_query(db, &q, GET, err, "i", account);

	rc = each(&q, rc, row, ctx, &n, err);
	return rc == 0 && n == 0
		   ? nvr_fail(err, NVR_E_NOENT, "the account has no key")
		   : rc;
}

static int
put(struct nvr_store *db, const char *sql, const struct nvr_wrapped_key *k,
    bool *ret, struct nvr_error *err)
{
	int rc = nvr_db_run(db, sql, err, "ibbi", k->account_id, k->wrapped,
	    k->wrapped_len, k->previous, k->previous_len, k->created_at);

	if (rc == 0)
		*ret = nvr_db_changes(db) == 1;
	return rc;
}

int
nvr_keydb_put(struct nvr_store *db, const struct nvr_wrapped_key *k,
    struct nvr_error *err)
{
	bool entered = false;
	int rc = put(db, PUT, k, &entered, err);

	return rc == 0 && !entered ? nvr_fail(err, NVR_E_CREATE,
					 "the account has a key already")
				   : rc;
}

int
nvr_keydb_replace(struct nvr_store *db, const struct nvr_wrapped_key *k,
    bool *ret, struct nvr_error *err)
{
	return put(db, REPLACE, k, ret, err);
}

int
nvr_keydb_delete(struct nvr_store *db, int64_t account, struct nvr_error *err)
{
	return nvr_db_run(db, DELETE, err, "i", account);
}

int
nvr_keydb_each(struct nvr_store *db, int64_t after, int64_t limit,
    int (*row)(void *ctx, const struct nvr_wrapped_key *k), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int n, rc = nvr_db_query(db, &q, EACH, err, "ii", after, limit);

	return each(&q, rc, row, ctx, &n, err);
}

int
nvr_keydb_each_rotating(struct nvr_store *db, int64_t after, int64_t last,
    int64_t limit, int (*row)(void *ctx, const struct nvr_wrapped_key *k),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int n, rc = nvr_db_query(
		   db, &q, EACH_ROTATING, err, "iii", after, last, limit);

	return each(&q, rc, row, ctx, &n, err);
}

int
nvr_keydb_drop_previous(
    struct nvr_store *db, int64_t account, struct nvr_error *err)
{
	return nvr_db_run(db, DROP_PREVIOUS, err, "i", account);
}

int
nvr_keydb_count(
    struct nvr_store *db, struct nvr_keydb_count *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(db, &q, COUNT, err, "");

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		*ret = (struct nvr_keydb_count){
		    nvr_db_int(&q, 0), nvr_db_int(&q, 1), nvr_db_int(&q, 2)};
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

static int
each_service(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_wrapped_service *k), void *ctx,
    int *n, struct nvr_error *err)
{
	struct nvr_wrapped_service k;

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		k.name = nvr_db_text(q, 0);
		k.wrapped = nvr_db_blob(q, 1, &k.len);
		k.created_at = nvr_db_int(q, 2);
		++*n;
		rc = row(ctx, &k);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_keydb_service_get(struct nvr_store *db, const char *name,
    int (*row)(void *ctx, const struct nvr_wrapped_service *k), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int n, rc = nvr_db_query(db, &q, SERVICE_GET, err, "t", name);

	rc = each_service(&q, rc, row, ctx, &n, err);
	return rc == 0 && n == 0
		   ? nvr_fail(err, NVR_E_NOENT, "there is no key '%s'", name)
		   : rc;
}

int
nvr_keydb_service_put(struct nvr_store *db, const char *name,
    const void *wrapped, size_t len, int64_t created_at, struct nvr_error *err)
{
	return nvr_db_run(
	    db, SERVICE_PUT, err, "tbi", name, wrapped, len, created_at);
}

int
nvr_keydb_service_each(struct nvr_store *db,
    int (*row)(void *ctx, const struct nvr_wrapped_service *k), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int n, rc = nvr_db_query(db, &q, SERVICE_EACH, err, "");

	return each_service(&q, rc, row, ctx, &n, err);
}
