/*
 * Rows of audits and what hangs on them; see import_int.h.  Their texts are
 * what models and cameras said: data, wherever they are shown.
 */
#include <math.h>
#include <string.h>

#include "base/time.h"
#include "core/import_int.h"
#include "store/audit.h"
#include "store/schedule.h"

#define WORD 1024
#define PROSE ((size_t)1 << 18)
#define MOST (INT64_C(1) << 60)

static const char *const types[] = {"regular", "scheduled", "agentic", NULL};
static const char *const origins[] = {
    "camera", "pipe", "file", "schedule", "command", NULL};
static const char *const statuses[] = {"ok", "learning", "unusable",
    "unchanged", "refused", "filtered", "truncated", "invalid", "error",
    "budget", "unfinished", NULL};
static const char *const sources[] = {"local", "model", NULL};
static const char *const kinds[] = {"check", "object", NULL};
static const char *const verdicts[] = {"yes", "no", "cannot_determine", NULL};
static const char *const steps[] = {
    "picture", "said", "call", "told", "end", NULL};

/* Whose schedule it answers is kept, unless that is another one here. */
static int
keep_schedule(struct nvr_importing *x, struct nvr_audit *a)
{
	struct nvr_schedule *other = NULL;
	int rc;

	if (a->schedule_id == 0 ||
	    nvr_import_has(&x->schedules, a->schedule_id))
		return 0;
	rc = nvr_schedule_get(x->s->store, a->schedule_id, &other, x->err);
	nvr_schedule_free(other);
	if (rc == 0)
		a->schedule_id = a->slot_at = 0;
	return rc == NVR_E_NOENT ? 0 : rc;
}

static int
put_audit(struct nvr_importing *x, struct nvr_audit *a)
{
	int64_t owner = 0;
	int rc;

	/* A camera that moved to somebody else since; its name stays. */
	if (a->camera_id != 0 && !nvr_import_has(&x->cameras, a->camera_id)) {
		a->camera_id = 0;
		x->homeless++;
	}
	rc = keep_schedule(x, a);
	if (rc == 0)
		rc = nvr_audit_owner(x->s->store, a->id, &owner, x->err);
	if (rc == 0 && owner >= 0)
		return nvr_fail(x->err, NVR_E_CREATE,
		    "there is an audit of that id already: was this archive "
		    "imported before?");
	if (rc == 0)
		rc = nvr_audit_insert(x->s->store, a, x->err);
	if (rc == 0 && a->camera_id == 0)
		rc = nvr_audit_own(x->s->store, a->id, x->sum->account, x->err);
	return rc == 0 ? 1 : rc;
}

int
nvr_import_audit(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t latest = NVR_IMPORT_LATEST(x);
	struct nvr_audit a = {.id = nvr_row_id(r, "id"),
	    .camera_id = nvr_row_id_or_0(r, "camera_id"),
	    .camera_name = nvr_row_word(r, "camera_name", WORD),
	    .at = nvr_row_time(r, "at", latest),
	    .taken_at = nvr_row_time_or_0(r, "taken_at", latest),
	    .duration_us = nvr_row_int(r, "duration_us", 0, MOST),
	    .type = nvr_row_one_of(r, "type", types, true),
	    .origin = nvr_row_one_of(r, "origin", origins, true),
	    .analyzer = nvr_row_word(r, "analyzer", WORD),
	    .profile = nvr_row_word_or_null(r, "profile", WORD),
	    .model = nvr_row_word_or_null(r, "model", WORD),
	    .prompt = nvr_row_prose_or_null(r, "prompt", PROSE),
	    .prompt_sha256 = nvr_row_word_or_null(r, "prompt_sha256", 64),
	    .schema_version = nvr_row_int(r, "schema_version", 0, 1000000),
	    .status = nvr_row_one_of(r, "status", statuses, true),
	    .error = nvr_row_prose_or_null(r, "error", PROSE),
	    .width = nvr_row_int_or(r, "width", 0, 1 << 20, 0),
	    .height = nvr_row_int_or(r, "height", 0, 1 << 20, 0),
	    .still_sha256 = nvr_row_word_or_null(r, "still_sha256", 64),
	    .schedule_id = nvr_row_id_or_0(r, "schedule_id"),
	    .slot_at = nvr_row_time_or_0(r, "slot_at", latest)};

	/* still_id: stills do not come, and one of that id is somebody's. */
	return r->rc == 0 ? put_audit(x, &a) : r->rc;
}

/* The audit of a part, which this import brought. */
static int64_t
audit_of(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t id = nvr_row_id(r, "audit_id"), owner = -1;

	if (r->rc != 0 || id == x->audit)
		return id;
	r->rc = nvr_audit_owner(x->s->store, id, &owner, x->err);
	if (r->rc == 0 && owner != x->sum->account)
		r->rc = nvr_fail(x->err, NVR_E_DATA,
		    "it is of an audit that is not in the archive");
	x->audit = r->rc == 0 ? id : 0;
	return id;
}

