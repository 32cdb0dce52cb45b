/*
 * Outside bytes given to the age parsers: as a file to the reader, under an
 * identity and under a payload key, and as keys.  The first byte says which.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "seal/age.h"
#include "seal/age_payload.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct nvr_age_identity identity; /* set by LLVMFuzzerInitialize */
static struct nvr_error err;

struct memory {
	const uint8_t *data;
	size_t len;
};

static int
memory_pread(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *e)
{
	const struct memory *m = ctx;

	(void)e;
	if (offset > m->len || len > m->len - offset)
		abort();
	memcpy(buf, m->data + offset, len);
	return 0;
}

static int
drop(void *ctx, const void *data, size_t len, struct nvr_error *e)
{
	(void)ctx;
	(void)data;
	(void)len;
	(void)e;
	return 0;
}

/* Reads what can be read, at the edges and beyond them. */
static void
read_all(struct nvr_age_reader *r)
{
	static const struct nvr_sink sink = {drop, NULL};
	char buf[100];
	uint64_t size = 0, n;
	size_t got;

	(void)nvr_age_reader_pread(r, buf, sizeof(buf), 0, &got, &err);
	if (nvr_age_reader_size(r, &size, &err) == 0)
		(void)nvr_age_reader_pread(
		    r, buf, sizeof(buf), size / 2, &got, &err);
	(void)nvr_age_reader_pread(
	    r, buf, sizeof(buf), UINT64_MAX - 3, &got, &err);
	if (nvr_age_reader_tear(r, &n, &err) == 0)
		(void)nvr_age_reader_cut(
		    r, identity.secret, n / 2, &sink, &err);
}

static void
try_reader(const uint8_t *data, size_t len, bool with_key)
{
	struct memory m = {data, len};
	struct nvr_bytes source = {memory_pread, &m, len};
	struct nvr_age_reader *r = NULL;
	int rc;

	if (with_key)
		rc =
		    nvr_age_reader_open_key(&source, identity.secret, &r, &err);
	else
		rc = nvr_age_reader_open(&source, &identity, &r, &err);
	if (rc == 0)
		read_all(r);
	nvr_age_reader_free(r);
}

/* Seals the bytes and breaks them at a place, so that chunks are reached. */
static void
try_broken_file(const uint8_t *data, size_t len)
{
	struct nvr_buf file = {0};
	size_t at;

	if (len < 4 ||
	    nvr_age_seal(&identity.recipient, 1, data, len, &file, &err) != 0)
		abort();
	at = (data[0] | (size_t)data[1] << 8) * 5 % file.len;
	if (data[2] & 1)
		file.len = at;
	else
		file.data[at] ^= (char)data[3];
	try_reader((uint8_t *)file.data, file.len, false);
	nvr_buf_release(&file);
}

static void
try_keys(const uint8_t *data, size_t len)
{
	struct nvr_age_recipient recipient;
	struct nvr_age_identity id;
	char *text = strndup((const char *)data, len);
	char again[NVR_AGE_RECIPIENT_TEXT];

	if (text == NULL)
		abort();
	if (nvr_age_recipient_parse(text, &recipient, &err) == 0) {
		nvr_age_recipient_format(&recipient, again);
		if (strcmp(again, text) != 0)
			abort();
	}
	(void)nvr_age_identity_parse((const char *)data, len, &id, &err);
	free(text);
}

/* The identity is that of https://c2sp.org/age. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFP"
				   "YYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

	(void)argc;
	(void)argv;
	if (nvr_age_identity_parse(text, strlen(text), &identity, &err) != 0)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	switch (data[0] % 4) {
	case 0:
		try_reader(data + 1, len - 1, false);
		break;
	case 1:
		try_reader(data + 1, len - 1, true);
		break;
	case 2:
		try_keys(data + 1, len - 1);
		break;
	default:
		if (len > 5)
			try_broken_file(data + 1, len - 1);
		break;
	}
	return 0;
}
