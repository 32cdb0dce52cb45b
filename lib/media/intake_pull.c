/*
 * What libav reads by itself: RTSP over UDP, files, devices.
 *
 * Of RTSP it gives pieces of pictures, as in push mode: with its parsers a
 * wait that ends in the middle of a picture would cut that picture in two.
 */
#include <libavcodec/bsf.h>

#include "base/time.h"
#include "base/url.h"
#include "media/intake_int.h"
#include "media/video_int.h"

#define STREAMS_MAX 32
#define STALE (30 * NVR_SECOND) /* further off, a file is timed anew */

struct nvr_pull {
	struct nvr_video_watch watch;
	enum nvr_video_kind kind;
	AVFormatContext *fmt;
	struct nvr_tunnel *tunnel;
	struct nvr_video_file *file;
	bool audio;
	int64_t patience;	   /* of a read; 0: as long as the caller's */
	int track_of[STREAMS_MAX]; /* by the stream's number; -1: none */
	AVBSFContext *bsf[NVR_TRACKS_MAX]; /* Annex B from a file, or NULL */
	int64_t base[NVR_TRACKS_MAX];	   /* the first time, of the stream */
	bool based[NVR_TRACKS_MAX];
	int64_t next[NVR_TRACKS_MAX]; /* the expected time, of the track */

	/* a file; microseconds */
	bool waiting;	/* in->pkt is read but not due yet */
	bool began;	/* start is set */
	int64_t start;	/* by the clock, when time 0 was due */
	int64_t first;	/* the file's first time */
	int64_t offset; /* of this round */
	int64_t end;	/* of what was read in this round, since first */
};

void
nvr_pull_free(struct nvr_pull *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < NVR_TRACKS_MAX; i++)
		av_bsf_free(&p->bsf[i]);
	avformat_close_input(&p->fmt);
	nvr_tunnel_close(p->tunnel);
	nvr_video_close_file(p->file);
	free(p);
}

/* Files have their parameter sets in a box of their own. */
static int
open_bsf(struct nvr_pull *p, int track, AVStream *st, struct nvr_error *err)
{
	bool h264 = st->codecpar->codec_id == AV_CODEC_ID_H264;
	AVBSFContext **bsf = &p->bsf[track];

	if (p->kind != NVR_VIDEO_FILE ||
	    !nvr_intake_pieces(st->codecpar->codec_id))
		return 0;
	if (av_bsf_alloc(av_bsf_get_by_name(
			     h264 ? "h264_mp4toannexb" : "hevc_mp4toannexb"),
		bsf) < 0 ||
	    avcodec_parameters_copy((*bsf)->par_in, st->codecpar) < 0)
		return nvr_fail_nomem(err);
	(*bsf)->time_base_in = st->time_base;
	if (av_bsf_init(*bsf) < 0)
		return nvr_fail(err, NVR_E_DATA,
		    "the parameter sets in the file are broken");
	return avcodec_parameters_copy(st->codecpar, (*bsf)->par_out) < 0
		   ? nvr_fail_nomem(err)
		   : 0;
}

/* That of RTP or of the container, unless it is too coarse or odd for MP4. */
static int
clock_of(const AVStream *st)
{
	AVRational tb = st->time_base;

	if (tb.num == 1 && tb.den >= 8000 && tb.den <= 1000000)
		return tb.den;
	return st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO
		   ? st->codecpar->sample_rate
		   : 90000;
}

/* The first video stream, and the first audio stream that can be carried. */
static int
take_streams(struct nvr_intake *in, struct nvr_error *err)
{
	struct nvr_pull *p = in->pull;
	bool have[2] = {false, !p->audio};
	int rc = 0;

	for (unsigned i = 0; i < p->fmt->nb_streams && rc == 0; i++) {
		AVStream *st = p->fmt->streams[i];
		bool audio = st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
		struct nvr_intake_track *t;

		st->discard = AVDISCARD_ALL;
		if (i >= STREAMS_MAX)
			continue;
		p->track_of[i] = -1;
		if ((!audio &&
			st->codecpar->codec_type != AVMEDIA_TYPE_VIDEO) ||
		    have[audio] || in->n == NVR_TRACKS_MAX)
			continue;
		rc = open_bsf(p, in->n, st, err);
		if (rc != 0)
			break;
		t = &in->tracks[in->n];
		t->pub.video = !audio;
		rc = nvr_intake_describe(t, st, clock_of(st), err);
		if (t->pub.wanted) {
			have[audio] = true;
			st->discard = AVDISCARD_DEFAULT;
			p->track_of[i] = in->n;
		}
		in->n++;
	}
	if (rc == 0 && !have[0])
		rc = nvr_intake_no_video(in, err);
	return rc;
}

/* Local, so probing costs no waiting; raw streams need it. */
static int
open_file(struct nvr_pull *p, struct nvr_error *err)
{
	int rc = nvr_video_demux(p->file, &p->watch, &p->fmt, err);

	if (rc == 0 && avformat_find_stream_info(p->fmt, NULL) < 0)
		rc = nvr_fail(err, NVR_E_DATA, "not a video file");
	return rc;
}

