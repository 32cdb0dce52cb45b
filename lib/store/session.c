/* Sessions, as rows; see session.h. */
#include <string.h>

#include "store/db.h"
#include "store/session.h"

#define COLUMNS                                                     \
	"s.id, s.account_id, s.hash, s.factor, s.address, s.agent," \
	" s.created_at, s.confirmed_at, s.active_at, s.expires_at"  \
	" FROM session s"
#define LIVES                                    \
	"s.expires_at > ?2 AND s.active_at > ?3" \
	" AND s.created_at > ?4 AND s.created_at <= ?5"

static const char INSERT[] =
    "INSERT INTO session (id, account_id, hash, factor, address, agent,"
    " created_at, confirmed_at, active_at, expires_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
static const char GET[] =
    "SELECT " COLUMNS " JOIN account a ON a.account_id = s.account_id"
    " WHERE s.hash = ?1 AND " LIVES " AND a.deleted_at IS NULL";
static const char EACH[] =
    "SELECT " COLUMNS " WHERE s.account_id = ?1 AND " LIVES " ORDER BY s.id";
static const char TOUCH[] = "UPDATE session SET active_at = ?2 WHERE id = ?1";
static const char REHASH[] =
    "UPDATE session SET hash = ?2,"
    " factor = COALESCE(CAST(?3 AS TEXT), factor),"
    " confirmed_at = COALESCE(CAST(?4 AS BIGINT), confirmed_at)"
    " WHERE hash = ?1";
static const char DELETE[] =
    "DELETE FROM session WHERE account_id = ?1 AND id = ?2 AND id <> ?3";
static const char DELETE_ALL[] =
    "DELETE FROM session WHERE account_id = ?1 AND id <> ?2";
static const char TRIM[] =
    "DELETE FROM session WHERE account_id = ?1 AND id NOT IN (SELECT id"
    " FROM session WHERE account_id = ?1 ORDER BY active_at DESC, id DESC"
    " LIMIT ?2)";
#define OVER "(s.expires_at <= ?1 OR s.active_at <= ?2)" NVR_LOSABLE("s")
#define ENDED \
	"id, CASE WHEN expires_at <= ?1 THEN expires_at ELSE active_at END"
static const char EACH_OVER[] = "SELECT " ENDED " FROM session s WHERE " OVER;
static const char EXPIRE[] =
    "DELETE FROM session WHERE id IN (SELECT s.id FROM session s WHERE " OVER
    " LIMIT ?3) RETURNING " ENDED;
static const char EACH_TOLD[] =
    "SELECT " COLUMNS " WHERE s.created_at < ?1 AND s.expires_at > ?2"
    " AND s.active_at > ?3 AND (length(s.address) > ?4"
    " OR length(s.agent) > ?4)" NVR_LOSABLE(
	"s") " AND (s.created_at, s.id) > (?5, ?6) ORDER BY s.created_at, s.id"
	     " LIMIT ?7";
static const char UNTELL[] =
    "UPDATE session SET address = ?3, agent = ?4 WHERE id = ?1"
    " AND created_at = ?2";

int
nvr_session_insert(struct nvr_store *st, const struct nvr_session_row *x,
    struct nvr_error *err)
{
	return nvr_db_run(st, INSERT, err, "iibtbbiiii", x->id, x->account_id,
	    x->hash, sizeof(x->hash), x->factor, x->address.data,
	    x->address.len, x->agent.data, x->agent.len, x->created_at,
	    x->confirmed_at, x->active_at, x->expires_at);
}

static void
read_row(struct nvr_query *q, struct nvr_session_row *x)
{
	size_t len;
	const void *hash = nvr_db_blob(q, 2, &len);

	*x = (struct nvr_session_row){
	    .id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .factor = nvr_db_text(q, 3),
	    .address = nvr_db_bytes(q, 4),
	    .agent = nvr_db_bytes(q, 5),
	    .created_at = nvr_db_int(q, 6),
	    .confirmed_at = nvr_db_int(q, 7),
	    .active_at = nvr_db_int(q, 8),
	    .expires_at = nvr_db_int(q, 9),
	};
	if (len == sizeof(x->hash))
		memcpy(x->hash, hash, len);
}

int
nvr_session_get(struct nvr_store *st, const uint8_t hash[NVR_SESSION_HASH],
    const struct nvr_session_bounds *b,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err)
{
	struct nvr_session_row x;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "biiii", hash,
	    (size_t)NVR_SESSION_HASH, b->now, b->idle, b->since, b->until);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		read_row(&q, &x);
		rc = row(ctx, &x);
	} else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "no such session");
	nvr_db_done(&q);
	return rc;
}

static int
each_row(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err)
{
	struct nvr_session_row x;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &x);
		rc = row(ctx, &x);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_session_each(struct nvr_store *st, int64_t account,
    const struct nvr_session_bounds *b,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "iiiii", account, b->now,
	    b->idle, b->since, b->until);

	return each_row(&q, rc, row, ctx, err);
}

int
nvr_session_touch(
    struct nvr_store *st, int64_t id, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, TOUCH, err, "ii", id, now);
}

int
nvr_session_rehash(struct nvr_store *st, const uint8_t from[NVR_SESSION_HASH],
    const uint8_t to[NVR_SESSION_HASH], const char *factor, int64_t confirmed,
    bool *won, struct nvr_error *err)
{
	return nvr_db_changed(st,
	    nvr_db_run(st, REHASH, err, "bbts", from, (size_t)NVR_SESSION_HASH,
		to, (size_t)NVR_SESSION_HASH, factor, confirmed),
	    won);
}

int
nvr_session_delete(struct nvr_store *st, int64_t account, int64_t id,
    int64_t but, int *n, struct nvr_error *err)
{
	int rc = id != 0 ? nvr_db_run(st, DELETE, err, "iii", account, id, but)
			 : nvr_db_run(st, DELETE_ALL, err, "ii", account, but);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_session_trim(struct nvr_store *st, int64_t account, int64_t most, int *n,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, TRIM, err, "ii", account, most);

	if (rc == 0)
		*n = nvr_db_changes(st);
	return rc;
}

int
nvr_session_each_over(struct nvr_store *st, int64_t now, int64_t idle,
    int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_OVER, err, "ii", now, idle);

	return nvr_db_pairs(&q, rc, row, ctx, err);
}

int
nvr_session_expire(struct nvr_store *st, int64_t now, int64_t idle,
    int64_t limit, int (*row)(void *ctx, int64_t id, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EXPIRE, err, "iii", now, idle, limit);

	return nvr_db_pairs(&q, rc, row, ctx, err);
}

int
nvr_session_each_told(struct nvr_store *st, int64_t before,
    const struct nvr_session_bounds *b, int64_t empty, int64_t after_created,
    int64_t after_id, int64_t limit,
    int (*row)(void *ctx, const struct nvr_session_row *x), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_TOLD, err, "iiiiiii", before, b->now,
	    b->idle, empty, after_created, after_id, limit);

	return each_row(&q, rc, row, ctx, err);
}

int
nvr_session_untell(struct nvr_store *st, int64_t id, int64_t created_at,
    struct nvr_blob address, struct nvr_blob agent, bool *done,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, UNTELL, err, "iibb", id, created_at,
	    address.data, address.len, agent.data, agent.len);

	return nvr_db_changed(st, rc, done);
}
