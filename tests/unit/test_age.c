/* Age files as lib/seal writes and reads them; test_age_stock.c compares. */
#include "age_help.h"

#define SMALL "a corridor at night, seen by nobody"

static const size_t edges[] = {0, 1, 65535, 65536, 65537, 131072, 200000};

static void
what_is_sealed_opens_again(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file;
	char *data = new_data(200000);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		file = seal_for(&me, data, edges[i]);
		assert_opens_to(&me, &file, data, edges[i]);
		nvr_buf_release(&file);
	}
	free(data);
}

static void
the_size_of_the_writes_does_not_matter(void **state)
{
	static const size_t steps[] = {1000, 65535, 65536, 65537, 150001};
	struct nvr_age_identity me = new_identity();
	struct nvr_age_writer *w = NULL;
	struct nvr_buf file = {0};
	struct nvr_sink sink = {buf_write, &file};
	char *data = new_data(200000);
	size_t i, at, n;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_int_equal(
		    nvr_age_writer_open(&sink, &me.recipient, 1, &w, &err), 0);
		for (at = 0; at < 200000; at += n) {
			n = steps[i] < 200000 - at ? steps[i] : 200000 - at;
			assert_int_equal(
			    nvr_age_writer_write(w, data + at, n, &err), 0);
			assert_int_equal(
			    nvr_age_writer_write(w, NULL, 0, &err), 0);
		}
		assert_int_equal(nvr_age_writer_finish(w, &err), 0);
		nvr_age_writer_free(w);
		assert_opens_to(&me, &file, data, 200000);
		nvr_buf_release(&file);
	}
	free(data);
}

static void
each_of_several_recipients_opens_the_file_and_no_other(void **state)
{
	struct nvr_age_identity ids[NVR_AGE_MAX_RECIPIENTS];
	struct nvr_age_identity stranger = new_identity();
	struct nvr_age_recipient to[NVR_AGE_MAX_RECIPIENTS];
	struct nvr_buf file = {0};
	size_t i;

	(void)state;
	for (i = 0; i < NVR_AGE_MAX_RECIPIENTS; i++) {
		ids[i] = new_identity();
		to[i] = ids[i].recipient;
	}
	assert_int_equal(nvr_age_seal(to, NVR_AGE_MAX_RECIPIENTS, SMALL,
			     strlen(SMALL), &file, &err),
	    0);
	for (i = 0; i < NVR_AGE_MAX_RECIPIENTS; i++)
		assert_opens_to(&ids[i], &file, SMALL, strlen(SMALL));
	assert_refused(&stranger, file.data, file.len, NVR_E_PERMISSION,
	    "not sealed for this identity");
	nvr_buf_release(&file);
}

