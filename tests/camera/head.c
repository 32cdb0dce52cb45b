/*
 * The head of the test camera: one thread that makes a frame every 1/fps
 * seconds, spoils it as told, and hands it to the appsrc of every client. The
 * frame is made once, however many clients there are; they share its memory.
 */
#include "camera.h"

/* How long a frame as wished for may take before a command gives up. */
#define FRAME_WAIT (5 * G_TIME_SPAN_SECOND)

struct feed {
	GstAppSrc *src;
	gint64 start, last; /* monotonic microseconds */
};

/* What the frames shall look like; serial tells one wish from the next. */
struct wish {
	struct effect effect;
	bool frozen;
	int width, height;
	unsigned serial;
};

struct head {
	int refs; /* atomic */
	int fps;
	double noise;
	bool counter;
	GThread *thread;
	struct source *source; /* the thread's own */
	unsigned renders;      /* the thread's own */

	/* Shared; under the lock. */
	GMutex lock;
	GCond wake, shown_one;
	bool closing;
	struct wish wish;
	unsigned shown; /* the serial the newest frame obeys */
	GstBuffer *newest;
	GstVideoInfo info; /* of newest */
	GstCaps *caps;	   /* of newest */
	GPtrArray *feeds;
};

/* A width of 0 is any size. */
static bool
is_size(GstBuffer *buffer, const GstVideoInfo *info, int width, int height)
{
	return buffer != NULL &&
	       (width == 0 || (info->width == width && info->height == height));
}

/* A frame as wished for, or NULL if there is nothing to see. */
static GstBuffer *
render(struct head *h, const struct wish *w, bool tick, GstVideoInfo *info)
{
	GstVideoFrame f;
	struct picture p;
	GstBuffer *frame;

	frame = source_take(h->source, w->width, w->height, tick,
	    w->effect.kind == EFFECT_COVER ? &w->effect.texture : NULL, info);
	if (frame == NULL || !picture_map(&p, &f, frame, info))
		return frame;
	/* New noise, even on the same scene: only a frozen camera repeats. */
	picture_spoil(&p, &w->effect, h->noise, h->renders);
	if (h->counter)
		picture_draw_counter(&p, h->renders);
	h->renders++;
	gst_video_frame_unmap(&f);
	return frame;
}

/* Give the newest frame, made at that time, to one client. */
static void
feed_push(struct head *h, struct feed *feed, gint64 when)
{
	GstBuffer *buffer;
	GstSample *sample;

	/* A client may have come between the tick and the frame. */
	if (when <= feed->last)
		return;
	feed->last = when;
	buffer = gst_buffer_copy(h->newest);
	GST_BUFFER_PTS(buffer) = (when - feed->start) * GST_USECOND;
	GST_BUFFER_DURATION(buffer) = GST_SECOND / h->fps;
	sample = gst_sample_new(buffer, h->caps, NULL, NULL);
	gst_buffer_unref(buffer);
	gst_app_src_push_sample(feed->src, sample);
	gst_sample_unref(sample);
}

static void
set_newest(struct head *h, GstBuffer *frame, const GstVideoInfo *info)
{
	gst_clear_buffer(&h->newest);
	h->newest = frame;
	if (h->caps != NULL && h->info.width == info->width &&
	    h->info.height == info->height)
		return;
	h->info = *info;
	h->info.fps_n = h->fps;
	h->info.fps_d = 1;
	gst_clear_caps(&h->caps);
	h->caps = gst_video_info_to_caps(&h->info);
}

/* Called and returns with the lock held; lets go of it meanwhile. */
static void
make_frame(struct head *h, bool tick)
{
	struct wish w = h->wish;
	GstVideoInfo info;
	GstBuffer *frame;

	if (w.frozen && is_size(h->newest, &h->info, w.width, w.height)) {
		h->shown = w.serial;
		return;
	}
	g_mutex_unlock(&h->lock);
	frame = render(h, &w, tick, &info);
	g_mutex_lock(&h->lock);
	if (frame != NULL)
		set_newest(h, frame, &info);
	h->shown = w.serial;
}

