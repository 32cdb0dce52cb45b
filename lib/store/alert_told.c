/* What became of alerts, and who was told; see alert.h. */
#include <string.h>

#include "base/text.h"
#include "store/alert.h"
#include "store/db.h"

static const char EVENT_ADD[] =
    "INSERT INTO alert_event (id, alert_id, account_id, at, what, why, who)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char EVENT_EACH[] =
    "SELECT e.id, e.account_id, e.at, e.what, e.why, e.who FROM alert_event e"
    " WHERE e.alert_id = ?1" NVR_USABLE("e") " ORDER BY e.id";
static const char ENDED[] = "SELECT e.why FROM alert_event e WHERE e.alert_id "
			    "= ?1 AND e.what = 'ended'" NVR_USABLE("e");
static const char TOLD_GET[] =
    "SELECT account_id, opened_at, reminded_at, closed_at, told_at"
    " FROM alert_told WHERE alert_id = ?1 AND contact_id = ?2" NVR_USABLE(
	"alert_told");
static const char TOLD_PUT[] =
    "INSERT INTO alert_told (alert_id, contact_id, account_id, opened_at,"
    " reminded_at, closed_at, told_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (alert_id, contact_id) DO UPDATE SET opened_at = ?4,"
    " reminded_at = ?5, closed_at = ?6, told_at = ?7";
static const char TOLD_LAST[] =
    "SELECT MAX(told_at) FROM alert_told WHERE contact_id = ?1" NVR_USABLE(
	"alert_told");

int
nvr_alert_event_add(struct nvr_store *st, const struct nvr_alert_event *e,
    struct nvr_error *err)
{
	return nvr_db_run(st, EVENT_ADD, err, "iiiittt", e->id, e->alert_id,
	    e->account_id, e->at, e->what, e->why, e->who);
}

int
nvr_alert_event_each(struct nvr_store *st, int64_t alert,
    int (*row)(void *ctx, const struct nvr_alert_event *e), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EVENT_EACH, err, "i", alert);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_alert_event e = {.id = nvr_db_int(&q, 0),
		    .alert_id = alert,
		    .account_id = nvr_db_int(&q, 1),
		    .at = nvr_db_int(&q, 2),
		    .what = nvr_or_empty(nvr_db_text(&q, 3)),
		    .why = nvr_or_empty(nvr_db_text(&q, 4)),
		    .who = nvr_or_empty(nvr_db_text(&q, 5))};

		rc = row(ctx, &e);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_alert_ended(struct nvr_store *st, int64_t alert, char why[NVR_ALERT_TEXT],
    bool *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, ENDED, err, "i", alert);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	*ret = rc == 1;
	if (*ret)
		strlcpy(why, nvr_or_empty(nvr_db_text(&q, 0)), NVR_ALERT_TEXT);
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_alert_told_get(struct nvr_store *st, int64_t alert, int64_t contact,
    struct nvr_alert_told *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, TOLD_GET, err, "ii", alert, contact);

	*ret =
	    (struct nvr_alert_told){.alert_id = alert, .contact_id = contact};
	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		ret->account_id = nvr_db_int(&q, 0);
		ret->opened_at = nvr_db_int(&q, 1);
		ret->reminded_at = nvr_db_int(&q, 2);
		ret->closed_at = nvr_db_int(&q, 3);
		ret->told_at = nvr_db_int(&q, 4);
	}
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_alert_told_put(
    struct nvr_store *st, const struct nvr_alert_told *t, struct nvr_error *err)
{
	return nvr_db_run(st, TOLD_PUT, err, "iiisssi", t->alert_id,
	    t->contact_id, t->account_id, t->opened_at, t->reminded_at,
	    t->closed_at, t->told_at);
}

int
nvr_alert_told_last(
    struct nvr_store *st, int64_t contact, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, TOLD_LAST, ret, err, "i", contact);
}
