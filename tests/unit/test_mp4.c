/*
 * The reader of fragmented MP4 agrees with ffprobe about every sample, ends
 * where a torn file does, and refuses what is broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "media/mp4.h"
#include "media/mp4_box.h"
#include "mp4_help.h"

#define SOUND "-f lavfi -i sine=d=3:r=48000 "
#define PICTURE "-f lavfi -i testsrc2=s=160x120:r=25:d=3 "

static const struct {
	const char *name, *words, *video, *audio;
} FILES[] = {
    {"h264.mp4", PICTURE SOUND "-c:v libx264 -g 25 -bf 2 -c:a aac " FRAGMENTED,
	"avc1", "mp4a"},
    {"opus.mp4",
	PICTURE SOUND "-c:v libx264 -g 25 -bf 0 -c:a libopus " FRAGMENTED,
	"avc1", "Opus"},
    {"hevc.mp4",
	PICTURE "-c:v libx265 -x265-params log-level=none:keyint=25 "
		"-tag:v hvc1 " FRAGMENTED,
	"hvc1", NULL},
    {"mjpeg.mp4", PICTURE "-c:v mjpeg " FRAGMENTED, "mp4v", NULL},
    {"alaw.mov",
	PICTURE SOUND "-c:v libx264 -g 25 -ar 8000 -c:a pcm_alaw " FRAGMENTED,
	"avc1", "alaw"},
};
#define FILES_N (sizeof(FILES) / sizeof(*FILES))

static struct memory file[FILES_N];

static struct nvr_mp4 *
open_file(struct memory *m)
{
	struct nvr_bytes bytes = bytes_of(m);
	struct nvr_error err = {0};
	struct nvr_mp4 *mp4 = NULL;

	if (nvr_mp4_open(&bytes, &mp4, &err) != 0)
		fail_msg("%s", err.text);
	return mp4;
}

/* A line a sample, in ffprobe's way, of one track. */
static void
describe(struct memory *m, int track, struct nvr_buf *out)
{
	const struct nvr_mp4_sample *s;
	struct nvr_error err = {0};
	struct nvr_mp4 *mp4 = open_file(m);
	size_t n, i;
	int rc;

	while ((rc = nvr_mp4_next(mp4, &s, &n, &err)) == 1)
		for (i = 0; i < n; i++)
			if (s[i].track == track)
				nvr_buf_addf(out, &err,
				    "%lld,%lld,%u,%llu,%s\n",
				    (long long)(s[i].dts + s[i].cts),
				    (long long)s[i].dts, s[i].size,
				    (unsigned long long)s[i].offset,
				    s[i].key ? "K_" : "__");
	assert_int_equal(rc, 0);
	assert_int_equal(nvr_mp4_end(mp4), m->buf.len);
	nvr_mp4_free(mp4);
}

/* Side data may stand behind the flags, or on a line of its own. */
static void
same_lines(char *ours, char *theirs)
{
	char *a, *b;

	while ((a = strsep(&ours, "\n")) != NULL && *a != '\0') {
		do
			b = strsep(&theirs, "\n");
		while (b != NULL && *b == '\0');
		assert_non_null(b);
		b[strnlen(b, strlen(a))] = '\0';
		assert_string_equal(a, b);
	}
	assert_true(theirs == NULL || strspn(theirs, "\n") == strlen(theirs));
}

static void
every_sample_is_where_ffprobe_finds_it(void **state)
{
	struct nvr_buf theirs, ours;
	struct nvr_error err;
	char line[512];
	size_t i;
	int track;

	(void)state;
	for (i = 0; i < 2 * FILES_N; i++) {
		track = i % 2;
		if (track == 1 && FILES[i / 2].audio == NULL)
			continue;
		snprintf(line, sizeof(line),
		    "ffprobe -v error -select_streams %d -show_entries "
		    "packet=pts,dts,size,pos,flags -of csv=p=0 %s",
		    track, path_of(FILES[i / 2].name));
		assert_true(run(line, "probe"));
		theirs = ours = (struct nvr_buf){0};
		assert_int_equal(
		    nvr_file_read(path_of("probe"), 1 << 20, &theirs, &err), 0);
		describe(&file[i / 2], track, &ours);
		same_lines(ours.data, theirs.data);
		nvr_buf_release(&theirs);
		nvr_buf_release(&ours);
	}
}

