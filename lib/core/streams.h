/*
 * What may be deleted of each stream's footage, oldest first: for nvr-retain's
 * rules, for room on the disk, and for the forecast.
 */
#ifndef NVR_CORE_STREAMS_H
#define NVR_CORE_STREAMS_H

#include "core/state.h"
#include "store/footage.h"

/* What holds for a stream: its camera's own, else its site's, else nvr.conf's.
 * 0: no limit. */
struct nvr_stream_rule {
	int64_t us, bytes;
	int64_t events_us; /* around findings; 0: as the rest */
	bool removed;	   /* the camera, and it is to go with all it has */
};

/*
 * Every segment that may go at all is of one of these.  It is not, when a hold
 * has something of it that has not been released by `now`, or when it ends
 * after a `now` that is past.
 */
enum nvr_going {
	NVR_GOING_DUE,	    /* by its age, or with its camera */
	NVR_GOING_REST,	    /* there is another way, but not yet due */
	NVR_GOING_FINDINGS, /* the same, and kept around a finding */
	NVR_GOINGS,
	NVR_GOING_ANY /* of these; in a walk of its own */
};

struct nvr_walk;

struct nvr_stream_of {
	struct nvr_camera *cam;
	enum nvr_stream stream;
	struct nvr_stream_rule rule;
	int64_t segments, bytes; /* that there are */
	/* Of them, what holds keep, which counts against no limit; reckoned
	 * where more than the limit is there. */
	int64_t held_bytes;
	int64_t now, ends; /* a segment that ends after it is not there */
	int64_t around;	   /* a finding, before and after */
	struct nvr_walk *walk;
};

struct nvr_streams {
	struct nvr_stream_of *e;
	size_t n;
};

/* All streams that have footage, by camera; but for those of restricted
 * accounts, of which nothing goes.  camera 0: of all; now: as if it were that
 * time. */
int nvr_streams_load(struct nvr_state *s, int64_t camera, int64_t now,
    struct nvr_streams *ret, struct nvr_error *err);
void nvr_streams_free(struct nvr_streams *x);

/* That stream alone, with footage or without: for what has no row yet. */
int nvr_streams_one(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t now, struct nvr_streams *ret, struct nvr_error *err);
/* Whether a segment from then until then would be NVR_GOING_DUE. */
int nvr_streams_due(struct nvr_state *s, struct nvr_stream_of *x,
    const struct nvr_segment *seg, bool *ret, struct nvr_error *err);

/* Whether its rule is what it was when it was loaded: in the meantime a camera
 * may have been restored, or its limit made longer. */
int nvr_stream_stands(struct nvr_state *s, const struct nvr_stream_of *x,
    bool *ret, struct nvr_error *err);

/* How long a segment is kept by its age, from its end on; 0: without a limit.
 */
int64_t nvr_streams_keep(
    const struct nvr_stream_of *x, const struct nvr_segment *seg);

/* Reckons held_bytes, if that has not been done. */
int nvr_streams_hold(
    struct nvr_state *s, struct nvr_stream_of *x, struct nvr_error *err);

/* Whether there is more than the limit of bytes allows. */
bool nvr_streams_above(const struct nvr_stream_of *x);

/*
 * The next segment of those, by its start; each is given once.  1: *ret, 0:
 * there is no more.
 */
int nvr_streams_next(struct nvr_state *s, struct nvr_stream_of *x,
    enum nvr_going which, struct nvr_segment *ret, struct nvr_error *err);

/* Of those, it goes on with what begins then or later. */
void nvr_streams_skip(
    struct nvr_stream_of *x, enum nvr_going which, int64_t to);

/*
 * Whose footage goes first when the disk is full, and which segment: what is
 * due first, and what is kept around findings last, after all else of anyone.
 * In each of these: of streams without a limit of bytes, or above theirs,
 * before those within their own, and of either the oldest.  What
 * nvr_streams_next gave before is not given again, nor counted: who took it
 * subtracts it from `bytes`, as nvr_victims_next does.
 */
struct nvr_victims;
int nvr_victims_open(struct nvr_state *s, struct nvr_streams *x,
    struct nvr_victims **ret, struct nvr_error *err);
/* 1: *ret, and *of is the index of its stream; 0: nothing may go. */
int nvr_victims_next(struct nvr_victims *v, struct nvr_segment *ret, size_t *of,
    struct nvr_error *err);
void nvr_victims_close(struct nvr_victims *v);
/* Of that stream, it goes on with what begins then or later: the present kind
 * of those before is passed over. */
void nvr_victims_skip(struct nvr_victims *v, size_t of, int64_t to);

/* How many bytes all that may go has; counts no further than to `enough`. */
int nvr_victims_bytes(struct nvr_state *s, struct nvr_streams *x,
    int64_t enough, int64_t *ret, struct nvr_error *err);

#endif
