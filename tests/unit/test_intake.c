/* Frames from RTP packets: whole, in order, with their own times. */
#include <stdint.h>

#include "base/time.h"
#include "media/intake.h"
#include "stream_help.h"

#define GOT_MAX 2000

struct got {
	int track;
	bool key, fresh;
	int64_t dts, pts, duration;
	size_t len;
	uint8_t *data;
};

struct sink {
	struct got f[GOT_MAX];
	int n;
	int fail_at; /* -1: never */
};

static int
take(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	struct sink *s = ctx;
	struct got *g = &s->f[s->n];

	if (s->n == s->fail_at)
		return nvr_fail(err, NVR_E_IO, "the sink is full");
	assert_true(s->n < GOT_MAX);
	assert_true(f->dts <= f->pts);
	assert_true(f->len > 0);
	assert_true(!f->fresh || f->key);
	*g = (struct got){f->track, f->key, f->fresh, f->dts, f->pts,
	    f->duration, f->len, malloc(f->len)};
	memcpy(g->data, f->data, f->len);
	s->n++;
	return 0;
}

static struct sink *
sink_new(void)
{
	struct sink *s = calloc(1, sizeof(*s));

	s->fail_at = -1;
	return s;
}

static void
sink_free(struct sink *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->f[i].data);
	free(s);
}

static struct nvr_intake *
intake_of(const struct stream *s, struct sink *sink)
{
	const struct nvr_frame_sink to = {take, sink};
	struct nvr_intake *in = NULL;
	struct nvr_error err = {0};

	if (nvr_intake_sdp(s->sdp, strlen(s->sdp), true, &to, &in, &err) != 0)
		fail_msg("%s\n%s", err.text, s->sdp);
	return in;
}

static void
push(struct nvr_intake *in, const struct rtp_packet *p)
{
	struct nvr_error err = {0};
	static int64_t now = 1000;

	now += 1000;
	assert_int_equal(
	    nvr_intake_push(in, p->track, p->rtcp, p->data, p->len, now, &err),
	    0);
}

static void
push_all(struct nvr_intake *in, const struct stream *s)
{
	for (int i = 0; i < s->n; i++)
		push(in, &s->p[i]);
}

/* Each frame of the clip came whole and at its time, but for `held` last. */
static void
assert_frames(const struct sink *sink, int track, const struct clip *c,
    int64_t ticks, int held)
{
	int n = 0;

	for (int i = 0; i < sink->n; i++) {
		const struct got *g = &sink->f[i];

		if (g->track != track)
			continue;
		assert_int_equal(
		    g->pts, (c->pkt[n]->pts - c->pkt[0]->pts) * ticks);
		assert_int_equal(
		    g->key, (c->pkt[n]->flags & AV_PKT_FLAG_KEY) != 0);
		n++;
	}
	assert_int_equal(n, c->n - held);
}

static void
assert_no_losses(const struct nvr_intake *in)
{
	assert_int_equal(nvr_intake_losses(in).missing, 0);
	assert_int_equal(nvr_intake_losses(in).broken, 0);
}

static const struct clip_options plain = {
    .encoder = "libx264", .width = 160, .height = 96, .frames = 60, .gop = 25};

/* Runs a clip through and checks all that must be so for any codec. */
static void
check_codec(const struct clip_options *o, const char *codec, int held)
{
	struct stream *s = stream_new();
	struct sink *sink = sink_new();
	const struct nvr_track *track;
	struct nvr_intake *in;
	struct clip c;

	clip_video(&c, o);
	stream_add(s, &c, NULL);
	in = intake_of(s, sink);
	push_all(in, s);
	track = nvr_intake_track(in, 0);
	assert_string_equal(track->codec, codec);
	assert_string_equal(track->control, "streamid=0");
	assert_int_equal(track->width, o->width);
	assert_int_equal(track->height, o->height);
	assert_frames(sink, 0, &c, 3600, held);
	assert_true(sink->f[0].fresh);
	for (int i = 1; i < sink->n; i++) {
		assert_false(sink->f[i].fresh);
		assert_true(sink->f[i].dts > sink->f[i - 1].dts);
		assert_int_equal(sink->f[i].duration, 3600);
	}
	assert_no_losses(in);
	nvr_intake_free(in);
	clip_free(&c);
	sink_free(sink);
	stream_free(s);
}

