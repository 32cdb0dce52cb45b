/*
 * Base64 as age wants it: RFC 4648 section 4, without padding, and only the
 * canonical text of its bytes (section 3.5).
 */
#ifndef NVR_SEAL_BASE64_H
#define NVR_SEAL_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define NVR_BASE64_LEN(bytes) (((bytes)*8 + 5) / 6)

/* out has room for NVR_BASE64_LEN(len) and a NUL. */
void nvr_base64_encode(const uint8_t *data, size_t len, char *out);

/* Appends it with the padding that all but age want. */
int nvr_base64_add(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err);

/*
 * Decodes to out, with room for text_len * 6 / 8 bytes, and returns their
 * number, or -1 if the text is not canonical base64.
 */
int nvr_base64_decode(const char *text, size_t text_len, uint8_t *out);

#endif
