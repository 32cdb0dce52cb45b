/* Restriction of processing; see restrict.h. */
#include "store/db.h"
#include "store/restrict.h"

#define BAR                                                   \
	"SELECT CASE WHEN r.restricted_at IS NOT NULL THEN 1" \
	" WHEN r.deleted_at IS NOT NULL THEN 2 ELSE 0 END FROM "
static const char ACCOUNT[] = BAR "account r WHERE r.account_id = ?1";
static const char CAMERA[] =
    BAR "camera c JOIN account r ON r.account_id = c.account_id"
	" WHERE c.id = ?1";
static const char RECORDING[] =
    "SELECT COALESCE((SELECT CASE WHEN r.restricted_at IS NOT NULL THEN 1"
    " WHEN r.deleted_at IS NOT NULL THEN 2 WHEN c.record IN (?2, 'both')"
    " THEN 0 ELSE 3 END FROM camera c LEFT JOIN account r"
    " ON r.account_id = c.account_id WHERE c.id = ?1), 3)";
static const char CAMERAS[] =
    "SELECT COUNT(*) FROM camera c JOIN account r"
    " ON r.account_id = c.account_id WHERE c.removed_at IS NULL"
    " AND (r.restricted_at IS NOT NULL OR r.deleted_at IS NOT NULL)";

static enum nvr_bar
bar_of(int64_t n)
{
	return n == 1	? NVR_BAR_RESTRICTED
	       : n == 2 ? NVR_BAR_DELETED
	       : n == 3 ? NVR_BAR_OFF
			: NVR_BAR_NONE;
}

static int
look(struct nvr_store *st, const char *sql, int64_t id, enum nvr_bar *ret,
    struct nvr_error *err)
{
	int64_t n = 0;
	int rc = id == 0 ? 0 : nvr_db_number(st, sql, &n, err, "i", id);

	if (rc == 0)
		*ret = bar_of(n);
	return rc;
}

int
nvr_barred(struct nvr_store *st, int64_t account, enum nvr_bar *ret,
    struct nvr_error *err)
{
	return look(st, ACCOUNT, account, ret, err);
}

int
nvr_barred_camera(struct nvr_store *st, int64_t camera, enum nvr_bar *ret,
    struct nvr_error *err)
{
	return look(st, CAMERA, camera, ret, err);
}

int
nvr_barred_recording(struct nvr_store *st, int64_t camera, const char *stream,
    enum nvr_bar *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, RECORDING, &n, err, "it", camera, stream);

	if (rc == 0)
		*ret = bar_of(n);
	return rc;
}

int
nvr_barred_cameras(struct nvr_store *st, int64_t *n, struct nvr_error *err)
{
	return nvr_db_number(st, CAMERAS, n, err, "");
}

const char *
nvr_bar_reason(enum nvr_bar bar)
{
	if (bar == NVR_BAR_OFF)
		return "it is not to be recorded any more";
	return bar == NVR_BAR_DELETED
		   ? "its account is deleted: 'nvr-account restore' brings it "
		     "back"
		   : "its processing is restricted: its data is kept and not "
		     "used until 'nvr-account unrestrict' ends that";
}

int
nvr_restricted(
    struct nvr_store *st, int64_t account, bool *ret, struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = nvr_barred(st, account, &bar, err);

	if (rc == 0)
		*ret = bar == NVR_BAR_RESTRICTED;
	return rc;
}
