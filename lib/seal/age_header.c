/* The text header of an age file; see age_header.h. */
#include <string.h>

#include <openssl/crypto.h>

#include "seal/age_header.h"
#include "seal/base64.h"
#include "seal/crypto.h"
#include "seal/digest.h"

#define VERSION_START "age-encryption.org/"
#define VERSION_LINE VERSION_START "v1"
#define ARMOR_START "-----BEGIN AGE"
#define STANZA_INFO "age-encryption.org/v1/X25519"
#define LINE_LEN 64 /* of the body lines but the last, which is shorter */

#define WRAPPED_LEN (NVR_AGE_FILE_KEY_LEN + NVR_TAG_LEN)
#define KEY_TEXT_LEN NVR_BASE64_LEN(NVR_AGE_KEY_LEN)

/* Where the parser stands. */
struct cursor {
	const char *data;
	size_t len;
	size_t pos;
	size_t line; /* number of the line that was taken last */
};

/* A recipient stanza: what of it can matter to us. */
struct stanza {
	const char *type, *share; /* first and second argument */
	size_t type_len, share_len;
	size_t args;
	uint8_t body[LINE_LEN]; /* the bytes of its last line */
	size_t body_len;	/* of all its lines */
};

/* The key that wraps the file key, from either end of the exchange. */
static int
wrap_key(const uint8_t secret[NVR_AGE_KEY_LEN],
    const uint8_t peer[NVR_AGE_KEY_LEN], const uint8_t share[NVR_AGE_KEY_LEN],
    const uint8_t recipient[NVR_AGE_KEY_LEN], uint8_t key[NVR_KEY_LEN],
    struct nvr_error *err)
{
	uint8_t shared[NVR_AGE_KEY_LEN], salt[2 * NVR_AGE_KEY_LEN];
	int rc;

	memcpy(salt, share, NVR_AGE_KEY_LEN);
	memcpy(salt + NVR_AGE_KEY_LEN, recipient, NVR_AGE_KEY_LEN);
	rc = nvr_x25519(secret, peer, shared, err);
	if (rc == 0)
		rc = nvr_hkdf(shared, sizeof(shared), salt, sizeof(salt),
		    STANZA_INFO, strlen(STANZA_INFO), key, err);
	OPENSSL_cleanse(shared, sizeof(shared));
	return rc;
}

/* The key is used for this one message, hence a nonce of zeros. */
static const uint8_t no_nonce[NVR_NONCE_LEN];

static int
wrap(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN],
    const struct nvr_age_recipient *recipient, struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_age_identity eph;
	EVP_CIPHER_CTX *cipher = NULL;
	uint8_t key[NVR_KEY_LEN], body[WRAPPED_LEN];
	char share_text[KEY_TEXT_LEN + 1];
	char body_text[NVR_BASE64_LEN(WRAPPED_LEN) + 1];
	int rc;

	rc = nvr_age_identity_generate(&eph, err);
	if (rc == 0)
		rc = wrap_key(eph.secret, recipient->key, eph.recipient.key,
		    recipient->key, key, err);
	if (rc == 0)
		rc = nvr_aead_new(
		    EVP_chacha20_poly1305(), key, NVR_AEAD_SEAL, &cipher, err);
	if (rc == 0)
		rc = nvr_aead_seal(cipher, no_nonce, NULL, 0, file_key,
		    NVR_AGE_FILE_KEY_LEN, body, err);
	if (rc == 0) {
		nvr_base64_encode(
		    eph.recipient.key, NVR_AGE_KEY_LEN, share_text);
		nvr_base64_encode(body, sizeof(body), body_text);
		rc = nvr_buf_addf(
		    out, err, "-> X25519 %s\n%s\n", share_text, body_text);
	}
	EVP_CIPHER_CTX_free(cipher);
	OPENSSL_cleanse(key, sizeof(key));
	nvr_age_identity_wipe(&eph);
	return rc;
}

