/* Files that libav reads back: every frame, at its time. */
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "media/intake.h"
#include "media/mp4_writer.h"
#include "stream_help.h"

#define FRAMES_MAX 2000

/* A file in memory, and how it was written. */
struct file {
	struct nvr_buf data;
	int writes;
	size_t fail_after; /* bytes; 0: never */
};

static int
file_write(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	struct file *f = ctx;

	f->writes++;
	if (f->fail_after > 0 && f->data.len + len > f->fail_after)
		return nvr_fail(err, NVR_E_IO, "no space in the test");
	return nvr_buf_add(&f->data, data, len, err);
}

/* Every frame the intake gave, to be written afterwards. */
struct shelf {
	struct nvr_frame f[FRAMES_MAX];
	int n;
};

static int
shelf_take(void *ctx, const struct nvr_frame *f, struct nvr_error *err)
{
	struct shelf *s = ctx;
	uint8_t *copy = malloc(f->len);

	(void)err;
	assert_true(s->n < FRAMES_MAX);
	memcpy(copy, f->data, f->len);
	s->f[s->n] = *f;
	s->f[s->n++].data = copy;
	return 0;
}

static void
shelf_release(struct shelf *s)
{
	for (int i = 0; i < s->n; i++)
		free((void *)(uintptr_t)s->f[i].data);
}

/* Pushes the packets of all tracks as they would come, by their time. */
static struct nvr_intake *
intake_of(struct stream *s, struct shelf *shelf)
{
	const struct nvr_frame_sink to = {shelf_take, shelf};
	struct nvr_intake *in = NULL;
	struct nvr_error err = {0};

	memset(shelf, 0, sizeof(*shelf));
	if (nvr_intake_sdp(s->sdp, strlen(s->sdp), true, &to, &in, &err) != 0)
		fail_msg("%s", err.text);
	for (int i = 0; i < s->n; i++)
		assert_int_equal(
		    nvr_intake_push(in, s->p[i].track, s->p[i].rtcp,
			s->p[i].data, s->p[i].len, 1000 * (i + 1), &err),
		    0);
	return in;
}

static struct nvr_mp4_writer *
writer_of(struct file *f, const struct nvr_intake *in, int64_t zero)
{
	const struct nvr_sink sink = {file_write, f};
	const struct nvr_mp4_options o = {
	    .camera = "gate", .start = INT64_C(1700000000000000)};
	struct nvr_mp4_track tracks[NVR_TRACKS_MAX];
	struct nvr_mp4_writer *w = NULL;
	struct nvr_error err = {0};
	int n = nvr_intake_tracks(in);

	for (int i = 0; i < n; i++)
		tracks[i] =
		    (struct nvr_mp4_track){nvr_intake_track(in, i), zero};
	if (nvr_mp4_writer_open(&sink, tracks, n, &o, &w, &err) != 0)
		fail_msg("%s", err.text);
	return w;
}

