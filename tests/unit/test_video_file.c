/*
 * A file as a camera: at every moment the frame that is due.  The clip's
 * frames are grey, each a shade of its own, so a picture tells its number.
 * Link with -Wl,--wrap=nvr_video_utc: the clock is the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/video.h"

#define FRAMES 50
#define STEP_US 100000 /* 10 frames a second */

extern char **environ;
int64_t __wrap_nvr_video_utc(void);

static int64_t now;
static char dir[] = "/tmp/nvr-video-XXXXXX";

int64_t
__wrap_nvr_video_utc(void)
{
	return now;
}

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* ffmpeg's words, separated by blanks, then the file to make. */
static bool
ffmpeg(const char *words, const char *name)
{
	char line[1024], *argv[64], *p = line;
	int argc = 0, status;
	pid_t pid;

	snprintf(line, sizeof(line), "ffmpeg -v error -nostdin -y %s", words);
	while ((argv[argc] = strsep(&p, " ")) != NULL)
		if (*argv[argc] != '\0')
			argc++;
	argv[argc++] = (char *)path_of(name);
	argv[argc] = NULL;
	if (posix_spawnp(&pid, "ffmpeg", NULL, NULL, argv, environ) != 0)
		return false;
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool
clip(const char *codec, const char *name)
{
	char words[512];

	snprintf(words, sizeof(words),
	    "-f lavfi -i color=black:s=64x48:r=10:d=5,"
	    "geq=lum='16+N*4':cb=128:cr=128 %s",
	    codec);
	return ffmpeg(words, name);
}

static bool
remux(const char *options, const char *name)
{
	char words[512];

	snprintf(words, sizeof(words), "-i %s -c copy %s", path_of("a.mp4"),
	    options);
	return ffmpeg(words, name);
}

static int
still(const char *name, struct nvr_picture **pic, struct nvr_error *err)
{
	char url[300];
	struct nvr_video_request req = {
	    .url = url,
	    .timeout = 20 * 1000000,
	};

	snprintf(url, sizeof(url), "file://%s", path_of(name));
	return nvr_video_still(&req, pic, err);
}

static int
number_at(const char *name, int64_t at)
{
	struct nvr_picture *pic = NULL;
	struct nvr_error err = {0};
	int luma;

	now = at;
	if (still(name, &pic, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(pic->taken_at, at);
	assert_int_equal(pic->width, 64);
	assert_int_equal(pic->height, 48);
	luma = pic->plane[0][24 * pic->stride[0] + 32];
	nvr_picture_free(pic);
	return (luma * 219 / 255 + 2) / 4;
}

/* Every frame of two rounds, in the middle of its time. */
static void
plays(const char *name, int64_t step)
{
	for (int i = 0; i < 2 * FRAMES; i++)
		assert_int_equal(
		    number_at(name, 1000 * FRAMES * step + i * step + step / 2),
		    i % FRAMES);
}

static void
a_file_with_an_index_shows_the_frame_that_is_due(void **state)
{
	(void)state;
	plays("a.mp4", STEP_US);
}

static void
frames_kept_back_for_their_order_are_shown_in_time(void **state)
{
	(void)state;
	assert_true(remux("", "a.mkv"));
	plays("a.mkv", STEP_US);
}

static void
a_file_that_does_not_know_its_length_is_scanned(void **state)
{
	(void)state;
	assert_true(remux("-movflags frag_keyframe+empty_moov", "frag.mp4"));
	assert_true(remux("-live 1", "live.mkv"));
	plays("frag.mp4", STEP_US);
	plays("live.mkv", STEP_US);
}

static void
a_start_that_is_not_zero_is_the_start(void **state)
{
	(void)state;
	assert_true(remux("-output_ts_offset 1000", "late.ts"));
	plays("late.ts", STEP_US);
}

static void
a_stream_without_timestamps_plays_at_25_a_second(void **state)
{
	(void)state;
	assert_true(remux("", "a.h264"));
	assert_true(clip("-c:v mjpeg -q:v 2", "a.mjpeg"));
	plays("a.h264", 40000);
	plays("a.mjpeg", 40000);
}

static void
a_file_of_one_frame_is_that_frame(void **state)
{
	(void)state;
	assert_true(remux("-frames:v 1", "one.mp4"));
	assert_int_equal(number_at("one.mp4", 123456789), 0);
}

/* 0xc86432 in the matrix and range of JFIF (ITU-T T.871, section 7). */
static void
colours_are_those_of_a_jpeg_whatever_the_video_has(void **state)
{
	static const char *const spaces[][2] = {{"bt709", "tv"},
	    {"bt709", "pc"}, {"smpte170m", "tv"}, {"smpte170m", "pc"},
	    {"bt2020nc", "tv"}};
	static const int jpeg[3] = {124, 86, 182};

	(void)state;
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		struct nvr_picture *pic = NULL;
		struct nvr_error err = {0};
		char words[512];

		snprintf(words, sizeof(words),
		    "-f lavfi -i color=0xc86432:s=64x48:r=1:d=1,format=gbrp,"
		    "scale=out_color_matrix=%s:out_range=%s,format=yuv420p "
		    "-colorspace %s -color_range %s -c:v libx264 -qp 1",
		    strcmp(spaces[i][0], "bt2020nc") ? spaces[i][0] : "bt2020",
		    spaces[i][1], spaces[i][0], spaces[i][1]);
		assert_true(ffmpeg(words, "colour.mp4"));
		if (still("colour.mp4", &pic, &err) != 0)
			fail_msg("%s", err.text);
		for (int p = 0; p < 3; p++)
			assert_in_range(
			    pic->plane[p][0], jpeg[p] - 2, jpeg[p] + 2);
		nvr_picture_free(pic);
	}
}

static void
a_picture_is_made_smaller_but_never_larger(void **state)
{
	char url[300];
	struct nvr_video_request req = {.url = url, .timeout = 20000000};
	struct nvr_picture *pic = NULL;
	struct nvr_error err = {0};

	(void)state;
	snprintf(url, sizeof(url), "file://%s", path_of("a.mp4"));
	req.width = 33;
	assert_int_equal(nvr_video_still(&req, &pic, &err), 0);
	assert_int_equal(pic->width, 33);
	assert_int_equal(pic->height, 25);
	nvr_picture_free(pic);
	req.width = 65;
	assert_int_equal(nvr_video_still(&req, &pic, &err), 0);
	assert_int_equal(pic->width, 64);
	assert_int_equal(pic->height, 48);
	nvr_picture_free(pic);
}

static void
refuses(const char *name, int code, const char *text)
{
	struct nvr_picture *pic = NULL;
	struct nvr_error err = {0};

	assert_int_equal(still(name, &pic, &err), code);
	assert_non_null(strstr(err.text, text));
	assert_null(pic);
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
what_is_no_video_is_refused(void **state)
{
	(void)state;
	put("empty.mp4", "");
	put("list.txt", "ffconcat version 1.0\nfile a.mp4\n");
	put("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n"
			 "a.mp4\n#EXT-X-ENDLIST\n");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	refuses("empty.mp4", NVR_E_DATA, "empty");
	refuses("list.txt", NVR_E_DATA, "not a video");
	refuses("list.m3u8", NVR_E_DATA, "not a video");
	refuses("fifo", NVR_E_DATA, "regular");
	refuses("", NVR_E_DATA, "regular");
	refuses("none.mp4", NVR_E_NOENT, "No such file");
}

/* A cut anywhere gives a picture or an error, and is never waited for. */
static void
a_file_that_is_cut_short_does_no_harm(void **state)
{
	struct stat st;

	(void)state;
	assert_true(remux("", "cut.ts"));
	assert_int_equal(stat(path_of("cut.ts"), &st), 0);
	for (off_t size = st.st_size; size > 0; size -= 997) {
		struct nvr_picture *pic = NULL;
		struct nvr_error err = {0};
		int rc;

		assert_int_equal(truncate(path_of("cut.ts"), size), 0);
		rc = still("cut.ts", &pic, &err);
		assert_true(rc == 0 || rc == NVR_E_DATA);
		nvr_picture_free(pic);
	}
}

static int
make_clip(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	if (clip("-c:v libx264 -qp 1 -bf 3 -g 20 -pix_fmt yuv420p", "a.mp4"))
		return 0;
	rmdir(dir);
	print_message("1..0 # SKIP there is no ffmpeg with libx264\n");
	exit(0);
}

static int
remove_clips(void **state)
{
	char *argv[] = {(char *)"rm", (char *)"-rf", dir, NULL};
	pid_t pid;

	(void)state;
	if (posix_spawnp(&pid, "rm", NULL, NULL, argv, environ) != 0)
		return -1;
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_with_an_index_shows_the_frame_that_is_due),
	    cmocka_unit_test(
		frames_kept_back_for_their_order_are_shown_in_time),
	    cmocka_unit_test(a_file_that_does_not_know_its_length_is_scanned),
	    cmocka_unit_test(a_start_that_is_not_zero_is_the_start),
	    cmocka_unit_test(a_stream_without_timestamps_plays_at_25_a_second),
	    cmocka_unit_test(a_file_of_one_frame_is_that_frame),
	    cmocka_unit_test(
		colours_are_those_of_a_jpeg_whatever_the_video_has),
	    cmocka_unit_test(a_picture_is_made_smaller_but_never_larger),
	    cmocka_unit_test(what_is_no_video_is_refused),
	    cmocka_unit_test(a_file_that_is_cut_short_does_no_harm),
	};

	return cmocka_run_group_tests(tests, make_clip, remove_clips);
}
