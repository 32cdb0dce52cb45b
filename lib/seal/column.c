/* Sealed columns; see column.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "seal/column.h"
#include "seal/crypto.h"
#include "seal/digest.h"

#define VERSION 1
#define COLUMN_INFO "nvr column v1"
#define LOOKUP_INFO "nvr lookup v1"
#define MAX_NAME ((size_t)64)
#define ROW_LEN 8

/* Where things stand in a sealed value. */
enum { AT_NONCE = 1, AT_TEXT = AT_NONCE + NVR_NONCE_LEN };

/* The bytes that stand for a place: the key's info, then the row. */
struct place {
	uint8_t bytes[sizeof(COLUMN_INFO) + 2 * (MAX_NAME + 1) + ROW_LEN];
	size_t info_len, len;
};

static int
set_row(const struct nvr_column *at, struct place *place, struct nvr_error *err)
{
	uint8_t *p = place->bytes + place->info_len;

	if (at->row < 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "row %" PRId64 " cannot hold a sealed value", at->row);
	for (int i = 0; i < ROW_LEN; i++)
		*p++ = (uint8_t)((uint64_t)at->row >> (8 * (7 - i)));
	place->len = place->info_len + ROW_LEN;
	return 0;
}

static int
set_place(
    const struct nvr_column *at, struct place *place, struct nvr_error *err)
{
	const char *parts[] = {COLUMN_INFO, at->table, at->column};
	uint8_t *p = place->bytes;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(parts[i]);
		if (n < 1 || n > MAX_NAME)
			return nvr_fail(err, NVR_E_USAGE,
			    "'%s' cannot name a sealed column", parts[i]);
		memcpy(p, parts[i], n + 1);
		p += n + 1;
	}
	place->info_len = (size_t)(p - place->bytes);
	return set_row(at, place, err);
}

static int
column_cipher(const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    const struct place *place, enum nvr_aead_mode mode, EVP_CIPHER_CTX **ret,
    struct nvr_error *err)
{
	uint8_t key[NVR_KEY_LEN];
	int rc;

	rc = nvr_hkdf(account_key, NVR_ACCOUNT_KEY_LEN, "", 0, place->bytes,
	    place->info_len, key, err);
	if (rc == 0)
		rc = nvr_aead_new(EVP_aes_256_gcm(), key, mode, ret, err);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
nvr_column_seal(const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    const struct nvr_column *at, const void *data, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	EVP_CIPHER_CTX *cipher = NULL;
	struct place place = {0};
	uint8_t *p;
	int rc;

	rc = set_place(at, &place, err);
	if (rc == 0)
		rc = nvr_buf_reserve(out, len + NVR_COLUMN_OVERHEAD, err);
	if (rc == 0)
		rc = column_cipher(
		    account_key, &place, NVR_AEAD_SEAL, &cipher, err);
	if (rc != 0)
		goto out;
	p = (uint8_t *)out->data + out->len;
	p[0] = VERSION;
	rc = nvr_random(p + AT_NONCE, NVR_NONCE_LEN, err);
	if (rc == 0)
		rc = nvr_aead_seal(cipher, p + AT_NONCE, place.bytes, place.len,
		    data, len, p + AT_TEXT, err);
	if (rc == 0)
		out->len += len + NVR_COLUMN_OVERHEAD;
out:
	if (out->data != NULL)
		out->data[out->len] = '\0';
	EVP_CIPHER_CTX_free(cipher);
	return rc;
}

struct nvr_column_opener {
	EVP_CIPHER_CTX *cipher; /* NULL until there is a key */
	uint8_t key[NVR_KEY_LEN];
	struct place place;
	char table[MAX_NAME + 1], column[MAX_NAME + 1];
};

/* Appends what the value holds that stands in the place. */
static int
open_value(EVP_CIPHER_CTX *cipher, const struct place *place,
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	const uint8_t *p = sealed;
	int rc;

	if (len < NVR_COLUMN_OVERHEAD || p[0] != VERSION)
		return nvr_fail(err, NVR_E_DATA,
		    "%s.%s of row %" PRId64 " is not a sealed value", at->table,
		    at->column, at->row);
	rc = nvr_buf_reserve(out, len - NVR_COLUMN_OVERHEAD, err);
	if (rc != 0)
		return rc;
	if (nvr_aead_open(cipher, p + AT_NONCE, place->bytes, place->len,
		p + AT_TEXT, len - AT_TEXT, (uint8_t *)out->data + out->len))
		out->len += len - NVR_COLUMN_OVERHEAD;
	else
		rc = nvr_fail(err, NVR_E_DATA,
		    "%s.%s of row %" PRId64 " does not open: it was changed, "
		    "moved or sealed under another key",
		    at->table, at->column, at->row);
	out->data[out->len] = '\0';
	return rc;
}

int
nvr_column_open(const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	EVP_CIPHER_CTX *cipher = NULL;
	struct place place = {0};
	int rc;

	rc = set_place(at, &place, err);
	if (rc == 0)
		rc = column_cipher(
		    account_key, &place, NVR_AEAD_OPEN, &cipher, err);
	if (rc == 0)
		rc = open_value(cipher, &place, at, sealed, len, out, err);
	EVP_CIPHER_CTX_free(cipher);
	return rc;
}

int
nvr_column_opener_new(const char *table, const char *column,
    struct nvr_column_opener **ret, struct nvr_error *err)
{
	struct nvr_column at = {table, column, 0};
	struct nvr_column_opener *o = calloc(1, sizeof(*o));
	int rc;

