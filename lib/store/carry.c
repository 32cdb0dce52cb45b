/*
 * What people decided since a backup; see carry.h.  Two databases in one
 * statement are SQLite's own, as backups are.  Both have the newest schema,
 * whose tables have their columns in one order, so SELECT * is safe.
 */
#include "store/carry.h"
#include "store/db.h"

static const char ATTACH[] = "ATTACH DATABASE ?1 AS live";
static const char DETACH[] = "DETACH DATABASE live";

/* The log of the present one goes on where the copy's ends. */
static const char CONTINUES[] =
    "SELECT COUNT(*) FROM (SELECT 1 WHERE NOT EXISTS"
    " (SELECT 1 FROM main.log_tail WHERE seq > 0) UNION ALL"
    " SELECT 1 FROM main.log_tail t JOIN live.log l ON l.seq = t.seq"
    " AND l.hash = t.hash) AS x";
/*
 * The present one is what became of the copy: its log has the copy's last row,
 * or rows since then alone, as the others were pruned.  Who was put back from a
 * still older backup has another row there, or none yet.
 */
static const char BECAME[] =
    "SELECT COUNT(*) FROM main.log_tail t JOIN main.setting m"
    " ON m.name = 'media_uuid' JOIN live.setting n ON n.name = m.name"
    " AND n.value = m.value WHERE t.seq > 0 AND (EXISTS (SELECT 1 FROM live.log"
    " l WHERE l.seq = t.seq AND l.hash = t.hash)"
    " OR t.seq < (SELECT MIN(l.seq) FROM live.log l))";
static const char LOST[] =
    "SELECT COUNT(*) FROM live.account"
    " WHERE account_id NOT IN (SELECT account_id FROM main.account)";
static const char ANY[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM account LIMIT 1) AS x";

static const char CAMERAS_ANEW[] =
    "UPDATE camera SET removed_at = ?1 WHERE removed_at < ?1";
static const char SITES_ANEW[] =
    "UPDATE site SET removed_at = ?1 WHERE removed_at < ?1";

/*
 * What is in the copy alone was removed since, and then erased: it is removed
 * once more, and not recorded anew.
 */
static const char CAMERAS_GONE[] =
    "UPDATE main.camera SET removed_at = ?1 WHERE removed_at IS NULL"
    " AND id NOT IN (SELECT id FROM live.camera)";
static const char SITES_GONE[] =
    "UPDATE main.site SET removed_at = ?1 WHERE removed_at IS NULL"
    " AND id NOT IN (SELECT id FROM live.site) AND id NOT IN (SELECT site_id"
    " FROM main.camera WHERE removed_at IS NULL AND site_id IS NOT NULL)";

/* The accounts whose row is taken: ?1, or it is not older than the copy's. */
static const char CARRYING[] =
    "CREATE TEMP TABLE IF NOT EXISTS carrying (account_id BIGINT PRIMARY KEY)";
static const char CHOOSE[] =
    "INSERT INTO carrying (account_id) SELECT a.account_id FROM main.account a"
    " JOIN live.account l ON l.account_id = a.account_id"
    " WHERE ?1 <> 0 OR l.changed_at >= a.changed_at";

#define THEIRS "account_id IN (SELECT account_id FROM carrying)"
#define IN_BOTH "account_id IN (SELECT account_id FROM main.account)"
#define OR_NOBODYS "(account_id = 0 OR " IN_BOTH ")"
#define ADD(t, which)                                                  \
	"INSERT INTO main." t " SELECT * FROM live." t " WHERE " which \
	" ON CONFLICT DO NOTHING"
#define DROP(t, which) "DELETE FROM main." t " WHERE " which

#define GOES(t)                                                        \
	"UPDATE main." t " SET removed_at = l.removed_at FROM live." t \
	" l WHERE l.id = " t ".id AND l.removed_at IS NOT NULL"
#define BACK(t)                                                             \
	" FROM live." t " l WHERE l.id = " t ".id AND l.removed_at IS NULL" \
	" AND " t ".removed_at IS NOT NULL"

