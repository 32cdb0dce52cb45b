/*
 * Decoding times of frames that come with presentation times alone, as RTP
 * has them: with a depth of R, the k-th frame is decoded at the time of the
 * (k-R)-th that is shown.  No frame waits for this.
 */
#ifndef NVR_MEDIA_REORDER_H
#define NVR_MEDIA_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#define NVR_REORDER_MAX 16

/* { .second = clock rate } is a new one. */
struct nvr_reorder {
	int64_t second; /* ticks */
	int depth;	/* frames; grows when it proves too small */
	bool running;
	int64_t
	    times[NVR_REORDER_MAX + 1]; /* ascending; [0] was the last dts */
	int64_t latest;			/* the greatest pts since a jump */
};

/*
 * The dts of the next frame in decoding order.  It grows and does not exceed
 * pts, unless the clock jumped (back by more than a second, or ahead by one)
 * or the depth had to grow, which `may_reorder` permits: then it starts anew.
 * `duration` of a frame in ticks, greater than 0.
 */
int64_t nvr_reorder_dts(
    struct nvr_reorder *r, int64_t pts, int64_t duration, bool may_reorder);

/* What comes next has nothing to do with what came before. */
void nvr_reorder_clear(struct nvr_reorder *r);

#endif