static int
was_put(struct nvr_importing *x, int rc)
{
	if (rc == NVR_E_CREATE)
		return nvr_fail(
		    x->err, NVR_E_DATA, "its audit has that ordinal twice");
	return rc == 0 ? 1 : rc;
}

int
nvr_import_finding(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t audit = audit_of(x, r);
	int64_t ordinal = nvr_row_int(r, "ordinal", 1, 1000000);
	double calibrated = nvr_row_real(r, "confidence_calibrated");
	struct nvr_finding f = {
	    .source = nvr_row_one_of(r, "source", sources, false),
	    .kind = nvr_row_one_of(r, "kind", kinds, false),
	    .label = nvr_row_word(r, "label", WORD),
	    .verdict = nvr_row_one_of(r, "verdict", verdicts, true),
	    .evidence = nvr_row_prose(r, "evidence", PROSE),
	    .confidence = nvr_row_real(r, "confidence"),
	    .confidence_method =
		nvr_row_word_or_null(r, "confidence_method", WORD),
	    .calibrated = isnan(calibrated) ? 0 : calibrated,
	    .count = nvr_row_int_or(r, "count", 0, MOST, 0),
	    .samples = nvr_row_int_or(r, "samples", 1, 1000, 0),
	    .agreed = nvr_row_int_or(r, "agreed", 0, 1000, 0),
	    .uncertainty = nvr_row_word_or_null(r, "uncertainty", WORD),
	    .region = nvr_row_word_or_null(r, "region", WORD)};

	if (r->rc == 0 && f.samples > 0 && f.agreed > f.samples)
		r->rc = nvr_fail(
		    x->err, NVR_E_DATA, "more samples agree than there were");
	if (r->rc != 0)
		return r->rc;
	return was_put(
	    x, nvr_finding_put(x->s->store, audit, ordinal, &f, x->err));
}

int
nvr_import_attempt(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t audit = audit_of(x, r);
	int64_t ordinal = nvr_row_int(r, "ordinal", 1, 1000000);
	const struct nvr_attempt a = {
	    .at = nvr_row_time(r, "at", NVR_IMPORT_LATEST(x)),
	    .latency_us = nvr_row_int(r, "latency_us", 0, MOST),
	    .purpose = nvr_row_word_or_null(r, "purpose", 64),
	    .status = nvr_row_word(r, "status", 64),
	    .error = nvr_row_prose_or_null(r, "error", PROSE),
	    .http_status = nvr_row_int_or(r, "http_status", 0, 999, 0),
	    .request_id = nvr_row_word_or_null(r, "request_id", WORD),
	    .request_sha256 = nvr_row_word_or_null(r, "request_sha256", 64),
	    .model = nvr_row_word_or_null(r, "model", WORD),
	    .tokens_in = nvr_row_int_or(r, "tokens_in", 0, MOST, -1),
	    .tokens_out = nvr_row_int_or(r, "tokens_out", 0, MOST, -1),
	    .tokens_cached = nvr_row_int_or(r, "tokens_cached", 0, MOST, -1),
	    .cost_micros = nvr_row_int_or(r, "cost_micros", 0, MOST, -1),
	    .reserved_tokens =
		nvr_row_int_or(r, "reserved_tokens", 0, MOST, -1),
	    .reserved_micros =
		nvr_row_int_or(r, "reserved_micros", 0, MOST, -1)};

	if (r->rc != 0)
		return r->rc;
	return was_put(
	    x, nvr_attempt_put(x->s->store, audit, ordinal, &a, x->err));
}

int
nvr_import_departure(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t audit = audit_of(x, r);
	int64_t ordinal = nvr_row_int(r, "ordinal", 1, 1000000);
	const struct nvr_departure d = {
	    .at = nvr_row_time(r, "at", NVR_IMPORT_LATEST(x)),
	    .destination = nvr_row_word(r, "destination", WORD),
	    .size_bytes = nvr_row_int(r, "size_bytes", 0, MOST),
	    .sha256 = nvr_row_word(r, "sha256", 64)};

	if (r->rc != 0)
		return r->rc;
	return was_put(
	    x, nvr_departure_put(x->s->store, audit, ordinal, &d, x->err));
}

int
nvr_import_step(struct nvr_importing *x, struct nvr_import_row *r)
{
	int64_t audit = audit_of(x, r);
	int64_t ordinal = nvr_row_int(r, "ordinal", 1, 1000000);
	const struct nvr_step s = {
	    .at = nvr_row_time(r, "at", NVR_IMPORT_LATEST(x)),
	    .kind = nvr_row_one_of(r, "kind", steps, true),
	    .name = nvr_row_word(r, "name", WORD),
	    .text = nvr_row_prose(r, "text", NVR_IMPORT_LINE)};

	if (r->rc != 0)
		return r->rc;
	return was_put(
	    x, nvr_step_put(x->s->store, audit, ordinal, &s, x->err));
}
