/*
 * An SDP and the packets that follow it.  The SDP ends at a NUL; then each
 * packet is a byte of flags (track, RTCP, and whether the fuzzer's bytes get
 * a header that passes), two bytes of length, and so many bytes.  What
 * comes out is written as MP4, in whatever order it came.
 */
#include <assert.h>
#include <stdint.h>

#include "media/intake.h"
#include "media/mp4_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct out {
	struct nvr_intake *in;
	struct nvr_mp4_writer *w;
	int place[NVR_TRACKS_MAX];
	int frames;
};

static int
sink_write(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	(void)ctx, (void)data, (void)len, (void)err;
	return 0;
}

static void
open_writer(struct out *o, const struct nvr_frame *f)
{
	const struct nvr_sink sink = {sink_write, NULL};
	const struct nvr_mp4_options options = {.camera = "x", .start = 1};
	struct nvr_mp4_track tracks[NVR_TRACKS_MAX];
	struct nvr_error err;
	int n = 0;

	for (int i = 0; i < nvr_intake_tracks(o->in); i++) {
		const struct nvr_track *t = nvr_intake_track(o->in, i);

		o->place[i] = -1;
		if (!t->wanted || (t->video && t->width == 0))
			continue;
		o->place[i] = n;
		tracks[n++] = (struct nvr_mp4_track){t, f->dts};
	}
	if (n > 0 &&
	    nvr_mp4_writer_open(&sink, tracks, n, &options, &o->w, &err) != 0)
		assert(err.code == NVR_E_DATA);
}

static int
take(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	struct out *o = ctx;
	struct nvr_error ignored;

	assert(f->dts <= f->pts && f->len > 0 && f->duration > 0);
	assert(f->track >= 0 && f->track < nvr_intake_tracks(o->in));
	assert(nvr_intake_track(o->in, f->track)->wanted);
	if (f->fresh) {
		nvr_mp4_writer_free(o->w);
		o->w = NULL;
		open_writer(o, f);
	}
	if (o->w == NULL || o->place[f->track] < 0)
		return 0;
	(void)nvr_mp4_writer_frame(o->w, o->place[f->track], f, &ignored);
	if (++o->frames % 8 == 0)
		(void)nvr_mp4_writer_fragment(o->w, &ignored);
	(void)err;
	return 0;
}

/* A header that gets through, of a payload type that SDPs have. */
static void
header(uint8_t *p, int flags, int count)
{
	p[0] = 0x80;
	p[1] = (uint8_t)((p[1] & 0x80) | (flags & 0x20 ? 96 : p[1] & 0x7f));
	p[2] = (uint8_t)(count >> 8);
	p[3] = (uint8_t)count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len, *nul = memchr(data, 0, len);
	struct out o = {0};
	const struct nvr_frame_sink sink = {take, &o};
	struct nvr_error err = {0};
	uint8_t packet[4096];
	int count = 0;

	if (nul == NULL)
		nul = end;
	if (nvr_intake_sdp((const char *)data, (size_t)(nul - data), true,
		&sink, &o.in, &err) != 0) {
		assert(err.code == NVR_E_DATA);
		return 0;
	}
	for (data = nul + 1; data < end && end - data > 3;) {
		int flags = data[0];
		size_t n = ((size_t)data[1] << 8 | data[2]) % sizeof(packet);

		data += 3;
		if (n > (size_t)(end - data))
			n = (size_t)(end - data);
		memcpy(packet, data, n);
		if (flags & 0x10 && n >= 12)
			header(packet, flags, count);
		count++;
		assert(nvr_intake_push(o.in, flags & 3, flags & 0x08, packet, n,
			   count * INT64_C(1000000), &err) == 0);
		data += n;
	}
	nvr_mp4_writer_free(o.w);
	nvr_intake_free(o.in);
	return 0;
}
