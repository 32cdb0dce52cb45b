/* The first part of a multipart body, however it is sent and cut up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/multipart.h"

/* A part that holds what could be taken for its end. */
#define PICTURE "\xff\xd8\xff\xe0 a\r\n--b\n-\n--fram\r\n--framX.\xff\xd9"
#define PART(eol, headers) \
	eol "--frame" eol "Content-Type: image/jpeg" eol headers eol PICTURE
#define NEXT(eol) eol "--frame" eol "Content-Type: image/jpeg" eol eol "second"
#define LENGTH "Content-Length: 32"

static const char *const type = "multipart/x-mixed-replace;boundary=frame";

static int
push(const char *content_type, size_t max, const char *body, size_t first,
    struct nvr_buf *part, bool *done)
{
	struct nvr_multipart m;
	struct nvr_error err = {0};
	size_t len = strlen(body);
	int rc;

	nvr_multipart_init(&m, content_type, max);
	rc = nvr_multipart_push(&m, body, first, part, &err);
	if (rc == 0)
		rc = nvr_multipart_push(
		    &m, body + first, len - first, part, &err);
	*done = m.state == NVR_MULTIPART_DONE;
	assert_true(rc == 0 || (rc == err.code && err.text[0] != '\0'));
	return rc;
}

/* The same picture comes out wherever the body is cut in two. */
static void
gives_picture(const char *content_type, const char *body)
{
	for (size_t i = 0; i <= strlen(body); i++) {
		struct nvr_buf part = {0};
		bool done;

		assert_int_equal(
		    push(content_type, 1000, body, i, &part, &done), 0);
		assert_true(done);
		assert_string_equal(part.data, PICTURE);
		nvr_buf_release(&part);
	}
}

static void
a_part_with_a_length_is_taken_whole(void **state)
{
	(void)state;
	assert_int_equal(strlen(PICTURE), 32);
	gives_picture(type, PART("\r\n", LENGTH "\r\n"));
	gives_picture(type, PART("\r\n", LENGTH "\r\n") NEXT("\r\n"));
}

static void
a_part_without_a_length_ends_at_the_next_boundary(void **state)
{
	(void)state;
	gives_picture(type, PART("\r\n", "") "\r\n--frame");
	gives_picture(type, PART("\r\n", "") "\r\n--frame--\r\n");
	gives_picture(type, PART("\r\n", "X-A: b\r\n") NEXT("\r\n"));
}

static void
lines_may_end_in_lf_alone(void **state)
{
	(void)state;
	gives_picture(type, PART("\n", "") NEXT("\n"));
	gives_picture(type, PART("\n", "content-length:32\n") NEXT("\n"));
}

static void
a_boundary_may_be_quoted_or_begin_with_dashes(void **state)
{
	static const char *const types[] = {
	    "multipart/x-mixed-replace; boundary=\"frame\"",
	    "multipart/x-mixed-replace; Boundary=\"--frame\"; a=b",
	    "multipart/x-mixed-replace; boundary=--frame; a=b",
	    "multipart/x-mixed-replace;boundary=frame ;a=b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		gives_picture(types[i], PART("\r\n", "") NEXT("\r\n"));
		gives_picture(
		    types[i], "\r\n----frame\r\n\r\n" PICTURE "\r\n----frame");
	}
}

static void
a_preamble_and_empty_parts_are_passed_over(void **state)
{
	(void)state;
	gives_picture(type,
	    "hello\r\n-- frame\r\n--frame\r\n"
	    "Content-Length: 0\r\n\r\n" PART("\r\n", "") NEXT("\r\n"));
}

static void
without_a_boundary_the_length_is_enough(void **state)
{
	(void)state;
	gives_picture("multipart/mixed", PART("\r\n", LENGTH "\r\n"));
}

static void
a_part_that_has_not_ended_is_not_done(void **state)
{
	const char *body = PART("\r\n", LENGTH "\r\n");
	size_t len = strlen(body);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct nvr_buf part = {0};
		char cut[256];
		bool done;

		strlcpy(cut, body, i + 1);
		assert_int_equal(push(type, 1000, cut, i / 2, &part, &done), 0);
		assert_false(done);
		nvr_buf_release(&part);
	}
}

static void
refuses(const char *body, size_t max)
{
	for (size_t i = 0; i <= strlen(body); i++) {
		struct nvr_buf part = {0};
		bool done;

		assert_int_equal(
		    push(type, max, body, i, &part, &done), NVR_E_DATA);
		nvr_buf_release(&part);
	}
}

static void
a_part_that_is_too_long_is_refused(void **state)
{
	struct nvr_buf part = {0};
	char body[1024];
	bool done;

	(void)state;
	refuses(PART("\r\n", LENGTH "\r\n"), 31);
	refuses(PART("\r\n", "") NEXT("\r\n"), 31);
	assert_int_equal(
	    push(type, 32, PART("\r\n", "") NEXT("\r\n"), 1, &part, &done), 0);
	assert_true(done);
	nvr_buf_release(&part);
	snprintf(body, sizeof(body), "--frame\r\n\r\n%0900d", 1);
	refuses(body, 500);
}

static void
a_length_that_is_no_number_is_refused(void **state)
{
	(void)state;
	refuses("--frame\nContent-Length: x\n\n", 1000);
	refuses("--frame\nContent-Length: -1\n\n", 1000);
	refuses("--frame\nContent-Length: 99999999999999999999\n\n", 1000);
}

static void
a_body_without_a_part_is_refused(void **state)
{
	struct nvr_buf part = {0};
	char *body = calloc(1, 100000);
	bool done;

	(void)state;
	assert_non_null(body);
	memset(body, '-', 99999);
	assert_int_equal(push(type, 1000, body, 1, &part, &done), NVR_E_DATA);
	assert_int_equal(part.len, 0);
	free(body);
}

/* A thumbnail with an end of its own, stuffed and restart bytes, rubbish. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_part_with_a_length_is_taken_whole),
	    cmocka_unit_test(a_part_without_a_length_ends_at_the_next_boundary),
	    cmocka_unit_test(lines_may_end_in_lf_alone),
	    cmocka_unit_test(a_boundary_may_be_quoted_or_begin_with_dashes),
	    cmocka_unit_test(a_preamble_and_empty_parts_are_passed_over),
	    cmocka_unit_test(without_a_boundary_the_length_is_enough),
	    cmocka_unit_test(a_part_that_has_not_ended_is_not_done),
	    cmocka_unit_test(a_part_that_is_too_long_is_refused),
	    cmocka_unit_test(a_length_that_is_no_number_is_refused),
	    cmocka_unit_test(a_body_without_a_part_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
