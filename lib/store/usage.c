/* What audits by models took, as rows; see usage.h. */
#include <string.h>

#include "store/db.h"
#include "store/usage.h"

static const char ADD[] =
    "INSERT INTO usage (account_id, day, camera_id, model, audits, requests,"
    " unreported, tokens_in, tokens_out, cost_micros, reserved_tokens,"
    " reserved_micros)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    " ON CONFLICT (account_id, day, camera_id, model) DO UPDATE SET"
    " audits = usage.audits + excluded.audits,"
    " requests = usage.requests + excluded.requests,"
    " unreported = usage.unreported + excluded.unreported,"
    " tokens_in = usage.tokens_in + excluded.tokens_in,"
    " tokens_out = usage.tokens_out + excluded.tokens_out,"
    " cost_micros = usage.cost_micros + excluded.cost_micros,"
    " reserved_tokens = usage.reserved_tokens + excluded.reserved_tokens,"
    " reserved_micros = usage.reserved_micros + excluded.reserved_micros";

/* A sum of BIGINT is NUMERIC in PostgreSQL. */
#define TOTALS                                                  \
	"CAST(COALESCE(SUM(u.audits), 0) AS BIGINT),"           \
	" CAST(COALESCE(SUM(u.requests), 0) AS BIGINT),"        \
	" CAST(COALESCE(SUM(u.unreported), 0) AS BIGINT),"      \
	" CAST(COALESCE(SUM(u.tokens_in), 0) AS BIGINT),"       \
	" CAST(COALESCE(SUM(u.tokens_out), 0) AS BIGINT),"      \
	" CAST(COALESCE(SUM(u.cost_micros), 0) AS BIGINT),"     \
	" CAST(COALESCE(SUM(u.reserved_tokens), 0) AS BIGINT)," \
	" CAST(COALESCE(SUM(u.reserved_micros), 0) AS BIGINT)"
#define CHOSEN                              \
	" WHERE u.day >= ?1 AND u.day < ?2" \
	" AND (?3 = 0 OR u.camera_id = ?3)" NVR_BOTH_USABLE("u")
#define DEAREST                              \
	" ORDER BY SUM(u.cost_micros) DESC," \
	" SUM(u.tokens_in + u.tokens_out) DESC, "

static const char TIER[] = "SELECT tier FROM account WHERE account_id = ?1";
static const char SUM[] = "SELECT 0, 0, 0, NULL, NULL, " TOTALS
			  " FROM usage u WHERE u.account_id = ?1"
			  " AND u.day >= ?2 AND u.day < ?3";
static const char BY_CAMERA[] =
    "SELECT 0, 0, u.camera_id, NULL, c.name, " TOTALS
    " FROM usage u LEFT JOIN camera c ON c.id = u.camera_id" CHOSEN
    " GROUP BY u.camera_id, c.name" DEAREST "u.camera_id";
static const char BY_MODEL[] =
    "SELECT 0, 0, 0, u.model, NULL, " TOTALS " FROM usage u" CHOSEN
    " GROUP BY u.model" DEAREST "u.model";
static const char BY_DAY[] =
    "SELECT 0, u.day, 0, NULL, NULL, " TOTALS " FROM usage u" CHOSEN
    " GROUP BY u.day ORDER BY u.day";
static const char BY_ACCOUNT[] =
    "SELECT u.account_id, 0, 0, NULL, NULL, " TOTALS " FROM usage u" CHOSEN
    " GROUP BY u.account_id" DEAREST "u.account_id";

int
nvr_usage_add(
    struct nvr_store *st, const struct nvr_usage *u, struct nvr_error *err)
{
	return nvr_db_run(st, ADD, err, "iiitiiiiiiii", u->account_id, u->day,
	    u->camera_id, u->model, u->audits, u->requests, u->unreported,
	    u->tokens_in, u->tokens_out, u->cost_micros, u->reserved_tokens,
	    u->reserved_micros);
}

static struct nvr_usage
read_row(struct nvr_query *q)
{
	return (struct nvr_usage){
	    .account_id = nvr_db_int(q, 0),
	    .day = nvr_db_int(q, 1),
	    .camera_id = nvr_db_int(q, 2),
	    .model = nvr_db_text(q, 3),
	    .audits = nvr_db_int(q, 5),
	    .requests = nvr_db_int(q, 6),
	    .unreported = nvr_db_int(q, 7),
	    .tokens_in = nvr_db_int(q, 8),
	    .tokens_out = nvr_db_int(q, 9),
	    .cost_micros = nvr_db_int(q, 10),
	    .reserved_tokens = nvr_db_int(q, 11),
	    .reserved_micros = nvr_db_int(q, 12),
	};
}

int
nvr_usage_sum(struct nvr_store *st, int64_t account, int64_t since,
    int64_t until, struct nvr_usage *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, SUM, err, "iii", account, since, until);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		*ret = read_row(&q);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_usage_tier(
    struct nvr_store *st, int64_t account, char ret[16], struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, TIER, err, "i", account);

	ret[0] = '\0';
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		strlcpy(ret, nvr_db_text(&q, 0), 16);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_usage_each(struct nvr_store *st, enum nvr_usage_by by,
    const struct nvr_usage_filter *f,
    int (*row)(void *ctx, const struct nvr_usage *u, const char *name),
    void *ctx, struct nvr_error *err)
{
	static const char *const sql[] = {[NVR_BY_CAMERA] = BY_CAMERA,
	    [NVR_BY_MODEL] = BY_MODEL,
	    [NVR_BY_DAY] = BY_DAY,
	    [NVR_BY_ACCOUNT] = BY_ACCOUNT};
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, sql[by], err, "iii", f->since, f->until, f->camera_id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_usage u = read_row(&q);

		rc = row(ctx, &u, nvr_db_text(&q, 4));
	}
	nvr_db_done(&q);
	return rc;
}
