/*
 * A video file that plays in an endless loop on the wall clock: at t the frame
 * shown is the one at t modulo the video's length.
 *
 * With an index the key frame before that moment is sought; a file that does
 * not know its own length is read through twice, which costs no decoding.
 * From that key frame on the packets are collected, then decoded, up to the
 * first that is later than the moment.
 */
#include "media/video_int.h"

#define GOP_MAX 4096   /* packets from one key frame to the next */
#define REORDER_MAX 16 /* frames that can be shown before an earlier one */
#define SEEKS_MAX 4
#define GOP_MAX_BYTES (256L << 20)

/* Times are in the stream's unit, from its first frame on. */
struct loop {
	const struct nvr_video_request *req;
	struct nvr_video_watch *watch;
	struct nvr_video_file *file;
	AVFormatContext *fmt;
	AVStream *stream;
	AVCodecContext *ctx;
	bool untimed;  /* no timestamps: a frame's time is its number */
	int64_t start; /* the first packet's timestamp */
	int64_t duration;
	int sought;    /* key frames tried before the first one found */
	int64_t count; /* video packets read since the start */
	AVPacket *gop[GOP_MAX];
	int n;
	int64_t bytes; /* in gop */
};

static void
drop_gop(struct loop *l)
{
	for (int i = 0; i < l->n; i++)
		av_packet_free(&l->gop[i]);
	l->n = 0;
	l->bytes = 0;
}

static void
close_container(struct loop *l)
{
	drop_gop(l);
	avcodec_free_context(&l->ctx);
	avformat_close_input(&l->fmt);
}

static int
open_container(struct loop *l, struct nvr_error *err)
{
	int rc = nvr_video_demux(l->file, l->watch, &l->fmt, err);

	l->count = 0;
	return rc == 0 ? nvr_video_decoder(l->fmt, &l->stream, &l->ctx, err)
		       : rc;
}

/*
 * The next packet of the video: 1, or 0 at the end.  It always has a pts; a
 * damaged file ends where it cannot be read any more.
 */
static int
next_packet(struct loop *l, AVPacket *pkt, struct nvr_error *err)
{
	for (;;) {
		int rc =
		    nvr_video_late(l->req, l->watch, "reading the file", err);

		if (rc != 0)
			return rc;
		if (av_read_frame(l->fmt, pkt) < 0)
			return 0;
		if (pkt->stream_index == l->stream->index)
			break;
		av_packet_unref(pkt);
	}
	if (l->untimed) {
		pkt->pts = l->count;
		pkt->duration = 1;
	} else if (pkt->pts == AV_NOPTS_VALUE) {
		pkt->pts = pkt->dts != AV_NOPTS_VALUE ? pkt->dts : l->count;
	}
	l->count++;
	return 1;
}

/* Where the video starts, and whether it has timestamps at all. */
static int
find_start(struct loop *l, struct nvr_error *err)
{
	AVPacket *pkt = av_packet_alloc();
	const char *name = l->fmt->iformat->name;
	int rc;

	if (pkt == NULL)
		return nvr_fail_nomem(err);
	l->untimed = strcmp(name, "h264") == 0 || strcmp(name, "hevc") == 0 ||
		     strcmp(name, "mjpeg") == 0;
	rc = next_packet(l, pkt, err);
	if (rc == 1)
		l->start = pkt->pts;
	av_packet_free(&pkt);
	if (rc == 0)
		return nvr_fail(err, NVR_E_DATA, "there is no picture in it");
	return rc < 0 ? rc : 0;
}

/* Reads to the end to learn the length; then the container is opened anew. */
static int
scan_duration(struct loop *l, struct nvr_error *err)
{
	AVPacket *pkt = av_packet_alloc();
	int64_t end = l->start, tick = 1;
	int rc;

	if (pkt == NULL)
		return nvr_fail_nomem(err);
	while ((rc = next_packet(l, pkt, err)) == 1) {
		if (pkt->pts > end) {
			tick =
			    pkt->duration > 0 ? pkt->duration : pkt->pts - end;
			end = pkt->pts;
		}
		av_packet_unref(pkt);
	}
	av_packet_free(&pkt);
	if (rc < 0)
		return rc;
	l->duration = end + tick - l->start;
	close_container(l);
	return open_container(l, err);
}

/* The unit of the stream's times, in seconds. */
static AVRational
tick_of(const struct loop *l)
{
	AVRational rate = l->stream->avg_frame_rate;

	if (!l->untimed)
		return l->stream->time_base;
	return rate.num > 0 && rate.den > 0 ? av_inv_q(rate)
					    : (AVRational){1, 25};
}

static int64_t
moment_of(const struct loop *l, int64_t now)
{
	const AVRational us = {1, 1000000};
	int64_t t = av_rescale_q_rnd(now, us, tick_of(l), AV_ROUND_DOWN);

	return l->start + t % l->duration;
}

