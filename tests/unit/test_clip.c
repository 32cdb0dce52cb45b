/*
 * Clips of recorded segments.  The picture's shade tells a frame's number, so
 * what a player shows, and when, can be compared with what was recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/time.h"
#include "media/clip.h"
#include "media/mp4_box.h"
#include "mp4_help.h"

#define FRAMES 50 /* of a segment, 10 a second */
#define SEC NVR_SECOND
#define SHADES(size)                                   \
	"-f lavfi -i color=black:s=" size ":r=10:d=5," \
	"geq=lum='16+N*4':cb=128:cr=128 "
#define H264                                                               \
	"-pix_fmt yuv420p -c:v libx264 -qp 8 -bf 2 -g 10 -sc_threshold 0 " \
	"-b_strategy 0 "

static struct memory sound, silent, large, pieces, fast, mov;

struct source {
	struct {
		struct memory *m;
		int64_t start;
	} segment[512];
	int n, given, passes;
	int64_t broken; /* in the second pass: 64 KiB from here */
};

struct events {
	struct nvr_clip_event e[16];
	int n;
};

static struct source source;
static struct events events;
static struct memory out;
static struct nvr_clip_result result;
static struct nvr_error err;

static int
source_next(void *ctx, struct nvr_clip_segment *ret, struct nvr_error *e)
{
	struct source *s = ctx;
	int i = s->given;

	if (i == s->n)
		return 0;
	s->given++;
	ret->start = s->segment[i].start;
	if (s->segment[i].m == NULL)
		return nvr_fail(e, NVR_E_NOENT, "it was deleted");
	ret->bytes = bytes_of(s->segment[i].m);
	return 1;
}

static int
source_rewind(void *ctx, struct nvr_error *e)
{
	struct source *s = ctx;

	(void)e;
	s->given = 0;
	s->passes++;
	if (s->broken > 0) {
		s->segment[0].m->broken_from = s->broken;
		s->segment[0].m->broken_to = s->broken + 1;
	}
	return 0;
}

static int
sink_write(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	return nvr_buf_add(ctx, data, len, e);
}

static void
take_event(void *ctx, const struct nvr_clip_event *e)
{
	struct events *ev = ctx;

	assert_true(ev->n < 16);
	ev->e[ev->n++] = *e;
}

static void
segments(int n, ...)
{
	va_list ap;
	int i;

	source = (struct source){.n = n};
	va_start(ap, n);
	for (i = 0; i < n; i++) {
		source.segment[i].m = va_arg(ap, struct memory *);
		source.segment[i].start = va_arg(ap, int64_t);
	}
	va_end(ap);
}

static uint64_t foretold;
static int foretold_rc;

static int
take_size(void *ctx, uint64_t bytes, struct nvr_error *e)
{
	(void)ctx, (void)e;
	assert_int_equal(out.buf.len, 0);
	foretold = bytes;
	return foretold_rc;
}

static int
try_clip(int64_t since, int64_t until, bool key_frames, const char *temp)
{
	struct nvr_clip_source src = {source_next, source_rewind, &source};
	struct nvr_sink sink = {sink_write, &out.buf};
	struct nvr_clip_options o = {.since = since,
	    .until = until,
	    .key_frames = key_frames,
	    .title = "gate",
	    .encoder = "nvr test",
	    .temp = temp,
	    .event = take_event,
	    .size = take_size,
	    .ctx = &events};
	int rc;

	nvr_buf_release(&out.buf);
	events.n = 0;
	source.given = 0;
	rc = nvr_clip_write(&src, &sink, &o, &result, &err);
	if (rc == 0)
		assert_int_equal(foretold, out.buf.len);
	return rc;
}

static void
save(const char *name)
{
	assert_int_equal(nvr_file_write(path_of(name), out.buf.data,
			     out.buf.len, 0600, 0, &err),
	    0);
}

