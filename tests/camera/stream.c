/*
 * What one RTSP client of the test camera is served. Every client has its
 * own encoder, so that it starts on a key frame at once, whatever the others
 * see. Frames come from the head through an appsrc; faults of time and of
 * the network are made on the finished packets, where no clock of GStreamer
 * notices them.
 */
#include <math.h>
#include <string.h>

#include "camera.h"

#define RTP_TIMESTAMP_AT 4 /* RFC 3550, 5.1 */
#define RTP_PAYLOAD_AT 12
#define RTCP_NTP_AT 8 /* RFC 3550, 6.4.1 */
#define RTCP_SR 200

#define PROBE_DATA (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)

/* Whether the client missed video, and a key frame was asked for. */
enum lost {
	LOST_NONE,
	LOST_FRAMES,
	LOST_ASKED,
};

/* One client's stream; dies with its GstRTSPMedia. */
struct stream {
	struct head *head;
	GstAppSrc *src;
	double jump0; /* of all jumps, those before this client */
	enum lost lost;
	bool no_sprop;
};

/* On the factory: that its streams shall be so. */
#define NO_SPROP "no-sprop"

static int stalled, broken;
static GMutex jump_lock;
static double jump_total; /* seconds */

void
stream_stall(bool on)
{
	g_atomic_int_set(&stalled, on);
}

void
stream_break_sets(bool on)
{
	g_atomic_int_set(&broken, on);
}

void
stream_jump(double seconds)
{
	g_mutex_lock(&jump_lock);
	jump_total += seconds;
	g_mutex_unlock(&jump_lock);
}

static double
jump_now(void)
{
	double seconds;

	g_mutex_lock(&jump_lock);
	seconds = jump_total;
	g_mutex_unlock(&jump_lock);
	return seconds;
}

static void
shift_rtp(GstBuffer *buffer, uint32_t by)
{
	uint8_t b[4];

	if (gst_buffer_extract(buffer, RTP_TIMESTAMP_AT, b, 4) != 4)
		return;
	GST_WRITE_UINT32_BE(b, GST_READ_UINT32_BE(b) + by);
	gst_buffer_fill(buffer, RTP_TIMESTAMP_AT, b, 4);
}

static void
shift_rtcp(GstBuffer *buffer, uint64_t by)
{
	uint8_t b[8];

	if (gst_buffer_extract(buffer, 0, b, 2) != 2 || b[1] != RTCP_SR ||
	    gst_buffer_extract(buffer, RTCP_NTP_AT, b, 8) != 8)
		return;
	GST_WRITE_UINT64_BE(b, GST_READ_UINT64_BE(b) + by);
	gst_buffer_fill(buffer, RTCP_NTP_AT, b, 8);
}

/* Garbage for parameter sets, which our payloaders send one by one. */
static void
break_set(GstBuffer *buffer, const char *codec)
{
	gsize at = RTP_PAYLOAD_AT, n = gst_buffer_get_size(buffer);
	uint8_t b;
	bool set;

	if (gst_buffer_extract(buffer, at, &b, 1) != 1)
		return;
	if (g_strcmp0(codec, "H265") == 0) {
		set = b >> 1 >= 32 && b >> 1 <= 34; /* VPS, SPS, PPS */
		at += 2;
	} else {
		set = g_strcmp0(codec, "H264") == 0 && (b & 31) == 7; /* SPS */
		at += 1;
	}
	if (set && n > at)
		gst_buffer_memset(buffer, at, 0xff, n - at);
}

/* What befalls finished packets. */
struct harm {
	uint32_t by;	   /* added to their time */
	const char *codec; /* of which parameter sets are broken, or NULL */
};

static GstBuffer *
harm_buffer(GstBuffer *buffer, const struct harm *h)
{
	shift_rtp(buffer, h->by);
	if (h->codec != NULL)
		break_set(buffer, h->codec);
	return buffer;
}

