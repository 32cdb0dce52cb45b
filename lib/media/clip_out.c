/* Boxes on their way to a sink; see clip_out.h. */
#include <string.h>

#include "media/clip_out.h"
#include "media/mp4_box.h"

void
nvr_clip_out_flush(struct nvr_clip_out *o)
{
	if (o->rc == 0 && o->filled > 0)
		o->rc =
		    o->sink->write(o->sink->ctx, o->block, o->filled, o->err);
	o->filled = 0;
}

void
nvr_clip_out(struct nvr_clip_out *o, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n;

	o->len += len;
	while (o->sink != NULL && len > 0) {
		n = NVR_CLIP_OUT_BLOCK - o->filled < len
			? NVR_CLIP_OUT_BLOCK - o->filled
			: len;
		memcpy(o->block + o->filled, p, n);
		o->filled += n;
		p += n;
		len -= n;
		if (o->filled == NVR_CLIP_OUT_BLOCK)
			nvr_clip_out_flush(o);
	}
}

void
nvr_out16(struct nvr_clip_out *o, unsigned v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	nvr_clip_out(o, b, 2);
}

void
nvr_out32(struct nvr_clip_out *o, uint32_t v)
{
	uint8_t b[4];

	nvr_put32(b, v);
	nvr_clip_out(o, b, 4);
}

void
nvr_out64(struct nvr_clip_out *o, uint64_t v)
{
	nvr_out32(o, (uint32_t)(v >> 32));
	nvr_out32(o, (uint32_t)v);
}

void
nvr_clip_out_time(struct nvr_clip_out *o, bool wide, int64_t v)
{
	if (wide)
		nvr_out64(o, (uint64_t)v);
	else
		nvr_out32(o, (uint32_t)v);
}

void
nvr_clip_out_zeros(struct nvr_clip_out *o, size_t n)
{
	static const uint8_t none[64];

	nvr_clip_out(o, none, n);
}

unsigned
nvr_clip_out_begin(struct nvr_clip_out *o, const char *type)
{
	unsigned i = o->n++;

	if (o->sink == NULL)
		o->sizes[i] = o->len;
	nvr_out32(o, o->sink == NULL ? 0 : (uint32_t)o->sizes[i]);
	nvr_clip_out(o, type, 4);
	return i;
}

unsigned
nvr_clip_out_begin_full(
    struct nvr_clip_out *o, const char *type, uint32_t version_and_flags)
{
	unsigned i = nvr_clip_out_begin(o, type);

	nvr_out32(o, version_and_flags);
	return i;
}

void
nvr_clip_out_end(struct nvr_clip_out *o, unsigned i)
{
	if (o->sink == NULL)
		o->sizes[i] = o->len - o->sizes[i];
}

void
nvr_clip_out_table(struct nvr_clip_out *o, struct nvr_spool *s)
{
	uint64_t at = 0, len = nvr_spool_len(s);
	uint8_t buf[4096];
	size_t n;

	if (o->sink == NULL)
		o->len += len;
	while (o->sink != NULL && at < len && o->rc == 0) {
		o->rc = nvr_spool_read(s, at, buf, sizeof(buf), &n, o->err);
		if (o->rc == 0)
			nvr_clip_out(o, buf, n);
		at += n;
	}
}