static int
verify(struct nvr_clip_summary *sum)
{
	struct nvr_bytes bytes = bytes_of(&out);

	return nvr_clip_verify(&bytes, sum, &err);
}

/* A program's output. */
static char *
output(const char *line)
{
	static struct nvr_buf text;

	nvr_buf_release(&text);
	assert_true(run(line, "output"));
	assert_int_equal(
	    nvr_file_read(path_of("output"), 16 << 20, &text, &err), 0);
	nvr_buf_reserve(&text, 1, &err);
	return text.data;
}

/* Makes one that is well, for nvr_clip_verify and for ffmpeg. */
static void
clip(int64_t since, int64_t until, bool key_frames)
{
	struct nvr_clip_summary sum;
	char line[512];

	if (try_clip(since, until, key_frames, dir) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(result.bytes, out.buf.len);
	if (verify(&sum) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(sum.frames, result.frames);
	assert_in_range(sum.duration - result.duration + 100, 0, 200); /* us */
	save("clip.mp4");
	snprintf(line, sizeof(line),
	    "ffmpeg -v error -i %s -enc_time_base -1 -f null -",
	    path_of("clip.mp4"));
	if (result.zeroed == 0)
		assert_string_equal(output(line), "");
}

/* The numbers of the frames that a player shows; how many. */
static int
shown(int numbers[], int max)
{
	struct nvr_buf raw = {0};
	char words[512];
	size_t frame = 64 * 48;
	int n, i;

	snprintf(words, sizeof(words),
	    "-i %s -vsync 0 -f rawvideo -pix_fmt yuv420p", path_of("clip.mp4"));
	assert_true(ffmpeg(words, "raw"));
	assert_int_equal(
	    nvr_file_read(path_of("raw"), 64 << 20, &raw, &err), 0);
	frame += frame / 2;
	n = (int)(raw.len / frame);
	for (i = 0; i < n && i < max; i++)
		numbers[i] =
		    ((uint8_t)raw.data[(size_t)i * frame + 24 * 64 + 32] - 14) /
		    4;
	nvr_buf_release(&raw);
	return n;
}

/* Times in milliseconds that a player shows packets of a stream at. */
static int
times(char stream, int ms[], int max)
{
	char line[512], *p, *text;
	int n = 0;

	snprintf(line, sizeof(line),
	    "ffprobe -v error -select_streams %c -show_entries "
	    "packet=pts_time -of csv=p=0 %s",
	    stream, path_of("clip.mp4"));
	text = output(line);
	while ((p = strsep(&text, "\n,")) != NULL)
		if (*p != '\0' && n < max)
			ms[n++] = (int)(strtod(p, NULL) * 1000 +
					(*p == '-' ? -0.5 : 0.5));
	return n;
}

static void
begins_with_the_frame_that_is_due(void **state)
{
	int64_t at;
	int n[FRAMES], count, i;

	(void)state;
	segments(1, &silent, INT64_C(1000) * SEC);
	/* B-frames: its first one is shown at 0.2 s. */
	for (i = 2; i < FRAMES; i += 3) {
		at = 1000 * SEC + i * SEC / 10;
		clip(at + 50000, at + 10 * SEC, false);
		count = shown(n, FRAMES);
		assert_int_equal(n[0], i - 2);
		assert_int_equal(count, FRAMES + 2 - i);
		assert_int_equal(result.first, at);
		clip(at, at + 10 * SEC, false);
		shown(n, FRAMES);
		assert_int_equal(n[0], i - 2);
	}
}

static void
ends_before_until_in_order_of_showing(void **state)
{
	int n[FRAMES], count, i, j;

	(void)state;
	segments(1, &silent, INT64_C(0));
	for (i = 5; i < 18; i++) {
		clip(SEC / 2, i * SEC / 10 + 50000, false);
		count = shown(n, FRAMES);
		assert_int_equal(count, i - 4);
		for (j = 0; j < count; j++)
			assert_int_equal(n[j], 3 + j);
		assert_int_equal(result.last, (i + 1) * SEC / 10);
		/* Also when nothing is hidden before. */
		clip(SEC / 5, i * SEC / 10 + 50000, false);
		assert_int_equal(shown(n, FRAMES), i - 1);
	}
}

/* What a key frame made needless is not copied. */
static void
fragments_need_not_begin_with_a_key_frame(void **state)
{
	int n[FRAMES];

	(void)state;
	segments(1, &pieces, INT64_C(0));
	clip(4 * SEC, 10 * SEC, false);
	assert_int_equal(shown(n, FRAMES), 12);
	assert_int_equal(n[0], 38);
	assert_int_equal(result.frames, 20);
	assert_int_equal(result.first, 4 * SEC);
}

static void
key_frames_need_no_edit_list(void **state)
{
	int n[FRAMES];

	(void)state;
	segments(1, &silent, INT64_C(0));
	clip(3 * SEC, 10 * SEC, true);
	assert_int_equal(shown(n, FRAMES), 30);
	assert_int_equal(n[0], 20);
	assert_int_equal(result.first, 22 * SEC / 10);
	assert_null(memmem(out.buf.data, out.buf.len, "elst", 4));
}

/* Three segments of a run; the second and third are some ms off. */
static void
jitter_at_seams_is_absorbed_and_does_not_add_up(void **state)
{
	int n[3 * FRAMES], ms[400], i, count;

	(void)state;
	segments(3, &sound, INT64_C(0), &sound, 5 * SEC + 7000, &sound,
	    10 * SEC - 4000);
	clip(0, 100 * SEC, false);
	assert_int_equal(result.gaps, 0);
	assert_true(result.complete);
	assert_int_equal(shown(n, 3 * FRAMES), 3 * FRAMES);
	for (i = 0; i < 3 * FRAMES; i++)
		assert_int_equal(n[i], i % FRAMES);
	count = times('v', ms, 400);
	assert_int_equal(count, 3 * FRAMES);
	/* 14 s: the third segment's 40th frame, where it was recorded. */
	for (i = 0; i < count && ms[i] != 14000 + 200 - 4; i++)
		;
	assert_true(i < count);
	count = times('a', ms, 400);
	for (i = 1; i < count; i++)
		assert_in_range(ms[i] - ms[i - 1], 1, 250);
}

static void
of_a_hole_one_second_is_left_for_all_tracks(void **state)
{
	int v[200], a[700], n, i;

	(void)state;
	segments(2, &sound, INT64_C(0), &sound, INT64_C(605) * SEC);
	clip(SEC, 700 * SEC, false);
	assert_int_equal(result.gaps, 1);
	assert_int_equal(events.n, 1);
	assert_int_equal(events.e[0].kind, NVR_CLIP_GAP);
	assert_int_equal(events.e[0].at, 5 * SEC);
	assert_int_equal(events.e[0].length, 600 * SEC);
	assert_int_equal(events.e[0].closed, 599 * SEC);
	assert_int_equal(events.e[0].in_clip, 4 * SEC);
	assert_true(result.complete);
	/* The second segment's 0.2 s, of video, is at 5.2 s of the clip. */
	n = times('v', v, 200);
	for (i = 0; i < n && v[i] != 5200; i++)
		;
	assert_true(i < n);
	n = times('a', a, 700);
	for (i = 0; i < n && a[i] != 5000; i++)
		;
	assert_true(i < n);
	for (i = 1; i < n; i++)
		assert_in_range(a[i] - a[i - 1], 1, 1200);
}

static void
a_clip_that_begins_in_a_hole_begins_behind_it(void **state)
{
	int n[FRAMES];

	(void)state;
	segments(2, &silent, INT64_C(0), &silent, 20 * SEC);
	clip(7 * SEC, 100 * SEC, false);
	assert_int_equal(result.gaps, 0);
	assert_int_equal(result.first, 20 * SEC + SEC / 5);
	assert_int_equal(shown(n, FRAMES), FRAMES);
	assert_int_equal(n[0], 0);
}

static void
recordings_that_overlap_follow_each_other(void **state)
{
	int n[2 * FRAMES], i;

	(void)state;
	segments(2, &silent, INT64_C(0), &silent, 3 * SEC);
	clip(0, 100 * SEC, false);
	assert_int_equal(shown(n, 2 * FRAMES), 2 * FRAMES);
	for (i = 0; i < 2 * FRAMES; i++)
		assert_int_equal(n[i], i % FRAMES);
	assert_int_equal(result.duration, 10 * SEC);
}

/* As little as jitter is, but more than a frame. */
static void
frames_that_overlap_keep_their_order(void **state)
{
	int ms[200], i;

	(void)state;
	segments(2, &fast, INT64_C(0), &fast, 2 * SEC - 90000);
	clip(0, 100 * SEC, false);
	assert_int_equal(result.gaps, 0);
	assert_int_equal(times('v', ms, 200), 200);
	for (i = 1; i < 200; i++)
		assert_in_range(ms[i] - ms[i - 1], 0, 20);
	assert_int_equal(ms[199] - ms[0], 3980 - 90);
}

static void
sound_that_is_off_for_a_while_comes_back_in_time(void **state)
{
	int a[700], n, i;

	(void)state;
	segments(3, &sound, INT64_C(0), &silent, 5 * SEC, &sound, 10 * SEC);
	clip(0, 100 * SEC, false);
	n = times('a', a, 700);
	for (i = 0; i < n && a[i] != 10000; i++)
		;
	assert_true(i < n);
	/* And when it begins later than the picture. */
	segments(2, &silent, INT64_C(0), &sound, 5 * SEC);
	clip(SEC, 100 * SEC, false);
	times('a', a, 700);
	assert_in_range(a[0], 3999, 4001);
	times('v', a, 1);
}

static void
a_change_of_size_gets_a_description_of_its_own(void **state)
{
	char line[512];
	const char *text;

	(void)state;
	segments(3, &silent, INT64_C(0), &large, 5 * SEC, &silent, 10 * SEC);
	clip(0, 100 * SEC, false);
	assert_int_equal(
	    nvr_be32((uint8_t *)out.buf.data + find(&out, "stsd", 0) + 12), 2);
	snprintf(line, sizeof(line),
	    "ffprobe -v error -show_entries frame=width -of default=nk=1:nw=1 "
	    "%s",
	    path_of("clip.mp4"));
	text = output(line);
	assert_non_null(strstr(text, "64\n128\n"));
	assert_non_null(strstr(text, "128\n64\n"));
}

static void
a_damaged_segment_is_left_out_and_reported(void **state)
{
	struct memory torn = {.buf = silent.buf};
	int n[3 * FRAMES];

	(void)state;
	torn.buf.len = 200;
	segments(4, &silent, INT64_C(0), &torn, 5 * SEC, NULL, 6 * SEC, &silent,
	    10 * SEC);
	clip(0, 100 * SEC, false);
	assert_int_equal(result.missing, 2);
	assert_false(result.complete);
	assert_int_equal(events.e[0].kind, NVR_CLIP_MISSING);
	assert_int_equal(events.e[0].at, 5 * SEC);
	assert_int_equal(events.e[0].segment, 1);
	assert_int_equal(events.e[1].segment, 2);
	assert_int_equal(events.e[2].kind, NVR_CLIP_GAP);
	assert_int_equal(shown(n, 3 * FRAMES), 2 * FRAMES);
}

static void
what_the_second_pass_cannot_read_is_zeros(void **state)
{
	struct nvr_clip_summary sum;
	uint64_t len;

	(void)state;
	segments(2, &large, INT64_C(0), &large, 5 * SEC);
	clip(0, 100 * SEC, false);
	len = out.buf.len;
	source.broken = (int64_t)large.buf.len / 2;
	assert_int_equal(try_clip(0, 4 * SEC, false, dir), 0);
	large.broken_to = large.broken_from = 0;
	assert_in_range(result.zeroed, 1, 65536);
	assert_false(result.complete);
	assert_int_equal(events.n, 1);
	assert_int_equal(events.e[0].kind, NVR_CLIP_ZEROED);
	assert_int_equal(events.e[0].bytes, result.zeroed);
	assert_int_equal(verify(&sum), 0);
	assert_true(out.buf.len < len);
}

static void
nothing_is_written_when_there_is_nothing(void **state)
{
	(void)state;
	segments(1, &silent, INT64_C(0));
	assert_int_equal(try_clip(10 * SEC, 20 * SEC, false, dir), NVR_E_NOENT);
	assert_int_equal(try_clip(-10 * SEC, -1, false, dir), NVR_E_NOENT);
	assert_int_equal(try_clip(3, 3, false, dir), NVR_E_USAGE);
	assert_int_equal(out.buf.len, 0);
	segments(0);
	assert_int_equal(try_clip(0, 20 * SEC, false, dir), NVR_E_NOENT);
}

/* More samples than tables keep in memory. */
static void
long_tables_wait_in_files(void **state)
{
	struct nvr_clip_summary sum;
	int i;

	(void)state;
	source = (struct source){.n = 400};
	for (i = 0; i < source.n; i++) {
		source.segment[i].m = &sound;
		source.segment[i].start = i * 5 * SEC + (i % 7) * 1000;
	}
	assert_int_equal(try_clip(SEC, 401 * 5 * SEC, false, dir), 0);
	if (verify(&sum) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(sum.frames, 400 * FRAMES);
	assert_in_range(sum.duration, 1998 * SEC, 2000 * SEC);
	assert_int_equal(events.n, 0);
	/* No room for them is no damage of a segment. */
	assert_int_equal(
	    try_clip(SEC, 401 * 5 * SEC, false, "/nowhere"), NVR_E_NOENT);
	assert_non_null(strstr(err.text, "/nowhere"));
	assert_int_equal(events.n, 0);
}

static void
players_are_told_where_it_is_from(void **state)
{
	char line[512];
	const char *text;

	(void)state;
	segments(1, &sound, INT64_C(1600000000) * SEC);
	clip(1600000001 * SEC, 1600000003 * SEC, false);
	snprintf(line, sizeof(line), "ffprobe -v error -show_format %s",
	    path_of("clip.mp4"));
	text = output(line);
	assert_non_null(strstr(text, "TAG:title=gate\n"));
	assert_non_null(strstr(text, "TAG:encoder=nvr test\n"));
	assert_non_null(strstr(text, "TAG:creation_time=2020-09-13T12:26:41"));
	assert_non_null(strstr(text, "TAG:major_brand=isom\n"));
	segments(2, &mov, INT64_C(0), &mov, 5 * SEC);
	clip(SEC, 9 * SEC, false);
	text = output(line);
	assert_non_null(strstr(text, "TAG:major_brand=qt  \n"));
}

static void
a_changed_clip_is_not_whole(void **state)
{
	static const struct {
		const char *box;
		size_t at;
	} WORDS[] = {
	    {"mvhd", 24},
	    {"tkhd", 28},
	    {"elst", 16},
	    {"mdhd", 24},
	    {"stts", 12},
	    {"stts", 16},
	    {"stts", 20},
	    {"ctts", 16},
	    {"stss", 12},
	    {"stss", 20},
	    {"stsz", 16},
	    {"stsz", 20},
	    {"stsc", 16},
	    {"stsc", 20},
	    {"stsc", 24},
	    {"stco", 16},
	    {"stco", 12},
	    {"stbl", 0},
	    {"stsd", 12},
	    {"mdat", 0},
	};
	struct nvr_clip_summary sum;
	uint8_t *p;
	uint32_t was;
	size_t i, len;

	(void)state;
	segments(2, &sound, INT64_C(0), &large, 5 * SEC);
	clip(SEC + 50000, 9 * SEC, false);
	for (i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++) {
		p = (uint8_t *)out.buf.data + find(&out, WORDS[i].box, 0) +
		    WORDS[i].at;
		was = nvr_be32(p);
		nvr_put32(p, was + 60000);
		if (verify(&sum) != NVR_E_DATA)
			fail_msg("%s at %zu", WORDS[i].box, WORDS[i].at);
		nvr_put32(p, was);
	}
	assert_int_equal(verify(&sum), 0);
	for (len = out.buf.len; out.buf.len > 64; out.buf.len -= 61)
		assert_int_equal(
		    verify(&sum), out.buf.len == len ? 0 : NVR_E_DATA);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL ||
	    !ffmpeg(SHADES("64x48") "-f lavfi -i sine=r=48000:d=5 " H264
				    "-c:a aac " FRAGMENTED,
		"sound.mp4") ||
	    !ffmpeg(SHADES("64x48") H264 FRAGMENTED, "silent.mp4") ||
	    !ffmpeg(
		SHADES("128x96") "-vf noise=alls=60:allf=t " H264 FRAGMENTED,
		"large.mp4") ||
	    !ffmpeg(SHADES("64x48") H264 FRAGMENTED
		"-movflags -frag_keyframe -frag_duration 300000",
		"pieces.mp4") ||
	    !ffmpeg("-f lavfi -i testsrc2=s=64x48:r=50:d=2 -c:v libx264 "
		    "-bf 0 " FRAGMENTED,
		"fast.mp4") ||
	    !ffmpeg(SHADES("64x48") "-f lavfi -i sine=r=8000:d=5 " H264
				    "-c:a pcm_alaw " FRAGMENTED,
		"pcm.mov"))
		return -1;
	load(&sound, "sound.mp4");
	load(&silent, "silent.mp4");
	load(&large, "large.mp4");
	load(&pieces, "pieces.mp4");
	load(&fast, "fast.mp4");
	load(&mov, "pcm.mov");
	return 0;
}

static int
tear_down(void **state)
{
	char line[300];

	(void)state;
	nvr_buf_release(&sound.buf);
	nvr_buf_release(&silent.buf);
	nvr_buf_release(&large.buf);
	nvr_buf_release(&pieces.buf);
	nvr_buf_release(&fast.buf);
	nvr_buf_release(&mov.buf);
	nvr_buf_release(&out.buf);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	return run(line, "rm") ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(begins_with_the_frame_that_is_due),
	    cmocka_unit_test(ends_before_until_in_order_of_showing),
	    cmocka_unit_test(fragments_need_not_begin_with_a_key_frame),
	    cmocka_unit_test(key_frames_need_no_edit_list),
	    cmocka_unit_test(jitter_at_seams_is_absorbed_and_does_not_add_up),
	    cmocka_unit_test(of_a_hole_one_second_is_left_for_all_tracks),
	    cmocka_unit_test(a_clip_that_begins_in_a_hole_begins_behind_it),
	    cmocka_unit_test(recordings_that_overlap_follow_each_other),
	    cmocka_unit_test(frames_that_overlap_keep_their_order),
	    cmocka_unit_test(sound_that_is_off_for_a_while_comes_back_in_time),
	    cmocka_unit_test(a_change_of_size_gets_a_description_of_its_own),
	    cmocka_unit_test(a_damaged_segment_is_left_out_and_reported),
	    cmocka_unit_test(what_the_second_pass_cannot_read_is_zeros),
	    cmocka_unit_test(nothing_is_written_when_there_is_nothing),
	    cmocka_unit_test(long_tables_wait_in_files),
	    cmocka_unit_test(players_are_told_where_it_is_from),
	    cmocka_unit_test(a_changed_clip_is_not_whole),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
