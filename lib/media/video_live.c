/*
 * The first key frame of a camera's stream or of a capture device.
 *
 * There is no probing (avformat_find_stream_info decodes seconds of video to
 * learn what the SDP has said already), only the video is set up, and one
 * packet is decoded.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavdevice/version.h>

#include "base/jpeg.h"
#include "media/tunnel.h"
#include "media/video_int.h"

#define URL_SIZE 1536
#define AUTH_MAX 127 /* libav's RTSP cuts user:password off after that */
#define NAME_(x) "libavdevice.so." #x
#define NAME(x) NAME_(x)

struct live {
	const struct nvr_video_request *req;
	struct nvr_video_watch *watch;
	AVFormatContext *fmt;
	AVCodecContext *ctx;
	AVStream *stream;
	bool follows; /* the decoder has a key frame that gave no picture */
	int broken;   /* key frames that could not be decoded */
};

/* Whole, that is: a concealed gap is no evidence of anything. */
static bool
is_good(const AVFrame *frame)
{
	return frame->decode_error_flags == 0 &&
	       !(frame->flags & AV_FRAME_FLAG_CORRUPT);
}

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

	if (rc == 1 && is_good(frame))
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
	if (rc >= 0 && is_good(frame))
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

/*
 * user:password@ as libav takes it apart again: it splits at the last @ and
 * the first colon, and cannot have more than AUTH_MAX bytes.
 */
static int
put_credentials(const struct nvr_video_request *req, char *to, size_t size,
    struct nvr_error *err)
{
	const char *user = req->user;
	const char *password = req->password != NULL ? req->password : "";
	char *p = to, *end = to + AUTH_MAX;

	*to = '\0';
	if (user == NULL)
		return 0;
	for (const char *c = user; *c != '\0'; c++)
		if (*c == ':' || *c == '"' || iscntrl((unsigned char)*c))
			return nvr_fail(err, NVR_E_USAGE,
			    "a character in the user's name cannot be sent");
	for (int part = 0; part < 2; part++) {
		for (const char *c = part == 0 ? user : password; *c != '\0';
		     c++) {
			bool plain = strchr("%/?#@", *c) == NULL;

			if (end - p < 3)
				return nvr_fail(err, NVR_E_USAGE,
				    "user and password are too long together");
			p += snprintf(p, size - (size_t)(p - to),
			    plain ? "%c" : "%%%02X", (unsigned char)*c);
		}
		*p++ = part == 0 ? ':' : '@';
	}
	*p = '\0';
	if (p - to > AUTH_MAX + 1)
		return nvr_fail(err, NVR_E_USAGE,
		    "user and password are too long together");
	return 0;
}

/* Says what kept the demuxer from opening the stream. */
static int
not_opened(const struct nvr_video_request *req,
    const struct nvr_video_watch *watch, int averror, struct nvr_error *err)
{
	char text[AV_ERROR_MAX_STRING_SIZE];
	int rc;

	if (watch->redirected)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera redirects to another URL, which is refused");
	rc = nvr_video_late(req, watch, "connecting", err);
	if (rc != 0)
		return rc;
	switch (averror) {
	case AVERROR_HTTP_UNAUTHORIZED:
		return nvr_fail(err, NVR_E_PERMISSION,
		    req->user != NULL ? "wrong user or password (401)"
				      : "it wants a user and password (401)");
	case AVERROR_HTTP_FORBIDDEN:
		return nvr_fail(err, NVR_E_PERMISSION, "not permitted (403)");
	case AVERROR_HTTP_NOT_FOUND:
		return nvr_fail(err, NVR_E_NOENT, "no such stream (404)");
	case AVERROR_HTTP_OTHER_4XX:
		/* nothing was set up, so nothing can be played */
		if (watch->streams == 0)
			return nvr_fail(
			    err, NVR_E_DATA, "there is no video in it");
		return nvr_fail(
		    err, NVR_E_UNAVAILABLE, "the camera refuses to play (4xx)");
	case AVERROR_HTTP_SERVER_ERROR:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera answers with an error of its own (5xx)");
	case AVERROR_INVALIDDATA:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "what answers there does not speak RTSP as a camera does");
	case AVERROR(EPROTONOSUPPORT):
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera does not send video over %s",
		    req->udp ? "UDP" : "TCP");
	case AVERROR(ENOMEM):
		return nvr_fail_nomem(err);
	default:
		return nvr_fail(err, NVR_E_UNAVAILABLE, "cannot connect: %s",
		    nvr_video_why(averror, text, sizeof(text)));
	}
}

