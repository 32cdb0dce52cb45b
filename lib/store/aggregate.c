/* Anonymous counts; see aggregate.h. */
#include "base/text.h"
#include "store/aggregate.h"
#include "store/db.h"

/* Those who took none add NULL. */
#define TOOK(c)                                            \
	", SUM(CASE WHEN x." c " <> 0 THEN 1 ELSE 0 END)," \
	" COALESCE(SUM(x." c "), 0)"
#define SUMMED(c) ", SUM(CAST(u." c " AS DOUBLE PRECISION)) AS " c
#define TOOK_EACH        \
	TOOK("audits")   \
	TOOK("requests") \
	TOOK("tokens_in") TOOK("tokens_out") TOOK("cost_micros")
#define SUMMED_EACH        \
	SUMMED("audits")   \
	SUMMED("requests") \
	SUMMED("tokens_in") SUMMED("tokens_out") SUMMED("cost_micros")
#define USABLE NVR_BOTH_USABLE("u")

const char *const nvr_aggregate_sums[NVR_AGGREGATE_SUMS] = {
    "audits", "requests", "tokens_in", "tokens_out", "cost_micros"};

static const char COUNT[] =
    "SELECT a.tier, COUNT(*), COUNT(x.account_id)" TOOK_EACH
    " FROM account a LEFT JOIN (SELECT u.account_id" SUMMED_EACH
    " FROM usage u WHERE u.account_id <> 0 AND u.day >= ?1 AND u.day < "
    "?2" USABLE " GROUP BY u.account_id) AS x ON x.account_id = a.account_id"
    " WHERE a.created_at < ?3 AND a.deleted_at IS NULL"
    " AND a.restricted_at IS NULL GROUP BY a.tier";
static const char FIRST[] = "SELECT MIN(u.day) FROM usage u WHERE u.account_id "
			    "<> 0 AND u.day > 0" USABLE;
static const char THERE[] = "SELECT 1 FROM aggregate WHERE month = ?1 LIMIT 1";
static const char PUT[] =
    "INSERT INTO aggregate (month, tier, measure, accounts, value)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

int
nvr_aggregate_count(struct nvr_store *st, int64_t since, int64_t until,
    int64_t end,
    int (*row)(void *ctx, const char *tier, const struct nvr_aggregate_tier *t),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, COUNT, err, "iii", since, until, end);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_aggregate_tier t = {
		    .accounts = nvr_db_int(&q, 1), .active = nvr_db_int(&q, 2)};

		for (int i = 0; i < NVR_AGGREGATE_SUMS; i++) {
			t.took[i] = nvr_db_int(&q, 3 + 2 * i);
			t.sum[i] = nvr_db_real(&q, 4 + 2 * i);
		}
		rc = row(ctx, nvr_or_empty(nvr_db_text(&q, 0)), &t);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_aggregate_first(struct nvr_store *st, int64_t *day, struct nvr_error *err)
{
	return nvr_db_number(st, FIRST, day, err, "");
}

int
nvr_aggregate_there(
    struct nvr_store *st, int64_t month, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, THERE, &n, err, "i", month);

	*ret = n != 0;
	return rc;
}

int
nvr_aggregate_put(struct nvr_store *st, int64_t month, const char *tier,
    const char *measure, int64_t accounts, int64_t value, struct nvr_error *err)
{
	return nvr_db_run(
	    st, PUT, err, "ittii", month, tier, measure, accounts, value);
}