static void
h264_comes_whole(void **state)
{
	(void)state;
	check_codec(&plain, "h264", 0);
}

static void
h264_with_b_frames_keeps_its_times(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.bframes = 3;
	check_codec(&o, "h264", 0);
}

static void
parameter_sets_are_found_in_the_stream(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.in_band = true;
	check_codec(&o, "h264", 0);
	o.bframes = 2;
	check_codec(&o, "h264", 0);
	o.encoder = "libx265";
	check_codec(&o, "hevc", 0);
}

static void
h265_comes_whole(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.encoder = "libx265";
	check_codec(&o, "hevc", 0);
	o.bframes = 3;
	check_codec(&o, "hevc", 0);
}

static void
mjpeg_comes_whole(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.encoder = "mjpeg";
	check_codec(&o, "mjpeg", 0);
}

/* Pushes a stream that was tampered with and gives what came out. */
struct run {
	struct clip c;
	struct stream *s;
	struct sink *sink;
	struct nvr_intake *in;
};

static void
run_open(struct run *r, const struct clip_options *o)
{
	r->s = stream_new();
	r->sink = sink_new();
	clip_video(&r->c, o);
	stream_add(r->s, &r->c, NULL);
	r->in = intake_of(r->s, r->sink);
}

static void
run_close(struct run *r)
{
	nvr_intake_free(r->in);
	clip_free(&r->c);
	sink_free(r->sink);
	stream_free(r->s);
}

static void
pictures_without_markers_come_whole(void **state)
{
	struct run r;

	(void)state;
	run_open(&r, &plain);
	for (int i = 0; i < r.s->n; i++)
		if (!r.s->p[i].rtcp)
			rtp_set_marker(&r.s->p[i], false);
	push_all(r.in, r.s);
	assert_frames(r.sink, 0, &r.c, 3600, 1);
	assert_no_losses(r.in);
	run_close(&r);
}

static void
markers_after_each_slice_cut_nothing(void **state)
{
	struct clip_options o = plain;
	struct run r;

	(void)state;
	o.slices = 4;
	o.width = 640;
	o.height = 480;
	run_open(&r, &o);
	assert_true(r.s->n > 4 * o.frames);
	for (int i = 0; i < r.s->n; i++)
		if (!r.s->p[i].rtcp)
			rtp_set_marker(&r.s->p[i], true);
	push_all(r.in, r.s);
	assert_frames(r.sink, 0, &r.c, 3600, 1);
	for (int i = 0; i < r.sink->n; i++)
		assert_true(r.sink->f[i].len >= (size_t)r.c.pkt[i]->size);
	assert_no_losses(r.in);
	run_close(&r);
}

/* The markers were fine for long, and then one comes within a picture. */
static void
a_late_false_marker_costs_one_picture(void **state)
{
	struct clip_options o = plain;
	struct run r;
	int changed = 0;

	(void)state;
	o.slices = 4;
	o.width = 640;
	o.height = 480;
	run_open(&r, &o);
	assert_true(r.s->n > 4 * o.frames);
	for (int i = 0; i < r.s->n; i++) {
		struct rtp_packet *p = &r.s->p[i];

		if (!p->rtcp && i > r.s->n / 2 && !rtp_marker(p) &&
		    i < r.s->n - 4) {
			rtp_set_marker(p, true);
			changed++;
		}
	}
	assert_true(changed > 10);
	push_all(r.in, r.s);
	assert_frames(r.sink, 0, &r.c, 3600, 1);
	assert_int_equal(nvr_intake_losses(r.in).broken, 1);
	run_close(&r);
}

