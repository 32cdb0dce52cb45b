/* What the files of the RTSP client share; see rtsp.h. */
#ifndef NVR_NET_RTSP_INT_H
#define NVR_NET_RTSP_INT_H

#include <poll.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "net/rtsp.h"

enum {
	NVR_RTSP_URL_MAX = 2048,
	NVR_RTSP_SDP_MAX = 64 << 10,
	NVR_RTSP_HEADERS_MAX = 64 << 10, /* of the replies of one request */
	NVR_RTSP_HELD_MAX = 1 << 20,
	NVR_RTSP_TRACKS_MAX = 32,
	NVR_RTSP_SOCKETS = 8,
	NVR_RTSP_BUFFER = 512 << 10, /* libcurl's largest */
};

/* The headers of the newest reply that matter, "" where it had none. */
struct nvr_rtsp_reply {
	char base[NVR_RTSP_URL_MAX], location[NVR_RTSP_URL_MAX];
	char transport[512], session[256], public_[512];
	size_t bytes; /* of headers, of all replies to this request */
	size_t body;
};

struct nvr_rtsp {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *connect_to;
	char *url;	 /* as the camera knows it */
	char *aggregate; /* what PLAY is for, and controls are relative to */
	bool user;
	int64_t timeout;

	/* What libcurl waits for. */
	struct pollfd fds[NVR_RTSP_SOCKETS];
	int64_t timer;	 /* of CLOCK_MONOTONIC; 0: none */
	bool busy;	 /* a request is under way */
	bool connected;	 /* the session has its connection, and gets no other */
	bool closing;	 /* packets are of no use now */
	CURLcode result; /* of the last request */
	char message[CURL_ERROR_SIZE];
	struct nvr_rtsp_reply reply;

	struct nvr_buf sdp;
	struct nvr_buf held;   /* packets from before the first read, framed */
	int16_t channels[256]; /* 2 * track + rtcp, or -1 */

	/* While it plays. */
	bool playing;
	curl_socket_t socket; /* since SETUP */
	long request;	      /* the one under way */
	bool get_parameter;   /* is how to keep the session alive */
	bool asked;	      /* for what it can be kept alive by */
	int64_t session_timeout, keep_alive_at;

	/* For the time of one read. */
	const struct nvr_rtp_sink *sink;
	struct nvr_error *err;
	int packets, rc;
};

int64_t nvr_rtsp_now(void); /* CLOCK_MONOTONIC, microseconds */

/* Options of a session that has its url and timeout, and no connection yet. */
int nvr_rtsp_curl_open(struct nvr_rtsp *r, const struct nvr_rtsp_request *req,
    struct nvr_error *err);

/* Begins a request; it has ended when busy is false, and result says how. */
int nvr_rtsp_begin(
    struct nvr_rtsp *r, long request, const char *url, struct nvr_error *err);
/* Waits until then and does what there is to do.  EINTR comes as false. */
bool nvr_rtsp_wait(struct nvr_rtsp *r, int64_t until);
/* Reads whatever is there, be it less than the low-water mark. */
void nvr_rtsp_force(struct nvr_rtsp *r);
/* Gives up a request, and with it the connection. */
void nvr_rtsp_abort(struct nvr_rtsp *r);

/* The number of the reply's status; 0: none came. */
long nvr_rtsp_status(const struct nvr_rtsp *r);
/* A whole request, within the timeout and to a status of 200. */
int nvr_rtsp_step(struct nvr_rtsp *r, long request, const char *url,
    const char *name, struct nvr_error *err);

/* A framed packet, on its way out. */
void nvr_rtsp_packet(struct nvr_rtsp *r, const char *data, size_t len);

/* Below: text only. */

/* The channels of `…;interleaved=a-b` of a Transport header. */
bool nvr_rtsp_interleaved(const char *transport, int *rtp, int *rtcp);
/* Seconds of `id;timeout=n`, 60 where it says nothing of use. */
int nvr_rtsp_session_seconds(const char *session);
/* The value of the a=control before the first m= line; "" when there is none */
void nvr_rtsp_sdp_control(const char *sdp, char *value, size_t size);
/*
 * A control to a URL of at most NVR_RTSP_URL_MAX that the caller frees.
 * Absolute ones are as they are, though without user and password, and must
 * name the host of url: NVR_E_UNAVAILABLE.
 */
int nvr_rtsp_resolve(const char *url, const char *base, const char *control,
    char **ret, struct nvr_error *err);

#endif
