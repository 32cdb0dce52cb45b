/*
 * Boxes of ISO/IEC 14496-12, in memory and in a file; for the files of
 * lib/media that read MP4.
 */
#ifndef NVR_MEDIA_MP4_BOX_H
#define NVR_MEDIA_MP4_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define NVR_BOX(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static inline uint16_t
nvr_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
nvr_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
nvr_be64(const uint8_t *p)
{
	return (uint64_t)nvr_be32(p) << 32 | nvr_be32(p + 4);
}

static inline void
nvr_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* What is left of a box, or all of it. */
struct nvr_span {
	const uint8_t *data;
	size_t len;
};

/*
 * Takes n bytes off its front: where they are, or NULL when there are not so
 * many, and then nothing is taken.
 */
const uint8_t *nvr_span_take(struct nvr_span *s, size_t n);

/*
 * Takes a box off the front.  1, and the box's contents without its header;
 * 0 at the end; NVR_E_DATA when it reaches beyond.
 */
int nvr_span_box(struct nvr_span *s, uint32_t *type, struct nvr_span *box,
    struct nvr_error *err);

/* The first box of a type: 1; 0: there is none. */
int nvr_span_find(struct nvr_span in, uint32_t type, struct nvr_span *box,
    struct nvr_error *err);

/* A piece of a file that is in memory, so that small reads are few. */
struct nvr_window {
	const struct nvr_bytes *bytes;
	uint8_t *data;
	size_t len, cap;
	uint64_t at;
};

/* Bytes that a small read fetches along with it. */
#define NVR_WINDOW_AHEAD 4096

/*
 * The bytes at an offset, borrowed until the next call.  NVR_E_DATA when the
 * file ends before; the caller bounds len.
 */
int nvr_window_get(struct nvr_window *w, uint64_t offset, size_t len,
    const uint8_t **ret, struct nvr_error *err);
void nvr_window_release(struct nvr_window *w);

struct nvr_box {
	uint32_t type;
	uint64_t offset; /* of the header */
	unsigned header; /* its length */
	uint64_t end;	 /* UINT64_MAX: reaches beyond the limit */
};

/*
 * The header of the box at an offset of the file, which may not reach beyond
 * `limit`.  1, or 0 when there is no room for a header; NVR_E_DATA when its
 * size makes no sense.
 */
int nvr_window_box(struct nvr_window *w, uint64_t offset, uint64_t limit,
    struct nvr_box *ret, struct nvr_error *err);

#endif
