/* What retention asks of each stream's footage; see stream.h. */
#include <string.h>

#include "store/footage_int.h"
#include "store/stream.h"

/* The totals are kept; should a row be missing, its segments are counted. */
static const char EACH[] =
    "SELECT c.id, n.stream, COALESCE(f.segments, (SELECT COUNT(*) FROM segment"
    " WHERE camera_id = c.id AND stream = n.stream)),"
    " COALESCE(f.size_bytes, (SELECT SUM(" NVR_SEGMENT_BYTES ") FROM segment"
    " WHERE camera_id = c.id AND stream = n.stream))"
    " FROM camera c CROSS JOIN (SELECT 'main' AS stream UNION ALL"
    " SELECT 'sub') n LEFT JOIN footage_sum f ON f.camera_id = c.id"
    " AND f.stream = n.stream WHERE (?1 = 0 OR c.id = ?1) AND EXISTS"
    " (SELECT 1 FROM segment WHERE camera_id = c.id AND stream ="
    " n.stream)" NVR_LOSABLE("c") " ORDER BY c.id, n.stream";
static const char BYTES[] =
    "SELECT COALESCE(SUM(" NVR_SEGMENT_BYTES "), 0) FROM segment"
    " WHERE camera_id = ?1"
    " AND stream = ?2 AND start_at >= ?3 AND start_at < ?4 AND end_at > ?5"
    " AND end_at <= ?6";
static const char COUNT[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM segment WHERE camera_id = ?1"
    " AND stream = ?2 AND start_at >= ?3 AND start_at < ?4 LIMIT ?5) AS n";
static const char HOLDS[] =
    "SELECT since, until FROM hold WHERE camera_id = ?1"
    " AND (released_at IS NULL OR released_at > ?2) AND until > ?3"
    " ORDER BY since";
static const char WRITTEN[] = "PRAGMA data_version";
/* `<> 'no'` is what the index of findings says. */
static const char FINDINGS[] =
    "SELECT COALESCE(taken_at, at) FROM audit WHERE camera_id = ?1"
    " AND COALESCE(taken_at, at) > ?2 AND EXISTS (SELECT 1 FROM finding f"
    " WHERE f.audit_id = audit.id AND f.verdict <> 'no' AND f.verdict = 'yes')"
    " UNION ALL SELECT at FROM incident WHERE camera_id = ?1 AND at > ?2";
static const char DROP_INCIDENTS[] =
    "DELETE FROM incident WHERE (camera_id, at) IN (SELECT i.camera_id, i.at"
    " FROM camera c CROSS JOIN incident i WHERE i.camera_id = c.id AND i.at <="
    " CASE WHEN c.retain_events_us IS NULL THEN 9223372036854775807 ELSE ?2 - "
    "c.retain_events_us"
    " END AND (?1 = 0 OR c.id = ?1)" NVR_BOTH_LOSABLE("i") " LIMIT ?3)";

/* A run whose segments are gone.  It can get no more when it is not the newest
 * of its stream, by its start and by when it was made, should the clock have
 * been set back; and before its first it is that. */
#define EMPTY                                                             \
	" NOT EXISTS (SELECT 1 FROM segment g WHERE g.run_id = run.id)"   \
	" AND NOT EXISTS (SELECT 1 FROM open_segment o"                   \
	" WHERE o.run_id = run.id)"                                       \
	" AND ((EXISTS (SELECT 1 FROM run n WHERE n.camera_id ="          \
	" run.camera_id AND n.stream = run.stream AND n.started_at >"     \
	" run.started_at) AND EXISTS (SELECT 1 FROM run n"                \
	" WHERE n.camera_id = run.camera_id AND n.stream = run.stream"    \
	" AND n.id > run.id)) OR EXISTS (SELECT 1 FROM camera c WHERE"    \
	" c.id = run.camera_id AND c.removed_at < ?2))" NVR_BOTH_LOSABLE( \
	    "run")
/* What begins later has footage of others around it: there may be hundreds of
 * thousands, and their time comes. */
static const char EMPTY_RUNS[] =
    "SELECT run.id FROM camera k CROSS JOIN (SELECT 'main' AS stream UNION ALL"
    " SELECT 'sub') s CROSS JOIN run WHERE (?1 = 0 OR k.id = ?1)"
    " AND run.camera_id = k.id AND run.stream = s.stream AND run.started_at <"
    " COALESCE((SELECT MIN(start_at) FROM segment WHERE camera_id = k.id"
    " AND stream = s.stream), 9223372036854775807) AND" EMPTY " LIMIT ?3";
static const char DROP_RUN[] = "DELETE FROM run WHERE id = ?1 AND" EMPTY;

#define BATCH 256

/* 4 PiB; who reckons with it subtracts. */
static int64_t
bounded(int64_t bytes)
{
	const int64_t most = INT64_C(1) << 52;

	return bytes < 0 ? 0 : bytes < most ? bytes : most;
}

int
nvr_stream_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const struct nvr_stream_total *t), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "i", camera);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		const struct nvr_stream_total t = {nvr_db_int(&q, 0),
		    nvr_stream_named(nvr_db_text(&q, 1)), nvr_db_int(&q, 2),
		    bounded(nvr_db_int(&q, 3))};

		rc = row(ctx, &t);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_stream_bytes(struct nvr_store *st, const struct nvr_stream_total *of,
    int64_t since, int64_t until, int64_t after, int64_t ends, int64_t *ret,
    struct nvr_error *err)
{
	return nvr_db_number(st, BYTES, ret, err, "itiiii", of->camera_id,
	    nvr_stream_names[of->stream], since, until, after, ends);
}

