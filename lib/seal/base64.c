/* Canonical base64 without padding; see base64.h. */
#include <string.h>

#include "seal/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
nvr_base64_encode(const uint8_t *data, size_t len, char *out)
{
	uint32_t acc = 0;
	size_t i;
	int bits = 0;

	for (i = 0; i < len; i++) {
		acc = acc << 8 | data[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = alphabet[acc << (6 - bits) & 63];
	*out = '\0';
}

int
nvr_base64_add(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err)
{
	static const char *const pad[] = {"", "==", "="};
	size_t size = NVR_BASE64_LEN(len);
	int rc = nvr_buf_reserve(b, size + 1, err);

	if (rc != 0)
		return rc;
	nvr_base64_encode(data, len, b->data + b->len);
	b->len += size;
	return nvr_buf_add(b, pad[len % 3], strlen(pad[len % 3]), err);
}

int
nvr_base64_decode(const char *text, size_t text_len, uint8_t *out)
{
	const char *p;
	uint32_t acc = 0;
	size_t i;
	int bits = 0, n = 0;

	if (text_len % 4 == 1)
		return -1;
	for (i = 0; i < text_len; i++) {
		p = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
		if (p == NULL)
			return -1;
		acc = acc << 6 | (uint32_t)(p - alphabet);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	/* Bits that no byte took must be zero, or two texts mean the same. */
	return (acc & ((1u << bits) - 1)) == 0 ? n : -1;
}