static void
times_go_on_past_32_bits(void **state)
{
	struct run r;
	uint32_t first;

	(void)state;
	run_open(&r, &plain);
	first = rtp_time(&r.s->p[1]);
	for (int i = 0; i < r.s->n; i++)
		if (!r.s->p[i].rtcp)
			rtp_set_time(
			    &r.s->p[i], rtp_time(&r.s->p[i]) - first - 100000);
	push_all(r.in, r.s);
	assert_frames(r.sink, 0, &r.c, 3600, 0);
	assert_no_losses(r.in);
	run_close(&r);
}

static void
a_clock_that_jumps_is_shown_as_it_is(void **state)
{
	const int jumps[] = {90000 * 3600, -90000 * 3600, 3600 * 7};

	(void)state;
	for (int j = 0; j < 3; j++) {
		struct clip_options o = plain;
		struct run r;
		int at = 0;

		o.bframes = j == 2 ? 0 : 2;
		run_open(&r, &o);
		/* from the second key frame on */
		for (int i = 0, n = 0; i < r.s->n; i++) {
			struct rtp_packet *p = &r.s->p[i];

			if (p->rtcp)
				continue;
			if (n >= 25)
				rtp_set_time(
				    p, rtp_time(p) + (uint32_t)jumps[j]);
			n += rtp_marker(p);
		}
		push_all(r.in, r.s);
		assert_int_equal(r.sink->n, r.c.n);
		for (int i = 1; i < r.sink->n; i++) {
			const struct got *f = r.sink->f;

			if (f[i].dts <= f[i - 1].dts ||
			    f[i].dts > f[i - 1].dts + 90000) {
				assert_int_equal(at, 0);
				at = i;
			}
		}
		assert_int_equal(at, j == 2 ? 0 : 25);
		assert_int_equal(
		    r.sink->f[25].pts - r.sink->f[0].pts, 25 * 3600 + jumps[j]);
		assert_no_losses(r.in);
		run_close(&r);
	}
}

static void
a_sender_that_starts_anew_is_followed(void **state)
{
	struct run r;

	(void)state;
	run_open(&r, &plain);
	for (int i = 0, n = 0; i < r.s->n; i++) {
		struct rtp_packet *p = &r.s->p[i];

		if (p->rtcp)
			continue;
		if (n >= 25) {
			rtp_set_ssrc(p, 0x12345678);
			rtp_set_seq(p, rtp_seq(p) + 30000);
			rtp_set_time(p, rtp_time(p) + 0x70000000);
		}
		n += rtp_marker(p);
	}
	push_all(r.in, r.s);
	assert_int_equal(r.sink->n, r.c.n);
	assert_no_losses(r.in);
	run_close(&r);
}

static void
a_new_resolution_is_told_with_its_key_frame(void **state)
{
	struct clip_options o = plain;
	struct stream *s = stream_new();
	struct sink *sink = sink_new();
	struct nvr_intake *in;
	struct clip c;
	int fresh = 0, first = 0;

	(void)state;
	o.in_band = true;
	clip_video(&c, &o);
	stream_add(s, &c, NULL);
	clip_free(&c);
	first = s->n;
	in = intake_of(s, sink);
	o.width = 320;
	o.height = 240;
	clip_video(&c, &o);
	stream_add(s, &c, NULL);
	for (int i = first; i < s->n; i++) {
		struct rtp_packet *p = &s->p[i];

		p->track = 0;
		rtp_set_time(p, rtp_time(p) - rtp_time(&s->p[first]) +
				    rtp_time(&s->p[0]) + 60 * 3600);
	}
	push_all(in, s);
	assert_int_equal(sink->n, 120);
	for (int i = 0; i < sink->n; i++)
		fresh += sink->f[i].fresh;
	assert_int_equal(fresh, 2);
	assert_true(sink->f[60].fresh);
	assert_int_equal(nvr_intake_track(in, 0)->width, 320);
	assert_int_equal(nvr_intake_track(in, 0)->height, 240);
	nvr_intake_free(in);
	clip_free(&c);
	sink_free(sink);
	stream_free(s);
}

