/* Footage, as rows that are read; see footage.h. */
#include <string.h>

#include "store/db.h"
#include "store/footage_int.h"

#define COLUMNS                                                            \
	"id, camera_id, stream, run_id, start_at, end_at, media_start_us," \
	" media_us, frames, size_bytes, sha256, sealed"

static const char EACH[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " AND start_at >= ?3 AND start_at < ?4 AND end_at > ?5 ORDER BY start_at";
static const char SCAN[] = "SELECT " COLUMNS " FROM segment WHERE id > ?2"
			   " AND (?1 = 0 OR camera_id = ?1) ORDER BY id";
/* The first term, for which there is an index, is implied by the second.  A
 * hostile store has fractions, and the next place must be behind them. */
static const char AFTER[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " AND start_at >= ?3 AND (CAST(start_at AS BIGINT) > ?3"
    " OR CAST(id AS BIGINT) > ?4) AND start_at <= ?5"
    " AND end_at <= ?5 ORDER BY start_at, id LIMIT ?6";
static const char GET[] = "SELECT " COLUMNS " FROM segment WHERE id = ?1";
static const char NEWEST[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " ORDER BY start_at DESC LIMIT 1";
static const char NEXT[] =
    "SELECT MIN(start_at) FROM (SELECT MIN(start_at) AS start_at FROM segment"
    " WHERE camera_id = ?1 AND stream = ?2 AND start_at > ?3"
    " UNION ALL SELECT MIN(start_at) FROM open_segment"
    " WHERE camera_id = ?1 AND stream = ?2 AND start_at > ?3) AS next";
/* By the index of a stream's times: the run's own come first from about there
 * on, since its first frames say better when it began. */
static const char BREAKS[] =
    "SELECT COUNT(*) FROM (SELECT (SELECT s.start_at FROM segment s"
    " WHERE s.camera_id = ?1 AND s.stream = ?2 AND s.start_at >="
    " r.started_at - 60000000 AND s.run_id = r.id ORDER BY s.start_at LIMIT 1)"
    " AS begun FROM run r WHERE r.camera_id = ?1 AND r.stream = ?2"
    " AND r.started_at > ?3" NVR_CAMERA_USABLE(
	"r") ") x WHERE x.begun -"
	     " (SELECT p.end_at FROM segment p WHERE p.camera_id = ?1 AND "
	     "p.stream = ?2"
	     " AND p.start_at < x.begun ORDER BY p.start_at DESC LIMIT 1) >= "
	     "?4";
static const char SUM[] =
    "SELECT COUNT(*), COALESCE(SUM(" NVR_SEGMENT_BYTES "), 0),"
    " COALESCE(SUM(CASE WHEN frames BETWEEN 0 AND 4294967296 THEN frames"
    " ELSE 0 END), 0), COALESCE(SUM(CASE WHEN end_at - start_at BETWEEN 0"
    " AND 3600000000 THEN end_at - start_at ELSE 0 END), 0),"
    " MIN(start_at), MAX(end_at)"
    " FROM segment WHERE camera_id = ?1 AND stream = ?2 AND start_at >= ?3";
static const char BYTES_ALL[] =
    "SELECT COALESCE(SUM(CASE WHEN size_bytes BETWEEN 0 AND 4503599627370496"
    " THEN size_bytes ELSE 0 END), 0) FROM footage_sum";
static const char ANY[] =
    "SELECT EXISTS (SELECT 1 FROM segment WHERE camera_id = ?1) OR"
    " EXISTS (SELECT 1 FROM open_segment WHERE camera_id = ?1)";

static void
read_row(struct nvr_query *q, struct nvr_segment *s)
{
	const void *sha;
	size_t len;
	int i = 0;

	s->id = nvr_db_int(q, i++);
	s->camera_id = nvr_db_int(q, i++);
	s->stream = nvr_stream_named(nvr_db_text(q, i++));
	s->run_id = nvr_db_int(q, i++);
	s->start_at = nvr_db_int(q, i++);
	s->end_at = nvr_db_int(q, i++);
	s->media_start_us = nvr_db_int(q, i++);
	s->media_us = nvr_db_int(q, i++);
	s->frames = nvr_db_int(q, i++);
	s->size_bytes = nvr_bytes_bounded(nvr_db_int(q, i++));
	memset(s->sha256, 0, sizeof(s->sha256));
	sha = nvr_db_blob(q, i++, &len);
	if (sha != NULL && len == sizeof(s->sha256))
		memcpy(s->sha256, sha, len);
	s->sealed = nvr_db_int(q, i++) != 0;
}

/* The query is done afterwards.  1: *ret; 0: there is none. */
static int
take_one(struct nvr_query *q, struct nvr_segment *ret, struct nvr_error *err)
{
	int rc = nvr_db_step(q, err);

	if (rc == 1)
		read_row(q, ret);
	nvr_db_done(q);
	return rc;
}

static int
take_all(struct nvr_query *q,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_segment s;
	int rc = 0;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		read_row(q, &s);
		rc = row(ctx, &s);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_segment_each(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, EACH, err, "itiii", camera,
	    nvr_stream_names[stream], since - NVR_SEGMENT_MAX, until, since);

	return rc == 0 ? take_all(&q, row, ctx, err) : rc;
}

int
nvr_segment_scan(struct nvr_store *st, int64_t camera, int64_t after,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, SCAN, err, "ii", camera, after);

	return rc == 0 ? take_all(&q, row, ctx, err) : rc;
}

int
nvr_segment_after(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t start, int64_t id, int64_t ends, struct nvr_segment *ret, int max,
    int *n, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, AFTER, err, "itiiii", camera,
	    nvr_stream_names[stream], start, id, ends, (int64_t)max);

	*n = 0;
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		rc = 0;
		read_row(&q, &ret[(*n)++]);
	}
	nvr_db_done(&q);
	return rc;
}

int
nvr_segment_get(struct nvr_store *st, int64_t id, struct nvr_segment *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GET, err, "i", id);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "there is no such segment");
	return rc < 0 ? rc : 0;
}

int
nvr_segment_newest(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    struct nvr_segment *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, NEWEST, err, "it", camera, nvr_stream_names[stream]);

	if (rc == 0)
		rc = take_one(&q, ret, err);
	if (rc == 0)
		return nvr_fail(err, NVR_E_NOENT, "there is no footage yet");
	return rc < 0 ? rc : 0;
}

int
nvr_footage_next(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t after, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(
	    st, NEXT, ret, err, "iti", camera, nvr_stream_names[stream], after);
}

int
nvr_footage_breaks(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t least, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, BREAKS, ret, err, "itii", camera,
	    nvr_stream_names[stream], since, least);
}

int
nvr_footage_sum(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t since, struct nvr_footage_sum *ret, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, SUM, err, "iti", camera, nvr_stream_names[stream], since);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1)
		*ret = (struct nvr_footage_sum){nvr_db_int(&q, 0),
		    nvr_db_int(&q, 1), nvr_db_int(&q, 2), nvr_db_int(&q, 3),
		    nvr_db_int(&q, 4), nvr_db_int(&q, 5)};
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

int
nvr_footage_bytes_all(struct nvr_store *st, int64_t *ret, struct nvr_error *err)
{
	return nvr_db_number(st, BYTES_ALL, ret, err, "");
}

int
nvr_footage_any(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err)
{
	int64_t n = 0;
	int rc = nvr_db_number(st, ANY, &n, err, "i", camera);

	*ret = n != 0;
	return rc;
}
