/* Footage, as rows; see footage.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/db.h"
#include "store/footage.h"
#include "store/restrict.h"

static const char RUN_INSERT[] =
    "INSERT INTO run (id, camera_id, stream, started_at, monotonic_us, reason,"
    " video, width, height, audio)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM camera c"
    " WHERE c.id = ?2" NVR_USABLE("c");
static const char RUN_GET[] =
    "SELECT id, camera_id, stream, started_at, monotonic_us, reason, video,"
    " width, height, audio FROM run WHERE id = ?1";
static const char OPEN_INSERT[] =
    "INSERT INTO open_segment (id, camera_id, stream, run_id, start_at,"
    " media_start_us, payload_key)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM camera c WHERE c.id = "
    "?2" NVR_USABLE("c");
static const char OPEN_DROP[] = "DELETE FROM open_segment WHERE id = ?1";
static const char OPEN_EACH[] =
    "SELECT id, camera_id, stream, run_id, start_at, media_start_us,"
    " payload_key FROM open_segment"
    " WHERE ?1 = 0 OR (camera_id = ?1 AND stream = ?2) ORDER BY id";

#define COLUMNS                                                            \
	"id, camera_id, stream, run_id, start_at, end_at, media_start_us," \
	" media_us, frames, size_bytes, sha256, sealed"

static const char INSERT[] =
    "INSERT INTO segment (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
    " ?9, ?10, ?11, ?12)";
static const char EACH[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " AND start_at >= ?3 AND start_at < ?4 AND end_at > ?5 ORDER BY start_at";
static const char SCAN[] = "SELECT " COLUMNS " FROM segment WHERE id > ?2"
			   " AND (?1 = 0 OR camera_id = ?1) ORDER BY id";
/* The first term, for which there is an index, is implied by the second. */
static const char AFTER[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " AND start_at >= ?3 AND (start_at > ?3 OR id > ?4) AND start_at <= ?5"
    " AND end_at <= ?5 ORDER BY start_at, id LIMIT ?6";
static const char GET[] = "SELECT " COLUMNS " FROM segment WHERE id = ?1";
static const char NEWEST[] =
    "SELECT " COLUMNS " FROM segment WHERE camera_id = ?1 AND stream = ?2"
    " ORDER BY start_at DESC LIMIT 1";
/* What nothing deletes: what is held, and what is restricted. */
#define FREE                                                            \
	" AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.camera_id ="    \
	" segment.camera_id AND released_at IS NULL AND since < end_at" \
	" AND until > start_at)" NVR_CAMERA_LOSABLE("segment")
static const char OLDEST[] =
    "SELECT " COLUMNS " FROM segment WHERE id > ?1" FREE " ORDER BY id LIMIT 1";
static const char NEXT[] =
    "SELECT MIN(start_at) FROM (SELECT MIN(start_at) AS start_at FROM segment"
    " WHERE camera_id = ?1 AND stream = ?2 AND start_at > ?3"
    " UNION ALL SELECT MIN(start_at) FROM open_segment"
    " WHERE camera_id = ?1 AND stream = ?2 AND start_at > ?3) AS next";
static const char SUM[] =
    "SELECT COUNT(*), COALESCE(SUM(size_bytes), 0), COALESCE(SUM(frames), 0),"
    " COALESCE(SUM(end_at - start_at), 0), MIN(start_at), MAX(end_at)"
    " FROM segment WHERE camera_id = ?1 AND stream = ?2 AND start_at >= ?3";
static const char BYTES_ALL[] =
    "SELECT COALESCE(SUM(size_bytes), 0) FROM segment";
static const char ANY[] =
    "SELECT EXISTS (SELECT 1 FROM segment WHERE camera_id = ?1) OR"
    " EXISTS (SELECT 1 FROM open_segment WHERE camera_id = ?1)";
static const char DROP[] = "DELETE FROM segment WHERE id = ?1" FREE;
static const char GARBAGE_ADD[] =
    "INSERT INTO garbage (path, added_at) VALUES (?1, ?2)"
    " ON CONFLICT (path) DO NOTHING";
static const char GARBAGE_EACH[] = "SELECT path FROM garbage ORDER BY path";
static const char GARBAGE_DROP[] = "DELETE FROM garbage WHERE path = ?1";

static enum nvr_stream
stream_of(const char *name)
{
	return strcmp(name, nvr_stream_names[NVR_SUB]) == 0 ? NVR_SUB
							    : NVR_MAIN;
}

/* What came of a row that only a camera that may be used gets. */
static int
let_in(struct nvr_store *st, int64_t camera, int rc, struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;

	if (rc != 0 || nvr_db_changes(st) > 0)
		return rc;
	rc = nvr_barred_camera(st, camera, &bar, err);
	return rc == 0
		   ? nvr_fail(err, NVR_E_PERMISSION, "%s", nvr_bar_reason(bar))
		   : rc;
}

int
nvr_run_insert(
    struct nvr_store *st, const struct nvr_run *run, struct nvr_error *err)
{
	return let_in(st, run->camera_id,
	    nvr_db_run(st, RUN_INSERT, err, "iitiittiit", run->id,
		run->camera_id, nvr_stream_names[run->stream], run->started_at,
		run->monotonic_us, run->reason, run->video, (int64_t)run->width,
		(int64_t)run->height, run->audio),
	    err);
}

/* One allocation holds the struct and its texts. */
static struct nvr_run *
copy_run(struct nvr_query *q)
{
	const char *text[3] = {
	    nvr_db_text(q, 5), nvr_db_text(q, 6), nvr_db_text(q, 9)};
	size_t size[3], all = sizeof(struct nvr_run);
	const char **to[3];
	struct nvr_run *run;
	char *at;

	for (int i = 0; i < 3; i++)
		all += size[i] = text[i] != NULL ? strlen(text[i]) + 1 : 0;
	run = calloc(1, all);
	if (run == NULL)
		return NULL;
	run->id = nvr_db_int(q, 0);
	run->camera_id = nvr_db_int(q, 1);
	run->stream = stream_of(nvr_db_text(q, 2));
	run->started_at = nvr_db_int(q, 3);
	run->monotonic_us = nvr_db_int(q, 4);
	run->width = (int)nvr_db_int(q, 7);
	run->height = (int)nvr_db_int(q, 8);
	to[0] = &run->reason;
	to[1] = &run->video;
	to[2] = &run->audio;
	at = (char *)(run + 1);
	for (int i = 0; i < 3; i++) {
		if (text[i] != NULL)
			*to[i] = memcpy(at, text[i], size[i]);
		at += size[i];
	}
	return run;
}

int
nvr_run_get(struct nvr_store *st, int64_t id, struct nvr_run **ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	struct nvr_run *run;
	int rc = nvr_db_query(st, &q, RUN_GET, err, "i", id);

	if (rc == 0)
		rc = nvr_db_step(&q, err);
	if (rc == 1) {
		run = copy_run(&q);
		rc = run != NULL ? 0 : nvr_fail_nomem(err);
		if (rc == 0)
			*ret = run;
	} else if (rc == 0) {
		rc = nvr_fail(err, NVR_E_NOENT, "there is no such run");
	}
	nvr_db_done(&q);
	return rc;
}

void
nvr_run_free(struct nvr_run *run)
{
	free(run);
}

int
nvr_segment_open(struct nvr_store *st, const struct nvr_open_segment *o,
    struct nvr_error *err)
{
	return let_in(st, o->camera_id,
	    nvr_db_run(st, OPEN_INSERT, err, "iitiiib", o->id, o->camera_id,
		nvr_stream_names[o->stream], o->run_id, o->start_at,
		o->media_start_us, o->payload_key, o->payload_key_len),
	    err);
}

int
nvr_segment_close(
    struct nvr_store *st, const struct nvr_segment *seg, struct nvr_error *err)
{
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	rc = nvr_db_run(st, INSERT, err, "iitiiiiiiibi", seg->id,
	    seg->camera_id, nvr_stream_names[seg->stream], seg->run_id,
	    seg->start_at, seg->end_at, seg->media_start_us, seg->media_us,
	    seg->frames, seg->size_bytes, seg->sha256, sizeof(seg->sha256),
	    (int64_t)seg->sealed);
	if (rc == 0)
		rc = nvr_segment_forget(st, seg->id, err);
	if (rc == 0)
		rc = nvr_store_commit(st, err);
	if (rc != 0)
		nvr_store_rollback(st);
	return rc;
}

int
nvr_segment_forget(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	return nvr_db_run(st, OPEN_DROP, err, "i", id);
}

int
nvr_open_segment_each(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_open_segment o;
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, OPEN_EACH, err, "it", camera, nvr_stream_names[stream]);

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		o = (struct nvr_open_segment){.id = nvr_db_int(&q, 0),
		    .camera_id = nvr_db_int(&q, 1),
		    .stream = stream_of(nvr_db_text(&q, 2)),
		    .run_id = nvr_db_int(&q, 3),
		    .start_at = nvr_db_int(&q, 4),
		    .media_start_us = nvr_db_int(&q, 5)};
		o.payload_key = nvr_db_blob(&q, 6, &o.payload_key_len);
		rc = row(ctx, &o);
	}
	nvr_db_done(&q);
	return rc;
}

