/* What holds for a stream, and whether it still does; see streams.h. */
#include "base/time.h"
#include "core/streams_int.h"

static int64_t
first(int64_t a, int64_t b, int64_t c)
{
	return a != 0 ? a : b != 0 ? b : c;
}

int64_t
nvr_stream_bounded(int64_t us)
{
	return us < NVR_TIME_MAX ? us : NVR_TIME_MAX;
}

struct nvr_stream_rule
nvr_stream_rule(const struct nvr_camera *cam, enum nvr_stream stream,
    const struct nvr_keeping *k, int64_t now)
{
	return (struct nvr_stream_rule){
	    .us = nvr_stream_bounded(
		first(cam->retain[stream].us, cam->site_retain.us, k->footage)),
	    .bytes = first(cam->retain[stream].bytes, cam->site_retain.bytes,
		k->footage_bytes),
	    .events_us = nvr_stream_bounded(cam->retain_events),
	    .removed = cam->removed_at != 0 && k->cameras != 0 &&
		       cam->removed_at < now - nvr_stream_bounded(k->cameras),
	};
}

static bool
is_same(const struct nvr_stream_rule *a, const struct nvr_stream_rule *b)
{
	return a->us == b->us && a->bytes == b->bytes &&
	       a->events_us == b->events_us && a->removed == b->removed;
}

int
nvr_stream_stands(struct nvr_state *s, const struct nvr_stream_of *x, bool *ret,
    struct nvr_error *err)
{
	struct nvr_stream_rule rule;
	struct nvr_camera *cam;
	int rc = nvr_camera_get_any(s->store, x->cam->id, &cam, err);

	*ret = false;
	if (rc == NVR_E_NOENT)
		return 0;
	if (rc != 0)
		return rc;
	rule = nvr_stream_rule(cam, x->stream, &s->rules->keep, x->now);
	*ret = is_same(&rule, &x->rule);
	nvr_camera_free(cam);
	return 0;
}
