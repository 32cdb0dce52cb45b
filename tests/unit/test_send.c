/* What of a still leaves the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <turbojpeg.h>

#include "base/file.h"
#include "base/jpeg.h"
#include "still/jpeg.h"
#include "still/send.h"

static const struct nvr_send whole = {.quality = 85};

/* Red and green over blue and white; a JPEG of that subsampling. */
static struct nvr_buf
quarters(int width, int height, int subsamp, int flags)
{
	static const unsigned char colour[4][3] = {
	    {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
	size_t size = (size_t)width * (size_t)height * 3;
	unsigned char *rgb = malloc(size), *out = NULL;
	unsigned long len = 0;
	struct nvr_buf b = {0};
	struct nvr_error err;
	tjhandle tj = tjInitCompress();

	assert_non_null(rgb);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			memcpy(rgb + 3 * (y * width + x),
			    colour[2 * (y >= height / 2) + (x >= width / 2)],
			    3);
	assert_int_equal(tjCompress2(tj, rgb, width, 0, height, TJPF_RGB, &out,
			     &len, subsamp, 95, flags),
	    0);
	assert_int_equal(nvr_buf_add(&b, out, len, &err), 0);
	tjFree(out);
	tjDestroy(tj);
	free(rgb);
	return b;
}

static struct nvr_buf
sent(const struct nvr_buf *jpeg, const struct nvr_send *how)
{
	struct nvr_buf out = {0};
	struct nvr_error err;

	assert_int_equal(
	    nvr_send_still(jpeg->data, jpeg->len, how, &out, &err), 0);
	return out;
}

static int
refused(const void *data, size_t len, const struct nvr_send *how)
{
	struct nvr_buf out = {0};
	struct nvr_error err;
	int rc = nvr_send_still(data, len, how, &out, &err);

	assert_null(out.data);
	return rc;
}

/* Whether it is about that Y'CbCr there. */
static bool
is_near(const struct nvr_picture *p, int x, int y, const int *colour)
{
	int c = (y / 2) * p->stride[1] + x / 2;

	return abs(p->plane[0][y * p->stride[0] + x] - colour[0]) < 8 &&
	       abs(p->plane[1][c] - colour[1]) < 8 &&
	       abs(p->plane[2][c] - colour[2]) < 8;
}

/* T.871 of the four colours. */
static const int red[] = {76, 85, 255}, green[] = {150, 44, 21},
		 blue[] = {29, 255, 107}, white[] = {255, 128, 128};

/* The quarters are where they were, to the edges. */
static void
check_quarters(const struct nvr_buf *jpeg, int width, int height)
{
	struct nvr_picture *p;
	struct nvr_error err;
	int w = width - 1, h = height - 1;

	assert_int_equal(nvr_jpeg_decode(jpeg->data, jpeg->len, &p, &err), 0);
	assert_int_equal(p->width, width);
	assert_int_equal(p->height, height);
	for (int i = 0; i < 3; i++) {
		int x = w * i / 8, y = h * i / 8;

		assert_true(is_near(p, x, y, red));
		assert_true(is_near(p, w - x, y, green));
		assert_true(is_near(p, x, h - y, blue));
		assert_true(is_near(p, w - x, h - y, white));
	}
	nvr_picture_free(p);
}

static void
a_still_is_scaled_with_its_colours(void **state)
{
	static const int size[][4] = {{1920, 1080, 1365, 768},
	    {1920, 1080, 512, 288}, {1920, 1080, 960, 540}, {101, 75, 99, 61},
	    {64, 49, 63, 47}, {640, 360, 40, 22}, {64, 48, 128, 96},
	    {61, 47, 122, 94}, {2000, 16, 1024, 8}, {200, 100, 37, 100}};

	(void)state;
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		struct nvr_buf b =
		    quarters(size[i][0], size[i][1], TJSAMP_420, 0);
		struct nvr_send how = {.to_width = size[i][2],
		    .to_height = size[i][3],
		    .quality = 95};
		struct nvr_buf out = sent(&b, &how);

		check_quarters(&out, size[i][2], size[i][3]);
		nvr_buf_release(&out);
		nvr_buf_release(&b);
	}
}

static void
any_subsampling_will_do(void **state)
{
	static const int subsamp[] = {
	    TJSAMP_444, TJSAMP_422, TJSAMP_440, TJSAMP_411};
	struct nvr_send how = {.to_width = 171, .to_height = 95, .quality = 95};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct nvr_buf b = quarters(
		    321, 179, subsamp[i], i == 0 ? TJFLAG_PROGRESSIVE : 0);
		struct nvr_buf out = sent(&b, &how);

		check_quarters(&out, 171, 95);
		nvr_buf_release(&out);
		nvr_buf_release(&b);
	}
}

