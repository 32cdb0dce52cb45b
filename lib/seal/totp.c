/* Time-based one-time passwords; see totp.h. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "seal/crypto.h"
#include "seal/totp.h"

#define SHA1_LEN 20
#define DIGITS (NVR_TOTP_TEXT - 1)

/* RFC 4226, section 5.3: four bytes from where the last one points. */
int
nvr_totp_code(const uint8_t key[NVR_TOTP_KEY_LEN], int64_t step,
    char code[NVR_TOTP_TEXT], struct nvr_error *err)
{
	uint8_t counter[8], mac[SHA1_LEN], *p;
	uint32_t n;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (8 * (7 - i)));
	if (HMAC(EVP_sha1(), key, NVR_TOTP_KEY_LEN, counter, sizeof(counter),
		mac, NULL) == NULL)
		return nvr_fail_crypto(err, "HMAC");
	p = mac + (mac[SHA1_LEN - 1] & 15);
	n = (uint32_t)(p[0] & 127) << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	OPENSSL_cleanse(mac, sizeof(mac));
	snprintf(code, NVR_TOTP_TEXT, "%06u", (unsigned)(n % 1000000));
	return 0;
}

int
nvr_totp_match(const uint8_t key[NVR_TOTP_KEY_LEN], int64_t step, int64_t last,
    const char *code, int64_t *ret, struct nvr_error *err)
{
	char given[NVR_TOTP_TEXT] = "", want[NVR_TOTP_TEXT];
	int64_t match = 0;
	int rc = 0;
	bool digits = strnlen(code, NVR_TOTP_TEXT) == DIGITS &&
		      strspn(code, "0123456789") == DIGITS;

	if (digits)
		memcpy(given, code, sizeof(given));
	/* All three, whichever it is; of two that are the same the later, so
	 * that none is left for a replay. */
	for (int64_t at = step - 1; rc == 0 && at <= step + 1; at++) {
		rc = nvr_totp_code(key, at, want, err);
		if (rc == 0 && CRYPTO_memcmp(given, want, sizeof(want)) == 0 &&
		    at > last)
			match = at;
	}
	OPENSSL_cleanse(want, sizeof(want));
	if (rc == 0)
		*ret = match;
	return rc;
}

void
nvr_base32_encode(const uint8_t *data, size_t len, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | data[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = alphabet[acc << (5 - bits) & 31];
	*out = '\0';
}

/* RFC 3986's unreserved as they are; room was made. */
static void
percent(struct nvr_buf *b, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t c;

	for (; *text != '\0'; text++) {
		/* It would part issuer and account, however it is written. */
		c = *text == ':' ? '-' : (uint8_t)*text;
		if (c < 128 && (isalnum(c) || strchr("-._~", c) != NULL)) {
			b->data[b->len++] = (char)c;
		} else {
			b->data[b->len++] = '%';
			b->data[b->len++] = digits[c >> 4];
			b->data[b->len++] = digits[c & 15];
		}
	}
	b->data[b->len] = '\0';
}

int
nvr_totp_uri(const uint8_t key[NVR_TOTP_KEY_LEN], const char *issuer,
    const char *account, struct nvr_buf *out, struct nvr_error *err)
{
	char secret[NVR_BASE32_LEN(NVR_TOTP_KEY_LEN) + 1];
	int rc;

	/* All at once: growing would leave copies of the key behind. */
	rc = nvr_buf_reserve(
	    out, 128 + 6 * strlen(issuer) + 3 * strlen(account), err);
	if (rc != 0)
		return rc;
	rc = nvr_buf_addf(out, err, "otpauth://totp/");
	percent(out, issuer);
	out->data[out->len++] = ':';
	percent(out, account);
	nvr_base32_encode(key, NVR_TOTP_KEY_LEN, secret);
	if (rc == 0)
		rc = nvr_buf_addf(out, err, "?secret=%s&issuer=", secret);
	percent(out, issuer);
	OPENSSL_cleanse(secret, sizeof(secret));
	return rc;
}
