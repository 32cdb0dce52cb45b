/*
 * What a decoder needs of H.264 and H.265: parameter sets, which come in the
 * SDP, in the stream or in both; the picture's size and how far its frames are
 * out of order, which libav reads from them.  All of it is looked at only when
 * the parameter sets change.
 */
#include "media/intake_int.h"

#define CONFIG_MAX ((size_t)64 << 10)
#define LOOK_MAX ((size_t)64 << 10) /* of a picture: its first slice's head */
#define QUIET 100      /* libav complains of what we do on purpose */
#define SIDE_MAX 16384 /* pixels */

static bool
is_h265(const struct nvr_intake_track *t)
{
	return t->codec == AV_CODEC_ID_HEVC;
}

/* So no picture is decoded, only all that comes before its first block. */
static int
refuse_buffer(AVCodecContext *ctx, AVFrame *frame, int flags)
{
	(void)ctx, (void)frame, (void)flags;
	return AVERROR(ENOSYS);
}

/*
 * How many frames can be decoded ahead of one that is shown before them; 0
 * where the parameter sets do not say.  The decoder of H.265 tells when it
 * opens, that of H.264 when a picture begins.
 */
static int
reorder_depth(enum AVCodecID codec, const struct nvr_buf *data, size_t len)
{
	const AVCodec *decoder = avcodec_find_decoder(codec);
	AVCodecContext *ctx = avcodec_alloc_context3(decoder);
	AVPacket *pkt = av_packet_alloc();
	int depth = 0;

	if (ctx != NULL && pkt != NULL && decoder != NULL) {
		ctx->thread_count = 1;
		ctx->log_level_offset = QUIET;
		ctx->get_buffer2 = refuse_buffer;
		pkt->data = (uint8_t *)data->data;
		pkt->size = (int)len;
		if (avcodec_open2(ctx, decoder, NULL) >= 0)
			(void)avcodec_send_packet(ctx, pkt);
		depth = ctx->has_b_frames;
	}
	av_packet_free(&pkt);
	avcodec_free_context(&ctx);
	return depth < 0		 ? 0
	       : depth > NVR_REORDER_MAX ? NVR_REORDER_MAX
					 : depth;
}

struct look {
	int width, height, depth;
	bool key;
};

/* Parses the picture, ahead of it the parameter sets. */
static int
look_at(const struct nvr_intake_track *t, const struct nvr_buf *config,
    const struct nvr_raw_frame *raw, bool depth, struct look *look,
    struct nvr_error *err)
{
	AVCodecParserContext *parser = av_parser_init(t->codec);
	AVCodecContext *ctx = avcodec_alloc_context3(NULL);
	const uint8_t pad[AV_INPUT_BUFFER_PADDING_SIZE] = {0};
	size_t n = raw->len < LOOK_MAX ? raw->len : LOOK_MAX;
	struct nvr_buf data = {0};
	uint8_t *out;
	int out_len, rc;

	*look = (struct look){0};
	if (parser == NULL || ctx == NULL)
		rc = nvr_fail_nomem(err);
	else
		rc = nvr_buf_add(&data, config->data, config->len, err);
	if (rc == 0)
		rc = nvr_buf_add(&data, raw->data, n, err);
	n = data.len;
	if (rc == 0)
		rc = nvr_buf_add(&data, pad, sizeof(pad), err);
	if (rc == 0) {
		ctx->codec_id = t->codec;
		ctx->log_level_offset = QUIET;
		parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
		av_parser_parse2(parser, ctx, &out, &out_len,
		    (const uint8_t *)data.data, (int)n, AV_NOPTS_VALUE,
		    AV_NOPTS_VALUE, 0);
		look->width = parser->width;
		look->height = parser->height;
		look->key = parser->key_frame == 1;
		if (depth)
			look->depth = reorder_depth(t->codec, &data, n);
	}
	nvr_buf_release(&data);
	avcodec_free_context(&ctx);
	av_parser_close(parser);
	return rc;
}

bool
nvr_intake_parsed_key(
    const struct nvr_intake_track *t, const struct nvr_raw_frame *raw)
{
	struct nvr_error ignored;
	struct look look;

	return look_at(t, &t->pub.config, raw, false, &look, &ignored) == 0 &&
	       look.key;
}

static bool
is_complete(const struct nvr_intake_track *t, const struct nvr_buf *config)
{
	uint64_t types = nvr_nal_types(
	    is_h265(t), (const uint8_t *)config->data, config->len);

	return (types & nvr_nal_sets(is_h265(t))) == nvr_nal_sets(is_h265(t));
}

/* Makes `config` the track's, if the picture can be read with it. */
static int
adopt(struct nvr_intake_track *t, struct nvr_buf *config,
    const struct nvr_raw_frame *raw, struct nvr_error *err)
{
	struct nvr_buf old = t->pub.config;
	struct look look;
	int rc;

	if (config->len > CONFIG_MAX || !is_complete(t, config))
		return 0;
	rc = look_at(t, config, raw, true, &look, err);
	if (rc != 0)
		return rc;
	if (look.width < 1 || look.height < 1 || look.width > SIDE_MAX ||
	    look.height > SIDE_MAX)
		return 0;
	t->pub.config = *config;
	*config = old;
	t->pub.width = look.width;
	t->pub.height = look.height;
	t->proven = t->fresh = true;
	if (look.depth != t->reorder.depth)
		nvr_reorder_clear(&t->reorder);
	t->reorder.depth = look.depth;
	return 1;
}

int
nvr_intake_config(struct nvr_intake_track *t, const struct nvr_raw_frame *raw,
    struct nvr_error *err)
{
	struct nvr_buf config = {0};
	int rc;

	if (t->proven && !(raw->types & nvr_nal_sets(is_h265(t))))
		return 1;
	rc = nvr_nal_parameters(
	    is_h265(t), &t->pub.config, raw->data, raw->len, &config, err);
	if (rc == 0) {
		if (t->proven && config.len == t->pub.config.len &&
		    memcmp(config.data, t->pub.config.data, config.len) == 0)
			rc = 1;
		else
			rc = adopt(t, &config, raw, err);
	}
	nvr_buf_release(&config);
	return rc;
}
