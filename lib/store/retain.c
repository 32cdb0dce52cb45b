/* Rows that end by age; see retain.h. */
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "store/db.h"
#include "store/retain_int.h"

/* id, at, word, camera, account, then of usage its camera; of stills
 * expires_at, path, size, camera, and how long that keeps them */
#define AUDIT "SELECT u.id, u.at, u.camera_name, u.camera_name, u.account_id"
static const char AUDITS_OWNER[] = AUDIT
    ", 0, NULL, 0 FROM audit u WHERE u.account_id = 0 AND u.at < ?1"
    " AND (?2 = 0 OR u.camera_id = ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.at";
static const char AUDITS_OF[] =
    AUDIT ", 0, NULL, 0 FROM audit u WHERE u.account_id = ?1"
	  " AND u.account_id <> 0 AND u.at < ?2 AND (?3 = 0 OR"
	  " u.camera_id = ?3)" NVR_BOTH_LOSABLE("u") " ORDER BY u.at";
/* Accounts that have some, each in turn by a search of the index.  All rows of
 * one that is restricted stay. */
#define NEXT(table)                                                  \
	"SELECT x.account_id, CASE WHEN a.restricted_at > 0 THEN ''" \
	" ELSE a.tier END FROM " table " x LEFT JOIN account a"      \
	" ON a.account_id = x.account_id WHERE x.account_id <> 0"    \
	" AND x.account_id >= ?1 ORDER BY x.account_id LIMIT 1"
static const char AUDITS_NEXT[] = NEXT("audit");
static const char AUDIT_DROP[] =
    "DELETE FROM audit WHERE id = ?1 AND at < ?2" NVR_BOTH_LOSABLE("audit");
/* For the brake. */
#define COUNT_TIER(table, tier)                                 \
	"SELECT COUNT(*) FROM " table                           \
	" u LEFT JOIN account a ON a.account_id = u.account_id" \
	" WHERE u.account_id <> 0 AND COALESCE(a.tier, 'free') = " tier
static const char COUNT_OWNER[] =
    "SELECT COUNT(*) FROM audit WHERE account_id = 0";
static const char COUNT_FREE[] = COUNT_TIER("audit", "'free'");
static const char COUNT_PREMIUM[] = COUNT_TIER("audit", "'premium'");
static const char COUNT_STILLS_FREE[] = COUNT_TIER("still", "'free'");
static const char COUNT_STILLS_CAMERA[] =
    "SELECT COUNT(*) FROM still WHERE camera_id = ?1";
static const char COUNT_EVENTS[] = "SELECT COUNT(*) FROM event";
static const char COUNT_ACCESSES[] = "SELECT COUNT(*) FROM access";
static const char COUNT_HOLDS[] = "SELECT COUNT(*) FROM hold";
static const char COUNT_USAGE[] = "SELECT COUNT(*) FROM usage";
static const char COUNT_OUTBOX_STILLS[] =
    "SELECT COUNT(*) FROM outbox u JOIN account a ON a.account_id ="
    " u.account_id AND a.tier = 'free' WHERE u.kind = 'report'"
    " AND u.expires_at IS NOT NULL";
static const char COUNT_OUTBOX[] = "SELECT COUNT(*) FROM outbox";
static const char COUNT_REQUESTS[] = "SELECT COUNT(*) FROM request";
static const char COUNT_DISCLOSURES[] = "SELECT COUNT(*) FROM disclosure";
static const char COUNT_BREACHES[] = "SELECT COUNT(*) FROM breach";
static const char COUNT_PROCESSORS[] = "SELECT COUNT(*) FROM processor";
static const char COUNT_ALERTS[] =
    "SELECT COUNT(*) FROM alert WHERE closed_at IS NOT NULL";
static const char COUNT_RECORDERS[] = "SELECT COUNT(*) FROM recorder";

#define STILL                                                \
	"SELECT u.id, u.taken_at, '', c.name, u.account_id," \
	" u.expires_at, u.path,"                             \
	" u.size_bytes, u.camera_id, c.retain_stills_us FROM "
static const char STILLS_EXPIRED[] =
    STILL "still u LEFT JOIN camera c ON c.id = u.camera_id"
	  " WHERE u.expires_at <= ?1 AND (?2 = 0 OR u.camera_id ="
	  " ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.expires_at";
