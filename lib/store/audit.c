/* Audits, as rows; see audit.h. */
#include <math.h>
#include <stdint.h>

#include "store/audit.h"
#include "store/db.h"
#include "store/restrict.h"

#define COLUMNS                                                                \
	"id, camera_id, camera_name, at, taken_at, duration_us, type, origin," \
	" analyzer, model, prompt, prompt_sha256, schema_version, status,"     \
	" error, width, height, still_sha256, still_id, profile, schedule_id," \
	" slot_at"
#define ATTEMPT_COLUMNS                                                    \
	"at, latency_us, purpose, status, error, http_status, request_id," \
	" request_sha256, model, tokens_in, tokens_out, tokens_cached,"    \
	" cost_micros, reserved_tokens, reserved_micros"
#define FINDING_COLUMNS                                               \
	"source, kind, label, verdict, evidence, count, confidence,"  \
	" confidence_method, confidence_calibrated, samples, agreed," \
	" uncertainty, region"

#define ITS_ACCOUNT "(SELECT account_id FROM audit WHERE id = ?1)"

static const char INSERT[] =
    "INSERT INTO audit (" COLUMNS ", account_id) VALUES (?1, ?2, ?3, ?4, ?5,"
    " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
    " ?21, ?22, COALESCE((SELECT account_id FROM camera WHERE id = ?2), 0))"
    " ON CONFLICT (schedule_id, slot_at, camera_id)"
    " WHERE schedule_id IS NOT NULL DO NOTHING";
static const char FINISH[] =
    "UPDATE audit SET status = ?2, error = ?3, model = ?4, duration_us = ?5"
    " WHERE id = ?1";
static const char INSERT_FINDING[] =
    "INSERT INTO finding (audit_id, ordinal, " FINDING_COLUMNS ","
    " account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, " ITS_ACCOUNT ")";
/* Tokens and money of -1 are what nobody told. */
static const char PUT_ATTEMPT[] =
    "INSERT INTO attempt (audit_id, ordinal, " ATTEMPT_COLUMNS ","
    " account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, NULLIF(?12, -1),"
    " NULLIF(?13, -1), NULLIF(?14, -1), NULLIF(?15, -1), NULLIF(?16, -1),"
    " NULLIF(?17, -1), " ITS_ACCOUNT
    ") ON CONFLICT (audit_id, ordinal) DO UPDATE SET"
    " latency_us = excluded.latency_us, status = excluded.status,"
    " error = excluded.error, http_status = excluded.http_status,"
    " request_id = excluded.request_id, model = excluded.model,"
    " tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,"
    " tokens_cached = excluded.tokens_cached,"
    " cost_micros = excluded.cost_micros";
static const char INSERT_DEPARTURE[] =
    "INSERT INTO departure (audit_id, ordinal, at, destination, size_bytes,"
    " sha256, account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, " ITS_ACCOUNT ")";
static const char DROP_DEPARTURES[] =
    "DELETE FROM departure WHERE audit_id = ?1 AND ordinal > ?2";
static const char INSERT_STEP[] =
    "INSERT INTO step (audit_id, ordinal, at, kind, name, text, account_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, " ITS_ACCOUNT ")";
static const char EACH[] =
    "SELECT " COLUMNS " FROM audit WHERE at >= ?1 AND at < ?2"
    " AND (CAST(?3 AS TEXT) IS NULL AND ?6 = 0 OR camera_name = ?3"
    " OR camera_id = ?6)"
    " AND (CAST(?4 AS TEXT) IS NULL OR status = ?4)" NVR_BOTH_USABLE(
	"audit") " ORDER BY at DESC, id DESC LIMIT ?5";
static const char GET[] =
    "SELECT " COLUMNS " FROM audit WHERE id = ?1" NVR_BOTH_USABLE("audit");
static const char OWNER[] = "SELECT account_id FROM audit WHERE id = ?1";
static const char OWNER_OR_NONE[] =
    "SELECT COALESCE((SELECT account_id FROM audit WHERE id = ?1), -1)";
static const char OWN[] =
    "UPDATE audit SET account_id = ?2 WHERE id = ?1 AND account_id = 0"
    " AND camera_id IS NULL";
static const char CAMERA[] = "SELECT camera_id FROM audit WHERE id = ?1";
static const char FINDINGS[] =
    "SELECT " FINDING_COLUMNS
    " FROM finding WHERE audit_id = ?1" NVR_AUDIT_USABLE(
	"finding") " ORDER BY ordinal";
static const char ATTEMPTS[] =
    "SELECT " ATTEMPT_COLUMNS
    " FROM attempt WHERE audit_id = ?1" NVR_AUDIT_USABLE(
	"attempt") " ORDER BY ordinal";
static const char DEPARTURES[] =
    "SELECT at, destination, size_bytes, sha256 FROM departure"
    " WHERE audit_id = ?1" NVR_AUDIT_USABLE("departure") " ORDER BY ordinal";
