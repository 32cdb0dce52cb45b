/* The register of all columns; see privacy.h. */
#include "store/db.h"
#include "store/privacy.h"

#define EACH                                                               \
	"SELECT table_name, column_name, purpose, legal_basis, retention," \
	" rule FROM privacy_column ORDER BY "
static const char *const each[NVR_PRIVACY_ORDERS] = {
    EACH "table_name, column_name",
    EACH "purpose, legal_basis, table_name, column_name",
    EACH "table_name, retention, rule, column_name",
};
static const char ACCOUNTS[] =
    "SELECT COUNT(*) FROM (SELECT account_id FROM camera"
    " WHERE account_id <> 0 AND removed_at IS NULL"
    " UNION SELECT account_id FROM site WHERE removed_at IS NULL) x";
static const char HOLDS[] =
    "SELECT COUNT(*) FROM hold WHERE released_at IS NULL";
/* Who is restricted comes first: few are. */
static const char LOG_KEPT[] =
    "SELECT COALESCE(MIN(l.at), 0) FROM account r CROSS JOIN log l"
    " WHERE r.restricted_at > 0 AND l.account_id = r.account_id";
static const char DISCLOSURES[] = "SELECT COUNT(*) FROM disclosure";

int
nvr_privacy_each(struct nvr_store *st, enum nvr_privacy_order order,
    int (*row)(void *ctx, const struct nvr_privacy_column *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, each[order], err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_privacy_column c = {
		    .table = nvr_db_text(&q, 0),
		    .column = nvr_db_text(&q, 1),
		    .purpose = nvr_db_text(&q, 2),
		    .basis = nvr_db_text(&q, 3),
		    .retention = nvr_db_text(&q, 4),
		    .rule = nvr_db_text(&q, 5),
		};

		rc = row(ctx, &c);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_privacy_count(
    struct nvr_store *st, struct nvr_privacy_counts *ret, struct nvr_error *err)
{
	int rc = nvr_db_number(st, ACCOUNTS, &ret->accounts, err, "");

	if (rc == 0)
		rc = nvr_db_number(st, HOLDS, &ret->holds, err, "");
	if (rc == 0)
		rc = nvr_db_number(st, DISCLOSURES, &ret->disclosures, err, "");
	if (rc == 0)
		rc = nvr_db_number(st, LOG_KEPT, &ret->log_kept, err, "");
	return rc;
}
