/* A camera's stream as frames; see source.h. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/source.h"
#include "media/tunnel.h"
#include "net/rtsp.h"

struct nvr_source {
	struct nvr_intake *in;
	struct nvr_rtsp *rtsp; /* NULL: libav reads */
	struct nvr_tunnel *tunnel;
};

static bool
starts_with(const char *url, const char *scheme)
{
	return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

static int
open_libav(const struct nvr_source_request *req,
    const struct nvr_frame_sink *sink, struct nvr_source *f,
    struct nvr_error *err)
{
	const struct nvr_video_request v = {.url = req->url,
	    .user = req->user,
	    .password = req->password,
	    .udp = req->udp,
	    .tls_ca_file = req->tls_ca,
	    .tls_insecure = req->tls_insecure,
	    .timeout = req->timeout};

	return nvr_intake_open(&v, req->audio, sink, &f->in, err);
}

static int
open_tunnel(const struct nvr_source_request *req, struct nvr_source *f,
    struct nvr_error *err)
{
	const struct nvr_tunnel_request t = {.url = req->url,
	    .ca_file = req->tls_ca,
	    .insecure = req->tls_insecure,
	    .deadline = nvr_time_monotonic() + req->timeout};

	return nvr_tunnel_open(&t, &f->tunnel, err);
}

/* Every track that is wanted; the rest is never sent. */
static int
set_up(struct nvr_source *f, struct nvr_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < nvr_intake_tracks(f->in); i++) {
		const struct nvr_track *t = nvr_intake_track(f->in, i);

		if (t->wanted)
			rc = nvr_rtsp_setup(f->rtsp, t->control, i, err);
	}
	return rc;
}

static int
open_rtsp(const struct nvr_source_request *req,
    const struct nvr_frame_sink *sink, struct nvr_source *f,
    struct nvr_error *err)
{
	struct nvr_rtsp_request r = {.url = req->url,
	    .user = req->user,
	    .password = req->password,
	    .timeout = req->timeout};
	const char *sdp;
	size_t len;
	int rc = 0;

	if (starts_with(req->url, "rtsps://")) {
		rc = open_tunnel(req, f, err);
		if (rc == 0)
			r.tunnel_port = nvr_tunnel_port(f->tunnel);
	}
	if (rc == 0)
		rc = nvr_rtsp_open(&r, &f->rtsp, err);
	if (rc == 0) {
		sdp = nvr_rtsp_sdp(f->rtsp, &len);
		rc = nvr_intake_sdp(sdp, len, req->audio, sink, &f->in, err);
	}
	if (rc == 0)
		rc = set_up(f, err);
	if (rc == 0)
		rc = nvr_rtsp_play(f->rtsp, err);
	if (rc == 0 && f->tunnel != NULL)
		nvr_tunnel_keep(f->tunnel);
	return rc;
}

int
nvr_source_open(const struct nvr_source_request *req,
    const struct nvr_frame_sink *sink, struct nvr_source **ret,
    struct nvr_error *err)
{
	struct nvr_source *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL)
		return nvr_fail_nomem(err);
	if (starts_with(req->url, "rtsps://") ||
	    (starts_with(req->url, "rtsp://") && !req->udp))
		rc = open_rtsp(req, sink, f, err);
	else
		rc = open_libav(req, sink, f, err);
	if (rc == 0)
		*ret = f;
	else
		nvr_source_close(f);
	return rc;
}

static int
push(void *ctx, int track, bool rtcp, const void *packet, size_t len,
    struct nvr_error *err)
{
	struct nvr_source *f = ctx;

	return nvr_intake_push(
	    f->in, track, rtcp, packet, len, nvr_time_monotonic(), err);
}

int
nvr_source_read(struct nvr_source *f, int64_t wait, struct nvr_error *err)
{
	const struct nvr_rtp_sink sink = {push, f};
	int rc;

	if (f->rtsp != NULL)
		return nvr_rtsp_read(f->rtsp, wait, &sink, err);
	rc = nvr_intake_read(f->in, wait, err);
	return rc == 0 ? 1 : rc == NVR_E_AGAIN ? 0 : rc;
}

const struct nvr_intake *
nvr_source_intake(const struct nvr_source *f)
{
	return f->in;
}

void
nvr_source_close(struct nvr_source *f)
{
	if (f == NULL)
		return;
	nvr_rtsp_close(f->rtsp);
	nvr_tunnel_close(f->tunnel);
	nvr_intake_free(f->in);
	free(f);
}
