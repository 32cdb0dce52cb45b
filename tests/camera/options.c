/*
 * The options of the test camera, and the numbers and sizes its commands
 * take too.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "camera.h"

bool
options_number(const char *s, double lo, double hi, double *ret)
{
	char *end;
	double v;

	if (s == NULL || *s == '\0')
		return false;
	v = g_ascii_strtod(s, &end);
	if (*end != '\0' || !(v >= lo && v <= hi))
		return false;
	*ret = v;
	return true;
}

/* Both sides even, as 4:2:0 wants them. */
bool
options_size(const char *s, int *width, int *height)
{
	char **part = g_strsplit(s != NULL ? s : "", "x", 3);
	double w, h;
	bool ok;

	ok = g_strv_length(part) == 2 &&
	     options_number(part[0], 32, CAMERA_SIDE_MAX, &w) &&
	     options_number(part[1], 32, CAMERA_SIDE_MAX, &h) && w == (int)w &&
	     h == (int)h && (int)w % 2 == 0 && (int)h % 2 == 0;
	if (ok) {
		*width = (int)w;
		*height = (int)h;
	}
	g_strfreev(part);
	return ok;
}

static void
usage(FILE *to)
{
	fputs("usage: camera [--port N] [--path /main] [--control FIFO]\n"
	      "\t[--file F.mp4] [--size WxH] [--fps N] [--noise SIGMA]\n"
	      "\t[--counter] [--sub WxH]\n"
	      "\t[--codec h264|h265|mjpeg] [--gop FRAMES] [--bframes N]\n"
	      "\t[--no-sprop] [--audio aac|opus|pcma|pcmu|none] "
	      "[--audio-only]\n"
	      "\t[--user U --password-file F [--basic]] [--tls CERT KEY]\n",
	    to);
}

static void
refuse(const char *option, const char *value)
{
	fprintf(stderr, "camera: bad value for --%s: '%s'\n", option,
	    value != NULL ? value : "");
	exit(EX_USAGE);
}

static int
number(const char *option, const char *value, int lo, int hi)
{
	double v;

	if (!options_number(value, lo, hi, &v) || v != (int)v)
		refuse(option, value);
	return (int)v;
}

static const char *
choice(const char *option, const char *value, const char *const *from)
{
	for (; *from != NULL; from++)
		if (strcmp(value, *from) == 0)
			return *from;
	refuse(option, value);
	return NULL;
}

enum {
	OPT_AUDIO = 1,
	OPT_AUDIO_ONLY,
	OPT_BASIC,
	OPT_BFRAMES,
	OPT_CODEC,
	OPT_CONTROL,
	OPT_COUNTER,
	OPT_FILE,
	OPT_FPS,
	OPT_GOP,
	OPT_HELP,
	OPT_NOISE,
	OPT_NO_SPROP,
	OPT_PASSWORD_FILE,
	OPT_PATH,
	OPT_PORT,
	OPT_SIZE,
	OPT_SUB,
	OPT_TLS,
	OPT_USER,
};

static const struct option longs[] = {
    {"audio", required_argument, NULL, OPT_AUDIO},
    {"audio-only", no_argument, NULL, OPT_AUDIO_ONLY},
    {"basic", no_argument, NULL, OPT_BASIC},
    {"bframes", required_argument, NULL, OPT_BFRAMES},
    {"codec", required_argument, NULL, OPT_CODEC},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"counter", no_argument, NULL, OPT_COUNTER},
    {"file", required_argument, NULL, OPT_FILE},
    {"fps", required_argument, NULL, OPT_FPS},
    {"gop", required_argument, NULL, OPT_GOP},
    {"help", no_argument, NULL, OPT_HELP},
    {"no-sprop", no_argument, NULL, OPT_NO_SPROP},
    {"noise", required_argument, NULL, OPT_NOISE},
    {"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
    {"path", required_argument, NULL, OPT_PATH},
    {"port", required_argument, NULL, OPT_PORT},
    {"size", required_argument, NULL, OPT_SIZE},
    {"sub", required_argument, NULL, OPT_SUB},
    {"tls", required_argument, NULL, OPT_TLS},
    {"user", required_argument, NULL, OPT_USER},
    {NULL, 0, NULL, 0},
};

