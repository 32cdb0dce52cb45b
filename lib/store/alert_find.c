/* What is wrong, as rows; see alert_find.h. */
#include <math.h>

#include "base/text.h"
#include "base/time.h"
#include "store/alert_find.h"
#include "store/db.h"

/* A recorder is down once it missed three reports. */
#define MISSED "3 * x.interval_us"
/* What it told is of now while it is heard. */
#define HEARD " x.state = 'active' AND x.seen_at >= ?1 - " MISSED

/* Of an account that was barred nothing was taken until that ended.  By the
 * time, since few entries are as new. */
#define UNBARRED                                                               \
	" AND NOT EXISTS (SELECT 1 FROM log g WHERE g.at BETWEEN ?1 - " MISSED \
	" AND ?1 + " MISSED " AND g.type IN ('account.restored',"              \
	" 'account.unrestricted') AND g.account_id + 0 = x.account_id)"

/* account, site, object, at, since, value, number, subject, word */
static const char SILENT[] =
    "SELECT x.account_id, x.site_id, x.id, CAST(?1 AS BIGINT), x.seen_at, NULL,"
    " x.interval_us, '', '' FROM recorder x WHERE x.state = 'active'"
    " AND x.seen_at < ?1 AND x.seen_at < ?1 - " MISSED
    " AND ?2 < ?1 - " MISSED UNBARRED NVR_USABLE("x");
/* Of one that was let in and never heard: since then, or ahead of it. */
#define LET_IN "COALESCE(x.approved_at, x.created_at)"
static const char UNHEARD[] =
    "SELECT x.account_id, x.site_id, x.id, CAST(?1 AS BIGINT), " LET_IN
    ", NULL, x.interval_us, '', 'never' FROM recorder x"
    " WHERE x.state = 'active' AND x.seen_at IS NULL AND (" LET_IN
    " < ?1 - " MISSED " OR " LET_IN
    " > ?3) AND ?2 < ?1 - " MISSED UNBARRED NVR_USABLE("x");
static const char CAMERA[] =
    "SELECT c.account_id, x.site_id, c.camera_id, x.seen_at, c.newest_at, NULL,"
    " x.id, c.name, c.state FROM recorder_camera c JOIN recorder x"
    " ON x.id = c.recorder_id WHERE"
    " c.state NOT IN ('recording', 'off', 'restricted', '') AND" HEARD
    " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.account_id = x.account_id"
    " AND a.kind = 'recorder-offline' AND a.object = x.id"
    " AND a.closed_at IS NULL)" NVR_USABLE("c");
static const char SPACE[] =
    "SELECT x.account_id, x.site_id, x.id, t.received_at, t.received_at,"
    " t.disk_free, t.disk_free_bytes, '', '' FROM telemetry t JOIN recorder x"
    " ON x.id = t.recorder_id WHERE t.received_at > ?2 AND t.late = 0"
    " AND (t.disk_free < ?4 OR t.disk_free_bytes < ?3) AND x.state = 'active'"
    " AND NOT EXISTS (SELECT 1 FROM telemetry n WHERE n.recorder_id ="
    " t.recorder_id AND n.late = 0 AND n.at > t.at)" NVR_USABLE("x");
static const char OVERDUE[] =
    "SELECT x.account_id, x.site_id, x.id, x.seen_at, x.seen_at, NULL,"
    " x.overdue, '', '' FROM recorder x WHERE x.overdue > 0 AND" HEARD
	NVR_USABLE("x");
/* The worse of the two; no number is too large to be made negative. */
#define BELOW(n) "CASE WHEN " n " > 0 THEN -" n " ELSE " n " END"
static const char CLOCK[] =
    "SELECT x.account_id, x.site_id, x.id, x.seen_at, x.seen_at, NULL,"
    " CASE WHEN " BELOW("x.clock_us") " < COALESCE(" BELOW(
	"x.skew_us") ", 0)"
		     " THEN x.clock_us ELSE x.skew_us END, '', '' FROM "
		     "recorder x WHERE"
		     " (x.clock_us > ?3 OR x.clock_us < -?3 OR x.skew_us > ?3"
		     " OR x.skew_us < -?3) AND" HEARD NVR_USABLE("x");
