/* The rows of the security log; see log.h. */
#include <string.h>

#include "base/text.h"
#include "store/db.h"
#include "store/log.h"

static const char ADD[] =
    "INSERT INTO log (seq, account_id, at, type, sealed, commitment, hash)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char LAST[] =
    "SELECT seq, hash, NULL FROM log ORDER BY seq DESC LIMIT 1";
static const char TAIL[] = "SELECT seq, hash, mac FROM log_tail WHERE id = 1";
static const char TAIL_PUT[] =
    "INSERT INTO log_tail (id, seq, hash, mac) VALUES (1, ?1, ?2, ?3)"
    " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq,"
    " hash = excluded.hash, mac = excluded.mac";

/* Ahead of the first one that is left stands what the mark says. */
static const char LINKED[] =
    "SELECT l.seq, l.account_id, l.at, l.type, l.sealed, l.commitment, l.hash,"
    " COALESCE(p.hash, m.hash) FROM log l LEFT JOIN log p ON p.seq = l.seq - 1"
    " LEFT JOIN log_mark m ON m.seq = l.seq - 1 AND m.kind = 'pruned'"
    " WHERE l.account_id = ?1 AND l.seq <= ?2 ORDER BY l.seq";

#define COLUMNS "seq, account_id, at, type, sealed, commitment, hash"

static const char CHAIN[] =
    "SELECT " COLUMNS " FROM log WHERE seq > ?1 ORDER BY seq";
static const char NEWEST[] =
    "SELECT " COLUMNS " FROM (SELECT " COLUMNS " FROM log"
    " WHERE ?1 = 0 AND at >= ?2 AND (?3 = 0 OR at < ?3)"
    " AND substr(type, 1, length(?4)) = ?4"
    " ORDER BY seq DESC LIMIT ?5) AS newest ORDER BY seq";
static const char NEWEST_OF[] =
    "SELECT " COLUMNS " FROM (SELECT " COLUMNS " FROM log"
    " WHERE account_id = ?1 AND at >= ?2 AND (?3 = 0 OR at < ?3)"
    " AND substr(type, 1, length(?4)) = ?4"
    " ORDER BY seq DESC LIMIT ?5) AS newest ORDER BY seq";
/* The first that is to stay; one of the future says nothing of its age.  + 0:
 * by the numbers of the rows, which ends at the first, and not by time. */
static const char OLDER[] =
    "SELECT seq FROM log WHERE at < ?1 AND seq < COALESCE((SELECT seq FROM log"
    " WHERE at + 0 >= ?1 AND at + 0 <= ?2 ORDER BY seq LIMIT 1), ?3)"
    " AND seq < COALESCE((SELECT MIN(k.seq) FROM (SELECT (SELECT MIN(l.seq)"
    " FROM log l WHERE l.account_id = r.account_id) AS seq FROM account r"
    " WHERE r.restricted_at > 0) AS k), ?3) ORDER BY seq DESC LIMIT 1";
static const char UPTO[] =
    "SELECT seq, at FROM log WHERE seq <= ?1 ORDER BY seq LIMIT ?2";
static const char COUNT[] = "SELECT COUNT(*) FROM log";
static const char DROP[] = "DELETE FROM log WHERE seq <= ?1";
static const char HASH_AT[] = "SELECT hash FROM log WHERE seq = ?1";
static const char OF_ACCOUNT[] =
    "SELECT seq, CASE WHEN sealed IS NULL THEN 0 ELSE length(sealed) END"
    " FROM log WHERE account_id = ?1 ORDER BY seq";
static const char BLANK[] = "UPDATE log SET account_id = 0, sealed = NULL"
			    " WHERE account_id = ?1 AND seq <= ?2";
static const char ERASED[] = "SELECT 1 FROM erasure WHERE account_id = ?1";
static const char ANY_ERASED[] = "SELECT 1 FROM erasure LIMIT 1";
static const char MARK_PUT[] =
    "INSERT INTO log_mark (seq, kind, hash, at, signature)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (seq, kind) DO UPDATE SET"
    " hash = excluded.hash, at = excluded.at, signature = excluded.signature";
static const char MARKS[] =
    "SELECT seq, kind, hash, at, signature FROM log_mark ORDER BY seq, kind";
static const char MARKS_DROP[] = "DELETE FROM log_mark WHERE seq < ?1";

static void
take_hash(struct nvr_query *q, int column, uint8_t ret[NVR_LOG_HASH])
{
	size_t len;
	const void *data = nvr_db_blob(q, column, &len);

	if (data != NULL && len == NVR_LOG_HASH)
		memcpy(ret, data, NVR_LOG_HASH);
	else
		memset(ret, 0, NVR_LOG_HASH);
}

int
nvr_log_add(
    struct nvr_store *st, const struct nvr_log_row *row, struct nvr_error *err)
{
	if (sqlite3_get_autocommit(st->db))
		return nvr_fail(
		    err, NVR_E_BUG, "the log is written outside a transaction");
	return nvr_db_run(st, ADD, err, "iiitbbb", row->seq, row->account,
	    row->at, row->type, row->sealed, row->sealed_len, row->commitment,
	    sizeof(row->commitment), row->hash, sizeof(row->hash));
}