static void
tracks_tell_what_they_are(void **state)
{
	const struct nvr_mp4_track_info *t;
	struct nvr_mp4 *m;
	size_t i;

	(void)state;
	for (i = 0; i < FILES_N; i++) {
		m = open_file(&file[i]);
		assert_int_equal(
		    nvr_mp4_tracks(m), FILES[i].audio != NULL ? 2 : 1);
		t = nvr_mp4_track(m, 0);
		assert_true(t->video);
		assert_string_equal(t->format, FILES[i].video);
		assert_int_equal(t->width, 160);
		assert_int_equal(t->height, 120);
		assert_int_equal(nvr_be32(t->stsd), t->stsd_len);
		assert_true(t->config_len > 4);
		if (FILES[i].audio != NULL) {
			t = nvr_mp4_track(m, 1);
			assert_false(t->video);
			assert_string_equal(t->format, FILES[i].audio);
		}
		assert_int_equal(nvr_mp4_quicktime(m),
		    strstr(FILES[i].name, ".mov") != NULL);
		nvr_mp4_free(m);
	}
}

static void
one_read_a_fragment(void **state)
{
	const struct nvr_mp4_sample *s;
	struct nvr_error err;
	struct nvr_mp4 *m;
	int fragments = 0;
	size_t n;

	(void)state;
	file[0].reads = 0;
	m = open_file(&file[0]);
	while (nvr_mp4_next(m, &s, &n, &err) == 1)
		fragments++;
	assert_int_equal(fragments, 3);
	assert_true(file[0].reads <= fragments + 1);
	nvr_mp4_rewind(m);
	assert_int_equal(nvr_mp4_next(m, &s, &n, &err), 1);
	assert_int_equal(s[0].dts, 0);
	nvr_mp4_free(m);
}

/* Cut anywhere, it has the fragments that are whole, and says where. */
static void
a_torn_file_ends_at_its_last_whole_fragment(void **state)
{
	struct memory torn = {.buf = file[0].buf};
	const struct nvr_mp4_sample *s;
	struct nvr_error err;
	struct nvr_bytes bytes;
	struct nvr_mp4 *m;
	uint64_t ends[8] = {0}, n_ends = 0;
	size_t n, len, i, moov_end;
	int fragments, rc;

	(void)state;
	m = open_file(&file[0]);
	moov_end = nvr_mp4_end(m);
	do
		ends[n_ends++] = nvr_mp4_end(m);
	while (nvr_mp4_next(m, &s, &n, &err) == 1);
	nvr_mp4_free(m);
	for (len = 0; len < file[0].buf.len; len += len < 4000 ? 1 : 97) {
		torn.buf.len = len;
		bytes = bytes_of(&torn);
		rc = nvr_mp4_open(&bytes, &m, &err);
		if (len < moov_end) {
			assert_int_equal(rc, NVR_E_DATA);
			continue;
		}
		assert_int_equal(rc, 0);
		for (fragments = 0; (rc = nvr_mp4_next(m, &s, &n, &err)) == 1;
		     fragments++)
			;
		assert_int_equal(rc, 0);
		for (i = 0; i + 1 < n_ends && ends[i + 1] <= len; i++)
			;
		assert_int_equal(fragments, (int)i);
		assert_int_equal(nvr_mp4_end(m), ends[i]);
		nvr_mp4_free(m);
	}
}

static void
boxes_in_between_and_of_64_bits_are_passed_over(void **state)
{
	static const uint8_t skipped[] = {0, 0, 0, 1, 's', 'i', 'd', 'x', 0, 0,
	    0, 0, 0, 0, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 8, 'f', 'r',
	    'e', 'e'};
	const struct nvr_mp4_sample *s;
	struct nvr_error err;
	struct memory m = {0};
	struct nvr_mp4 *mp4 = open_file(&file[0]);
	size_t n, at = nvr_mp4_end(mp4);

	(void)state;
	nvr_mp4_free(mp4);
	nvr_buf_add(&m.buf, file[0].buf.data, at, &err);
	nvr_buf_add(&m.buf, skipped, sizeof(skipped), &err);
	nvr_buf_add(&m.buf, file[0].buf.data + at, file[0].buf.len - at, &err);
	mp4 = open_file(&m);
	assert_int_equal(nvr_mp4_next(mp4, &s, &n, &err), 1);
	assert_int_equal(nvr_mp4_end(mp4), find(&m, "moof", nvr_mp4_end(mp4)));
	nvr_mp4_free(mp4);
	nvr_buf_release(&m.buf);
}

