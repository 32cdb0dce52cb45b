/* Who was told of what, as rows; see told.h. */
#include "store/db.h"
#include "store/told.h"

/* ?1: of what. */
#define UNTOLD_BREACH                                                   \
	" FROM account a WHERE NOT EXISTS (SELECT 1 FROM breach_told t" \
	" WHERE t.breach_id = ?1 AND t.account_id = a.account_id)"
#define UNTOLD_NOTICE                                                   \
	" FROM account a WHERE a.deleted_at IS NULL AND a.created_at <" \
	" (SELECT effective_at FROM notice WHERE id = ?1)"              \
	" AND NOT EXISTS (SELECT 1 FROM notice_told t"                  \
	" WHERE t.notice_id = ?1 AND t.account_id = a.account_id"       \
	" AND t.outbox_id IS NOT NULL)"
#define NEXT " AND a.account_id > ?2 ORDER BY a.account_id LIMIT ?3"

static const struct {
	const char *next, *left, *is, *add, *count, *late, *each;
} sql[NVR_TOLDS] = {
    {
	"SELECT a.account_id" UNTOLD_BREACH NEXT,
	"SELECT COUNT(*)" UNTOLD_BREACH,
	"SELECT COUNT(*) FROM breach_told WHERE breach_id = ?1"
	" AND account_id = ?2",
	"INSERT INTO breach_told (breach_id, account_id, at, outbox_id)"
	" VALUES (?1, ?2, ?3, ?4)",
	"SELECT COUNT(*), MIN(at), MAX(at), 0 FROM breach_told"
	" WHERE breach_id = ?1",
	NULL,
	"SELECT account_id, at, outbox_id, 0 FROM breach_told"
	" WHERE breach_id = ?1 ORDER BY account_id",
    },
    {
	"SELECT a.account_id" UNTOLD_NOTICE NEXT,
	"SELECT COUNT(*)" UNTOLD_NOTICE,
	"SELECT COUNT(*) FROM notice_told WHERE notice_id = ?1"
	" AND account_id = ?2 AND outbox_id IS NOT NULL",
	"INSERT INTO notice_told (notice_id, account_id, at, outbox_id)"
	" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (notice_id, account_id)"
	" DO UPDATE SET at = excluded.at, outbox_id = excluded.outbox_id",
	"SELECT COUNT(outbox_id), MIN(at), MAX(at), COUNT(seen_at)"
	" FROM notice_told WHERE notice_id = ?1",
	"SELECT COUNT(*) FROM notice_told t JOIN notice n"
	" ON n.id = t.notice_id JOIN account a ON a.account_id = t.account_id"
	" WHERE n.id = ?1 AND t.outbox_id IS NOT NULL"
	" AND t.at > n.effective_at - 2592000000000"
	" AND a.created_at < n.announced_at",
	"SELECT account_id, at, outbox_id, seen_at FROM notice_told"
	" WHERE notice_id = ?1 ORDER BY account_id",
    },
};

int
nvr_told_next(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t after, int max, int64_t *accounts, int *n, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, sql[what].next, err, "iii", id, after, (int64_t)max);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		accounts[(*n)++] = nvr_db_int(&q, 0);
		rc = 0;
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_told_is(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t account, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, sql[what].is, &n, err, "ii", id, account);

	if (rc == 0)
		*ret = n > 0;
	return rc;
}

int
nvr_told_add(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int64_t account, int64_t at, int64_t outbox, struct nvr_error *err)
{
	return nvr_db_run(
	    st, sql[what].add, err, "iiii", id, account, at, outbox);
}

int
nvr_told_count(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    struct nvr_told_count *ret, struct nvr_error *err)
{
	struct nvr_told_count c = {0};
	struct nvr_query q;
	int rc = nvr_db_number(st, sql[what].left, &c.left, err, "i", id);

	if (rc == 0 && sql[what].late != NULL)
		rc = nvr_db_number(st, sql[what].late, &c.late, err, "i", id);
	if (rc != 0)
		return rc;
	rc = nvr_db_query(st, &q, sql[what].count, err, "i", id);
	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		c.told = nvr_db_int(&q, 0);
		c.first = nvr_db_int(&q, 1);
		c.last = nvr_db_int(&q, 2);
		c.seen = nvr_db_int(&q, 3);
		rc = 0;
	}
	nvr_db_done(&q);
	if (rc == 0)
		*ret = c;
	return rc;
}

int
nvr_told_each(struct nvr_store *st, enum nvr_told_what what, int64_t id,
    int (*row)(void *ctx, const struct nvr_told *t), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql[what].each, err, "i", id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_told t = {
		    .account = nvr_db_int(&q, 0),
		    .at = nvr_db_int(&q, 1),
		    .outbox = nvr_db_int(&q, 2),
		    .seen_at = nvr_db_int(&q, 3),
		};

		rc = row(ctx, &t);
	}
	nvr_db_done(&q);
	return rc;
}