/* On the payloader's output: move the RTP time, break parameter sets. */
static GstPadProbeReturn
on_rtp(GstPad *pad, GstPadProbeInfo *info, gpointer arg)
{
	struct stream *s = arg;
	double seconds = jump_now() - s->jump0;
	struct harm h = {0};
	GstBufferList *list;
	GstStructure *st;
	GstCaps *caps;
	int rate = 90000;
	guint i;

	if (seconds == 0 && !g_atomic_int_get(&broken))
		return GST_PAD_PROBE_OK;
	caps = gst_pad_get_current_caps(pad);
	if (caps == NULL)
		return GST_PAD_PROBE_OK;
	st = gst_caps_get_structure(caps, 0);
	gst_structure_get_int(st, "clock-rate", &rate);
	h.by = (uint32_t)llrint(seconds * rate);
	if (g_atomic_int_get(&broken))
		h.codec = gst_structure_get_string(st, "encoding-name");
	if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
		list = gst_buffer_list_make_writable(info->data);
		for (i = 0; i < gst_buffer_list_length(list); i++)
			harm_buffer(gst_buffer_list_get_writable(list, i), &h);
		info->data = list;
	} else
		info->data =
		    harm_buffer(gst_buffer_make_writable(info->data), &h);
	gst_caps_unref(caps);
	return GST_PAD_PROBE_OK;
}

/* The SDP is made of the caps that the payloader announces. */
static GstPadProbeReturn
on_announce(GstPad *pad G_GNUC_UNUSED, GstPadProbeInfo *info,
    gpointer arg G_GNUC_UNUSED)
{
	GstEvent *event = info->data;
	GstCaps *caps;

	if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
		return GST_PAD_PROBE_OK;
	gst_event_parse_caps(event, &caps);
	caps = gst_caps_copy(caps);
	gst_structure_remove_fields(gst_caps_get_structure(caps, 0),
	    "sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps",
	    NULL);
	info->data = gst_event_new_caps(caps);
	gst_event_unref(event);
	gst_caps_unref(caps);
	return GST_PAD_PROBE_OK;
}

/* Where RTP leaves for the client. */
static GstPadProbeReturn
on_rtp_out(GstPad *pad G_GNUC_UNUSED, GstPadProbeInfo *info G_GNUC_UNUSED,
    gpointer arg G_GNUC_UNUSED)
{
	return g_atomic_int_get(&stalled) ? GST_PAD_PROBE_DROP
					  : GST_PAD_PROBE_OK;
}

/* The same for video, which goes on with a key frame after a stall. */
static GstPadProbeReturn
on_video_out(GstPad *pad, GstPadProbeInfo *info, gpointer arg)
{
	struct stream *s = arg;
	GstBuffer *buffer = info->data;

	if (g_atomic_int_get(&stalled)) {
		s->lost = LOST_FRAMES;
		return GST_PAD_PROBE_DROP;
	}
	if (s->lost == LOST_NONE)
		return GST_PAD_PROBE_OK;
	if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)
		buffer = gst_buffer_list_get(info->data, 0);
	if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) {
		s->lost = LOST_NONE;
		return GST_PAD_PROBE_OK;
	}
	if (s->lost == LOST_FRAMES)
		gst_pad_send_event(
		    pad, gst_video_event_new_upstream_force_key_unit(
			     GST_CLOCK_TIME_NONE, TRUE, 0));
	s->lost = LOST_ASKED;
	return GST_PAD_PROBE_DROP;
}

/* Where RTCP leaves; sender reports tell the same jumped time as RTP. */
static GstPadProbeReturn
on_rtcp_out(GstPad *pad G_GNUC_UNUSED, GstPadProbeInfo *info, gpointer arg)
{
	struct stream *s = arg;
	double seconds = jump_now() - s->jump0;
	GstBuffer *buffer;

	if (g_atomic_int_get(&stalled))
		return GST_PAD_PROBE_DROP;
	if (seconds != 0 && info->type & GST_PAD_PROBE_TYPE_BUFFER) {
		buffer = gst_buffer_make_writable(info->data);
		shift_rtcp(buffer, (uint64_t)llrint(seconds * 0x1p32));
		info->data = buffer;
	}
	return GST_PAD_PROBE_OK;
}

