/* Reads age files at any offset; see age.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "seal/age.h"
#include "seal/age_payload.h"

#define NO_CHUNK UINT64_MAX

struct nvr_age_reader {
	struct nvr_bytes source;
	EVP_CIPHER_CTX *cipher;
	uint64_t start;	 /* offset of chunk 0 in the file */
	uint64_t last;	 /* index of the final chunk, if the size is right */
	size_t last_len; /* its length with its tag, maybe too short for one */
	uint64_t
	    cached;    /* the chunk whose data stand in `chunk`, or NO_CHUNK */
	bool end_seen; /* the final chunk has been verified as such */
	bool torn;     /* by nvr_age_reader_tear: any chunk may be the last */
	uint64_t torn_size;
	uint8_t chunk[NVR_AGE_SEALED_CHUNK];
};

static uint64_t
chunk_start(const struct nvr_age_reader *r, uint64_t i)
{
	return r->start + i * NVR_AGE_SEALED_CHUNK;
}

/* The size of the data, which stays a claim until end_seen. */
static uint64_t
data_size(const struct nvr_age_reader *r)
{
	uint64_t whole = r->last * NVR_AGE_CHUNK;

	if (r->torn)
		return r->torn_size;
	return r->last_len > NVR_TAG_LEN ? whole + r->last_len - NVR_TAG_LEN
					 : whole;
}

/* Whether the final chunk can be one at all, by its length. */
static int
check_last_len(const struct nvr_age_reader *r, struct nvr_error *err)
{
	if (r->last_len < NVR_TAG_LEN)
		return nvr_fail(err, NVR_E_DATA,
		    "cut short: it ends at byte %" PRIu64
		    ", %zu bytes into chunk %" PRIu64,
		    r->source.size, r->last_len, r->last);
	if (r->last_len == NVR_TAG_LEN && r->last > 0)
		return nvr_fail(err, NVR_E_DATA,
		    "its final chunk %" PRIu64 ", at byte %" PRIu64
		    ", is empty",
		    r->last, chunk_start(r, r->last));
	return 0;
}

/* Reads a chunk and opens it; *ok tells whether it verified. */
static int
open_chunk(struct nvr_age_reader *r, uint64_t i, bool last, bool *ok,
    struct nvr_error *err)
{
	size_t len = i == r->last ? r->last_len : NVR_AGE_SEALED_CHUNK;
	uint8_t nonce[NVR_NONCE_LEN];
	int rc;

	r->cached = NO_CHUNK;
	rc = r->source.pread(
	    r->source.ctx, r->chunk, len, chunk_start(r, i), err);
	if (rc != 0)
		return rc;
	nvr_age_nonce(i, last, nonce);
	*ok = nvr_aead_open(r->cipher, nonce, NULL, 0, r->chunk, len, r->chunk);
	return 0;
}

/* Finds out why a chunk did not verify, as far as that can be told. */
static int
fail_chunk(struct nvr_age_reader *r, uint64_t i, struct nvr_error *err)
{
	bool more = false;
	int rc;

	if (i < r->last)
		return nvr_fail(err, NVR_E_DATA,
		    "damaged: chunk %" PRIu64 ", at byte %" PRIu64
		    ", does not verify",
		    i, chunk_start(r, i));
	if (r->last_len == NVR_AGE_SEALED_CHUNK) {
		rc = open_chunk(r, i, false, &more, err);
		if (rc != 0)
			return rc;
	}
	if (more)
		return nvr_fail(err, NVR_E_DATA,
		    "cut short: it ends at byte %" PRIu64
		    ", after chunk %" PRIu64 ", which is not its final one",
		    r->source.size, i);
	return nvr_fail(err, NVR_E_DATA,
	    "damaged, cut short or added to: its final chunk %" PRIu64
	    ", from byte %" PRIu64 " to %" PRIu64 ", does not verify",
	    i, chunk_start(r, i), r->source.size);
}

/* Opens a chunk of a torn file. */
static int
open_torn(struct nvr_age_reader *r, uint64_t i, bool *ok, struct nvr_error *err)
{
	int rc = 0;

	*ok = false;
	if (i < r->last || r->last_len == NVR_AGE_SEALED_CHUNK)
		rc = open_chunk(r, i, false, ok, err);
	if (rc == 0 && !*ok && i == r->last && r->last_len >= NVR_TAG_LEN)
		rc = open_chunk(r, i, true, ok, err);
	return rc;
}