/* Each audit that found something, but those that an alert was judged by. */
static const char ALARM[] =
    "SELECT u.account_id, COALESCE(c.site_id, 0), u.camera_id, u.at, u.at,"
    " f.confidence, u.id, u.camera_name, f.label FROM audit u JOIN camera c"
    " ON c.id = u.camera_id JOIN finding f ON f.audit_id = u.id"
    " AND f.verdict = 'yes' WHERE u.at > ?2 AND u.at <= ?1 + 60000000"
    " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.kind = 'audit-alarm'"
    " AND a.object = u.camera_id AND a.account_id = u.account_id"
    " AND u.at BETWEEN a.since AND a.seen_at)" NVR_BOTH_USABLE("u");
static const char MISSED_SLOT[] =
    "SELECT d.account_id, 0, d.id, CAST(?1 AS BIGINT), d.next_at, NULL, 0,"
    " d.name, '' FROM schedule d WHERE d.next_at < ?3" NVR_USABLE("d");
static const char FAILED[] =
    "SELECT d.account_id, 0, d.id, u.at, u.at, NULL, 0, d.name, u.status"
    " FROM audit u JOIN schedule d ON d.id = u.schedule_id WHERE u.at > ?2"
    " AND u.status IN ('error', 'invalid', 'refused', 'filtered', 'truncated',"
    " 'budget') AND NOT EXISTS (SELECT 1 FROM audit n WHERE n.schedule_id ="
    " u.schedule_id AND n.slot_at > u.slot_at)" NVR_BOTH_USABLE("u");
static const char LIMIT[] =
    "SELECT c.account_id, COALESCE(c.site_id, 0), e.camera_id, e.at, e.at,"
    " NULL, 0, c.name, e.detail FROM event e JOIN camera c"
    " ON c.id = e.camera_id WHERE e.at > ?2 AND e.at <= ?1 + 60000000"
    " AND e.kind = 'audit-limit'" NVR_BOTH_USABLE("e");
static const char EXPORT[] =
    "SELECT p.account_id, 0, p.id, CAST(?1 AS BIGINT), p.ready_at, NULL,"
    " p.expires_at, '', p.format FROM export p WHERE p.state = 'ready'"
    " AND p.taken_at IS NULL AND p.expires_at > ?1" NVR_USABLE("p");
static const char REQUEST[] =
    "SELECT 0, 0, q.id, CAST(?1 AS BIGINT), CAST(?1 AS BIGINT), NULL, q.due_at,"
    " q.kind, '' FROM request q WHERE q.done_at IS NULL AND q.due_at < ?3";
static const char ERASURE[] =
    "SELECT 0, 0, a.account_id, CAST(?1 AS BIGINT), CAST(?1 AS BIGINT), NULL,"
    " a.deleted_at, '', '' FROM account a WHERE a.deleted_at IS NOT NULL"
    " AND a.deleted_at < ?3 AND a.restricted_at IS NULL";
static const char DEAD[] =
    "SELECT o.account_id, 0, CASE o.channel WHEN 'mail' THEN 1"
    " WHEN 'sms' THEN 2 WHEN 'webhook' THEN 3 ELSE 4 END, MAX(o.dead_at),"
    " MIN(o.dead_at), NULL, COUNT(*), '', o.channel FROM outbox o"
    " WHERE o.dead_at > ?2" NVR_USABLE("o") " GROUP BY o.account_id, o.channel";

static const char ASKED[] =
    "SELECT x.account_id, x.site_id, x.id, CAST(?1 AS BIGINT),"
    " COALESCE(x.moved_at, x.created_at), NULL, 0, '', CASE x.state"
    " WHEN 'waiting' THEN 'new' ELSE 'moved' END FROM recorder x WHERE"
    " (x.state = 'waiting' OR (x.state = 'active' AND x.moved IS NOT NULL"
    " AND x.cloned_at IS NULL))" NVR_USABLE("x");
