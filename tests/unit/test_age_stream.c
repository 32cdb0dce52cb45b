/* Age files read in order, as they come out of a pipe. */
#include "age_help.h"

static const size_t edges[] = {0, 1, 65535, 65536, 65537, 131072, 200000};

struct pipe {
	const char *data;
	size_t len, piece;
};

static int64_t
pipe_read(void *ctx, void *buf, size_t len, struct nvr_error *e)
{
	struct pipe *p = ctx;

	(void)e;
	if (len > p->piece)
		len = p->piece;
	if (len > p->len)
		len = p->len;
	memcpy(buf, p->data, len);
	p->data += len;
	p->len -= len;
	return (int64_t)len;
}

/* 0 and what is in it, or the code of the failure. */
static int
read_all(const struct nvr_age_identity *me, const char *data, size_t len,
    size_t piece, struct nvr_buf *out)
{
	struct pipe p = {data, len, piece};
	struct nvr_age_stream *st;
	char buf[5000];
	int64_t n;
	int rc = nvr_age_stream_open(pipe_read, &p, me, &st, &err);

	out->len = 0;
	if (rc != 0)
		return rc;
	while ((n = nvr_age_stream_read(st, buf, sizeof(buf), &err)) > 0)
		assert_int_equal(nvr_buf_add(out, buf, (size_t)n, &err), 0);
	/* What ended stays so, and so does what failed. */
	assert_int_equal(nvr_age_stream_read(st, buf, sizeof(buf), &err), n);
	nvr_age_stream_free(st);
	return (int)n;
}

static void
what_is_sealed_opens_in_any_pieces(void **state)
{
	static const size_t pieces[] = {1, 4096, 65552, 1 << 20};
	struct nvr_age_identity me = new_identity();
	char *data = new_data(200000);
	struct nvr_buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		struct nvr_buf file = seal_for(&me, data, edges[i]);

		for (size_t k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
			assert_int_equal(
			    read_all(&me, file.data, file.len, pieces[k], &got),
			    0);
			assert_int_equal(got.len, edges[i]);
			if (got.len > 0)
				assert_memory_equal(got.data, data, got.len);
		}
		nvr_buf_release(&file);
	}
	nvr_buf_release(&got);
	free(data);
}

static void
damage_cuts_and_what_is_added_are_refused(void **state)
{
	struct nvr_age_identity me = new_identity(), other = new_identity();
	char *data = new_data(200000);
	struct nvr_buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		struct nvr_buf file = seal_for(&me, data, edges[i]);
		size_t step = file.len / 300 + 1;

		assert_int_equal(
		    read_all(&other, file.data, file.len, 4096, &got),
		    NVR_E_PERMISSION);
		for (size_t n = 0; n < file.len; n += step)
			assert_int_equal(
			    read_all(&me, file.data, n, 65536, &got),
			    NVR_E_DATA);
		for (size_t n = 0; n < file.len; n += step) {
			int rc;

			file.data[n] ^= 1;
			rc = read_all(&me, file.data, file.len, 65536, &got);
			assert_true(rc == NVR_E_DATA || rc == NVR_E_PERMISSION);
			file.data[n] ^= 1;
		}
		assert_int_equal(nvr_buf_add(&file, "x", 1, &err), 0);
		assert_int_equal(
		    read_all(&me, file.data, file.len, 65536, &got),
		    NVR_E_DATA);
		nvr_buf_release(&file);
	}
	nvr_buf_release(&got);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_sealed_opens_in_any_pieces),
	    cmocka_unit_test(damage_cuts_and_what_is_added_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
