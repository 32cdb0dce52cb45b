/*
 * Footage, as rows: runs, the segments they are made of, the journal of those
 * being written.  core/segment.h and core/discard.h have the rules.
 */
#ifndef NVR_STORE_FOOTAGE_H
#define NVR_STORE_FOOTAGE_H

#include "store/camera.h"

/* One unbroken session of a camera's stream. */
struct nvr_run {
	int64_t id, camera_id;
	enum nvr_stream stream;
	int64_t started_at;   /* wall clock at its first frame */
	int64_t monotonic_us; /* CLOCK_MONOTONIC at the same moment */
	const char *reason;   /* why it began: start, back, jump, … */
	const char *video;    /* codec */
	int width, height;    /* pixels */
	const char *audio;    /* codec; NULL: none */
};

struct nvr_segment {
	int64_t id, camera_id, run_id;
	enum nvr_stream stream;
	int64_t start_at, end_at; /* wall clock */
	int64_t media_start_us,
	    media_us;	    /* the camera's, from the run's start */
	int64_t frames;	    /* of video */
	int64_t size_bytes; /* of the file */
	uint8_t sha256[32]; /* of the file */
	bool sealed;
};

/* The journal's row of a segment being written. */
struct nvr_open_segment {
	int64_t id, camera_id, run_id;
	enum nvr_stream stream;
	int64_t start_at, media_start_us;
	const void *payload_key; /* age to the box key; NULL: not sealed */
	size_t payload_key_len;
};

int nvr_run_insert(
    struct nvr_store *st, const struct nvr_run *run, struct nvr_error *err);
/* Texts are copied into the buffers of *ret's owner: see nvr_run_free. */
int nvr_run_get(struct nvr_store *st, int64_t id, struct nvr_run **ret,
    struct nvr_error *err);
void nvr_run_free(struct nvr_run *run);

/* Ahead of the file. */
int nvr_segment_open(struct nvr_store *st, const struct nvr_open_segment *o,
    struct nvr_error *err);
/* The file is whole, durable and has its name: in one step the row comes and
 * the journal's goes. */
int nvr_segment_close(
    struct nvr_store *st, const struct nvr_segment *seg, struct nvr_error *err);
/* There is no file, or nothing in it. */
int nvr_segment_forget(struct nvr_store *st, int64_t id, struct nvr_error *err);

/* Within a transaction of the caller's: it goes with what there is of its file,
 * which can have been written up to `end`; not what a hold or a restriction
 * keeps. */
int nvr_open_segment_lose(struct nvr_store *st, int64_t id, int64_t end,
    bool *gone, struct nvr_error *err);

/* The journal's rows: of a camera's stream, or all of them with camera 0. */
int nvr_open_segment_each(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err);

/* The row of that id, if it is there: what row() returned, else 0. */
int nvr_open_segment_get(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_open_segment *o), void *ctx,
    struct nvr_error *err);

/* Segments that have something between since and until, by time.  None is
 * longer than NVR_SEGMENT_MAX, which makes this a search. */
#define NVR_SEGMENT_MAX (INT64_C(3600) * 1000000)
int nvr_segment_each(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, int64_t since, int64_t until,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err);

/* All, or of one camera (else 0), in the order in which they were begun, from
 * after an id. */
int nvr_segment_scan(struct nvr_store *st, int64_t camera, int64_t after,
    int (*row)(void *ctx, const struct nvr_segment *s), void *ctx,
    struct nvr_error *err);
/* Up to `max` of a stream that end by then, by start, then id, from behind such
 * a place. */
int nvr_segment_after(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, int64_t start, int64_t id, int64_t ends,
    struct nvr_segment *ret, int max, int *n, struct nvr_error *err);
int nvr_segment_get(struct nvr_store *st, int64_t id, struct nvr_segment *ret,
    struct nvr_error *err);

/* The newest segment of a stream; NVR_E_NOENT when there is none. */
int nvr_segment_newest(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, struct nvr_segment *ret, struct nvr_error *err);

/*
 * How many runs of a stream that began after `since` left `least` or more
 * without a segment ahead of their first: what core/coverage.h counts between
 * segments, by a search for each run and not by reading them all.
 */
int nvr_footage_breaks(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, int64_t since, int64_t least, int64_t *ret,
    struct nvr_error *err);

/* When the next segment begins, finished or not, after a moment; 0: none. */
int nvr_footage_next(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, int64_t after, int64_t *ret, struct nvr_error *err);

/* What a stream has, in rows that begin at since or later. */
struct nvr_footage_sum {
	int64_t segments, bytes, frames, wall_us;
	int64_t first_at, last_at; /* 0: none */
};
int nvr_footage_sum(struct nvr_store *st, int64_t camera,
    enum nvr_stream stream, int64_t since, struct nvr_footage_sum *ret,
    struct nvr_error *err);

/* The size of all segments together. */
int nvr_footage_bytes_all(
    struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/* Whether there is any of the camera, whole or being written. */
int nvr_footage_any(
    struct nvr_store *st, int64_t camera, bool *ret, struct nvr_error *err);

/* Counts all rows, and puts the totals right that differ; *streams says of how
 * many. */
int nvr_footage_mend(struct nvr_store *st, int *streams, struct nvr_error *err);

/*
 * The rows go, within a transaction of the caller's.  gone[i] says which: not
 * those that a hold or a restriction keeps, nor those that are not there.
 * Best one stream after the other.
 */
int nvr_segments_drop(struct nvr_store *st,
    const struct nvr_segment *const seg[], size_t n, bool gone[],
    struct nvr_error *err);

/*
 * The row goes if there is one, that of the journal as well, and the file's
 * path is garbage from then on: one step.  NVR_E_PERMISSION when a hold or a
 * restriction keeps it.
 */
int nvr_segment_discard(
    struct nvr_store *st, int64_t id, const char *path, struct nvr_error *err);

#endif
