/* An RTSP session by libcurl; see rtsp.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"
#include "base/url.h"
#include "net/rtsp_int.h"

/* How many bytes wake us up: a quarter of a second of 4 Mbit/s. */
#define LOW_WATER (128 << 10)

/* How long the end of a session may take: to the end of a packet, and for the
 * reply to TEARDOWN. */
#define REST_US 200000
#define TEARDOWN_US 500000

static int
check_request(const struct nvr_rtsp_request *req, struct nvr_error *err)
{
	struct nvr_url u = {0};
	int rc = nvr_url_parse(req->url, &u, err);

	if (rc != 0)
		return rc;
	if (strlen(req->url) >= NVR_RTSP_URL_MAX)
		rc = nvr_fail(err, NVR_E_USAGE, "the URL is too long");
	else if (u.user != NULL)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "user and password do not belong into the URL");
	else if (strcmp(u.scheme, "rtsps") == 0 && req->tunnel_port == 0)
		rc = nvr_fail(err, NVR_E_USAGE, "an rtsps URL needs a tunnel");
	else if (strcmp(u.scheme, "rtsp") != 0 &&
		 strcmp(u.scheme, "rtsps") != 0)
		rc = nvr_fail(err, NVR_E_USAGE, "not an rtsp or rtsps URL");
	nvr_url_release(&u);
	return rc;
}

/*
 * What controls are relative to, and what is played: as ffmpeg and live555 see
 * it, the session's control of the SDP, if there is one, is the base of the
 * tracks'.  A base on another host is what a camera behind NAT thinks it is
 * called: it does as well with the URL.
 */
static int
find_base(struct nvr_rtsp *r, struct nvr_error *err)
{
	const char *base =
	    r->reply.base[0] != '\0' ? r->reply.base : r->reply.location;
	char control[NVR_RTSP_URL_MAX];
	char *got = NULL;
	struct nvr_error ignored;
	int rc = 0;

	if (strstr(base, "://") == NULL ||
	    nvr_rtsp_resolve(r->url, r->url, base, &got, &ignored) != 0)
		got = strdup(r->url);
	if (got == NULL)
		return nvr_fail_nomem(err);
	nvr_rtsp_sdp_control(r->sdp.data, control, sizeof(control));
	if (nvr_rtsp_resolve(r->url, got, control, &r->aggregate, &ignored) !=
	    0)
		r->aggregate = strdup(got);
	if (r->aggregate == NULL)
		rc = nvr_fail_nomem(err);
	free(got);
	return rc;
}

static int
describe(struct nvr_rtsp *r, struct nvr_error *err)
{
	int rc =
	    nvr_rtsp_step(r, CURL_RTSPREQ_DESCRIBE, r->url, "DESCRIBE", err);

	if (rc != 0)
		return rc;
	if (r->sdp.len == 0 || memchr(r->sdp.data, '\0', r->sdp.len) != NULL)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera does not describe its stream");
	r->connected = true;
	r->get_parameter =
	    strcasestr(r->reply.public_, "GET_PARAMETER") != NULL;
	/* Some give an id here already, and another one to SETUP. */
	curl_easy_setopt(r->easy, CURLOPT_RTSP_SESSION_ID, NULL);
	return find_base(r, err);
}

int
nvr_rtsp_open(const struct nvr_rtsp_request *req, struct nvr_rtsp **ret,
    struct nvr_error *err)
{
	struct nvr_rtsp *r;
	int rc = check_request(req, err);

	if (rc != 0)
		return rc;
	r = calloc(1, sizeof(*r));
	if (r == NULL || (r->url = strdup(req->url)) == NULL) {
		free(r);
		return nvr_fail_nomem(err);
	}
	r->timeout = req->timeout;
	r->user = req->user != NULL;
	r->session_timeout = 60;
	memset(r->channels, -1, sizeof(r->channels));
	rc = nvr_rtsp_curl_open(r, req, err);
	if (rc == 0)
		rc = describe(r, err);
	if (rc == 0)
		*ret = r;
	else
		nvr_rtsp_close(r);
	return rc;
}

const char *
nvr_rtsp_sdp(const struct nvr_rtsp *r, size_t *len)
{
	*len = r->sdp.len;
	return r->sdp.data;
}