static void
read_row(struct nvr_query *q, struct nvr_segment *s)
{
	const void *sha;
	size_t len;
	int i = 0;

	s->id = nvr_db_int(q, i++);
	s->camera_id = nvr_db_int(q, i++);
	s->stream = stream_of(nvr_db_text(q, i++));
	s->run_id = nvr_db_int(q, i++);
	s->start_at = nvr_db_int(q, i++);
	s->end_at = nvr_db_int(q, i++);
	s->media_start_us = nvr_db_int(q, i++);
	s->media_us = nvr_db_int(q, i++);
	s->frames = nvr_db_int(q, i++);
	s->size_bytes = nvr_db_int(q, i++);
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
nvr_segment_oldest(struct nvr_store *st, int64_t after, struct nvr_segment *ret,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OLDEST, err, "i", after);

	return rc == 0 ? take_one(&q, ret, err) : rc;
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

int
nvr_segment_discard(
    struct nvr_store *st, int64_t id, const char *path, struct nvr_error *err)
{
	struct nvr_segment held;
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	rc = nvr_db_run(st, DROP, err, "i", id);
	/* A hold may have come since the caller looked. */
	if (rc == 0 && nvr_db_changes(st) == 0 &&
	    nvr_segment_get(st, id, &held, err) == 0)
		rc = nvr_fail(
		    err, NVR_E_PERMISSION, "a hold or a restriction keeps it");
	if (rc == 0)
		rc = nvr_segment_forget(st, id, err);
	if (rc == 0)
		rc = nvr_db_run(
		    st, GARBAGE_ADD, err, "ti", path, nvr_time_now());
	if (rc == 0)
		rc = nvr_store_commit(st, err);
	if (rc != 0)
		nvr_store_rollback(st);
	return rc;
}

int
nvr_garbage_each(struct nvr_store *st, int (*row)(void *ctx, const char *path),
    void *ctx, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, GARBAGE_EACH, err, "");

	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = row(ctx, nvr_db_text(&q, 0));
	nvr_db_done(&q);
	return rc;
}

int
nvr_garbage_drop(struct nvr_store *st, const char *path, struct nvr_error *err)
{
	return nvr_db_run(st, GARBAGE_DROP, err, "t", path);
}