/* A key frame of a large picture comes in one burst. */
#define UDP_BUFFER "2097152"

static int
open_rtsp(struct live *l, const char *url, struct nvr_error *err)
{
	AVDictionary *options = NULL;
	int rc = nvr_video_format("rtsp", l->req->udp ? "tcp,udp,rtp" : "tcp",
	    l->watch, &l->fmt, err);

	if (rc != 0)
		return rc;
	av_dict_set(&options, "rtsp_transport", l->req->udp ? "udp" : "tcp", 0);
	av_dict_set(&options, "allowed_media_types", "video", 0);
	if (l->req->udp)
		av_dict_set(&options, "buffer_size", UDP_BUFFER, 0);
	l->watch->url = url;
	l->watch->fmt = l->fmt;
	rc = avformat_open_input(
	    &l->fmt, url, av_find_input_format("rtsp"), &options);
	l->watch->fmt = NULL;
	av_dict_free(&options);
	return rc < 0 ? not_opened(l->req, l->watch, rc, err) : 0;
}

static int
open_tunnel(const struct nvr_video_request *req,
    const struct nvr_video_watch *watch, struct nvr_tunnel **ret,
    struct nvr_error *err)
{
	const struct nvr_tunnel_request to = {
	    .url = req->url,
	    .ca_file = req->tls_ca_file,
	    .insecure = req->tls_insecure,
	    .deadline = watch->deadline,
	};
	int rc;

	rc = nvr_tunnel_open(&to, ret, err);
	return rc == NVR_E_AGAIN ? nvr_video_late(req, watch, "connecting", err)
				 : rc;
}

int
nvr_video_rtsp(const struct nvr_video_request *req,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct live l = {.req = req, .watch = watch};
	struct nvr_tunnel *tunnel = NULL;
	char host[1024], path[1024], auth[AUTH_MAX + 4], url[URL_SIZE];
	const char *rest = strstr(req->url, "://") + 3;
	int port, rc;

	av_url_split(NULL, 0, NULL, 0, host, sizeof(host), &port, path,
	    sizeof(path), req->url);
	if (host[0] == '\0' || port == 0 || port > 65535)
		return nvr_fail(err, NVR_E_USAGE, "no host, or a bad port");
	rc = put_credentials(req, auth, sizeof(auth), err);
	if (rc == 0 && tolower((unsigned char)req->url[4]) == 's')
		rc = open_tunnel(req, watch, &tunnel, err);
	if (rc == 0) {
		if (tunnel != NULL)
			snprintf(url, sizeof(url), "rtsp://%s127.0.0.1:%d%s",
			    auth, nvr_tunnel_port(tunnel), path);
		else
			snprintf(url, sizeof(url), "rtsp://%s%s", auth, rest);
		rc = open_rtsp(&l, url, err);
	}
	if (rc == 0)
		rc = still_of(&l, ret, err);
	nvr_tunnel_close(tunnel);
	explicit_bzero(auth, sizeof(auth));
	explicit_bzero(url, sizeof(url));
	return rc;
}

/*
 * libavdevice needs X11 and much else, so it is loaded only for a device, and
 * only the one that goes with the libav we are built for.
 */
static int
load_devices(struct nvr_error *err)
{
	const char *name = NAME(LIBAVDEVICE_VERSION_MAJOR);
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	void (*register_all)(void) = NULL;

	if (lib != NULL)
		*(void **)&register_all = dlsym(lib, "avdevice_register_all");
	if (register_all == NULL)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "a device needs %s, which is not installed", name);
	register_all();
	return 0;
}

static int
check_device(const char *path, struct nvr_error *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return nvr_fail_errno(err, 0, "cannot open the device");
	if (!S_ISCHR(st.st_mode))
		return nvr_fail(err, NVR_E_DATA, "not a device");
	if (access(path, R_OK | W_OK) != 0)
		return nvr_fail_errno(err, 0, "cannot open the device");
	return 0;
}

int
nvr_video_device(const struct nvr_video_request *req, const char *path,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct live l = {.req = req, .watch = watch};
	int rc = check_device(path, err);

	if (rc == 0)
		rc = load_devices(err);
	if (rc == 0)
		rc = nvr_video_format(
		    "video4linux2,v4l2", "", watch, &l.fmt, err);
	if (rc != 0)
		return rc;
	l.fmt->flags |= AVFMT_FLAG_NONBLOCK; /* the deadline is ours */
	rc = avformat_open_input(
	    &l.fmt, path, av_find_input_format("v4l2"), NULL);
	if (rc < 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "cannot open the device: %s", nvr_video_log_last());
	return still_of(&l, ret, err);
}