static void *
run(void *arg)
{
	struct head *h = arg;
	gint64 period = G_TIME_SPAN_SECOND / h->fps, now, due, when;
	bool tick;
	guint i;

	g_mutex_lock(&h->lock);
	due = g_get_monotonic_time();
	while (!h->closing) {
		now = g_get_monotonic_time();
		tick = now >= due;
		if (!tick && h->shown == h->wish.serial) {
			g_cond_wait_until(&h->wake, &h->lock, due);
			continue;
		}
		/* Time stamps keep the beat even if this thread does not. */
		when = tick ? due : now;
		if (tick)
			due += ((now - due) / period + 1) * period;
		make_frame(h, tick);
		for (i = 0; h->newest != NULL && i < h->feeds->len; i++)
			feed_push(h, g_ptr_array_index(h->feeds, i), when);
		g_cond_broadcast(&h->shown_one);
	}
	g_mutex_unlock(&h->lock);
	return NULL;
}

/* With the lock: wait until the wish is seen. */
static void
await_shown(struct head *h)
{
	gint64 until = g_get_monotonic_time() + FRAME_WAIT;
	unsigned serial = ++h->wish.serial;

	g_cond_signal(&h->wake);
	while ((int)(h->shown - serial) < 0)
		if (!g_cond_wait_until(&h->shown_one, &h->lock, until))
			break;
}

void
head_show(struct head *h, const struct effect *effect, bool frozen)
{
	g_mutex_lock(&h->lock);
	if (effect != NULL)
		h->wish.effect = *effect;
	h->wish.frozen = frozen;
	await_shown(h);
	g_mutex_unlock(&h->lock);
}

bool
head_resize(struct head *h, int width, int height)
{
	bool done;

	g_mutex_lock(&h->lock);
	h->wish.width = width;
	h->wish.height = height;
	await_shown(h);
	done = is_size(h->newest, &h->info, width, height);
	g_mutex_unlock(&h->lock);
	return done;
}

void
head_attach(struct head *h, GstAppSrc *src)
{
	struct feed *feed = g_new0(struct feed, 1);

	g_mutex_lock(&h->lock);
	feed->src = gst_object_ref(src);
	feed->start = g_get_monotonic_time();
	feed_push(h, feed, feed->start);
	g_ptr_array_add(h->feeds, feed);
	g_mutex_unlock(&h->lock);
}

static void
feed_free(void *arg)
{
	struct feed *feed = arg;

	gst_object_unref(feed->src);
	g_free(feed);
}

void
head_detach(struct head *h, GstAppSrc *src)
{
	struct feed *feed;
	guint i;

	g_mutex_lock(&h->lock);
	for (i = 0; i < h->feeds->len; i++) {
		feed = g_ptr_array_index(h->feeds, i);
		if (feed->src == src) {
			g_ptr_array_remove_index(h->feeds, i);
			break;
		}
	}
	g_mutex_unlock(&h->lock);
}

struct head *
head_open(const struct head_options *o)
{
	struct head *h = g_new0(struct head, 1);

	g_mutex_init(&h->lock);
	g_cond_init(&h->wake);
	g_cond_init(&h->shown_one);
	h->feeds = g_ptr_array_new_with_free_func(feed_free);
	h->refs = 1;
	h->fps = o->fps;
	h->noise = o->noise;
	h->counter = o->counter;
	h->wish.width = o->width;
	h->wish.height = o->height;
	h->source = source_open(o);
	if (h->source == NULL) {
		head_close(h);
		return NULL;
	}
	h->thread = g_thread_new("head", run, h);
	g_mutex_lock(&h->lock);
	await_shown(h);
	g_mutex_unlock(&h->lock);
	return h;
}

void
head_close(struct head *h)
{
	if (h == NULL)
		return;
	if (h->thread != NULL) {
		g_mutex_lock(&h->lock);
		h->closing = true;
		g_cond_signal(&h->wake);
		g_mutex_unlock(&h->lock);
		g_thread_join(h->thread);
	}
	source_close(h->source);
	h->source = NULL;
	head_unref(h);
}

struct head *
head_ref(struct head *h)
{
	if (h != NULL)
		g_atomic_int_inc(&h->refs);
	return h;
}

void
head_unref(struct head *h)
{
	if (h == NULL || !g_atomic_int_dec_and_test(&h->refs))
		return;
	gst_clear_buffer(&h->newest);
	gst_clear_caps(&h->caps);
	g_ptr_array_unref(h->feeds);
	g_mutex_clear(&h->lock);
	g_cond_clear(&h->wake);
	g_cond_clear(&h->shown_one);
	g_free(h);
}
