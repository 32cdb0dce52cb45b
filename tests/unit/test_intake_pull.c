/* A file that plays as a camera would: in real time, over and over. */
#include <stdint.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "media/intake.h"
#include "media/mp4_writer.h"
#include "stream_help.h"

#define FRAMES 10 /* 0.4 s */

struct got {
	int64_t dts, pts, arrived;
	bool key, fresh;
	size_t len;
} got[200];
static int n_got;

static int
take(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	(void)ctx, (void)err;
	assert_true(n_got < 200);
	assert_memory_equal(f->data, "\0\0\0\1", 4);
	got[n_got++] =
	    (struct got){f->dts, f->pts, f->arrived, f->key, f->fresh, f->len};
	return 0;
}

static int
to_writer(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	struct nvr_frame shifted = *f;

	shifted.dts += 90000;
	shifted.pts += 90000;
	return nvr_mp4_writer_frame(ctx, 0, &shifted, err);
}

static int
to_buf(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	return nvr_buf_add(ctx, data, len, err);
}

/* The track of a stream is known once a frame came: twice through it. */
static void
write_file(const char *path, const struct clip_options *o)
{
	struct stream *s = stream_of(o);
	struct nvr_frame_sink to = {take, NULL};
	struct nvr_buf b = {0};
	const struct nvr_sink sink = {to_buf, &b};
	const struct nvr_mp4_options mp4 = {.camera = "x", .start = 1};
	struct nvr_intake *in, *again;
	struct nvr_mp4_writer *w;
	struct nvr_mp4_track track;
	struct nvr_error err = {0};

	assert_int_equal(
	    nvr_intake_sdp(s->sdp, strlen(s->sdp), true, &to, &in, &err), 0);
	for (int i = 0; i < s->n; i++)
		nvr_intake_push(
		    in, 0, s->p[i].rtcp, s->p[i].data, s->p[i].len, i, &err);
	track = (struct nvr_mp4_track){nvr_intake_track(in, 0), 0};
	assert_int_equal(
	    nvr_mp4_writer_open(&sink, &track, 1, &mp4, &w, &err), 0);
	to = (struct nvr_frame_sink){to_writer, w};
	assert_int_equal(
	    nvr_intake_sdp(s->sdp, strlen(s->sdp), true, &to, &again, &err), 0);
	for (int i = 0; i < s->n; i++)
		assert_int_equal(nvr_intake_push(again, 0, s->p[i].rtcp,
				     s->p[i].data, s->p[i].len, i, &err),
		    0);
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
	assert_int_equal(nvr_file_write(path, b.data, b.len, 0600, 0, &err), 0);
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_intake_free(again);
	nvr_buf_release(&b);
	stream_free(s);
	n_got = 0;
}

static void
check_loop(const char *encoder, int bframes)
{
	const struct clip_options o = {.encoder = encoder,
	    .width = 64,
	    .height = 64,
	    .frames = FRAMES,
	    .gop = 50,
	    .bframes = bframes};
	const struct nvr_frame_sink to = {take, NULL};
	char path[64], url[80];
	struct nvr_video_request req = {.url = url, .timeout = NVR_SECOND};
	struct nvr_intake *in = NULL;
	struct nvr_error err = {0};
	int64_t start;

	snprintf(path, sizeof(path), "/tmp/nvr-pull-%d.mp4", (int)getpid());
	snprintf(url, sizeof(url), "file://%s", path);
	write_file(path, &o);
	if (nvr_intake_open(&req, true, &to, &in, &err) != 0)
		fail_msg("%s", err.text);
	unlink(path);
	start = nvr_time_monotonic();
	while (n_got < 3 * FRAMES) {
		int rc = nvr_intake_read(in, 10 * NVR_MILLISECOND, &err);

		assert_true(rc == 0 || rc == NVR_E_AGAIN);
		assert_true(nvr_time_monotonic() < start + 10 * NVR_SECOND);
	}
	assert_int_equal(nvr_intake_track(in, 0)->width, 64);
	for (int i = 0; i < n_got; i++) {
		assert_int_equal(
		    got[i].pts - got[0].pts, got[i % FRAMES].pts - got[0].pts +
						 i / FRAMES * FRAMES * 3600);
		assert_int_equal(got[i].key, i % FRAMES == 0);
		assert_int_equal(got[i].fresh, i == 0);
		assert_true(i == 0 || got[i].dts > got[i - 1].dts);
		/* not before it is due */
		assert_true(got[i].arrived - start >=
			    i * 40 * NVR_MILLISECOND - NVR_MILLISECOND);
	}
	nvr_intake_free(in);
}

static void
a_file_loops_in_real_time(void **state)
{
	(void)state;
	check_loop("libx264", 0);
	check_loop("libx264", 3);
	check_loop("libx265", 2);
}

static void
what_cannot_be_opened_says_why(void **state)
{
	static const struct {
		const char *url;
		int code;
	} bad[] = {
	    {"file:///nonexistent/x.mp4", NVR_E_NOENT},
	    {"file:///dev/null", NVR_E_DATA},
	    {"file:///etc/passwd", NVR_E_DATA},
	    {"v4l2:///dev/null", NVR_E_UNAVAILABLE},
	    {"v4l2:///etc/passwd", NVR_E_DATA},
	    {"http://localhost/", NVR_E_USAGE},
	    {"nonsense", NVR_E_USAGE},
	    {"rtsp://127.0.0.1:1/x", NVR_E_UNAVAILABLE},
	};
	const struct nvr_frame_sink to = {take, NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nvr_video_request req = {
		    .url = bad[i].url, .timeout = NVR_SECOND};
		struct nvr_intake *in = NULL;
		struct nvr_error err = {0};
		int rc = nvr_intake_open(&req, true, &to, &in, &err);

		if (rc != bad[i].code)
			fail_msg("%s: %d %s", bad[i].url, rc, err.text);
		assert_null(in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_loops_in_real_time),
	    cmocka_unit_test(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
