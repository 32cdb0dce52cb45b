/*
 * What there is of a stretch of time, and what is missing: the segments of a
 * stream, the one being written, and the gaps between them.
 */
#ifndef NVR_CORE_COVERAGE_H
#define NVR_CORE_COVERAGE_H

#include "core/state.h"
#include "store/footage.h"

/* Less than this between two segments is no gap: cameras round, too. */
#define NVR_GAP_MIN INT64_C(1000000)

enum nvr_span_kind { NVR_SPAN_SEGMENT, NVR_SPAN_OPEN, NVR_SPAN_GAP };

struct nvr_span {
	enum nvr_span_kind kind;
	int64_t start, end;		     /* wall clock */
	const struct nvr_segment *segment;   /* NVR_SPAN_SEGMENT */
	const struct nvr_open_segment *open; /* NVR_SPAN_OPEN */
	const char *reason; /* NVR_SPAN_GAP: why it ended, "" if unknown */
	int64_t began; /* NVR_SPAN_GAP: when the run after it did; 0: unknown */
};

/*
 * Up to when there is something of an open segment: now while it is written,
 * else as far as a crash left it.
 */
int64_t nvr_open_end(
    struct nvr_state *s, const struct nvr_open_segment *o, int64_t now);

/*
 * Calls back in order of time; everything is borrowed for the call.  until is
 * brought down to now.  What was before the first footage ever is no gap.
 * The lists are taken first, so row() may use the store.
 */
int nvr_coverage(struct nvr_state *s, int64_t camera, enum nvr_stream stream,
    int64_t since, int64_t until, int64_t now,
    int (*row)(void *ctx, const struct nvr_span *span), void *ctx,
    struct nvr_error *err);

/* The same as evidence has it: what is not there is a gap, also ahead of the
 * first footage, and when there is none at all. */
int nvr_coverage_strict(struct nvr_state *s, int64_t camera,
    enum nvr_stream stream, int64_t since, int64_t until, int64_t now,
    int (*row)(void *ctx, const struct nvr_span *span), void *ctx,
    struct nvr_error *err);

#endif
