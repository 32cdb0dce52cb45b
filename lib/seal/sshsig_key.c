/* Ed25519 keys as OpenSSH writes them; see sshsig.h. */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "seal/base64.h"
#include "seal/crypto.h"
#include "seal/sshsig.h"

#define TYPE "ssh-ed25519"
/* RFC 4253, 6.6: lengths of four bytes, the type, and the key behind it. */
#define BEGINS "\0\0\0\013" TYPE "\0\0\0\040"
#define BEGINS_LEN (sizeof(BEGINS) - 1)
#define BLOB_LEN (BEGINS_LEN + NVR_SIGN_KEY_LEN)
#define BASE64_LEN (BLOB_LEN / 3 * 4)

_Static_assert(BLOB_LEN % 3 == 0, "a key's base64 has no padding");

static void
put_blob(const uint8_t key[NVR_SIGN_KEY_LEN], uint8_t ret[BLOB_LEN])
{
	memcpy(ret, BEGINS, BEGINS_LEN);
	memcpy(ret + BEGINS_LEN, key, NVR_SIGN_KEY_LEN);
}

int
nvr_sign_public(const uint8_t seed[NVR_SIGN_KEY_LEN],
    uint8_t ret[NVR_SIGN_KEY_LEN], struct nvr_error *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, NVR_SIGN_KEY_LEN);
	size_t len = NVR_SIGN_KEY_LEN;
	int rc = 0;

	if (key == NULL || EVP_PKEY_get_raw_public_key(key, ret, &len) != 1)
		rc = nvr_fail_crypto(err, "Ed25519");
	EVP_PKEY_free(key);
	return rc;
}

int
nvr_sign_public_text(const uint8_t key[NVR_SIGN_KEY_LEN], struct nvr_buf *out,
    struct nvr_error *err)
{
	uint8_t blob[BLOB_LEN];
	int rc = nvr_buf_add(out, TYPE " ", sizeof(TYPE), err);

	put_blob(key, blob);
	return rc == 0 ? nvr_base64_add(out, blob, sizeof(blob), err) : rc;
}

int
nvr_sign_public_parse(
    const char *text, uint8_t ret[NVR_SIGN_KEY_LEN], struct nvr_error *err)
{
	uint8_t blob[BLOB_LEN + 3];
	const char *base64 = text + sizeof(TYPE);

	if (strncmp(text, TYPE " ", sizeof(TYPE)) != 0 ||
	    strcspn(base64, " \t\r\n") != BASE64_LEN ||
	    nvr_base64_decode(base64, BASE64_LEN, blob) != (int)BLOB_LEN ||
	    memcmp(blob, BEGINS, BEGINS_LEN) != 0)
		return nvr_fail(err, NVR_E_DATA,
		    "it is no " TYPE " key as ssh-keygen writes it");
	memcpy(ret, blob + BEGINS_LEN, NVR_SIGN_KEY_LEN);
	return 0;
}

int
nvr_sign_fingerprint(const uint8_t key[NVR_SIGN_KEY_LEN],
    char ret[NVR_SIGN_FINGERPRINT], struct nvr_error *err)
{
	uint8_t blob[BLOB_LEN], hash[NVR_SHA256_LEN];
	char text[NVR_BASE64_LEN(NVR_SHA256_LEN) + 1];
	int rc;

	put_blob(key, blob);
	rc = nvr_sha256(blob, sizeof(blob), hash, err);
	if (rc != 0)
		return rc;
	nvr_base64_encode(hash, sizeof(hash), text);
	snprintf(ret, NVR_SIGN_FINGERPRINT, "SHA256:%s", text);
	return 0;
}
