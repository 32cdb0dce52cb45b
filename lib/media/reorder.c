/* A window of the latest presentation times, in order. */
#include "media/reorder.h"

/* As if frames had been shown all the time before. */
static void
start(struct nvr_reorder *r, int64_t pts, int64_t duration)
{
	for (int i = 0; i <= r->depth; i++)
		r->times[i] = pts - (r->depth - i) * duration;
	r->latest = pts;
	r->running = true;
}

void
nvr_reorder_clear(struct nvr_reorder *r)
{
	r->running = false;
}

int64_t
nvr_reorder_dts(
    struct nvr_reorder *r, int64_t pts, int64_t duration, bool may_reorder)
{
	int64_t last = r->times[0];

	if (r->running && pts <= last && pts >= last - r->second &&
	    may_reorder && r->depth < NVR_REORDER_MAX) {
		r->depth++;
		r->running = false;
	}
	if (!r->running || pts <= last || pts > r->latest + r->second) {
		start(r, pts, duration);
		return r->times[0];
	}
	/* The new one takes the place of the last dts and moves up. */
	r->times[0] = pts;
	for (int i = 0; i < r->depth && r->times[i] > r->times[i + 1]; i++) {
		int64_t t = r->times[i];

		r->times[i] = r->times[i + 1];
		r->times[i + 1] = t;
	}
	if (pts > r->latest)
		r->latest = pts;
	return r->times[0];
}
