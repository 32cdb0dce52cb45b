/* What hangs on an audit goes in pieces; see audit.h. */
#include "store/audit.h"
#include "store/db.h"

#define OVER(table)                                           \
	"EXISTS (SELECT 1 FROM " table " WHERE audit_id = ?1" \
	" LIMIT 1 OFFSET 64)"
static const char HEAVY[] =
    "SELECT CASE WHEN " OVER("finding") " OR " OVER("step") " OR " OVER(
	"attempt") " OR " OVER("departure") " THEN 1 ELSE 0 END";
#define PIECE(table)                                                 \
	"DELETE FROM " table " WHERE audit_id = ?1 AND ordinal IN"   \
	" (SELECT ordinal FROM " table " WHERE audit_id = ?1 LIMIT " \
	"64)"
static const char FINDINGS[] = PIECE("finding");
static const char STEPS[] = PIECE("step");
static const char ATTEMPTS[] = PIECE("attempt");
static const char DEPARTURES[] = PIECE("departure");

int
nvr_audit_heavy(
    struct nvr_store *st, int64_t audit, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, HEAVY, &n, err, "i", audit);

	*ret = n != 0;
	return rc;
}

int
nvr_audit_lighten(struct nvr_store *st, int64_t audit, struct nvr_error *err)
{
	static const char *const piece[] = {
	    FINDINGS, STEPS, ATTEMPTS, DEPARTURES};
	int rc = 0;

	for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]);) {
		rc = nvr_db_run(st, piece[i], err, "i", audit);
		if (rc != 0)
			return rc;
		if (nvr_db_changes(st) == 0)
			i++;
		else if (nvr_store_enough(st))
			return 1;
	}
	return 0;
}
