/* What the files that read video by libav share; nobody else includes this. */
#ifndef NVR_MEDIA_VIDEO_INT_H
#define NVR_MEDIA_VIDEO_INT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/tunnel.h"
#include "media/video.h"

/* What libav hands to a callback that writes is const from 7.0 on. */
#if LIBAVFORMAT_VERSION_MAJOR < 61
#define NVR_IO_CONST
#else
#define NVR_IO_CONST const
#endif

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

/*
 * Opens an RTSP session; *tunnel is set for rtsps, and must be closed after
 * *ret, even on failure.  media is libav's allowed_media_types, flags go to
 * the format context.
 */
int nvr_video_open_rtsp(const struct nvr_video_request *req, const char *media,
    int flags, struct nvr_video_watch *watch, AVFormatContext **ret,
    struct nvr_tunnel **tunnel, struct nvr_error *err);

/* Opens a capture device, which does not block; input_format may be NULL. */
int nvr_video_open_device(const char *path, const char *input_format,
    struct nvr_video_watch *watch, AVFormatContext **ret,
    struct nvr_error *err);

/* A file, and its demuxer, which reads it from the start. */
struct nvr_video_file;
int nvr_video_open_file(
    const char *path, struct nvr_video_file **ret, struct nvr_error *err);
int nvr_video_demux(struct nvr_video_file *f, struct nvr_video_watch *watch,
    AVFormatContext **ret, struct nvr_error *err);
void nvr_video_close_file(struct nvr_video_file *f);

/* What kind of source the URL names; fails when it cannot be used. */
enum nvr_video_kind { NVR_VIDEO_RTSP, NVR_VIDEO_DEVICE, NVR_VIDEO_FILE };
int nvr_video_kind(
    const char *url, enum nvr_video_kind *ret, struct nvr_error *err);

int nvr_video_open_decoder(
    const AVCodecParameters *par, AVCodecContext **ret, struct nvr_error *err);
bool nvr_video_good(const AVFrame *frame);

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