/* Sets the duration, and goes to where the moment can be found. */
static int
find_moment(struct loop *l, int64_t now, int64_t *moment, struct nvr_error *err)
{
	int rc = find_start(l, err);

	if (rc != 0)
		return rc;
	l->duration = l->untimed ? 0 : l->stream->duration;
	if (l->duration <= 0 && !l->untimed && l->fmt->duration > 0)
		l->duration = av_rescale_q(
		    l->fmt->duration, AV_TIME_BASE_Q, l->stream->time_base);
	if (l->duration > 0) {
		*moment = moment_of(l, now);
		if (av_seek_frame(l->fmt, l->stream->index, *moment,
			AVSEEK_FLAG_BACKWARD) >= 0)
			return 0;
	}
	rc = scan_duration(l, err);
	if (rc == 0)
		*moment = moment_of(l, now);
	return rc;
}

/*
 * An index tells when key frames are decoded, and one that is decoded before
 * the moment may be shown after it: then the one before is the right one.
 */
static bool
seek_before(struct loop *l, const AVPacket *pkt)
{
	if (l->sought == SEEKS_MAX || pkt->dts == AV_NOPTS_VALUE)
		return false;
	l->sought++;
	return av_seek_frame(l->fmt, l->stream->index, pkt->dts - 1,
		   AVSEEK_FLAG_BACKWARD) >= 0;
}

/* Keeps the packets from the last key frame before the moment up to it. */
static int
collect(struct loop *l, int64_t moment, struct nvr_error *err)
{
	AVPacket *pkt = av_packet_alloc();
	int rc = pkt != NULL ? 1 : nvr_fail_nomem(err), later = 0;

	while (rc == 1 && (rc = next_packet(l, pkt, err)) == 1) {
		bool key = (pkt->flags & AV_PKT_FLAG_KEY) != 0;
		bool due = pkt->pts <= moment;

		later = due ? 0 : later + 1;
		if (l->n > 0 && later > REORDER_MAX)
			break;
		if (key && due)
			drop_gop(l);
		if ((l->n == 0 && (!key || (!due && seek_before(l, pkt)))) ||
		    pkt->size <= 0) {
			av_packet_unref(pkt);
			continue;
		}
		l->bytes += pkt->size;
		if (l->n == GOP_MAX || l->bytes > GOP_MAX_BYTES)
			break;
		l->gop[l->n++] = pkt;
		pkt = av_packet_alloc();
		if (pkt == NULL)
			rc = nvr_fail_nomem(err);
	}
	av_packet_free(&pkt);
	if (rc >= 0 && l->n == 0)
		return nvr_fail(err, NVR_E_DATA, "there is no key frame in it");
	return rc < 0 ? rc : 0;
}

/*
 * Takes what the decoder has, in the order of show.  Of a stream without
 * timestamps the frames are counted, for the decoder puts them in order.
 * False when the frame is later than the moment and another one is there.
 */
static bool
receive(struct loop *l, int64_t moment, AVFrame *next, AVFrame *shown,
    int64_t *number)
{
	while (avcodec_receive_frame(l->ctx, next) >= 0) {
		int64_t at =
		    l->untimed ? (*number)++ : next->best_effort_timestamp;

		if (at > moment && shown->width > 0)
			return false;
		av_frame_unref(shown);
		av_frame_move_ref(shown, next);
	}
	return true;
}

static int
decode(struct loop *l, int64_t moment, AVFrame *shown, struct nvr_error *err)
{
	AVFrame *next = av_frame_alloc();
	int64_t number = l->gop[0]->pts;
	bool more = next != NULL;
	int rc = more ? 0 : nvr_fail_nomem(err);

	l->ctx->pkt_timebase = l->stream->time_base;
	for (int i = 0; more && rc == 0 && i < l->n; i++) {
		rc = nvr_video_late(l->req, l->watch, "decoding", err);
		(void)avcodec_send_packet(l->ctx, l->gop[i]);
		more = receive(l, moment, next, shown, &number);
	}
	if (more && rc == 0) {
		(void)avcodec_send_packet(l->ctx, NULL);
		(void)receive(l, moment, next, shown, &number);
	}
	av_frame_free(&next);
	if (rc == 0 && shown->width == 0)
		return nvr_fail(err, NVR_E_DATA, "cannot decode its video (%s)",
		    avcodec_get_name(l->ctx->codec_id));
	return rc;
}

int
nvr_video_loop(const struct nvr_video_request *req, const char *path,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct loop *l = calloc(1, sizeof(*l));
	AVFrame *shown = av_frame_alloc();
	int64_t now = nvr_video_utc(), moment = 0;
	int rc = 0;

	if (l == NULL || shown == NULL) {
		rc = nvr_fail_nomem(err);
		goto out;
	}
	l->req = req;
	l->watch = watch;
	rc = nvr_video_open_file(path, &l->file, err);
	if (rc != 0)
		goto out;
	rc = open_container(l, err);
	if (rc == 0)
		rc = find_moment(l, now, &moment, err);
	if (rc == 0)
		rc = collect(l, moment, err);
	if (rc == 0)
		rc = decode(l, moment, shown, err);
	if (rc == 0)
		rc = nvr_video_picture(shown, req->width, ret, err);
	if (rc == 0)
		(*ret)->taken_at = now;
	close_container(l);
	nvr_video_close_file(l->file);
out:
	av_frame_free(&shown);
	free(l);
	return rc;
}
