/* What the tests of age files share: keys, data, and a file in memory. */
#ifndef NVR_TESTS_AGE_HELP_H
#define NVR_TESTS_AGE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seal/age.h"

static struct nvr_error err;

static inline struct nvr_age_identity
new_identity(void)
{
	struct nvr_age_identity id;

	assert_int_equal(nvr_age_identity_generate(&id, &err), 0);
	return id;
}

/* Bytes that repeat only after 251, so that no two chunks are alike. */
static inline char *
new_data(size_t len)
{
	char *data = malloc(len + 1);
	size_t i;

	assert_non_null(data);
	for (i = 0; i < len; i++)
		data[i] = (char)(i % 251);
	return data;
}

static inline struct nvr_buf
seal_for(const struct nvr_age_identity *id, const void *data, size_t len)
{
	struct nvr_buf file = {0};

	assert_int_equal(
	    nvr_age_seal(&id->recipient, 1, data, len, &file, &err), 0);
	return file;
}

/* A file in memory that counts how often it is read. */
struct memory {
	const char *data;
	size_t len;
	int reads;
};

static inline int
memory_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *e)
{
	struct memory *m = ctx;

	(void)e;
	m->reads++;
	assert_true(offset <= m->len && len <= m->len - offset);
	memcpy(buf, m->data + offset, len);
	return 0;
}

static inline struct nvr_age_reader *
reader_of(struct memory *m, const struct nvr_age_identity *id)
{
	struct nvr_bytes source = {memory_pread, m, m->len};
	struct nvr_age_reader *r = NULL;

	assert_int_equal(nvr_age_reader_open(&source, id, &r, &err), 0);
	return r;
}

static inline int
buf_write(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	return nvr_buf_add(ctx, data, len, e);
}

static inline void
assert_opens_to(const struct nvr_age_identity *id, const struct nvr_buf *file,
    const char *data, size_t len)
{
	struct nvr_buf out = {0};

	assert_int_equal(
	    nvr_age_open(id, file->data, file->len, &out, &err), 0);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.data, data, len);
	nvr_buf_release(&out);
}

/* Opening fails with this code and text, and adds nothing to the buffer. */
static inline void
assert_refused(const struct nvr_age_identity *id, const void *file, size_t len,
    int code, const char *text)
{
	struct nvr_buf out = {0};

	err.text[0] = '\0';
	assert_int_equal(nvr_age_open(id, file, len, &out, &err), code);
	if (strstr(err.text, text) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, text);
	assert_int_equal(out.len, 0);
	nvr_buf_release(&out);
}

#endif
