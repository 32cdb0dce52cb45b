/*
 * What lib/seal asks of OpenSSL, in one place: HKDF, X25519 and
 * authenticated encryption.  Internal to lib/seal; the formats are built on
 * it in age*.c and column.c.
 */
#ifndef NVR_SEAL_CRYPTO_H
#define NVR_SEAL_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "seal/digest.h"

#define NVR_KEY_LEN 32	 /* of every key below, and of HMAC-SHA256 */
#define NVR_NONCE_LEN 12 /* of both ciphers */
#define NVR_TAG_LEN 16

/*
 * Sets `what: ` and OpenSSL's reason, and empties its queue.  NVR_E_NOMEM, as
 * nothing here fails but for want of memory or another resource.
 */
int nvr_fail_crypto(struct nvr_error *err, const char *what);

/* HKDF-SHA256, RFC 5869, for one output block of 32 bytes; info <= 256. */
int nvr_hkdf(const void *ikm, size_t ikm_len, const void *salt, size_t salt_len,
    const void *info, size_t info_len, uint8_t out[NVR_KEY_LEN],
    struct nvr_error *err);

/* X25519, RFC 7748: the public key of a secret one. */
int nvr_x25519_public(const uint8_t secret[NVR_KEY_LEN],
    uint8_t out[NVR_KEY_LEN], struct nvr_error *err);

/*
 * The shared secret.  NVR_E_DATA if the peer's point has a low order, which
 * would make the secret known to everyone.
 */
int nvr_x25519(const uint8_t secret[NVR_KEY_LEN],
    const uint8_t peer[NVR_KEY_LEN], uint8_t out[NVR_KEY_LEN],
    struct nvr_error *err);

/* Ed25519, RFC 8032, of a whole text. */
#define NVR_ED25519_LEN 64
int nvr_ed25519_sign(const uint8_t seed[NVR_KEY_LEN], const void *data,
    size_t len, uint8_t ret[NVR_ED25519_LEN], struct nvr_error *err);
int nvr_ed25519_verify(const uint8_t key[NVR_KEY_LEN], const void *data,
    size_t len, const uint8_t signature[NVR_ED25519_LEN], bool *ret,
    struct nvr_error *err);

enum nvr_aead_mode { NVR_AEAD_OPEN = 0, NVR_AEAD_SEAL = 1 };

/*
 * A cipher with its key set, for one mode; each message sets its nonce alone,
 * which spares the key schedule.  Free it with EVP_CIPHER_CTX_free, which
 * wipes it.
 */
int nvr_aead_new(const EVP_CIPHER *type, const uint8_t key[NVR_KEY_LEN],
    enum nvr_aead_mode mode, EVP_CIPHER_CTX **ret, struct nvr_error *err);

/* Writes len bytes and the tag to out, which may be in. */
int nvr_aead_seal(EVP_CIPHER_CTX *cipher, const uint8_t nonce[NVR_NONCE_LEN],
    const void *aad, size_t aad_len, const uint8_t *in, size_t len,
    uint8_t *out, struct nvr_error *err);

/*
 * Opens len bytes, the tag included (at least NVR_TAG_LEN), into out, which
 * may be in.  False if they do not verify: what is in out is then wiped.
 */
bool nvr_aead_open(EVP_CIPHER_CTX *cipher, const uint8_t nonce[NVR_NONCE_LEN],
    const void *aad, size_t aad_len, const uint8_t *in, size_t len,
    uint8_t *out);

#endif
