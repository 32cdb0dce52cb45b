/*
 * Opens the live sources, for whoever reads them: a camera's RTSP session and
 * a capture device.  Nothing is probed.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavdevice/version.h>

#include "media/tunnel.h"
#include "media/video_int.h"

#define URL_SIZE 1536
#define AUTH_MAX 127 /* libav's RTSP cuts user:password off after that */
#define NAME_(x) "libavdevice.so." #x
#define NAME(x) NAME_(x)

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
open_url(const struct nvr_video_request *req, const char *url,
    const char *media, int flags, struct nvr_video_watch *watch,
    AVFormatContext **fmt, struct nvr_error *err)
{
	AVDictionary *options = NULL;
	int rc = nvr_video_format(
	    "rtsp", req->udp ? "tcp,udp,rtp" : "tcp", watch, fmt, err);

	if (rc != 0)
		return rc;
	(*fmt)->flags |= flags;
	av_dict_set(&options, "rtsp_transport", req->udp ? "udp" : "tcp", 0);
	av_dict_set(&options, "allowed_media_types", media, 0);
	if (req->udp)
		av_dict_set(&options, "buffer_size", UDP_BUFFER, 0);
	watch->url = url;
	watch->fmt = *fmt;
	rc = avformat_open_input(
	    fmt, url, av_find_input_format("rtsp"), &options);
	watch->fmt = NULL;
	watch->url = NULL;
	av_dict_free(&options);
	return rc < 0 ? not_opened(req, watch, rc, err) : 0;
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
nvr_video_open_rtsp(const struct nvr_video_request *req, const char *media,
    int flags, struct nvr_video_watch *watch, AVFormatContext **ret,
    struct nvr_tunnel **tunnel, struct nvr_error *err)
{
	char host[1024], path[1024], auth[AUTH_MAX + 4], url[URL_SIZE];
	const char *rest = strstr(req->url, "://") + 3;
	int port, rc;

	av_url_split(NULL, 0, NULL, 0, host, sizeof(host), &port, path,
	    sizeof(path), req->url);
	if (host[0] == '\0' || port == 0 || port > 65535)
		return nvr_fail(err, NVR_E_USAGE, "no host, or a bad port");
	rc = put_credentials(req, auth, sizeof(auth), err);
	if (rc == 0 && tolower((unsigned char)req->url[4]) == 's')
		rc = open_tunnel(req, watch, tunnel, err);
	if (rc == 0) {
		if (*tunnel != NULL)
			snprintf(url, sizeof(url), "rtsp://%s127.0.0.1:%d%s",
			    auth, nvr_tunnel_port(*tunnel), path);
		else
			snprintf(url, sizeof(url), "rtsp://%s%s", auth, rest);
		rc = open_url(req, url, media, flags, watch, ret, err);
	}
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
nvr_video_open_device(const char *path, const char *input_format,
    struct nvr_video_watch *watch, AVFormatContext **ret, struct nvr_error *err)
{
	AVDictionary *options = NULL;
	int rc = check_device(path, err);

	if (rc == 0)
		rc = load_devices(err);
	if (rc == 0)
		rc = nvr_video_format("video4linux2,v4l2", "", watch, ret, err);
	if (rc != 0)
		return rc;
	(*ret)->flags |= AVFMT_FLAG_NONBLOCK; /* the deadline is ours */
	if (input_format != NULL)
		av_dict_set(&options, "input_format", input_format, 0);
	rc = avformat_open_input(
	    ret, path, av_find_input_format("v4l2"), &options);
	av_dict_free(&options);
	if (rc < 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "cannot open the device: %s", nvr_video_log_last());
	return 0;
}
