/* Painting and encoding; see masked.h. */
#include <string.h>

#include <libavutil/opt.h>

#include "media/masked_int.h"

#define THREADS 2 /* how many decides what comes out */
#define IO_SIZE 65536

/* All values of a byte are used, not 16 to 235. */
static bool
is_full(const AVFrame *f)
{
	return f->color_range == AVCOL_RANGE_JPEG ||
	       f->format == AV_PIX_FMT_YUVJ420P ||
	       f->format == AV_PIX_FMT_YUVJ422P ||
	       f->format == AV_PIX_FMT_YUVJ444P;
}

int
nvr_masked_fail(struct nvr_masked *m, int code, int av, const char *what)
{
	char text[AV_ERROR_MAX_STRING_SIZE];

	if (m->rc != 0)
		return m->rc;
	if (av == AVERROR(ENOMEM))
		return nvr_fail_nomem(m->err);
	return nvr_fail(m->err, code, "%s: %s", what,
	    nvr_video_why(av, text, sizeof(text)));
}

static int
write_out(void *arg, NVR_IO_CONST uint8_t *buf, int size)
{
	struct nvr_masked *m = arg;

	if (m->rc == 0)
		m->rc = m->sink->write(m->sink->ctx, buf, (size_t)size, m->err);
	return m->rc == 0 ? size : AVERROR(EIO);
}

static int
open_encoder(struct nvr_masked *m, const AVFrame *first)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVCodecContext *c;
	int av;

	if (codec == NULL)
		return nvr_fail(m->err, NVR_E_UNAVAILABLE,
		    "libavcodec was built without libx264, which a mask needs");
	c = m->encoder = avcodec_alloc_context3(codec);
	if (c == NULL)
		return nvr_fail_nomem(m->err);
	/* 4:2:0 has even sides. */
	c->width = first->width & ~1;
	c->height = first->height & ~1;
	c->pix_fmt = AV_PIX_FMT_YUV420P;
	c->time_base = m->video->time_base;
	c->framerate = m->video->avg_frame_rate;
	c->sample_aspect_ratio = first->sample_aspect_ratio;
	c->color_range = is_full(first) ? AVCOL_RANGE_JPEG : first->color_range;
	c->colorspace = first->colorspace;
	c->color_primaries = first->color_primaries;
	c->color_trc = first->color_trc;
	c->thread_count = THREADS;
	/* No picture waits for a later one: none begins late, and no sound
	 * overtakes them. */
	c->max_b_frames = 0;
	c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
	av_opt_set(c->priv_data, "preset", "veryfast", 0);
	av_opt_set(c->priv_data, "tune", "zerolatency", 0);
	av_opt_set(c->priv_data, "crf", "20", 0);
	av = avcodec_open2(c, codec, NULL);
	return av == 0 ? 0
		       : nvr_masked_fail(m, NVR_E_UNAVAILABLE, av,
			     "the encoder cannot be set up");
}

/* What MP4 has no code for, QuickTime does. */
static const char *
container(const struct nvr_masked *m)
{
	const AVOutputFormat *mp4 = av_guess_format("mp4", NULL, NULL);

	for (int i = 0; i < m->streams; i++) {
		const AVCodecParameters *p = m->in->streams[i]->codecpar;

		if (p->codec_type == AVMEDIA_TYPE_AUDIO && mp4 != NULL &&
		    avformat_query_codec(
			mp4, p->codec_id, FF_COMPLIANCE_NORMAL) != 1)
			return "mov";
	}
	return "mp4";
}