static int
take_channels(struct nvr_rtsp *r, int track, struct nvr_error *err)
{
	int rtp, rtcp;

	if (!nvr_rtsp_interleaved(r->reply.transport, &rtp, &rtcp))
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera does not send over TCP");
	if (r->channels[rtp] >= 0 || r->channels[rtcp] >= 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera sends two tracks in one channel");
	r->channels[rtcp] = (int16_t)(2 * track + 1);
	r->channels[rtp] = (int16_t)(2 * track);
	return 0;
}

int
nvr_rtsp_setup(
    struct nvr_rtsp *r, const char *control, int track, struct nvr_error *err)
{
	char transport[64], *url = NULL;
	int rc;

	if (track < 0 || track >= NVR_RTSP_TRACKS_MAX)
		return nvr_fail(err, NVR_E_USAGE, "too many tracks");
	rc = nvr_rtsp_resolve(r->url, r->aggregate, control, &url, err);
	if (rc != 0)
		return rc;
	snprintf(transport, sizeof(transport),
	    "RTP/AVP/TCP;unicast;interleaved=%d-%d", 2 * track, 2 * track + 1);
	curl_easy_setopt(r->easy, CURLOPT_RTSP_TRANSPORT, transport);
	rc = nvr_rtsp_step(r, CURL_RTSPREQ_SETUP, url, "SETUP", err);
	if (rc == 0)
		rc = take_channels(r, track, err);
	if (rc == 0 && r->reply.session[0] != '\0')
		r->session_timeout = nvr_rtsp_session_seconds(r->reply.session);
	free(url);
	return rc;
}

static void
keep_alive_later(struct nvr_rtsp *r)
{
	r->keep_alive_at = nvr_rtsp_now() + r->session_timeout * 1000000 / 2;
}

static void
low_water(const struct nvr_rtsp *r, int bytes)
{
	/* Without it there are more wake-ups, and nothing else is lost. */
	setsockopt(r->socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

int
nvr_rtsp_play(struct nvr_rtsp *r, struct nvr_error *err)
{
	int rc;

	curl_easy_setopt(r->easy, CURLOPT_RANGE, "npt=0.000-");
	rc = nvr_rtsp_step(r, CURL_RTSPREQ_PLAY, r->aggregate, "PLAY", err);
	if (rc != 0)
		return rc;
	low_water(r, LOW_WATER);
	keep_alive_later(r);
	r->playing = true;
	return 0;
}

/* Four bytes of framing (RFC 2326, 10.12), then the packet. */
static void
deliver(struct nvr_rtsp *r, const char *data, size_t len)
{
	int channel = r->channels[(unsigned char)data[1]];

	if (channel < 0 || len <= 4 || r->rc != 0)
		return;
	r->packets++;
	r->rc = r->sink->packet(r->sink->ctx, channel / 2, channel % 2 != 0,
	    data + 4, len - 4, r->err);
}

void
nvr_rtsp_packet(struct nvr_rtsp *r, const char *data, size_t len)
{
	struct nvr_error err;

	if (len < 4 || r->closing)
		return;
	if (r->sink != NULL)
		deliver(r, data, len);
	else if (len <= NVR_RTSP_HELD_MAX - r->held.len)
		nvr_buf_add(&r->held, data, len, &err);
}

/* What came together with the reply to PLAY. */
static void
deliver_held(struct nvr_rtsp *r)
{
	const unsigned char *p = (const unsigned char *)r->held.data;
	size_t at = 0, len;

	while (at < r->held.len) {
		len = 4 + ((size_t)p[at + 2] << 8 | p[at + 3]);
		deliver(r, r->held.data + at, len);
		at += len;
	}
	nvr_buf_release(&r->held);
}

/*
 * The first OPTIONS keeps the session alive and asks whether GET_PARAMETER
 * does it, too; cameras that have it often go by nothing else.
 */
static void
kept_alive(struct nvr_rtsp *r)
{
	bool had = r->get_parameter;

	keep_alive_later(r);
	if (r->request == CURL_RTSPREQ_GET_PARAMETER) {
		r->get_parameter = nvr_rtsp_status(r) == 200;
	} else if (!r->asked) {
		r->get_parameter =
		    strcasestr(r->reply.public_, "GET_PARAMETER") != NULL;
		if (r->get_parameter && !had)
			r->keep_alive_at = nvr_rtsp_now();
	}
	r->asked = true;
}

static int
check_result(struct nvr_rtsp *r, struct nvr_error *err)
{
	if (r->busy)
		return 0;
	if (r->request != CURL_RTSPREQ_RECEIVE &&
	    (r->result == CURLE_OK || r->result == CURLE_RTSP_CSEQ_ERROR)) {
		kept_alive(r);
		return 0;
	}
	switch (r->result) {
	case CURLE_OK:
		return 0;
	case CURLE_OUT_OF_MEMORY:
		return nvr_fail_nomem(err);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_WRITE_ERROR:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "what the camera sends is not RTSP");
	case CURLE_RTSP_SESSION_ERROR:
		return nvr_fail(
		    err, NVR_E_UNAVAILABLE, "the camera changed the session");
	default:
		return nvr_fail(
		    err, NVR_E_UNAVAILABLE, "the camera closed the connection");
	}
}

/*
 * libcurl ends a RECEIVE with each batch, so there is one to begin as a rule;
 * but not where a packet is cut in two (8.3 and later), nor while a request to
 * keep the session alive waits for its reply: packets come through that, too.
 */
static int
begin(struct nvr_rtsp *r, struct nvr_error *err)
{
	long request = CURL_RTSPREQ_RECEIVE;
	int rc;

	if (nvr_rtsp_now() >= r->keep_alive_at)
		request = r->get_parameter ? CURL_RTSPREQ_GET_PARAMETER
					   : CURL_RTSPREQ_OPTIONS;
	rc = nvr_rtsp_begin(r, request, r->aggregate, err);
	return rc != 0 ? rc : check_result(r, err);
}

static int
read_packets(struct nvr_rtsp *r, int64_t wait, struct nvr_error *err)
{
	int64_t until = nvr_rtsp_now() + wait;
	int rc = r->busy ? 0 : begin(r, err);

	while (rc == 0 && r->busy && r->packets == 0 && r->rc == 0) {
		if (!nvr_rtsp_wait(r, until))
			break; /* a signal is the caller's affair */
		if (r->busy && r->packets == 0 && nvr_rtsp_now() >= until) {
			nvr_rtsp_force(r);
			rc = check_result(r, err);
			break;
		}
		rc = check_result(r, err);
	}
	return rc;
}

int
nvr_rtsp_read(struct nvr_rtsp *r, int64_t wait, const struct nvr_rtp_sink *sink,
    struct nvr_error *err)
{
	int rc;

	if (!r->playing)
		return nvr_fail(err, NVR_E_UNAVAILABLE, "nothing is played");
	r->sink = sink;
	r->err = err;
	r->packets = r->rc = 0;
	deliver_held(r);
	rc = r->rc != 0 ? 0 : read_packets(r, wait, err);
	r->sink = NULL;
	if (r->rc != 0)
		return r->rc;
	/* What came before the end is told first. */
	return rc != 0 && r->packets == 0 ? rc : r->packets;
}

/* A request that is broken off takes the connection with it: only between
 * packets can TEARDOWN be said. */
static void
say_goodbye(struct nvr_rtsp *r)
{
	int64_t deadline = nvr_rtsp_now() + REST_US;
	struct nvr_error err;

	low_water(r, 1);
	while (r->busy && nvr_rtsp_now() < deadline)
		nvr_rtsp_wait(r, deadline);
	if (r->busy)
		return;
	r->timeout = TEARDOWN_US;
	nvr_rtsp_step(r, CURL_RTSPREQ_TEARDOWN, r->aggregate, "TEARDOWN", &err);
}

void
nvr_rtsp_close(struct nvr_rtsp *r)
{
	if (r == NULL)
		return;
	r->closing = true;
	if (r->playing)
		say_goodbye(r);
	nvr_rtsp_abort(r);
	curl_easy_cleanup(r->easy);
	curl_multi_cleanup(r->multi);
	curl_slist_free_all(r->connect_to);
	nvr_buf_release(&r->sdp);
	nvr_buf_release(&r->held);
	free(r->aggregate);
	free(r->url);
	free(r);
}
