/*
 * One picture from a stream, a device or a file (see video.h): the request is
 * checked here, handed to the file that knows the kind of source, and what
 * all of them need is below.
 */
#include <ctype.h>
#include <time.h>

#include "base/url.h"
#include "media/video_int.h"

static int64_t
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
nvr_video_clock(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
nvr_video_utc(void)
{
	return clock_us(CLOCK_REALTIME);
}

/*
 * libav follows an RTSP redirect by putting its target in fmt->url, and takes
 * the password along.  It asks us before it waits for the new connection.
 */
int
nvr_video_interrupted(void *arg)
{
	struct nvr_video_watch *watch = arg;
	const AVFormatContext *fmt = watch->fmt;

	if (fmt != NULL && fmt->url != NULL && watch->url != NULL &&
	    strcmp(fmt->url, watch->url) != 0) {
		watch->redirected = true;
		return 1;
	}
	if (fmt != NULL)
		watch->streams = fmt->nb_streams;
	return nvr_video_clock() >= watch->deadline;
}

int
nvr_video_late(const struct nvr_video_request *req,
    const struct nvr_video_watch *watch, const char *step,
    struct nvr_error *err)
{
	if (nvr_video_clock() < watch->deadline)
		return 0;
	return nvr_fail(err, NVR_E_AGAIN, "timed out after %g s while %s",
	    (double)req->timeout / 1e6, step);
}

/* Containers can name other files and hosts; none of them is opened. */
static int
refuse_to_open(AVFormatContext *fmt, AVIOContext **pb, const char *url,
    int flags, AVDictionary **options)
{
	(void)fmt, (void)pb, (void)url, (void)flags, (void)options;
	return AVERROR(EPERM);
}

int
nvr_video_format(const char *formats, const char *protocols,
    struct nvr_video_watch *watch, AVFormatContext **ret, struct nvr_error *err)
{
	AVFormatContext *fmt = avformat_alloc_context();

	if (fmt == NULL)
		return nvr_fail_nomem(err);
	fmt->format_whitelist = av_strdup(formats);
	fmt->protocol_whitelist = av_strdup(protocols);
	if (fmt->format_whitelist == NULL || fmt->protocol_whitelist == NULL) {
		avformat_free_context(fmt);
		return nvr_fail_nomem(err);
	}
	fmt->interrupt_callback =
	    (AVIOInterruptCB){nvr_video_interrupted, watch};
	fmt->io_open = refuse_to_open;
	*ret = fmt;
	return 0;
}

/* Whole, that is: a concealed gap is no evidence of anything. */
bool
nvr_video_good(const AVFrame *frame)
{
	return frame->decode_error_flags == 0 &&
	       !(frame->flags & AV_FRAME_FLAG_CORRUPT);
}

/* One thread: the first frame would wait for all threads to fill. */
int
nvr_video_open_decoder(
    const AVCodecParameters *par, AVCodecContext **ret, struct nvr_error *err)
{
	const AVCodec *codec = avcodec_find_decoder(par->codec_id);
	AVCodecContext *ctx = NULL;

	if (codec == NULL)
		return nvr_fail(err, NVR_E_DATA, "cannot decode its video (%s)",
		    avcodec_get_name(par->codec_id));
	ctx = avcodec_alloc_context3(codec);
	if (ctx == NULL || avcodec_parameters_to_context(ctx, par) < 0) {
		avcodec_free_context(&ctx);
		return nvr_fail_nomem(err);
	}
	ctx->thread_count = 1;
	ctx->max_pixels = NVR_PICTURE_MAX_PIXELS;
	if (avcodec_open2(ctx, codec, NULL) < 0) {
		avcodec_free_context(&ctx);
		return nvr_fail(err, NVR_E_DATA, "cannot decode its video (%s)",
		    avcodec_get_name(par->codec_id));
	}
	*ret = ctx;
	return 0;
}

int
nvr_video_decoder(AVFormatContext *fmt, AVStream **stream, AVCodecContext **ret,
    struct nvr_error *err)
{
	AVStream *video = NULL;

	for (unsigned i = 0; i < fmt->nb_streams; i++) {
		AVStream *st = fmt->streams[i];

		if (video == NULL &&
		    st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
		    !(st->disposition & AV_DISPOSITION_ATTACHED_PIC))
			video = st;
		else
			st->discard = AVDISCARD_ALL;
	}
	if (video == NULL)
		return nvr_fail(err, NVR_E_DATA, "there is no video in it");
	*stream = video;
	return nvr_video_open_decoder(video->codecpar, ret, err);
}

/* Without this a slip could print the password it has in its URL. */
static int
check_url(const char *url, struct nvr_error *err)
{
	const char *host = strstr(url, "://");

	for (const char *p = url; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) || *p == ' ')
			return nvr_fail(err, NVR_E_USAGE,
			    "a space or control character in the URL");
	if (host == NULL || strlen(url) > 1000)
		return nvr_fail(err, NVR_E_USAGE, "not the URL of a camera");
	if (memchr(host + 3, '@', strcspn(host + 3, "/?#")) != NULL)
		return nvr_fail(err, NVR_E_USAGE,
		    "user and password do not belong into the URL");
	return 0;
}

static bool
has_scheme(const char *url, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncasecmp(url, scheme, n) == 0 &&
	       strncmp(url + n, "://", 3) == 0;
}

int
nvr_video_kind(const char *url, enum nvr_video_kind *ret, struct nvr_error *err)
{
	int rc = check_url(url, err);

	if (rc != 0)
		return rc;
	if (has_scheme(url, "rtsp") || has_scheme(url, "rtsps"))
		*ret = NVR_VIDEO_RTSP;
	else if (has_scheme(url, "v4l2"))
		*ret = NVR_VIDEO_DEVICE;
	else if (has_scheme(url, "file"))
		*ret = NVR_VIDEO_FILE;
	else
		return nvr_fail(
		    err, NVR_E_USAGE, "not an rtsp, rtsps, v4l2 or file URL");
	return 0;
}
