/* Alerts, as rows; see alert.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/alert.h"
#include "store/contact.h"
#include "store/db.h"

const char *const nvr_alert_states[NVR_ALERT_STATES] = {
    "pending", "open", "closed"};

#define ALERT                                                              \
	"SELECT id, account_id, site_id, kind, object, subject, severity," \
	" state, why, value, since, opened_at, seen_at, good, flips,"      \
	" flipped_at, unstable, inhibited_by, acked_at, acked_by,"         \
	" snoozed_until, closed_at, settled_at FROM alert"
static const char GET[] = ALERT " WHERE id = ?1" NVR_USABLE("alert");
static const char FIND[] =
    ALERT " WHERE account_id = ?1 AND kind = ?2 AND object = ?3"
	  " AND closed_at IS NULL" NVR_USABLE("alert");
static const char EACH_OPEN[] = ALERT
    " WHERE closed_at IS NULL" NVR_USABLE("alert") " ORDER BY account_id, id";
static const char EACH_TOLD[] =
    ALERT " WHERE closed_at IS NULL AND state = 'open'" NVR_USABLE(
	"alert") " UNION ALL " ALERT
		 " WHERE closed_at IS NOT NULL AND settled_at IS "
		 "NULL" NVR_USABLE("alert") " ORDER BY account_id, id";
static const char EACH[] =
    ALERT " WHERE 1 = 1" NVR_USABLE("alert") " ORDER BY id";
static const char EACH_OF[] =
    ALERT " WHERE account_id = ?1 AND opened_at IS NOT NULL"
	  " AND (closed_at IS NULL OR closed_at >= ?2)" NVR_USABLE(
	      "alert") " ORDER BY closed_at IS NOT NULL, id DESC";
static const char PUT[] =
    "INSERT INTO alert (id, account_id, site_id, kind, object, subject,"
    " severity, state, why, value, since, opened_at, seen_at, good, flips,"
    " flipped_at, unstable, inhibited_by, acked_at, acked_by, snoozed_until,"
    " closed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22) ON CONFLICT (id) DO"
    " UPDATE SET site_id = ?3, subject = ?6, severity = ?7, state = ?8,"
    " why = ?9, value = ?10, since = ?11, opened_at = ?12, seen_at = ?13,"
    " good = ?14, flips = ?15, flipped_at = ?16, unstable = ?17,"
    " inhibited_by = ?18, acked_at = ?19, acked_by = ?20,"
    " snoozed_until = ?21, closed_at = ?22";
static const char DROP[] = "DELETE FROM alert WHERE id = ?1";
static const char SETTLE[] = "UPDATE alert SET settled_at = ?2 WHERE id = ?1";
static const char FLIPS[] =
    "SELECT COUNT(*) FROM alert a JOIN alert_event e ON e.alert_id = a.id"
    " WHERE a.kind = ?1 AND a.object = ?2 AND a.account_id = ?3"
    " AND (a.closed_at IS NULL OR a.closed_at >= ?4) AND e.at >= ?4"
    " AND e.what IN ('opened', 'closed')" NVR_USABLE("a");

static double
real_of(struct nvr_query *q, int column)
{
	double d = nvr_db_real(q, column);

	return isfinite(d) ? d : NAN;
}

/* A word that nobody knows, in a hostile store, is the least of them. */
static int
word_of(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	return 0;
}

static void
take(struct nvr_query *q, struct nvr_alert *a)
{
	*a = (struct nvr_alert){.id = nvr_db_int(q, 0),
	    .account_id = nvr_db_int(q, 1),
	    .site_id = nvr_db_int(q, 2),
	    .object = nvr_db_int(q, 4),
	    .severity = word_of(nvr_or_empty(nvr_db_text(q, 6)),
		nvr_severity_names, NVR_SEVERITIES),
	    .state =
		(enum nvr_alert_state)word_of(nvr_or_empty(nvr_db_text(q, 7)),
		    nvr_alert_states, NVR_ALERT_STATES),
	    .value = real_of(q, 9),
	    .since = nvr_db_int(q, 10),
	    .opened_at = nvr_db_int(q, 11),
	    .seen_at = nvr_db_int(q, 12),
	    .good = nvr_db_int(q, 13),
	    .flips = nvr_db_int(q, 14),
	    .flipped_at = nvr_db_int(q, 15),
	    .unstable = nvr_db_int(q, 16) != 0,
	    .inhibited_by = nvr_db_int(q, 17),
	    .acked_at = nvr_db_int(q, 18),
	    .snoozed_until = nvr_db_int(q, 20),
	    .closed_at = nvr_db_int(q, 21),
	    .settled_at = nvr_db_int(q, 22)};
	strlcpy(a->kind, nvr_or_empty(nvr_db_text(q, 3)), sizeof(a->kind));
	strlcpy(
	    a->subject, nvr_or_empty(nvr_db_text(q, 5)), sizeof(a->subject));
	strlcpy(a->why, nvr_or_empty(nvr_db_text(q, 8)), sizeof(a->why));
	strlcpy(
	    a->acked_by, nvr_or_empty(nvr_db_text(q, 19)), sizeof(a->acked_by));
}