static void
lost_packets_are_counted_and_nothing_else_is_lost(void **state)
{
	struct clip_options o = plain;
	struct nvr_intake_losses losses;
	struct run r;
	int dropped = 0;

	(void)state;
	o.width = 640;
	o.height = 480;
	run_open(&r, &o);
	for (int i = 0; i < r.s->n; i++) {
		if (i > 20 && i % 17 == 0 && !r.s->p[i].rtcp &&
		    i < r.s->n - 5) {
			dropped++;
			continue;
		}
		push(r.in, &r.s->p[i]);
	}
	losses = nvr_intake_losses(r.in);
	assert_true(dropped > 5);
	assert_int_equal(losses.missing, dropped);
	assert_true(losses.broken > 0 && losses.broken <= dropped + 1);
	assert_true(r.sink->n >= r.c.n - dropped);
	for (int i = 0; i < r.sink->n; i++)
		assert_memory_equal(r.sink->f[i].data, "\0\0\0\1", 4);
	run_close(&r);
}

static void
garbage_is_counted_and_does_no_harm(void **state)
{
	struct nvr_error err = {0};
	uint8_t junk[2000];
	unsigned seed = 1;
	struct run r;

	(void)state;
	run_open(&r, &plain);
	for (int i = 0; i < r.s->n; i++) {
		size_t len = (size_t)(i * 7 % 2000);

		for (size_t k = 0; k < len; k++)
			junk[k] = (uint8_t)(seed = seed * 1103515245 + 12345);
		if (len > 1) /* another payload type */
			junk[1] = 77;
		assert_int_equal(
		    nvr_intake_push(r.in, 0, i % 2, junk, len, i, &err), 0);
		push(r.in, &r.s->p[i]);
	}
	assert_frames(r.sink, 0, &r.c, 3600, 0);
	assert_true(nvr_intake_losses(r.in).broken > 0);
	assert_int_equal(nvr_intake_push(r.in, 9, false, junk, 20, 0, &err), 0);
	assert_int_equal(
	    nvr_intake_push(r.in, -1, false, junk, 20, 0, &err), 0);
	run_close(&r);
}

static void
an_sdp_cut_anywhere_is_read_or_refused(void **state)
{
	struct stream *s = stream_of(&plain);
	struct sink *sink = sink_new();
	const struct nvr_frame_sink to = {take, sink};
	size_t len = strlen(s->sdp);
	int good = 0;

	(void)state;
	for (size_t i = 0; i <= len; i++) {
		struct nvr_intake *in = NULL;
		struct nvr_error err = {0};
		char *cut = malloc(i + 1);
		int rc;

		memcpy(cut, s->sdp, i);
		rc = nvr_intake_sdp(cut, i, true, &to, &in, &err);
		free(cut);
		if (rc == 0) {
			push_all(in, s);
			good++;
		} else {
			assert_int_equal(rc, NVR_E_DATA);
			assert_int_equal(err.code, rc);
			assert_null(in);
		}
		for (int k = 0; k < sink->n; k++)
			free(sink->f[k].data);
		sink->n = 0;
		nvr_intake_free(in);
	}
	assert_true(good > 10);
	sink_free(sink);
	stream_free(s);
}

static int
sdp_code(const char *sdp, char *text, size_t size)
{
	const struct nvr_frame_sink to = {take, NULL};
	struct nvr_intake *in = NULL;
	struct nvr_error err = {0};
	int rc = nvr_intake_sdp(sdp, strlen(sdp), true, &to, &in, &err);

	strlcpy(text, err.text, size);
	nvr_intake_free(in);
	return rc;
}

#define SDP "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=x\r\nt=0 0\r\n"

