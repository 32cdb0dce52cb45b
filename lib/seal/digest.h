/*
 * SHA-256 and SHA-512 (FIPS 180-4), HMAC, hexadecimal text, and random bytes.
 */
#ifndef NVR_SEAL_DIGEST_H
#define NVR_SEAL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NVR_SHA256_LEN 32
#define NVR_SHA256_HEX (2 * NVR_SHA256_LEN + 1) /* room for text and NUL */

int nvr_sha256(const void *data, size_t len, uint8_t out[NVR_SHA256_LEN],
    struct nvr_error *err);

/* The same for data that comes in pieces.  After final, only free follows. */
struct nvr_sha256;

int nvr_sha256_open(struct nvr_sha256 **ret, struct nvr_error *err);
int nvr_sha256_update(struct nvr_sha256 *sha, const void *data, size_t len,
    struct nvr_error *err);
int nvr_sha256_final(
    struct nvr_sha256 *sha, uint8_t out[NVR_SHA256_LEN], struct nvr_error *err);
void nvr_sha256_free(struct nvr_sha256 *sha);

#define NVR_SHA512_LEN 64

struct nvr_sha512;

int nvr_sha512_open(struct nvr_sha512 **ret, struct nvr_error *err);
int nvr_sha512_update(struct nvr_sha512 *sha, const void *data, size_t len,
    struct nvr_error *err);
int nvr_sha512_final(
    struct nvr_sha512 *sha, uint8_t out[NVR_SHA512_LEN], struct nvr_error *err);
void nvr_sha512_free(struct nvr_sha512 *sha);

/* HMAC-SHA256, RFC 2104. */
int nvr_hmac(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t out[NVR_SHA256_LEN], struct nvr_error *err);

/* Both for many short texts: what OpenSSL looks up for each is kept. */
struct nvr_hasher;

int nvr_hasher_open(struct nvr_hasher **ret, struct nvr_error *err);
int nvr_hasher_sha256(struct nvr_hasher *h, const void *data, size_t len,
    uint8_t out[NVR_SHA256_LEN], struct nvr_error *err);
int nvr_hasher_hmac(struct nvr_hasher *h, const void *key, size_t key_len,
    const void *data, size_t len, uint8_t out[NVR_SHA256_LEN],
    struct nvr_error *err);
void nvr_hasher_free(struct nvr_hasher *h);

/* Lower-case hexadecimal; out has room for 2 * len + 1. */
void nvr_hex(const void *data, size_t len, char *out);
/* Of text the first 2 * len characters; false: they are no such digits. */
bool nvr_hex_read(const char *text, void *out, size_t len);

/* Whether they are the same, in a time that does not tell where they differ. */
bool nvr_same(const void *a, const void *b, size_t len);

/* Bytes fit for keys and nonces. */
int nvr_random(void *buf, size_t len, struct nvr_error *err);

#endif