/* 1: there is one. */
static int
take_one(
    struct nvr_query *q, int rc, struct nvr_alert *ret, struct nvr_error *err)
{
	*ret = (struct nvr_alert){.id = 0};
	if (rc == 0)
		rc = nvr_db_step(q, err);
	if (rc == 1)
		take(q, ret);
	nvr_db_done(q);
	return rc;
}

int
nvr_alert_get(struct nvr_store *st, int64_t id, struct nvr_alert *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	rc = take_one(&q, rc, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "there is no such alert");
	return rc < 0 ? rc : 0;
}

int
nvr_alert_find(struct nvr_store *st, int64_t account, const char *kind,
    int64_t object, struct nvr_alert *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, FIND, err, "iti", account, kind, object);

	rc = take_one(&q, rc, ret, err);
	return rc < 0 ? rc : 0;
}

int
nvr_alert_put(
    struct nvr_store *st, const struct nvr_alert *a, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "iiitittttrisiiisisstss", a->id,
	    a->account_id, a->site_id, a->kind, a->object, a->subject,
	    nvr_severity_names[a->severity], nvr_alert_states[a->state], a->why,
	    a->value, a->since, a->opened_at, a->seen_at, a->good, a->flips,
	    a->flipped_at, (int64_t)a->unstable, a->inhibited_by, a->acked_at,
	    a->acked_by, a->snoozed_until, a->closed_at);
}

int
nvr_alert_drop(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	return nvr_db_run(st, DROP, err, "i", id);
}

int
nvr_alert_settle(
    struct nvr_store *st, int64_t id, int64_t at, struct nvr_error *err)
{
	return nvr_db_run(st, SETTLE, err, "ii", id, at);
}

int
nvr_alert_flips(struct nvr_store *st, const struct nvr_alert *a, int64_t since,
    int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, FLIPS, ret, err, "tiii", a->kind, a->object,
	    a->account_id, since);
}

/* All of them first: row() may change what is being read. */
static int
take_all(struct nvr_query *q, struct nvr_alert **ret, size_t *n,
    struct nvr_error *err)
{
	struct nvr_alert *more;
	size_t room = 0;
	int rc;

	while ((rc = nvr_db_step(q, err)) == 1) {
		if (*n == room) {
			room = room == 0 ? 64 : 2 * room;
			more = reallocarray(*ret, room, sizeof(**ret));
			if (more == NULL)
				return nvr_fail_nomem(err);
			*ret = more;
		}
		take(q, &(*ret)[(*n)++]);
	}
	return rc;
}

/* They are read first, so that row() may use the store. */
static int
each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_alert *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_alert *a = NULL;
	size_t n = 0;

	if (rc == 0)
		rc = take_all(q, &a, &n, err);
	nvr_db_done(q);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = row(ctx, &a[i]);
	free(a);
	return rc;
}

int
nvr_alert_each(struct nvr_store *st, enum nvr_alert_which which,
    int (*row)(void *ctx, const struct nvr_alert *a), void *ctx,
    struct nvr_error *err)
{
	static const char *const sql[] = {[NVR_ALERTS_NOT_CLOSED] = EACH_OPEN,
	    [NVR_ALERTS_TO_TELL] = EACH_TOLD,
	    [NVR_ALERTS_ALL] = EACH};
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, sql[which], err, "");

	return each(&q, rc, row, ctx, err);
}

int
nvr_alert_each_of(struct nvr_store *st, int64_t account, int64_t since,
    int (*row)(void *ctx, const struct nvr_alert *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_OF, err, "ii", account, since);

	return each(&q, rc, row, ctx, err);
}