static const char *const carry[] = {
    /* Two may have changed addresses: none is in another's way. */
    "UPDATE main.account SET lookup = randomblob(32) WHERE " THEIRS,
    "UPDATE main.account SET lookup = l.lookup, email = l.email,"
    " name = l.name, business = l.business, tier = l.tier,"
    " adult_how = l.adult_how, password = l.password, pepper = l.pepper,"
    " password_at = l.password_at, created_at = l.created_at,"
    " changed_at = l.changed_at, verified_at = l.verified_at,"
    " signin_at = l.signin_at, deleted_at = l.deleted_at,"
    " restricted_at = l.restricted_at, restricted_why = l.restricted_why"
    " FROM live.account l WHERE l.account_id = account.account_id"
    " AND account." THEIRS,
    DROP("factor", THEIRS),
    ADD("factor", THEIRS),
    DROP("recovery_code", THEIRS),
    ADD("recovery_code", THEIRS),
    DROP("contact", THEIRS),
    ADD("contact", THEIRS),
    ADD("consent", IN_BOTH),
    ADD("objection", IN_BOTH),
    "UPDATE main.objection SET withdrawn_at = l.withdrawn_at"
    " FROM live.objection l WHERE l.id = objection.id"
    " AND objection.withdrawn_at IS NULL",
    ADD("request", OR_NOBODYS),
    "UPDATE main.request SET note = l.note, due_at = l.due_at,"
    " extended_at = l.extended_at, done_at = l.done_at, outcome = l.outcome,"
    " answer = l.answer FROM live.request l WHERE l.id = request.id"
    " AND request.done_at IS NULL AND (l.done_at IS NOT NULL OR"
    " (l.extended_at IS NOT NULL AND request.extended_at IS NULL))",
    /* Their files lie beside the present one. */
    DROP("export", "id > 0"),
    ADD("export", IN_BOTH),
    ADD("disclosure", "id > 0"),
    ADD("breach", "id > 0"),
    "UPDATE main.breach SET"
    " reported_at = COALESCE(breach.reported_at, l.reported_at),"
    " closed_at = COALESCE(breach.closed_at, l.closed_at)"
    " FROM live.breach l WHERE l.id = breach.id",
    ADD("breach_note", "id > 0"),
    ADD("breach_told", "breach_id > 0"),
    ADD("notice", "id > 0"),
    "UPDATE main.notice SET text = l.text, created_at = l.created_at,"
    " announced_at = l.announced_at, effective_at = l.effective_at"
    " FROM live.notice l WHERE l.id = notice.id"
    " AND notice.announced_at IS NULL AND l.created_at >= notice.created_at",
    ADD("notice_told",
	IN_BOTH " AND notice_id IN (SELECT id FROM main.notice)"),
    "UPDATE main.notice_told SET"
    " outbox_id = COALESCE(notice_told.outbox_id, l.outbox_id),"
    " seen_at = COALESCE(notice_told.seen_at, l.seen_at)"
    " FROM live.notice_told l WHERE l.notice_id = notice_told.notice_id"
    " AND l.account_id = notice_told.account_id",
    ADD("processor", "id > 0"),
    "UPDATE main.processor SET until = l.until FROM live.processor l"
    " WHERE l.id = processor.id AND processor.until IS NULL",
    ADD("outbox", OR_NOBODYS),
    /* What was taken away since frees its name for what came back since, as
     * its new name where another has it. */
    GOES("camera"),
    GOES("site"),
    "UPDATE OR IGNORE main.camera SET name = l.name, removed_at = NULL" BACK(
	"camera"),
    "UPDATE main.camera SET name = 'camera-' || camera.id,"
    " removed_at = NULL" BACK("camera"),
    "UPDATE OR IGNORE main.site SET name = l.name, lookup = l.lookup,"
    " removed_at = NULL" BACK("site"),
    "UPDATE OR IGNORE main.site SET removed_at = NULL" BACK("site"),
    /* Nor is one removed where cameras are, as the copy has them. */
    "UPDATE OR IGNORE main.site SET removed_at = NULL WHERE id IN"
    " (SELECT site_id FROM main.camera WHERE removed_at IS NULL)",
    ADD("hold", "camera_id IN (SELECT id FROM main.camera)"),
    "UPDATE main.hold SET released_by = l.released_by,"
    " released_at = l.released_at, released_why = l.released_why"
    " FROM live.hold l WHERE l.id = hold.id AND hold.released_at IS NULL",
    /* Its account may be one that is lost. */
    "UPDATE main.hold SET account_id = COALESCE((SELECT c.account_id"
    " FROM main.camera c WHERE c.id = hold.camera_id), 0)"
    " WHERE account_id NOT IN (SELECT account_id FROM main.account)",
    "DROP TABLE carrying",
    NULL,
};

