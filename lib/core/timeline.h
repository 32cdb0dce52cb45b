/*
 * Time inside a run.  The camera's clock says how far apart frames are, ours
 * when they were; both wander, and both can jump.
 *
 * A frame cannot arrive before it was made, so the least delay that was seen
 * says best when media time 0 was.  Within a run wall time only grows: it
 * starts where the first segment's least delay puts it, and each later segment
 * ends where media time does, corrected towards its own least delay by no more
 * than 500 ppm.
 */
#ifndef NVR_CORE_TIMELINE_H
#define NVR_CORE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the run can go on with a frame, and else why not. */
enum nvr_time_verdict {
	NVR_TIME_GOOD,
	NVR_TIME_BACK, /* the camera's clock ran backwards, or stood still */
	NVR_TIME_JUMP, /* it jumped ahead */
	NVR_TIME_STEP, /* our clock was set */
};

struct nvr_timeline {
	/* All in microseconds. */
	int64_t offset;	      /* wall clock less CLOCK_MONOTONIC */
	int64_t last_dts;     /* media time */
	int64_t last_arrived; /* CLOCK_MONOTONIC */
	int64_t delay;	      /* least wall time of arrival less media time */
	int64_t was_delay;    /* of the segment before */
	int64_t media_start;  /* of the segment */
	int64_t wall_start;   /* of the segment, unless it is the first */
	bool first;	      /* the segment is the run's first */
};

/* A run begins with a key frame at that media time. */
void nvr_timeline_begin(struct nvr_timeline *t, int64_t dts, int64_t pts,
    int64_t arrived, int64_t offset);

/* For each frame of video: changes nothing unless the verdict is good. */
enum nvr_time_verdict nvr_timeline_frame(struct nvr_timeline *t, int64_t dts,
    int64_t pts, int64_t arrived, int64_t offset);

/* When the open segment began, as far as is known by now. */
int64_t nvr_timeline_start(const struct nvr_timeline *t);

/* The media time of what arrives then, as nearly as arrivals can tell. */
int64_t nvr_timeline_media(const struct nvr_timeline *t, int64_t arrived);

/* False when wall and media time are so far apart that the run should end. */
bool nvr_timeline_near(const struct nvr_timeline *t, int64_t media);

/* The segment ends at that media time, and the next one begins there. */
void nvr_timeline_cut(
    struct nvr_timeline *t, int64_t media, int64_t *start_at, int64_t *end_at);

const char *nvr_time_verdict_name(enum nvr_time_verdict v);

#endif
