/* The health of cameras: luma of JPEGs, baselines, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <turbojpeg.h>

#include "core/health.h"

#define W NVR_LUMA_WIDTH
#define H NVR_LUMA_HEIGHT

static struct nvr_error err;
static struct nvr_luma luma;
static struct nvr_features features;
static struct nvr_health_report report;
static uint32_t noise_state;

static int
noise(int amplitude)
{
	noise_state = noise_state * 1664525 + 1013904223;
	return (int)(noise_state >> 16) % (2 * amplitude + 1) - amplitude;
}

/* A wall with one thing in each 64 x 60 of it, of some size, place and grey. */
static int
facade(int x, int y)
{
	uint32_t h = (uint32_t)(x / 64 * 7919 + y / 60 * 104729) * 2654435761u;
	int left = (int)(h >> 8 & 15), top = (int)(h >> 12 & 15);
	int width = 20 + (int)(h >> 16 & 15), height = 20 + (int)(h >> 20 & 15);
	int u = x % 64 - left, v = y % 60 - top;

	if (u < 0 || v < 0 || u >= width || v >= height)
		return 150;
	return 30 + (int)(h >> 24) * 3 / 4;
}

/* The scene, moved by (dx, dy) pixels, with noise that i decides. */
static void
draw(int i, int dx, int dy)
{
	noise_state = (uint32_t)i * 977 + 1;
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			luma.y[y * W + x] =
			    (uint8_t)(facade(x - dx + 6400, y - dy + 6000) +
				      noise(3));
	luma.source_width = 1920;
	luma.source_height = 1080;
	luma.chroma = 10;
}

static void
fill(int level, int amplitude)
{
	for (int i = 0; i < W * H; i++)
		luma.y[i] = (uint8_t)(level + noise(amplitude));
}

static void
blur(int passes)
{
	static uint8_t old[W * H];

	while (passes-- > 0) {
		memcpy(old, luma.y, sizeof(old));
		for (int i = W + 1; i < W * H - W - 1; i++)
			luma.y[i] =
			    (uint8_t)((4 * old[i] + 2 * old[i - 1] +
					  2 * old[i + 1] + 2 * old[i - W] +
					  2 * old[i + W] + old[i - W - 1] +
					  old[i - W + 1] + old[i + W - 1] +
					  old[i + W + 1]) /
				      16);
	}
}

static struct nvr_baseline *
learn(int n)
{
	struct nvr_baseline *b = NULL;

	assert_int_equal(nvr_baseline_new(&b, &err), 0);
	for (int i = 0; i < n; i++) {
		draw(i, 0, 0);
		nvr_features_measure(&luma, &features);
		nvr_baseline_look(b, &features);
		nvr_baseline_learn(b, &features);
	}
	return b;
}

static void
judge(const struct nvr_baseline *b)
{
	nvr_features_measure(&luma, &features);
	nvr_health_judge(b, &features, &report);
}

static enum nvr_health_verdict
verdict(enum nvr_health_label label)
{
	return report.check[label].verdict;
}

static void
assert_healthy(void)
{
	for (int i = 0; i < NVR_HEALTH_LABELS; i++)
		assert_int_equal(report.check[i].verdict, NVR_VERDICT_NO);
	assert_true(nvr_health_may_learn(&report));
}

static void
assert_only(enum nvr_health_label label)
{
	for (int i = 0; i < NVR_HEALTH_LABELS; i++)
		if (i == (int)label)
			assert_int_equal(verdict(i), NVR_VERDICT_YES);
		else
			assert_int_not_equal(verdict(i), NVR_VERDICT_YES);
	assert_false(nvr_health_may_learn(&report));
	assert_true(report.check[label].confidence >= 0.5);
	assert_true(report.check[label].confidence <= 1);
}

static void
judging_teaches_a_baseline_nothing(void **state)
{
	struct nvr_baseline *b = learn(3);

	(void)state;
	draw(50, 0, 0);
	judge(b);
	nvr_baseline_look(b, &features);
	assert_int_equal(nvr_baseline_samples(b), 3);
	nvr_baseline_learn(b, &features);
	assert_int_equal(nvr_baseline_samples(b), 4);
	nvr_baseline_free(b);
}

static void
below_eight_stills_only_absolute_rules_judge(void **state)
{
	struct nvr_baseline *b = learn(7);

	(void)state;
	draw(50, 0, 0);
	judge(b);
	assert_int_equal(verdict(NVR_HEALTH_BLACK), NVR_VERDICT_NO);
	for (int i = NVR_HEALTH_COVERED; i <= NVR_HEALTH_BLURRED; i++) {
		assert_int_equal(verdict(i), NVR_VERDICT_UNKNOWN);
		assert_int_equal(
		    report.check[i].uncertainty, NVR_UNSURE_LEARNING);
	}
	assert_true(nvr_health_may_learn(&report));
	fill(5, 2);
	judge(b);
	assert_only(NVR_HEALTH_BLACK);
	fill(240, 2);
	judge(b);
	assert_only(NVR_HEALTH_OVER_EXPOSED);
	fill(120, 2);
	judge(b);
	assert_only(NVR_HEALTH_COVERED);
	assert_int_equal(nvr_baseline_accept(b, &err), NVR_E_USAGE);
	nvr_baseline_free(b);
}

