/* A clip with areas painted over: reading it; see masked.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/masked_int.h"

#define FORMATS "mov,mp4,m4a,3gp,3g2,mj2"
#define IO_SIZE 65536

static int
read_in(void *arg, uint8_t *buf, int size)
{
	struct nvr_masked *m = arg;
	ssize_t n;

	do {
		n = read(m->fd, buf, (size_t)size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		m->rc =
		    nvr_fail_errno(m->err, NVR_E_IO, "the clip cannot be read");
	return n > 0 ? (int)n : n == 0 ? AVERROR_EOF : AVERROR(EIO);
}

static int64_t
seek_in(void *arg, int64_t offset, int whence)
{
	struct nvr_masked *m = arg;
	struct stat sb;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return fstat(m->fd, &sb) == 0 ? sb.st_size : AVERROR(errno);
	offset = lseek(m->fd, offset, whence);
	return offset >= 0 ? offset : AVERROR(errno);
}

static int
open_in(struct nvr_masked *m, struct nvr_video_watch *watch)
{
	uint8_t *buf = av_malloc(IO_SIZE);
	int av, rc;

	if (buf != NULL)
		m->in_io = avio_alloc_context(buf, IO_SIZE, 0, m, read_in, NULL,
		    lseek(m->fd, 0, SEEK_CUR) >= 0 ? seek_in : NULL);
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
		    m, NVR_E_DATA, av, "the clip cannot be read");
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

static void
drop_early(struct nvr_masked *m)
{
	while (m->nearly > 0)
		av_packet_free(&m->early[--m->nearly]);
}

static int
write_sound(struct nvr_masked *m, AVPacket *packet)
{
	int from = packet->stream_index, to = m->to[from], av;

	if (to < 0)
		return 0;
	av_packet_rescale_ts(packet, m->in->streams[from]->time_base,
	    m->out->streams[to]->time_base);
	packet->stream_index = to;
	packet->pos = -1;
	av = av_interleaved_write_frame(m->out, packet);
	return av >= 0 ? 0 : nvr_masked_fail(m, NVR_E_IO, av, "its sound");
}

static int
write_early(struct nvr_masked *m)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < m->nearly; i++)
		rc = write_sound(m, m->early[i]);
	drop_early(m);
	return rc;
}

/* Sound waits for the first picture, which is when there is an output; more
 * than some seconds of it has no picture to go with. */
static int
copy(struct nvr_masked *m)
{
	int rc;

	if (m->out == NULL) {
		if (m->nearly == NVR_MASKED_EARLY)
			return 0;
		m->early[m->nearly] = av_packet_clone(m->packet);
		if (m->early[m->nearly] == NULL)
			return nvr_fail_nomem(m->err);
		m->nearly++;
		return 0;
	}
	rc = write_early(m);
	return rc == 0 ? write_sound(m, m->packet) : rc;
}

static int
go_through(struct nvr_masked *m)
{
	int64_t pictures = 0;
	int av, rc = 0;

	while (rc == 0 && (av = av_read_frame(m->in, m->packet)) >= 0) {
		if (m->packet->stream_index == m->video->index) {
			rc = decode(m, m->packet);
			pictures++;
		} else if (m->packet->stream_index < m->streams)
			rc = copy(m);
		av_packet_unref(m->packet);
	}
	if (rc == 0 && av != AVERROR_EOF)
		rc = nvr_masked_fail(
		    m, NVR_E_DATA, av, "the clip cannot be read");
	/* Its index knows how many there were: it may have been cut off. */
	if (m->video->nb_frames > pictures)
		m->ret->lost += m->video->nb_frames - pictures;
	if (rc == 0)
		rc = decode(m, NULL);
	if (rc == 0 && m->out == NULL)
		rc = nvr_fail(
		    m->err, NVR_E_DATA, "no picture of it can be decoded");
	if (rc == 0)
		rc = nvr_masked_frame(m, NULL);
	if (rc == 0)
		rc = write_early(m);
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
	drop_early(m);
	free(m->to);
}

int
nvr_masked_write(int fd, const struct nvr_mask *mask,
    const struct nvr_sink *sink, struct nvr_masked_result *ret,
    struct nvr_error *err)
{
	struct nvr_video_watch watch = {.deadline = INT64_MAX};
	struct nvr_masked m = {
	    .fd = fd, .mask = mask, .sink = sink, .ret = ret, .err = err};
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