static const char CLONED[] =
    "SELECT x.account_id, x.site_id, x.id, CAST(?1 AS BIGINT), x.cloned_at,"
    " NULL, 0, '', 'cloned' FROM recorder x WHERE x.state = 'active'"
    " AND x.cloned_at IS NOT NULL" NVR_USABLE("x");

/* What a statement gets: n now, s since, l limit, p percent; each has those up
 * to the last of its own, so that their numbers are the same in all. */
static const struct {
	const char *sql;
	int gets;
} finds[NVR_FINDS] = {
    [NVR_FIND_SILENT] = {SILENT, 2},
    [NVR_FIND_UNHEARD] = {UNHEARD, 3},
    [NVR_FIND_CAMERA] = {CAMERA, 1},
    [NVR_FIND_SPACE] = {SPACE, 4},
    [NVR_FIND_OVERDUE] = {OVERDUE, 1},
    [NVR_FIND_CLOCK] = {CLOCK, 3},
    [NVR_FIND_ALARM] = {ALARM, 2},
    [NVR_FIND_MISSED] = {MISSED_SLOT, 3},
    [NVR_FIND_FAILED] = {FAILED, 2},
    [NVR_FIND_LIMIT] = {LIMIT, 2},
    [NVR_FIND_EXPORT] = {EXPORT, 1},
    [NVR_FIND_REQUEST] = {REQUEST, 3},
    [NVR_FIND_ERASURE] = {ERASURE, 3},
    [NVR_FIND_DEAD] = {DEAD, 2},
    [NVR_FIND_ASKED] = {ASKED, 1},
    [NVR_FIND_CLONED] = {CLONED, 1},
};
static const char *const signatures[] = {"", "i", "ii", "iii", "iiir"};

int
nvr_alert_find_each(struct nvr_store *st, enum nvr_alert_find what,
    const struct nvr_find_by *by,
    int (*row)(void *ctx, const struct nvr_found *f), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, finds[what].sql, err,
	    signatures[finds[what].gets], by->now, by->since, by->limit,
	    by->percent);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		double value = nvr_db_real(&q, 5);
		const struct nvr_found f = {nvr_db_int(&q, 0),
		    nvr_db_int(&q, 1), nvr_db_int(&q, 2), nvr_db_int(&q, 3),
		    nvr_db_int(&q, 4), isfinite(value) ? value : NAN,
		    nvr_db_int_or(&q, 6, INT64_MAX),
		    nvr_or_empty(nvr_db_text(&q, 7)),
		    nvr_or_empty(nvr_db_text(&q, 8))};

		rc = row(ctx, &f);
	}
	nvr_db_done(&q);
	return rc;
}

/* at, recorder; no row: there is no such thing. */
static const char OF_RECORDER[] =
    "SELECT x.seen_at, x.id FROM recorder x WHERE x.id = ?1 AND x.account_id ="
    " ?2 AND x.state = 'active'" NVR_USABLE("x");
static const char OF_SPACE[] =
    "SELECT (SELECT t.received_at FROM telemetry t WHERE t.recorder_id = x.id"
    " AND t.late = 0 ORDER BY t.at DESC LIMIT 1), x.id FROM recorder x"
    " WHERE x.id = ?1 AND x.account_id = ?2 AND x.state = 'active'" NVR_USABLE(
	"x");
static const char OF_CAMERA[] =
    "SELECT CASE c.state WHEN 'off' THEN -2 WHEN '' THEN 0 ELSE x.seen_at END,"
    " x.id FROM recorder_camera c JOIN recorder x ON x.id = c.recorder_id AND "
    "x.state = 'active' WHERE c.camera_id = ?1"
    " AND c.account_id = ?2" NVR_USABLE("c") " ORDER BY x.seen_at DESC LIMIT 1";
