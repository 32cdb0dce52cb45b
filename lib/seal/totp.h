/*
 * Time-based one-time passwords (RFC 6238) as authenticator apps do them: six
 * digits, 30 seconds, HMAC-SHA1; the key in base32 (RFC 4648, section 6).
 */
#ifndef NVR_SEAL_TOTP_H
#define NVR_SEAL_TOTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define NVR_TOTP_KEY_LEN 20 /* RFC 4226, 4: as long as the hash */
#define NVR_TOTP_STEP 30    /* seconds */
#define NVR_TOTP_TEXT 7	    /* room for the digits and a NUL */

/* The code of a step, which is seconds since 1970 over 30. */
int nvr_totp_code(const uint8_t key[NVR_TOTP_KEY_LEN], int64_t step,
    char code[NVR_TOTP_TEXT], struct nvr_error *err);

/*
 * The step within one of `step` whose code it is, and which is above `last`,
 * the step of the last code that was accepted; 0: none.  Constant time.
 */
int nvr_totp_match(const uint8_t key[NVR_TOTP_KEY_LEN], int64_t step,
    int64_t last, const char *code, int64_t *ret, struct nvr_error *err);

/*
 * Appends what a QR code says: otpauth://totp/ISSUER:ACCOUNT?secret=…, as
 * https://github.com/google/google-authenticator/wiki/Key-Uri-Format.  A colon
 * in either becomes a hyphen.  The caller frees out with nvr_buf_wipe.
 */
int nvr_totp_uri(const uint8_t key[NVR_TOTP_KEY_LEN], const char *issuer,
    const char *account, struct nvr_buf *out, struct nvr_error *err);

#define NVR_BASE32_LEN(bytes) (((bytes)*8 + 4) / 5)

/* Base32 without padding; out has room for NVR_BASE32_LEN(len) and a NUL. */
void nvr_base32_encode(const uint8_t *data, size_t len, char *out);

#endif