static void
what_cannot_be_recorded_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *sdp, *text;
	} bad[] = {
	    {"", "is none"},
	    {"HTTP/1.1 200 OK\r\n", "is none"},
	    {SDP, "there is no video"},
	    {SDP "m=audio 0 RTP/AVP 0\r\n", "there is no video"},
	    {SDP "m=application 0 RTP/AVP 96\r\n", "there is no video"},
	    {SDP "m=video 0 RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\n",
		"encrypted"},
	    {SDP "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
		"vp8 is not supported"},
	    {SDP "m=video 0 RTP/AVP 96\r\na=rtpmap:96 NONSENSE/90000\r\n",
		"its encoding is not known"},
	    {SDP "m=video 0 RTP/AVP 32\r\n", "mpeg2video is not supported"},
	    {SDP "m=video 0 RTP/AVP\r\n", "payload type"},
	    {SDP "m=video 0 RTP/AVP 72\r\na=rtpmap:72 H264/90000\r\n",
		"payload type"},
	    {SDP "m=video 0 udp 96\r\na=rtpmap:96 H264/90000\r\n",
		"does not come by RTP"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
		    sdp_code(bad[i].sdp, text, sizeof(text)), NVR_E_DATA);
		if (strstr(text, bad[i].text) == NULL)
			fail_msg("%s: %s", bad[i].sdp, text);
	}
}

static void
tracks_left_out_say_why(void **state)
{
	static const char sdp[] =
	    SDP "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
		"a=control: rtsp://h/x y \n"
		"m=audio 0 RTP/AVP 3\r\na=control:a\r\n"
		"m=application 0 RTP/AVP 107\r\na=control:meta\r\n"
		"m=audio 0 RTP/AVP 0\r\na=control:b\r\n"
		"m=audio 0 RTP/AVP 8\r\na=control:too many\r\n";
	const struct nvr_frame_sink to = {take, NULL};
	struct nvr_intake *in = NULL;
	struct nvr_error err = {0};

	(void)state;
	assert_int_equal(
	    nvr_intake_sdp(sdp, strlen(sdp), true, &to, &in, &err), 0);
	assert_int_equal(nvr_intake_tracks(in), NVR_TRACKS_MAX);
	assert_true(nvr_intake_track(in, 0)->wanted);
	assert_string_equal(nvr_intake_track(in, 0)->control, "rtsp://h/x y");
	assert_string_equal(
	    nvr_intake_track(in, 1)->why, "its encoding is not known");
	assert_string_equal(
	    nvr_intake_track(in, 2)->why, "neither video nor audio");
	assert_true(nvr_intake_track(in, 3)->wanted);
	assert_string_equal(nvr_intake_track(in, 3)->codec, "pcm_mulaw");
	assert_int_equal(nvr_intake_track(in, 3)->clock_rate, 8000);
	nvr_intake_free(in);
	in = NULL;
	assert_int_equal(
	    nvr_intake_sdp(sdp, strlen(sdp), false, &to, &in, &err), 0);
	assert_string_equal(
	    nvr_intake_track(in, 3)->why, "audio is not wanted");
	nvr_intake_free(in);
}

/* Every byte of the SPS wrong, in turn: no crash, and the rest comes. */
static void
a_broken_sps_costs_frames_up_to_the_next_key_frame(void **state)
{
	struct clip_options o = plain;
	struct run r;
	int sps = -1, cost = 0;

	(void)state;
	o.in_band = true;
	for (int at = 0; at < 24; at++) {
		run_open(&r, &o);
		for (int i = 0; sps < 0 && i < r.s->n; i++)
			if (!r.s->p[i].rtcp)
				sps = i;
		assert_true(r.s->p[sps].len > 12 + 3 + 24);
		/* the payload begins with a STAP-A: 24, size, SPS */
		r.s->p[sps].data[12 + 3 + at] ^= 0xff;
		push_all(r.in, r.s);
		assert_true(r.sink->n >= 35);
		/* a picture without a size would not be a good one */
		assert_true(nvr_intake_track(r.in, 0)->width > 0);
		cost += r.sink->n == 35;
		run_close(&r);
	}
	assert_true(cost >= 5);
}