static void
a_file_is_sealed_for_1_to_16_sound_recipients(void **state)
{
	struct nvr_age_recipient to[NVR_AGE_MAX_RECIPIENTS + 1] = {0};
	struct nvr_buf out = {0};

	(void)state;
	assert_int_equal(nvr_age_seal(to, 0, "x", 1, &out, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_age_seal(to, NVR_AGE_MAX_RECIPIENTS + 1, "x", 1, &out, &err),
	    NVR_E_USAGE);
	assert_int_equal(nvr_age_seal(to, 1, "x", 1, &out, &err), NVR_E_DATA);
	assert_string_equal(
	    err.text, "recipient 1: a key of low order is refused");
	assert_int_equal(out.len, 0);
	nvr_buf_release(&out);
}

static void
every_flipped_bit_is_refused(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = seal_for(&me, SMALL, strlen(SMALL));
	struct nvr_buf out = {0};
	size_t bit;
	int rc;

	(void)state;
	for (bit = 0; bit < 8 * file.len; bit++) {
		file.data[bit / 8] ^= (char)(1 << bit % 8);
		rc = nvr_age_open(&me, file.data, file.len, &out, &err);
		if (rc != NVR_E_DATA && rc != NVR_E_PERMISSION)
			fail_msg("bit %zu: %d", bit, rc);
		assert_int_equal(out.len, 0);
		file.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_opens_to(&me, &file, SMALL, strlen(SMALL));
	nvr_buf_release(&out);
	nvr_buf_release(&file);
}

static void
every_truncation_is_refused_and_the_message_says_where(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_buf file = seal_for(&me, SMALL, strlen(SMALL));
	size_t n, chunk = file.len - strlen(SMALL) - 16;
	char text[64], *copy;

	(void)state;
	for (n = 0; n < file.len; n++) {
		snprintf(text, sizeof(text),
		    n < chunk + 16 ? "it ends at byte %zu," : "to %zu,", n);
		copy = malloc(n + 1); /* so that ASan sees the end */
		assert_non_null(copy);
		memcpy(copy, file.data, n);
		assert_refused(&me, copy, n, NVR_E_DATA, text);
		free(copy);
	}
	nvr_buf_release(&file);
}

static void
a_file_cut_at_a_chunk_edge_is_refused(void **state)
{
	struct nvr_age_identity me = new_identity();
	char *data = new_data(200000), text[128];
	struct nvr_buf file = seal_for(&me, data, 200000);
	size_t start = file.len - 200000 - 4 * 16, n = start + 2 * 65552;

	(void)state;
	snprintf(text, sizeof(text),
	    "cut short: it ends at byte %zu, after chunk 1, "
	    "which is not its final one",
	    n);
	assert_refused(&me, file.data, n, NVR_E_DATA, text);
	snprintf(text, sizeof(text),
	    "it ends at byte %zu, 15 bytes into chunk 2", n + 15);
	assert_refused(&me, file.data, n + 15, NVR_E_DATA, text);
	assert_refused(&me, file.data, n + 16, NVR_E_DATA, "is empty");
	file.data[start + 65552]++;
	snprintf(text, sizeof(text), "chunk 1, at byte %zu, does not verify",
	    start + 65552);
	assert_refused(&me, file.data, file.len, NVR_E_DATA, text);
	nvr_buf_release(&file);
	free(data);
}

static void
appended_bytes_are_refused(void **state)
{
	static const size_t more[] = {1, 15, 16, 17, 65552, 65553};
	struct nvr_age_identity me = new_identity();
	char *data = new_data(70000);
	struct nvr_buf file;
	size_t i, j;

	(void)state;
	for (i = 0; i < 5; i++)
		for (j = 0; j < sizeof(more) / sizeof(*more); j++) {
			file = seal_for(&me, data, edges[i]);
			assert_int_equal(
			    nvr_buf_add(&file, data, more[j], &err), 0);
			assert_refused(
			    &me, file.data, file.len, NVR_E_DATA, "");
			nvr_buf_release(&file);
		}
	free(data);
}

static void
random_reads_equal_the_data_and_open_one_chunk_each(void **state)
{
	static const size_t at[] = {199999, 0, 65535, 65536, 131071, 131072, 7};
	struct nvr_age_identity me = new_identity();
	char *data = new_data(200000), buf[300];
	struct nvr_buf file = seal_for(&me, data, 200000);
	struct memory m = {file.data, file.len, 0};
	struct nvr_age_reader *r = reader_of(&m, &me);
	size_t i, got, chunks;

	(void)state;
	for (i = 0; i < sizeof(at) / sizeof(*at); i++) {
		m.reads = 0;
		assert_int_equal(
		    nvr_age_reader_pread(r, buf, 1, at[i], &got, &err), 0);
		assert_int_equal(got, 1);
		assert_int_equal(buf[0], data[at[i]]);
		assert_in_range(m.reads, 0, 1);
	}
	m.reads = 0;
	for (i = 0; i + sizeof(buf) <= 200000; i += 299) {
		assert_int_equal(
		    nvr_age_reader_pread(r, buf, sizeof(buf), i, &got, &err),
		    0);
		assert_int_equal(got, sizeof(buf));
		assert_memory_equal(buf, data + i, sizeof(buf));
	}
	chunks = (200000 + 65535) / 65536;
	assert_in_range(m.reads, chunks - 1, chunks); /* chunk 0 was cached */
	nvr_age_reader_free(r);
	nvr_buf_release(&file);
	free(data);
}

static void
reads_at_the_end_are_short_and_beyond_it_empty(void **state)
{
	struct nvr_age_identity me = new_identity();
	char *data = new_data(65537), buf[100];
	struct nvr_buf file = seal_for(&me, data, 65537);
	struct memory m = {file.data, file.len, 0};
	struct nvr_age_reader *r = reader_of(&m, &me);
	uint64_t size = 0;
	size_t got;

	(void)state;
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 65530, &got, &err), 0);
	assert_int_equal(got, 7);
	assert_memory_equal(buf, data + 65530, 7);
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 65537, &got, &err), 0);
	assert_int_equal(got, 0);
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, UINT64_MAX, &got, &err), 0);
	assert_int_equal(got, 0);
	assert_int_equal(nvr_age_reader_size(r, &size, &err), 0);
	assert_int_equal(size, 65537);
	nvr_age_reader_free(r);
	nvr_buf_release(&file);
	free(data);
}

