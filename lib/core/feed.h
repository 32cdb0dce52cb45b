/*
 * A camera's stream as frames: RTSP over TCP by libcurl (rtsps through a
 * verified tunnel), everything else by libav.
 */
#ifndef NVR_CORE_FEED_H
#define NVR_CORE_FEED_H

#include "media/intake.h"

struct nvr_feed;

struct nvr_feed_request {
	const char *url;	     /* rtsp, rtsps, file or v4l2 */
	const char *user, *password; /* NULL: none */
	bool udp;		     /* rtsp: RTP over UDP */
	bool audio;		     /* wanted */
	const char *tls_ca;	     /* PEM; NULL: the system's */
	bool tls_insecure;
	int64_t timeout; /* microseconds, for each step of connecting */
};

/* Connects and starts it.  Errors as nvr_video_still. */
int nvr_feed_open(const struct nvr_feed_request *req,
    const struct nvr_frame_sink *sink, struct nvr_feed **ret,
    struct nvr_error *err);

/*
 * Waits for at most `wait` microseconds and hands on what came: how many
 * packets, or what the sink returned; NVR_E_UNAVAILABLE when it ended.
 */
int nvr_feed_read(struct nvr_feed *f, int64_t wait, struct nvr_error *err);

/* Borrowed until close. */
const struct nvr_intake *nvr_feed_intake(const struct nvr_feed *f);

void nvr_feed_close(struct nvr_feed *f);

#endif
