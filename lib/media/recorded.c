/* One picture out of a recorded segment; see recorded.h. */
#include <stdlib.h>

#include "base/time.h"
#include "media/mp4.h"
#include "media/recorded.h"
#include "media/video_int.h"

#define MAX_SAMPLE (32U << 20) /* bytes */
#define MAX_SAMPLES 36000      /* from one key frame to the next */

struct sample {
	uint64_t offset;
	uint32_t size;
	int64_t pts; /* microseconds after the first picture */
};

/* The key frame to begin with, and what follows it up to the moment. */
struct choice {
	const struct nvr_recorded_request *req;
	int track;
	int64_t first; /* ticks: the pts of the first picture */
	bool any;
	struct sample *sample;
	size_t n;
};

/* Takes or leaves a sample.  False once no later one can be of use. */
static bool
consider(struct choice *c, const struct nvr_mp4_sample *s, uint32_t timescale)
{
	int64_t pts, dts;

	if (!c->any && !s->key)
		return true;
	if (!c->any)
		c->first = s->dts + s->cts;
	pts = nvr_ticks_us(s->dts + s->cts - c->first, timescale);
	dts = nvr_ticks_us(s->dts - c->first, timescale);
	if (c->any && dts > c->req->at)
		return false;
	if (s->key && (pts <= c->req->at || !c->any))
		c->n = 0; /* a better one to begin with */
	else if (!c->req->exact || c->n == MAX_SAMPLES)
		return true;
	c->any = true;
	c->sample[c->n++] = (struct sample){s->offset, s->size, pts};
	return true;
}

static int
choose(struct nvr_mp4 *m, struct choice *c, struct nvr_error *err)
{
	const struct nvr_mp4_track_info *t = nvr_mp4_track(m, c->track);
	const struct nvr_mp4_sample *s;
	bool more = true;
	size_t n;
	int rc = 1;

	c->sample = calloc(c->req->exact ? MAX_SAMPLES : 1, sizeof(*c->sample));
	if (c->sample == NULL)
		return nvr_fail_nomem(err);
	while (more && (rc = nvr_mp4_next(m, &s, &n, err)) == 1)
		for (size_t i = 0; more && i < n; i++)
			if (s[i].track == c->track)
				more = consider(c, &s[i], t->timescale);
	if (rc < 0 && c->n == 0)
		return rc;
	return c->n > 0 ? 0
			: nvr_fail(err, NVR_E_DATA, "there is no key frame");
}

static enum AVCodecID
codec_of(const struct nvr_mp4_track_info *t)
{
	static const struct {
		const char *format;
		enum AVCodecID id;
	} codecs[] = {{"avc1", AV_CODEC_ID_H264}, {"avc3", AV_CODEC_ID_H264},
	    {"hvc1", AV_CODEC_ID_HEVC}, {"hev1", AV_CODEC_ID_HEVC},
	    {"av01", AV_CODEC_ID_AV1}, {"mp4v", AV_CODEC_ID_MJPEG},
	    {"jpeg", AV_CODEC_ID_MJPEG}};

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (strcmp(t->format, codecs[i].format) == 0)
			return codecs[i].id;
	return AV_CODEC_ID_NONE;
}

static int
open_decoder(const struct nvr_mp4_track_info *t, AVCodecContext **ret,
    struct nvr_error *err)
{
	AVCodecParameters *par = avcodec_parameters_alloc();
	int rc = 0;

	if (par == NULL)
		return nvr_fail_nomem(err);
	par->codec_type = AVMEDIA_TYPE_VIDEO;
	par->codec_id = codec_of(t);
	if (par->codec_id != AV_CODEC_ID_MJPEG && t->config_len > 0) {
		par->extradata =
		    av_mallocz(t->config_len + AV_INPUT_BUFFER_PADDING_SIZE);
		if (par->extradata == NULL)
			rc = nvr_fail_nomem(err);
		else
			memcpy(par->extradata, t->config, t->config_len);
		par->extradata_size = (int)t->config_len;
	}
	if (rc == 0)
		rc = nvr_video_open_decoder(par, ret, err);
	avcodec_parameters_free(&par);
	return rc;
}

