/*
 * What there is to see before anything spoils it: a file played without end,
 * or the test picture.
 */
#include <stdio.h>

#include "camera.h"

/* How long a file may take to give its first frame, or a resized one. */
#define FRAME_WAIT (3 * G_TIME_SPAN_SECOND)

struct source {
	int fps;
	GstElement *player, *sink, *size; /* NULL: the test picture */
	GstBuffer *raw;
	GstVideoInfo raw_info;
	GstBuffer *cover;
	GstVideoInfo cover_info;
	enum cover_texture cover_texture;
	unsigned frames;
};

/* A width of 0 is any size. */
static bool
is_size(GstBuffer *buffer, const GstVideoInfo *info, int width, int height)
{
	return buffer != NULL &&
	       (width == 0 || (info->width == width && info->height == height));
}

bool
picture_map(struct picture *p, GstVideoFrame *f, GstBuffer *buffer,
    const GstVideoInfo *info)
{
	int i;

	if (!gst_video_frame_map(f, info, buffer, GST_MAP_READWRITE))
		return false;
	p->width = GST_VIDEO_FRAME_WIDTH(f);
	p->height = GST_VIDEO_FRAME_HEIGHT(f);
	for (i = 0; i < 3; i++) {
		p->plane[i] = GST_VIDEO_FRAME_PLANE_DATA(f, i);
		p->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE(f, i);
	}
	return true;
}

static GstBuffer *
blank(GstVideoInfo *info, int width, int height)
{
	gst_video_info_set_format(info, GST_VIDEO_FORMAT_I420, width, height);
	return gst_buffer_new_allocate(NULL, info->size, NULL);
}

static void
draw_scene(struct source *s, int width, int height)
{
	GstVideoFrame f;
	struct picture p;

	gst_clear_buffer(&s->raw);
	s->raw = blank(&s->raw_info, width, height);
	if (!picture_map(&p, &f, s->raw, &s->raw_info))
		return;
	picture_draw_scene(&p);
	gst_video_frame_unmap(&f);
}

/* Drawn when the cover or the size changes, not for each frame. */
static void
draw_cover(struct source *s, enum cover_texture texture)
{
	GstVideoFrame f;
	struct picture p;
	int width = s->raw_info.width, height = s->raw_info.height;

	if (is_size(s->cover, &s->cover_info, width, height) &&
	    s->cover_texture == texture)
		return;
	gst_clear_buffer(&s->cover);
	s->cover = blank(&s->cover_info, width, height);
	s->cover_texture = texture;
	if (!picture_map(&p, &f, s->cover, &s->cover_info))
		return;
	picture_draw_cover(&p, texture);
	gst_video_frame_unmap(&f);
}

static void
player_set_size(struct source *s, int width, int height)
{
	GstCaps *caps;

	caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
	    "I420", "framerate", GST_TYPE_FRACTION, s->fps, 1,
	    "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
	if (width != 0)
		gst_caps_set_simple(caps, "width", G_TYPE_INT, width, "height",
		    G_TYPE_INT, height, NULL);
	g_object_set(s->size, "caps", caps, NULL);
	gst_caps_unref(caps);
}

/* The next frame of the file in raw; at its end, from the start again. */
static bool
player_next(struct source *s)
{
	GstSample *sample;
	int tries;

	for (tries = 0; tries < 2; tries++) {
		sample = gst_app_sink_try_pull_sample(
		    GST_APP_SINK(s->sink), FRAME_WAIT * GST_USECOND);
		if (sample == NULL) {
			gst_element_seek_simple(s->player, GST_FORMAT_TIME,
			    GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0);
			continue;
		}
		gst_clear_buffer(&s->raw);
		s->raw = gst_buffer_ref(gst_sample_get_buffer(sample));
		gst_video_info_from_caps(
		    &s->raw_info, gst_sample_get_caps(sample));
		gst_sample_unref(sample);
		return true;
	}
	return false;
}

/* Make raw the scene to show. Not advance: the one at hand, if it fits. */
static void
look(struct source *s, int width, int height, bool advance)
{
	gint64 until = g_get_monotonic_time() + FRAME_WAIT;

	if (s->player == NULL) {
		if (!is_size(s->raw, &s->raw_info, width, height))
			draw_scene(s, width, height);
		s->frames += advance;
		return;
	}
	if (!is_size(s->raw, &s->raw_info, width, height))
		player_set_size(s, width, height);
	/* Frames of the old size may be on their way still. */
	while ((advance || !is_size(s->raw, &s->raw_info, width, height)) &&
	       g_get_monotonic_time() < until && player_next(s)) {
		s->frames++;
		advance = false;
	}
}

GstBuffer *
source_take(struct source *s, int width, int height, bool advance,
    const enum cover_texture *cover, GstVideoInfo *info)
{
	GstVideoFrame in, f;
	struct picture p;
	GstBuffer *from, *out;

	look(s, width, height, advance);
	if (s->raw == NULL)
		return NULL;
	if (cover != NULL)
		draw_cover(s, *cover);
	*info = cover != NULL ? s->cover_info : s->raw_info;
	from = cover != NULL ? s->cover : s->raw;
	if (!gst_video_frame_map(&in, info, from, GST_MAP_READ))
		return NULL;
	out = blank(info, info->width, info->height);
	if (picture_map(&p, &f, out, info)) {
		gst_video_frame_copy(&f, &in);
		if (s->player == NULL && cover == NULL)
			picture_draw_mover(&p, s->frames);
		gst_video_frame_unmap(&f);
	}
	gst_video_frame_unmap(&in);
	return out;
}

static bool
player_open(struct source *s, const struct head_options *o)
{
	GstElement *source;
	GError *error = NULL;

	s->player = gst_parse_launch(
	    "filesrc name=file ! decodebin ! "
	    "videoconvert ! videoscale add-borders=false ! videorate ! "
	    "capsfilter name=size ! "
	    "appsink name=sink sync=false max-buffers=1",
	    &error);
	if (s->player == NULL) {
		fprintf(
		    stderr, "camera: cannot play a file: %s\n", error->message);
		g_error_free(error);
		return false;
	}
	source = gst_bin_get_by_name(GST_BIN(s->player), "file");
	g_object_set(source, "location", o->file, NULL);
	gst_object_unref(source);
	s->sink = gst_bin_get_by_name(GST_BIN(s->player), "sink");
	s->size = gst_bin_get_by_name(GST_BIN(s->player), "size");
	player_set_size(s, o->width, o->height);
	gst_element_set_state(s->player, GST_STATE_PLAYING);
	if (!player_next(s)) {
		fprintf(stderr, "camera: cannot play '%s'\n", o->file);
		return false;
	}
	return true;
}

struct source *
source_open(const struct head_options *o)
{
	struct source *s = g_new0(struct source, 1);

	s->fps = o->fps;
	if (o->file == NULL || player_open(s, o))
		return s;
	source_close(s);
	return NULL;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	if (s->player != NULL)
		gst_element_set_state(s->player, GST_STATE_NULL);
	gst_clear_object(&s->sink);
	gst_clear_object(&s->size);
	gst_clear_object(&s->player);
	gst_clear_buffer(&s->raw);
	gst_clear_buffer(&s->cover);
	g_free(s);
}