/* The MAC of a header, of which len counts up to and with the dashes. */
static int
header_mac(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN], const void *header,
    size_t len, uint8_t mac[NVR_KEY_LEN], struct nvr_error *err)
{
	uint8_t key[NVR_KEY_LEN];
	int rc;

	rc = nvr_hkdf(file_key, NVR_AGE_FILE_KEY_LEN, "", 0, "header",
	    strlen("header"), key, err);
	if (rc == 0)
		rc = nvr_hmac(key, sizeof(key), header, len, mac, err);
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
nvr_age_header_write(const uint8_t file_key[NVR_AGE_FILE_KEY_LEN],
    const struct nvr_age_recipient *recipients, size_t n, struct nvr_buf *out,
    struct nvr_error *err)
{
	size_t i, start = out->len;
	uint8_t mac[NVR_KEY_LEN];
	char text[NVR_BASE64_LEN(NVR_KEY_LEN) + 1];
	int rc;

	rc = nvr_buf_addf(out, err, VERSION_LINE "\n");
	for (i = 0; rc == 0 && i < n; i++) {
		rc = wrap(file_key, &recipients[i], out, err);
		if (rc != 0)
			nvr_prefix(err, "recipient %zu", i + 1);
	}
	if (rc == 0)
		rc = nvr_buf_addf(out, err, "---");
	if (rc == 0)
		rc = header_mac(
		    file_key, out->data + start, out->len - start, mac, err);
	if (rc != 0)
		return rc;
	nvr_base64_encode(mac, sizeof(mac), text);
	return nvr_buf_addf(out, err, " %s\n", text);
}

/* Words an error of the grammar; says which line. */
static int
malformed(const struct cursor *c, const char *what, struct nvr_error *err)
{
	return nvr_fail(
	    err, NVR_E_DATA, "malformed header, line %zu: %s", c->line, what);
}

static int
next_line(
    struct cursor *c, const char **line, size_t *len, struct nvr_error *err)
{
	const char *p = c->data + c->pos;
	const char *end = memchr(p, '\n', c->len - c->pos);

	if (end == NULL && c->len < NVR_AGE_MAX_HEADER)
		return nvr_fail(err, NVR_E_DATA,
		    "cut short: it ends at byte %zu, in the header", c->len);
	if (end == NULL)
		return nvr_fail(err, NVR_E_DATA,
		    "its header is longer than %d bytes", NVR_AGE_MAX_HEADER);
	c->line++;
	c->pos += (size_t)(end - p) + 1;
	*line = p;
	*len = (size_t)(end - p);
	return 0;
}

/* Whether data begins with the text, or is the beginning of it. */
static int
starts_as(const struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	return memcmp(c->data, text, c->len < n ? c->len : n) == 0;
}

static int
read_version(struct cursor *c, struct nvr_error *err)
{
	const char *line = NULL;
	size_t len = 0;
	int rc;

	if (c->len > 0 && starts_as(c, ARMOR_START))
		return nvr_fail(err, NVR_E_DATA,
		    "an armored age file, which is not read here: "
		    "open it with age -d");
	if (!starts_as(c, VERSION_START))
		return nvr_fail(err, NVR_E_DATA, "not an age file");
	rc = next_line(c, &line, &len, err);
	if (rc != 0)
		return rc;
	if (len != strlen(VERSION_LINE) || memcmp(line, VERSION_LINE, len) != 0)
		return nvr_fail(
		    err, NVR_E_DATA, "not of version 1 of the age format");
	return 0;
}

/* Splits `-> type argument…`; each is one or more visible characters. */
static int
split_arguments(struct cursor *c, const char *line, size_t len,
    struct stanza *s, struct nvr_error *err)
{
	size_t i, start = 3;

	memset(s, 0, sizeof(*s));
	for (i = start; i <= len; i++) {
		if (i < len && line[i] > ' ' && line[i] <= '~')
			continue;
		if (i < len && line[i] != ' ')
			return malformed(c, "a character is not visible", err);
		if (i <= start)
			return malformed(c, "an argument is empty", err);
		if (s->args == 0) {
			s->type = line + start;
			s->type_len = i - start;
		} else if (s->args == 1) {
			s->share = line + start;
			s->share_len = i - start;
		}
		s->args++;
		start = i + 1;
	}
	return 0;
}

static int
read_stanza(struct cursor *c, const char *line, size_t len, struct stanza *s,
    struct nvr_error *err)
{
	int n, rc;

	rc = split_arguments(c, line, len, s, err);
	do {
		if (rc == 0)
			rc = next_line(c, &line, &len, err);
		if (rc != 0)
			return rc;
		n = len <= LINE_LEN ? nvr_base64_decode(line, len, s->body)
				    : -1;
		if (n < 0)
			return malformed(c, "not canonical base64", err);
		s->body_len += (size_t)n;
	} while (len == LINE_LEN);
	return 0;
}

/* Unwraps the file key; NVR_E_PERMISSION if it was not for this identity. */
static int
unwrap(struct cursor *c, struct stanza *s,
    const struct nvr_age_identity *identity,
    uint8_t file_key[NVR_AGE_FILE_KEY_LEN], struct nvr_error *err)
{
	uint8_t share[LINE_LEN], key[NVR_KEY_LEN], out[WRAPPED_LEN];
	EVP_CIPHER_CTX *cipher = NULL;
	int rc;

	if (s->args != 2 || s->share_len != KEY_TEXT_LEN ||
	    nvr_base64_decode(s->share, s->share_len, share) < 0)
		return malformed(c, "not the arguments of X25519", err);
	if (s->body_len != WRAPPED_LEN)
		return malformed(c, "not the length of a wrapped key", err);
	rc = wrap_key(
	    identity->secret, share, share, identity->recipient.key, key, err);
	if (rc == NVR_E_DATA)
		rc = malformed(c, "a key of low order", err);
	if (rc == 0)
		rc = nvr_aead_new(
		    EVP_chacha20_poly1305(), key, NVR_AEAD_OPEN, &cipher, err);
	if (rc == 0 &&
	    nvr_aead_open(cipher, no_nonce, NULL, 0, s->body, WRAPPED_LEN, out))
		memcpy(file_key, out, NVR_AGE_FILE_KEY_LEN);
	else if (rc == 0)
		rc = nvr_fail(err, NVR_E_PERMISSION, "not for this identity");
	EVP_CIPHER_CTX_free(cipher);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(out, sizeof(out));
	return rc;
}

static bool
is_type(const struct stanza *s, const char *type)
{
	return s->type_len == strlen(type) &&
	       memcmp(s->type, type, s->type_len) == 0;
}

/*
 * Reads the stanzas and the start of the last line, up to its dashes, and
 * returns that line.  *found tells whether file_key was set.
 */
static int
read_stanzas(struct cursor *c, const struct nvr_age_identity *identity,
    uint8_t file_key[NVR_AGE_FILE_KEY_LEN], bool *found, const char **line,
    size_t *len, struct nvr_error *err)
{
	struct stanza s;
	size_t count;
	bool scrypt = false;
	int rc;

	for (count = 0;; count++) {
		rc = next_line(c, line, len, err);
		if (rc != 0)
			return rc;
		if (*len < 3 || memcmp(*line, "-> ", 3) != 0)
			break;
		rc = read_stanza(c, *line, *len, &s, err);
		if (rc != 0)
			return rc;
		scrypt = scrypt || is_type(&s, "scrypt");
		if (identity == NULL || *found || !is_type(&s, "X25519"))
			continue;
		rc = unwrap(c, &s, identity, file_key, err);
		if (rc != 0 && rc != NVR_E_PERMISSION)
			return rc;
		*found = rc == 0;
	}
	if (count == 0)
		return malformed(c, "not a recipient", err);
	if (scrypt && count > 1)
		return malformed(c, "a passphrase beside recipients", err);
	if (scrypt && identity != NULL)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "sealed with a passphrase, not for an identity");
	return 0;
}

