/* What a store's forecast is reckoned from; see forecast.h. */
#include <stdlib.h>

#include "base/time.h"
#include "core/forecast.h"
#include "core/room.h"

#define LOOK (7 * NVR_DAY) /* the present rate is that of the last week */

/* What may go, and when that begins. */
static int
load_free(struct nvr_state *s, struct nvr_stream_of *of,
    struct nvr_forecast_stream *e, struct nvr_error *err)
{
	struct nvr_segment first = {0};
	int rc = nvr_streams_hold(s, of, err);

	if (rc == 0)
		rc = nvr_streams_next(s, of, NVR_GOING_ANY, &first, err);
	e->oldest = first.start_at;
	e->bytes = of->bytes - of->held_bytes;
	return rc < 0 ? rc : 0;
}

static int
load_stream(struct nvr_state *s, struct nvr_stream_of *of, int64_t now,
    struct nvr_forecast_stream *e, struct nvr_error *err)
{
	int64_t since = now - LOOK, camera = of->cam->id, oldest = 0;
	struct nvr_footage_sum sum = {0};
	int rc = load_free(s, of, e, err);

	if (rc == 0)
		rc = nvr_footage_next(
		    s->store, camera, of->stream, 0, &oldest, err);
	if (rc == 0)
		rc = nvr_footage_sum(
		    s->store, camera, of->stream, since, &sum, err);
	if (rc != 0)
		return rc;
	e->keep = of->rule.us;
	e->keep_most = of->rule.bytes;
	if (of->cam->removed_at == 0) /* else nothing comes any more */
		e->rate = nvr_forecast_rate(
		    sum.bytes, since, oldest, sum.last_at, now);
	return 0;
}

int
nvr_forecast_load(struct nvr_state *s, int64_t now, struct nvr_forecast_of *ret,
    struct nvr_error *err)
{
	int rc = nvr_state_media(s, err);

	*ret = (struct nvr_forecast_of){.disk.floor = s->rules->keep.floor};
	if (rc == 0)
		rc = nvr_room_free(s, &ret->disk.avail, err);
	if (rc == 0)
		rc = nvr_streams_load(s, 0, now, &ret->streams, err);
	if (rc != 0)
		return rc;
	ret->e = calloc(ret->streams.n + 1, sizeof(*ret->e));
	if (ret->e == NULL)
		rc = nvr_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < ret->streams.n; i++)
		rc = load_stream(s, &ret->streams.e[i], now, &ret->e[i], err);
	if (rc == 0)
		rc = nvr_forecast(ret->e, ret->streams.n, &ret->disk, now, err);
	if (rc != 0)
		nvr_forecast_free(ret);
	return rc;
}

void
nvr_forecast_free(struct nvr_forecast_of *f)
{
	nvr_streams_free(&f->streams);
	free(f->e);
	*f = (struct nvr_forecast_of){.e = NULL};
}
