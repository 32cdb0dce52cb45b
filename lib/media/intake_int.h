/* What the files of the intake share; nobody else includes this. */
#ifndef NVR_MEDIA_INTAKE_INT_H
#define NVR_MEDIA_INTAKE_INT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "media/intake.h"
#include "media/nal.h"
#include "media/reorder.h"
#include "media/rtp.h"

/* A picture in its encoded form, or what there is of one, is no larger. */
#define NVR_INTAKE_UNIT_MAX ((size_t)16 << 20)

/* Whether a set marker ends a picture: not to be believed from the start. */
enum nvr_marker_trust {
	NVR_MARKERS_LEARNING,
	NVR_MARKERS_GOOD,
	NVR_MARKERS_BAD
};

/* The pieces of one picture. */
struct nvr_unit {
	struct nvr_buf data;
	bool open;
	uint32_t time; /* RTP's */
	int64_t pts;
	int64_t arrived;    /* its last packet so far */
	uint64_t types;	    /* of its NAL units */
	bool broken;	    /* something is missing in it */
	bool unfinished;    /* its last NAL unit goes on */
	bool marked;	    /* its last packet has the marker */
	bool marked_inside; /* an earlier one had it */
};

/* The bytes that a demuxer of libav is fed with. */
struct nvr_feed {
	AVFormatContext *fmt;
	AVIOContext *io;
	const uint8_t *text; /* the SDP, while it is being opened */
	size_t text_len;
	const uint8_t *payload; /* of the one packet that waits, or NULL */
	size_t len;
	uint8_t header[12];
	uint16_t seq;	 /* our own count: libav distrusts leaps */
	size_t silent;	 /* payload bytes since something came out */
	uint32_t offset; /* to its time stamps, to make it forget */
};

struct nvr_intake_track {
	struct nvr_track pub;
	enum AVCodecID codec;
	int type; /* payload type */
	struct nvr_feed feed;

	/* RTP */
	bool seen; /* a packet */
	bool gap;  /* before the newest packet */
	uint16_t seq;
	uint32_t ssrc, rtp_time;
	int64_t time; /* the newest packet's, unwrapped, since the first */

	/* pictures from pieces */
	struct nvr_unit unit;
	enum nvr_marker_trust markers;
	int good_markers;  /* in a row, since learning began */
	bool good_key;	   /* a key frame among them */
	bool cut;	   /* the last unit was ended by its marker … */
	uint32_t cut_time; /* … at this time */
	bool skipping;	   /* the rest of that unit */

	/* frames */
	bool proven;	 /* config and size go with a key frame that was seen */
	bool running;	 /* a key frame was handed on, and none broke since */
	bool fresh;	 /* something changed since the last fresh frame */
	bool recovery;	 /* H.264 that has recovery points in place of IDR */
	int64_t waiting; /* since when there was no key frame, microseconds */
	struct nvr_reorder reorder;
	int64_t last_pts, last_dts, duration;
	bool timed;	     /* last_* are set */
	int64_t audio_frame; /* ticks of one AAC frame */

	/* RTCP */
	bool reported, report_due; /* due: its pts is not known yet */
	struct nvr_rtcp_report report;
	int64_t report_pts;
};

struct nvr_pull;

struct nvr_intake {
	struct nvr_intake_track tracks[NVR_TRACKS_MAX];
	int n;
	struct nvr_frame_sink sink;
	struct nvr_intake_losses losses;
	AVPacket *pkt;
	struct nvr_pull *pull; /* NULL in push mode */
};

/* One picture or audio frame on its way to the sink. */
struct nvr_raw_frame {
	const uint8_t *data;
	size_t len;
	int64_t pts, arrived;
	uint64_t types; /* of the NAL units, H.264 and H.265 */
	bool key;	/* says the source; H.264 and H.265 are looked at */
};

/* intake_codec.c: whether MP4 or MOV carry it; and what libav's parameters
 * say, put into the track.  Sets wanted, or why. */
bool nvr_intake_pieces(enum AVCodecID codec); /* comes in pieces by RTP */
int nvr_intake_describe(struct nvr_intake_track *t, const AVStream *st,
    int clock_rate, struct nvr_error *err);

/* Fails with the reason why none of the tracks is video to record. */
int nvr_intake_no_video(const struct nvr_intake *in, struct nvr_error *err);

/* Ticks of an audio frame by what it holds. */
int64_t nvr_intake_audio_ticks(
    const struct nvr_intake_track *t, const uint8_t *data, size_t len);

/* intake_feed.c: libav's depacketizers. */
int nvr_feed_open(struct nvr_feed *f, const char *sdp, size_t len,
    const AVStream **st, struct nvr_error *err);
void nvr_feed_push(struct nvr_feed *f, const struct nvr_rtp *rtp, bool gap);
/* As av_read_frame; AVERROR(EAGAIN) when the packet gives no more. */
int nvr_feed_pull(struct nvr_feed *f, AVPacket *pkt);
void nvr_feed_close(struct nvr_feed *f);

/* intake_frame.c: judges it, gives it its times, hands it on. */
int nvr_intake_video(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err);
int nvr_intake_audio(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err);

/* intake_config.c: a key frame's parameter sets and size.  1: they are good,
 * 0: the frame is broken, negative: an error. */
int nvr_intake_config(struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err);
/* Whether libav's parser calls it a key frame. */
bool nvr_intake_parsed_key(
    const struct nvr_intake_track *t, const struct nvr_raw_frame *raw);

/* intake.c: a piece of a picture, as libav's depacketizer gave it, where the
 * RTP packet is not known: the picture ends where the time changes. */
int nvr_intake_piece(struct nvr_intake *in, struct nvr_intake_track *t,
    const struct nvr_raw_frame *raw, struct nvr_error *err);

void nvr_pull_free(struct nvr_pull *p);

#endif
