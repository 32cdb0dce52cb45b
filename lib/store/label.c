/* What people said of findings, and calibrations, as rows; see label.h. */
#include "store/db.h"
#include "store/label.h"

static const char PUT[] =
    "INSERT INTO label (id, audit_id, label, model, prompt_sha256, verdict,"
    " confidence, truth, labelled_by, labelled_at, account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " COALESCE((SELECT account_id FROM audit WHERE id = ?2), 0))"
    " ON CONFLICT (audit_id, label) DO UPDATE SET model = excluded.model,"
    " prompt_sha256 = excluded.prompt_sha256, verdict = excluded.verdict,"
    " confidence = excluded.confidence, truth = excluded.truth,"
    " labelled_by = excluded.labelled_by, labelled_at = excluded.labelled_at";
static const char EACH[] =
    "SELECT id, audit_id, label, model, prompt_sha256, verdict, confidence,"
    " truth, labelled_by, labelled_at FROM label WHERE id > 0" NVR_AUDIT_USABLE(
	"label") " AND (account_id = 0 OR NOT EXISTS (SELECT 1 FROM objection o"
		 " WHERE o.account_id = label.account_id AND o.purpose ="
		 " 'calibration' AND o.withdrawn_at IS NULL)) ORDER BY model, "
		 "prompt_sha256, label, labelled_at, id";
/* Two numbers of a model and a prompt, of all labels there are: no account's.
 */
static const char PUT_CALIBRATION[] =
    "INSERT INTO calibration (model, prompt_sha256, label, slope, intercept,"
    " labels, fitted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (account_id, model, prompt_sha256, label) DO UPDATE SET"
    " slope = excluded.slope, intercept = excluded.intercept,"
    " labels = excluded.labels, fitted_at = excluded.fitted_at";
static const char DROP_CALIBRATIONS[] =
    "DELETE FROM calibration WHERE account_id = 0 AND fitted_at < ?1";
static const char GET_CALIBRATION[] =
    "SELECT slope, intercept FROM calibration WHERE account_id = 0"
    " AND model = ?1 AND prompt_sha256 = ?2 AND label = ?3";

int
nvr_label_put(
    struct nvr_store *st, const struct nvr_label *l, struct nvr_error *err)
{
	return nvr_db_run(st, PUT, err, "isttttrtti", l->id, l->audit_id,
	    l->label, l->model, l->prompt_sha256, l->verdict, l->confidence,
	    l->truth, l->labelled_by, l->labelled_at);
}

int
nvr_label_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_label *l), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_label l = {
		    .id = nvr_db_int(&q, 0),
		    .audit_id = nvr_db_int(&q, 1),
		    .label = nvr_db_text(&q, 2),
		    .model = nvr_db_text(&q, 3),
		    .prompt_sha256 = nvr_db_text(&q, 4),
		    .verdict = nvr_db_text(&q, 5),
		    .confidence = nvr_db_real(&q, 6),
		    .truth = nvr_db_text(&q, 7),
		    .labelled_by = nvr_db_text(&q, 8),
		    .labelled_at = nvr_db_int(&q, 9),
		};

		rc = row(ctx, &l);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_calibration_put(struct nvr_store *st, const struct nvr_calibration *c,
    struct nvr_error *err)
{
	return nvr_db_run(st, PUT_CALIBRATION, err, "tttrrii", c->model,
	    c->prompt_sha256, c->label, c->slope, c->intercept, c->labels,
	    c->fitted_at);
}

int
nvr_calibrations_drop(struct nvr_store *st, int64_t when, struct nvr_error *err)
{
	return nvr_db_run(st, DROP_CALIBRATIONS, err, "i", when);
}

int
nvr_calibration_get(struct nvr_store *st, const char *model,
    const char *prompt_sha256, const char *label, double *slope,
    double *intercept, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, GET_CALIBRATION, err, "ttt", model, prompt_sha256, label);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		*slope = nvr_db_real(&q, 0);
		*intercept = nvr_db_real(&q, 1);
	}
	nvr_db_done(&q);
	return rc;
}