/* Changes a 32-bit word; what the first fragment then says. */
static int
with_word(size_t at, uint32_t word)
{
	struct memory m = {0};
	const struct nvr_mp4_sample *s;
	struct nvr_bytes bytes;
	struct nvr_mp4 *mp4;
	struct nvr_error err = {0};
	size_t n;
	int rc;

	nvr_buf_add(&m.buf, file[0].buf.data, file[0].buf.len, &err);
	nvr_put32((uint8_t *)m.buf.data + at, word);
	bytes = bytes_of(&m);
	rc = nvr_mp4_open(&bytes, &mp4, &err);
	if (rc == 0) {
		rc = nvr_mp4_next(mp4, &s, &n, &err);
		nvr_mp4_free(mp4);
	}
	nvr_buf_release(&m.buf);
	return rc;
}

static void
what_contradicts_itself_is_refused(void **state)
{
	size_t moof = find(&file[0], "moof", 0);
	size_t trun = find(&file[0], "trun", moof);
	size_t tfhd = find(&file[0], "tfhd", moof);
	size_t tfdt = find(&file[0], "tfdt", moof);
	size_t mdat = find(&file[0], "mdat", moof);

	(void)state;
	assert_int_equal(
	    with_word(moof, nvr_be32((uint8_t *)file[0].buf.data + moof)), 1);
	/* So many samples do not fit in the box; or in memory. */
	assert_int_equal(with_word(trun + 12, 0x4000), NVR_E_DATA);
	assert_int_equal(with_word(trun + 12, 0xffffffff), NVR_E_DATA);
	/* The data is before the mdat, or behind it. */
	assert_int_equal(with_word(trun + 16, 8), NVR_E_DATA);
	assert_int_equal(with_word(trun + 16, 0x80000000), NVR_E_DATA);
	assert_int_equal(with_word(trun + 16, 0x7fffffff), NVR_E_DATA);
	/* The last sample goes on behind it. */
	assert_int_equal(with_word(mdat - 4, 0x10000), NVR_E_DATA);
	/* No base; another description; a time in 20,000 years. */
	assert_int_equal(with_word(tfhd + 8, 0x38), NVR_E_DATA);
	assert_int_equal(with_word(tfdt + 12, 0x7fffffff), NVR_E_DATA);
	/* Boxes that are too long for what is around them, or too short. */
	assert_int_equal(with_word(trun, 0x7fffffff), NVR_E_DATA);
	assert_int_equal(with_word(moof + 8, 0x7fffffff), NVR_E_DATA);
	assert_int_equal(with_word(moof, 7), NVR_E_DATA);
	assert_int_equal(with_word(moof, 0x7fffffff), 0);
	assert_int_equal(with_word(mdat, 0x7fffffff), 0);
	assert_int_equal(with_word(mdat, 9), NVR_E_DATA);
	assert_int_equal(with_word(mdat + 4, 0x66726565), NVR_E_DATA);
}

static void
a_moov_that_is_not_of_this_kind_is_refused(void **state)
{
	static const char *const NEEDED[] = {"ftyp", "moov", "mvex", "trak",
	    "mdia", "minf", "stbl", "stsd", "mdhd", "hdlr", "tkhd"};
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(NEEDED) / sizeof(*NEEDED); i++) {
		at = find(&file[2], NEEDED[i], 0);
		memcpy(file[2].buf.data + at + 4, "xxxx", 4);
		assert_int_equal(
		    nvr_mp4_open(&(struct nvr_bytes){memory_pread, &file[2],
				     file[2].buf.len},
			&(struct nvr_mp4 *){NULL}, &(struct nvr_error){0}),
		    NVR_E_DATA);
		memcpy(file[2].buf.data + at + 4, NEEDED[i], 4);
	}
	at = find(&file[0], "mdhd", 0);
	assert_int_equal(with_word(at + 20, 0), NVR_E_DATA);
	at = find(&file[0], "avc1", find(&file[0], "stsd", 0));
	assert_int_equal(with_word(at, 40), NVR_E_DATA);
}

static int
set_up(void **state)
{
	size_t i;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < FILES_N; i++) {
		if (!ffmpeg(FILES[i].words, FILES[i].name))
			return -1;
		load(&file[i], FILES[i].name);
	}
	return 0;
}

static int
tear_down(void **state)
{
	char line[300];
	size_t i;

	(void)state;
	for (i = 0; i < FILES_N; i++)
		nvr_buf_release(&file[i].buf);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	return run(line, "rm") ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_is_where_ffprobe_finds_it),
	    cmocka_unit_test(tracks_tell_what_they_are),
	    cmocka_unit_test(one_read_a_fragment),
	    cmocka_unit_test(a_torn_file_ends_at_its_last_whole_fragment),
	    cmocka_unit_test(boxes_in_between_and_of_64_bits_are_passed_over),
	    cmocka_unit_test(what_contradicts_itself_is_refused),
	    cmocka_unit_test(a_moov_that_is_not_of_this_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