/* Writes what is on the shelf; a fragment at each key frame of track 0. */
static void
write_all(struct nvr_mp4_writer *w, const struct shelf *s)
{
	struct nvr_error err = {0};

	for (int i = 0; i < s->n; i++) {
		const struct nvr_frame *f = &s->f[i];

		if (f->track == 0 && f->key)
			assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
		if (nvr_mp4_writer_frame(w, f->track, f, &err) != 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
	assert_int_equal(nvr_mp4_writer_held(w), 0);
}

struct memory {
	const struct nvr_buf *b;
	size_t at;
};

static int
memory_read(void *ctx, uint8_t *buf, int size)
{
	struct memory *m = ctx;
	size_t n = m->b->len - m->at;

	if (n == 0)
		return AVERROR_EOF;
	if (n > (size_t)size)
		n = (size_t)size;
	memcpy(buf, m->b->data + m->at, n);
	m->at += n;
	return (int)n;
}

static AVCodecContext *
decoder_of(const AVStream *st)
{
	const AVCodec *codec = avcodec_find_decoder(st->codecpar->codec_id);
	AVCodecContext *ctx = avcodec_alloc_context3(codec);

	avcodec_parameters_to_context(ctx, st->codecpar);
	ctx->thread_count = 1;
	ctx->err_recognition = AV_EF_EXPLODE | AV_EF_CAREFUL;
	assert_int_equal(avcodec_open2(ctx, codec, NULL), 0);
	return ctx;
}

static int
decode(AVCodecContext *ctx, const AVPacket *pkt)
{
	AVFrame *frame = av_frame_alloc();
	int n = 0;

	assert_int_equal(avcodec_send_packet(ctx, pkt), 0);
	while (avcodec_receive_frame(ctx, frame) == 0) {
		assert_int_equal(frame->decode_error_flags, 0);
		n++;
	}
	av_frame_free(&frame);
	return n;
}

/*
 * Reads the file as anybody would and compares it with the shelf: number,
 * times, durations, key frames.  Video decodes without an error.
 */
static void
assert_file(const struct nvr_buf *b, const struct shelf *s, int64_t zero,
    const int *clock)
{
	struct memory m = {b, 0};
	AVFormatContext *fmt = avformat_alloc_context();
	AVIOContext *io = avio_alloc_context(
	    av_malloc(4096), 4096, 0, &m, memory_read, NULL, NULL);
	AVPacket *pkt = av_packet_alloc();
	AVCodecContext *ctx;
	int next[NVR_TRACKS_MAX] = {0}, frames = 0, videos = 0, n = 0;

	fmt->pb = io;
	assert_int_equal(
	    avformat_open_input(&fmt, NULL, av_find_input_format("mov"), NULL),
	    0);
	ctx = decoder_of(fmt->streams[0]);
	while (av_read_frame(fmt, pkt) == 0) {
		int track = pkt->stream_index, i = next[track];
		AVRational tb = fmt->streams[track]->time_base;
		AVRational own = {1, clock[track]};

		while (i < s->n && s->f[i].track != track)
			i++;
		assert_true(i < s->n);
		assert_int_equal(
		    pkt->dts, av_rescale_q(s->f[i].dts - zero, own, tb));
		assert_int_equal(
		    pkt->pts, av_rescale_q(s->f[i].pts - zero, own, tb));
		assert_int_equal(
		    (pkt->flags & AV_PKT_FLAG_KEY) != 0, s->f[i].key);
		if (track == 0) {
			frames += decode(ctx, pkt);
			videos++;
		}
		next[track] = i + 1;
		av_packet_unref(pkt);
		n++;
	}
	frames += decode(ctx, NULL);
	assert_int_equal(n, s->n);
	assert_int_equal(frames, videos);
	av_packet_free(&pkt);
	avcodec_free_context(&ctx);
	avformat_close_input(&fmt);
	av_freep(&io->buffer);
	avio_context_free(&io);
}

static const struct clip_options plain = {
    .encoder = "libx264", .width = 160, .height = 96, .frames = 60, .gop = 25};

static void
check(struct stream *s, int audio_clock, const char *name)
{
	const int clock[] = {90000, audio_clock};
	struct shelf shelf;
	struct file f = {0};
	struct nvr_intake *in = intake_of(s, &shelf);
	struct nvr_mp4_writer *w;
	struct nvr_error err = {0};
	int64_t zero = shelf.f[0].dts;
	int of_track[NVR_TRACKS_MAX] = {0};

	for (int i = 0; i < shelf.n; i++)
		of_track[shelf.f[i].track]++;
	for (int i = 0; i < s->tracks; i++)
		assert_true(of_track[i] > 0);
	assert_int_equal(nvr_intake_losses(in).broken, 0);
	w = writer_of(&f, in, zero);
	write_all(w, &shelf);
	if (getenv("KEEP") != NULL)
		nvr_file_write(name, f.data.data, f.data.len, 0600, 0, &err);
	assert_file(&f.data, &shelf, zero, clock);
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_buf_release(&f.data);
	shelf_release(&shelf);
	stream_free(s);
}

static void
h264_reads_back(void **state)
{
	struct clip_options o = plain;

	(void)state;
	check(stream_of(&o), 0, "/tmp/h264.mp4");
	o.bframes = 3;
	check(stream_of(&o), 0, "/tmp/h264b.mp4");
	o.in_band = true;
	check(stream_of(&o), 0, "/tmp/h264i.mp4");
}

static void
h265_reads_back(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.encoder = "libx265";
	check(stream_of(&o), 0, "/tmp/h265.mp4");
	o.bframes = 3;
	check(stream_of(&o), 0, "/tmp/h265b.mp4");
}

static void
mjpeg_reads_back(void **state)
{
	struct clip_options o = plain;

	(void)state;
	o.encoder = "mjpeg";
	check(stream_of(&o), 0, "/tmp/mjpeg.mp4");
}

static void
check_audio(const char *encoder, int rate, int clock, const char *flags,
    const char *name)
{
	struct stream *s = stream_new();
	struct clip c;

	clip_video(&c, &plain);
	stream_add(s, &c, NULL);
	clip_free(&c);
	clip_audio(&c, encoder, rate, 100);
	stream_add(s, &c, flags);
	clip_free(&c);
	check(s, clock, name);
}

static void
audio_reads_back(void **state)
{
	(void)state;
	check_audio("aac", 16000, 16000, NULL, "/tmp/aac.mp4");
	check_audio("aac", 48000, 48000, "latm", "/tmp/latm.mp4");
	check_audio("libopus", 48000, 48000, NULL, "/tmp/opus.mp4");
	check_audio("pcm_alaw", 8000, 8000, NULL, "/tmp/alaw.mov");
	check_audio("pcm_s16be", 44100, 44100, NULL, "/tmp/l16.mov");
	/* RFC 3551, 4.5.2: its clock is half its rate, for old times' sake */
	check_audio("g722", 16000, 8000, NULL, "/tmp/g722.mov");
}

/* What the camera left out between two fragments stays left out. */
static void
gaps_between_fragments_stay(void **state)
{
	const int clock[] = {90000, 8000};
	struct stream *s = stream_new();
	struct nvr_mp4_writer *w;
	struct nvr_intake *in;
	struct shelf shelf;
	struct file f = {0};
	struct clip c;

	(void)state;
	clip_video(&c, &plain);
	stream_add(s, &c, NULL);
	clip_free(&c);
	clip_audio(&c, "pcm_alaw", 8000, 100);
	stream_add(s, &c, NULL);
	clip_free(&c);
	in = intake_of(s, &shelf);
	for (int i = 0; i < shelf.n; i++) {
		if (shelf.f[i].track == 0 && i >= 25) {
			shelf.f[i].dts += 90000 * 7 + 1;
			shelf.f[i].pts += 90000 * 7 + 1;
		}
		if (shelf.f[i].track == 1) {
			shelf.f[i].dts += 8000;
			shelf.f[i].pts += 8000;
		}
	}
	w = writer_of(&f, in, -12345);
	write_all(w, &shelf);
	assert_file(&f.data, &shelf, -12345, clock);
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_buf_release(&f.data);
	shelf_release(&shelf);
	stream_free(s);
}

/* A fragment is at the sink when the call returns, and in few writes. */
static void
a_fragment_is_written_at_once(void **state)
{
	struct stream *s = stream_of(&plain);
	struct nvr_error err = {0};
	struct nvr_mp4_writer *w;
	struct nvr_intake *in;
	struct shelf shelf;
	struct file f = {0};
	size_t at, head;

	(void)state;
	in = intake_of(s, &shelf);
	w = writer_of(&f, in, 0);
	head = f.data.len;
	assert_memory_equal(f.data.data + 4, "ftyp", 4);
	assert_true(head > 500);
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
	assert_int_equal(f.data.len, head);
	f.writes = 0;
	for (int i = 0; i < 25; i++)
		assert_int_equal(
		    nvr_mp4_writer_frame(w, 0, &shelf.f[i], &err), 0);
	assert_true(nvr_mp4_writer_held(w) > 1000);
	assert_int_equal(f.data.len, head);
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
	assert_true(f.writes <= 4);
	assert_memory_equal(f.data.data + head + 4, "moof", 4);
	at = head;
	while (at + 8 <= f.data.len) {
		const uint8_t *p = (const uint8_t *)f.data.data + at;

		at += (size_t)p[0] << 24 | (size_t)p[1] << 16 |
		      (size_t)p[2] << 8 | p[3];
	}
	assert_int_equal(at, f.data.len);
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_buf_release(&f.data);
	shelf_release(&shelf);
	stream_free(s);
}

static void
a_full_disk_is_told_in_the_sinks_words(void **state)
{
	struct stream *s = stream_of(&plain);
	const struct nvr_mp4_options o = {.camera = "gate"};
	struct nvr_error err = {0};
	struct nvr_mp4_writer *w = NULL;
	struct nvr_intake *in;
	struct shelf shelf;
	struct file f = {0};
	const struct nvr_sink sink = {file_write, &f};
	struct nvr_mp4_track track;

	(void)state;
	in = intake_of(s, &shelf);
	track = (struct nvr_mp4_track){nvr_intake_track(in, 0), 0};
	f.fail_after = 100;
	assert_int_equal(
	    nvr_mp4_writer_open(&sink, &track, 1, &o, &w, &err), NVR_E_IO);
	assert_string_equal(err.text, "no space in the test");
	assert_null(w);
	f.data.len = 0;
	f.fail_after = 3000;
	w = writer_of(&f, in, 0);
	for (int i = 0; i < 25; i++)
		assert_int_equal(
		    nvr_mp4_writer_frame(w, 0, &shelf.f[i], &err), 0);
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), NVR_E_IO);
	assert_string_equal(err.text, "no space in the test");
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_buf_release(&f.data);
	shelf_release(&shelf);
	stream_free(s);
}

