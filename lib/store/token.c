/* Tokens, as rows; see token.h. */
#include <string.h>

#include "store/db.h"
#include "store/token.h"

#define COLUMNS                                                   \
	"t.id, t.account_id, t.purpose, t.hash, t.data, t.tries," \
	" t.created_at, t.expires_at FROM token t"

static const char INSERT[] =
    "INSERT INTO token (id, account_id, purpose, hash, data, tries,"
    " created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)";
static const char GET[] =
    "SELECT " COLUMNS " WHERE t.hash = ?1 AND t.purpose = ?2"
    " AND t.used_at IS NULL AND t.expires_at > ?3";
static const char SPEND[] =
    "UPDATE token SET used_at = ?2, data = NULL"
    " WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2";
static const char COUNT[] = "UPDATE token SET tries = tries + 1"
			    " WHERE id = ?1 AND used_at IS NULL AND tries < ?2";
static const char PUT[] = "UPDATE token SET data = ?2 WHERE id = ?1";
static const char DROP[] =
    "DELETE FROM token WHERE account_id = ?1 AND purpose = ?2"
    " AND used_at IS NULL AND created_at >= ?3";
static const char OF[] =
    "SELECT " COLUMNS " WHERE t.account_id = ?1 AND t.purpose = ?2"
    " AND t.used_at IS NULL AND t.expires_at > ?3 ORDER BY t.id";
static const char UNFINISHED[] =
    "SELECT " COLUMNS " WHERE t.purpose = 'second-factor'"
    " AND t.used_at IS NULL AND t.told_at IS NULL AND t.expires_at <= ?1"
    " ORDER BY t.expires_at LIMIT 1";
static const char TELL[] = "UPDATE token SET told_at = ?2 WHERE id = ?1"
			   " AND used_at IS NULL AND told_at IS NULL";
static const char LATEST[] =
    "SELECT " COLUMNS " WHERE t.account_id = ?1 AND t.purpose = ?2"
    " AND t.used_at IS NULL AND t.expires_at > ?3 ORDER BY t.id DESC LIMIT 1";
#define OVER                                                \
	"FROM token t WHERE t.expires_at < ?1" NVR_LOSABLE( \
	    "t") " ORDER BY t.expires_at"
static const char EACH_OVER[] = "SELECT t.id, t.expires_at " OVER;
static const char EXPIRE[] = "DELETE FROM token WHERE id IN (SELECT t.id " OVER
			     " LIMIT ?2) RETURNING id, expires_at";

int
nvr_token_insert(
    struct nvr_store *st, const struct nvr_token_row *t, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iitbbii", t->id, t->account_id,
	    t->purpose, t->hash, sizeof(t->hash), t->data, t->data_len,
	    t->created_at, t->expires_at);
}

static void
read_row(struct nvr_query *q, struct nvr_token_row *t)
{
	size_t len;
	const void *hash = nvr_db_blob(q, 3, &len);

	*t = (struct nvr_token_row){
	    .id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .purpose = nvr_db_text(q, 2),
	    .tries = nvr_db_int(q, 5),
	    .created_at = nvr_db_int(q, 6),
	    .expires_at = nvr_db_int(q, 7),
	};
	if (len == sizeof(t->hash))
		memcpy(t->hash, hash, len);
	t->data = nvr_db_blob(q, 4, &t->data_len);
}

/* The one row that there may be. */
static int
one(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_token_row *t), void *ctx,
    struct nvr_error *err)
{
	struct nvr_token_row t;

	if (rc == 0)
		rc = nvr_db_step(q, err);
	if (rc == 1) {
		read_row(q, &t);
		rc = row(ctx, &t);
	} else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "no such token");
	nvr_db_done(q);
	return rc;
}

int
nvr_token_get(struct nvr_store *st, const uint8_t hash[NVR_TOKEN_HASH],
    const char *purpose, int64_t now,
    int (*row)(void *ctx, const struct nvr_token_row *t), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "bti", hash,
	    (size_t)NVR_TOKEN_HASH, purpose, now);

	return one(&q, rc, row, ctx, err);
}

int
nvr_token_latest(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t now, int (*row)(void *ctx, const struct nvr_token_row *t),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, LATEST, err, "iti", account, purpose, now);

	return one(&q, rc, row, ctx, err);
}

int
nvr_token_spend(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, SPEND, err, "ii", id, now), won);
}

int
nvr_token_count(struct nvr_store *st, int64_t id, int64_t most, bool *counted,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, COUNT, err, "ii", id, most), counted);
}

int
nvr_token_put(struct nvr_store *st, int64_t id, const void *data, size_t len,
    struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "ib", id, data, len);
}

int
nvr_token_drop(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t since, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "iti", account, purpose, since);
}

int
nvr_token_of(struct nvr_store *st, int64_t account, const char *purpose,
    int64_t now, int (*row)(void *ctx, const struct nvr_token_row *t),
    void *ctx, struct nvr_error *err)
{
	struct nvr_token_row t;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OF, err, "iti", account, purpose, now);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &t);
		rc = row(ctx, &t);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_token_unfinished(struct nvr_store *st, int64_t until,
    int (*row)(void *ctx, const struct nvr_token_row *t), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, UNFINISHED, err, "i", until);

	return one(&q, rc, row, ctx, err);
}

int
nvr_token_tell(struct nvr_store *st, int64_t id, int64_t now, bool *won,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, TELL, err, "ii", id, now), won);
}

int
nvr_token_each_over(struct nvr_store *st, int64_t before,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_OVER, err, "i", before);

	return nvr_db_pairs(&q, rc, row, ctx, err);
}

int
nvr_token_expire(struct nvr_store *st, int64_t before, int64_t limit,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EXPIRE, err, "ii", before, limit);

	return nvr_db_pairs(&q, rc, row, ctx, err);
}
