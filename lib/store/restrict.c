/* Restriction of processing; see restrict.h. */
#include "store/db.h"
#include "store/restrict.h"

static const char RESTRICTED[] = "SELECT 1 FROM account WHERE account_id = ?1"
				 " AND restricted_at IS NOT NULL";
static const char RESTRICTED_CAMERA[] =
    "SELECT 1 FROM camera c JOIN account r ON r.account_id = c.account_id"
    " WHERE c.id = ?1 AND r.restricted_at IS NOT NULL";

int
nvr_restricted(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = account == 0
		     ? 0
		     : nvr_db_number(st, RESTRICTED, &n, err, "i", account);

	if (rc == 0)
		*ret = n != 0;
	return rc;
}

int
nvr_restricted_camera(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, RESTRICTED_CAMERA, &n, err, "i", camera);

	if (rc == 0)
		*ret = n != 0;
	return rc;
}
