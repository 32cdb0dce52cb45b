/*
 * Takes RTP apart (libav's depacketizers, for every codec they know) or reads
 * what libav opens by itself, and hands on whole frames with their times.
 *
 * Two ways in, one way out.  Push: the caller speaks RTSP, gives the SDP and
 * then each RTP or RTCP packet; this costs least.  Pull: libav opens the URL,
 * for UDP, files and devices.
 */
#ifndef NVR_MEDIA_INTAKE_H
#define NVR_MEDIA_INTAKE_H

#include "media/frame.h"
#include "media/video.h"

struct nvr_intake;

/*
 * Reads the SDP (RFC 4566).  All of its tracks are there afterwards; those
 * that cannot be recorded, or audio when it is not wanted, have wanted false.
 * NVR_E_DATA when it is no SDP, or names no video that MP4 can carry.
 */
int nvr_intake_sdp(const char *sdp, size_t len, bool audio,
    const struct nvr_frame_sink *sink, struct nvr_intake **ret,
    struct nvr_error *err);

/*
 * A packet as RTSP interleaved it: RTP, or RTCP, of a wanted track.  What it
 * completes goes to the sink at once.  Packets that are broken or of no use
 * are counted, not failed on.  Fails with what the sink returned, or with
 * NVR_E_NOMEM.
 */
int nvr_intake_push(struct nvr_intake *in, int track, bool rtcp,
    const void *packet, size_t len, int64_t arrived, struct nvr_error *err);

/*
 * Opens what the push side does not do: rtsp over UDP, a file that loops on
 * the wall clock, a v4l2 device that gives compressed video.  req->width and
 * jpeg are of no meaning here.  Errors as nvr_video_still.
 */
int nvr_intake_open(const struct nvr_video_request *req, bool audio,
    const struct nvr_frame_sink *sink, struct nvr_intake **ret,
    struct nvr_error *err);

/*
 * Reads for at most `wait` microseconds and hands on what came.  NVR_E_AGAIN
 * is not an error of the source: nothing came.  NVR_E_UNAVAILABLE: it ended.
 * RTSP over TCP is waited for as long as the request's timeout instead, and
 * has ended when nothing came: libav cannot stop in the middle of a packet.
 */
int nvr_intake_read(struct nvr_intake *in, int64_t wait, struct nvr_error *err);

int nvr_intake_tracks(const struct nvr_intake *in);
/* Borrowed until the intake is freed; its contents change as frames come. */
const struct nvr_track *nvr_intake_track(const struct nvr_intake *in, int i);

/*
 * From the newest RTCP sender report of the track (RFC 3550, 6.4.1): at
 * *wall (microseconds UTC by the camera's clock) the track stood at *pts.
 * False when none has come.  Two tracks with reports can be brought together.
 */
bool nvr_intake_report(
    const struct nvr_intake *in, int track, int64_t *wall, int64_t *pts);

/* What went wrong on the way: packets missing by their sequence numbers, and
 * packets or frames that were unusable. */
struct nvr_intake_losses {
	int64_t missing, broken;
};
struct nvr_intake_losses nvr_intake_losses(const struct nvr_intake *in);

void nvr_intake_free(struct nvr_intake *in);

#endif
