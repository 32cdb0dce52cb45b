/* Runs, and segments that come and go; see footage.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/footage_int.h"
#include "store/garbage.h"
#include "store/restrict.h"

static const char RUN_INSERT[] =
    "INSERT INTO run (id, camera_id, stream, started_at, monotonic_us, reason,"
    " video, width, height, audio)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM camera c"
    " WHERE c.id = ?2 AND c.record <> 'none'" NVR_USABLE("c");
static const char RUN_GET[] =
    "SELECT id, camera_id, stream, started_at, monotonic_us, reason, video,"
    " width, height, audio FROM run WHERE id = ?1";
static const char OPEN_INSERT[] =
    "INSERT INTO open_segment (id, camera_id, stream, run_id, start_at,"
    " media_start_us, payload_key)"
    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM camera c WHERE c.id = ?2"
    " AND c.record <> 'none'" NVR_USABLE("c");
static const char OPEN_DROP[] = "DELETE FROM open_segment WHERE id = ?1";
/* What nobody can mend; it ends at ?2 or before. */
static const char OPEN_LOSE[] =
    "DELETE FROM open_segment WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM hold"
    " WHERE hold.camera_id = open_segment.camera_id AND released_at IS NULL"
    " AND since < ?2 AND until > open_segment.start_at)" NVR_CAMERA_LOSABLE(
	"open_segment");
#define OPEN                                                              \
	"SELECT id, camera_id, stream, run_id, start_at, media_start_us," \
	" payload_key FROM open_segment"
static const char OPEN_EACH[] =
    OPEN " WHERE ?1 = 0 OR (camera_id = ?1 AND stream = ?2) ORDER BY id";
static const char OPEN_GET[] = OPEN " WHERE id = ?1";

static const char INSERT[] =
    "INSERT INTO segment (id, camera_id, stream, run_id, start_at, end_at,"
    " media_start_us, media_us, frames, size_bytes, sha256, sealed)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
static const char DROP[] =
    "DELETE FROM segment WHERE id = ?1" NVR_CAMERA_LOSABLE("segment");
static const char HOLDS[] =
    "SELECT since, until FROM hold WHERE camera_id = ?1 AND released_at IS NULL"
    " AND since < ?2 AND until > ?3";
static const char ADD_UP[] =
    "INSERT INTO footage_sum (camera_id, stream, segments, size_bytes)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (camera_id, stream) DO UPDATE SET"
    " segments = footage_sum.segments + excluded.segments,"
    " size_bytes = footage_sum.size_bytes + excluded.size_bytes";
/* What came of a row that only a camera that may be used gets. */
static int
let_in(struct nvr_store *st, int64_t camera, enum nvr_stream stream, int rc,
    struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;

	if (rc != 0 || nvr_db_changes(st) > 0)
		return rc;
	rc = nvr_barred_recording(
	    st, camera, nvr_stream_names[stream], &bar, err);
	return rc == 0
		   ? nvr_fail(err, NVR_E_PERMISSION, "%s", nvr_bar_reason(bar))
		   : rc;
}

int
nvr_run_insert(
    struct nvr_store *st, const struct nvr_run *run, struct nvr_error *err)
{
	return let_in(st, run->camera_id, run->stream,
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
	run->stream = nvr_stream_named(nvr_db_text(q, 2));
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
	return let_in(st, o->camera_id, o->stream,
	    nvr_db_run(st, OPEN_INSERT, err, "iitiiib", o->id, o->camera_id,
		nvr_stream_names[o->stream], o->run_id, o->start_at,
		o->media_start_us, o->payload_key, o->payload_key_len),
	    err);
}

static int
add_up(struct nvr_store *st, int64_t camera, enum nvr_stream stream,
    int64_t segments, int64_t bytes, struct nvr_error *err)
{
	return nvr_db_run(st, ADD_UP, err, "itii", camera,
	    nvr_stream_names[stream], segments, bytes);
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
		rc = add_up(
		    st, seg->camera_id, seg->stream, 1, seg->size_bytes, err);
	if (rc == 0)
		rc = nvr_segment_forget(st, seg->id, err);
	return nvr_store_end(st, rc, err);
}

int
nvr_segment_forget(struct nvr_store *st, int64_t id, struct nvr_error *err)
{
	return nvr_db_run(st, OPEN_DROP, err, "i", id);
}

int
nvr_open_segment_lose(struct nvr_store *st, int64_t id, int64_t end, bool *gone,
    struct nvr_error *err)
{
	return nvr_db_changed(
	    st, nvr_db_run(st, OPEN_LOSE, err, "ii", id, end), gone);
}

/* rc: of the query, which is done afterwards. */
static int
each_open(struct nvr_query *q, int rc,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_open_segment o;

	while (rc == 0 && (rc = nvr_db_step(q, err)) == 1) {
		o = (struct nvr_open_segment){.id = nvr_db_int(q, 0),
		    .camera_id = nvr_db_int(q, 1),
		    .stream = nvr_stream_named(nvr_db_text(q, 2)),
		    .run_id = nvr_db_int(q, 3),
		    .start_at = nvr_db_int(q, 4),
		    .media_start_us = nvr_db_int(q, 5)};
		o.payload_key = nvr_db_blob(q, 6, &o.payload_key_len);
		rc = row(ctx, &o);
	}
	nvr_db_done(q);
	return rc;
}

int
nvr_open_segment_each(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, OPEN_EACH, err, "it", camera, nvr_stream_names[stream]);

