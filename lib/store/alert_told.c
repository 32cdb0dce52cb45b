/* What became of alerts, who was told, and thresholds; see alert.h. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "store/alert.h"
#include "store/contact.h"
#include "store/db.h"

static const char EVENT_ADD[] =
    "INSERT INTO alert_event (id, alert_id, account_id, at, what, why, who)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char EVENT_EACH[] =
    "SELECT e.id, e.account_id, e.at, e.what, e.why, e.who FROM alert_event e"
    " WHERE e.alert_id = ?1" NVR_USABLE("e") " ORDER BY e.id";
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
static const char RULE_EACH[] =
    "SELECT account_id, site_id, kind, enabled, percent, bytes, us, grace_us,"
    " severity, changed_at FROM alert_rule WHERE 1 = 1" NVR_USABLE(
	"alert_rule") " ORDER BY account_id, site_id, kind";
static const char RULE_PUT[] =
    "INSERT INTO alert_rule (account_id, site_id, kind, enabled, percent,"
    " bytes, us, grace_us, severity, changed_at) VALUES (?1, ?2, ?3, ?4, ?5,"
    " ?6, ?7, ?8, ?9, ?10) ON CONFLICT (account_id, site_id, kind) DO UPDATE"
    " SET enabled = ?4, percent = ?5, bytes = ?6, us = ?7, grace_us = ?8,"
    " severity = ?9, changed_at = ?10";
static const char RULE_DROP[] =
    "DELETE FROM alert_rule WHERE account_id = ?1 AND site_id = ?2"
    " AND kind = ?3";

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

static int
severity_of(const char *text)
{
	for (int i = 0; text != NULL && i < NVR_SEVERITIES; i++)
		if (strcmp(text, nvr_severity_names[i]) == 0)
			return i;
	return -1;
}

int
nvr_alert_rule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, RULE_EACH, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		double percent = nvr_db_real(&q, 4);
		const struct nvr_alert_rule r = {nvr_db_int(&q, 0),
		    nvr_db_int(&q, 1), nvr_or_empty(nvr_db_text(&q, 2)),
		    (int)nvr_db_int_or(&q, 3, -1),
		    severity_of(nvr_db_text(&q, 8)),
		    isfinite(percent) ? percent : NAN, nvr_db_int_or(&q, 5, -1),
		    nvr_db_int_or(&q, 6, -1), nvr_db_int_or(&q, 7, -1),
		    nvr_db_int(&q, 9)};

		rc = row(ctx, &r);
	}
	nvr_db_done(&q);
	return rc;
}

/* Statements bind NULL for a number that is 0 alone, and 0 is a threshold: so
 * what is not set is put as it stands, and then taken out. */
static const char RULE_UNSET[] =
    "UPDATE alert_rule SET enabled = CASE WHEN ?4 < 0 THEN NULL ELSE enabled"
    " END, bytes = CASE WHEN ?5 < 0 THEN NULL ELSE bytes END, us = CASE WHEN"
    " ?6 < 0 THEN NULL ELSE us END, grace_us = CASE WHEN ?7 < 0 THEN NULL ELSE"
    " grace_us END WHERE account_id = ?1 AND site_id = ?2 AND kind = ?3";

int
nvr_alert_rule_put(
    struct nvr_store *st, const struct nvr_alert_rule *r, struct nvr_error *err)
{
	int rc = nvr_db_run(st, RULE_PUT, err, "iitiriiiti", r->account_id,
	    r->site_id, r->kind, (int64_t)(r->enabled > 0), r->percent,
	    r->bytes > 0 ? r->bytes : 0, r->us > 0 ? r->us : 0,
	    r->grace > 0 ? r->grace : 0,
	    r->severity >= 0 ? nvr_severity_names[r->severity] : NULL,
	    r->changed_at);

	return rc != 0 ? rc
		       : nvr_db_run(st, RULE_UNSET, err, "iitiiii",
			     r->account_id, r->site_id, r->kind,
			     (int64_t)r->enabled, r->bytes, r->us, r->grace);
}

int
nvr_alert_rule_drop(struct nvr_store *st, int64_t account, int64_t site,
    const char *kind, bool *gone, struct nvr_error *err)
{
	int rc = nvr_db_run(st, RULE_DROP, err, "iit", account, site, kind);

	return nvr_db_changed(st, rc, gone);
}
