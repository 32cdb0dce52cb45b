/* Pictures, masks, EXIF, JPEG. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "still/exif.h"
#include "still/jpeg.h"
#include "still/jpeg_stream.h"
#include "still/mask.h"

static struct nvr_picture *
grey(int width, int height)
{
	struct nvr_picture *pic;
	struct nvr_error err;

	assert_int_equal(nvr_picture_new(width, height, &pic, &err), 0);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			pic->plane[0][y * pic->stride[0] + x] =
			    (uint8_t)(60 + (x + y) % 120);
	memset(pic->plane[1], 128,
	    2 * (size_t)pic->stride[1] * (size_t)((height + 1) / 2));
	return pic;
}

static struct nvr_buf
jpeg_of(struct nvr_picture *pic)
{
	struct nvr_buf out = {0};
	struct nvr_error err;

	assert_int_equal(nvr_jpeg_encode(pic, 90, &out, &err), 0);
	nvr_picture_free(pic);
	return out;
}

static void
a_jpeg_decodes_to_what_was_encoded(void **state)
{
	static const int size[][2] = {{1, 1}, {2, 3}, {17, 9}, {640, 361}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct nvr_picture *pic = grey(size[i][0], size[i][1]), *back;
		struct nvr_buf jpeg = jpeg_of(pic);
		struct nvr_error err;

		assert_int_equal(
		    nvr_jpeg_decode(jpeg.data, jpeg.len, &back, &err), 0);
		assert_int_equal(back->width, size[i][0]);
		assert_int_equal(back->height, size[i][1]);
		assert_true(abs(back->plane[0][0] - 60) < 12);
		nvr_picture_free(back);
		nvr_buf_release(&jpeg);
	}
}

static void
every_cut_of_a_jpeg_is_refused(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48));
	struct nvr_picture *back = NULL;
	struct nvr_error err;

	(void)state;
	for (size_t n = 0; n + 2 < jpeg.len; n++)
		assert_int_equal(
		    nvr_jpeg_decode(jpeg.data, n, &back, &err), NVR_E_DATA);
	nvr_buf_release(&jpeg);
}

static void
an_absurd_size_is_refused_before_memory_is_taken(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48));
	struct nvr_picture *back = NULL;
	struct nvr_error err;
	char *sof = memmem(jpeg.data, jpeg.len, "\xff\xc0", 2);

	(void)state;
	assert_non_null(sof);
	memcpy(sof + 5, "\xff\xdc\xff\xdc", 4); /* 65500 x 65500 */
	assert_int_equal(
	    nvr_jpeg_decode(jpeg.data, jpeg.len, &back, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "65500 x 65500"));
	nvr_buf_release(&jpeg);
}

static void
a_jpeg_of_tables_alone_is_refused(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48)), tables = {0};
	char *sof = memmem(jpeg.data, jpeg.len, "\xff\xc0", 2);
	struct nvr_picture *back = NULL;
	struct nvr_error err;

	(void)state;
	assert_non_null(sof);
	assert_int_equal(
	    nvr_buf_add(&tables, jpeg.data, (size_t)(sof - jpeg.data), &err),
	    0);
	assert_int_equal(nvr_buf_add(&tables, "\xff\xd9", 2, &err), 0);
	assert_int_equal(
	    nvr_jpeg_decode(tables.data, tables.len, &back, &err), NVR_E_DATA);
	nvr_buf_release(&jpeg);
	nvr_buf_release(&tables);
}

static void
exif_comes_back_as_it_was_put(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48)), one = {0}, two = {0};
	struct nvr_exif x = {"Größe 北門", "Acme", "X 1", 77, 88,
			    INT64_C(1795264496123456)},
			back;
	struct nvr_error err;
	size_t resume = 0;

	(void)state;
	assert_int_equal(nvr_exif_put(jpeg.data, jpeg.len, &x, &one, &err), 0);
	/* Put again, it takes the place of the first. */
	x.still_id = 99;
	assert_int_equal(nvr_exif_put(one.data, one.len, &x, &two, &err), 0);
	assert_int_equal(one.len, two.len);
	nvr_exif_get(two.data, two.len, &back);
	assert_string_equal(back.camera, x.camera);
	assert_string_equal(back.make, x.make);
	assert_string_equal(back.model, x.model);
	assert_int_equal(back.camera_id, 77);
	assert_int_equal(back.still_id, 99);
	assert_int_equal(back.taken_at, x.taken_at);
	assert_int_equal(
	    nvr_jpeg_length(two.data, two.len, &resume, &err), two.len);
	nvr_buf_release(&jpeg);
	nvr_buf_release(&one);
	nvr_buf_release(&two);
}

