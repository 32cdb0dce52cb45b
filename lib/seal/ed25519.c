/* Ed25519; see crypto.h. */
#include <openssl/err.h>

#include "seal/crypto.h"

int
nvr_ed25519_sign(const uint8_t seed[NVR_KEY_LEN], const void *data, size_t len,
    uint8_t ret[NVR_ED25519_LEN], struct nvr_error *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, NVR_KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = NVR_ED25519_LEN;
	int rc = 0;

	if (key == NULL || ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, ret, &size, data, len) != 1)
		rc = nvr_fail_crypto(err, "Ed25519");
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

int
nvr_ed25519_verify(const uint8_t key[NVR_KEY_LEN], const void *data, size_t len,
    const uint8_t signature[NVR_ED25519_LEN], bool *ret, struct nvr_error *err)
{
	EVP_PKEY *pub = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key, NVR_KEY_LEN);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = 0;

	if (pub == NULL || ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pub) != 1)
		rc = nvr_fail_crypto(err, "Ed25519");
	else
		*ret = EVP_DigestVerify(
			   ctx, signature, NVR_ED25519_LEN, data, len) == 1;
	/* A signature that is wrong leaves a word in OpenSSL's queue. */
	ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return rc;
}
