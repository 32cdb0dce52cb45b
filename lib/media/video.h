/*
 * One picture from a camera's stream, a capture device or a video file.
 *
 *	rtsp://host[:port]/path		RTP over the RTSP connection, or UDP
 *	rtsps://host[:port]/path	the same inside TLS
 *	v4l2:///dev/video0		a device of this machine
 *	file:///absolute/path		a video that plays in an endless loop on
 *					the wall clock, as a camera would
 *
 * Nothing but the protocol of the URL is ever opened, whatever the camera or
 * the file asks for, and a redirect is refused: it could send the password to
 * another host.
 */
#ifndef NVR_MEDIA_VIDEO_H
#define NVR_MEDIA_VIDEO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "still/picture.h"

/* A picture of a Motion JPEG source, as it came. */
struct nvr_video_jpeg {
	struct nvr_buf data; /* the caller's */
	int64_t taken_at;
};

struct nvr_video_request {
	const char *url;	 /* as above, without user and password */
	const char *user;	 /* NULL: none */
	const char *password;	 /* NULL: none */
	bool udp;		 /* rtsp: RTP over UDP, not TCP */
	const char *tls_ca_file; /* rtsps: PEM; NULL: the system's */
	bool tls_insecure;	 /* rtsps: take any certificate */
	int64_t timeout;	 /* microseconds, for everything */
	int width;		 /* wanted, pixels; 0 or too wide: its own */
	/*
	 * Where a JPEG that the source sends goes as it is; *ret is then left
	 * alone.  NULL: always decode.
	 */
	struct nvr_video_jpeg *jpeg;
};

/*
 * Gets the first key frame (of a file: the frame that is due now) as a new
 * picture of the caller's.  taken_at is when it arrived; of a file, now.  The
 * picture keeps its aspect and is never enlarged.
 *
 *	NVR_E_USAGE		a URL or password that cannot be used
 *	NVR_E_UNAVAILABLE	nobody answers, or not as a camera does
 *	NVR_E_AGAIN		timed out
 *	NVR_E_PERMISSION	wrong password, or the certificate is refused
 *	NVR_E_NOENT		no such stream, file or device
 *	NVR_E_DATA		no video in it, or none that can be decoded
 */
int nvr_video_still(const struct nvr_video_request *req,
    struct nvr_picture **ret, struct nvr_error *err);

/*
 * What libav has to say goes to hook, a line at a time without its new line,
 * or nowhere (NULL, the default).  Passwords are never in it.  It can be
 * called from another thread during nvr_video_still.  For the whole process.
 */
void nvr_video_set_log(void (*hook)(const char *line));

#endif