static const char STILLS_OF[] =
    STILL "still u LEFT JOIN camera c ON c.id = u.camera_id"
	  " WHERE u.account_id = ?1 AND u.account_id <> 0 AND u.taken_at < ?2"
	  " AND u.expires_at > ?3 AND (?4 = 0 OR u.camera_id ="
	  " ?4)" NVR_BOTH_LOSABLE("u") " ORDER BY u.taken_at";
static const char STILLS_NEXT[] = NEXT("still");
/* Cameras come first: few of them have a limit. */
static const char STILLS_CAMERA[] =
    STILL "camera c CROSS JOIN still u WHERE c.retain_stills_us > 0"
	  " AND (?3 = 0 OR c.id = ?3) AND u.camera_id = c.id"
	  " AND u.taken_at < ?1 - c.retain_stills_us AND u.expires_at > ?1"
	  " AND (u.account_id = 0 OR u.taken_at >= ?2 OR EXISTS (SELECT 1"
	  " FROM account f WHERE f.account_id = u.account_id"
	  " AND f.tier = 'premium'))" NVR_BOTH_LOSABLE("u");
static const char STILLS_ALL[] =
    STILL "still u JOIN camera c ON c.id = u.camera_id WHERE u.camera_id = "
	  "?1" NVR_BOTH_LOSABLE("u") " ORDER BY u.taken_at";

static const char EVENTS[] =
    "SELECT u.id, u.at, u.kind, c.name, u.account_id, 0, NULL, 0"
    " FROM event u LEFT JOIN camera c ON c.id = u.camera_id WHERE u.at < ?1"
    " AND (?2 = 0 OR u.camera_id = ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.at";
static const char EVENT_DROP[] =
    "DELETE FROM event WHERE id = ?1 AND at < ?2" NVR_BOTH_LOSABLE("event");

static const char ACCESSES[] =
    "SELECT u.id, u.at, u.action, u.camera_name, u.account_id, 0, NULL, 0"
    " FROM access u WHERE u.at < ?1 AND (?2 = 0 OR u.camera_id ="
    " ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.at";
static const char ACCESS_DROP[] =
    "DELETE FROM access WHERE id = ?1 AND at < ?2" NVR_BOTH_LOSABLE("access");

static const char HOLDS[] =
    "SELECT u.id, u.released_at, '', c.name, u.account_id, 0, NULL, 0"
    " FROM hold u LEFT JOIN camera c ON c.id = u.camera_id"
    " WHERE u.released_at < ?1 AND (?2 = 0 OR u.camera_id ="
    " ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.released_at";
static const char HOLD_DROP[] =
    "DELETE FROM hold WHERE id = ?1 AND released_at <"
    " ?2" NVR_BOTH_LOSABLE("hold");

static const char USAGE[] =
    "SELECT 0, u.day, u.model, c.name, u.account_id, u.camera_id, NULL, 0"
    " FROM usage u LEFT JOIN camera c ON c.id = u.camera_id WHERE u.day < ?1"
    " AND (?2 = 0 OR u.camera_id = ?2)" NVR_BOTH_LOSABLE("u") " ORDER BY u.day";
static const char USAGE_DROP[] =
    "DELETE FROM usage WHERE account_id = ?1 AND day = ?2 AND camera_id = ?3"
    " AND model = ?4" NVR_BOTH_LOSABLE("usage");

#define UNEXPIRED " AND (u.expires_at IS NULL OR u.expires_at > ?2)"
static const char OUTBOX_EXPIRED[] =
    "SELECT u.id, u.expires_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM outbox u WHERE u.expires_at <= ?1" NVR_LOSABLE(
	"u") " ORDER BY u.expires_at";
/* Of who is on the free tier by now. */
static const char OUTBOX_STILLS[] =
    "SELECT u.id, u.created_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM outbox u JOIN account a ON a.account_id = u.account_id"
    " AND a.tier = 'free' WHERE u.expires_at > ?2 AND u.kind = 'report'"
    " AND u.created_at < ?1 AND (u.sent_at IS NULL OR u.sent_at >= ?3)"
    " AND (u.sent_at IS NOT NULL OR u.created_at >= ?3)" NVR_LOSABLE(
	"u") " ORDER BY u.expires_at";
static const char OUTBOX_SENT[] =
    "SELECT u.id, u.sent_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM outbox u WHERE u.sent_at < ?1" UNEXPIRED NVR_LOSABLE(
	"u") " ORDER BY u.sent_at";
