/*
 * The film: a file's frames as they are, made into RTP packets by libav, with
 * the time at which each is due.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/intreadwrite.h>

#include "flood.h"

#define PACKET_MAX 1440

/* One track while it is made. */
struct maker {
	struct track *track;
	AVFormatContext *out;
	AVBSFContext *bsf;
	AVPacket *first; /* once more at the end, to push out what is held */
	int64_t zero;	 /* the first DTS */
	int64_t end;	 /* of the frames so far */
	int64_t dts;	 /* of the frame at hand */
	uint32_t base;	 /* the RTP time of time 0 in the file */
	bool based, begun;
};

static void __attribute__((format(printf, 1, 2), noreturn))
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("flood: ", stderr);
	vfprintf(stderr, format, ap);
	fputs("\n", stderr);
	va_end(ap);
	exit(EX_DATAERR);
}

/* Room for one more of that size; the count says when it is full. */
static void *
grow(void *array, unsigned count, size_t size)
{
	if (count & (count - 1))
		return array;
	array = realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * size);
	if (array == NULL)
		die("out of memory");
	return array;
}

static void
add_chunk(struct track *t, int64_t due)
{
	t->chunks = grow(t->chunks, t->n_chunks, sizeof(*t->chunks));
	t->chunks[t->n_chunks++] =
	    (struct chunk){.first = t->n_packets, .due = due};
}

static void
add_packet(struct track *t, uint32_t time, const uint8_t *rtp, size_t n)
{
	uint8_t *to;

	if (t->room - t->len < RTP_AT + n) {
		t->room = 2 * t->room + RTP_AT + n;
		t->bytes = realloc(t->bytes, t->room);
		if (t->bytes == NULL)
			die("out of memory");
	}
	t->packets = grow(t->packets, t->n_packets, sizeof(*t->packets));
	t->packets[t->n_packets++] =
	    (struct packet){.at = t->len, .time = time};
	if (n == 0)
		return;
	to = t->bytes + t->len;
	to[0] = '$';
	AV_WB16(to + 2, n);
	memcpy(to + RTP_AT, rtp, n);
	t->len += RTP_AT + n;
}

/* libav's muxer writes each RTP packet by one call. */
static int
#if LIBAVFORMAT_VERSION_MAJOR >= 61
on_rtp(void *arg, const uint8_t *rtp, int n)
#else
on_rtp(void *arg, uint8_t *rtp, int n)
#endif
{
	struct maker *m = arg;
	uint32_t time;

	if (n < RTP_HEADER)
		return n;
	if (!m->based)
		m->base = AV_RB32(rtp + 4) - (uint32_t)m->first->pts;
	m->based = true;
	time = AV_RB32(rtp + 4) - m->base - (uint32_t)m->zero;
	/* AAC is held back until the next: only its own time is right. */
	if (!m->track->video)
		add_chunk(m->track, time);
	else if (!m->begun)
		add_chunk(m->track, m->dts - m->zero);
	m->begun = true;
	add_packet(m->track, time, rtp, n);
	return n;
}

/* Parameter sets before each key frame, as cameras send them. */
static void
open_filter(struct maker *m, const AVStream *in)
{
	const char *name = "null";
	const AVBitStreamFilter *filter;

	if (in->codecpar->codec_id == AV_CODEC_ID_H264)
		name = "h264_mp4toannexb";
	else if (in->codecpar->codec_id == AV_CODEC_ID_HEVC)
		name = "hevc_mp4toannexb";
	filter = av_bsf_get_by_name(name);
	if (filter == NULL || av_bsf_alloc(filter, &m->bsf) < 0)
		die("no filter %s", name);
	avcodec_parameters_copy(m->bsf->par_in, in->codecpar);
	m->bsf->time_base_in = in->time_base;
	if (av_bsf_init(m->bsf) < 0)
		die("cannot filter this codec");
}

static void
open_maker(struct maker *m, const AVStream *in)
{
	AVDictionary *options = NULL;
	AVStream *st;

	open_filter(m, in);
	if (avformat_alloc_output_context2(&m->out, NULL, "rtp", NULL) < 0)
		die("libav has no RTP");
	st = avformat_new_stream(m->out, NULL);
	avcodec_parameters_copy(st->codecpar, m->bsf->par_out);
	st->codecpar->codec_tag = 0;
	m->out->pb = avio_alloc_context(av_malloc(2 * PACKET_MAX),
	    2 * PACKET_MAX, 1, m, NULL, on_rtp, NULL);
	m->out->pb->max_packet_size = PACKET_MAX;
	m->out->packet_size = PACKET_MAX;
	m->out->max_delay = 0;
	av_dict_set(&options, "rtpflags", "skip_rtcp", 0);
	if (avformat_write_header(m->out, &options) < 0)
		die("libav makes no RTP of this codec");
	av_dict_free(&options);
	m->track->video = st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
	m->track->rate = st->time_base.den;
}

