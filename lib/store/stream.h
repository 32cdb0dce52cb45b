/*
 * What retention asks of each stream's footage, and the rows that end with it;
 * core/streams.h has the rules.
 */
#ifndef NVR_STORE_STREAM_H
#define NVR_STORE_STREAM_H

#include "store/footage.h"

struct nvr_stream_total {
	int64_t camera_id;
	enum nvr_stream stream;
	int64_t segments, bytes;
};

/* Streams that have a segment, by camera; camera 0: of all.  Not those of
 * restricted accounts. */
int nvr_stream_each(struct nvr_store *st, int64_t camera,
    int (*row)(void *ctx, const struct nvr_stream_total *t), void *ctx,
    struct nvr_error *err);

/* The bytes of segments with since <= start_at < until and
 * after < end_at <= ends. */
int nvr_stream_bytes(struct nvr_store *st, const struct nvr_stream_total *of,
    int64_t since, int64_t until, int64_t after, int64_t ends, int64_t *ret,
    struct nvr_error *err);

/* How many segments begin at since or later and before until, up to `most`;
 * reads as much of the index alone. */
int nvr_stream_count(struct nvr_store *st, const struct nvr_stream_total *of,
    int64_t since, int64_t until, int64_t most, int64_t *ret,
    struct nvr_error *err);

/* Holds on the camera that end after a moment, by beginning, were its account
 * deleted; not those that had been released by `now`. */
int nvr_stream_holds(struct nvr_store *st, int64_t camera, int64_t now,
    int64_t after, int (*row)(void *ctx, int64_t since, int64_t until),
    void *ctx, struct nvr_error *err);

/* Another one than before, when anything was written since. */
int nvr_stream_stamp(struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/* When something was found there, as far as that was after a moment; in no
 * order. */
int nvr_stream_findings(struct nvr_store *st, int64_t camera, int64_t after,
    int (*row)(void *ctx, int64_t at), void *ctx, struct nvr_error *err);

/* Forgets moments that keep no footage any more: at or before `before` less
 * what their camera keeps around findings, or all where it does not.  camera 0:
 * of all. */
int nvr_incidents_drop(struct nvr_store *st, int64_t camera, int64_t before,
    struct nvr_error *err);

/*
 * Runs that no segment is of, finished or not, go if they began before all that
 * their stream has left.  The newest of a stream may be in use, unless its
 * camera was removed at or before `removed`.  camera 0: of all.
 */
int nvr_runs_drop(struct nvr_store *st, int64_t camera, int64_t removed,
    struct nvr_error *err);

#endif