/* Given up, or waiting for a program that would send it and is not there. */
static const char OUTBOX_UNSENT[] =
    "SELECT u.id, u.created_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM outbox u WHERE u.created_at < ?1 AND u.sent_at IS NULL" UNEXPIRED
	NVR_LOSABLE("u") " ORDER BY u.created_at";
static const char OUTBOX_DROP[] =
    "DELETE FROM outbox WHERE id = ?1" NVR_LOSABLE("outbox");

static const char REQUESTS[] =
    "SELECT u.id, u.done_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM request u WHERE u.done_at < ?1" NVR_LOSABLE(
	"u") " ORDER BY u.done_at";
static const char REQUEST_DROP[] =
    "DELETE FROM request WHERE id = ?1 AND done_at < ?2" NVR_LOSABLE("request");

static const char DISCLOSURES[] =
    "SELECT u.id, u.at, '', NULL, u.account_id, 0, NULL, 0 FROM disclosure u"
    " WHERE u.at < ?1" NVR_LOSABLE("u") " ORDER BY u.at";
static const char DISCLOSURE_DROP[] =
    "DELETE FROM disclosure WHERE id = ?1 AND at <"
    " ?2" NVR_LOSABLE("disclosure");

static const char BREACHES[] =
    "SELECT u.id, u.closed_at, '', NULL, u.account_id, 0, NULL, 0"
    " FROM breach u WHERE u.closed_at < ?1" NVR_BREACH_GOES(
	"u") " ORDER BY u.closed_at";
static const char BREACH_DROP[] =
    "DELETE FROM breach WHERE id = ?1 AND closed_at <"
    " ?2" NVR_BREACH_GOES("breach");

static const char PROCESSORS[] =
    "SELECT u.id, u.until, u.name, NULL, u.account_id, 0, NULL, 0"
    " FROM processor u WHERE u.until < ?1" NVR_LOSABLE("u") " ORDER BY u.until";
static const char PROCESSOR_DROP[] =
    "DELETE FROM processor WHERE id = ?1 AND until <"
    " ?2" NVR_LOSABLE("processor");

static const char ALERTS[] =
    "SELECT u.id, u.closed_at, u.kind, NULL, u.account_id, 0, NULL, 0"
    " FROM alert u WHERE u.closed_at < ?1" NVR_LOSABLE(
	"u") " ORDER BY u.closed_at";
static const char ALERT_DROP[] = "DELETE FROM alert WHERE id = ?1 AND"
				 " closed_at < ?2" NVR_LOSABLE("alert");

static const char RECORDERS[] =
    "SELECT u.id, u.revoked_at, '', NULL, u.account_id, 0, NULL, 0"
    " FROM recorder u WHERE u.revoked_at < ?1" NVR_LOSABLE(
	"u") " ORDER BY u.revoked_at";
static const char RECORDER_DROP[] = "DELETE FROM recorder WHERE id = ?1 AND"
				    " revoked_at < ?2" NVR_LOSABLE("recorder");
static const char INVITATIONS_OVER[] =
    "SELECT u.id, u.expires_at, '', NULL, u.account_id, 0, NULL, 0"
    " FROM invitation u WHERE u.expires_at <= ?1 AND u.used_at IS"
    " NULL" NVR_LOSABLE("u") " ORDER BY u.expires_at";
static const char INVITATIONS[] =
    "SELECT u.id, u.used_at, '', NULL, u.account_id, 0, NULL, 0"
    " FROM invitation u WHERE u.used_at < ?1" NVR_LOSABLE(
	"u") " ORDER BY u.used_at";
static const char INVITATION_DROP[] =
    "DELETE FROM invitation WHERE id = ?1" NVR_LOSABLE("invitation");
/* Of this machine alone: they are of no account. */
static const char UNSENT[] =
    "SELECT sequence, at, '', NULL, account_id, 0, NULL, 0 FROM unsent"
    " WHERE at < ?1 ORDER BY at";
static const char UNSENT_DROP[] =
    "DELETE FROM unsent WHERE sequence = ?1 AND at < ?2";

/*
 * What each statement is given, in order:
 *	b before · o other · n now · c camera · a account · i id · d before as a
 *day
 */
