/*
 * A stretch of a camera's recording as one MP4: finds the segments, opens
 * them, and has media/clip.h join them.
 */
#ifndef NVR_CORE_CLIPPER_H
#define NVR_CORE_CLIPPER_H

#include "core/inventory.h"
#include "media/clip.h"

/* What does not fit into the same file. */
struct nvr_clipper_rest {
	int64_t segment; /* its first; 0: nothing is left */
	int64_t at;	 /* wall clock: where that begins */
};

struct nvr_clipper_request {
	const struct nvr_camera *camera;
	enum nvr_stream stream;
	int64_t since, until; /* wall clock */
	int64_t segment;      /* begin with this one; 0: at since */
	/* Whole segments of this one alone, whatever is open; 0: of all. */
	int64_t run;
	bool key_frames;     /* as in nvr_clip_options */
	const char *encoder; /* the tool and its version */
	const char *temp;    /* as in nvr_clip_options */
	void (*event)(void *ctx, const struct nvr_clip_event *e);
	int (*size)(void *ctx, uint64_t bytes, struct nvr_error *err);
	void *ctx;
};

/*
 * Ends where the camera's codec changes, since a track of MP4 has one: *rest
 * is what the next file begins with.
 *
 * What is being written right now is part of it, as far as it is on the disk.
 * NVR_E_NOENT when there is nothing, or when the camera's identity is kept
 * elsewhere.
 */
int nvr_clipper_write(struct nvr_state *s, const struct nvr_clipper_request *r,
    const struct nvr_sink *sink, struct nvr_clip_result *ret,
    struct nvr_clipper_rest *rest, struct nvr_error *err);

#endif
