/* What lib/seal asks of OpenSSL; see crypto.h. */
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "seal/crypto.h"

int
nvr_fail_crypto(struct nvr_error *err, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return nvr_fail(err, NVR_E_NOMEM, "%s: %s", what,
	    reason != NULL ? reason : "OpenSSL failed");
}

int
nvr_hkdf(const void *ikm, size_t ikm_len, const void *salt, size_t salt_len,
    const void *info, size_t info_len, uint8_t out[NVR_KEY_LEN],
    struct nvr_error *err)
{
	uint8_t prk[NVR_KEY_LEN], block[256 + 1];
	int rc;

	if (info_len >= sizeof(block))
		return nvr_fail(err, NVR_E_BUG, "HKDF: info is too long");
	memcpy(block, info, info_len);
	block[info_len] = 1; /* the first and only output block */
	rc = nvr_hmac(salt, salt_len, ikm, ikm_len, prk, err);
	if (rc == 0)
		rc = nvr_hmac(prk, sizeof(prk), block, info_len + 1, out, err);
	OPENSSL_cleanse(prk, sizeof(prk));
	return rc;
}

int
nvr_x25519_public(const uint8_t secret[NVR_KEY_LEN], uint8_t out[NVR_KEY_LEN],
    struct nvr_error *err)
{
	EVP_PKEY *key;
	size_t len = NVR_KEY_LEN;
	int rc = 0;

	key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, secret, NVR_KEY_LEN);
	if (key == NULL || EVP_PKEY_get_raw_public_key(key, out, &len) != 1)
		rc = nvr_fail_crypto(err, "X25519");
	EVP_PKEY_free(key);
	return rc;
}

int
nvr_x25519(const uint8_t secret[NVR_KEY_LEN], const uint8_t peer[NVR_KEY_LEN],
    uint8_t out[NVR_KEY_LEN], struct nvr_error *err)
{
	static const uint8_t zero[NVR_KEY_LEN];
	EVP_PKEY *key = NULL, *pub = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	size_t len = NVR_KEY_LEN;
	int rc = 0;

	key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, secret, NVR_KEY_LEN);
	pub = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, peer, NVR_KEY_LEN);
	if (key != NULL && pub != NULL)
		ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, pub) != 1) {
		rc = nvr_fail_crypto(err, "X25519");
		goto out;
	}
	/* OpenSSL refuses a zero secret itself; the spec asks us to as well. */
	if (EVP_PKEY_derive(ctx, out, &len) != 1 ||
	    CRYPTO_memcmp(out, zero, NVR_KEY_LEN) == 0) {
		ERR_clear_error();
		rc = nvr_fail(err, NVR_E_DATA, "a key of low order is refused");
	}
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	EVP_PKEY_free(key);
	return rc;
}

int
nvr_aead_new(const EVP_CIPHER *type, const uint8_t key[NVR_KEY_LEN],
    enum nvr_aead_mode mode, EVP_CIPHER_CTX **ret, struct nvr_error *err)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();

	if (cipher == NULL ||
	    EVP_CipherInit_ex(cipher, type, NULL, key, NULL, (int)mode) != 1) {
		EVP_CIPHER_CTX_free(cipher);
		return nvr_fail_crypto(err, "cannot set up a cipher");
	}
	*ret = cipher;
	return 0;
}

/* Feeds one message; both modes share it, the tag apart. */
static bool
pass(EVP_CIPHER_CTX *cipher, const uint8_t nonce[NVR_NONCE_LEN],
    const void *aad, size_t aad_len, const uint8_t *in, size_t len,
    uint8_t *out)
{
	int n;

	return aad_len <= INT_MAX && len <= INT_MAX &&
	       EVP_CipherInit_ex(cipher, NULL, NULL, NULL, nonce, -1) == 1 &&
	       (aad_len == 0 || EVP_CipherUpdate(cipher, NULL, &n, aad,
				    (int)aad_len) == 1) &&
	       (len == 0 ||
		   EVP_CipherUpdate(cipher, out, &n, in, (int)len) == 1);
}

int
nvr_aead_seal(EVP_CIPHER_CTX *cipher, const uint8_t nonce[NVR_NONCE_LEN],
    const void *aad, size_t aad_len, const uint8_t *in, size_t len,
    uint8_t *out, struct nvr_error *err)
{
	int n;

	if (!pass(cipher, nonce, aad, aad_len, in, len, out) ||
	    EVP_CipherFinal_ex(cipher, out + len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		cipher, EVP_CTRL_AEAD_GET_TAG, NVR_TAG_LEN, out + len) != 1)
		return nvr_fail_crypto(err, "cannot encrypt");
	return 0;
}

bool
nvr_aead_open(EVP_CIPHER_CTX *cipher, const uint8_t nonce[NVR_NONCE_LEN],
    const void *aad, size_t aad_len, const uint8_t *in, size_t len,
    uint8_t *out)
{
	uint8_t tag[NVR_TAG_LEN], rest[NVR_TAG_LEN];
	int n;

	len -= NVR_TAG_LEN;
	memcpy(tag, in + len, sizeof(tag));
	if (pass(cipher, nonce, aad, aad_len, in, len, out) &&
	    EVP_CIPHER_CTX_ctrl(
		cipher, EVP_CTRL_AEAD_SET_TAG, NVR_TAG_LEN, tag) == 1 &&
	    EVP_CipherFinal_ex(cipher, rest, &n) == 1)
		return true;
	ERR_clear_error();
	OPENSSL_cleanse(out, len);
	return false;
}
