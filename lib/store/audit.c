/* Audits, as rows; see audit.h. */
#include <math.h>
#include <stdint.h>

#include "store/audit.h"
#include "store/db.h"

#define COLUMNS                                                                \
	"id, camera_id, camera_name, at, taken_at, duration_us, type, origin," \
	" analyzer, model, prompt, prompt_sha256, schema_version, status,"     \
	" error, width, height, still_sha256, still_id"

static const char INSERT[] =
    "INSERT INTO audit (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
static const char INSERT_FINDING[] =
    "INSERT INTO finding (audit_id, ordinal, label, verdict, evidence,"
    " confidence, confidence_method, uncertainty, region)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char INSERT_ATTEMPT[] =
    "INSERT INTO attempt (audit_id, ordinal, at, latency_us, status, error)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char INSERT_DEPARTURE[] =
    "INSERT INTO departure (audit_id, ordinal, at, destination, size_bytes,"
    " sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char EACH[] =
    "SELECT " COLUMNS " FROM audit WHERE at >= ?1 AND at < ?2"
    " AND (CAST(?3 AS TEXT) IS NULL OR camera_name = ?3 OR camera_id = ?6)"
    " AND (CAST(?4 AS TEXT) IS NULL OR status = ?4)"
    " ORDER BY at DESC, id DESC LIMIT ?5";
static const char GET[] = "SELECT " COLUMNS " FROM audit WHERE id = ?1";
static const char FINDINGS[] =
    "SELECT label, verdict, evidence, confidence, confidence_method,"
    " uncertainty, region FROM finding WHERE audit_id = ?1 ORDER BY ordinal";
static const char ATTEMPTS[] =
    "SELECT at, latency_us, status, error FROM attempt WHERE audit_id = ?1"
    " ORDER BY ordinal";
static const char DEPARTURES[] =
    "SELECT at, destination, size_bytes, sha256 FROM departure"
    " WHERE audit_id = ?1 ORDER BY ordinal";

static int
insert_parts(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->nfindings; i++) {
		const struct nvr_finding *f = &a->findings[i];

		/* SQLite stores NaN as NULL, which is what it means here. */
		rc = nvr_db_run(st, INSERT_FINDING, err, "iitttrttt", a->id,
		    (int64_t)i + 1, f->label, f->verdict, f->evidence,
		    f->confidence, f->confidence_method, f->uncertainty,
		    f->region);
	}
	for (size_t i = 0; rc == 0 && i < a->nattempts; i++) {
		const struct nvr_attempt *t = &a->attempts[i];

		rc = nvr_db_run(st, INSERT_ATTEMPT, err, "iiiitt", a->id,
		    (int64_t)i + 1, t->at, t->latency_us, t->status, t->error);
	}
	for (size_t i = 0; rc == 0 && i < a->ndepartures; i++) {
		const struct nvr_departure *d = &a->departures[i];

		rc = nvr_db_run(st, INSERT_DEPARTURE, err, "iiitit", a->id,
		    (int64_t)i + 1, d->at, d->destination, d->size_bytes,
		    d->sha256);
	}
	return rc;
}

int
nvr_audit_insert(
    struct nvr_store *st, const struct nvr_audit *a, struct nvr_error *err)
{
	int rc = nvr_db_run(st, INSERT, err,
	    "istisittttttittsst"
	    "s",
	    a->id, a->camera_id, a->camera_name, a->at, a->taken_at,
	    a->duration_us, a->type, a->origin, a->analyzer, a->model,
	    a->prompt, a->prompt_sha256, a->schema_version, a->status, a->error,
	    a->width, a->height, a->still_sha256, a->still_id);

	return rc == 0 ? insert_parts(st, a, err) : rc;
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
		rc = nvr_fail(err, NVR_E_NOENT, "no audit has that id");
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
		    .label = nvr_db_text(&q, 0),
		    .verdict = nvr_db_text(&q, 1),
		    .evidence = nvr_db_text(&q, 2),
		    .confidence = nvr_db_real(&q, 3),
		    .confidence_method = nvr_db_text(&q, 4),
		    .uncertainty = nvr_db_text(&q, 5),
		    .region = nvr_db_text(&q, 6),
		};

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
		    .status = nvr_db_text(&q, 2),
		    .error = nvr_db_text(&q, 3),
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
