/*
 * A depacketizer of libav for one track: its demuxer of SDP with custom I/O,
 * which reads the SDP first and then one RTP packet at a time.
 *
 * Packets get a plain header of our own, so that what cameras do to sequence
 * numbers and SSRCs does not make libav drop packets.
 */
#include "media/intake_int.h"
#include "media/video_int.h"

#define IO_SIZE 1024 /* for the receiver reports; reading goes past it */

static struct nvr_video_watch never = {.deadline = INT64_MAX};

static int
io_read(void *arg, uint8_t *buf, int size)
{
	struct nvr_feed *f = arg;
	size_t n;

	if (f->text != NULL) {
		n = f->text_len < (size_t)size ? f->text_len : (size_t)size;
		memcpy(buf, f->text, n);
		f->text += n;
		f->text_len -= n;
		return n > 0 ? (int)n : AVERROR_EOF;
	}
	if (f->payload == NULL || f->len + sizeof(f->header) > (size_t)size)
		return AVERROR(EAGAIN);
	memcpy(buf, f->header, sizeof(f->header));
	memcpy(buf + sizeof(f->header), f->payload, f->len);
	f->payload = NULL;
	return (int)(sizeof(f->header) + f->len);
}

/* libav's receiver reports, which nobody needs here. */
static int
io_write(void *arg, NVR_IO_CONST uint8_t *buf, int size)
{
	(void)arg, (void)buf;
	return size;
}

/*
 * It has to be writable: libav then reads packets without a buffer between,
 * and its receiver reports find a place.
 */
static int
open_io(struct nvr_feed *f, struct nvr_error *err)
{
	uint8_t *buf = av_malloc(IO_SIZE);

	if (buf != NULL)
		f->io = avio_alloc_context(
		    buf, IO_SIZE, 1, f, io_read, io_write, NULL);
	if (f->io == NULL) {
		av_free(buf);
		return nvr_fail_nomem(err);
	}
	f->io->direct = 1; /* else avio_read hangs on one that is writable */
	return 0;
}

int
nvr_feed_open(struct nvr_feed *f, const char *sdp, size_t len,
    const AVStream **st, struct nvr_error *err)
{
	AVDictionary *options = NULL;
	char text[AV_ERROR_MAX_STRING_SIZE];
	int rc = open_io(f, err);

	if (rc == 0)
		rc = nvr_video_format("sdp", "", &never, &f->fmt, err);
	if (rc != 0)
		return rc;
	f->text = (const uint8_t *)sdp;
	f->text_len = len;
	f->fmt->pb = f->io;
	f->fmt->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
	av_dict_set(&options, "sdp_flags", "custom_io", 0);
	av_dict_set(&options, "reorder_queue_size", "0", 0);
	rc = avformat_open_input(
	    &f->fmt, NULL, av_find_input_format("sdp"), &options);
	av_dict_free(&options);
	f->text = NULL;
	/* ENOMEM as well: libav says that of Opus with too many channels. */
	if (rc < 0)
		return nvr_fail(err, NVR_E_DATA, "%s",
		    nvr_video_why(rc, text, sizeof(text)));
	if (f->fmt->nb_streams != 1)
		return nvr_fail(err, NVR_E_DATA, "no single stream");
	*st = f->fmt->streams[0];
	return 0;
}

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
nvr_feed_push(struct nvr_feed *f, const struct nvr_rtp *rtp, bool gap)
{
	f->seq = (uint16_t)(f->seq + 1 + gap);
	/* A picture that never ends would be collected without end. */
	f->silent += rtp->len;
	if (f->silent > NVR_INTAKE_UNIT_MAX) {
		f->silent = 0;
		f->offset++;
	}
	f->header[0] = 2 << 6;
	f->header[1] = (uint8_t)(rtp->type | (rtp->marker ? 0x80 : 0));
	f->header[2] = (uint8_t)(f->seq >> 8);
	f->header[3] = (uint8_t)f->seq;
	put32(f->header + 4, rtp->time + f->offset);
	f->payload = rtp->payload;
	f->len = rtp->len;
}

/* libav remembers an end or an error of its source; ours is only waiting. */
int
nvr_feed_pull(struct nvr_feed *f, AVPacket *pkt)
{
	int rc;

	f->io->eof_reached = 0;
	f->io->error = 0;
	rc = av_read_frame(f->fmt, pkt);
	if (rc >= 0)
		f->silent = 0;
	return rc;
}

void
nvr_feed_close(struct nvr_feed *f)
{
	avformat_close_input(&f->fmt);
	if (f->io != NULL)
		av_freep(&f->io->buffer);
	avio_context_free(&f->io);
}