static void
feed(struct maker *m, AVPacket *packet)
{
	m->begun = false;
	m->dts = packet->dts;
	if (av_write_frame(m->out, packet) < 0)
		die("libav cannot send this frame");
}

/*
 * Files cut the length of the last coded frame to that of the film, or do
 * not tell it, but a camera's frames are all as long. PCM is as it says.
 */
static int64_t
lasts(const struct maker *m, const AVPacket *packet)
{
	enum AVCodecID codec = m->out->streams[0]->codecpar->codec_id;
	int64_t step;

	if (m->dts == AV_NOPTS_VALUE)
		return packet->duration;
	step = packet->dts - m->dts;
	if (packet->duration > 0 &&
	    (step < packet->duration ||
		av_get_exact_bits_per_sample(codec) > 0))
		return packet->duration;
	return step;
}

static void
take(struct maker *m, AVPacket *packet)
{
	if (av_bsf_send_packet(m->bsf, packet) < 0)
		die("a frame is broken");
	while (av_bsf_receive_packet(m->bsf, packet) == 0) {
		av_packet_rescale_ts(packet, m->bsf->time_base_out,
		    m->out->streams[0]->time_base);
		if (packet->dts == AV_NOPTS_VALUE ||
		    packet->pts == AV_NOPTS_VALUE)
			die("a frame has no time");
		packet->stream_index = 0;
		if (m->first == NULL) {
			m->first = av_packet_clone(packet);
			m->zero = packet->dts;
			m->dts = AV_NOPTS_VALUE;
		}
		m->end = packet->dts + lasts(m, packet);
		feed(m, packet);
		av_packet_unref(packet);
	}
}

/* The last held packet comes out; what pushed it does not. */
static void
finish(struct maker *m)
{
	struct track *t = m->track;

	if (m->first == NULL)
		die("a track is empty");
	if (!t->video) {
		m->first->pts = m->first->dts = m->end;
		feed(m, m->first);
		while (t->n_chunks > 0 &&
		       t->chunks[t->n_chunks - 1].due >= m->end - m->zero) {
			t->n_packets = t->chunks[--t->n_chunks].first;
			t->len = t->packets[t->n_packets].at;
		}
	}
	if (t->n_chunks == 0 || m->end <= m->zero)
		die("a track is empty");
	add_chunk(t, m->end - m->zero);
	add_packet(t, 0, NULL, 0);
	t->n_chunks--;
	t->n_packets--;
	av_packet_free(&m->first);
	av_bsf_free(&m->bsf);
	av_freep(&m->out->pb->buffer);
	avio_context_free(&m->out->pb);
	avformat_free_context(m->out);
}

static void
read_all(AVFormatContext *in, const int *index, struct maker *makers, int n)
{
	AVPacket *packet = av_packet_alloc();
	int i;

	while (packet != NULL && av_read_frame(in, packet) == 0) {
		for (i = 0; i < n; i++)
			if (packet->stream_index == index[i]) {
				take(&makers[i], packet);
				break;
			}
		av_packet_unref(packet);
	}
	av_packet_free(&packet);
}

void
film_load(struct film *f, const char *path)
{
	static const enum AVMediaType kinds[TRACKS_MAX] = {
	    AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO};
	struct maker makers[TRACKS_MAX] = {0};
	AVFormatContext *in = NULL, *outs[TRACKS_MAX];
	int i, n = 0, index[TRACKS_MAX];

	*f = (struct film){0};
	if (avformat_open_input(&in, path, NULL, NULL) < 0 ||
	    avformat_find_stream_info(in, NULL) < 0)
		die("cannot read '%s'", path);
	for (i = 0; i < TRACKS_MAX; i++) {
		index[n] = av_find_best_stream(in, kinds[i], -1, -1, NULL, 0);
		if (index[n] < 0)
			continue;
		makers[n].track = &f->tracks[n];
		open_maker(&makers[n], in->streams[index[n]]);
		outs[n] = makers[n].out;
		n++;
	}
	f->n_tracks = n;
	if (n == 0 || av_sdp_create(outs, n, f->sdp, sizeof(f->sdp)) < 0)
		die("'%s' has nothing to send", path);
	read_all(in, index, makers, n);
	for (i = 0; i < n; i++)
		finish(&makers[i]);
	avformat_close_input(&in);
}