static int
add_streams(struct nvr_masked *m)
{
	for (int i = 0; i < m->streams; i++) {
		const AVStream *from = m->in->streams[i];
		AVStream *to;
		int av;

		if (from != m->video &&
		    from->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
			continue;
		to = avformat_new_stream(m->out, NULL);
		if (to == NULL)
			return nvr_fail_nomem(m->err);
		av = from == m->video ? avcodec_parameters_from_context(
					    to->codecpar, m->encoder)
				      : avcodec_parameters_copy(
					    to->codecpar, from->codecpar);
		if (av < 0)
			return nvr_masked_fail(m, NVR_E_DATA, av, "a stream");
		to->codecpar->codec_tag = 0;
		to->time_base = from->time_base;
		m->to[i] = to->index;
	}
	return 0;
}

int
nvr_masked_begin(struct nvr_masked *m, const AVFrame *first)
{
	AVDictionary *options = NULL;
	uint8_t *buf;
	int av, rc = open_encoder(m, first);

	if (rc == 0 && avformat_alloc_output_context2(
			   &m->out, NULL, container(m), NULL) < 0)
		rc = nvr_fail_nomem(m->err);
	if (rc == 0)
		rc = add_streams(m);
	if (rc != 0)
		return rc;
	buf = av_malloc(IO_SIZE);
	if (buf != NULL)
		m->out_io = avio_alloc_context(
		    buf, IO_SIZE, 1, m, NULL, write_out, NULL);
	if (m->out_io == NULL) {
		av_free(buf);
		return nvr_fail_nomem(m->err);
	}
	m->out->pb = m->out_io;
	m->out->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
	m->out->max_interleave_delta = 0; /* it waits for all */
	/* The index comes once it is known when each stream begins. */
	av_dict_set(&options, "movflags",
	    "frag_keyframe+empty_moov+delay_moov+default_base_moof", 0);
	av = avformat_write_header(m->out, &options);
	av_dict_free(&options);
	return av >= 0
		   ? 0
		   : nvr_masked_fail(m, NVR_E_DATA, av, "the clip's header");
}

static int
keep_range(struct nvr_masked *m, int full)
{
	int *inverse, *table, from, to, brightness, contrast, saturation;

	if (sws_getColorspaceDetails(m->sws, &inverse, &from, &table, &to,
		&brightness, &contrast, &saturation) < 0)
		return -1;
	return sws_setColorspaceDetails(m->sws, inverse, full, table, full,
	    brightness, contrast, saturation);
}

/* In the size and form that the encoder takes; the planes are the frame's. */
static int
paint(struct nvr_masked *m, const AVFrame *frame)
{
	AVFrame *to = m->painted;
	struct nvr_picture pic;

	av_frame_unref(to);
	to->width = m->encoder->width;
	to->height = m->encoder->height;
	to->format = AV_PIX_FMT_YUV420P;
	if (av_frame_get_buffer(to, 0) < 0)
		return nvr_fail_nomem(m->err);
	m->sws = sws_getCachedContext(m->sws, frame->width, frame->height,
	    frame->format, to->width, to->height, AV_PIX_FMT_YUV420P,
	    SWS_BILINEAR | SWS_ACCURATE_RND, NULL, NULL, NULL);
	if (m->sws == NULL || keep_range(m, is_full(frame)) < 0 ||
	    sws_scale(m->sws, (const uint8_t *const *)frame->data,
		frame->linesize, 0, frame->height, to->data,
		to->linesize) != to->height)
		return nvr_fail(
		    m->err, NVR_E_DATA, "a picture cannot be painted over");
	pic = (struct nvr_picture){.width = to->width, .height = to->height};
	for (int i = 0; i < 3; i++) {
		pic.plane[i] = to->data[i];
		pic.stride[i] = to->linesize[i];
	}
	nvr_mask_paint(m->mask, &pic);
	to->pts = frame->best_effort_timestamp;
	return 0;
}

static int
drain(struct nvr_masked *m)
{
	AVStream *to = m->out->streams[m->to[m->video->index]];
	int av;

	while ((av = avcodec_receive_packet(m->encoder, m->coded)) == 0) {
		m->coded->stream_index = to->index;
		av_packet_rescale_ts(
		    m->coded, m->encoder->time_base, to->time_base);
		av = av_interleaved_write_frame(m->out, m->coded);
		if (av < 0)
			break;
	}
	if (av == AVERROR(EAGAIN) || av == AVERROR_EOF)
		return 0;
	return nvr_masked_fail(m, NVR_E_IO, av, "a painted picture");
}

int
nvr_masked_frame(struct nvr_masked *m, const AVFrame *frame)
{
	int av, rc = frame != NULL ? paint(m, frame) : 0;

	if (rc != 0)
		return rc;
	av = avcodec_send_frame(m->encoder, frame != NULL ? m->painted : NULL);
	if (av < 0)
		return nvr_masked_fail(
		    m, NVR_E_DATA, av, "a picture cannot be encoded");
	m->ret->frames += frame != NULL;
	return drain(m);
}