static const struct {
	const char *each, *gets, *drop, *drop_gets;
	const char *next; /* gives the accounts to ask for, of that tier */
	const char *tier;
	const char *count; /* how many there are; NULL: nobody asks */
} aged[NVR_AGEDS] = {
    [NVR_AGED_AUDITS_OWNER] = {AUDITS_OWNER, "bc", AUDIT_DROP, "ib",
	.count = COUNT_OWNER},
    [NVR_AGED_AUDITS_FREE] = {AUDITS_OF, "abc", AUDIT_DROP, "ib", AUDITS_NEXT,
	"free", .count = COUNT_FREE},
    [NVR_AGED_AUDITS_PREMIUM] = {AUDITS_OF, "abc", AUDIT_DROP, "ib",
	AUDITS_NEXT, "premium", .count = COUNT_PREMIUM},
    [NVR_AGED_STILLS_EXPIRED] = {STILLS_EXPIRED, "nc"},
    [NVR_AGED_STILLS_FREE] = {STILLS_OF, "abnc", NULL, NULL, STILLS_NEXT,
	"free", .count = COUNT_STILLS_FREE},
    [NVR_AGED_STILLS_CAMERA] = {STILLS_CAMERA, "noc",
	.count = COUNT_STILLS_CAMERA},
    [NVR_AGED_STILLS_ALL] = {STILLS_ALL, "c"},
    [NVR_AGED_EVENTS] = {EVENTS, "bc", EVENT_DROP, "ib", .count = COUNT_EVENTS},
    [NVR_AGED_ACCESSES] = {ACCESSES, "bc", ACCESS_DROP, "ib",
	.count = COUNT_ACCESSES},
    [NVR_AGED_HOLDS] = {HOLDS, "bc", HOLD_DROP, "ib", .count = COUNT_HOLDS},
    [NVR_AGED_USAGE] = {USAGE, "dc", USAGE_DROP, "", .count = COUNT_USAGE},
    [NVR_AGED_OUTBOX_EXPIRED] = {OUTBOX_EXPIRED, "n", OUTBOX_DROP, "i"},
    [NVR_AGED_OUTBOX_STILLS] = {OUTBOX_STILLS, "bno", OUTBOX_DROP, "i",
	.count = COUNT_OUTBOX_STILLS},
    [NVR_AGED_OUTBOX_SENT] = {OUTBOX_SENT, "bn", OUTBOX_DROP, "i",
	.count = COUNT_OUTBOX},
    [NVR_AGED_OUTBOX_UNSENT] = {OUTBOX_UNSENT, "bn", OUTBOX_DROP, "i",
	.count = COUNT_OUTBOX},
    [NVR_AGED_REQUESTS] = {REQUESTS, "b", REQUEST_DROP, "ib",
	.count = COUNT_REQUESTS},
    [NVR_AGED_DISCLOSURES] = {DISCLOSURES, "b", DISCLOSURE_DROP, "ib",
	.count = COUNT_DISCLOSURES},
    [NVR_AGED_BREACHES] = {BREACHES, "b", BREACH_DROP, "ib",
	.count = COUNT_BREACHES},
    [NVR_AGED_PROCESSORS] = {PROCESSORS, "b", PROCESSOR_DROP, "ib",
	.count = COUNT_PROCESSORS},
    [NVR_AGED_ALERTS] = {ALERTS, "b", ALERT_DROP, "ib", .count = COUNT_ALERTS},
    [NVR_AGED_RECORDERS] = {RECORDERS, "b", RECORDER_DROP, "ib",
	.count = COUNT_RECORDERS},
    [NVR_AGED_INVITATIONS_OVER] = {INVITATIONS_OVER, "n", INVITATION_DROP, "i"},
    [NVR_AGED_INVITATIONS] = {INVITATIONS, "b", INVITATION_DROP, "i"},
    [NVR_AGED_UNSENT] = {UNSENT, "b", UNSENT_DROP, "ib"},
};

/* Days that ended before that moment are earlier than this one. */
static int64_t
day_of(int64_t before)
{
	int64_t last = before > INT64_MIN ? before - 1 : before;
	int64_t day = last / NVR_DAY;

	return day - (last % NVR_DAY < 0);
}

/* The end of a day, whatever somebody wrote there. */
static int64_t
day_end(int64_t day)
{
	int64_t at;

	if (__builtin_add_overflow(day, 1, &day) ||
	    __builtin_mul_overflow(day, NVR_DAY, &at))
		return day < 0 ? INT64_MIN : INT64_MAX;
	return at;
}

struct given {
	const struct nvr_aged_by *by;
	int64_t account, id;
};