static void
a_healthy_still_raises_no_alarm(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	draw(50, 0, 0);
	judge(b);
	assert_healthy();
	assert_int_equal(nvr_baseline_accept(b, &err), 0);
	nvr_baseline_free(b);
}

static void
other_light_raises_no_alarm(void **state)
{
	struct nvr_baseline *b = learn(12);

	(void)state;
	for (double gamma = 0.7; gamma < 1.41; gamma += 0.1) {
		draw(50, 0, 0);
		for (int i = 0; i < W * H; i++)
			luma.y[i] =
			    (uint8_t)(255 * pow(luma.y[i] / 255.0, gamma));
		judge(b);
		assert_healthy();
	}
	draw(51, 0, 0);
	for (int i = 0; i < W * H; i++) /* night, and the noise of it */
		luma.y[i] = (uint8_t)(luma.y[i] / 4 + 8 + noise(4));
	judge(b);
	assert_healthy();
	nvr_baseline_free(b);
}

static void
black_and_over_exposed_are_found(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	fill(6, 3);
	judge(b);
	assert_only(NVR_HEALTH_BLACK);
	assert_int_equal(
	    report.check[NVR_HEALTH_MOVED].uncertainty, NVR_UNSURE_DARK);
	fill(235, 5);
	judge(b);
	assert_only(NVR_HEALTH_OVER_EXPOSED);
	assert_int_equal(
	    report.check[NVR_HEALTH_MOVED].uncertainty, NVR_UNSURE_BRIGHT);
	nvr_baseline_free(b);
}

static void
a_cover_is_found_and_hides_the_rest(void **state)
{
	struct nvr_baseline *b = learn(8);
	char text[200];

	(void)state;
	fill(110, 6);
	judge(b);
	assert_only(NVR_HEALTH_COVERED);
	assert_int_equal(
	    report.check[NVR_HEALTH_MOVED].uncertainty, NVR_UNSURE_OCCLUDED);
	nvr_health_evidence(&report, NVR_HEALTH_COVERED, text, sizeof(text));
	assert_non_null(strstr(text, "edges gone 1.00 over 0.50"));
	nvr_health_evidence(&report, NVR_HEALTH_COVERED, text, 8);
	assert_string_equal(text, "edges g");
	nvr_baseline_free(b);
}

static void
a_blur_is_found(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	draw(50, 0, 0);
	blur(5);
	judge(b);
	assert_only(NVR_HEALTH_BLURRED);
	nvr_baseline_free(b);
}

static void
a_shift_is_found_and_measured(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	draw(50, -96, 0);
	judge(b);
	assert_only(NVR_HEALTH_MOVED);
	assert_true(report.shift_found);
	assert_true(fabs(report.shift_x + 15) < 1.5);
	assert_true(fabs(report.shift_y) < 2.5);
	draw(50, 0, 50);
	judge(b);
	assert_only(NVR_HEALTH_MOVED);
	assert_true(fabs(report.shift_y - 100 * 50.0 / H) < 2.5);
	nvr_baseline_free(b);
}

static void
a_sway_of_one_per_cent_is_none(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	draw(50, 6, -3);
	judge(b);
	assert_healthy();
	nvr_baseline_free(b);
}

static void
three_looks_alike_are_frozen(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	draw(50, 0, 0);
	for (int i = 0; i < 3; i++) {
		judge(b);
		assert_int_equal(verdict(NVR_HEALTH_FROZEN),
		    i < 2 ? NVR_VERDICT_NO : NVR_VERDICT_YES);
		nvr_baseline_look(b, &features);
		memset(luma.y + W * 20 + 20, i * 70, 90); /* a clock */
	}
	draw(51, 0, 0);
	judge(b);
	assert_healthy();
	nvr_baseline_free(b);
}

static void
a_still_scene_with_sensor_noise_is_not_frozen(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	for (int i = 0; i < 6; i++) {
		draw(50, 0, 0);
		noise_state = (uint32_t)i + 7;
		for (int p = 0; p < W * H; p += 31) /* one pixel in 31 */
			luma.y[p] = (uint8_t)(luma.y[p] + noise(1));
		judge(b);
		assert_healthy();
		nvr_baseline_look(b, &features);
	}
	nvr_baseline_free(b);
}