static void
a_grey_still_stays_grey(void **state)
{
	static const int dark[] = {76, 128, 128};
	struct nvr_buf b = quarters(320, 180, TJSAMP_GRAY, 0);
	struct nvr_send how = {.to_width = 160, .to_height = 90, .quality = 90};
	struct nvr_buf out = sent(&b, &how);
	struct nvr_picture *p;
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_jpeg_decode(out.data, out.len, &p, &err), 0);
	assert_true(is_near(p, 10, 10, dark));
	nvr_picture_free(p);
	nvr_buf_release(&out);
	nvr_buf_release(&b);
}

static void
a_crop_is_what_was_asked_for(void **state)
{
	static const struct {
		int x, y;
		const int *colour;
	} row[] = {
	    {0, 0, red}, {161, 0, green}, {0, 90, blue}, {161, 90, white}};
	struct nvr_buf b = quarters(322, 180, TJSAMP_420, 0);

	(void)state;
	for (int zoom = 1; zoom <= 2; zoom++)
		for (size_t i = 0; i < 4; i++) {
			struct nvr_send how = {row[i].x, row[i].y, 161, 90,
			    161 * zoom, 90 * zoom, 95};
			struct nvr_buf out = sent(&b, &how);
			struct nvr_picture *p;
			struct nvr_error err;

			assert_int_equal(
			    nvr_jpeg_decode(out.data, out.len, &p, &err), 0);
			assert_int_equal(p->width, 161 * zoom);
			assert_int_equal(p->height, 90 * zoom);
			assert_true(is_near(p, 8, 8, row[i].colour));
			assert_true(
			    is_near(p, 150 * zoom, 80 * zoom, row[i].colour));
			nvr_picture_free(p);
			nvr_buf_release(&out);
		}
	nvr_buf_release(&b);
}

/* Around the middle, so that colours would show if they were moved. */
static void
a_crop_has_its_colours_where_they_were(void **state)
{
	struct nvr_buf b = quarters(322, 180, TJSAMP_420, 0);
	struct nvr_send how = {80, 45, 162, 90, 0, 0, 95};
	struct nvr_buf out = sent(&b, &how);

	(void)state;
	check_quarters(&out, 162, 90);
	nvr_buf_release(&out);
	nvr_buf_release(&b);
}

/* A ramp from left to right, which a shift by half a pixel would change. */
static void
scaling_shifts_nothing(void **state)
{
	static const int width[] = {32, 40, 64, 100, 128};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct nvr_send how = {
		    .to_width = width[i], .to_height = 16, .quality = 100};
		struct nvr_picture *p;
		struct nvr_buf b = {0}, out;
		struct nvr_error err;

		assert_int_equal(nvr_picture_new(64, 16, &p, &err), 0);
		for (int k = 0; k < 64 * 16; k++)
			p->plane[0][k] = (uint8_t)(k % 64 * 4);
		memset(p->plane[1], 128, (size_t)2 * 32 * 8);
		assert_int_equal(nvr_jpeg_encode(p, 100, &b, &err), 0);
		nvr_picture_free(p);
		out = sent(&b, &how);
		assert_int_equal(
		    nvr_jpeg_decode(out.data, out.len, &p, &err), 0);
		for (int x = 4; x < width[i] - 4; x++) {
			double at = (x + 0.5) * 64 / width[i] - 0.5;

			assert_true(abs(p->plane[0][x] - (int)(at * 4)) <= 2);
		}
		nvr_picture_free(p);
		nvr_buf_release(&out);
		nvr_buf_release(&b);
	}
}