static const char STEPS[] =
    "SELECT at, kind, name, text FROM step WHERE audit_id = "
    "?1" NVR_AUDIT_USABLE("step") " ORDER BY ordinal";

int
nvr_attempt_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_attempt *a, struct nvr_error *err)
{
	return nvr_db_run(st, PUT_ATTEMPT, err, "iiiitttstttiiiiii", audit,
	    ordinal, a->at, a->latency_us, a->purpose, a->status, a->error,
	    a->http_status, a->request_id, a->request_sha256, a->model,
	    a->tokens_in, a->tokens_out, a->tokens_cached, a->cost_micros,
	    a->reserved_tokens, a->reserved_micros);
}

int
nvr_departure_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_departure *d, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT_DEPARTURE, err, "iiitit", audit, ordinal,
	    d->at, d->destination, d->size_bytes, d->sha256);
}

int
nvr_departure_drop(
    struct nvr_store *st, int64_t audit, int64_t kept, struct nvr_error *err)
{
	return nvr_db_run(st, DROP_DEPARTURES, err, "ii", audit, kept);
}

int
nvr_step_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_step *step, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT_STEP, err, "iiittt", audit, ordinal,
	    step->at, step->kind, step->name, step->text);
}

/* SQLite stores NaN as NULL, which is what it means here. */
int
nvr_finding_put(struct nvr_store *st, int64_t audit, int64_t ordinal,
    const struct nvr_finding *f, struct nvr_error *err)
{
	return nvr_db_run(st, INSERT_FINDING, err, "iitttttsrtrsitt", audit,
	    ordinal, f->source, f->kind, f->label, f->verdict, f->evidence,
	    f->count, f->confidence, f->confidence_method,
	    f->calibrated > 0 ? f->calibrated : NAN, f->samples,
	    f->samples > 0 ? f->agreed : 0, f->uncertainty, f->region);
}

static int
insert_findings(struct nvr_store *st, const struct nvr_audit *a, size_t from,
    struct nvr_error *err)
{
	int rc = 0;

	for (size_t i = from; rc == 0 && i < a->nfindings; i++)
		rc = nvr_finding_put(
		    st, a->id, (int64_t)i + 1, &a->findings[i], err);
	return rc;
}

static int
insert_parts(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err)
{
	int rc = insert_findings(st, a, 0, err);

	for (size_t i = 0; rc == 0 && i < a->nattempts; i++)
		rc = nvr_attempt_put(
		    st, a->id, (int64_t)i + 1, &a->attempts[i], err);
	for (size_t i = 0; rc == 0 && i < a->ndepartures; i++)
		rc = nvr_departure_put(
		    st, a->id, (int64_t)i + 1, &a->departures[i], err);
	return rc;
}

int
nvr_audit_insert(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err)
{
	int rc = nvr_db_run(st, INSERT, err,
	    "istisittttttittsstst"
	    "ss",
	    a->id, a->camera_id, a->camera_name, a->at, a->taken_at,
	    a->duration_us, a->type, a->origin, a->analyzer, a->model,
	    a->prompt, a->prompt_sha256, a->schema_version, a->status, a->error,
	    a->width, a->height, a->still_sha256, a->still_id, a->profile,
	    a->schedule_id, a->slot_at);

	if (rc == 0 && nvr_db_changes(st) == 0)
		return nvr_fail(err, NVR_E_CREATE,
		    "the camera has its audit of this slot already");
	return rc == 0 ? insert_parts(st, a, err) : rc;
}

int
nvr_audit_finish(struct nvr_store *st, const struct nvr_audit *a,
    size_t written, struct nvr_error *err)
{
	int rc = nvr_db_run(st, FINISH, err, "ittti", a->id, a->status,
	    a->error, a->model, a->duration_us);

	return rc == 0 ? insert_findings(st, a, written, err) : rc;
}

static void
read_row(struct nvr_query *q, struct nvr_audit *a)
{
	*a = (struct nvr_audit){
	    .id = nvr_db_int(q, 0),
	    .camera_id = nvr_db_int(q, 1),
	    .camera_name = nvr_db_text(q, 2),
	    .at = nvr_db_int(q, 3),
	    .taken_at = nvr_db_int(q, 4),
	    .duration_us = nvr_db_int(q, 5),
	    .type = nvr_db_text(q, 6),
	    .origin = nvr_db_text(q, 7),
	    .analyzer = nvr_db_text(q, 8),
	    .model = nvr_db_text(q, 9),
	    .prompt = nvr_db_text(q, 10),
	    .prompt_sha256 = nvr_db_text(q, 11),
	    .schema_version = nvr_db_int(q, 12),
	    .status = nvr_db_text(q, 13),
	    .error = nvr_db_text(q, 14),
	    .width = nvr_db_int(q, 15),
	    .height = nvr_db_int(q, 16),
	    .still_sha256 = nvr_db_text(q, 17),
	    .still_id = nvr_db_int(q, 18),
	    .profile = nvr_db_text(q, 19),
	    .schedule_id = nvr_db_int(q, 20),
	    .slot_at = nvr_db_int(q, 21),
	};
}