	return each_open(&q, rc, row, ctx, err);
}

int
nvr_open_segment_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(st, &q, OPEN_GET, err, "i", id);

	return each_open(&q, rc, row, ctx, err);
}

/* Of one camera: which of them a hold has something of.  It is asked for all
 * of them at once, as there may be thousands. */
static int
find_held(struct nvr_store *st, const struct nvr_segment *const seg[], size_t n,
    bool held[], struct nvr_error *err)
{
	int64_t start = INT64_MAX, end = INT64_MIN;
	struct nvr_query q;
	int rc;

	for (size_t i = 0; i < n; i++) {
		start = seg[i]->start_at < start ? seg[i]->start_at : start;
		end = seg[i]->end_at > end ? seg[i]->end_at : end;
		held[i] = false;
	}
	rc = nvr_db_query(
	    st, &q, HOLDS, err, "iii", seg[0]->camera_id, end, start);
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1) {
		int64_t since = nvr_db_int(&q, 0), until = nvr_db_int(&q, 1);

		rc = 0;
		for (size_t i = 0; i < n; i++)
			held[i] |=
			    since < seg[i]->end_at && until > seg[i]->start_at;
	}
	nvr_db_done(&q);
	return rc;
}

/* Those of one stream. */
static int
drop_some(struct nvr_store *st, const struct nvr_segment *const seg[], size_t n,
    bool gone[], struct nvr_error *err)
{
	int64_t segments = 0, bytes = 0;
	int rc = find_held(st, seg, n, gone, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool held = gone[i];

		gone[i] = false;
		if (!held)
			rc = nvr_db_changed(st,
			    nvr_db_run(st, DROP, err, "i", seg[i]->id),
			    &gone[i]);
		segments += gone[i];
		bytes += gone[i] ? seg[i]->size_bytes : 0;
	}
	return rc == 0 && segments > 0
		   ? add_up(st, seg[0]->camera_id, seg[0]->stream, -segments,
			 -bytes, err)
		   : rc;
}

int
nvr_segments_drop(struct nvr_store *st, const struct nvr_segment *const seg[],
    size_t n, bool gone[], struct nvr_error *err)
{
	size_t some;
	int rc = 0;

	memset(gone, 0, n * sizeof(*gone));
	for (size_t i = 0; rc == 0 && i < n; i += some) {
		for (some = 1; i + some < n; some++)
			if (seg[i + some]->stream != seg[i]->stream ||
			    seg[i + some]->camera_id != seg[i]->camera_id)
				break;
		rc = drop_some(st, &seg[i], some, &gone[i], err);
	}
	return rc;
}

int
nvr_segment_discard(
    struct nvr_store *st, int64_t id, const char *path, struct nvr_error *err)
{
	struct nvr_segment seg;
	const struct nvr_segment *one = &seg;
	bool gone = false;
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	rc = nvr_segment_get(st, id, &seg, err);
	if (rc == 0)
		rc = nvr_segments_drop(st, &one, 1, &gone, err);
	if (rc == 0 && !gone)
		rc = nvr_fail(
		    err, NVR_E_PERMISSION, "a hold or a restriction keeps it");
	if (rc == 0 || rc == NVR_E_NOENT)
		rc = nvr_segment_forget(st, id, err);
	if (rc == 0)
		rc = nvr_garbage_add(st, path, nvr_time_now(), err);
	return nvr_store_end(st, rc, err);
}
