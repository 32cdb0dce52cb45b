/*
 * What the parts of the recorder share: recorder.c has the camera, its loss and
 * its return; recorder_run.c runs and segments; recorder_upkeep.c the rest.
 */
#ifndef NVR_CORE_RECORDER_INT_H
#define NVR_CORE_RECORDER_INT_H

#include "core/source.h"
#include "core/recorder.h"
#include "core/segment.h"
#include "core/station.h"
#include "core/timeline.h"
#include "store/event.h"

#define MAX_LEFT 16 /* segments that wait to be mended, or for their rows */

/* A segment being written. */
struct part {
	struct nvr_segment_file *file;
	int64_t media_start, fragment_start; /* microseconds */
	int64_t video_zero, audio_zero;	     /* ticks: the file's time 0 */
	int64_t audio_last;		     /* ticks of the last audio frame */
	int64_t frames;
};

struct recorder {
	struct nvr_state *s;
	const struct nvr_camera *cam;
	enum nvr_stream stream;
	const struct nvr_recorder_options *o;
	struct nvr_station_page *page;
	struct nvr_age_recipient to[NVR_AGE_MAX_RECIPIENTS], box;
	size_t nto;
	int64_t segments; /* finished */

	/* The session. */
	struct nvr_source *source;
	int video, audio;   /* tracks of the source; audio -1: none */
	int64_t last_video; /* CLOCK_MONOTONIC of its last frame; 0: none */

	/* The run. */
	bool running;
	const char *reason; /* of the next one */
	int64_t run_id;
	struct nvr_timeline time;
	int64_t run_pts;   /* microseconds: where its media time 0 is */
	int64_t media_end; /* microseconds: of what was written */
	/* Audio's time on the video's: what is added to its microseconds. */
	bool audio_placed;
	int64_t audio_shift;
	int64_t audio_next; /* microseconds: where it goes on */

	struct part open;      /* the open segment; file NULL: none */
	bool dirty;	       /* something was written since the last flush */
	int64_t flushed, kept; /* CLOCK_MONOTONIC of the last flush, upkeep */
	int64_t kept_bytes;    /* that there were at the last upkeep */
	int64_t fragment_wall; /* wall time at the end of the last fragment */

	/* What could not be done at once. */
	struct nvr_torn torn[MAX_LEFT];
	int ntorn;
	struct nvr_segment row[MAX_LEFT];
	int nrow;
	struct left_event {
		struct nvr_event e;
		char kind[16], detail[200];
	} event[MAX_LEFT];
	int nevent;
	/* What keeps it from writing. */
	bool full, no_media, busy, restricted;
	bool barred;   /* by the restriction, as of upkeep */
	bool low;      /* there is less room than there has to be */
	bool below;    /* min-free cannot be kept, and that has been said */
	int64_t retry; /* CLOCK_MONOTONIC: not before */
};

/* An event, in the store (when it can take it) and for whoever listens. */
void nvr_recorder_tell(struct recorder *r, const char *kind,
    const struct nvr_segment *segment, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What the station says from now on. */
void nvr_recorder_state(
    struct recorder *r, enum nvr_station_state state, const char *why);

/* The frame's way; only NVR_E_NOMEM fails. */
int nvr_recorder_frame(
    struct recorder *r, const struct nvr_frame *f, struct nvr_error *err);

/* Ends the run, and its segment as it should be. */
void nvr_recorder_end_run(struct recorder *r, const char *reason);

/* A write or a flush failed: what is on the disk is mended later. */
void nvr_recorder_abandon(struct recorder *r, const struct nvr_error *why);

/* What the disk or the store did not take; said once until it ends. */
void nvr_recorder_hinder(struct recorder *r, int rc, const char *why);

#define NVR_UPKEEP (5 * NVR_SECOND)
/* Flushes when it is time, mends, makes room: again and again. */
void nvr_recorder_upkeep(struct recorder *r);

#endif
