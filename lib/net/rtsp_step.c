/* One request of the RTSP client and what its failures mean; see rtsp_int.h. */
#include "base/text.h"
#include "net/rtsp_int.h"

long
nvr_rtsp_status(const struct nvr_rtsp *r)
{
	long status = 0;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static int
check_status(const struct nvr_rtsp *r, const char *name, struct nvr_error *err)
{
	long status = nvr_rtsp_status(r);

	switch (status) {
	case 200:
		return 0;
	case 401:
		return nvr_fail(err, NVR_E_PERMISSION,
		    r->user ? "wrong user or password (401)"
			    : "it wants a user and password (401)");
	case 403:
		return nvr_fail(err, NVR_E_PERMISSION, "not permitted (403)");
	case 404:
	case 410:
		return nvr_fail(
		    err, NVR_E_NOENT, "no such stream (%ld)", status);
	case 453:
	case 503:
		return nvr_fail(
		    err, NVR_E_AGAIN, "the camera is busy (%ld)", status);
	case 461:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera does not send over TCP (461)");
	case 301:
	case 302:
	case 303:
	case 305:
	case 307:
	case 308:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera redirects (%ld), which is refused", status);
	default:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera answers %s with status %ld", name, status);
	}
}

/* What libcurl gave up for. */
static int
not_done(struct nvr_rtsp *r, const char *name, struct nvr_error *err)
{
	char why[128];

	switch (r->result) {
	case CURLE_OUT_OF_MEMORY:
		return nvr_fail_nomem(err);
	case CURLE_WRITE_ERROR: /* by our callbacks alone */
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera's reply to %s is too long", name);
	case CURLE_COULDNT_RESOLVE_HOST:
		return nvr_fail(
		    err, NVR_E_UNAVAILABLE, "there is no host of that name");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_RTSP_SESSION_ERROR:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "what answers %s does not speak RTSP as a camera does",
		    name);
	case CURLE_COULDNT_CONNECT:
		if (!r->connected)
			break;
		/* fall through */
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera closed the connection at %s", name);
	default:
		break;
	}
	return nvr_fail(err, NVR_E_UNAVAILABLE, "%s fails: %s", name,
	    nvr_text_safe(r->message[0] != '\0' ? r->message
						: curl_easy_strerror(r->result),
		why, sizeof(why)));
}

int
nvr_rtsp_step(struct nvr_rtsp *r, long request, const char *url,
    const char *name, struct nvr_error *err)
{
	int64_t deadline = nvr_rtsp_now() + r->timeout;
	int rc = nvr_rtsp_begin(r, request, url, err);

	if (rc != 0)
		return rc;
	while (r->busy && nvr_rtsp_now() < deadline)
		nvr_rtsp_wait(r, deadline);
	if (r->busy) {
		nvr_rtsp_abort(r);
		return nvr_fail(err, NVR_E_AGAIN, "timed out after %g s",
		    (double)r->timeout / 1e6);
	}
	/* Cameras that count otherwise than we do are understood all the same.
	 */
	if (r->result != CURLE_OK &&
	    (r->result != CURLE_RTSP_CSEQ_ERROR || nvr_rtsp_status(r) == 0))
		return not_done(r, name, err);
	if (nvr_rtsp_status(r) == 0)
		return nvr_fail(err, NVR_E_UNAVAILABLE,
		    "the camera closed the connection at %s", name);
	return check_status(r, name, err);
}
