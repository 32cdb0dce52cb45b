/* A clip with areas painted over: reading it; see masked.h. */
#include <stdlib.h>
#include <string.h>

#include "media/masked_int.h"

#define FORMATS "mov,mp4,m4a,3gp,3g2,mj2"
#define IO_SIZE 65536

static int
read_in(void *arg, uint8_t *buf, int size)
{
	struct nvr_masked *m = arg;
	uint64_t left = m->clip->size - m->at;
	size_t n = left < (uint64_t)size ? (size_t)left : (size_t)size;

	if (n == 0)
		return AVERROR_EOF;
	m->rc = m->clip->pread(m->clip->ctx, buf, n, m->at, m->err);
	m->at += n;
	return m->rc == 0 ? (int)n : AVERROR(EIO);
}

static int64_t
seek_in(void *arg, int64_t offset, int whence)
{
	struct nvr_masked *m = arg;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return (int64_t)m->clip->size;
	if (whence == SEEK_CUR)
		offset += (int64_t)m->at;
	else if (whence == SEEK_END)
		offset += (int64_t)m->clip->size;
	if (offset < 0 || (uint64_t)offset > m->clip->size)
		return AVERROR(EINVAL);
	m->at = (uint64_t)offset;
	return offset;
}

static int
open_in(struct nvr_masked *m, struct nvr_video_watch *watch)
{
	uint8_t *buf = av_malloc(IO_SIZE);
	int av, rc;

	if (buf != NULL)
		m->in_io = avio_alloc_context(
		    buf, IO_SIZE, 0, m, read_in, NULL, seek_in);
	if (m->in_io == NULL) {
		av_free(buf);
		return nvr_fail_nomem(m->err);
	}
	rc = nvr_video_format(FORMATS, "", watch, &m->in, m->err);
	if (rc != 0)
		return rc;
	m->in->pb = m->in_io;
	av = avformat_open_input(&m->in, NULL, NULL, NULL);
	if (av == 0)
		av = avformat_find_stream_info(m->in, NULL);
	if (av < 0)
		return nvr_masked_fail(
		    m, NVR_E_DATA, av, "the clip cannot be read back");
	m->streams = (int)m->in->nb_streams;
	m->to = calloc((size_t)m->streams, sizeof(*m->to));
	if (m->to == NULL)
		return nvr_fail_nomem(m->err);
	for (int i = 0; i < m->streams; i++) {
		m->to[i] = -1;
		if (m->video == NULL &&
		    m->in->streams[i]->codecpar->codec_type ==
			AVMEDIA_TYPE_VIDEO)
			m->video = m->in->streams[i];
	}
	if (m->video == NULL)
		return nvr_fail(m->err, NVR_E_DATA, "there is no picture");
	return nvr_video_open_decoder(m->video->codecpar, &m->decoder, m->err);
}

/* NULL: what the decoder still has. */
static int
decode(struct nvr_masked *m, const AVPacket *packet)
{
	int rc = 0, av = avcodec_send_packet(m->decoder, packet);

	if (av < 0 && av != AVERROR_EOF) {
		if (av == AVERROR(ENOMEM))
			return nvr_fail_nomem(m->err);
		m->ret->lost++;
		return 0;
	}
	while (rc == 0 && avcodec_receive_frame(m->decoder, m->frame) == 0) {
		if (m->out == NULL)
			rc = nvr_masked_begin(m, m->frame);
		if (rc == 0)
			rc = nvr_masked_frame(m, m->frame);
		av_frame_unref(m->frame);
	}
	return rc;
}

/* Sound ahead of the first picture has nowhere to go, and is not missed. */
static int
copy(struct nvr_masked *m)
{
	int from = m->packet->stream_index, to = m->to[from], av;

	if (m->out == NULL || to < 0)
		return 0;
	av_packet_rescale_ts(m->packet, m->in->streams[from]->time_base,
	    m->out->streams[to]->time_base);
	m->packet->stream_index = to;
	m->packet->pos = -1;
	av = av_interleaved_write_frame(m->out, m->packet);
	return av >= 0 ? 0 : nvr_masked_fail(m, NVR_E_IO, av, "its sound");
}

static int
go_through(struct nvr_masked *m)
{
	int av, rc = 0;

	while (rc == 0 && (av = av_read_frame(m->in, m->packet)) >= 0) {
		if (m->packet->stream_index == m->video->index)
			rc = decode(m, m->packet);
		else if (m->packet->stream_index < m->streams)
			rc = copy(m);
		av_packet_unref(m->packet);
	}
	if (rc == 0 && av != AVERROR_EOF)
		rc = nvr_masked_fail(
		    m, NVR_E_DATA, av, "the clip cannot be read back");
	if (rc == 0)
		rc = decode(m, NULL);
	if (rc == 0 && m->out == NULL)
		rc = nvr_fail(
		    m->err, NVR_E_DATA, "no picture of it can be decoded");
	if (rc == 0)
		rc = nvr_masked_frame(m, NULL);
	if (rc == 0 && (av = av_write_trailer(m->out)) < 0)
		rc = nvr_masked_fail(m, NVR_E_IO, av, "the end of the clip");
	if (rc == 0 && m->out_io != NULL)
		avio_flush(m->out_io);
	return rc == 0 ? m->rc : rc;
}

static void
release(struct nvr_masked *m)
{
	avcodec_free_context(&m->decoder);
	avcodec_free_context(&m->encoder);
	avformat_close_input(&m->in);
	avformat_free_context(m->out);
	if (m->in_io != NULL)
		av_freep(&m->in_io->buffer);
	if (m->out_io != NULL)
		av_freep(&m->out_io->buffer);
	avio_context_free(&m->in_io);
	avio_context_free(&m->out_io);
	sws_freeContext(m->sws);
	av_frame_free(&m->frame);
	av_frame_free(&m->painted);
	av_packet_free(&m->packet);
	av_packet_free(&m->coded);
	free(m->to);
}

int
nvr_masked_write(const struct nvr_bytes *clip, const struct nvr_mask *mask,
    const struct nvr_sink *sink, struct nvr_masked_result *ret,
    struct nvr_error *err)
{
	struct nvr_video_watch watch = {.deadline = INT64_MAX};
	struct nvr_masked m = {
	    .clip = clip, .mask = mask, .sink = sink, .ret = ret, .err = err};
	int rc = 0;

	*ret = (struct nvr_masked_result){0};
	m.frame = av_frame_alloc();
	m.painted = av_frame_alloc();
	m.packet = av_packet_alloc();
	m.coded = av_packet_alloc();
	if (m.frame == NULL || m.painted == NULL || m.packet == NULL ||
	    m.coded == NULL)
		rc = nvr_fail_nomem(err);
	nvr_video_log_begin();
	if (rc == 0)
		rc = open_in(&m, &watch);
	if (rc == 0)
		rc = go_through(&m);
	release(&m);
	return rc;
}