static void
bind(const char *gets, const struct given *g, int64_t arg[4])
{
	for (int i = 0; i < 4 && gets[i] != '\0'; i++)
		switch (gets[i]) {
		case 'b':
			arg[i] = g->by->before;
			break;
		case 'd':
			arg[i] = day_of(g->by->before);
			break;
		case 'o':
			arg[i] = g->by->other;
			break;
		case 'n':
			arg[i] = g->by->now;
			break;
		case 'c':
			arg[i] = g->by->camera;
			break;
		case 'a':
			arg[i] = g->account;
			break;
		case 'i':
			arg[i] = g->id;
			break;
		}
}

static const char *
signature(const char *gets)
{
	return &"iiii"[4 - strlen(gets)];
}

static bool
is_still(enum nvr_aged what)
{
	return what >= NVR_AGED_STILLS_EXPIRED && what <= NVR_AGED_STILLS_ALL;
}

static int
each(struct nvr_store *st, enum nvr_aged what, const struct given *g,
    int (*row)(void *ctx, const struct nvr_aged_row *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_aged_row r;
	struct nvr_query q;
	int64_t arg[4] = {0};
	int rc;

	bind(aged[what].gets, g, arg);
	rc = nvr_db_query(st, &q, aged[what].each, err,
	    signature(aged[what].gets), arg[0], arg[1], arg[2], arg[3]);
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		r = (struct nvr_aged_row){.id = nvr_db_int(&q, 0),
		    .at = nvr_db_int(&q, 1),
		    .word = nvr_or_empty(nvr_db_text(&q, 2)),
		    .camera = nvr_db_text(&q, 3),
		    .account_id = nvr_db_int(&q, 4),
		    .camera_id = nvr_db_int(&q, 5),
		    .expires_at = nvr_db_int(&q, 5),
		    .path = nvr_db_text(&q, 6),
		    .size_bytes = nvr_db_int(&q, 7)};
		if (is_still(what)) {
			r.camera_id = nvr_db_int(&q, 8);
			r.keep = nvr_db_int(&q, 9);
		}
		if (what == NVR_AGED_USAGE) {
			r.day = r.at;
			r.at = day_end(r.day);
		}
		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

/* The next account from that one on that has some; 0: there is none. */
static int
next(struct nvr_store *st, enum nvr_aged what, int64_t from, int64_t *account,
    bool *of_tier, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, aged[what].next, err, "i", from);

	*account = 0;
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		const char *tier = nvr_db_text(&q, 1);

		*account = nvr_db_int(&q, 0);
		*of_tier =
		    strcmp(tier != NULL ? tier : "free", aged[what].tier) == 0;
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_aged_each(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by,
    int (*row)(void *ctx, const struct nvr_aged_row *r), void *ctx,
    struct nvr_error *err)
{
	struct given g = {by, by->from, 0};
	bool of_tier = false;
	int rc = 0;

	if (aged[what].next == NULL)
		return each(st, what, &g, row, ctx, err);
	for (;;) {
		rc = next(st, what, g.account, &g.account, &of_tier, err);
		if (rc == 0 && g.account != 0 && of_tier)
			rc = each(st, what, &g, row, ctx, err);
		if (rc != 0 || g.account == 0 || g.account == INT64_MAX)
			return rc;
		g.account++;
	}
}

int
nvr_aged_drop(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by, const struct nvr_aged_row *r, bool *gone,
    struct nvr_error *err)
{
	const struct given g = {by, r->account_id, r->id};
	int64_t arg[4] = {0};
	int rc = nvr_aged_drop_first(st, what, by, r, err);

	if (rc != 0)
		return rc;
	bind(aged[what].drop_gets, &g, arg);
	if (what == NVR_AGED_USAGE)
		rc = nvr_db_run(st, USAGE_DROP, err, "iiit", r->account_id,
		    r->day, r->camera_id, r->word);
	else
		rc = nvr_db_run(st, aged[what].drop, err,
		    signature(aged[what].drop_gets), arg[0], arg[1], arg[2],
		    arg[3]);
	return nvr_db_changed(st, rc, gone);
}

int
nvr_aged_count(struct nvr_store *st, enum nvr_aged what, int64_t camera,
    int64_t *ret, struct nvr_error *err)
{
	*ret = 0;
	if (aged[what].count == NULL)
		return 0;
	return what == NVR_AGED_STILLS_CAMERA
		   ? nvr_db_number(st, aged[what].count, ret, err, "i", camera)
		   : nvr_db_number(st, aged[what].count, ret, err, "");
}
