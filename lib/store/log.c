/* The rows of the security log; see log.h. */
#include <string.h>

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
