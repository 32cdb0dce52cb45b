/* What hangs on rows that end by age goes in pieces; see retain.h. */
#include "base/time.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/retain_int.h"

static const char AUDIT_DUE[] =
    "SELECT 1 FROM audit WHERE id = ?1 AND at < ?2" NVR_BOTH_LOSABLE("audit");
static const char INCIDENT[] =
    "INSERT INTO incident (camera_id, at, account_id) SELECT u.camera_id,"
    " COALESCE(u.taken_at, u.at), u.account_id FROM audit u JOIN camera c"
    " ON c.id = u.camera_id WHERE u.id = ?1 AND COALESCE(u.taken_at, u.at) >="
    " ?2 - c.retain_events_us AND EXISTS (SELECT 1 FROM finding f"
    " WHERE f.audit_id = u.id AND f.verdict = 'yes')"
    " ON CONFLICT (camera_id, at) DO NOTHING";

#define PIECE 64
#define LIMIT_PIECE " LIMIT 64"
static const char BREACH_NOTES[] =
    "DELETE FROM breach_note WHERE id IN (SELECT n.id FROM breach x JOIN"
    " breach_note n ON n.breach_id = x.id WHERE x.id = ?1"
    " AND x.closed_at < ?2" NVR_BREACH_GOES("x") LIMIT_PIECE ")";
static const char BREACH_TOLD[] =
    "DELETE FROM breach_told WHERE breach_id = ?1 AND account_id IN (SELECT"
    " n.account_id FROM breach x JOIN breach_told n ON n.breach_id = x.id"
    " WHERE x.id = ?1 AND x.closed_at < ?2" NVR_BREACH_GOES("x") LIMIT_PIECE
    ")";

/* Footage that is kept around a moment ends so long after it at the most; what
 * need not be known goes with the recordings. */
#define AFTER (26 * NVR_HOUR)

/* The moment stays, once: it is seen by what goes next. */
static int
lighten_audit(struct nvr_store *st, const struct nvr_aged_by *by, int64_t id,
    struct nvr_error *err)
{
	int64_t due = 0;
	bool heavy = false;
	int rc = nvr_db_run(st, INCIDENT, err, "ii", id, by->now - AFTER);

	if (rc == 0)
		rc = nvr_audit_heavy(st, id, &heavy, err);
	if (rc == 0 && heavy)
		rc = nvr_db_number(
		    st, AUDIT_DUE, &due, err, "ii", id, by->before);
	return rc == 0 && due != 0 ? nvr_audit_lighten(st, id, err) : rc;
}

/* Hundreds of thousands may have been told. */
static int
lighten_breach(struct nvr_store *st, const struct nvr_aged_by *by, int64_t id,
    struct nvr_error *err)
{
	static const char *const piece[] = {BREACH_NOTES, BREACH_TOLD};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(piece) / sizeof(piece[0]);) {
		rc = nvr_db_run(st, piece[i], err, "ii", id, by->before);
		if (rc == 0 && nvr_db_changes(st) < PIECE)
			i++;
		else if (rc == 0 && nvr_store_enough(st))
			rc = 1;
	}
	return rc;
}

int
nvr_aged_drop_first(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by, const struct nvr_aged_row *r,
    struct nvr_error *err)
{
	switch (what) {
	case NVR_AGED_AUDITS_OWNER:
	case NVR_AGED_AUDITS_FREE:
	case NVR_AGED_AUDITS_PREMIUM:
		return lighten_audit(st, by, r->id, err);
	case NVR_AGED_BREACHES:
		return lighten_breach(st, by, r->id, err);
	default:
		return 0;
	}
}
