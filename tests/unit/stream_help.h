/*
 * Streams as a camera sends them: libav encodes small pictures or a tone, and
 * libav's own RTP muxer makes packets and the SDP of it.
 */
#ifndef STREAM_HELP_H
#define STREAM_HELP_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "base/buf.h"
#include "media/video_int.h"

#define CLIP_MAX 600
#define PACKETS_MAX 20000

struct clip {
	AVCodecContext *ctx;
	AVPacket *pkt[CLIP_MAX];
	int n;
};

struct clip_options {
	const char *encoder;
	int width, height, frames, gop, bframes, slices;
	bool in_band; /* parameter sets in the stream, not in the SDP */
	int seed;
	const char *extra; /* x264-params or x265-params */
};

struct rtp_packet {
	int track;
	bool rtcp;
	uint8_t *data;
	size_t len;
};

struct stream {
	struct rtp_packet p[PACKETS_MAX];
	int n;
	char sdp[8192];
	int tracks;
	int track; /* that is being made */
};

static inline void
clip_take(struct clip *c)
{
	AVPacket *pkt = av_packet_alloc();

	while (avcodec_receive_packet(c->ctx, pkt) == 0) {
		assert_true(c->n < CLIP_MAX);
		c->pkt[c->n++] = pkt;
		pkt = av_packet_alloc();
	}
	av_packet_free(&pkt);
}

static inline void
clip_paint(AVFrame *f, int i, int seed)
{
	for (int plane = 0; plane < 3; plane++) {
		int w = plane ? f->width / 2 : f->width;
		int h = plane ? f->height / 2 : f->height;

		for (int y = 0; y < h; y++)
			for (int x = 0; x < w; x++)
				f->data[plane][y * f->linesize[plane] + x] =
				    (uint8_t)(plane
						  ? 128 + (x + i) % 16
						  : x * 3 + y * 2 + i * 5 +
							seed +
							(x * y * (i + 7) % 11));
	}
}

static inline void
clip_video(struct clip *c, const struct clip_options *o)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(o->encoder);
	AVFrame *f = av_frame_alloc();
	char text[256];

	memset(c, 0, sizeof(*c));
	assert_non_null(codec);
	av_log_set_level(AV_LOG_ERROR);
	c->ctx = avcodec_alloc_context3(codec);
	c->ctx->width = o->width;
	c->ctx->height = o->height;
	c->ctx->time_base = (AVRational){1, 25};
	c->ctx->framerate = (AVRational){25, 1};
	c->ctx->gop_size = o->gop;
	c->ctx->max_b_frames = o->bframes;
	c->ctx->thread_count = 1;
	c->ctx->pix_fmt = codec->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P
							 : AV_PIX_FMT_YUV420P;
	if (!o->in_band && codec->id != AV_CODEC_ID_MJPEG)
		c->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	if (codec->id != AV_CODEC_ID_MJPEG) {
		av_opt_set(c->ctx->priv_data, "preset", "veryfast", 0);
		snprintf(text, sizeof(text),
		    "keyint=%d:scenecut=0:slices=%d%s%s%s", o->gop,
		    o->slices > 0 ? o->slices : 1,
		    codec->id == AV_CODEC_ID_HEVC ? ":log-level=none" : "",
		    o->extra ? ":" : "", o->extra ? o->extra : "");
		av_opt_set(c->ctx->priv_data,
		    codec->id == AV_CODEC_ID_H264 ? "x264-params"
						  : "x265-params",
		    text, 0);
	} else
		av_opt_set(c->ctx->priv_data, "huffman", "default", 0);
	assert_int_equal(avcodec_open2(c->ctx, codec, NULL), 0);
	f->width = o->width;
	f->height = o->height;
	f->format = c->ctx->pix_fmt;
	assert_int_equal(av_frame_get_buffer(f, 0), 0);
	for (int i = 0; i < o->frames; i++) {
		av_frame_make_writable(f);
		clip_paint(f, i, o->seed);
		f->pts = i;
		assert_int_equal(avcodec_send_frame(c->ctx, f), 0);
		clip_take(c);
	}
	avcodec_send_frame(c->ctx, NULL);
	clip_take(c);
	av_frame_free(&f);
	assert_int_equal(c->n, o->frames);
}

static inline void
clip_audio(struct clip *c, const char *encoder, int rate, int frames)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(encoder);
	AVFrame *f = av_frame_alloc();
	int size;

	memset(c, 0, sizeof(*c));
	assert_non_null(codec);
	c->ctx = avcodec_alloc_context3(codec);
	c->ctx->sample_rate = rate;
	c->ctx->sample_fmt = codec->id == AV_CODEC_ID_AAC ? AV_SAMPLE_FMT_FLTP
							  : AV_SAMPLE_FMT_S16;
	av_channel_layout_default(&c->ctx->ch_layout, 1);
	c->ctx->time_base = (AVRational){1, rate};
	c->ctx->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	c->ctx->bit_rate = 32000;
	assert_int_equal(avcodec_open2(c->ctx, codec, NULL), 0);
	size = c->ctx->frame_size > 0 ? c->ctx->frame_size : 160;
	f->nb_samples = size;
	f->format = c->ctx->sample_fmt;
	f->sample_rate = rate;
	av_channel_layout_default(&f->ch_layout, 1);
	assert_int_equal(av_frame_get_buffer(f, 0), 0);
	for (int i = 0; i < frames; i++) {
		av_frame_make_writable(f);
		memset(f->data[0], 0, (size_t)f->linesize[0]);
		f->pts = (int64_t)i * size;
		assert_int_equal(avcodec_send_frame(c->ctx, f), 0);
		clip_take(c);
	}
	avcodec_send_frame(c->ctx, NULL);
	clip_take(c);
	av_frame_free(&f);
}