int
nvr_stream_count(struct nvr_store *st, const struct nvr_stream_total *of,
    int64_t since, int64_t until, int64_t most, int64_t *ret,
    struct nvr_error *err)
{
	return nvr_db_number(st, COUNT, ret, err, "itiii", of->camera_id,
	    nvr_stream_names[of->stream], since, until, most);
}

int
nvr_stream_holds(struct nvr_store *st, int64_t camera, int64_t now,
    int64_t after, int (*row)(void *ctx, int64_t since, int64_t until),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, HOLDS, err, "iii", camera, now, after);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0), nvr_db_int(&q, 1));
	nvr_db_done(&q);
	return rc;
}

int
nvr_stream_stamp(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	int rc = nvr_db_number(st, WRITTEN, ret, err, "");

	/* The former counts what others wrote. */
	*ret = (int64_t)((uint64_t)*ret << 32 ^
			 (uint64_t)sqlite3_total_changes64(st->db));
	return rc;
}

int
nvr_stream_findings(struct nvr_store *st, int64_t camera, int64_t after,
    int (*row)(void *ctx, int64_t at), void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, FINDINGS, err, "ii", camera, after);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_int(&q, 0));
	nvr_db_done(&q);
	return rc;
}

int
nvr_incidents_drop(
    struct nvr_store *st, int64_t camera, int64_t before, struct nvr_error *err)
{
	int rc;

	do
		rc = nvr_db_run(st, DROP_INCIDENTS, err, "iii", camera, before,
		    (int64_t)BATCH);
	while (rc == 0 && nvr_db_changes(st) == BATCH);
	return rc;
}

static int
empty_runs(struct nvr_store *st, int64_t camera, int64_t removed,
    int64_t id[BATCH], int *n, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, EMPTY_RUNS, err, "iii", camera, removed, (int64_t)BATCH);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		rc = 0;
		id[(*n)++] = nvr_db_int(&q, 0);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_runs_drop(struct nvr_store *st, int64_t camera, int64_t removed,
    struct nvr_error *err)
{
	int64_t id[BATCH];
	int n, rc, went;

	do {
		rc = empty_runs(st, camera, removed, id, &n, err);
		if (rc != 0 || n == 0)
			return rc;
		rc = nvr_store_begin(st, err);
		if (rc != 0)
			return rc;
		went = 0;
		for (int i = 0; rc == 0 && i < n; i++) {
			rc =
			    nvr_db_run(st, DROP_RUN, err, "ii", id[i], removed);
			went += rc == 0 ? nvr_db_changes(st) : 0;
		}
		rc = nvr_store_end(st, rc, err);
	} while (rc == 0 && n == BATCH && went > 0);
	return rc;
}
