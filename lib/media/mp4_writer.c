/*
 * libav's MOV muxer, told to write fragments when we say so.  Each fragment
 * begins at the time that its first frame has, not where the last one ended:
 * what a camera left out stays left out.
 */
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "base/time.h"
#include "media/mp4_writer.h"
#include "media/video_int.h"

/*
 * libav goes back to fill in the sizes of boxes, which it can only within this
 * buffer: it must hold the moov, and a moof, whose frames take up to 16 bytes.
 */
#define IO_SIZE (160 << 10)
#define FRAGMENT_FRAMES 4000

struct out_track {
	int64_t zero;
	int64_t last;	  /* dts */
	AVRational clock; /* of the frames */
};

struct nvr_mp4_writer {
	struct nvr_sink sink;
	AVFormatContext *fmt;
	AVIOContext *io;
	AVPacket *pkt;
	struct out_track tracks[NVR_TRACKS_MAX];
	int n;
	size_t held;
	int frames;		 /* in the open fragment */
	struct nvr_error failed; /* what the sink said, code 0: nothing */
};

static int
io_write(void *arg, NVR_IO_CONST uint8_t *buf, int size)
{
	struct nvr_mp4_writer *w = arg;

	if (w->failed.code == 0 &&
	    w->sink.write(w->sink.ctx, buf, (size_t)size, &w->failed) != 0 &&
	    w->failed.code == 0)
		w->failed.code = NVR_E_IO;
	return w->failed.code == 0 ? size : AVERROR(EIO);
}

/* The sink's own error, where there is one. */
static int
failed(const struct nvr_mp4_writer *w, int averror, const char *what,
    struct nvr_error *err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];

	if (w->failed.code != 0) {
		*err = w->failed;
		return err->code;
	}
	if (averror == AVERROR(ENOMEM))
		return nvr_fail_nomem(err);
	return nvr_fail(err, NVR_E_DATA, "cannot write %s: %s", what,
	    nvr_video_why(averror, text, sizeof(text)));
}

static bool
is_pcm(enum AVCodecID codec)
{
	return av_get_exact_bits_per_sample(codec) > 0;
}

static int
codec_of(
    const struct nvr_track *track, enum AVCodecID *ret, struct nvr_error *err)
{
	const AVCodecDescriptor *d =
	    avcodec_descriptor_get_by_name(track->codec);

	if (d == NULL || track->clock_rate < 1)
		return nvr_fail(err, NVR_E_DATA, "MP4 cannot carry %s",
		    track->codec[0] != '\0' ? track->codec : "this");
	*ret = d->id;
	return 0;
}

static int
set_parameters(AVCodecParameters *par, const struct nvr_track *track,
    struct nvr_error *err)
{
	size_t n = track->config.len;

	par->codec_type =
	    track->video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
	par->width = track->width;
	par->height = track->height;
	if (!track->video) {
		av_channel_layout_default(&par->ch_layout, track->channels);
		par->sample_rate = track->sample_rate;
		par->bits_per_coded_sample =
		    av_get_bits_per_sample(par->codec_id);
		par->block_align =
		    par->bits_per_coded_sample / 8 * track->channels;
		if (par->codec_id == AV_CODEC_ID_AAC)
			par->frame_size = 1024;
	}
	if (par->codec_id == AV_CODEC_ID_HEVC)
		par->codec_tag = MKTAG('h', 'v', 'c', '1');
	if (n == 0 || n > INT32_MAX / 2)
		return 0;
	par->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
	if (par->extradata == NULL)
		return nvr_fail_nomem(err);
	memcpy(par->extradata, track->config.data, n);
	par->extradata_size = (int)n;
	return 0;
}

static int
add_track(struct nvr_mp4_writer *w, const struct nvr_mp4_track *track,
    struct nvr_error *err)
{
	struct out_track *out = &w->tracks[w->n++];
	AVStream *st = avformat_new_stream(w->fmt, NULL);
	enum AVCodecID codec = AV_CODEC_ID_NONE;
	int rc;

	if (st == NULL)
		return nvr_fail_nomem(err);
	rc = codec_of(track->track, &codec, err);
	if (rc != 0)
		return rc;
	out->zero = track->zero;
	out->last = INT64_MIN;
	out->clock = (AVRational){1, track->track->clock_rate};
	st->time_base = out->clock;
	st->codecpar->codec_id = codec;
	return set_parameters(st->codecpar, track->track, err);
}

/* MP4 has no G.711 and no plain PCM in every libav; QuickTime has. */
static const char *
format_of(const struct nvr_mp4_track *tracks, int n)
{
	for (int i = 0; i < n; i++) {
		const AVCodecDescriptor *d =
		    avcodec_descriptor_get_by_name(tracks[i].track->codec);

		if (d != NULL && is_pcm(d->id))
			return "mov";
	}
	return "mp4";
}

