/* What is told of what is discarded, in the transaction in which it goes. */
#include <stdio.h>

#include "base/id.h"
#include "base/size.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/discard_int.h"
#include "core/log.h"
#include "store/camera.h"
#include "store/event.h"

/* Of one stream, or of stills. */
struct sum {
	int64_t objects, bytes, from, until;
};

static void
add(struct sum *m, int64_t bytes, int64_t from, int64_t until)
{
	if (m->objects == 0 || from < m->from)
		m->from = from;
	if (m->objects++ == 0 || until > m->until)
		m->until = until;
	m->bytes += bytes;
}

static json_t *
describe(const struct nvr_discard *d, const char *kind, const struct sum *m)
{
	char from[NVR_TIME_TEXT], until[NVR_TIME_TEXT];

	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:o*}", "kind", kind,
	    "objects", (json_int_t)m->objects, "size_bytes",
	    (json_int_t)m->bytes, "from", nvr_time_format(m->from, from),
	    "until", nvr_time_format(m->until, until), "why",
	    d->why != NULL ? nvr_change_value(d->why) : NULL);
}

/* Sealed for whom the camera is of, since it is named. */
static int
log_named(struct nvr_discard *d, const struct nvr_camera *cam, json_t *detail,
    struct nvr_error *err)
{
	json_t *named = json_copy(detail);
	int rc;

	json_object_set_new(named, "camera", nvr_change_value(cam->name));
	rc =
	    nvr_log_append(d->s, cam->account_id, "retain.deleted", named, err);
	/* Its account is being erased at this moment. */
	if (rc == NVR_E_NOENT && cam->account_id != 0)
		rc = nvr_log_append(
		    d->s, 0, "retain.deleted", json_incref(detail), err);
	return rc;
}

static int
log_stream(struct nvr_discard *d, const struct nvr_segment *of,
    const struct sum *m, struct nvr_error *err)
{
	json_t *detail = describe(d, "recordings", m);
	struct nvr_camera *cam = NULL;
	int rc = nvr_camera_get_any(d->s->store, of->camera_id, &cam, err);

	if (detail == NULL)
		rc = nvr_fail_nomem(err);
	json_object_set_new(detail, "camera_id", nvr_change_id(of->camera_id));
	json_object_set_new(
	    detail, "stream", json_string(nvr_stream_names[of->stream]));
	if (rc == 0)
		rc = log_named(d, cam, detail, err);
	else if (rc == NVR_E_NOENT) /* no camera has it any more */
		rc = nvr_log_append(
		    d->s, 0, "retain.deleted", json_incref(detail), err);
	json_decref(detail);
	nvr_camera_free(cam);
	return rc;
}

static int
tell_event(struct nvr_discard *d, const struct nvr_segment *of,
    const struct sum *m, struct nvr_error *err)
{
	char detail[128], size[NVR_SIZE_TEXT];
	const struct nvr_event e = {.id = nvr_id_new(),
	    .camera_id = of->camera_id,
	    .stream = of->stream,
	    .at = nvr_time_now(),
	    .kind = "deleted",
	    .detail = detail};

	snprintf(detail, sizeof(detail), "segments: %lld, %s; %s",
	    (long long)m->objects, nvr_size_format(m->bytes, size),
	    d->why != NULL ? d->why : "");
	return nvr_event_add(d->s->store, &e, err);
}

static int
tell(struct nvr_discard *d, const struct nvr_segment *of, const struct sum *m,
    struct nvr_error *err)
{
	return d->keyless ? tell_event(d, of, m, err)
			  : log_stream(d, of, m, err);
}

int
nvr_discard_log_segments(struct nvr_discard *d,
    const struct nvr_segment *const seg[], size_t n, struct nvr_error *err)
{
	struct sum m = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		add(&m, seg[i]->size_bytes, seg[i]->start_at, seg[i]->end_at);
		if (i + 1 < n && seg[i + 1]->camera_id == seg[i]->camera_id &&
		    seg[i + 1]->stream == seg[i]->stream)
			continue;
		rc = tell(d, seg[i], &m, err);
		m = (struct sum){0};
	}
	return rc;
}

int
nvr_discard_log_stills(
    struct nvr_discard *d, const void *rows, struct nvr_error *err)
{
	const struct nvr_still_row *row = rows;
	struct sum m = {0};
	json_t *detail;

	for (size_t i = 0; i < d->n; i++) {
		const struct nvr_still_row *r = &row[d->e[i].of];

		add(&m, r->size_bytes, r->taken_at, r->taken_at);
	}
	detail = describe(d, "stills", &m);
	return detail != NULL
		   ? nvr_log_append(d->s, 0, "retain.deleted", detail, err)
		   : nvr_fail_nomem(err);
}
