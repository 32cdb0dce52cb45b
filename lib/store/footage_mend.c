/* Totals of streams that their segments do not add up to; see footage.h. */
#include <stdlib.h>

#include "store/footage_int.h"

/* Of one moment, since it is one statement. */
static const char DIFFERS[] =
    "SELECT s.camera_id, s.stream FROM (SELECT camera_id, stream,"
    " COUNT(*) AS n, CAST(SUM(" NVR_SEGMENT_BYTES ") AS BIGINT) AS bytes"
    " FROM segment"
    " GROUP BY camera_id, stream) s LEFT JOIN footage_sum f"
    " ON f.camera_id = s.camera_id AND f.stream = s.stream"
    " WHERE f.camera_id IS NULL OR f.segments <> s.n OR f.size_bytes <> s.bytes"
    " UNION ALL SELECT f.camera_id, f.stream FROM footage_sum f"
    " WHERE (f.segments <> 0 OR f.size_bytes <> 0) AND NOT EXISTS (SELECT 1"
    " FROM segment g WHERE g.camera_id = f.camera_id AND g.stream = f.stream)";
/* Both of one moment, of one stream; without a row: -1. */
static const char RECOUNT[] =
    "SELECT COUNT(*), COALESCE(SUM(" NVR_SEGMENT_BYTES "), 0),"
    " COALESCE((SELECT segments FROM footage_sum WHERE camera_id = ?1"
    " AND stream = ?2), -1), COALESCE((SELECT size_bytes FROM footage_sum"
    " WHERE camera_id = ?1 AND stream = ?2), -1) FROM segment"
    " WHERE camera_id = ?1 AND stream = ?2";
/* Unless something came or went since. */
static const char SET_SUM[] =
    "INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
    " SELECT ?1, ?2, ?3, ?4 FROM camera c WHERE c.id = ?1"
    " ON CONFLICT (camera_id, stream) DO UPDATE SET"
    " segments = excluded.segments, size_bytes = excluded.size_bytes"
    " WHERE CAST(footage_sum.segments AS BIGINT) = ?5"
    " AND CAST(footage_sum.size_bytes AS BIGINT) = ?6";

#define TRIES 16 /* a segment comes once a minute */

struct wrong {
	int64_t camera;
	enum nvr_stream stream;
};

static int
find_wrong(
    struct nvr_store *st, struct wrong **ret, int *n, struct nvr_error *err)
{
	struct nvr_query q;
	struct wrong *more;
	int rc = nvr_db_query(st, &q, DIFFERS, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		more = reallocarray(*ret, (size_t)*n + 1, sizeof(*more));
		rc = more != NULL ? 0 : nvr_fail_nomem(err);
		if (rc != 0)
			break;
		*ret = more;
		more[(*n)++] = (struct wrong){
		    nvr_db_int(&q, 0), nvr_stream_named(nvr_db_text(&q, 1))};
	}
	nvr_db_done(&q);
	return rc;
}

/* Segments are counted without the lock, which takes long; then the total is
 * put, if it still is what it was meanwhile.  1: it is not. */
static int
recount(struct nvr_store *st, const struct wrong *w, struct nvr_error *err)
{
	const char *stream = nvr_stream_names[w->stream];
	int64_t sum[4] = {0};
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, RECOUNT, err, "it", w->camera, stream);

	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		for (int i = 0; i < 4; i++)
			sum[i] = nvr_db_int(&q, i);
		rc = 0;
	}
	nvr_db_done(&q);
	if (rc == 0)
		rc = nvr_db_run(st, SET_SUM, err, "itiiii", w->camera, stream,
		    sum[0], sum[1], sum[2], sum[3]);
	return rc == 0 ? nvr_db_changes(st) == 0 : rc;
}

int
nvr_footage_mend(struct nvr_store *st, int *streams, struct nvr_error *err)
{
	struct wrong *w = NULL;
	int n = 0, tries = 0, rc = find_wrong(st, &w, &n, err);

	*streams = 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		tries = 0;
		do
			rc = recount(st, &w[i], err);
		while (rc == 1 && ++tries < TRIES);
		*streams += rc == 0;
	}
	free(w);
	return rc != 1 ? rc
		       : nvr_fail(err, NVR_E_AGAIN,
			     "segments come and go faster than they can be "
			     "counted; try again");
}
