/*
 * The test camera: an RTSP server that can be told to misbehave.
 *
 *	picture.c	draws the test picture and what spoils a picture
 *	source.c	a file or the test picture, frame by frame
 *	head.c		one frame at a time, in real time, to whoever watches
 *	number.c	the number of a frame, to be read by machines
 *	launch.c	each client's pipeline: encoders, payloaders
 *	stream.c	what each RTSP client is served: RTP, faults
 *	control.c	the commands and their FIFO
 *	options.c	the options
 *	camera.c	the server
 */
#ifndef CAMERA_H
#define CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#include <gst/app/app.h>
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <gst/video/video.h>

/* The largest side, in pixels; picture.c sizes its noise table by it. */
#define CAMERA_SIDE_MAX 7680

/* An I420 picture in somebody else's memory. */
struct picture {
	int width, height;
	uint8_t *plane[3];
	int stride[3];
};

enum effect_kind {
	EFFECT_NONE,
	EFFECT_COVER,
	EFFECT_BLUR,
	EFFECT_BLACK,
	EFFECT_OVER,
	EFFECT_SHIFT,
};

enum cover_texture {
	COVER_PLAIN,
	COVER_CLOTH,
	COVER_NOISE,
};

struct effect {
	enum effect_kind kind;
	enum cover_texture texture; /* of EFFECT_COVER */
	double amount;		    /* sigma of a blur, percent of a shift */
};

/*
 * The number of a frame in its bottom row, a 24th of its height: 32 blocks
 * across its whole width, so that it outlives scaling too. White is 1. 24
 * bits of the number, most significant first, then 8 bits of 251 less the
 * number modulo 251: neither black nor white passes for a number. ./counter
 * reads it.
 */
#define COUNTER_BLOCKS 32
#define COUNTER_PART 24 /* of the height */
#define COUNTER_CHECK 251

/*
 * picture_draw_scene: the empty scene; the same bytes on every run.
 * picture_draw_mover: the small car, where it is in frame n.
 * picture_draw_cover: a defocused thing right in front of the lens.
 * picture_draw_counter: number n, over whatever is there.
 * picture_spoil: apply the effect (but EFFECT_COVER, which is drawn) and
 * sensor noise of that standard deviation; n chooses the noise.
 */
void picture_draw_scene(struct picture *);
void picture_draw_mover(struct picture *, unsigned n);
void picture_draw_cover(struct picture *, enum cover_texture);
void picture_draw_counter(struct picture *, unsigned n);
void picture_spoil(
    struct picture *, const struct effect *, double noise, unsigned n);

struct head_options {
	const char *file;  /* NULL for the test picture */
	int width, height; /* 0 for the file's own size */
	int fps;
	double noise;
	bool counter; /* in every frame */
};

/* What there is to see. */
struct source;

/* NULL, and why is printed, if the file cannot be played. */
struct source *source_open(const struct head_options *);
void source_close(struct source *);
/*
 * The caller owns the returned frame and may write to it: the next one of
 * the source (or, unless advance, the present one again), or a cover of that
 * texture. A width of 0 is the source's own size.
 * A file that gives no frame of the wanted size in time is seen in another.
 */
GstBuffer *source_take(struct source *, int width, int height, bool advance,
    const enum cover_texture *cover, GstVideoInfo *info);
/* A view of an I420 buffer of ours, until gst_video_frame_unmap. */
bool picture_map(
    struct picture *, GstVideoFrame *, GstBuffer *, const GstVideoInfo *);

/* The camera's head: makes frames in its own thread from open to close. */
struct head;

/*
 * head_open returns NULL and prints why. It returns once the first frame is
 * there. The functions that change the picture return when a frame that
 * shows the change is the newest one.
 */
struct head *head_open(const struct head_options *);
/* Stop, and give back the reference that head_open returned. */
void head_close(struct head *);
/* A client's stream may outlive the head's work. Both take NULL. */
struct head *head_ref(struct head *);
void head_unref(struct head *);
void head_show(struct head *, const struct effect *, bool frozen);
bool head_resize(struct head *, int width, int height);
/* The newest frame at once as time 0, then every frame until detached. */
void head_attach(struct head *, GstAppSrc *);
void head_detach(struct head *, GstAppSrc *);

struct stream_options {
	const char *codec; /* h264, h265 or mjpeg; NULL for no video */
	const char *audio; /* aac, opus, pcma or pcmu; NULL for none */
	int gop;	   /* frames between key frames */
	int bframes;
	bool no_sprop;	   /* no parameter sets in the SDP */
	int width, height; /* scale to that; 0 for as the head sees it */
};

/* The head is NULL if there is no video. */
GstRTSPMediaFactory *stream_factory_new(
    const struct stream_options *, struct head *);
/* The pipeline of one client, for gst_rtsp_media_factory_set_launch. */
char *launch_line(const struct stream_options *);
/* Hold back every RTP and RTCP packet to clients, present and to come. */
void stream_stall(bool);
/* Parameter sets in the streams are garbage; the SDP's stay right. */
void stream_break_sets(bool);
/* Move the RTP and NTP time of present clients by that many seconds. */
void stream_jump(double seconds);

struct options {
	struct head_options head;
	struct stream_options stream;
	bool audio_only;
	int sub_width, sub_height; /* 0 for no /sub */
	int port;
	const char *path;
	const char *user, *password_file;
	bool basic;
	const char *cert, *key;
	const char *control;
};

struct camera {
	GMainLoop *loop;
	GstRTSPServer *server;
	GSocket *listener;
	struct head *head;
	bool silent;
	GPtrArray *unanswered; /* connections of a silent camera */
	int fifo;
	char line[256]; /* what came of the next command */
	size_t line_len;
};

/* Print what is wrong and exit, or fill in every option. */
void options_parse(struct options *, int argc, char **argv);
/* False, and nothing is changed, unless all of the text is such a value. */
bool options_number(const char *, double lo, double hi, double *ret);
bool options_size(const char *, int *width, int *height);

bool camera_open_control(struct camera *, const char *path);
/* Close every connection. */
void camera_drop(struct camera *);
/* One line for whoever runs the camera, flushed. */
void camera_say(const char *word, const char *what);

#endif
