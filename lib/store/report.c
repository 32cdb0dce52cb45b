/* Audits of a time, as a report wants them; see report.h. */
#include <math.h>

#include "store/db.h"
#include "store/report.h"

#define ALARM "f.verdict = 'yes' AND COALESCE(f.kind, 'check') <> 'object'"
#define SPAN " a.at >= ?2 AND a.at < ?3" NVR_BOTH_USABLE("a")
/* Whose: two statements each, as only a plain comparison uses the index. */
#define OF_CAMERA " WHERE a.camera_id = ?1 AND" SPAN
#define OF_ALL " WHERE" SPAN
#define OF_NAME " WHERE a.camera_id IS NULL AND a.camera_name = ?1 AND" SPAN

#define ROWS                                                              \
	"SELECT a.id, a.camera_name, a.at, a.taken_at, a.type,"           \
	" a.analyzer, a.profile, a.model, a.status, a.error, a.still_id," \
	" f.label, f.source, f.kind, f.verdict, f.evidence, f.count,"     \
	" f.confidence, f.confidence_method, f.confidence_calibrated,"    \
	" f.samples, f.agreed, f.uncertainty, f.region, a.camera_id,"     \
	" a.origin, a.prompt, a.duration_us, a.schedule_id, a.slot_at,"   \
	" a.width, a.height, a.still_sha256 FROM audit a"
#define WITH_ALL " LEFT JOIN finding f ON f.audit_id = a.id"
#define WITH_ALARMS " JOIN finding f ON f.audit_id = a.id AND " ALARM
#define NEWEST_FIRST " ORDER BY a.at DESC, a.id DESC, f.ordinal"

#define FAILURES                                                              \
	"SELECT a.status, a.error, COUNT(*), MIN(a.at), MAX(a.at) FROM audit" \
	" a"
#define BY_REASON                                              \
	" AND a.status NOT IN ('ok', 'learning', 'unchanged')" \
	" GROUP BY a.status, a.error ORDER BY 3 DESC, 1, 2 LIMIT ?4"

/* An attempt that met an error, or was never sent, has no usage to tell. */
#define COSTS                                                          \
	"SELECT COALESCE(a.profile, a.analyzer),"                      \
	" SUM(CASE WHEN t.http_status IS NULL AND t.cost_micros = 0"   \
	" THEN 0 ELSE 1 END),"                                         \
	" SUM(CASE WHEN (t.tokens_in IS NULL OR t.tokens_out IS NULL)" \
	" AND COALESCE(t.cost_micros, 1) <> 0"                         \
	" AND COALESCE(t.http_status, 0) < 300 THEN 1 ELSE 0 END), "   \
	"SUM(t.tokens_in), SUM(t.tokens_out),"                         \
	" SUM(t.cost_micros), SUM(CASE WHEN t.cost_micros IS NULL"     \
	" THEN t.reserved_micros END) FROM audit a JOIN attempt t"     \
	" ON t.audit_id = a.id"
#define BY_MODEL " GROUP BY COALESCE(a.profile, a.analyzer) ORDER BY 1"

#define DEPARTURES                                               \
	"SELECT d.destination, COUNT(*), SUM(d.size_bytes) FROM" \
	" audit a JOIN departure d ON d.audit_id = a.id"
#define BY_DESTINATION " GROUP BY d.destination ORDER BY 1"

static const char COUNTS[] =
    "SELECT camera_id, MAX(name), status, COUNT(*),"
    " SUM(CASE WHEN alarms > 0 THEN 1 ELSE 0 END), SUM(alarms), SUM(unknown),"
    " MIN(at), MAX(at), MAX(removed_at) FROM"
    " (SELECT a.camera_id, COALESCE(c.name, a.camera_name) AS name, a.status,"
    " a.at, c.removed_at, SUM(CASE WHEN " ALARM " THEN 1 ELSE 0 END) AS alarms,"
    " SUM(CASE WHEN f.verdict = 'cannot_determine' THEN 1 ELSE 0 END)"
    " AS unknown FROM audit a LEFT JOIN camera c ON c.id = a.camera_id"
    " LEFT JOIN finding f ON f.audit_id = a.id AND f.verdict <> 'no'"
    " WHERE a.at >= ?1 AND a.at < ?2" NVR_BOTH_USABLE(
	"a") " GROUP BY a.id, c.id) AS x"
	     " GROUP BY camera_id, CASE WHEN camera_id IS NULL THEN name END, "
	     "status"
	     " ORDER BY 2, 1, 3";
