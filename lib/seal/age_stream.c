/* Reads age files in order, from where nothing can seek; see age.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "seal/age.h"
#include "seal/age_payload.h"

struct nvr_age_stream {
	int64_t (*read)(
	    void *ctx, void *buf, size_t len, struct nvr_error *err);
	void *ctx;
	EVP_CIPHER_CTX *cipher;
	uint64_t index;	     /* of the chunk that comes next */
	bool last;	     /* the last one was opened */
	bool broken;	     /* one did not open */
	size_t have, opened; /* bytes in chunk, opened ones at its start */
	size_t at;	     /* those of them that were handed out */
	/* One byte more than a chunk, which tells whether it is the last. */
	uint8_t chunk[NVR_AGE_SEALED_CHUNK + 1];
};

_Static_assert(
    NVR_AGE_MAX_HEADER <= NVR_AGE_SEALED_CHUNK + 1, "a header has to fit");

/* So many bytes, or all there are. */
static int
fill(struct nvr_age_stream *s, size_t want, struct nvr_error *err)
{
	while (s->have < want) {
		int64_t n =
		    s->read(s->ctx, s->chunk + s->have, want - s->have, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		s->have += (size_t)n;
	}
	return 0;
}

static void
drop(struct nvr_age_stream *s, size_t n)
{
	memmove(s->chunk, s->chunk + n, s->have - n);
	s->have -= n;
}

static int
open_header(struct nvr_age_stream *s, const struct nvr_age_identity *identity,
    struct nvr_error *err)
{
	uint8_t file_key[NVR_AGE_FILE_KEY_LEN], key[NVR_KEY_LEN];
	size_t len = 0;
	int rc = fill(s, NVR_AGE_MAX_HEADER, err);

	if (rc == 0)
		rc = nvr_age_header_read(
		    s->chunk, s->have, identity, file_key, &len, err);
	if (rc != 0)
		return rc;
	drop(s, len);
	rc = fill(s, NVR_AGE_SALT_LEN, err);
	if (rc == 0 && s->have < NVR_AGE_SALT_LEN)
		rc = nvr_fail(
		    err, NVR_E_DATA, "cut short: it ends in its header");
	if (rc == 0)
		rc = nvr_age_payload_key(file_key, s->chunk, key, err);
	if (rc == 0)
		rc = nvr_aead_new(EVP_chacha20_poly1305(), key, NVR_AEAD_OPEN,
		    &s->cipher, err);
	if (rc == 0)
		drop(s, NVR_AGE_SALT_LEN);
	OPENSSL_cleanse(file_key, sizeof(file_key));
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
nvr_age_stream_open(
    int64_t (*read)(void *ctx, void *buf, size_t len, struct nvr_error *err),
    void *ctx, const struct nvr_age_identity *identity,
    struct nvr_age_stream **ret, struct nvr_error *err)
{
	struct nvr_age_stream *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return nvr_fail_nomem(err);
	s->read = read;
	s->ctx = ctx;
	rc = open_header(s, identity, err);
	if (rc != 0) {
		nvr_age_stream_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void
nvr_age_stream_free(struct nvr_age_stream *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_CTX_free(s->cipher);
	OPENSSL_cleanse(s->chunk, sizeof(s->chunk));
	free(s);
}

static int
open_chunk(struct nvr_age_stream *s, struct nvr_error *err)
{
	uint8_t nonce[NVR_NONCE_LEN];
	size_t len;
	int rc = fill(s, sizeof(s->chunk), err);

	if (rc != 0)
		return rc;
	s->last = s->have < sizeof(s->chunk);
	len = s->last ? s->have : NVR_AGE_SEALED_CHUNK;
	/* Only an empty file ends in an empty chunk. */
	if (len < NVR_TAG_LEN || (len == NVR_TAG_LEN && s->index > 0))
		return nvr_fail(err, NVR_E_DATA,
		    "cut short: it ends with chunk %" PRIu64, s->index);
	nvr_age_nonce(s->index, s->last, nonce);
	if (!nvr_aead_open(s->cipher, nonce, NULL, 0, s->chunk, len, s->chunk))
		return nvr_fail(err, NVR_E_DATA,
		    "damaged, cut short or added to: chunk %" PRIu64
		    " does not verify",
		    s->index);
	s->index++;
	s->opened = len - NVR_TAG_LEN;
	return 0;
}

int64_t
nvr_age_stream_read(
    struct nvr_age_stream *s, void *buf, size_t len, struct nvr_error *err)
{
	int rc;

	if (s->at == s->opened) {
		if (s->opened > 0)
			drop(s, s->opened + NVR_TAG_LEN);
		s->at = s->opened = 0;
		if (s->last && !s->broken)
			return 0;
		rc = s->broken ? nvr_fail(err, NVR_E_DATA, "damaged")
			       : open_chunk(s, err);
		s->broken = rc != 0;
		if (rc != 0)
			return rc;
	}
	if (len > s->opened - s->at)
		len = s->opened - s->at;
	memcpy(buf, s->chunk + s->at, len);
	s->at += len;
	return (int64_t)len;
}