static void
a_torn_file_has_no_size_but_its_whole_chunks_can_be_read(void **state)
{
	struct nvr_age_identity me = new_identity();
	char *data = new_data(200000), buf[100];
	struct nvr_buf file = seal_for(&me, data, 200000);
	struct memory m = {file.data, file.len - 1, 0};
	struct nvr_age_reader *r = reader_of(&m, &me);
	uint64_t size = 42;
	size_t got = 42;

	(void)state;
	assert_int_equal(nvr_age_reader_size(r, &size, &err), NVR_E_DATA);
	assert_int_equal(size, 42);
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 199999, &got, &err), NVR_E_DATA);
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 300000, &got, &err), NVR_E_DATA);
	assert_int_equal(got, 42);
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 130000, &got, &err), 0);
	assert_memory_equal(buf, data + 130000, 100);
	nvr_age_reader_free(r);
	nvr_buf_release(&file);
	free(data);
}

static void
a_damaged_chunk_leaves_the_others_readable(void **state)
{
	struct nvr_age_identity me = new_identity();
	char *data = new_data(200000), buf[100];
	struct nvr_buf file = seal_for(&me, data, 200000);
	struct memory m = {file.data, file.len, 0};
	struct nvr_age_reader *r = reader_of(&m, &me);
	size_t got = 0, i;

	(void)state;
	file.data[file.len - 100000]++; /* in chunk 1 */
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    nvr_age_reader_pread(r, buf, 100, 5, &got, &err), 0);
		assert_memory_equal(buf, data + 5, 100);
		assert_int_equal(
		    nvr_age_reader_pread(r, buf, 100, 65500, &got, &err),
		    NVR_E_DATA);
	}
	assert_int_equal(
	    nvr_age_reader_pread(r, buf, 100, 140000, &got, &err), 0);
	assert_memory_equal(buf, data + 140000, 100);
	nvr_age_reader_free(r);
	nvr_buf_release(&file);
	free(data);
}

static int
fail_after_header(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	(void)data;
	(void)len;
	return ++*(int *)ctx == 1 ? 0
				  : nvr_fail(e, NVR_E_IO, "the disk is full");
}

static void
a_writer_whose_sink_failed_takes_nothing_more(void **state)
{
	struct nvr_age_identity me = new_identity();
	int calls = 0;
	struct nvr_sink sink = {fail_after_header, &calls};
	struct nvr_age_writer *w = NULL;
	char *data = new_data(70000);

	(void)state;
	assert_int_equal(
	    nvr_age_writer_open(&sink, &me.recipient, 1, &w, &err), 0);
	assert_int_equal(nvr_age_writer_write(w, data, 70000, &err), NVR_E_IO);
	assert_string_equal(err.text, "the disk is full");
	assert_int_equal(nvr_age_writer_write(w, data, 1, &err), NVR_E_BUG);
	assert_int_equal(nvr_age_writer_finish(w, &err), NVR_E_BUG);
	assert_int_equal(calls, 2);
	nvr_age_writer_free(w);
	free(data);
}

/*
 * Takes a file cut to a length for torn, with the key from the crash journal,
 * and makes a whole one of it that ends a little earlier.
 */
static void
assert_salvages(const struct nvr_buf *file, size_t cut, const uint8_t *key,
    const struct nvr_age_identity *me, const char *data, uint64_t want)
{
	struct memory m = {file->data, cut, 0};
	struct nvr_bytes source = {memory_pread, &m, cut};
	struct nvr_buf out = {0}, plain = {0};
	struct nvr_sink sink = {buf_write, &out};
	struct nvr_age_reader *r = NULL;
	uint64_t n = 42, size = want > 100 ? want - 100 : want;
	char *got = malloc(want + 1);
	size_t len;

	assert_int_equal(nvr_age_reader_open_key(&source, key, &r, &err), 0);
	assert_int_equal(nvr_age_reader_tear(r, &n, &err), 0);
	assert_int_equal(n, want);
	assert_int_equal(
	    nvr_age_reader_pread(r, got, want + 1, 0, &len, &err), 0);
	assert_int_equal(len, want);
	assert_memory_equal(got, data, want);
	assert_int_equal(
	    nvr_age_reader_cut(r, key, want + 1, &sink, &err), NVR_E_USAGE);
	assert_int_equal(nvr_age_reader_cut(r, key, size, &sink, &err), 0);
	nvr_age_reader_free(r);
	assert_int_equal(nvr_age_open(me, out.data, out.len, &plain, &err), 0);
	assert_int_equal(plain.len, size);
	if (size > 0)
		assert_memory_equal(plain.data, data, size);
	nvr_buf_release(&plain);
	nvr_buf_release(&out);
	free(got);
}

