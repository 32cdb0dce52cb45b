/* Second factors and recovery codes, as rows; see factor.h. */
#include "store/db.h"
#include "store/factor.h"

static const char PUT[] =
    "INSERT INTO factor (account_id, kind, id, secret, last_step, created_at,"
    " confirmed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (account_id, kind) DO UPDATE SET id = excluded.id,"
    " secret = excluded.secret, last_step = excluded.last_step,"
    " created_at = excluded.created_at,"
    " confirmed_at = excluded.confirmed_at";
#define SELECT                                                        \
	"SELECT account_id, kind, id, secret, last_step, created_at," \
	" confirmed_at FROM factor"
static const char EACH[] =
    SELECT " WHERE account_id = ?1 ORDER BY created_at, kind";
static const char BEGUN[] =
    SELECT " f WHERE f.confirmed_at IS NULL AND f.created_at <= ?1" NVR_LOSABLE(
	"f") " ORDER BY f.created_at LIMIT ?2";
static const char PROVE[] =
    "UPDATE factor SET confirmed_at = ?5, last_step = ?4 WHERE account_id = ?2"
    " AND kind = ?3 AND id = ?1 AND confirmed_at IS NULL";
static const char STEP[] =
    "UPDATE factor SET last_step = ?3 WHERE account_id = ?1 AND kind = ?2"
    " AND confirmed_at IS NOT NULL AND last_step < ?3";
static const char DELETE[] =
    "DELETE FROM factor WHERE account_id = ?1 AND kind = ?2";

static const char ADD_CODE[] =
    "INSERT INTO recovery_code (hash, account_id, created_at)"
    " VALUES (?1, ?2, ?3)";
static const char USE_CODE[] =
    "UPDATE recovery_code SET used_at = ?3 WHERE hash = ?1 AND account_id = ?2"
    " AND used_at IS NULL";
static const char LEFT[] =
    "SELECT COUNT(*) FROM recovery_code WHERE account_id = ?1"
    " AND used_at IS NULL";
static const char DROP_CODES[] =
    "DELETE FROM recovery_code WHERE account_id = ?1 AND created_at >= ?2";

int
nvr_factor_put(
    struct nvr_store *st, const struct nvr_factor_row *f, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "itibiis", f->account_id, f->kind,
	    f->id, f->secret.data, f->secret.len, f->last_step, f->created_at,
	    f->confirmed_at);
}

static int
all(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_factor_row *f), void *ctx,
    struct nvr_error *err)
{
	struct nvr_factor_row f;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		f = (struct nvr_factor_row){
		    .account_id = nvr_db_int(q, 0),
		    .kind = nvr_db_text(q, 1),
		    .id = nvr_db_int(q, 2),
		    .secret = nvr_db_bytes(q, 3),
		    .last_step = nvr_db_int(q, 4),
		    .created_at = nvr_db_int(q, 5),
		    .confirmed_at = nvr_db_int(q, 6),
		};
		rc = row(ctx, &f);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_factor_each(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_factor_row *f), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", account);

	return all(&q, rc, row, ctx, err);
}

int
nvr_factor_each_begun(struct nvr_store *st, int64_t until, int64_t limit,
    int (*row)(void *ctx, const struct nvr_factor_row *f), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, BEGUN, err, "ii", until, limit);

	return all(&q, rc, row, ctx, err);
}

int
nvr_factor_prove(struct nvr_store *st, int64_t id, int64_t account,
    const char *kind, int64_t step, int64_t now, bool *won,
    struct nvr_error *err)
{
	return nvr_db_changed(st,
	    nvr_db_run(st, PROVE, err, "iitii", id, account, kind, step, now),
	    won);
}

int
nvr_factor_step(struct nvr_store *st, int64_t account, const char *kind,
    int64_t step, bool *won, struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, STEP, err, "iti", account, kind, step), won);
}

int
nvr_factor_delete(struct nvr_store *st, int64_t account, const char *kind,
    int *n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DELETE, err, "it", account, kind);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_recovery_insert(struct nvr_store *st, int64_t account,
    const uint8_t hash[NVR_RECOVERY_HASH], int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, ADD_CODE, err, "bii", hash,
	    (size_t)NVR_RECOVERY_HASH, account, now);
}

int
nvr_recovery_use(struct nvr_store *st, int64_t account,
    const uint8_t hash[NVR_RECOVERY_HASH], int64_t now, bool *won,
    struct nvr_error *err)
{
	return nvr_db_changed(st,
	    nvr_db_run(st, USE_CODE, err, "bii", hash,
		(size_t)NVR_RECOVERY_HASH, account, now),
	    won);
}

int
nvr_recovery_left(
    struct nvr_store *st, int64_t account, int64_t *n, struct nvr_error *err)
{
	return nvr_db_number(st, LEFT, n, err, "i", account);
}

int
nvr_recovery_delete(
    struct nvr_store *st, int64_t account, int64_t since, struct nvr_error *err)
{
	return nvr_db_run(st, DROP_CODES, err, "ii", account, since);
}