static const char CAMERA_ROWS[] = ROWS WITH_ALL OF_CAMERA NEWEST_FIRST;
static const char ALL_ROWS[] = ROWS WITH_ALL OF_ALL NEWEST_FIRST;
static const char NAME_ROWS[] = ROWS WITH_ALL OF_NAME NEWEST_FIRST;
static const char CAMERA_ALARMS[] = ROWS WITH_ALARMS OF_CAMERA NEWEST_FIRST;
static const char NAME_ALARMS[] = ROWS WITH_ALARMS OF_NAME NEWEST_FIRST;
static const char CAMERA_FAILURES[] = FAILURES OF_CAMERA BY_REASON;
static const char NAME_FAILURES[] = FAILURES OF_NAME BY_REASON;
static const char CAMERA_COSTS[] = COSTS OF_CAMERA BY_MODEL;
static const char NAME_COSTS[] = COSTS OF_NAME BY_MODEL;
static const char CAMERA_DEPARTURES[] = DEPARTURES OF_CAMERA BY_DESTINATION;
static const char NAME_DEPARTURES[] = DEPARTURES OF_NAME BY_DESTINATION;

static const char STILLS[] =
    "SELECT COUNT(*) FROM audit a JOIN still s ON s.id = a.still_id" OF_CAMERA
    " AND s.expires_at > ?4 AND EXISTS (SELECT 1 FROM finding f"
    " WHERE f.audit_id = a.id AND " ALARM ")";

static int
query(struct nvr_store *st, struct nvr_query *q,
    const struct nvr_report_span *span, const char *of_camera,
    const char *of_name, struct nvr_error *err)
{
	if (span->camera_id != 0)
		return nvr_db_query(st, q, of_camera, err, "iii",
		    span->camera_id, span->since, span->until);
	return nvr_db_query(
	    st, q, of_name, err, "tii", span->name, span->since, span->until);
}

int
nvr_report_counts(struct nvr_store *st, const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_count *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc =
	    nvr_db_query(st, &q, COUNTS, err, "ii", span->since, span->until);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_report_count c = {
		    .camera_id = nvr_db_int(&q, 0),
		    .name = nvr_db_text(&q, 1),
		    .status = nvr_db_text(&q, 2),
		    .audits = nvr_db_int(&q, 3),
		    .alarmed = nvr_db_int(&q, 4),
		    .alarms = nvr_db_int(&q, 5),
		    .unknown = nvr_db_int(&q, 6),
		    .first = nvr_db_int(&q, 7),
		    .last = nvr_db_int(&q, 8),
		    .removed = nvr_db_int(&q, 9) != 0,
		};

		rc = row(ctx, &c);
	}
	nvr_db_done(&q);
	return rc;
}

static void
read_audit(struct nvr_query *q, struct nvr_audit *a)
{
	*a = (struct nvr_audit){
	    .id = nvr_db_int(q, 0),
	    .camera_name = nvr_db_text(q, 1),
	    .at = nvr_db_int(q, 2),
	    .taken_at = nvr_db_int(q, 3),
	    .type = nvr_db_text(q, 4),
	    .analyzer = nvr_db_text(q, 5),
	    .profile = nvr_db_text(q, 6),
	    .model = nvr_db_text(q, 7),
	    .status = nvr_db_text(q, 8),
	    .error = nvr_db_text(q, 9),
	    .still_id = nvr_db_int(q, 10),
	    .camera_id = nvr_db_int(q, 24),
	    .origin = nvr_db_text(q, 25),
	    .prompt = nvr_db_text(q, 26),
	    .duration_us = nvr_db_int(q, 27),
	    .schedule_id = nvr_db_int(q, 28),
	    .slot_at = nvr_db_int(q, 29),
	    .width = nvr_db_int(q, 30),
	    .height = nvr_db_int(q, 31),
	    .still_sha256 = nvr_db_text(q, 32),
	};
}

