/*
 * Records one stream of one camera, in a process of its own, until it is told
 * to stop.  Losing the camera, the disk, the media folder or the store stops
 * nothing for good: it goes on by itself when they are back.
 */
#ifndef NVR_CORE_RECORDER_H
#define NVR_CORE_RECORDER_H

#include <signal.h>

#include "core/inventory.h"
#include "store/footage.h"

/* What happened: an event of the store as well, unless it is a segment. */
struct nvr_record_report {
	int64_t at;
	/*
	 * start, stop · recording, lost, back · segment, mended, abandoned ·
	 * full, room, min-free, no-media, media · store-busy, store · left-out
	 * · restricted, unrestricted
	 */
	const char *kind;
	const char *detail;		   /* for people; "" */
	const struct nvr_segment *segment; /* of segment and mended */
};

struct nvr_recorder_options {
	int64_t
	    segment;   /* microseconds; a segment ends at the next key frame */
	int64_t flush; /* microseconds between two flushes */
	int64_t timeout; /* microseconds, for each step of connecting */
	bool seal;
	long long count; /* segments, then it ends; 0: no such end */
	/* Set by a signal, which is let in by `mask` while something is
	 * waited for. */
	const volatile sig_atomic_t *stop;
	const sigset_t *mask;
	void (*say)(void *ctx, const struct nvr_record_report *r);
	void *ctx;
};

/* Whether the stream is to be recorded, and is one: http gives stills. */
bool nvr_recorder_can(const struct nvr_camera *cam, enum nvr_stream stream);

/*
 * x is what the camera wants to know.  The box key is used to mend what an
 * earlier process left, and wiped before the camera is connected to.
 * NVR_E_AGAIN when another process records the stream.
 */
int nvr_recorder_run(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_secrets *x, enum nvr_stream stream,
    const struct nvr_recorder_options *o, struct nvr_error *err);

#endif
