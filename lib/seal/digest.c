/* SHA-256, SHA-512, hexadecimal text and random bytes; see digest.h. */
#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/text.h"
#include "seal/crypto.h"
#include "seal/digest.h"

struct nvr_sha256 {
	EVP_MD_CTX *md;
};

int
nvr_sha256(const void *data, size_t len, uint8_t out[NVR_SHA256_LEN],
    struct nvr_error *err)
{
	if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
		return nvr_fail_crypto(err, "SHA-256");
	return 0;
}

int
nvr_sha256_open(struct nvr_sha256 **ret, struct nvr_error *err)
{
	struct nvr_sha256 *sha = calloc(1, sizeof(*sha));

	if (sha == NULL)
		return nvr_fail_nomem(err);
	sha->md = EVP_MD_CTX_new();
	if (sha->md == NULL ||
	    EVP_DigestInit_ex(sha->md, EVP_sha256(), NULL) != 1) {
		nvr_sha256_free(sha);
		return nvr_fail_crypto(err, "SHA-256");
	}
	*ret = sha;
	return 0;
}

int
nvr_sha256_update(
    struct nvr_sha256 *sha, const void *data, size_t len, struct nvr_error *err)
{
	if (EVP_DigestUpdate(sha->md, data, len) != 1)
		return nvr_fail_crypto(err, "SHA-256");
	return 0;
}

int
nvr_sha256_final(
    struct nvr_sha256 *sha, uint8_t out[NVR_SHA256_LEN], struct nvr_error *err)
{
	if (EVP_DigestFinal_ex(sha->md, out, NULL) != 1)
		return nvr_fail_crypto(err, "SHA-256");
	return 0;
}

void
nvr_sha256_free(struct nvr_sha256 *sha)
{
	if (sha == NULL)
		return;
	EVP_MD_CTX_free(sha->md);
	free(sha);
}

struct nvr_sha512 {
	EVP_MD_CTX *md;
};

int
nvr_sha512_open(struct nvr_sha512 **ret, struct nvr_error *err)
{
	struct nvr_sha512 *sha = calloc(1, sizeof(*sha));

	if (sha == NULL)
		return nvr_fail_nomem(err);
	sha->md = EVP_MD_CTX_new();
	if (sha->md == NULL ||
	    EVP_DigestInit_ex(sha->md, EVP_sha512(), NULL) != 1) {
		nvr_sha512_free(sha);
		return nvr_fail_crypto(err, "SHA-512");
	}
	*ret = sha;
	return 0;
}

int
nvr_sha512_update(
    struct nvr_sha512 *sha, const void *data, size_t len, struct nvr_error *err)
{
	if (EVP_DigestUpdate(sha->md, data, len) != 1)
		return nvr_fail_crypto(err, "SHA-512");
	return 0;
}

int
nvr_sha512_final(
    struct nvr_sha512 *sha, uint8_t out[NVR_SHA512_LEN], struct nvr_error *err)
{
	if (EVP_DigestFinal_ex(sha->md, out, NULL) != 1)
		return nvr_fail_crypto(err, "SHA-512");
	return 0;
}

void
nvr_sha512_free(struct nvr_sha512 *sha)
{
	if (sha == NULL)
		return;
	EVP_MD_CTX_free(sha->md);
	free(sha);
}

int
nvr_hmac(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t out[NVR_SHA256_LEN], struct nvr_error *err)
{
	if (key_len > INT_MAX ||
	    HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) == NULL)
		return nvr_fail_crypto(err, "HMAC");
	return 0;
}

struct nvr_hasher {
	EVP_MD *sha256;
	EVP_MD_CTX *md;
	EVP_MAC_CTX *mac;
};

int
nvr_hasher_open(struct nvr_hasher **ret, struct nvr_error *err)
{
	char name[] = "SHA256";
	OSSL_PARAM digest[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	    OSSL_PARAM_construct_end()};
	struct nvr_hasher *h = calloc(1, sizeof(*h));
	EVP_MAC *hmac;

	if (h == NULL)
		return nvr_fail_nomem(err);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	h->sha256 = EVP_MD_fetch(NULL, name, NULL);
	h->md = EVP_MD_CTX_new();
	if (hmac != NULL)
		h->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	if (h->sha256 == NULL || h->md == NULL || h->mac == NULL ||
	    EVP_MAC_CTX_set_params(h->mac, digest) != 1) {
		nvr_hasher_free(h);
		return nvr_fail_crypto(err, "SHA-256");
	}
	*ret = h;
	return 0;
}

int
nvr_hasher_sha256(struct nvr_hasher *h, const void *data, size_t len,
    uint8_t out[NVR_SHA256_LEN], struct nvr_error *err)
{
	if (EVP_DigestInit_ex(h->md, h->sha256, NULL) != 1 ||
	    EVP_DigestUpdate(h->md, data, len) != 1 ||
	    EVP_DigestFinal_ex(h->md, out, NULL) != 1)
		return nvr_fail_crypto(err, "SHA-256");
	return 0;
}

int
nvr_hasher_hmac(struct nvr_hasher *h, const void *key, size_t key_len,
    const void *data, size_t len, uint8_t out[NVR_SHA256_LEN],
    struct nvr_error *err)
{
	size_t n;

	if (EVP_MAC_init(h->mac, key, key_len, NULL) != 1 ||
	    EVP_MAC_update(h->mac, data, len) != 1 ||
	    EVP_MAC_final(h->mac, out, &n, NVR_SHA256_LEN) != 1)
		return nvr_fail_crypto(err, "HMAC");
	return 0;
}

void
nvr_hasher_free(struct nvr_hasher *h)
{
	if (h == NULL)
		return;
	EVP_MAC_CTX_free(h->mac);
	EVP_MD_CTX_free(h->md);
	EVP_MD_free(h->sha256);
	free(h);
}

void
nvr_hex(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int
digit(char c)
{
	return c >= 'A' && c <= 'F' ? -1 : nvr_hex_value(c);
}

bool
nvr_hex_read(const char *text, void *out, size_t len)
{
	uint8_t *to = out;

	for (size_t i = 0; i < len; i++, text += 2) {
		int high = digit(text[0]);
		int low = high >= 0 ? digit(text[1]) : -1;

		if (low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int
nvr_random(void *buf, size_t len, struct nvr_error *err)
{
	if (len > INT_MAX || RAND_bytes(buf, (int)len) != 1)
		return nvr_fail_crypto(err, "cannot draw random bytes");
	return 0;
}

bool
nvr_same(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