/* The encoder reads beyond an odd side; it is not to tell what was there. */
static void
memory_beside_a_picture_is_not_sent(void **state)
{
	struct nvr_buf b[2] = {{0}, {0}};
	struct nvr_error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct nvr_picture *p;

		assert_int_equal(nvr_picture_new(31, 17, &p, &err), 0);
		memset(p->plane[0], i * 255, (size_t)32 * 18);
		for (int y = 0; y < 17; y++)
			memset(
			    p->plane[0] + (ptrdiff_t)y * p->stride[0], 90, 31);
		memset(p->plane[1], 128, (size_t)2 * 16 * 9);
		assert_int_equal(nvr_jpeg_encode(p, 90, &b[i], &err), 0);
		nvr_picture_free(p);
	}
	assert_int_equal(b[0].len, b[1].len);
	assert_memory_equal(b[0].data, b[1].data, b[0].len);
	nvr_buf_release(&b[0]);
	nvr_buf_release(&b[1]);
}

static void
what_cannot_be_is_refused(void **state)
{
	static const struct nvr_send bad[] = {
	    {.x = 1, .width = 64, .height = 48, .quality = 85},
	    {.y = -1, .width = 8, .height = 8, .quality = 85},
	    {.x = INT32_MAX, .width = 8, .height = 8, .quality = 85},
	    {.width = INT32_MAX, .height = 8, .quality = 85},
	    {.width = 8, .height = 0, .quality = 85},
	    {.width = -8, .height = 8, .quality = 85},
	    {.to_width = 64, .quality = 85},
	    {.to_width = -1, .to_height = -1, .quality = 85},
	    {.to_width = 129, .to_height = 96, .quality = 85},
	    {.to_width = INT32_MAX, .to_height = 1, .quality = 85},
	    {.quality = 0},
	    {.quality = 101},
	};
	struct nvr_buf b = quarters(64, 48, TJSAMP_420, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(refused(b.data, b.len, &bad[i]), NVR_E_USAGE);
	nvr_buf_release(&b);
}

/* JPEGs with `extra` behind SOI, and something behind the end. */
static struct nvr_buf
with(const struct nvr_buf *jpeg, const void *extra, size_t len)
{
	struct nvr_buf b = {0};
	struct nvr_error err;

	assert_int_equal(nvr_buf_add(&b, jpeg->data, 2, &err), 0);
	assert_int_equal(nvr_buf_add(&b, extra, len, &err), 0);
	assert_int_equal(
	    nvr_buf_add(&b, jpeg->data + 2, jpeg->len - 2, &err), 0);
	assert_int_equal(nvr_buf_add(&b, "SECRET", 6, &err), 0);
	return b;
}

static void
what_is_not_picture_stays_at_home(void **state)
{
	static const char extra[] = "\xff\xe1\x00\x0e"
				    "Exif\0\0SECRET" /* EXIF */
				    "\xff\xfe\x00\x08"
				    "SECRET" /* a comment */
				    "\xff\xff\xff\xec\x00\x08"
				    "SECRET"   /* fill bytes, APP12 */
				    "\xff\x01" /* TEM */
				    "\xff\xe0\x00\x16"
				    "JFXX\0\x10"
				    "SECRETSECRETSE"
				    "\xff\xee\x00\x08"
				    "SECRET"; /* APP14, not Adobe's */
	static const int flags[] = {0, TJFLAG_PROGRESSIVE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct nvr_buf b = quarters(160, 96, TJSAMP_420, flags[i]);
		struct nvr_buf rich = with(&b, extra, sizeof(extra) - 1);
		struct nvr_buf out = sent(&rich, &whole);

		assert_non_null(memmem(rich.data, rich.len, "SECRET", 6));
		/* Not a bit of the picture is another. */
		assert_int_equal(out.len, b.len);
		assert_memory_equal(out.data, b.data, b.len);
		nvr_buf_release(&out);
		nvr_buf_release(&rich);
		nvr_buf_release(&b);
	}
}

/* Stuffed zeros, restarts and fill bytes belong to a scan, TEM does not. */
static void
a_scan_is_copied_byte_for_byte(void **state)
{
	static const char in[] = "\xff\xd8\xff\xda\0\x04"
				 "ab\xff\0\xff\xd0\xff\0x\xff\xff\0y\xff\x01z"
				 "\xff\xfe\0\x02\xff\xda\0\x02\xff\xd9w";
	static const char want[] = "\xff\xd8\xff\xda\0\x04"
				   "ab\xff\0\xff\xd0\xff\0x\xff\xff\0y"
				   "\xff\xda\0\x02\xff\xd9";
	struct nvr_buf out = {0};
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_jpeg_strip(in, sizeof(in) - 1, &out, &err), 0);
	assert_int_equal(out.len, sizeof(want) - 1);
	assert_memory_equal(out.data, want, out.len);
	nvr_buf_release(&out);
}

