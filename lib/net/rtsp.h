/*
 * An RTSP session (RFC 2326) with RTP inside its one TCP connection, by
 * libcurl.  Packets are handed on as they came; nobody here looks into them.
 * No RTCP is sent: sessions are kept alive by requests.
 *
 *	open (DESCRIBE) → sdp → setup, a track at a time → play → read, read …
 *
 * Errors: NVR_E_UNAVAILABLE when nobody answers or not as a camera does,
 * NVR_E_AGAIN after the timeout, NVR_E_PERMISSION for a wrong password,
 * NVR_E_NOENT when there is no such stream.  No text holds a password.
 */
#ifndef NVR_NET_RTSP_H
#define NVR_NET_RTSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_rtsp;

struct nvr_rtsp_request {
	const char *url; /* rtsp://host…, without user and password */
	const char *user, *password; /* NULL: none */
	/* 0, or a port of 127.0.0.1 to connect to instead of the URL's host:
	 * where the other end of a TLS tunnel is. */
	int tunnel_port;
	int64_t timeout; /* microseconds, for each step */
};

/* Connects, and asks for the SDP.  A redirect is refused. */
int nvr_rtsp_open(const struct nvr_rtsp_request *req, struct nvr_rtsp **ret,
    struct nvr_error *err);

/* Borrowed until close. */
const char *nvr_rtsp_sdp(const struct nvr_rtsp *r, size_t *len);

/*
 * control is the track's a=control of the SDP: absolute, and then on the host
 * of the URL, or relative to the session's own a=control, else Content-Base,
 * Content-Location or the URL (RFC 2326, C.1.1); "" is that itself.  track is
 * the caller's number for it, below 32.  The channels are the camera's choice;
 * NVR_E_UNAVAILABLE when it does not send over TCP.
 */
int nvr_rtsp_setup(
    struct nvr_rtsp *r, const char *control, int track, struct nvr_error *err);
int nvr_rtsp_play(struct nvr_rtsp *r, struct nvr_error *err);

/* A packet of a track, borrowed for the call; other than 0 stops. */
struct nvr_rtp_sink {
	int (*packet)(void *ctx, int track, bool rtcp, const void *packet,
	    size_t len, struct nvr_error *err);
	void *ctx;
};

/*
 * Waits until much has come (128 KiB), but no longer than `wait` microseconds,
 * and hands on all that is there.  Returns how many packets that were, which
 * may be none, at once when a signal came; or what the sink returned, after
 * which the rest of the batch is lost, but the session is not.
 * NVR_E_UNAVAILABLE when the camera closed the connection or sends what is no
 * RTSP.
 *
 * Keeps the session alive, at half its timeout, by OPTIONS, or GET_PARAMETER
 * where the camera has it.  An error in reply changes nothing, nor does none
 * at all, but then no further one can be sent.
 *
 * What libcurl cannot do: a request by the camera (ANNOUNCE, OPTIONS) ends the
 * session up to libcurl 8.2 and is passed over since, as is garbage.
 */
int nvr_rtsp_read(struct nvr_rtsp *r, int64_t wait,
    const struct nvr_rtp_sink *sink, struct nvr_error *err);

/* Says goodbye (TEARDOWN); takes 0.7 s at most.  NULL is fine. */
void nvr_rtsp_close(struct nvr_rtsp *r);

#endif