/*
 * Where the present one is what became of the copy: what it sent, or took
 * back, is not sent again, and its log is the evidence.
 */
static const char *const carry_on[] = {
    DROP("contact", OR_NOBODYS),
    ADD("contact", OR_NOBODYS),
    DROP("outbox", OR_NOBODYS),
    ADD("outbox", OR_NOBODYS),
    DROP("log", "seq > 0"),
    ADD("log", "seq > 0"),
    DROP("log_tail", "id = 1"),
    ADD("log_tail", "id = 1"),
    DROP("log_mark", "seq >= 0"),
    ADD("log_mark", "seq >= 0"),
    NULL,
};

/* And what was set of cameras and sites, so that no more is recorded of them,
 * or kept, or shown, than was decided. */
static const char *const carry_set[] = {
    "UPDATE main.camera SET record = l.record, audio = l.audio, mask = l.mask,"
    " retain_us = l.retain_us, retain_bytes = l.retain_bytes,"
    " retain_sub_us = l.retain_sub_us, retain_sub_bytes = l.retain_sub_bytes,"
    " retain_events_us = l.retain_events_us,"
    " retain_stills_us = l.retain_stills_us, changed_at = l.changed_at"
    " FROM live.camera l WHERE l.id = camera.id"
    " AND l.changed_at > camera.changed_at",
    "UPDATE main.site SET retain_us = l.retain_us,"
    " retain_bytes = l.retain_bytes, changed_at = l.changed_at"
    " FROM live.site l WHERE l.id = site.id AND l.changed_at >"
    " site.changed_at",
    NULL,
};

static int
run_all(struct nvr_store *st, const char *const *sql, struct nvr_error *err)
{
	int rc = 0;

	for (; rc == 0 && *sql != NULL; sql++)
		rc = nvr_db_run(st, *sql, err, "");
	return rc;
}

static int
carry_inventory(struct nvr_store *st, int64_t now, struct nvr_carried *ret,
    struct nvr_error *err)
{
	int rc = nvr_db_run(st, CAMERAS_GONE, err, "i", now);

	if (rc != 0)
		return rc;
	ret->removed = nvr_db_changes(st);
	rc = nvr_db_run(st, SITES_GONE, err, "i", now);
	return rc == 0 ? run_all(st, carry_set, err) : rc;
}

static int
carry_over(struct nvr_store *st, int64_t now, struct nvr_carried *ret,
    struct nvr_error *err)
{
	int64_t on = 0, became = 0;
	int rc = nvr_db_number(st, CONTINUES, &on, err, "");

	if (rc == 0)
		rc = nvr_db_number(st, BECAME, &became, err, "");

	ret->log = on != 0;
	if (rc == 0)
		rc = nvr_db_number(st, LOST, &ret->lost, err, "");
	if (rc == 0)
		rc = nvr_db_run(st, CARRYING, err, "");
	if (rc == 0)
		rc = nvr_db_run(st, CHOOSE, err, "i", on);
	if (rc == 0)
		rc = run_all(st, carry, err);
	if (rc == 0 && became != 0)
		rc = carry_inventory(st, now, ret, err);
	return rc == 0 && on != 0 ? run_all(st, carry_on, err) : rc;
}

int
nvr_store_carry(struct nvr_store *copy, struct nvr_store *live, int64_t now,
    struct nvr_carried *ret, struct nvr_error *err)
{
	struct nvr_carried done = {0};
	struct nvr_error ignored;
	int rc = nvr_db_run(copy, ATTACH, err, "t", live->path);

	if (rc != 0)
		return rc;
	rc = nvr_store_begin(copy, err);
	if (rc == 0)
		rc =
		    nvr_store_end(copy, carry_over(copy, now, &done, err), err);
	if (rc == 0)
		*ret = done;
	nvr_db_run(copy, DETACH, &ignored, "");
	return rc;
}

int
nvr_removals_anew(struct nvr_store *st, int64_t now, struct nvr_error *err)
{
	int rc = nvr_db_run(st, CAMERAS_ANEW, err, "i", now);

	return rc == 0 ? nvr_db_run(st, SITES_ANEW, err, "i", now) : rc;
}

int
nvr_account_any(struct nvr_store *st, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, ANY, &n, err, "");

	*ret = n != 0;
	return rc;
}
