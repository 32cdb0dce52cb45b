/*
 * A camera's stream as frames: RTSP over TCP by libcurl (rtsps through a
 * verified tunnel), everything else by libav.
 */
#ifndef NVR_CORE_SOURCE_H
#define NVR_CORE_SOURCE_H

#include "media/intake.h"

struct nvr_source;

struct nvr_source_request {
	const char *url;	     /* rtsp, rtsps, file or v4l2 */
	const char *user, *password; /* NULL: none */
	bool udp;		     /* rtsp: RTP over UDP */
	bool audio;		     /* wanted */
	const char *tls_ca;	     /* PEM; NULL: the system's */
	bool tls_insecure;
	int64_t timeout; /* microseconds, for each step of connecting */
};

/* Connects and starts it.  Errors as nvr_video_still. */
int nvr_source_open(const struct nvr_source_request *req,
    const struct nvr_frame_sink *sink, struct nvr_source **ret,
    struct nvr_error *err);

/*
 * Waits for at most `wait` microseconds and hands on what came: how many
 * packets, or what the sink returned; NVR_E_UNAVAILABLE when it ended.
 */
int nvr_source_read(struct nvr_source *f, int64_t wait, struct nvr_error *err);

/* Borrowed until close. */
const struct nvr_intake *nvr_source_intake(const struct nvr_source *f);

void nvr_source_close(struct nvr_source *f);

#endif