static void
read_finding(struct nvr_query *q, struct nvr_finding *f)
{
	*f = (struct nvr_finding){
	    .label = nvr_db_text(q, 11),
	    .source = nvr_db_text(q, 12),
	    .kind = nvr_db_text(q, 13),
	    .verdict = nvr_db_text(q, 14),
	    .evidence = nvr_db_text(q, 15),
	    .count = nvr_db_int(q, 16),
	    .confidence = nvr_db_real(q, 17),
	    .confidence_method = nvr_db_text(q, 18),
	    .calibrated = nvr_db_real(q, 19),
	    .samples = nvr_db_int(q, 20),
	    .agreed = nvr_db_int(q, 21),
	    .uncertainty = nvr_db_text(q, 22),
	    .region = nvr_db_text(q, 23),
	};
	if (isnan(f->calibrated))
		f->calibrated = 0;
}

int
nvr_report_findings(struct nvr_store *st, const struct nvr_report_span *span,
    bool alarms,
    int (*row)(
	void *ctx, const struct nvr_audit *a, const struct nvr_finding *f),
    void *ctx, struct nvr_error *err)
{
	struct nvr_finding f;
	struct nvr_audit a;
	struct nvr_query q;
	const char *of_name = span->name == NULL ? ALL_ROWS : NAME_ROWS;
	int rc = query(st, &q, span, alarms ? CAMERA_ALARMS : CAMERA_ROWS,
	    alarms ? NAME_ALARMS : of_name, err);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		read_audit(&q, &a);
		read_finding(&q, &f);
		rc = row(ctx, &a, f.label != NULL ? &f : NULL);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_report_failures(struct nvr_store *st, const struct nvr_report_span *span,
    int64_t limit, int (*row)(void *ctx, const struct nvr_report_failure *f),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = span->camera_id != 0
		     ? nvr_db_query(st, &q, CAMERA_FAILURES, err, "iiii",
			   span->camera_id, span->since, span->until, limit)
		     : nvr_db_query(st, &q, NAME_FAILURES, err, "tiii",
			   span->name, span->since, span->until, limit);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_report_failure f = {nvr_db_text(&q, 0),
		    nvr_db_text(&q, 1), nvr_db_int(&q, 2), nvr_db_int(&q, 3),
		    nvr_db_int(&q, 4)};

		rc = row(ctx, &f);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_report_costs(struct nvr_store *st, const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_cost *c), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = query(st, &q, span, CAMERA_COSTS, NAME_COSTS, err);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_report_cost c = {nvr_db_text(&q, 0),
		    nvr_db_int(&q, 1), nvr_db_int(&q, 2), nvr_db_int(&q, 3),
		    nvr_db_int(&q, 4), nvr_db_int(&q, 5), nvr_db_int(&q, 6)};

		rc = row(ctx, &c);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_report_departures(struct nvr_store *st, const struct nvr_report_span *span,
    int (*row)(void *ctx, const struct nvr_report_departure *d), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = query(st, &q, span, CAMERA_DEPARTURES, NAME_DEPARTURES, err);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_report_departure d = {
		    nvr_db_text(&q, 0), nvr_db_int(&q, 1), nvr_db_int(&q, 2)};

		rc = row(ctx, &d);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_report_stills(struct nvr_store *st, const struct nvr_report_span *span,
    int64_t now, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, STILLS, ret, err, "iiii", span->camera_id,
	    span->since, span->until, now);
}