/* Brings a chunk into the cache. */
static int
load(struct nvr_age_reader *r, uint64_t i, struct nvr_error *err)
{
	bool last = i == r->last, ok = false;
	int rc;

	if (r->cached == i)
		return 0;
	rc = last && !r->torn ? check_last_len(r, err) : 0;
	if (rc == 0)
		rc = r->torn ? open_torn(r, i, &ok, err)
			     : open_chunk(r, i, last, &ok, err);
	if (rc != 0)
		return rc;
	if (!ok)
		return fail_chunk(r, i, err);
	r->cached = i;
	r->end_seen = r->end_seen || last;
	return 0;
}

/*
 * Reads the header and the salt and finds the chunks.  The payload key comes
 * from the identity, or is given if there is none.
 */
static int
start(struct nvr_age_reader *r, const struct nvr_age_identity *identity,
    const uint8_t *payload_key, struct nvr_error *err)
{
	uint8_t file_key[NVR_AGE_FILE_KEY_LEN], salt[NVR_AGE_SALT_LEN];
	uint8_t key[NVR_KEY_LEN];
	uint64_t size = r->source.size, body;
	size_t n = size < NVR_AGE_MAX_HEADER ? size : NVR_AGE_MAX_HEADER;
	int rc;

	rc = r->source.pread(r->source.ctx, r->chunk, n, 0, err);
	if (rc == 0)
		rc = nvr_age_header_read(
		    r->chunk, n, identity, file_key, &n, err);
	if (rc == 0 && size - n < sizeof(salt))
		rc = nvr_fail(err, NVR_E_DATA,
		    "cut short: it ends at byte %" PRIu64
		    ", before its first chunk",
		    size);
	if (rc == 0)
		rc = r->source.pread(r->source.ctx, salt, sizeof(salt), n, err);
	if (rc == 0 && payload_key != NULL)
		memcpy(key, payload_key, sizeof(key));
	else if (rc == 0)
		rc = nvr_age_payload_key(file_key, salt, key, err);
	if (rc == 0)
		rc = nvr_aead_new(EVP_chacha20_poly1305(), key, NVR_AEAD_OPEN,
		    &r->cipher, err);
	if (rc == 0) {
		r->start = n + sizeof(salt);
		body = size - r->start;
		r->last = body > 0 ? (body - 1) / NVR_AGE_SEALED_CHUNK : 0;
		r->last_len = body - r->last * NVR_AGE_SEALED_CHUNK;
		r->cached = NO_CHUNK;
	}
	OPENSSL_cleanse(file_key, sizeof(file_key));
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

static int
open_reader(const struct nvr_bytes *source,
    const struct nvr_age_identity *identity, const uint8_t *payload_key,
    struct nvr_age_reader **ret, struct nvr_error *err)
{
	struct nvr_age_reader *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return nvr_fail_nomem(err);
	r->source = *source;
	rc = start(r, identity, payload_key, err);
	if (rc != 0) {
		nvr_age_reader_free(r);
		return rc;
	}
	*ret = r;
	return 0;
}

int
nvr_age_reader_open(const struct nvr_bytes *source,
    const struct nvr_age_identity *identity, struct nvr_age_reader **ret,
    struct nvr_error *err)
{
	return open_reader(source, identity, NULL, ret, err);
}

int
nvr_age_reader_open_key(const struct nvr_bytes *source,
    const uint8_t payload_key[NVR_AGE_KEY_LEN], struct nvr_age_reader **ret,
    struct nvr_error *err)
{
	return open_reader(source, NULL, payload_key, ret, err);
}

void
nvr_age_reader_free(struct nvr_age_reader *reader)
{
	if (reader == NULL)
		return;
	EVP_CIPHER_CTX_free(reader->cipher);
	OPENSSL_cleanse(reader, sizeof(*reader));
	free(reader);
}

int
nvr_age_reader_size(
    struct nvr_age_reader *reader, uint64_t *ret, struct nvr_error *err)
{
	int rc = reader->end_seen ? 0 : load(reader, reader->last, err);

	if (rc == 0)
		*ret = data_size(reader);
	return rc;
}

int
nvr_age_reader_pread(struct nvr_age_reader *reader, void *buf, size_t len,
    uint64_t offset, size_t *got, struct nvr_error *err)
{
	uint8_t *p = buf;
	uint64_t size = data_size(reader), left;
	size_t done = 0, n, skip;
	int rc;

	while (done < len && offset < size) {
		rc = load(reader, offset / NVR_AGE_CHUNK, err);
		if (rc != 0)
			return rc;
		skip = offset % NVR_AGE_CHUNK;
		left = size - offset;
		n = NVR_AGE_CHUNK - skip;
		if (n > left)
			n = left;
		if (n > len - done)
			n = len - done;
		memcpy(p + done, reader->chunk + skip, n);
		done += n;
		offset += n;
	}
	if (done < len && !reader->end_seen) {
		rc = load(reader, reader->last, err);
		if (rc != 0)
			return rc;
	}
	*got = done;
	return 0;
}

int
nvr_age_reader_tear(
    struct nvr_age_reader *r, uint64_t *ret, struct nvr_error *err)
{
	uint64_t done = 0;
	bool ok = true;
	int rc;

	for (uint64_t i = 0; i <= r->last; i++) {
		rc = open_torn(r, i, &ok, err);
		if (rc != 0)
			return rc;
		if (!ok)
			break;
		done += i < r->last ? NVR_AGE_CHUNK : r->last_len - NVR_TAG_LEN;
	}
	r->cached = NO_CHUNK;
	r->torn = r->end_seen = true;
	r->torn_size = *ret = done;
	return 0;
}

/* Copies what is ahead of an offset of the file as it is. */
static int
copy_raw(struct nvr_age_reader *r, uint64_t end, const struct nvr_sink *out,
    struct nvr_error *err)
{
	uint64_t at = 0;
	int rc = 0;

	r->cached = NO_CHUNK;
	while (rc == 0 && at < end) {
		size_t n = sizeof(r->chunk);

		if (n > end - at)
			n = end - at;
		rc = r->source.pread(r->source.ctx, r->chunk, n, at, err);
		if (rc == 0)
			rc = out->write(out->ctx, r->chunk, n, err);
		at += n;
	}
	return rc;
}

int
nvr_age_reader_cut(struct nvr_age_reader *r,
    const uint8_t payload_key[NVR_AGE_KEY_LEN], uint64_t size,
    const struct nvr_sink *out, struct nvr_error *err)
{
	uint64_t last = size > 0 ? (size - 1) / NVR_AGE_CHUNK : 0;
	size_t len = size - last * NVR_AGE_CHUNK;
	uint8_t nonce[NVR_NONCE_LEN];
	EVP_CIPHER_CTX *cipher = NULL;
	int rc;

	if (size > data_size(r))
		return nvr_fail(err, NVR_E_USAGE, "it cannot be cut longer");
	rc = copy_raw(r, chunk_start(r, last), out, err);
	if (rc == 0 && size > 0)
		rc = load(r, last, err);
	if (rc == 0)
		rc = nvr_aead_new(EVP_chacha20_poly1305(), payload_key,
		    NVR_AEAD_SEAL, &cipher, err);
	if (rc == 0) {
		nvr_age_nonce(last, true, nonce);
		r->cached = NO_CHUNK;
		rc = nvr_aead_seal(
		    cipher, nonce, NULL, 0, r->chunk, len, r->chunk, err);
	}
	if (rc == 0)
		rc = out->write(out->ctx, r->chunk, len + NVR_TAG_LEN, err);
	EVP_CIPHER_CTX_free(cipher);
	return rc;
}

static int
copy_from(
    void *ctx, void *buf, size_t len, uint64_t offset, struct nvr_error *err)
{
	(void)err;
	memcpy(buf, (const uint8_t *)ctx + offset, len);
	return 0;
}

int
nvr_age_open(const struct nvr_age_identity *identity, const void *data,
    size_t len, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_bytes source = {copy_from, (void *)(uintptr_t)data, len};
	struct nvr_age_reader *r = NULL;
	uint64_t size;
	size_t got;
	int rc;

	rc = nvr_age_reader_open(&source, identity, &r, err);
	if (r == NULL)
		return rc;
	rc = nvr_age_reader_size(r, &size, err);
	if (rc == 0)
		rc = nvr_buf_reserve(out, size, err);
	if (rc == 0)
		rc = nvr_age_reader_pread(
		    r, out->data + out->len, size, 0, &got, err);
	if (rc == 0) {
		out->len += got;
		out->data[out->len] = '\0';
	}
	nvr_age_reader_free(r);
	return rc;
}