static void
a_slow_drift_is_found_against_the_reference(void **state)
{
	struct nvr_baseline *b = learn(8);

	(void)state;
	for (int i = 0; i < 400; i++) {
		draw(100 + i, i / 8, 0);
		nvr_features_measure(&luma, &features);
		nvr_baseline_learn(b, &features);
	}
	judge(b);
	assert_only(NVR_HEALTH_MOVED);
	assert_false(report.shift_found);
	assert_int_equal(nvr_baseline_accept(b, &err), 0);
	judge(b);
	assert_healthy();
	nvr_baseline_free(b);
}

static void
a_baseline_comes_back_from_its_bytes(void **state)
{
	struct nvr_baseline *b = learn(11), *copy = NULL;
	struct nvr_health_report other;
	struct nvr_buf bytes = {0}, again = {0};

	(void)state;
	assert_int_equal(nvr_baseline_encode(b, &bytes, &err), 0);
	assert_int_equal(bytes.len, NVR_BASELINE_BYTES);
	assert_int_equal(
	    nvr_baseline_decode(bytes.data, bytes.len, &copy, &err), 0);
	draw(50, -70, 0);
	judge(b);
	nvr_health_judge(copy, &features, &other);
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		assert_int_equal(
		    report.check[i].verdict, other.check[i].verdict);
		assert_true(
		    report.check[i].confidence == other.check[i].confidence);
	}
	assert_int_equal(nvr_baseline_encode(copy, &again, &err), 0);
	assert_memory_equal(bytes.data, again.data, bytes.len);
	nvr_buf_release(&bytes);
	nvr_buf_release(&again);
	nvr_baseline_free(copy);
	nvr_baseline_free(b);
}

static void
every_cut_of_a_baseline_is_refused(void **state)
{
	struct nvr_baseline *b = learn(8), *copy = NULL;
	struct nvr_buf bytes = {0};

	(void)state;
	assert_int_equal(nvr_baseline_encode(b, &bytes, &err), 0);
	for (size_t n = 0; n < bytes.len; n++) {
		char *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, bytes.data, n);
		assert_int_equal(
		    nvr_baseline_decode(cut, n, &copy, &err), NVR_E_DATA);
		free(cut);
	}
	assert_int_equal(nvr_buf_add(&bytes, "x", 1, &err), 0);
	assert_int_equal(
	    nvr_baseline_decode(bytes.data, bytes.len, &copy, &err),
	    NVR_E_DATA);
	assert_null(copy);
	nvr_buf_release(&bytes);
	nvr_baseline_free(b);
}

static void
hostile_bytes_of_a_baseline_are_refused(void **state)
{
	static const uint32_t bad[] = {
	    0x7fc00000, 0x7f800000, 0xff800000, 0xbf800000, 0x7f7fffff};
	struct nvr_baseline *b = learn(8), *copy = NULL;
	struct nvr_buf bytes = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bytes.len = 0;
		assert_int_equal(nvr_baseline_encode(b, &bytes, &err), 0);
		memcpy(bytes.data + 16 + 76 * i, &bad[i], 4);
		assert_int_equal(
		    nvr_baseline_decode(bytes.data, bytes.len, &copy, &err),
		    NVR_E_DATA);
	}
	bytes.len = 0;
	assert_int_equal(nvr_baseline_encode(b, &bytes, &err), 0);
	bytes.data[7]++; /* of another version */
	assert_int_equal(
	    nvr_baseline_decode(bytes.data, bytes.len, &copy, &err),
	    NVR_E_DATA);
	assert_null(copy);
	nvr_buf_release(&bytes);
	nvr_baseline_free(b);
}

/* A JPEG of the scene; the caller frees it with tjFree. */
static unsigned char *
jpeg(int width, int height, int subsampling, int flags, size_t *len)
{
	unsigned char *rgb = calloc((size_t)width * (size_t)height, 3);
	unsigned char *data = NULL;
	unsigned long size = 0;
	tjhandle tj = tjInitCompress();

	assert_non_null(rgb);
	assert_non_null(tj);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			memset(rgb + (y * width + x) * 3,
			    facade(x * W / width, y * H / height), 3);
	assert_int_equal(tjCompress2(tj, rgb, width, 0, height, TJPF_RGB, &data,
			     &size, subsampling, 90, flags),
	    0);
	tjDestroy(tj);
	free(rgb);
	*len = size;
	return data;
}

/* A JPEG of four inks. */
static unsigned char *
inks(size_t *len)
{
	static unsigned char cmyk[64 * 64 * 4];
	unsigned char *data = NULL;
	unsigned long size = 0;
	tjhandle tj = tjInitCompress();

	assert_non_null(tj);
	assert_int_equal(tjCompress2(tj, cmyk, 64, 0, 64, TJPF_CMYK, &data,
			     &size, TJSAMP_444, 90, 0),
	    0);
	tjDestroy(tj);
	*len = size;
	return data;
}