static void
probe(GstElement *element, const char *format, int n, GstPadProbeType type,
    GstPadProbeCallback callback, struct stream *s)
{
	char name[32];
	GstPad *pad;

	g_snprintf(name, sizeof(name), format, n);
	pad = gst_element_get_static_pad(element, name);
	if (pad == NULL)
		return;
	gst_pad_add_probe(pad, type, callback, s, NULL);
	gst_object_unref(pad);
}

/*
 * The outgoing pads exist only now. The first packets wait here, blocked,
 * until PLAY; then they meet these probes.
 */
static void
on_prepared(GstRTSPMedia *media, gpointer arg)
{
	struct stream *s = arg;
	GstElement *element = gst_rtsp_media_get_element(media);
	GstElement *pipeline = GST_ELEMENT(gst_element_get_parent(element));
	GstElement *rtpbin;
	GstIterator *it;
	GValue item = G_VALUE_INIT;
	int n;

	it = gst_bin_iterate_all_by_element_factory_name(
	    GST_BIN(pipeline), "rtpbin");
	if (gst_iterator_next(it, &item) == GST_ITERATOR_OK) {
		rtpbin = g_value_get_object(&item);
		for (n = 0; n < (int)gst_rtsp_media_n_streams(media); n++) {
			probe(rtpbin, "send_rtp_src_%d", n, PROBE_DATA,
			    n == 0 && s->src != NULL ? on_video_out
						     : on_rtp_out,
			    s);
			probe(rtpbin, "send_rtcp_src_%d", n, PROBE_DATA,
			    on_rtcp_out, s);
		}
		g_value_unset(&item);
	}
	gst_iterator_free(it);
	gst_object_unref(pipeline);
	gst_object_unref(element);
}

static void
stream_free(void *arg)
{
	struct stream *s = arg;

	if (s->src != NULL) {
		head_detach(s->head, s->src);
		gst_object_unref(s->src);
	}
	head_unref(s->head);
	g_free(s);
}

static void
on_media_configure(GstRTSPMediaFactory *f, GstRTSPMedia *media, gpointer arg)
{
	struct stream *s = g_new0(struct stream, 1);
	GstElement *bin = gst_rtsp_media_get_element(media), *src, *pay;
	char name[16];
	int n;

	s->head = head_ref(arg);
	s->jump0 = jump_now();
	s->no_sprop = g_object_get_data(G_OBJECT(f), NO_SPROP) != NULL;
	g_object_set_data_full(G_OBJECT(media), "stream", s, stream_free);
	g_signal_connect(media, "prepared", G_CALLBACK(on_prepared), s);
	for (n = 0; n < (int)gst_rtsp_media_n_streams(media); n++) {
		g_snprintf(name, sizeof(name), "pay%d", n);
		pay = gst_bin_get_by_name(GST_BIN(bin), name);
		if (pay == NULL)
			continue;
		probe(pay, "src", n, PROBE_DATA, on_rtp, s);
		if (s->no_sprop)
			probe(pay, "src", n,
			    GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_announce,
			    s);
		gst_object_unref(pay);
	}
	src = gst_bin_get_by_name(GST_BIN(bin), "frames");
	if (src != NULL) {
		s->src = GST_APP_SRC(src);
		head_attach(s->head, s->src);
	}
	gst_object_unref(bin);
}

static void
on_disconnected(gpointer arg, GClosure *closure G_GNUC_UNUSED)
{
	head_unref(arg);
}

GstRTSPMediaFactory *
stream_factory_new(const struct stream_options *o, struct head *head)
{
	GstRTSPMediaFactory *f = gst_rtsp_media_factory_new();
	char *launch = launch_line(o);

	gst_rtsp_media_factory_set_launch(f, launch);
	g_free(launch);

	/* UDP would need sockets beyond the loopback address. */
	gst_rtsp_media_factory_set_protocols(f, GST_RTSP_LOWER_TRANS_TCP);
	gst_rtsp_media_factory_set_shared(f, FALSE);
	g_object_set_data(G_OBJECT(f), NO_SPROP, GINT_TO_POINTER(o->no_sprop));
	g_signal_connect_data(f, "media-configure",
	    G_CALLBACK(on_media_configure), head_ref(head), on_disconnected, 0);
	return f;
}