/* Each schedule and analyzer that found something looks again: the last to. */
static const char OF_ALARM[] =
    "SELECT (SELECT MIN((SELECT n.at FROM audit n WHERE n.camera_id ="
    " u.camera_id AND n.status = 'ok' AND n.analyzer = u.analyzer"
    " AND COALESCE(n.schedule_id, 0) = COALESCE(u.schedule_id, 0)"
    " ORDER BY n.at DESC LIMIT 1)) FROM audit u JOIN finding f"
    " ON f.audit_id = u.id AND f.verdict = 'yes' WHERE u.camera_id = c.id"
    " AND u.at >= (SELECT a.since FROM alert a WHERE a.account_id = ?2"
    " AND a.kind = 'audit-alarm' AND a.object = c.id AND a.closed_at IS NULL)),"
    " 0 FROM camera c WHERE c.id = ?1 AND c.removed_at IS NULL" NVR_USABLE("c");
static const char OF_SCHEDULE[] =
    "SELECT (SELECT u.at FROM audit u WHERE u.schedule_id = d.id"
    " AND u.status <> 'unfinished' ORDER BY u.slot_at DESC LIMIT 1), 0"
    " FROM schedule d WHERE d.id = ?1 AND d.account_id = ?2"
    " AND d.next_at IS NOT NULL" NVR_USABLE("d");
static const char *const beats[NVR_BEATS] = {
    [NVR_BEAT_RECORDER] = OF_RECORDER,
    [NVR_BEAT_SPACE] = OF_SPACE,
    [NVR_BEAT_CAMERA] = OF_CAMERA,
    [NVR_BEAT_ALARM] = OF_ALARM,
    [NVR_BEAT_SCHEDULE] = OF_SCHEDULE,
};

int
nvr_alert_beat(struct nvr_store *st, enum nvr_alert_beat of, int64_t account,
    int64_t object, int64_t *at, int64_t *on, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, beats[of], err, "ii", object, account);

	*at = -1;
	*on = 0;
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		*at = nvr_db_int(&q, 0);
		*on = nvr_db_int(&q, 1);
		if (*at < 0 && *at != NVR_BEAT_OFF)
			*at = 0;
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

static const char AHEAD[] = "UPDATE recorder SET seen_at = ?1 WHERE state ="
			    " 'active' AND seen_at > ?1 + 60000000";

int
nvr_alert_set_back(struct nvr_store *st, int64_t now, struct nvr_error *err)
{
	return nvr_db_run(st, AHEAD, err, "i", now);
}

static const char NEWEST[] =
    "SELECT x.seen_at FROM recorder x WHERE x.state = 'active'"
    " AND x.seen_at <= ?1 + 60000000" NVR_USABLE(
	"x") " ORDER BY x.seen_at DESC LIMIT 1";
/* Of each site with a recorder that was all right when the newest report of all
 * came (?1), the least interval; the second least of these. */
static const char SECOND[] =
    "SELECT MIN(x.interval_us) FROM recorder x WHERE x.state = 'active'"
    " AND x.seen_at >= ?1 - x.interval_us - x.interval_us / 2"
    " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.account_id = x.account_id"
    " AND a.kind = 'recorder-offline' AND a.object = x.id"
    " AND a.closed_at IS NULL)" NVR_USABLE(
	"x") " GROUP BY x.account_id, x.site_id"
	     " ORDER BY MIN(x.interval_us) LIMIT 1 OFFSET 1";

int
nvr_alert_heard(struct nvr_store *st, int64_t now, struct nvr_heard *ret,
    struct nvr_error *err)
{
	int rc;

	*ret = (struct nvr_heard){.newest = 0};
	rc = nvr_db_number(st, NEWEST, &ret->newest, err, "i", now);
	/* Where somebody is heard all the time it is not asked for. */
	if (rc == 0 && ret->newest > 0 &&
	    now - ret->newest >= NVR_ALERT_QUIET_LEAST)
		rc = nvr_db_number(
		    st, SECOND, &ret->interval, err, "i", ret->newest);
	return rc;
}