static void
the_payload_key_salvages_the_whole_chunks_of_a_torn_file(void **state)
{
	struct nvr_age_identity me = new_identity();
	struct nvr_age_writer *w = NULL;
	struct nvr_buf file = {0};
	struct nvr_sink sink = {buf_write, &file};
	uint8_t key[NVR_AGE_KEY_LEN];
	char *data = new_data(200000);
	size_t start;

	(void)state;
	assert_int_equal(
	    nvr_age_writer_open(&sink, &me.recipient, 1, &w, &err), 0);
	start = file.len;
	nvr_age_writer_payload_key(w, key);
	assert_int_equal(nvr_age_writer_write(w, data, 200000, &err), 0);
	assert_salvages(&file, start, key, &me, data, 0);
	assert_salvages(&file, start + 100, key, &me, data, 0);
	assert_salvages(&file, start + 2 * 65552, key, &me, data, 131072);
	assert_salvages(&file, file.len, key, &me, data, 3 * 65536);
	assert_int_equal(nvr_age_writer_finish(w, &err), 0);
	assert_salvages(&file, file.len, key, &me, data, 200000);
	file.data[start + 65552]++;
	assert_salvages(&file, file.len, key, &me, data, 65536);
	nvr_age_writer_free(w);
	nvr_buf_release(&file);
	free(data);
}

/* The file with another head: what stands behind it is as it was. */
static void
a_header_for_another_opens_the_same_file(void **state)
{
	struct nvr_age_identity me = new_identity(), other = new_identity();
	char *data = new_data(200000);
	struct nvr_buf file = seal_for(&me, data, 200000), anew = {0};
	struct memory m = {file.data, file.len, 0};
	struct nvr_bytes bytes = {memory_pread, &m, file.len};
	uint64_t payload = 0;

	(void)state;
	assert_int_equal(nvr_age_header_for(&bytes, &me, &other.recipient,
			     &anew, &payload, &err),
	    0);
	assert_true(payload > 0 && payload < file.len);
	assert_int_equal(
	    nvr_buf_add(&anew, file.data + payload, file.len - payload, &err),
	    0);
	assert_opens_to(&other, &anew, data, 200000);
	nvr_buf_release(&anew);
	/* Not without the key, and not of a changed header. */
	assert_int_equal(nvr_age_header_for(&bytes, &other, &other.recipient,
			     &anew, &payload, &err),
	    NVR_E_PERMISSION);
	file.data[payload - 3] ^= 1;
	assert_int_equal(nvr_age_header_for(&bytes, &me, &other.recipient,
			     &anew, &payload, &err),
	    NVR_E_DATA);
	bytes.size = 10;
	assert_int_equal(nvr_age_header_for(&bytes, &me, &other.recipient,
			     &anew, &payload, &err),
	    NVR_E_DATA);
	assert_int_equal(anew.len, 0);
	nvr_buf_release(&anew);
	nvr_buf_release(&file);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_sealed_opens_again),
	    cmocka_unit_test(a_header_for_another_opens_the_same_file),
	    cmocka_unit_test(the_size_of_the_writes_does_not_matter),
	    cmocka_unit_test(
		each_of_several_recipients_opens_the_file_and_no_other),
	    cmocka_unit_test(a_file_is_sealed_for_1_to_16_sound_recipients),
	    cmocka_unit_test(every_flipped_bit_is_refused),
	    cmocka_unit_test(
		every_truncation_is_refused_and_the_message_says_where),
	    cmocka_unit_test(a_file_cut_at_a_chunk_edge_is_refused),
	    cmocka_unit_test(appended_bytes_are_refused),
	    cmocka_unit_test(
		random_reads_equal_the_data_and_open_one_chunk_each),
	    cmocka_unit_test(reads_at_the_end_are_short_and_beyond_it_empty),
	    cmocka_unit_test(
		a_torn_file_has_no_size_but_its_whole_chunks_can_be_read),
	    cmocka_unit_test(a_damaged_chunk_leaves_the_others_readable),
	    cmocka_unit_test(a_writer_whose_sink_failed_takes_nothing_more),
	    cmocka_unit_test(
		the_payload_key_salvages_the_whole_chunks_of_a_torn_file),
	};

	return cmocka_run_group_tests_name("age files", tests, NULL, NULL);
}
