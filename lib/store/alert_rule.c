/* Thresholds of alerts, as rows; see alert.h. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "store/alert.h"
#include "store/contact.h"
#include "store/db.h"

#define SET "kind, enabled, percent, bytes, us, grace_us, severity"
/* 0 is a threshold: none is less. */
#define GIVEN(n) "CASE WHEN " n " < 0 THEN NULL ELSE " n " END"
#define GIVEN_SET                                                            \
	"?1, " GIVEN("?2") ", ?3, " GIVEN("?4") ", " GIVEN("?5") ", " GIVEN( \
	    "?6") ", ?7"

static const char EACH[] =
    "SELECT " SET ", account_id, site_id, changed_at FROM alert_rule"
    " WHERE 1 = 1" NVR_USABLE("alert_rule") " ORDER BY account_id, site_id,"
					    " kind";
static const char EACH_OF[] =
    "SELECT " SET ", account_id, site_id, changed_at FROM alert_rule"
    " WHERE account_id = ?1 AND site_id IN (0, ?2)" NVR_USABLE(
	"alert_rule") " ORDER BY site_id, kind";
static const char PUT[] =
    "INSERT INTO alert_rule (" SET ", account_id, site_id, changed_at)"
    " VALUES (" GIVEN_SET ", ?8, ?9, ?10) ON CONFLICT (account_id, site_id,"
    " kind) DO UPDATE SET enabled = excluded.enabled,"
    " percent = excluded.percent, bytes = excluded.bytes, us = excluded.us,"
    " grace_us = excluded.grace_us, severity = excluded.severity,"
    " changed_at = excluded.changed_at";
static const char DROP[] =
    "DELETE FROM alert_rule WHERE account_id = ?1 AND site_id = ?2"
    " AND kind = ?3";

/* The machine's, and nobody's: account 0. */
static const char EACH_PORTAL[] =
    "SELECT " SET ", 0, 0, 0 FROM enrolment_rule WHERE 1 = 1" NVR_USABLE(
	"enrolment_rule") " ORDER BY kind";
static const char PUT_PORTAL[] =
    "INSERT INTO enrolment_rule (" SET ") VALUES (" GIVEN_SET ")";
static const char DROP_PORTAL[] = "DELETE FROM enrolment_rule";

static int
severity_of(const char *text)
{
	for (int i = 0; text != NULL && i < NVR_SEVERITIES; i++)
		if (strcmp(text, nvr_severity_names[i]) == 0)
			return i;
	return -1;
}

static const char *
severity_word(const struct nvr_alert_rule *r)
{
	return r->severity >= 0 ? nvr_severity_names[r->severity] : NULL;
}

/* A number as it may be there, or -1. */
static int64_t
given(struct nvr_query *q, int column)
{
	int64_t n = nvr_db_int_or(q, column, -1);

	return n < 0 ? -1 : n;
}

static int
take_each(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err)
{
	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		double percent = nvr_db_real(q, 2);
		const struct nvr_alert_rule r = {.account_id = nvr_db_int(q, 7),
		    .site_id = nvr_db_int(q, 8),
		    .kind = nvr_or_empty(nvr_db_text(q, 0)),
		    .enabled = (int)given(q, 1),
		    .severity = severity_of(nvr_db_text(q, 6)),
		    .percent = isfinite(percent) ? percent : NAN,
		    .bytes = given(q, 3),
		    .us = given(q, 4),
		    .grace = given(q, 5),
		    .changed_at = nvr_db_int(q, 9)};

		rc = row(ctx, &r);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_alert_rule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "");

	return take_each(&q, rc, row, ctx, err);
}

int
nvr_alert_rule_each_of(struct nvr_store *st, int64_t account, int64_t site,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_OF, err, "ii", account, site);

	return take_each(&q, rc, row, ctx, err);
}

int
nvr_alert_rule_put(
    struct nvr_store *st, const struct nvr_alert_rule *r, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "tiriiitiii", r->kind,
	    (int64_t)r->enabled, r->percent, r->bytes, r->us, r->grace,
	    severity_word(r), r->account_id, r->site_id, r->changed_at);
}

int
nvr_alert_rule_drop(struct nvr_store *st, int64_t account, int64_t site,
    const char *kind, bool *gone, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DROP, err, "iit", account, site, kind);

	return nvr_db_changed(st, rc, gone);
}

int
nvr_enrolment_rule_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_alert_rule *r), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH_PORTAL, err, "");

	return take_each(&q, rc, row, ctx, err);
}

int
nvr_enrolment_rule_put_all(struct nvr_store *st, const struct nvr_alert_rule *r,
    size_t n, struct nvr_error *err)
{
	int rc = nvr_db_run(st, DROP_PORTAL, err, "");

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = nvr_db_run(st, PUT_PORTAL, err, "tiriiit", r[i].kind,
		    (int64_t)r[i].enabled, r[i].percent, r[i].bytes, r[i].us,
		    r[i].grace, severity_word(&r[i]));
	return rc;
}
