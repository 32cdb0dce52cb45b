/*
 * The payload of an age file: 16 random bytes, then chunks of 64 KiB, each
 * followed by its tag.  Internal to lib/seal.
 * https://c2sp.org/age, section "Payload".
 */
#ifndef NVR_SEAL_AGE_PAYLOAD_H
#define NVR_SEAL_AGE_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "seal/age_header.h"
#include "seal/crypto.h"

#define NVR_AGE_SALT_LEN 16
#define NVR_AGE_SEALED_CHUNK (NVR_AGE_CHUNK + NVR_TAG_LEN)

int nvr_age_payload_key(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN],
    const uint8_t salt[NVR_AGE_SALT_LEN], uint8_t key[NVR_KEY_LEN],
    struct nvr_error *err);

/* The nonce of a chunk: its index in 11 bytes, and whether it is the last. */
void nvr_age_nonce(uint64_t index, bool last, uint8_t nonce[NVR_NONCE_LEN]);

#endif
