/* What the files of nvr_video_still share; nobody else includes this. */
#ifndef NVR_MEDIA_VIDEO_INT_H
#define NVR_MEDIA_VIDEO_INT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/video.h"

/* Makes libav give up: a request has one deadline for all of its steps. */
struct nvr_video_watch {
	int64_t deadline;	    /* microseconds of nvr_video_clock() */
	const char *url;	    /* the one that fmt may open, or NULL */
	const AVFormatContext *fmt; /* while it is being opened, or NULL */
	unsigned streams;	    /* that fmt had when last asked */
	bool redirected;	    /* the camera sent us somewhere else */
};

/* Microseconds of CLOCK_MONOTONIC, and of UTC since 1970. */
int64_t nvr_video_clock(void);
int64_t nvr_video_utc(void);

/* AVIOInterruptCB's callback; arg is a struct nvr_video_watch. */
int nvr_video_interrupted(void *arg);

/* Fails with NVR_E_AGAIN, or does nothing before the deadline. */
int nvr_video_late(const struct nvr_video_request *req,
    const struct nvr_video_watch *watch, const char *step,
    struct nvr_error *err);

/* Takes libav's log.  The last error of this thread, "" if there is none. */
void nvr_video_log_begin(void);
const char *nvr_video_log_last(void);

/* What libav's error means, in text (of `size` bytes) or in the log's words. */
const char *nvr_video_why(int averror, char *text, size_t size);

/*
 * A new format context that opens only the named demuxers and protocols
 * (comma-separated, "" for none) and obeys the watch.
 */
int nvr_video_format(const char *formats, const char *protocols,
    struct nvr_video_watch *watch, AVFormatContext **ret,
    struct nvr_error *err);

/* Picks the first video stream, discards the others, opens its decoder. */
int nvr_video_decoder(AVFormatContext *fmt, AVStream **stream,
    AVCodecContext **ret, struct nvr_error *err);

/* The frame as a picture of at most `width` pixels (0: its own width). */
int nvr_video_picture(const AVFrame *frame, int width, struct nvr_picture **ret,
    struct nvr_error *err);

/* The three kinds of source; `path` is the URL's, decoded. */
int nvr_video_rtsp(const struct nvr_video_request *req,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err);
int nvr_video_device(const struct nvr_video_request *req, const char *path,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err);
int nvr_video_loop(const struct nvr_video_request *req, const char *path,
    struct nvr_video_watch *watch, struct nvr_picture **ret,
    struct nvr_error *err);

#endif