int
nvr_audit_each(struct nvr_store *st, const struct nvr_audit_filter *f,
    int (*row)(void *ctx, const struct nvr_audit *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_audit a;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "iittii", f->since,
	    f->until != 0 ? f->until : INT64_MAX, f->camera, f->status,
	    f->limit > 0 ? f->limit : INT64_MAX, f->camera_id);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_row(&q, &a);
		rc = row(ctx, &a);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_audit_owner(
    struct nvr_store *st, int64_t id, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, OWNER_OR_NONE, ret, err, "i", id);
}

int
nvr_audit_own(
    struct nvr_store *st, int64_t id, int64_t account, struct nvr_error *err)
{
	return nvr_db_run(st, OWN, err, "ii", id, account);
}

/* The reason why GET found none. */
static int
refuse(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int64_t owner = 0, camera = 0;
	int rc = nvr_db_number(st, OWNER, &owner, err, "i", id);

	if (rc == 0)
		rc = nvr_db_number(st, CAMERA, &camera, err, "i", id);
	if (rc == 0)
		rc = nvr_barred(st, owner, &bar, err);
	if (rc == 0 && bar == NVR_BAR_NONE)
		rc = nvr_barred_camera(st, camera, &bar, err);
	if (rc != 0)
		return rc;
	return bar != NVR_BAR_NONE
		   ? nvr_fail(err, NVR_E_PERMISSION, "%s", nvr_bar_reason(bar))
		   : nvr_fail(err, NVR_E_NOENT, "no audit has that id");
}

int
nvr_audit_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_audit *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_audit a;
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		read_row(&q, &a);
		rc = row(ctx, &a);
	} else if (rc == 0) {
		rc = refuse(st, id, err);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_finding_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_finding *f), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, FINDINGS, err, "i", audit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_finding f = {
		    .source = nvr_db_text(&q, 0),
		    .kind = nvr_db_text(&q, 1),
		    .label = nvr_db_text(&q, 2),
		    .verdict = nvr_db_text(&q, 3),
		    .evidence = nvr_db_text(&q, 4),
		    .count = nvr_db_int(&q, 5),
		    .confidence = nvr_db_real(&q, 6),
		    .confidence_method = nvr_db_text(&q, 7),
		    .calibrated = nvr_db_real(&q, 8),
		    .samples = nvr_db_int(&q, 9),
		    .agreed = nvr_db_int(&q, 10),
		    .uncertainty = nvr_db_text(&q, 11),
		    .region = nvr_db_text(&q, 12),
		};

		if (isnan(f.calibrated))
			f.calibrated = 0;
		rc = row(ctx, &f);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_attempt_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_attempt *a), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, ATTEMPTS, err, "i", audit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_attempt a = {
		    .at = nvr_db_int(&q, 0),
		    .latency_us = nvr_db_int(&q, 1),
		    .purpose = nvr_db_text(&q, 2),
		    .status = nvr_db_text(&q, 3),
		    .error = nvr_db_text(&q, 4),
		    .http_status = nvr_db_int(&q, 5),
		    .request_id = nvr_db_text(&q, 6),
		    .request_sha256 = nvr_db_text(&q, 7),
		    .model = nvr_db_text(&q, 8),
		    .tokens_in = nvr_db_int_or(&q, 9, -1),
		    .tokens_out = nvr_db_int_or(&q, 10, -1),
		    .tokens_cached = nvr_db_int_or(&q, 11, -1),
		    .cost_micros = nvr_db_int_or(&q, 12, -1),
		    .reserved_tokens = nvr_db_int_or(&q, 13, -1),
		    .reserved_micros = nvr_db_int_or(&q, 14, -1),
		};

		rc = row(ctx, &a);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_departure_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_departure *d), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, DEPARTURES, err, "i", audit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_departure d = {
		    .at = nvr_db_int(&q, 0),
		    .destination = nvr_db_text(&q, 1),
		    .size_bytes = nvr_db_int(&q, 2),
		    .sha256 = nvr_db_text(&q, 3),
		};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_step_each(struct nvr_store *st, int64_t audit,
    int (*row)(void *ctx, const struct nvr_step *step), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, STEPS, err, "i", audit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		struct nvr_step step = {
		    .at = nvr_db_int(&q, 0),
		    .kind = nvr_db_text(&q, 1),
		    .name = nvr_db_text(&q, 2),
		    .text = nvr_db_text(&q, 3),
		};

		rc = row(ctx, &step);
	}
	nvr_db_done(&q);
	return rc;
}
