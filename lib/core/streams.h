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
	int64_t events_us;  /* around findings; 0: as the rest */
	int64_t removed_at; /* the camera; 0: it is in use */
};

/* A stretch of time that is not deleted from. */
struct nvr_span {
	int64_t since, until;
	bool held; /* by a hold; else for a finding, while there is another way
		    */
};

struct nvr_stream_of {
	struct nvr_camera *cam;
	enum nvr_stream stream;
	struct nvr_stream_rule rule;
	int64_t segments, bytes; /* that there are */
	int64_t held_bytes;	 /* of them, which count against no limit */
	struct nvr_span *keep;	 /* sorted, apart from each other */
	size_t nkeep;
};

struct nvr_streams {
	struct nvr_stream_of *e;
	size_t n;
};

/* All streams that have footage, by camera; but for those of restricted
 * accounts, of which nothing goes.  camera 0: of all; now: what findings are
 * young enough by. */
int nvr_streams_load(struct nvr_state *s, int64_t camera, int64_t now,
    struct nvr_streams *ret, struct nvr_error *err);
void nvr_streams_free(struct nvr_streams *x);

/*
 * The next segment of that stream that may go, at or after *from; *from becomes
 * what to ask with for the one behind it.  1: *ret, 0: there is none.
 * findings: what is kept for those may go as well.
 */
int nvr_streams_next(struct nvr_state *s, const struct nvr_stream_of *x,
    int64_t *from, bool findings, struct nvr_segment *ret,
    struct nvr_error *err);

/*
 * Whose footage goes first when the disk is full, and which segment: of streams
 * without a limit of bytes, or above theirs, before those within their own; in
 * each of both the oldest; what is kept for findings last.
 */
struct nvr_victims;
int nvr_victims_open(struct nvr_state *s, const struct nvr_streams *x,
    struct nvr_victims **ret, struct nvr_error *err);
/* 1: *ret, and *of says whose; 0: nothing may go. */
int nvr_victims_next(struct nvr_victims *v, struct nvr_segment *ret,
    const struct nvr_stream_of **of, struct nvr_error *err);
void nvr_victims_close(struct nvr_victims *v);

#endif