static void
broken_exif_is_empty_exif(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48)), with = {0};
	struct nvr_exif x = {"gate", "", "", 1, 2, 1000000}, back;
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_exif_put(jpeg.data, jpeg.len, &x, &with, &err), 0);
	for (size_t i = 2; i < 300; i++)
		for (int bit = 0; bit < 8; bit++) {
			with.data[i] ^= (char)(1 << bit);
			nvr_exif_get(with.data, with.len, &back);
			assert_true(back.camera_id >= 0);
			with.data[i] ^= (char)(1 << bit);
		}
	for (size_t n = 0; n < 300; n++)
		nvr_exif_get(with.data, n, &back);
	nvr_buf_release(&jpeg);
	nvr_buf_release(&with);
}

static bool
painted(const struct nvr_picture *pic, int x, int y)
{
	return pic->plane[0][y * pic->stride[0] + x] == 0;
}

static void
a_mask_paints_its_polygon_and_nothing_far_from_it(void **state)
{
	struct nvr_picture *pic = grey(200, 100);
	struct nvr_mask mask;
	struct nvr_error err;

	(void)state;
	assert_int_equal(nvr_mask_parse("10,10 50,10 50,50 10,50; "
					"80,80 100,80 100,100",
			     &mask, &err),
	    0);
	nvr_mask_paint(&mask, pic);
	for (int y = 10; y < 50; y++)
		for (int x = 20; x < 100; x++)
			assert_true(painted(pic, x, y));
	assert_true(painted(pic, 199, 99));
	assert_true(painted(pic, 199, 81));
	assert_false(painted(pic, 10, 30));
	assert_false(painted(pic, 110, 30));
	assert_false(painted(pic, 50, 60));
	assert_false(painted(pic, 162, 98));
	nvr_picture_free(pic);
}

static void
a_mask_of_any_shape_stays_within_the_picture(void **state)
{
	static const char *const masks[] = {"0,0 100,100 0,100",
	    "0,0 100,0 100,100 0,100", "50,0 100,100 0,40 100,40 0,100",
	    "99.9,99.9 100,100 100,99.9", "0,0 0,0 0,0", "0,50 100,50 50,50"};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (int w = 1; w < 40; w += 6) {
			struct nvr_picture *pic = grey(w, 33);
			struct nvr_mask mask;
			struct nvr_error err;

			assert_int_equal(
			    nvr_mask_parse(masks[i], &mask, &err), 0);
			nvr_mask_paint(&mask, pic);
			nvr_picture_free(pic);
		}
}

static void
a_full_mask_leaves_no_pixel(void **state)
{
	struct nvr_picture *pic = grey(63, 41);
	struct nvr_mask mask;
	struct nvr_error err;

	(void)state;
	assert_int_equal(
	    nvr_mask_parse("0,0 100,0 100,100 0,100", &mask, &err), 0);
	nvr_mask_paint(&mask, pic);
	for (int y = 0; y < 41; y++)
		for (int x = 0; x < 63; x++)
			assert_true(painted(pic, x, y));
	nvr_picture_free(pic);
}

static void
a_star_has_no_hole(void **state)
{
	struct nvr_picture *pic = grey(200, 200);
	struct nvr_mask mask;
	struct nvr_error err;

	(void)state;
	assert_int_equal(
	    nvr_mask_parse("50,0 80,100 0,35 100,35 20,100", &mask, &err), 0);
	nvr_mask_paint(&mask, pic);
	assert_true(painted(pic, 100, 100));
	assert_false(painted(pic, 5, 5));
	nvr_picture_free(pic);
}

static void
shrinking_keeps_shape_and_mean(void **state)
{
	struct nvr_picture *pic = grey(641, 361), *small;
	struct nvr_error err;
	long sum = 0;

	(void)state;
	assert_int_equal(nvr_picture_shrink(pic, 160, &small, &err), 0);
	assert_int_equal(small->width, 160);
	assert_int_equal(small->height, 90);
	for (int i = 0; i < 160 * 90; i++)
		sum += small->plane[0][i];
	assert_true(labs(sum / (160 * 90) - 119) <= 2);
	assert_int_equal(
	    nvr_picture_shrink(pic, 642, &small, &err), NVR_E_USAGE);
	nvr_picture_free(small);
	nvr_picture_free(pic);
}