/* Compressed video only: what a device gives is not encoded here. */
static int
open_device(struct nvr_pull *p, const char *path, struct nvr_error *err)
{
	int rc = nvr_video_open_device(path, "h264", &p->watch, &p->fmt, err);

	if (rc == NVR_E_UNAVAILABLE)
		rc = nvr_video_open_device(
		    path, "mjpeg", &p->watch, &p->fmt, err);
	return rc;
}

static int
open_source(struct nvr_pull *p, const struct nvr_video_request *req,
    struct nvr_error *err)
{
	struct nvr_buf path = {0};
	int rc;

	if (p->kind == NVR_VIDEO_RTSP)
		return nvr_video_open_rtsp(req,
		    p->audio ? "video+audio" : "video",
		    AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN, &p->watch,
		    &p->fmt, &p->tunnel, err);
	rc = nvr_url_path(req->url, &path, err);
	if (rc == 0 && p->kind == NVR_VIDEO_DEVICE) {
		rc = open_device(p, path.data, err);
	} else if (rc == 0) {
		rc = nvr_video_open_file(path.data, &p->file, err);
		if (rc == 0)
			rc = open_file(p, err);
	}
	nvr_buf_release(&path);
	return rc;
}

int
nvr_intake_open(const struct nvr_video_request *req, bool audio,
    const struct nvr_frame_sink *sink, struct nvr_intake **ret,
    struct nvr_error *err)
{
	struct nvr_intake *in;
	enum nvr_video_kind kind;
	int rc = nvr_video_kind(req->url, &kind, err);

	if (rc != 0)
		return rc;
	nvr_video_log_begin();
	in = calloc(1, sizeof(*in));
	if (in == NULL)
		return nvr_fail_nomem(err);
	in->sink = *sink;
	in->pkt = av_packet_alloc();
	in->pull = calloc(1, sizeof(*in->pull));
	if (in->pkt == NULL || in->pull == NULL) {
		rc = nvr_fail_nomem(err);
	} else {
		in->pull->kind = kind;
		in->pull->audio = audio;
		/* libav cannot go on after it stopped within a packet. */
		if (kind == NVR_VIDEO_RTSP && !req->udp)
			in->pull->patience = req->timeout;
		in->pull->watch.deadline = nvr_video_clock() + req->timeout;
		rc = open_source(in->pull, req, err);
	}
	if (rc == 0)
		rc = take_streams(in, err);
	if (rc != 0) {
		nvr_intake_free(in);
		return rc;
	}
	*ret = in;
	return 0;
}

/* A frame, or a piece of one, with its time in the track's ticks. */
static int
hand_on(
    struct nvr_intake *in, int i, const AVPacket *pkt, struct nvr_error *err)
{
	struct nvr_intake_track *t = &in->tracks[i];
	bool pieces = nvr_intake_pieces(t->codec);
	struct nvr_raw_frame raw = {
	    .data = pkt->data,
	    .len = (size_t)pkt->size,
	    .pts = pkt->pts,
	    .arrived = nvr_video_clock(),
	    .key = true,
	};
	int rc;

	if (pkt->size <= 0)
		return 0;
	if (pieces && in->pull->kind == NVR_VIDEO_RTSP)
		return nvr_intake_piece(in, t, &raw, err);
	if (pieces)
		raw.types = nvr_nal_types(
		    t->codec == AV_CODEC_ID_HEVC, raw.data, raw.len);
	rc = t->pub.video ? nvr_intake_video(in, t, &raw, err)
			  : nvr_intake_audio(in, t, &raw, err);
	in->pull->next[i] = raw.pts + t->duration;
	return rc;
}

/* Sets pkt->pts: ticks of the track since its first frame. */
static void
set_time(struct nvr_intake *in, int i, AVPacket *pkt)
{
	const struct nvr_intake_track *t = &in->tracks[i];
	struct nvr_pull *p = in->pull;
	const AVStream *st = p->fmt->streams[pkt->stream_index];
	AVRational tick = {1, t->pub.clock_rate};
	int64_t time = pkt->pts != AV_NOPTS_VALUE ? pkt->pts : pkt->dts;

	if (time == AV_NOPTS_VALUE) {
		pkt->pts = p->next[i];
		return;
	}
	if (p->kind == NVR_VIDEO_FILE) {
		time = av_rescale_q(time, st->time_base, tick);
		time +=
		    av_rescale_q(p->offset - p->first, AV_TIME_BASE_Q, tick);
		pkt->pts = time;
		return;
	}
	if (!p->based[i])
		p->base[i] = time;
	p->based[i] = true;
	pkt->pts = av_rescale_q(time - p->base[i], st->time_base, tick);
}

