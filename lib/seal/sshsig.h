/*
 * Ed25519 signatures (RFC 8032) as OpenSSH writes them, so that
 * `ssh-keygen -Y verify` checks them: PROTOCOL.sshsig of OpenSSH, armored, with
 * SHA-512.
 */
#ifndef NVR_SEAL_SSHSIG_H
#define NVR_SEAL_SSHSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "seal/digest.h"

#define NVR_SIGN_KEY_LEN 32 /* of the seed, and of the public key */

int nvr_sign_public(const uint8_t seed[NVR_SIGN_KEY_LEN],
    uint8_t ret[NVR_SIGN_KEY_LEN], struct nvr_error *err);

/* Appends `ssh-ed25519 AAAA…`. */
int nvr_sign_public_text(const uint8_t key[NVR_SIGN_KEY_LEN],
    struct nvr_buf *out, struct nvr_error *err);
/* Reads that at the beginning of text, up to a space or its end; NVR_E_DATA. */
int nvr_sign_public_parse(
    const char *text, uint8_t ret[NVR_SIGN_KEY_LEN], struct nvr_error *err);

/* `SHA256:…`, by which ssh-keygen -l names a key. */
#define NVR_SIGN_FINGERPRINT 51
int nvr_sign_fingerprint(const uint8_t key[NVR_SIGN_KEY_LEN],
    char ret[NVR_SIGN_FINGERPRINT], struct nvr_error *err);

/* Appends `-----BEGIN SSH SIGNATURE-----` and the rest, of the data. */
int nvr_sshsig_sign(const uint8_t seed[NVR_SIGN_KEY_LEN],
    const char *name_space, const void *data, size_t len, struct nvr_buf *out,
    struct nvr_error *err);

/*
 * Whether the key made this signature of the data in that namespace.
 * NVR_E_DATA where the text is no such signature at all.
 */
int nvr_sshsig_verify(const uint8_t key[NVR_SIGN_KEY_LEN],
    const char *name_space, const void *data, size_t len, const char *text,
    bool *ret, struct nvr_error *err);

/* The same for data that comes in pieces, by its SHA-512. */
int nvr_sshsig_sign_hash(const uint8_t seed[NVR_SIGN_KEY_LEN],
    const char *name_space, const uint8_t hash[NVR_SHA512_LEN],
    struct nvr_buf *out, struct nvr_error *err);
int nvr_sshsig_verify_hash(const uint8_t key[NVR_SIGN_KEY_LEN],
    const char *name_space, const uint8_t hash[NVR_SHA512_LEN],
    const char *text, bool *ret, struct nvr_error *err);

#endif