int
nvr_age_header_read(const void *data, size_t len,
    const struct nvr_age_identity *identity,
    uint8_t file_key[NVR_AGE_FILE_KEY_LEN], size_t *header_len,
    struct nvr_error *err)
{
	struct cursor c = {.data = data, .len = len};
	uint8_t key[NVR_AGE_FILE_KEY_LEN], mac[NVR_KEY_LEN], want[LINE_LEN];
	const char *line = NULL;
	size_t n = 0;
	bool found = false;
	int rc;

	rc = read_version(&c, err);
	if (rc == 0)
		rc = read_stanzas(&c, identity, key, &found, &line, &n, err);
	if (rc != 0)
		goto out;
	if (n != 4 + KEY_TEXT_LEN || memcmp(line, "--- ", 4) != 0 ||
	    nvr_base64_decode(line + 4, KEY_TEXT_LEN, want) < 0) {
		rc = malformed(&c, "neither a recipient nor a MAC", err);
		goto out;
	}
	if (identity != NULL && !found) {
		rc = nvr_fail(
		    err, NVR_E_PERMISSION, "not sealed for this identity");
		goto out;
	}
	if (identity != NULL) {
		rc = header_mac(
		    key, c.data, (size_t)(line - c.data) + 3, mac, err);
		if (rc == 0 && CRYPTO_memcmp(mac, want, sizeof(mac)) != 0)
			rc = nvr_fail(err, NVR_E_DATA,
			    "its header does not verify: it was changed");
		if (rc == 0)
			memcpy(file_key, key, sizeof(key));
	}
	if (rc == 0)
		*header_len = c.pos;
out:
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
nvr_age_file_check(const void *data, size_t len, struct nvr_error *err)
{
	uint8_t none[NVR_AGE_FILE_KEY_LEN];
	size_t n = 0;
	int rc = nvr_age_header_read(data,
	    len < NVR_AGE_MAX_HEADER ? len : NVR_AGE_MAX_HEADER, NULL, none, &n,
	    err);

	/* A nonce, and a chunk at the least. */
	if (rc == 0 && len - n < 16 + NVR_TAG_LEN)
		rc = nvr_fail(err, NVR_E_DATA, "it is cut short");
	return rc;
}
