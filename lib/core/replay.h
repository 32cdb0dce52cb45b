/* Stills out of the recording: of now, and of the past. */
#ifndef NVR_CORE_REPLAY_H
#define NVR_CORE_REPLAY_H

#include "core/footage.h"
#include "core/snap.h"

/*
 * Where a still is to be found, and what opens it.  Found by the process that
 * has the store and the keys; taken by one that needs neither.
 */
struct nvr_replay {
	bool found;
	/*
	 * It is being written: torn; else, or where nothing of that is on the
	 * disk yet, segment and identity.
	 */
	bool open, whole;
	struct nvr_torn torn;
	struct nvr_segment segment;
	struct nvr_age_identity identity;
	int64_t at; /* wall clock; 0: the newest there is */
	bool exact; /* the very frame, not the key frame before it */
};

/* The recording in progress.  *ret says found or not. */
int nvr_replay_now(struct nvr_state *s, const struct nvr_camera *cam,
    enum nvr_stream stream, struct nvr_replay *ret, struct nvr_error *err);

/* NVR_E_NOENT when there is no footage of that time; the text names what is
 * next. */
int nvr_replay_then(struct nvr_state *s, const struct nvr_camera *cam,
    enum nvr_stream stream, int64_t at, struct nvr_replay *ret,
    struct nvr_error *err);

/*
 * Takes it, as nvr_snap_take does.  max_age > 0: NVR_E_AGAIN when it is older
 * than that, in microseconds before `now`.
 */
int nvr_replay_take(struct nvr_state *s, const struct nvr_camera *cam,
    const struct nvr_replay *r, const struct nvr_snap_options *o, int64_t now,
    int64_t max_age, struct nvr_still *ret, struct nvr_error *err);

void nvr_replay_wipe(struct nvr_replay *r);

#endif
