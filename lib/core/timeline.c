/* Time inside a run; see timeline.h. */
#include "base/time.h"
#include "core/timeline.h"

#define MAX_PPM 500
#define MAX_AHEAD (5 * NVR_SECOND)	 /* of a frame, against our clock */
#define MAX_DRIFT (5 * NVR_SECOND)	 /* before the run is given up */
#define MAX_STEP (100 * NVR_MILLISECOND) /* of our clock */

void
nvr_timeline_begin(struct nvr_timeline *t, int64_t dts, int64_t pts,
    int64_t arrived, int64_t offset)
{
	*t = (struct nvr_timeline){.offset = offset,
	    .last_dts = dts,
	    .last_arrived = arrived,
	    .delay = arrived + offset - pts,
	    .was_delay = arrived + offset - pts,
	    .media_start = pts,
	    .first = true};
}

enum nvr_time_verdict
nvr_timeline_frame(struct nvr_timeline *t, int64_t dts, int64_t pts,
    int64_t arrived, int64_t offset)
{
	int64_t step = offset - t->offset;
	int64_t delay = arrived + offset - pts;

	if (step > MAX_STEP || step < -MAX_STEP)
		return NVR_TIME_STEP;
	if (dts <= t->last_dts)
		return NVR_TIME_BACK;
	if (dts - t->last_dts > arrived - t->last_arrived + MAX_AHEAD)
		return NVR_TIME_JUMP;
	t->offset = offset;
	t->last_dts = dts;
	t->last_arrived = arrived;
	if (delay < t->delay)
		t->delay = delay;
	return NVR_TIME_GOOD;
}

int64_t
nvr_timeline_start(const struct nvr_timeline *t)
{
	return t->first ? t->media_start + t->delay : t->wall_start;
}

static int64_t
known_delay(const struct nvr_timeline *t)
{
	return t->delay != INT64_MAX ? t->delay : t->was_delay;
}

int64_t
nvr_timeline_media(const struct nvr_timeline *t, int64_t arrived)
{
	return arrived + t->offset - known_delay(t);
}

/* How far wall time is behind what arrivals say, at that media time. */
static int64_t
late(const struct nvr_timeline *t, int64_t media)
{
	return media + known_delay(t) -
	       (nvr_timeline_start(t) + media - t->media_start);
}

bool
nvr_timeline_near(const struct nvr_timeline *t, int64_t media)
{
	int64_t by = late(t, media);

	return by < MAX_DRIFT && by > -MAX_DRIFT;
}

void
nvr_timeline_cut(
    struct nvr_timeline *t, int64_t media, int64_t *start_at, int64_t *end_at)
{
	int64_t length = media - t->media_start;
	int64_t most = length * MAX_PPM / 1000000;
	int64_t by = late(t, media);

	if (by > most)
		by = most;
	else if (by < -most)
		by = -most;
	*start_at = nvr_timeline_start(t);
	*end_at = *start_at + length + by;
	t->media_start = media;
	t->wall_start = *end_at;
	t->first = false;
	t->was_delay = known_delay(t);
	t->delay = INT64_MAX; /* the next segment finds its own */
}

const char *
nvr_time_verdict_name(enum nvr_time_verdict v)
{
	static const char *const names[] = {
	    "good", "clock-back", "clock-jump", "clock-step"};

	return names[v];
}
