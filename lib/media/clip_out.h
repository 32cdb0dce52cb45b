/*
 * Boxes on their way to a sink.  All is written twice, first to nowhere, to
 * learn the sizes of the boxes, which stand at their beginning.
 */
#ifndef NVR_MEDIA_CLIP_OUT_H
#define NVR_MEDIA_CLIP_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "media/spool.h"

#define NVR_CLIP_OUT_BOXES 512
#define NVR_CLIP_OUT_BLOCK ((size_t)64 * 1024)

struct nvr_clip_out {
	const struct nvr_sink *sink; /* NULL: only counts */
	struct nvr_error *err;
	int rc;	      /* of the first failure; nothing is written after it */
	uint64_t len; /* so far */
	/* Of the boxes, in the order in which they begin. */
	uint64_t sizes[NVR_CLIP_OUT_BOXES];
	unsigned n;
	uint8_t *block; /* NVR_CLIP_OUT_BLOCK, of which filled wait */
	size_t filled;

	/* What the boxes of a moov need to know. */
	uint64_t data_at, data_len; /* where samples begin; how many bytes */
	bool wide;		    /* offsets of 64 bits */
	int64_t made;		    /* seconds since 1904 */
	int64_t length;		    /* of the movie, in its timescale */
};

void nvr_clip_out(struct nvr_clip_out *o, const void *data, size_t len);
void nvr_out16(struct nvr_clip_out *o, unsigned v);
void nvr_out32(struct nvr_clip_out *o, uint32_t v);
void nvr_out64(struct nvr_clip_out *o, uint64_t v);
/* A time or duration, as long as the box's version has it. */
void nvr_clip_out_time(struct nvr_clip_out *o, bool wide, int64_t v);
void nvr_clip_out_zeros(struct nvr_clip_out *o, size_t n); /* 64 at the most */
void nvr_clip_out_table(struct nvr_clip_out *o, struct nvr_spool *s);
/* A box, which nvr_clip_out_end ends by what beginning it gave. */
unsigned nvr_clip_out_begin(struct nvr_clip_out *o, const char *type);
unsigned nvr_clip_out_begin_full(
    struct nvr_clip_out *o, const char *type, uint32_t version_and_flags);
void nvr_clip_out_end(struct nvr_clip_out *o, unsigned i);
/* To the sink. */
void nvr_clip_out_flush(struct nvr_clip_out *o);

#endif
