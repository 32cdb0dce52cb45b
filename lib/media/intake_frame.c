/* A whole frame: is it a key frame, is it good, when is it decoded. */
#include "base/jpeg.h"
#include "base/time.h"
#include "media/intake_int.h"

/* Without an IDR for so long, a stream is asked for recovery points. */
#define IDR_WAIT (10 * NVR_SECOND)

static int
hand_on(struct nvr_intake *in, const struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_frame *f, struct nvr_error *err)
{
	f->track = (int)(t - in->tracks);
	f->pts = raw->pts;
	f->duration = t->duration;
	f->arrived = raw->arrived;
	f->data = raw->data;
	f->len = raw->len;
	return in->sink.frame(in->sink.ctx, f, err);
}

/* H.264 can refresh its picture bit by bit and never send an IDR. */
static bool
is_recovery_point(struct nvr_intake_track *t, const struct nvr_raw_frame *raw)
{
	if (t->codec != AV_CODEC_ID_H264 || !(raw->types & NVR_NAL_H264_SEI) ||
	    (!t->recovery && raw->arrived - t->waiting < IDR_WAIT))
		return false;
	t->recovery = nvr_intake_parsed_key(t, raw);
	if (!t->recovery)
		t->waiting = raw->arrived; /* ask again later */
	return t->recovery;
}

static bool
is_key(struct nvr_intake_track *t, const struct nvr_raw_frame *raw)
{
	bool h265 = t->codec == AV_CODEC_ID_HEVC;

	if (!nvr_intake_pieces(t->codec))
		return raw->key;
	return (raw->types & nvr_nal_keys(h265)) != 0 ||
	       is_recovery_point(t, raw);
}

/* The size of a JPEG: 1 when it has one, 0 when it is broken. */
static int
take_size(struct nvr_intake_track *t, const struct nvr_raw_frame *raw)
{
	struct nvr_error ignored;
	int width, height;

	if (nvr_jpeg_size(raw->data, raw->len, &width, &height, &ignored) !=
		0 ||
	    width < 1 || height < 1)
		return 0;
	if (width != t->pub.width || height != t->pub.height)
		t->fresh = true;
	t->pub.width = width;
	t->pub.height = height;
	return 1;
}

static int64_t
decoding_time(
    struct nvr_intake_track *t, const struct nvr_raw_frame *raw, bool key)
{
	int64_t dts, step;

	dts = nvr_reorder_dts(&t->reorder, raw->pts, t->duration,
	    !key && nvr_intake_pieces(t->codec));
	step = dts - t->last_dts;
	/* The last step is the best guess at the next. */
	if (t->timed && step > 0 && step <= 10 * (int64_t)t->pub.clock_rate)
		t->duration = step;
	t->last_dts = dts;
	t->timed = true;
	return dts;
}

int
nvr_intake_video(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err)
{
	struct nvr_frame f = {.key = is_key(t, raw)};
	int good = 1;

	if (t->waiting == 0)
		t->waiting = raw->arrived;
	if (f.key && nvr_intake_pieces(t->codec))
		good = nvr_intake_config(t, raw, err);
	else if (t->codec == AV_CODEC_ID_MJPEG)
		good = take_size(t, raw);
	if (good < 0)
		return good;
	if (good == 0) {
		in->losses.broken++;
		if (f.key)
			t->running = false;
		return 0;
	}
	if (!f.key && !t->running)
		return 0; /* there is nothing to decode it from */
	if (f.key) {
		t->running = true;
		t->waiting = raw->arrived;
		f.fresh = t->fresh;
		t->fresh = false;
	}
	f.dts = decoding_time(t, raw, f.key);
	return hand_on(in, t, raw, &f, err);
}

int
nvr_intake_audio(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err)
{
	struct nvr_frame f = {.key = true, .dts = raw->pts};
	int64_t ticks = 0;

	if (raw->len > 0)
		ticks = nvr_intake_audio_ticks(t, raw->data, raw->len);
	if (ticks <= 0) {
		in->losses.broken++;
		return 0;
	}
	t->duration = ticks;
	f.fresh = !t->running;
	t->running = true;
	return hand_on(in, t, raw, &f, err);
}