static void
frames_of_a_track_without_parameter_sets_are_not_handed_on(void **state)
{
	struct sink *sink = sink_new();
	struct stream *s = stream_of(&plain);
	struct nvr_intake *in;
	char *fmtp = strstr(s->sdp, "a=fmtp");

	(void)state;
	memmove(
	    fmtp, strchr(fmtp, '\n') + 1, strlen(strchr(fmtp, '\n') + 1) + 1);
	in = intake_of(s, sink);
	push_all(in, s);
	assert_int_equal(sink->n, 0);
	assert_int_equal(nvr_intake_losses(in).broken, 3);
	nvr_intake_free(in);
	sink_free(sink);
	stream_free(s);
}

/* Both have payload type 96, as the muxer numbers them. */
static void
two_tracks_may_share_a_payload_type(void **state)
{
	struct stream *s = stream_new();
	struct sink *sink = sink_new();
	struct nvr_intake *in;
	struct clip v, a;
	int n[2] = {0, 0};

	(void)state;
	clip_video(&v, &plain);
	stream_add(s, &v, NULL);
	clip_audio(&a, "aac", 16000, 50);
	stream_add(s, &a, NULL);
	assert_non_null(strstr(s->sdp, "m=video 0 RTP/AVP 96"));
	assert_non_null(strstr(s->sdp, "m=audio 0 RTP/AVP 96"));
	in = intake_of(s, sink);
	push_all(in, s);
	assert_frames(sink, 0, &v, 3600, 0);
	for (int i = 0; i < sink->n; i++) {
		n[sink->f[i].track]++;
		if (sink->f[i].track == 1) {
			assert_int_equal(sink->f[i].pts, (n[1] - 1) * 1024);
			assert_int_equal(sink->f[i].duration, 1024);
			assert_true(sink->f[i].key);
		}
	}
	assert_int_equal(n[1], a.n - 1); /* the muxer keeps the last one */
	assert_int_equal(nvr_intake_track(in, 1)->sample_rate, 16000);
	assert_no_losses(in);
	nvr_intake_free(in);
	clip_free(&v);
	clip_free(&a);
	sink_free(sink);
	stream_free(s);
}

/* x264's intra refresh sends no IDR but the first; here not even that. */
static void
recovery_points_count_as_key_frames_where_there_is_no_idr(void **state)
{
	struct clip_options o = plain;
	struct nvr_error err = {0};
	struct run r;
	int keys = 0, frame = 0;

	(void)state;
	o.frames = 400;
	o.gop = 40;
	o.extra = "intra-refresh=1";
	run_open(&r, &o);
	for (int i = 0; i < r.s->n; i++) {
		const struct rtp_packet *p = &r.s->p[i];

		if (frame > 0)
			assert_int_equal(
			    nvr_intake_push(r.in, 0, p->rtcp, p->data, p->len,
				1 + frame * 40 * NVR_MILLISECOND, &err),
			    0);
		frame += !p->rtcp && rtp_marker(p);
	}
	for (int i = 0; i < r.sink->n; i++)
		keys += r.sink->f[i].key;
	assert_true(r.sink->n > 100 && r.sink->n <= 150);
	assert_true(r.sink->f[0].fresh);
	assert_true(keys >= 3);
	run_close(&r);
}

static void
what_the_sink_says_is_passed_on(void **state)
{
	struct nvr_error err = {0};
	struct run r;
	int rc = 0;

	(void)state;
	run_open(&r, &plain);
	r.sink->fail_at = 5;
	for (int i = 0; rc == 0 && i < r.s->n; i++)
		rc = nvr_intake_push(r.in, 0, r.s->p[i].rtcp, r.s->p[i].data,
		    r.s->p[i].len, i, &err);
	assert_int_equal(rc, NVR_E_IO);
	assert_string_equal(err.text, "the sink is full");
	run_close(&r);
}