static int
read_sample(const struct nvr_bytes *b, const struct sample *s, AVPacket *pkt,
    struct nvr_error *err)
{
	if (s->size == 0 || s->size > MAX_SAMPLE)
		return nvr_fail(
		    err, NVR_E_DATA, "a frame of %u bytes", (unsigned)s->size);
	if (av_new_packet(pkt, (int)s->size) < 0)
		return nvr_fail_nomem(err);
	pkt->pts = pkt->dts = s->pts;
	return b->pread(b->ctx, pkt->data, s->size, s->offset, err);
}

/* The frame that is shown at the moment: of those due, the last. */
static void
drain(AVCodecContext *ctx, AVFrame *frame, AVFrame *best, int64_t until)
{
	while (avcodec_receive_frame(ctx, frame) >= 0) {
		if (nvr_video_good(frame) &&
		    (best->buf[0] == NULL ||
			(frame->pts <= until && frame->pts > best->pts))) {
			av_frame_unref(best);
			av_frame_move_ref(best, frame);
		}
		av_frame_unref(frame);
	}
}

static int
decode(const struct choice *c, AVCodecContext *ctx, struct nvr_picture **ret,
    int64_t *at, struct nvr_error *err)
{
	AVFrame *frame = av_frame_alloc(), *best = av_frame_alloc();
	AVPacket *pkt = av_packet_alloc();
	int rc = 0;

	if (frame == NULL || best == NULL || pkt == NULL)
		rc = nvr_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < c->n; i++) {
		rc = read_sample(c->req->bytes, &c->sample[i], pkt, err);
		if (rc == 0 && avcodec_send_packet(ctx, pkt) >= 0)
			drain(ctx, frame, best, c->req->at);
		av_packet_unref(pkt);
	}
	if (rc == 0 && avcodec_send_packet(ctx, NULL) >= 0)
		drain(ctx, frame, best, c->req->at);
	if (rc == 0 && best->buf[0] == NULL)
		rc = nvr_fail(err, NVR_E_DATA, "cannot decode its video (%s)",
		    avcodec_get_name(ctx->codec_id));
	if (rc == 0)
		*at = best->pts;
	if (rc == 0)
		rc = nvr_video_picture(best, c->req->width, ret, err);
	av_packet_free(&pkt);
	av_frame_free(&best);
	av_frame_free(&frame);
	return rc;
}

/* Motion JPEG: the sample is the picture. */
static int
take_jpeg(const struct choice *c, int64_t *at, struct nvr_error *err)
{
	const struct sample *s = &c->sample[c->n - 1];
	struct nvr_buf *to = &c->req->jpeg->data;
	int rc;

	if (s->size > MAX_SAMPLE)
		return nvr_fail(
		    err, NVR_E_DATA, "a frame of %u bytes", (unsigned)s->size);
	rc = nvr_buf_reserve(to, s->size, err);
	if (rc == 0)
		rc = c->req->bytes->pread(c->req->bytes->ctx,
		    to->data + to->len, s->size, s->offset, err);
	if (rc == 0)
		to->len += s->size;
	*at = s->pts;
	return rc;
}

int
nvr_recorded_still(const struct nvr_recorded_request *req,
    struct nvr_picture **ret, int64_t *at, struct nvr_error *err)
{
	struct choice c = {.req = req};
	AVCodecContext *ctx = NULL;
	struct nvr_mp4 *m = NULL;
	int rc = nvr_mp4_open(req->bytes, &m, err);

	if (rc != 0)
		return rc;
	nvr_video_log_begin();
	while (c.track < nvr_mp4_tracks(m) && !nvr_mp4_track(m, c.track)->video)
		c.track++;
	if (c.track == nvr_mp4_tracks(m))
		rc = nvr_fail(err, NVR_E_DATA, "there is no video in it");
	if (rc == 0)
		rc = choose(m, &c, err);
	if (rc == 0 && req->jpeg != NULL &&
	    codec_of(nvr_mp4_track(m, c.track)) == AV_CODEC_ID_MJPEG) {
		rc = take_jpeg(&c, at, err);
	} else if (rc == 0) {
		rc = open_decoder(nvr_mp4_track(m, c.track), &ctx, err);
		if (rc == 0)
			rc = decode(&c, ctx, ret, at, err);
	}
	avcodec_free_context(&ctx);
	free(c.sample);
	nvr_mp4_free(m);
	return rc;
}
