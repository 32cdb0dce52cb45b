/* Changes of policy, as rows; see notice.h. */
#include "store/db.h"
#include "store/notice.h"

#define COLUMNS                                                 \
	"SELECT n.id, n.kind, n.version, n.text, n.created_at," \
	" n.effective_at, n.announced_at FROM notice n "

static const char PUT[] =
    "INSERT INTO notice (id, kind, version, text, created_at, effective_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, version) DO UPDATE"
    " SET text = excluded.text, created_at = excluded.created_at,"
    " effective_at = excluded.effective_at WHERE notice.announced_at IS NULL"
    " RETURNING id";
static const char ANNOUNCE[] =
    "UPDATE notice SET announced_at = ?2 WHERE id = ?1"
    " AND announced_at IS NULL AND created_at = ?3";
static const char EACH[] = COLUMNS "WHERE ?1 = 0 OR n.id = ?1 ORDER BY n.id";
static const char UNSEEN[] = COLUMNS
    "JOIN account a ON a.account_id = ?1 AND a.created_at < n.effective_at"
    " WHERE n.announced_at IS NOT NULL AND NOT EXISTS (SELECT 1"
    " FROM notice_told t WHERE t.notice_id = n.id AND t.account_id = ?1"
    " AND t.seen_at IS NOT NULL) ORDER BY n.id";
/* Who saw it ahead of the mail is still owed the mail: see store/told.h. */
static const char SEE[] =
    "INSERT INTO notice_told (notice_id, account_id, at, seen_at)"
    " VALUES (?1, ?2, ?3, ?3) ON CONFLICT (notice_id, account_id) DO UPDATE"
    " SET seen_at = excluded.seen_at WHERE notice_told.seen_at IS NULL";

int
nvr_notice_put(struct nvr_store *st, const struct nvr_notice *n, int64_t *id,
    struct nvr_error *err)
{
	int64_t had = 0;
	int rc = nvr_db_number(st, PUT, &had, err, "itttii", n->id, n->kind,
	    n->version, n->text, n->created_at, n->effective_at);

	if (rc == 0 && had == 0)
		rc = nvr_fail(err, NVR_E_CREATE,
		    "%s %s was announced: a further change is a version of its "
		    "own",
		    n->kind, n->version);
	if (rc == 0)
		*id = had;
	return rc;
}

int
nvr_notice_announce(struct nvr_store *st, const struct nvr_notice *n,
    int64_t now, struct nvr_error *err)
{
	int rc =
	    nvr_db_run(st, ANNOUNCE, err, "iii", n->id, now, n->created_at);

	if (rc == 0 && nvr_db_changes(st) == 0)
		rc = nvr_fail(err, NVR_E_AGAIN,
		    "it was changed or announced in the meantime: look at it, "
		    "and run this again");
	return rc;
}

/* Of a query that is ready; ends it. */
static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err)
{
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		struct nvr_notice n = {
		    .id = nvr_db_int(q, 0),
		    .kind = nvr_db_text(q, 1),
		    .version = nvr_db_text(q, 2),
		    .text = nvr_db_text(q, 3),
		    .created_at = nvr_db_int(q, 4),
		    .effective_at = nvr_db_int(q, 5),
		    .announced_at = nvr_db_int(q, 6),
		};

		rc = row(ctx, &n);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_notice_each(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", id);

	return each(&q, rc, row, ctx, err);
}

int
nvr_notice_unseen(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_notice *n), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, UNSEEN, err, "i", account);

	return each(&q, rc, row, ctx, err);
}

int
nvr_notice_see(struct nvr_store *st, int64_t id, int64_t account, int64_t now,
    struct nvr_error *err)
{
	return nvr_db_run(st, SEE, err, "iii", id, account, now);
}
