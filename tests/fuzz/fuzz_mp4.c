/*
 * Segments and clips that anything may have been done to: the reader, the
 * clip writer over the same bytes twice, and the check of a clip.  A clip that
 * is written is one that the check finds whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/clip.h"
#include "media/mp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *data;
	size_t len;
	int given;
};

static int
input_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	const struct input *in = ctx;

	(void)err;
	if (offset > in->len || len > in->len - offset)
		abort();
	memcpy(buf, in->data + offset, len);
	return 0;
}

static int
source_next(void *ctx, struct nvr_clip_segment *ret, struct nvr_error *err)
{
	struct input *in = ctx;

	(void)err;
	if (in->given == 2)
		return 0;
	ret->bytes = (struct nvr_bytes){input_pread, in, in->len};
	ret->start = in->given++ * 3000000;
	return 1;
}

static int
source_rewind(void *ctx, struct nvr_error *err)
{
	(void)err;
	((struct input *)ctx)->given = 0;
	return 0;
}

static int
sink_write(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	return nvr_buf_add(ctx, data, len, err);
}

static void
read_all(const struct nvr_bytes *bytes)
{
	const struct nvr_mp4_sample *s;
	struct nvr_mp4 *m = NULL;
	struct nvr_error err;
	uint64_t end;
	size_t n, i;

	if (nvr_mp4_open(bytes, &m, &err) != 0)
		return;
	end = nvr_mp4_end(m);
	while (nvr_mp4_next(m, &s, &n, &err) == 1) {
		if (nvr_mp4_end(m) <= end || nvr_mp4_end(m) > bytes->size)
			abort();
		for (i = 0; i < n; i++)
			if (s[i].offset < end || s[i].dts < 0 ||
			    s[i].offset + s[i].size > nvr_mp4_end(m) ||
			    s[i].track >= nvr_mp4_tracks(m))
				abort();
		end = nvr_mp4_end(m);
	}
	nvr_mp4_free(m);
}

static void
clip(struct input *in, bool key_frames)
{
	struct nvr_clip_source source = {source_next, source_rewind, in};
	struct nvr_clip_options o = {
	    .since = 1000000,
	    .until = 60000000,
	    .key_frames = key_frames,
	    .title = "gate",
	    .temp = "/tmp",
	};
	struct nvr_clip_summary sum;
	struct nvr_clip_result r;
	struct nvr_buf out = {0};
	struct nvr_sink sink = {sink_write, &out};
	struct nvr_error err;
	struct input again;

	in->given = 0;
	if (nvr_clip_write(&source, &sink, &o, &r, &err) == 0) {
		again = (struct input){(uint8_t *)out.data, out.len, 0};
		if (r.bytes != out.len || r.zeroed != 0 ||
		    nvr_clip_verify(
			&(struct nvr_bytes){input_pread, &again, out.len}, &sum,
			&err) != 0)
			abort();
	}
	nvr_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = {data, len, 0};
	struct nvr_bytes bytes = {input_pread, &in, len};
	struct nvr_clip_summary sum;
	struct nvr_error err;

	read_all(&bytes);
	nvr_clip_verify(&bytes, &sum, &err);
	clip(&in, false);
	clip(&in, true);
	return 0;
}
