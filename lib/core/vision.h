/*
 * A still and a few questions, put to a model: one request, one more where the
 * answer was not valid, and further samples where it was doubtful.
 */
#ifndef NVR_CORE_VISION_H
#define NVR_CORE_VISION_H

#include "core/inquiry.h"
#include "core/verdict.h"

struct nvr_vision_options {
	struct nvr_inquiry *inquiry; /* the caller's */
	const struct nvr_model *model;
	const struct nvr_checks *checks;
	const char *camera; /* its name */
	int64_t taken_at;   /* 0: unknown */
	const void *jpeg;   /* needed until start returns */
	size_t len;
	const void *reference; /* the accepted view; NULL: none is kept */
	size_t reference_len;
	/*
	 * How often a check is asked whose answer was `yes` or
	 * `cannot_determine`: the verdict is what most samples say, a tie
	 * cannot be determined, what stands for it is the first sample that
	 * said so, and the confidence is (k + 1) / (n + 2) for k
	 * of n that agree, by the method `agreement` (Laplace's rule).
	 */
	int samples;
};

struct nvr_vision;

/* done is called once, never from here; then it is to be closed. */
int nvr_vision_start(const struct nvr_vision_options *o,
    void (*done)(void *ctx, struct nvr_outcome *outcome), void *ctx,
    struct nvr_vision **ret, struct nvr_error *err);
void nvr_vision_close(struct nvr_vision *v);

/*
 * A picture as the model will look at it: scaled to what `detail` leaves of
 * it, and without metadata.  Into ret, which must be empty.
 */
int nvr_vision_prepare(const void *jpeg, size_t len, enum nvr_detail detail,
    struct nvr_buf *ret, struct nvr_error *err);

#endif