	if (o == NULL)
		return nvr_fail_nomem(err);
	rc = set_place(&at, &o->place, err);
	if (rc != 0) {
		free(o);
		return rc;
	}
	strlcpy(o->table, table, sizeof(o->table));
	strlcpy(o->column, column, sizeof(o->column));
	*ret = o;
	return 0;
}

int
nvr_column_opener_key(struct nvr_column_opener *o,
    const uint8_t account_key[NVR_ACCOUNT_KEY_LEN],
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	return nvr_hkdf(account_key, NVR_ACCOUNT_KEY_LEN, "", 0, o->place.bytes,
	    o->place.info_len, ret, err);
}

static int
use_key(struct nvr_column_opener *o, const uint8_t key[NVR_KEY_LEN],
    struct nvr_error *err)
{
	int rc = 0;

	if (o->cipher == NULL)
		rc = nvr_aead_new(
		    EVP_aes_256_gcm(), key, NVR_AEAD_OPEN, &o->cipher, err);
	else if (CRYPTO_memcmp(o->key, key, NVR_KEY_LEN) == 0)
		return 0;
	else if (EVP_CipherInit_ex(o->cipher, NULL, NULL, key, NULL, -1) != 1)
		rc = nvr_fail_crypto(err, "cannot set up a cipher");
	if (rc == 0)
		memcpy(o->key, key, NVR_KEY_LEN);
	return rc;
}

int
nvr_column_opener_open(struct nvr_column_opener *o,
    const uint8_t key[NVR_ACCOUNT_KEY_LEN], int64_t row, const void *sealed,
    size_t len, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_column at = {o->table, o->column, row};
	int rc = set_row(&at, &o->place, err);

	if (rc == 0)
		rc = use_key(o, key, err);
	return rc == 0 ? open_value(
			     o->cipher, &o->place, &at, sealed, len, out, err)
		       : rc;
}

void
nvr_column_opener_free(struct nvr_column_opener *o)
{
	if (o == NULL)
		return;
	EVP_CIPHER_CTX_free(o->cipher);
	OPENSSL_cleanse(o, sizeof(*o));
	free(o);
}

int
nvr_lookup_hmac(const uint8_t key[NVR_ACCOUNT_KEY_LEN], const char *text,
    uint8_t out[NVR_LOOKUP_LEN], struct nvr_error *err)
{
	uint8_t lookup_key[NVR_KEY_LEN];
	int rc;

	rc = nvr_hkdf(key, NVR_ACCOUNT_KEY_LEN, "", 0, LOOKUP_INFO,
	    strlen(LOOKUP_INFO), lookup_key, err);
	if (rc == 0)
		rc = nvr_hmac(lookup_key, sizeof(lookup_key), text,
		    strlen(text), out, err);
	OPENSSL_cleanse(lookup_key, sizeof(lookup_key));
	return rc;
}
