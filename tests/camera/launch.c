/*
 * The pipeline of one client, from frames and a tone to RTP.
 *
 * The quantizer is constant: a rate control would make two key frames of
 * the same picture differ, and a frozen camera look alive. Each encoder has
 * one thread and little to choose from: a first key frame that comes soon
 * matters more than its size.
 */
#include <string.h>

#include "camera.h"

/* More waiting frames than this are dropped: the client does not read. */
#define QUEUE_FRAMES 3

/* The tune for no delay would forbid B-frames. */
static char *
h264_encoder(const struct stream_options *o)
{
	char *tune, *all;

	tune = o->bframes == 0
		   ? g_strdup("tune=zerolatency")
		   : g_strdup_printf("bframes=%d b-adapt=false rc-lookahead=0 "
				     "sync-lookahead=0 sliced-threads=true",
			 o->bframes);
	all = g_strdup_printf("x264enc speed-preset=ultrafast %s threads=1 "
			      "aud=false pass=quant quantizer=24 "
			      "key-int-max=%d ! video/x-h264,profile=%s ! "
			      "rtph264pay config-interval=-1",
	    tune, o->gop, o->bframes == 0 ? "constrained-baseline" : "main");
	g_free(tune);
	return all;
}

static char *
encoder(const struct stream_options *o)
{
	if (strcmp(o->codec, "mjpeg") == 0)
		return g_strdup("jpegenc quality=85 ! rtpjpegpay");
	if (strcmp(o->codec, "h264") == 0)
		return h264_encoder(o);
	return g_strdup_printf(
	    "x265enc speed-preset=ultrafast tune=zerolatency qp=24 "
	    "key-int-max=%d option-string=\"open-gop=0:scenecut=0:"
	    "frame-threads=1:pools=none:wpp=0:ctu=16:min-cu-size=16:"
	    "log-level=none\" ! rtph265pay config-interval=-1",
	    o->gop);
}

static char *
video(const struct stream_options *o)
{
	char *code, *scale, *all;

	if (o->codec == NULL)
		return g_strdup("");
	code = encoder(o);
	scale = o->width == 0
		    ? g_strdup("")
		    : g_strdup_printf("videoscale add-borders=false ! "
				      "video/x-raw,width=%d,height=%d ! ",
			  o->width, o->height);
	all = g_strdup_printf(
	    "appsrc name=frames format=time is-live=true "
	    "leaky-type=downstream max-bytes=0 max-buffers=%d ! %s%s "
	    "name=pay0 pt=96",
	    QUEUE_FRAMES, scale, code);
	g_free(scale);
	g_free(code);
	return all;
}

/* At 48 kHz an AAC frame, and so the wait for it, is short. */
static char *
audio(const struct stream_options *o)
{
	static const struct {
		const char *name, *code;
		int rate, packet;
	} codecs[] = {
	    {"aac", "avenc_aac bitrate=48000 ! rtpmp4gpay pt=97", 48000, 480},
	    {"opus", "opusenc bitrate=32000 ! rtpopuspay pt=97", 48000, 480},
	    {"pcma", "alawenc ! rtppcmapay pt=8", 8000, 160},
	    {"pcmu", "mulawenc ! rtppcmupay pt=0", 8000, 160},
	};
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(codecs); i++)
		if (g_strcmp0(o->audio, codecs[i].name) == 0)
			return g_strdup_printf(
			    "audiotestsrc is-live=true freq=440 volume=0.05 "
			    "samplesperbuffer=%d ! "
			    "audio/x-raw,rate=%d,channels=1 ! %s name=pay%d",
			    codecs[i].packet, codecs[i].rate, codecs[i].code,
			    o->codec != NULL);
	return g_strdup("");
}

char *
launch_line(const struct stream_options *o)
{
	char *v = video(o), *a = audio(o);
	char *line = g_strdup_printf("( %s %s )", v, a);

	g_free(v);
	g_free(a);
	return line;
}