static void
a_thumbnail_of_jfif_is_left_out(void **state)
{
	static const char jfif[] = "\xff\xe0\x00\x16"
				   "JFIF\0\x01\x02\x01\0\x48\0\x48\x02\x01"
				   "SECRET";
	struct nvr_buf b = quarters(32, 32, TJSAMP_420, 0);
	struct nvr_buf rich = with(&b, jfif, sizeof(jfif) - 1);
	struct nvr_buf out = sent(&rich, &whole);

	(void)state;
	assert_null(memmem(out.data, out.len, "SECRET", 6));
	assert_memory_equal(out.data + 2,
	    "\xff\xe0\x00\x10JFIF\0\x01\x02\x01\0\x48\0\x48\0\0", 18);
	check_quarters(&out, 32, 32);
	nvr_buf_release(&out);
	nvr_buf_release(&rich);
	nvr_buf_release(&b);
}

static void
a_scaled_still_has_no_metadata(void **state)
{
	struct nvr_send how = {.to_width = 20, .to_height = 15, .quality = 85};
	struct nvr_buf out = {0}, in = {0};
	struct nvr_error err;

	(void)state;
	assert_int_equal(
	    nvr_file_read("tests/fuzz/seeds/jpeg/exif.jpg", 1 << 20, &in, &err),
	    0);
	assert_non_null(memmem(in.data, in.len, "Exif", 4));
	assert_int_equal(nvr_send_still(in.data, in.len, &how, &out, &err), 0);
	assert_null(memmem(out.data, out.len, "Exif", 4));
	nvr_buf_release(&out);
	nvr_buf_release(&in);
}

static void
a_damaged_or_foreign_still_is_refused(void **state)
{
	struct nvr_send small = {
	    .to_width = 32, .to_height = 24, .quality = 85};
	struct nvr_buf b = quarters(64, 48, TJSAMP_420, 0);
	unsigned char pixels[16 * 16 * 4] = {0}, *cmyk = NULL;
	unsigned long len = 0;
	tjhandle tj = tjInitCompress();

	(void)state;
	for (size_t n = 0; n < b.len; n++) {
		assert_int_equal(refused(b.data, n, &whole), NVR_E_DATA);
		if (n < b.len - 2)
			assert_int_equal(
			    refused(b.data, n, &small), NVR_E_DATA);
	}
	assert_int_equal(refused("GIF89a", 6, &whole), NVR_E_DATA);
	assert_int_equal(tjCompress2(tj, pixels, 16, 0, 16, TJPF_CMYK, &cmyk,
			     &len, TJSAMP_444, 85, 0),
	    0);
	assert_int_equal(refused(cmyk, len, &whole), NVR_E_DATA);
	small.to_width = small.to_height = 8;
	assert_int_equal(refused(cmyk, len, &small), NVR_E_DATA);
	tjFree(cmyk);
	tjDestroy(tj);
	nvr_buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_still_is_scaled_with_its_colours),
	    cmocka_unit_test(any_subsampling_will_do),
	    cmocka_unit_test(a_grey_still_stays_grey),
	    cmocka_unit_test(a_crop_is_what_was_asked_for),
	    cmocka_unit_test(a_crop_has_its_colours_where_they_were),
	    cmocka_unit_test(scaling_shifts_nothing),
	    cmocka_unit_test(memory_beside_a_picture_is_not_sent),
	    cmocka_unit_test(what_cannot_be_is_refused),
	    cmocka_unit_test(what_is_not_picture_stays_at_home),
	    cmocka_unit_test(a_scan_is_copied_byte_for_byte),
	    cmocka_unit_test(a_thumbnail_of_jfif_is_left_out),
	    cmocka_unit_test(a_scaled_still_has_no_metadata),
	    cmocka_unit_test(a_damaged_or_foreign_still_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