static void
what_mp4_cannot_carry_is_refused(void **state)
{
	struct nvr_track bad[] = {
	    {.codec = "", .video = true},
	    {.codec = "nonsense", .video = true, .clock_rate = 90000},
	    {.codec = "h264", .video = true}, /* no clock */
	    {.codec = "h264", .video = true, .clock_rate = 90000},
	    {.codec = "opus",
		.clock_rate = 48000,
		.channels = 2,
		.sample_rate = 48000}, /* no OpusHead */
	    {.codec = "wmv3", .video = true, .clock_rate = 90000},
	};
	const struct nvr_mp4_options o = {.camera = "gate"};
	struct file f = {0};
	const struct nvr_sink sink = {file_write, &f};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nvr_mp4_track track = {&bad[i], 0};
		struct nvr_error err = {0};
		struct nvr_mp4_writer *w = NULL;

		if (nvr_mp4_writer_open(&sink, &track, 1, &o, &w, &err) !=
		    NVR_E_DATA)
			fail_msg("%s was taken", bad[i].codec);
		assert_null(w);
		assert_true(strlen(err.text) > 10);
	}
	nvr_buf_release(&f.data);
}

static void
a_frame_out_of_its_time_is_refused(void **state)
{
	struct stream *s = stream_of(&plain);
	struct nvr_error err = {0};
	struct nvr_mp4_writer *w;
	struct nvr_intake *in;
	struct shelf shelf;
	struct nvr_frame bad;
	struct file f = {0};

	(void)state;
	in = intake_of(s, &shelf);
	w = writer_of(&f, in, 0);
	assert_int_equal(nvr_mp4_writer_frame(w, 0, &shelf.f[0], &err), 0);
	bad = shelf.f[1];
	bad.dts = -1;
	assert_int_equal(nvr_mp4_writer_frame(w, 0, &bad, &err), NVR_E_DATA);
	bad.dts = bad.pts + 1;
	assert_int_equal(nvr_mp4_writer_frame(w, 0, &bad, &err), NVR_E_DATA);
	bad.dts = bad.pts = 0; /* as the one before */
	assert_int_equal(nvr_mp4_writer_frame(w, 0, &bad, &err), NVR_E_DATA);
	assert_int_equal(nvr_mp4_writer_frame(w, 0, &shelf.f[1], &err), 0);
	assert_int_equal(nvr_mp4_writer_fragment(w, &err), 0);
	nvr_mp4_writer_free(w);
	nvr_intake_free(in);
	nvr_buf_release(&f.data);
	shelf_release(&shelf);
	stream_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(h264_reads_back),
	    cmocka_unit_test(h265_reads_back),
	    cmocka_unit_test(mjpeg_reads_back),
	    cmocka_unit_test(audio_reads_back),
	    cmocka_unit_test(gaps_between_fragments_stay),
	    cmocka_unit_test(a_fragment_is_written_at_once),
	    cmocka_unit_test(a_full_disk_is_told_in_the_sinks_words),
	    cmocka_unit_test(what_mp4_cannot_carry_is_refused),
	    cmocka_unit_test(a_frame_out_of_its_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
