/* Stills out of the recording; see replay.h. */
#include <string.h>

#include "base/time.h"
#include "core/coverage.h"
#include "core/replay.h"
#include "core/snap_int.h"
#include "media/recorded.h"

struct finding {
	struct nvr_state *s;
	struct nvr_replay *r;
};

static int
take_open(void *ctx, const struct nvr_open_segment *o)
{
	struct finding *f = ctx;
	struct nvr_error ignored;

	if (f->r->at != 0 &&
	    (o->start_at > f->r->at ||
		f->r->at > nvr_open_end(f->s, o, nvr_time_now())))
		return 0;
	/* A key that cannot be opened is the next start's affair. */
	if (nvr_torn_key(f->s, o, &f->r->torn, &ignored) == 0)
		f->r->found = f->r->open = true;
	return 0;
}

/* Of two that overlap, since a clock was set back, the later one. */
static int
take_whole(void *ctx, const struct nvr_segment *seg)
{
	struct finding *f = ctx;

	f->r->segment = *seg;
	f->r->found = f->r->whole = true;
	return 0;
}

int
nvr_replay_now(struct nvr_state *s, const struct nvr_camera *cam,
    enum nvr_stream stream, struct nvr_replay *ret, struct nvr_error *err)
{
	struct finding f = {s, ret};
	struct nvr_error ignored;
	int rc;

	*ret = (struct nvr_replay){0};
	rc = nvr_open_segment_each(
	    s->store, cam->id, stream, take_open, &f, err);
	/* It may have begun just now: then the one before is the newest. */
	if (rc == 0 && ret->found)
		ret->whole =
		    nvr_segment_newest(s->store, cam->id, stream, &ret->segment,
			&ignored) == 0 &&
		    (!ret->segment.sealed ||
			nvr_footage_key(s, cam, &ret->identity, &ignored) == 0);
	return rc;
}

struct nearest {
	int64_t at, before, after; /* 0: nothing */
};

static int
compare(void *ctx, const struct nvr_span *span)
{
	struct nearest *n = ctx;

	if (span->kind == NVR_SPAN_GAP)
		return 0;
	if (span->end <= n->at)
		n->before = span->end;
	if (span->start > n->at && n->after == 0)
		n->after = span->start;
	return 0;
}

/* Says how far the nearest footage of that day is. */
static int
not_found(struct nvr_state *s, const struct nvr_camera *cam,
    enum nvr_stream stream, int64_t at, struct nvr_error *err)
{
	char when[NVR_TIME_TEXT], other[NVR_TIME_TEXT];
	struct nearest n = {at, 0, 0};
	struct nvr_error ignored;

	nvr_coverage(s, cam->id, stream, at - NVR_DAY, at + NVR_DAY,
	    nvr_time_now(), compare, &n, &ignored);
	nvr_time_format(at, when);
	if (n.before != 0 && (n.after == 0 || at - n.before < n.after - at))
		return nvr_fail(err, NVR_E_NOENT,
		    "there is no footage of %s, but until %s", when,
		    nvr_time_format(n.before, other));
	if (n.after != 0)
		return nvr_fail(err, NVR_E_NOENT,
		    "there is no footage of %s, but from %s on", when,
		    nvr_time_format(n.after, other));
	return nvr_fail(err, NVR_E_NOENT, "there is no footage of %s", when);
}

int
nvr_replay_then(struct nvr_state *s, const struct nvr_camera *cam,
    enum nvr_stream stream, int64_t at, struct nvr_replay *ret,
    struct nvr_error *err)
{
	struct finding f = {s, ret};
	int rc;

	*ret = (struct nvr_replay){.at = at};
	rc = nvr_segment_each(
	    s->store, cam->id, stream, at, at + 1, take_whole, &f, err);
	if (rc == 0 && ret->found && ret->segment.sealed)
		rc = nvr_footage_key(s, cam, &ret->identity, err);
	if (rc == 0 && !ret->found)
		rc = nvr_open_segment_each(
		    s->store, cam->id, stream, take_open, &f, err);
	if (rc == 0 && !ret->found)
		rc = not_found(s, cam, stream, at, err);
	return rc;
}

/* The picture, out of the segment that is being written or out of the other. */
static int
take_from(struct nvr_state *s, const struct nvr_replay *r, bool open,
    struct nvr_recorded_request *req, struct nvr_shot *shot,
    struct nvr_error *err)
{
	int64_t start = open ? r->torn.open.start_at : r->segment.start_at;
	struct nvr_footage *f = NULL;
	int64_t at = 0;
	int rc = open ? nvr_footage_open_torn(s, &r->torn, &f, err)
		      : nvr_footage_open(s, &r->segment, &r->identity, &f, err);

	if (rc == 0) {
		req->bytes = nvr_footage_bytes(f);
		req->at = r->at != 0 ? r->at - start : INT64_MAX;
		rc = nvr_recorded_still(req, &shot->picture, &at, err);
	}
	nvr_footage_close(f);
	shot->taken_at = start + at;
	return rc;
}

int
nvr_replay_take(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_replay *r, const struct nvr_snap_options *o, int64_t now,
    int64_t max_age, struct nvr_still *ret, struct nvr_error *err)
{
	struct nvr_video_jpeg jpeg = {{0}, 0};
	struct nvr_recorded_request req = {.jpeg = &jpeg,
	    .exact = r->exact,
	    .width = cam->mask[0] == '\0' ? o->width : 0};
	struct nvr_shot shot = {{0}, NULL, 0};
	int rc = take_from(s, r, r->open, &req, &shot, err);

	if (rc == NVR_E_DATA && r->open && r->whole)
		rc = take_from(s, r, false, &req, &shot, err);
	shot.jpeg = jpeg.data;
	if (rc == 0 && max_age > 0 && now - shot.taken_at > max_age)
		rc = nvr_fail(err, NVR_E_AGAIN,
		    "the newest frame on the disk is %lld s old",
		    (long long)((now - shot.taken_at) / NVR_SECOND));
	return nvr_snap_finish(cam, o, &shot, rc, ret, err);
}

void
nvr_replay_wipe(struct nvr_replay *r)
{
	nvr_age_identity_wipe(&r->identity);
	explicit_bzero(r, sizeof(*r));
}
