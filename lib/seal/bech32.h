/*
 * Bech32 text of bytes, as BIP 173 defines it but without its limit on the
 * length, which is how age writes its keys.
 * https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki
 */
#ifndef NVR_SEAL_BECH32_H
#define NVR_SEAL_BECH32_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Length of the text after the prefix: `1`, the data, six of checksum. */
#define NVR_BECH32_LEN(bytes) (1 + ((bytes)*8 + 4) / 5 + 6)

/*
 * Encodes under a prefix (BIP 173 calls it the human-readable part), in the
 * prefix's case.  out has room for the prefix, NVR_BECH32_LEN(len) and a NUL.
 */
void nvr_bech32_encode(
    const char *prefix, const uint8_t *data, size_t len, char *out);

/*
 * Decodes text that must have this prefix, in its case throughout, and hold
 * exactly len bytes.  NVR_E_DATA; the error never quotes the text.
 */
int nvr_bech32_decode(const char *text, size_t text_len, const char *prefix,
    uint8_t *data, size_t len, struct nvr_error *err);

#endif
