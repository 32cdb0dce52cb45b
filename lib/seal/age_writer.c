/* Writes age files; see age.h. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "seal/age.h"
#include "seal/age_payload.h"
#include "seal/digest.h"

struct nvr_age_writer {
	struct nvr_sink sink;
	EVP_CIPHER_CTX *cipher;
	uint64_t index; /* of the chunk being filled */
	size_t len;	/* bytes in it */
	/*
	 * Finished, or failed.  A chunk is never sealed twice, as that could
	 * put different data under one nonce.
	 */
	bool closed;
	uint8_t key[NVR_KEY_LEN];
	uint8_t chunk[NVR_AGE_SEALED_CHUNK];
};

/* Writes the header and the salt, and sets the payload key. */
static int
start(struct nvr_age_writer *w, const struct nvr_age_recipient *recipients,
    size_t n, struct nvr_error *err)
{
	struct nvr_buf head = {0};
	uint8_t file_key[NVR_AGE_FILE_KEY_LEN], salt[NVR_AGE_SALT_LEN];
	int rc;

	rc = nvr_random(file_key, sizeof(file_key), err);
	if (rc == 0)
		rc = nvr_random(salt, sizeof(salt), err);
	if (rc == 0)
		rc = nvr_age_payload_key(file_key, salt, w->key, err);
	if (rc == 0)
		rc = nvr_aead_new(EVP_chacha20_poly1305(), w->key,
		    NVR_AEAD_SEAL, &w->cipher, err);
	if (rc == 0)
		rc = nvr_age_header_write(file_key, recipients, n, &head, err);
	if (rc == 0)
		rc = nvr_buf_add(&head, salt, sizeof(salt), err);
	if (rc == 0)
		rc = w->sink.write(w->sink.ctx, head.data, head.len, err);
	nvr_buf_release(&head);
	OPENSSL_cleanse(file_key, sizeof(file_key));
	return rc;
}

int
nvr_age_writer_open(const struct nvr_sink *sink,
    const struct nvr_age_recipient *recipients, size_t n,
    struct nvr_age_writer **ret, struct nvr_error *err)
{
	struct nvr_age_writer *w;
	int rc;

	if (n < 1 || n > NVR_AGE_MAX_RECIPIENTS)
		return nvr_fail(err, NVR_E_USAGE,
		    "a file is sealed for 1 to %d recipients, not for %zu",
		    NVR_AGE_MAX_RECIPIENTS, n);
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return nvr_fail_nomem(err);
	w->sink = *sink;
	rc = start(w, recipients, n, err);
	if (rc != 0) {
		nvr_age_writer_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

static int
flush(struct nvr_age_writer *w, bool last, struct nvr_error *err)
{
	uint8_t nonce[NVR_NONCE_LEN];
	int rc;

	nvr_age_nonce(w->index, last, nonce);
	rc = nvr_aead_seal(
	    w->cipher, nonce, NULL, 0, w->chunk, w->len, w->chunk, err);
	if (rc == 0)
		rc = w->sink.write(
		    w->sink.ctx, w->chunk, w->len + NVR_TAG_LEN, err);
	w->closed = last || rc != 0;
	w->index++;
	w->len = 0;
	return rc;
}

static int
fail_closed(struct nvr_error *err)
{
	return nvr_fail(
	    err, NVR_E_BUG, "the age file was finished or failed before");
}

int
nvr_age_writer_write(struct nvr_age_writer *writer, const void *data,
    size_t len, struct nvr_error *err)
{
	const uint8_t *p = data;
	size_t n;
	int rc;

	if (writer->closed)
		return fail_closed(err);
	while (len > 0) {
		/* A full chunk goes out only once more is known to follow. */
		if (writer->len == NVR_AGE_CHUNK) {
			rc = flush(writer, false, err);
			if (rc != 0)
				return rc;
		}
		n = NVR_AGE_CHUNK - writer->len;
		if (n > len)
			n = len;
		memcpy(writer->chunk + writer->len, p, n);
		writer->len += n;
		p += n;
		len -= n;
	}
	return 0;
}

int
nvr_age_writer_finish(struct nvr_age_writer *writer, struct nvr_error *err)
{
	if (writer->closed)
		return fail_closed(err);
	return flush(writer, true, err);
}

void
nvr_age_writer_free(struct nvr_age_writer *writer)
{
	if (writer == NULL)
		return;
	EVP_CIPHER_CTX_free(writer->cipher);
	OPENSSL_cleanse(writer, sizeof(*writer));
	free(writer);
}

void
nvr_age_writer_payload_key(
    const struct nvr_age_writer *writer, uint8_t ret[NVR_AGE_KEY_LEN])
{
	memcpy(ret, writer->key, NVR_AGE_KEY_LEN);
}

static int
append(void *ctx, const void *data, size_t len, struct nvr_error *err)
{
	return nvr_buf_add(ctx, data, len, err);
}

int
nvr_age_seal(const struct nvr_age_recipient *recipients, size_t n,
    const void *data, size_t len, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_sink sink = {append, out};
	struct nvr_age_writer *w = NULL;
	size_t before = out->len;
	int rc;

	rc = nvr_age_writer_open(&sink, recipients, n, &w, err);
	if (w == NULL)
		return rc;
	rc = nvr_age_writer_write(w, data, len, err);
	if (rc == 0)
		rc = nvr_age_writer_finish(w, err);
	if (rc != 0 && out->data != NULL) {
		out->len = before;
		out->data[before] = '\0';
	}
	nvr_age_writer_free(w);
	return rc;
}