static void
a_sender_report_ties_a_track_to_the_wall_clock(void **state)
{
	/* 2023-11-14T22:13:20.5Z is 3908988800.5 of NTP; RTP's: 9000 */
	uint8_t report[28] = {
	    0x80, 200, 0, 6, 0, 0, 0, 1, 0xe8, 0xfe, 0x6f, 0x80, 0x80, 0, 0, 0};
	struct nvr_error err = {0};
	int64_t wall, pts;
	struct run r;
	uint32_t first;

	(void)state;
	run_open(&r, &plain);
	assert_false(nvr_intake_report(r.in, 0, &wall, &pts));
	for (int i = 0; r.s->p[i].rtcp || i == 0; i++)
		first = rtp_time(&r.s->p[i + 1]);
	for (int k = 0; k < 4; k++)
		report[16 + k] = (uint8_t)((first + 9000) >> (24 - 8 * k));
	/* before the first packet its time is not known yet */
	assert_int_equal(
	    nvr_intake_push(r.in, 0, true, report, sizeof(report), 1, &err), 0);
	assert_false(nvr_intake_report(r.in, 0, &wall, &pts));
	for (int i = 0; i < r.s->n; i++)
		if (!r.s->p[i].rtcp)
			push(r.in, &r.s->p[i]);
	assert_true(nvr_intake_report(r.in, 0, &wall, &pts));
	assert_int_equal(pts, 9000);
	assert_int_equal(wall, INT64_C(1700000000500000));
	assert_int_equal(
	    nvr_intake_push(r.in, 0, true, report, sizeof(report) - 1, 1, &err),
	    0);
	assert_int_equal(
	    nvr_intake_push(r.in, 0, true, report, sizeof(report), 1, &err), 0);
	assert_true(nvr_intake_report(r.in, 0, &wall, &pts));
	assert_int_equal(pts, 9000);
	assert_false(nvr_intake_report(r.in, 1, &wall, &pts));
	run_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(h264_comes_whole),
	    cmocka_unit_test(h264_with_b_frames_keeps_its_times),
	    cmocka_unit_test(parameter_sets_are_found_in_the_stream),
	    cmocka_unit_test(h265_comes_whole),
	    cmocka_unit_test(mjpeg_comes_whole),
	    cmocka_unit_test(pictures_without_markers_come_whole),
	    cmocka_unit_test(markers_after_each_slice_cut_nothing),
	    cmocka_unit_test(a_late_false_marker_costs_one_picture),
	    cmocka_unit_test(times_go_on_past_32_bits),
	    cmocka_unit_test(a_clock_that_jumps_is_shown_as_it_is),
	    cmocka_unit_test(a_sender_that_starts_anew_is_followed),
	    cmocka_unit_test(a_new_resolution_is_told_with_its_key_frame),
	    cmocka_unit_test(lost_packets_are_counted_and_nothing_else_is_lost),
	    cmocka_unit_test(garbage_is_counted_and_does_no_harm),
	    cmocka_unit_test(an_sdp_cut_anywhere_is_read_or_refused),
	    cmocka_unit_test(
		what_cannot_be_recorded_is_refused_with_its_reason),
	    cmocka_unit_test(tracks_left_out_say_why),
	    cmocka_unit_test(
		a_broken_sps_costs_frames_up_to_the_next_key_frame),
	    cmocka_unit_test(
		frames_of_a_track_without_parameter_sets_are_not_handed_on),
	    cmocka_unit_test(two_tracks_may_share_a_payload_type),
	    cmocka_unit_test(
		recovery_points_count_as_key_frames_where_there_is_no_idr),
	    cmocka_unit_test(what_the_sink_says_is_passed_on),
	    cmocka_unit_test(a_sender_report_ties_a_track_to_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