static int
get_end(struct nvr_store *st, const char *sql, struct nvr_log_end *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql, err, "");

	memset(ret, 0, sizeof(*ret));
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		ret->seq = nvr_db_int(&q, 0);
		take_hash(&q, 1, ret->hash);
		take_hash(&q, 2, ret->mac);
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_log_last(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err)
{
	return get_end(st, LAST, ret, err);
}

int
nvr_log_tail(
    struct nvr_store *st, struct nvr_log_end *ret, struct nvr_error *err)
{
	return get_end(st, TAIL, ret, err);
}

int
nvr_log_tail_put(
    struct nvr_store *st, const struct nvr_log_end *end, struct nvr_error *err)
{
	return nvr_db_run(st, TAIL_PUT, err, "ibb", end->seq, end->hash,
	    sizeof(end->hash), end->mac, sizeof(end->mac));
}

static struct nvr_log_row
take_row(struct nvr_query *q)
{
	struct nvr_log_row r;

	r.seq = nvr_db_int(q, 0);
	r.account = nvr_db_int(q, 1);
	r.at = nvr_db_int(q, 2);
	r.type = nvr_or_empty(nvr_db_text(q, 3));
	r.sealed = nvr_db_blob(q, 4, &r.sealed_len);
	take_hash(q, 5, r.commitment);
	take_hash(q, 6, r.hash);
	return r;
}

static int
each_row(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_log_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_log_row r;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		r = take_row(q);
		rc = row(ctx, &r);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_log_linked(struct nvr_store *st, int64_t account, int64_t upto,
    int (*row)(void *ctx, const struct nvr_log_row *r, const void *previous),
    void *ctx, struct nvr_error *err)
{
	static const uint8_t none[NVR_LOG_HASH];
	struct nvr_query q;
	struct nvr_log_row r;
	const void *previous;
	size_t len;
	int rc = nvr_db_query(st, &q, LINKED, err, "ii", account, upto);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		r = take_row(&q);
		previous = nvr_db_blob(&q, 7, &len);
		if (len != NVR_LOG_HASH)
			previous = r.seq == 1 ? none : NULL;
		rc = row(ctx, &r, previous);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_log_chain(struct nvr_store *st, int64_t after,
    int (*row)(void *ctx, const struct nvr_log_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, CHAIN, err, "i", after);

	return each_row(&q, rc, row, ctx, err);
}

int
nvr_log_newest(struct nvr_store *st, const struct nvr_log_filter *f,
    int (*row)(void *ctx, const struct nvr_log_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, f->account != 0 ? NEWEST_OF : NEWEST, err,
	    "iiiti", f->account, f->since, f->until, nvr_or_empty(f->type),
	    f->limit != 0 ? f->limit : INT64_MAX);

	return each_row(&q, rc, row, ctx, err);
}

int
nvr_log_older(struct nvr_store *st, int64_t before, int64_t now, int64_t *seq,
    struct nvr_error *err)
{
	return nvr_db_number(
	    st, OLDER, seq, err, "iii", before, now, INT64_MAX);
}

int
nvr_log_upto(struct nvr_store *st, int64_t seq, int64_t limit,
    int (*row)(void *ctx, int64_t seq, int64_t at), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, UPTO, err, "ii", seq, limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0), nvr_db_int(&q, 1));
	nvr_db_done(&q);
	return rc;
}

int
nvr_log_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, ret, err, "");
}

int
nvr_log_drop(struct nvr_store *st, int64_t seq, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "i", seq);
}

int
nvr_log_hash_at(struct nvr_store *st, int64_t seq, uint8_t ret[NVR_LOG_HASH],
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, HASH_AT, err, "i", seq);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		take_hash(&q, 0, ret);
	else if (rc == 0)
		rc = nvr_fail(err, NVR_E_NOENT, "the log has no such row");
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_log_of(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, int64_t seq, int64_t sealed), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OF_ACCOUNT, err, "i", account);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0), nvr_db_int(&q, 1));
	nvr_db_done(&q);
	return rc;
}

int
nvr_log_blank(
    struct nvr_store *st, int64_t account, int64_t upto, struct nvr_error *err)
{
	return nvr_db_run(st, BLANK, err, "ii", account, upto);
}

int
nvr_log_erased(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, ERASED, &n, err, "i", account);

	*ret = n != 0;
	return rc;
}

int
nvr_log_any_erased(struct nvr_store *st, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, ANY_ERASED, &n, err, "");

	*ret = n != 0;
	return rc;
}

int
nvr_log_mark_put(
    struct nvr_store *st, const struct nvr_log_mark *m, struct nvr_error *err)
{
	return nvr_db_run(st, MARK_PUT, err, "itbit", m->seq,
	    m->pruned ? "pruned" : "head", m->hash, sizeof(m->hash), m->at,
	    m->signature);
}

int
nvr_log_marks(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_log_mark *m), void *ctx,
    struct nvr_error *err)
{
	struct nvr_log_mark m;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, MARKS, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		m.seq = nvr_db_int(&q, 0);
		m.pruned =
		    strcmp(nvr_or_empty(nvr_db_text(&q, 1)), "pruned") == 0;
		take_hash(&q, 2, m.hash);
		m.at = nvr_db_int(&q, 3);
		m.signature = nvr_or_empty(nvr_db_text(&q, 4));
		rc = row(ctx, &m);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_log_marks_drop(struct nvr_store *st, int64_t seq, struct nvr_error *err)
{
	return nvr_db_run(st, MARKS_DROP, err, "i", seq);
}