/* Has the scene no edge near? */
static bool
even_around(int x, int y)
{
	for (int v = -4; v <= 4; v += 2)
		for (int u = -4; u <= 4; u += 2)
			if (facade(x + u, y + v) != facade(x, y))
				return false;
	return true;
}

static void
jpegs_of_every_kind_and_size_become_luma(void **state)
{
	static const int size[][2] = {{1920, 1080}, {641, 361}, {352, 288},
	    {1, 1}, {2592, 1944}, {7, 900}, {1279, 719}};
	static const int kinds[] = {TJSAMP_420, TJSAMP_422, TJSAMP_444,
	    TJSAMP_440, TJSAMP_411, TJSAMP_GRAY};
	struct nvr_luma_reader *r = NULL;
	size_t len;

	(void)state;
	assert_int_equal(nvr_luma_reader_new(&r, &err), 0);
	for (int i = 0; i < 7 * 6 * 2; i++) {
		const int *s = size[i % 7];
		unsigned char *data = jpeg(s[0], s[1], kinds[i / 7 % 6],
		    i / 42 == 1 ? TJFLAG_PROGRESSIVE : 0, &len);

		assert_int_equal(nvr_luma_read(r, data, len, &luma, &err), 0);
		assert_int_equal(luma.source_width, s[0]);
		assert_int_equal(luma.source_height, s[1]);
		assert_true(nvr_luma_is_infrared(&luma));
		for (int y = 8; y < H - 8 && s[0] > W; y += 9)
			for (int x = 8; x < W - 8; x += 9)
				assert_true(
				    !even_around(x, y) ||
				    abs(luma.y[y * W + x] - facade(x, y)) < 9);
		tjFree(data);
	}
	nvr_luma_reader_free(r);
}

static void
bad_jpegs_are_refused_and_good_ones_still_read(void **state)
{
	static const unsigned char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
	struct nvr_luma_reader *r = NULL;
	size_t len, cmyk_len;
	unsigned char *cmyk;
	unsigned char *data = jpeg(656, 368, TJSAMP_420, 0, &len);

	(void)state;
	assert_int_equal(nvr_luma_reader_new(&r, &err), 0);
	assert_int_equal(nvr_luma_read(r, "", 0, &luma, &err), NVR_E_DATA);
	assert_int_equal(
	    nvr_luma_read(r, png, sizeof(png), &luma, &err), NVR_E_DATA);
	for (size_t n = 1; n < len; n += n < 1000 || n > len - 50 ? 1 : 97)
		assert_int_equal(
		    nvr_luma_read(r, data, n, &luma, &err), NVR_E_DATA);
	cmyk = inks(&cmyk_len);
	assert_int_equal(
	    nvr_luma_read(r, cmyk, cmyk_len, &luma, &err), NVR_E_DATA);
	tjFree(cmyk);
	assert_int_equal(nvr_luma_read(r, data, len, &luma, &err), 0);
	for (size_t i = 0; i + 9 < len; i++)
		if (data[i] == 0xff && data[i + 1] == 0xc0) {
			memset(data + i + 5, 0xff, 4);	  /* 65535 x 65535 */
			data[i + 6] = data[i + 8] = 0xdc; /* 65500 x 65500 */
			break;
		}
	assert_int_equal(nvr_luma_read(r, data, len, &luma, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "65500 x 65500"));
	tjFree(data);
	nvr_luma_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(judging_teaches_a_baseline_nothing),
	    cmocka_unit_test(below_eight_stills_only_absolute_rules_judge),
	    cmocka_unit_test(a_healthy_still_raises_no_alarm),
	    cmocka_unit_test(other_light_raises_no_alarm),
	    cmocka_unit_test(black_and_over_exposed_are_found),
	    cmocka_unit_test(a_cover_is_found_and_hides_the_rest),
	    cmocka_unit_test(a_blur_is_found),
	    cmocka_unit_test(a_shift_is_found_and_measured),
	    cmocka_unit_test(a_sway_of_one_per_cent_is_none),
	    cmocka_unit_test(three_looks_alike_are_frozen),
	    cmocka_unit_test(a_still_scene_with_sensor_noise_is_not_frozen),
	    cmocka_unit_test(a_slow_drift_is_found_against_the_reference),
	    cmocka_unit_test(a_baseline_comes_back_from_its_bytes),
	    cmocka_unit_test(every_cut_of_a_baseline_is_refused),
	    cmocka_unit_test(hostile_bytes_of_a_baseline_are_refused),
	    cmocka_unit_test(jpegs_of_every_kind_and_size_become_luma),
	    cmocka_unit_test(bad_jpegs_are_refused_and_good_ones_still_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