static void
a_stream_of_jpegs_is_parted(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48));
	struct nvr_jpeg_stream s = {0};
	struct nvr_error err;
	const void *data;
	size_t len;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(fd[1], jpeg.data, jpeg.len), jpeg.len);
		assert_int_equal(write(fd[1], "\r\n", 2), 2);
	}
	assert_int_equal(write(fd[1], jpeg.data, jpeg.len / 2), jpeg.len / 2);
	close(fd[1]);
	s.fd = fd[0];
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    nvr_jpeg_stream_next(&s, &data, &len, &err), 1);
		assert_int_equal(len, jpeg.len);
		assert_memory_equal(data, jpeg.data, len);
	}
	assert_int_equal(
	    nvr_jpeg_stream_next(&s, &data, &len, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "cut short"));
	close(fd[0]);
	nvr_jpeg_stream_release(&s);
	nvr_buf_release(&jpeg);
}

/* Writes it in pieces of 100 bytes, and reads for as long as there is more. */
static void
feed(struct nvr_jpeg_stream *s, int fd, const struct nvr_buf *b, int expect,
    const struct nvr_buf *whole)
{
	struct nvr_error err;
	const void *data;
	size_t len;
	int rc = NVR_E_AGAIN;

	for (size_t at = 0; at < b->len; at += 100) {
		size_t n = b->len - at < 100 ? b->len - at : 100;

		assert_int_equal(rc, NVR_E_AGAIN);
		assert_int_equal(write(fd, b->data + at, n), n);
		rc = nvr_jpeg_stream_next(s, &data, &len, &err);
	}
	assert_int_equal(rc, expect);
	if (rc != 1)
		return;
	assert_int_equal(len, whole->len);
	assert_memory_equal(data, whole->data, len);
	assert_int_equal(
	    nvr_jpeg_stream_next(s, &data, &len, &err), NVR_E_AGAIN);
}

static void
a_stream_that_comes_in_pieces_is_read_without_waiting(void **state)
{
	struct nvr_buf jpeg = jpeg_of(grey(64, 48));
	struct nvr_buf bad = {(char *)"\xff\xd8\xff\xdb\x00\x00", 6, 0};
	struct nvr_buf junk = {(char *)"junk \xff", 6, 0};
	struct nvr_buf rest = {jpeg.data + 1, jpeg.len - 1, 0};
	struct nvr_jpeg_stream s = {0};
	struct nvr_error err;
	const void *data;
	size_t len;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	s.fd = fd[0];
	feed(&s, fd[1], &jpeg, 1, &jpeg);
	feed(&s, fd[1], &jpeg, 1, &jpeg);
	feed(&s, fd[1], &bad, NVR_E_DATA, NULL);
	/* The SOI of the next one is parted by a wait. */
	feed(&s, fd[1], &junk, NVR_E_AGAIN, NULL);
	feed(&s, fd[1], &rest, 1, &jpeg);
	close(fd[1]);
	assert_int_equal(nvr_jpeg_stream_next(&s, &data, &len, &err), 0);
	close(fd[0]);
	nvr_jpeg_stream_release(&s);
	nvr_buf_release(&jpeg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jpeg_decodes_to_what_was_encoded),
	    cmocka_unit_test(every_cut_of_a_jpeg_is_refused),
	    cmocka_unit_test(an_absurd_size_is_refused_before_memory_is_taken),
	    cmocka_unit_test(a_jpeg_of_tables_alone_is_refused),
	    cmocka_unit_test(exif_comes_back_as_it_was_put),
	    cmocka_unit_test(broken_exif_is_empty_exif),
	    cmocka_unit_test(a_mask_paints_its_polygon_and_nothing_far_from_it),
	    cmocka_unit_test(a_mask_of_any_shape_stays_within_the_picture),
	    cmocka_unit_test(a_full_mask_leaves_no_pixel),
	    cmocka_unit_test(a_star_has_no_hole),
	    cmocka_unit_test(shrinking_keeps_shape_and_mean),
	    cmocka_unit_test(a_stream_of_jpegs_is_parted),
	    cmocka_unit_test(
		a_stream_that_comes_in_pieces_is_read_without_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
