/* Restriction of processing; see restrict.h. */
#include "store/db.h"
#include "store/restrict.h"

/* 0, with no row: it is gone. */
static const char STANDING[] =
    "SELECT CASE WHEN restricted_at IS NULL THEN 1 ELSE 2 END FROM account"
    " WHERE account_id = ?1";
static const char RESTRICTED_CAMERA[] =
    "SELECT 1 FROM camera c JOIN account r ON r.account_id = c.account_id"
    " WHERE c.id = ?1 AND r.restricted_at IS NOT NULL";

int
nvr_standing(struct nvr_store *st, int64_t account, enum nvr_standing *ret,
    struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, STANDING, &n, err, "i", account);

	if (rc == 0)
		*ret = (enum nvr_standing)n;
	return rc;
}

int
nvr_restricted(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err)
{
	enum nvr_standing at = NVR_GONE;
	int rc = account == 0 ? 0 : nvr_standing(st, account, &at, err);

	if (rc == 0)
		*ret = at == NVR_RESTRICTED;
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
