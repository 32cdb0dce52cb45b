/*
 * The text header of an age file.  Internal to lib/seal.
 *
 *	age-encryption.org/v1
 *	-> X25519 <ephemeral share>
 *	<wrapped file key>
 *	--- <MAC of all up to and with the three dashes>
 *
 * https://c2sp.org/age, sections "Header" and "The X25519 recipient type".
 */
#ifndef NVR_SEAL_AGE_HEADER_H
#define NVR_SEAL_AGE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "seal/age.h"

#define NVR_AGE_FILE_KEY_LEN 16
#define NVR_AGE_MAX_HEADER 65536 /* ours: the format sets no limit */

/* Appends a header that wraps the file key for each recipient. */
int nvr_age_header_write(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN],
    const struct nvr_age_recipient *recipients, size_t n, struct nvr_buf *out,
    struct nvr_error *err);

/*
 * Reads the header at the start of data, of which there are at most
 * NVR_AGE_MAX_HEADER bytes, fewer only where the file is shorter.  Sets the
 * header's length, and the file key as the identity unwraps it.  Without an
 * identity only the grammar is checked, and the file key is left alone.
 *
 * NVR_E_PERMISSION if no stanza is for the identity, NVR_E_DATA for all else.
 */
int nvr_age_header_read(const void *data, size_t len,
    const struct nvr_age_identity *identity,
    uint8_t file_key[NVR_AGE_FILE_KEY_LEN], size_t *header_len,
    struct nvr_error *err);

#endif
