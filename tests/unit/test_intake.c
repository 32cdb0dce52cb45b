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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(h264_comes_whole),
	    cmocka_unit_test(h264_with_b_frames_keeps_its_times),
	    cmocka_unit_test(parameter_sets_are_found_in_the_stream),
	    cmocka_unit_test(h265_comes_whole),
	    cmocka_unit_test(mjpeg_comes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
