/*
 * The first key frame of a camera's stream or of a capture device.
 *
 * There is no probing (avformat_find_stream_info decodes seconds of video to
 * learn what the SDP has said already), only the video is set up, and one
 * packet is decoded.
 */
#include "base/jpeg.h"
#include "media/tunnel.h"
#include "media/video_int.h"

struct live {
	const struct nvr_video_request *req;
	struct nvr_video_watch *watch;
	AVFormatContext *fmt;
	AVCodecContext *ctx;
	AVStream *stream;
	bool follows; /* the decoder has a key frame that gave no picture */
	int broken;   /* key frames that could not be decoded */
};

/*
 * A decoder keeps frames back to put them in order; told that nothing follows,
 * it gives what it has.  1: a frame; 0: none yet; negative: a broken packet.
 */
static int
decode_alone(AVCodecContext *ctx, const AVPacket *pkt, AVFrame *frame)
{
	int rc;

	avcodec_flush_buffers(ctx);
	rc = avcodec_send_packet(ctx, pkt);
	if (rc >= 0)
		rc = avcodec_send_packet(ctx, NULL);
	if (rc >= 0)
		rc = avcodec_receive_frame(ctx, frame);
	return rc == AVERROR_EOF ? 0 : rc < 0 ? rc : 1;
}

/*
 * A key frame: true when there is a good picture.  One of two fields, or one
 * that is refreshed bit by bit, gives none yet: then what follows is needed.
 * What follows a broken one would be built upon it, so it is not.
 */
static bool
decode_key(struct live *l, const AVPacket *pkt, AVFrame *frame)
{
	int rc = decode_alone(l->ctx, pkt, frame);

	if (rc == 1 && nvr_video_good(frame))
		return true;
	l->follows = rc == 0;
	if (rc == 0) {
		avcodec_flush_buffers(l->ctx);
		l->follows = avcodec_send_packet(l->ctx, pkt) >= 0;
	}
	l->broken += !l->follows;
	return false;
}

static bool
decode(struct live *l, const AVPacket *pkt, AVFrame *frame)
{
	int rc;

	if (pkt->flags & AV_PKT_FLAG_CORRUPT) {
		l->follows = false;
		return false;
	}
	if (pkt->flags & AV_PKT_FLAG_KEY)
		return decode_key(l, pkt, frame);
	if (!l->follows)
		return false;
	rc = avcodec_send_packet(l->ctx, pkt);
	if (rc >= 0)
		rc = avcodec_receive_frame(l->ctx, frame);
	if (rc >= 0 && nvr_video_good(frame))
		return true;
	l->follows = rc == AVERROR(EAGAIN);
	l->broken += !l->follows;
	return false;
}

/* Why there is no picture, once reading has ended or the time is up. */
static int
no_picture(const struct live *l, int averror, struct nvr_error *err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	int rc =
	    nvr_video_late(l->req, l->watch, "waiting for a key frame", err);

	if (l->broken > 0)
		return nvr_fail(err, NVR_E_DATA,
		    "cannot decode its video (%s): %d key frame%s broken",
		    avcodec_get_name(l->ctx->codec_id), l->broken,
		    l->broken == 1 ? " was" : "s were");
	if (rc != 0)
		return rc;
	if (averror == AVERROR_EOF)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the stream ended before a key frame");
	return nvr_fail(err, NVR_E_UNAVAILABLE, "cannot read the stream: %s",
	    nvr_video_why(averror, text, sizeof(text)));
}

static int
read_packet(struct live *l, AVPacket *pkt)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	int rc;

	while ((rc = av_read_frame(l->fmt, pkt)) == AVERROR(EAGAIN)) {
		if (nvr_video_interrupted(l->watch))
			return AVERROR_EXIT;
		nanosleep(&pause, NULL); /* a device that is not ready */
	}
	return rc;
}

/*
 * When the packet that was read just now had arrived.  libav knows that a
 * picture of H.264 or H.265 is whole only when the next one begins, which is a
 * frame's time later, but not before the packet that was read last.
 */
static int64_t
arrival(const struct live *l, int64_t last, int64_t now)
{
	AVRational rate = l->ctx->framerate;
	int64_t at = now;

	if (rate.num > 0 && rate.den > 0 &&
	    (l->ctx->codec_id == AV_CODEC_ID_H264 ||
		l->ctx->codec_id == AV_CODEC_ID_HEVC))
		at -= av_rescale(1000000, rate.den, rate.num);
	return at > last ? at : last;
}

/*
 * Takes the packet of a Motion JPEG source as it is.  False when the caller
 * wants it decoded, or when it lacks what a JPEG needs: capture devices leave
 * out the Huffman tables.
 */
static bool
take_jpeg(struct live *l, const AVPacket *pkt, int64_t now)
{
	struct nvr_error ignored;
	size_t resume = 0;
	long len;

	if (l->req->jpeg == NULL || l->ctx->codec_id != AV_CODEC_ID_MJPEG ||
	    memmem(pkt->data, (size_t)pkt->size, "\xff\xc4", 2) == NULL)
		return false;
	len = nvr_jpeg_length(pkt->data, (size_t)pkt->size, &resume, &ignored);
	if (len <= 0 ||
	    nvr_buf_add(&l->req->jpeg->data, pkt->data, (size_t)len, &ignored))
		return false;
	l->req->jpeg->taken_at = now;
	return true;
}

static int
first_key_frame(struct live *l, struct nvr_picture **ret, struct nvr_error *err)
{
	AVPacket *pkt = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	bool done = false, as_it_is = false;
	int64_t last = nvr_video_utc(), now = last;
	int rc = 0;

	if (pkt == NULL || frame == NULL)
		rc = nvr_fail_nomem(err);
	while (rc == 0 && !done) {
		int av = read_packet(l, pkt);

		if (av < 0) {
			rc = no_picture(l, av, err);
			break;
		}
		if (pkt->stream_index == l->stream->index) {
			last = now;
			now = nvr_video_utc();
			as_it_is = take_jpeg(l, pkt, now);
			done = as_it_is || decode(l, pkt, frame);
		}
		av_packet_unref(pkt);
	}
	if (rc == 0 && !as_it_is)
		rc = nvr_video_picture(frame, l->req->width, ret, err);
	if (rc == 0 && !as_it_is)
		(*ret)->taken_at = arrival(l, last, now);
	av_frame_free(&frame);
	av_packet_free(&pkt);
	return rc;
}

/* The source is open: decodes, and closes it. */
static int
still_of(struct live *l, struct nvr_picture **ret, struct nvr_error *err)
{
	int rc = nvr_video_decoder(l->fmt, &l->stream, &l->ctx, err);

	if (rc == 0)
		rc = first_key_frame(l, ret, err);
	avcodec_free_context(&l->ctx);
	avformat_close_input(&l->fmt);
	return rc;
}

int
nvr_video_rtsp(const struct nvr_video_request *req,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct live l = {.req = req, .watch = watch};
	struct nvr_tunnel *tunnel = NULL;
	int rc;

	rc = nvr_video_open_rtsp(req, "video", 0, watch, &l.fmt, &tunnel, err);
	if (rc == 0)
		rc = still_of(&l, ret, err);
	nvr_tunnel_close(tunnel);
	return rc;
}

int
nvr_video_device(const struct nvr_video_request *req, const char *path,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct live l = {.req = req, .watch = watch};
	int rc = nvr_video_open_device(path, NULL, watch, &l.fmt, err);

	return rc == 0 ? still_of(&l, ret, err) : rc;
}