/* Through the filter, where there is one. */
static int
filter(struct nvr_intake *in, int i, AVPacket *pkt, struct nvr_error *err)
{
	AVBSFContext *bsf = in->pull->bsf[i];
	int rc = 0;

	set_time(in, i, pkt);
	if (bsf == NULL) {
		rc = hand_on(in, i, pkt, err);
	} else if (av_bsf_send_packet(bsf, pkt) < 0) {
		in->losses.broken++;
	} else {
		while (rc == 0 && av_bsf_receive_packet(bsf, pkt) >= 0) {
			rc = hand_on(in, i, pkt, err);
			av_packet_unref(pkt);
		}
	}
	av_packet_unref(pkt);
	return rc;
}

/* A file is at its end: again from the start, its times go on. */
static int
rewind_file(struct nvr_intake *in, struct nvr_error *err)
{
	struct nvr_pull *p = in->pull;

	if (p->end <= 0)
		return nvr_fail(err, NVR_E_DATA, "there is no picture in it");
	p->offset += p->end;
	p->end = 0;
	for (int i = 0; i < NVR_TRACKS_MAX; i++)
		if (p->bsf[i] != NULL)
			av_bsf_flush(p->bsf[i]);
	avformat_close_input(&p->fmt);
	return open_file(p, err);
}

/* When the packet of a file is due; notes how far the file goes. */
static int64_t
due(struct nvr_intake *in, const AVPacket *pkt, int64_t now)
{
	struct nvr_pull *p = in->pull;
	AVRational tb = p->fmt->streams[pkt->stream_index]->time_base;
	int i = p->track_of[pkt->stream_index];
	int64_t time = pkt->dts != AV_NOPTS_VALUE ? pkt->dts : pkt->pts;
	int64_t end, at;

	if (time == AV_NOPTS_VALUE)
		time = p->first - p->offset +
		       av_rescale(
			   p->next[i], 1000000, in->tracks[i].pub.clock_rate);
	else
		time = av_rescale_q(time, tb, AV_TIME_BASE_Q);
	if (!p->began) {
		p->began = true;
		p->first = time;
		p->start = now;
	}
	time -= p->first;
	end = time + av_rescale(in->tracks[i].duration, 1000000,
			 in->tracks[i].pub.clock_rate);
	if (end > p->end)
		p->end = end;
	at = p->start + p->offset + time;
	if (at < now - STALE || at > now + STALE) {
		p->start += now - at;
		at = now;
	}
	return at;
}

static void
sleep_until(int64_t moment)
{
	struct timespec ts = {
	    .tv_sec = moment / 1000000, .tv_nsec = moment % 1000000 * 1000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int
read_file(struct nvr_intake *in, struct nvr_error *err)
{
	struct nvr_pull *p = in->pull;
	int64_t at;

	while (!p->waiting) {
		int rc = av_read_frame(p->fmt, in->pkt);

		if (nvr_video_interrupted(&p->watch))
			return nvr_fail(err, NVR_E_AGAIN, "nothing came");
		if (rc < 0) {
			rc = rewind_file(in, err);
			if (rc != 0)
				return rc;
			continue;
		}
		p->waiting = in->pkt->stream_index < STREAMS_MAX &&
			     p->track_of[in->pkt->stream_index] >= 0;
		if (!p->waiting)
			av_packet_unref(in->pkt);
	}
	at = due(in, in->pkt, nvr_video_clock());
	sleep_until(at < p->watch.deadline ? at : p->watch.deadline);
	if (at > p->watch.deadline)
		return nvr_fail(err, NVR_E_AGAIN, "nothing is due");
	p->waiting = false;
	return filter(in, p->track_of[in->pkt->stream_index], in->pkt, err);
}

static int
read_live(struct nvr_intake *in, struct nvr_error *err)
{
	struct nvr_pull *p = in->pull;
	char text[AV_ERROR_MAX_STRING_SIZE];
	int rc, i;

	while ((rc = av_read_frame(p->fmt, in->pkt)) == AVERROR(EAGAIN)) {
		if (nvr_video_interrupted(&p->watch))
			break;
		sleep_until(nvr_video_clock() + 2000); /* a device */
	}
	if (p->patience > 0 && rc < 0 && nvr_video_interrupted(&p->watch))
		return nvr_fail(
		    err, NVR_E_UNAVAILABLE, "nothing comes any more");
	if (rc == AVERROR_EXIT || rc == AVERROR(EAGAIN))
		return nvr_fail(err, NVR_E_AGAIN, "nothing came");
	if (rc == AVERROR_EOF)
		return nvr_fail(err, NVR_E_UNAVAILABLE, "the stream ended");
	if (rc < 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "cannot read the stream: %s",
		    nvr_video_why(rc, text, sizeof(text)));
	i = in->pkt->stream_index < STREAMS_MAX
		? p->track_of[in->pkt->stream_index]
		: -1;
	if (i >= 0)
		return filter(in, i, in->pkt, err);
	av_packet_unref(in->pkt);
	return 0;
}

int
nvr_intake_read(struct nvr_intake *in, int64_t wait, struct nvr_error *err)
{
	struct nvr_pull *p = in->pull;

	p->watch.deadline =
	    nvr_video_clock() + (p->patience > wait ? p->patience : wait);
	return p->kind == NVR_VIDEO_FILE ? read_file(in, err)
					 : read_live(in, err);
}