static inline void
clip_free(struct clip *c)
{
	for (int i = 0; i < c->n; i++)
		av_packet_free(&c->pkt[i]);
	avcodec_free_context(&c->ctx);
}

static inline int
stream_take(void *ctx, NVR_IO_CONST uint8_t *buf, int size)
{
	struct stream *s = ctx;
	struct rtp_packet *p = &s->p[s->n];

	assert_true(s->n < PACKETS_MAX);
	p->track = s->track;
	p->rtcp = buf[1] >= 200 && buf[1] <= 204;
	p->len = (size_t)size;
	p->data = malloc(p->len);
	assert_non_null(p->data);
	memcpy(p->data, buf, p->len);
	s->n++;
	return size;
}

/* Packs a clip as the next track; the packets come after those there are. */
static inline void
stream_add(struct stream *s, const struct clip *c, const char *rtpflags)
{
	AVFormatContext *fmt = NULL;
	AVDictionary *options = NULL;
	AVStream *st;
	AVPacket *pkt = av_packet_alloc();
	char sdp[4096], *m;

	s->track = s->tracks++;
	avformat_alloc_output_context2(&fmt, NULL, "rtp", NULL);
	st = avformat_new_stream(fmt, NULL);
	avcodec_parameters_from_context(st->codecpar, c->ctx);
	st->avg_frame_rate = c->ctx->framerate;
	fmt->pb = avio_alloc_context(
	    av_malloc(1400), 1400, 1, s, NULL, stream_take, NULL);
	fmt->pb->max_packet_size = 1400;
	if (rtpflags != NULL)
		av_dict_set(&options, "rtpflags", rtpflags, 0);
	av_dict_set(&options, "payload_type", "96", 0);
	if (st->codecpar->codec_id == AV_CODEC_ID_PCM_ALAW ||
	    st->codecpar->codec_id == AV_CODEC_ID_MJPEG)
		av_dict_set(&options, "payload_type",
		    st->codecpar->codec_id == AV_CODEC_ID_MJPEG ? "26" : "8",
		    0);
	assert_true(avformat_write_header(fmt, &options) >= 0);
	av_dict_free(&options);
	for (int i = 0; i < c->n; i++) {
		av_packet_ref(pkt, c->pkt[i]);
		av_packet_rescale_ts(pkt, c->ctx->time_base, st->time_base);
		assert_true(av_write_frame(fmt, pkt) >= 0);
		av_packet_unref(pkt);
	}
	assert_int_equal(av_sdp_create(&fmt, 1, sdp, sizeof(sdp)), 0);
	av_write_trailer(fmt);
	m = strstr(sdp, "m=");
	assert_non_null(m);
	strlcat(s->sdp, s->track == 0 ? sdp : m, sizeof(s->sdp));
	av_freep(&fmt->pb->buffer);
	avio_context_free(&fmt->pb);
	avformat_free_context(fmt);
	av_packet_free(&pkt);
}

static inline struct stream *
stream_new(void)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	return s;
}

/* One track of one clip. */
static inline struct stream *
stream_of(const struct clip_options *o)
{
	struct stream *s = stream_new();
	struct clip c;

	clip_video(&c, o);
	stream_add(s, &c, NULL);
	clip_free(&c);
	return s;
}

static inline void
stream_free(struct stream *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->p[i].data);
	free(s);
}

static inline uint32_t
rtp_time(const struct rtp_packet *p)
{
	return (uint32_t)p->data[4] << 24 | (uint32_t)p->data[5] << 16 |
	       (uint32_t)p->data[6] << 8 | p->data[7];
}

static inline void
rtp_set_time(struct rtp_packet *p, uint32_t t)
{
	for (int i = 0; i < 4; i++)
		p->data[4 + i] = (uint8_t)(t >> (24 - 8 * i));
}

static inline int
rtp_seq(const struct rtp_packet *p)
{
	return p->data[2] << 8 | p->data[3];
}

static inline void
rtp_set_seq(struct rtp_packet *p, int seq)
{
	p->data[2] = (uint8_t)(seq >> 8);
	p->data[3] = (uint8_t)seq;
}

static inline void
rtp_set_ssrc(struct rtp_packet *p, uint32_t ssrc)
{
	for (int i = 0; i < 4; i++)
		p->data[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
}

static inline bool
rtp_marker(const struct rtp_packet *p)
{
	return p->data[1] & 0x80;
}

static inline void
rtp_set_marker(struct rtp_packet *p, bool on)
{
	p->data[1] = (uint8_t)((p->data[1] & 0x7f) | (on ? 0x80 : 0));
}

#endif