/* How it is coded. */
static bool
set_stream(struct options *o, int option, const char *name)
{
	static const char *const codecs[] = {"h264", "h265", "mjpeg", NULL};
	static const char *const audios[] = {
	    "aac", "opus", "pcma", "pcmu", "none", NULL};

	switch (option) {
	case OPT_AUDIO:
		o->stream.audio = choice(name, optarg, audios);
		if (strcmp(o->stream.audio, "none") == 0)
			o->stream.audio = NULL;
		return true;
	case OPT_AUDIO_ONLY:
		o->audio_only = true;
		return true;
	case OPT_BFRAMES:
		o->stream.bframes = number(name, optarg, 0, 3);
		return true;
	case OPT_CODEC:
		o->stream.codec = choice(name, optarg, codecs);
		return true;
	case OPT_GOP:
		o->stream.gop = number(name, optarg, 1, 10000);
		return true;
	case OPT_NO_SPROP:
		o->stream.no_sprop = true;
		return true;
	case OPT_SUB:
		if (!options_size(optarg, &o->sub_width, &o->sub_height))
			refuse(name, optarg);
		return true;
	}
	return false;
}

/* What the camera shows. */
static bool
set_picture(struct options *o, int option, const char *name)
{
	switch (option) {
	case OPT_COUNTER:
		o->head.counter = true;
		return true;
	case OPT_FILE:
		o->head.file = optarg;
		return true;
	case OPT_FPS:
		o->head.fps = number(name, optarg, 1, 120);
		return true;
	case OPT_NOISE:
		if (!options_number(optarg, 0, 50, &o->head.noise))
			refuse(name, optarg);
		return true;
	case OPT_SIZE:
		if (!options_size(optarg, &o->head.width, &o->head.height))
			refuse(name, optarg);
		return true;
	}
	return false;
}

/* Where it is found and who may see it. */
static bool
set_access(
    struct options *o, int option, const char *name, int argc, char **argv)
{
	switch (option) {
	case OPT_BASIC:
		o->basic = true;
		return true;
	case OPT_CONTROL:
		o->control = optarg;
		return true;
	case OPT_PASSWORD_FILE:
		o->password_file = optarg;
		return true;
	case OPT_PATH:
		if (optarg[0] != '/')
			refuse(name, optarg);
		o->path = optarg;
		return true;
	case OPT_PORT:
		o->port = number(name, optarg, 0, 65535);
		return true;
	case OPT_TLS:
		if (optind >= argc)
			refuse(name, optarg);
		o->cert = optarg;
		o->key = argv[optind++];
		return true;
	case OPT_USER:
		o->user = optarg;
		return true;
	}
	return false;
}

static void
check(const struct options *o, bool extra)
{
	const char *why = NULL;

	if (extra)
		why = "it takes no arguments but options";
	else if ((o->user == NULL) != (o->password_file == NULL))
		why = "--user and --password-file go together";
	else if (o->basic && o->user == NULL)
		why = "--basic wants --user";
	else if (o->stream.bframes > 0 &&
		 g_strcmp0(o->stream.codec, "h264") != 0)
		why = "--bframes wants --codec h264";
	else if (o->sub_width != 0 &&
		 (o->audio_only || strcmp(o->path, "/sub") == 0))
		why = "--sub wants video, and /sub for itself";
	if (why == NULL)
		return;
	fprintf(stderr, "camera: %s\n", why);
	exit(EX_USAGE);
}

void
options_parse(struct options *o, int argc, char **argv)
{
	int option, i = 0;

	*o = (struct options){
	    .head = {.fps = 10, .noise = 2},
	    .stream = {.codec = "h264"},
	    .path = "/main",
	};
	while ((option = getopt_long(argc, argv, "h", longs, &i)) != -1) {
		if (option == 'h' || option == OPT_HELP) {
			usage(stdout);
			exit(EX_OK);
		}
		if (!set_stream(o, option, longs[i].name) &&
		    !set_picture(o, option, longs[i].name) &&
		    !set_access(o, option, longs[i].name, argc, argv)) {
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (o->audio_only) {
		if (o->stream.audio == NULL)
			o->stream.audio = "aac";
		o->stream.codec = NULL;
	}
	if (o->stream.gop == 0)
		o->stream.gop = 2 * o->head.fps;
	if (o->head.file == NULL && o->head.width == 0) {
		o->head.width = 1280;
		o->head.height = 720;
	}
	check(o, optind < argc);
}