static int
open_muxer(struct nvr_mp4_writer *w, const char *format, struct nvr_error *err)
{
	uint8_t *buf = av_malloc(IO_SIZE);

	w->pkt = av_packet_alloc();
	if (buf != NULL)
		w->io = avio_alloc_context(
		    buf, IO_SIZE, 1, w, NULL, io_write, NULL);
	if (w->io == NULL)
		av_free(buf);
	avformat_alloc_output_context2(&w->fmt, NULL, format, NULL);
	if (w->io == NULL || w->pkt == NULL || w->fmt == NULL)
		return nvr_fail_nomem(err);
	w->fmt->pb = w->io;
	w->fmt->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	w->fmt->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
	return 0;
}

static int
write_header(struct nvr_mp4_writer *w, const struct nvr_mp4_options *o,
    struct nvr_error *err)
{
	AVDictionary *options = NULL;
	char start[NVR_TIME_TEXT];
	int rc;

	av_dict_set(&w->fmt->metadata, "creation_time",
	    nvr_time_format(o->start, start), 0);
	if (o->camera != NULL && o->camera[0] != '\0')
		av_dict_set(&w->fmt->metadata, "title", o->camera, 0);
	av_dict_set(&options, "movflags",
	    "empty_moov+default_base_moof+frag_custom+frag_discont+"
	    "skip_trailer",
	    0);
	av_dict_set(&options, "use_editlist", "0", 0);
	rc = avformat_write_header(w->fmt, &options);
	av_dict_free(&options);
	if (rc >= 0) {
		avio_flush(w->io);
		rc = w->io->error;
		w->io->direct = 1; /* the data of frames goes past it */
	}
	return rc < 0 ? failed(w, rc, "the head of the file", err) : 0;
}

int
nvr_mp4_writer_open(const struct nvr_sink *sink,
    const struct nvr_mp4_track *tracks, int n, const struct nvr_mp4_options *o,
    struct nvr_mp4_writer **ret, struct nvr_error *err)
{
	struct nvr_mp4_writer *w;
	int rc;

	if (n < 1 || n > NVR_TRACKS_MAX)
		return nvr_fail(err, NVR_E_DATA, "there is no track to write");
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return nvr_fail_nomem(err);
	nvr_video_log_begin();
	w->sink = *sink;
	rc = open_muxer(w, format_of(tracks, n), err);
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_track(w, &tracks[i], err);
	if (rc == 0)
		rc = write_header(w, o, err);
	if (rc != 0) {
		nvr_mp4_writer_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

int
nvr_mp4_writer_frame(struct nvr_mp4_writer *w, int track,
    const struct nvr_frame *f, struct nvr_error *err)
{
	struct out_track *t = &w->tracks[track];
	const AVStream *st = w->fmt->streams[track];
	AVPacket *pkt = w->pkt;
	int rc;

	if (f->dts < t->zero || f->dts <= t->last || f->pts < f->dts ||
	    f->len == 0 || f->len > INT32_MAX / 2)
		return nvr_fail(err, NVR_E_DATA, "a frame is out of its time");
	/* Told for each fragment anew: its first frame tells its time. */
	if (w->held == 0)
		av_opt_set(w->fmt->priv_data, "movflags", "+frag_discont", 0);
	pkt->stream_index = track;
	pkt->data = (uint8_t *)f->data; /* libav does not write to it */
	pkt->size = (int)f->len;
	pkt->dts = av_rescale_q(f->dts - t->zero, t->clock, st->time_base);
	pkt->pts = av_rescale_q(f->pts - t->zero, t->clock, st->time_base);
	pkt->duration = av_rescale_q(f->duration, t->clock, st->time_base);
	pkt->flags = f->key ? AV_PKT_FLAG_KEY : 0;
	rc = av_write_frame(w->fmt, pkt);
	av_packet_unref(pkt);
	if (rc < 0)
		return failed(w, rc, "a frame", err);
	t->last = f->dts;
	w->held += f->len;
	return ++w->frames < FRAGMENT_FRAMES ? 0
					     : nvr_mp4_writer_fragment(w, err);
}

int
nvr_mp4_writer_fragment(struct nvr_mp4_writer *w, struct nvr_error *err)
{
	int rc;

	if (w->held == 0)
		return 0;
	w->held = 0;
	w->frames = 0;
	rc = av_write_frame(w->fmt, NULL);
	avio_flush(w->io);
	if (rc >= 0)
		rc = w->io->error;
	return rc < 0 ? failed(w, rc, "a fragment", err) : 0;
}

size_t
nvr_mp4_writer_held(const struct nvr_mp4_writer *w)
{
	return w->held;
}

void
nvr_mp4_writer_free(struct nvr_mp4_writer *w)
{
	if (w == NULL)
		return;
	if (w->io != NULL)
		av_freep(&w->io->buffer);
	avio_context_free(&w->io);
	if (w->fmt != NULL)
		w->fmt->pb = NULL;
	avformat_free_context(w->fmt);
	av_packet_free(&w->pkt);
	free(w);
}
