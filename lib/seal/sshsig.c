/* OpenSSH signatures; see sshsig.h. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "seal/base64.h"
#include "seal/crypto.h"
#include "seal/sshsig.h"

#define MAGIC "SSHSIG"
#define VERSION 1
#define KEY_TYPE "ssh-ed25519"
#define HASH "sha512"
#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define END "-----END SSH SIGNATURE-----"
#define COLUMNS 70
/* Far above what the parts of such a signature come to. */
#define MAX_NAME ((size_t)256)
#define MAX_TEXT ((size_t)4096)

/* RFC 4251, section 5: lengths of four bytes, most significant first. */
static int
put_u32(struct nvr_buf *b, size_t n, struct nvr_error *err)
{
	uint8_t bytes[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n};

	return nvr_buf_add(b, bytes, sizeof(bytes), err);
}

static int
put_string(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err)
{
	int rc = put_u32(b, len, err);

	return rc == 0 ? nvr_buf_add(b, data, len, err) : rc;
}

/* A type and 32 or 64 bytes: a public key, or a signature. */
static int
put_pair(struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err)
{
	int rc = put_string(b, KEY_TYPE, strlen(KEY_TYPE), err);

	return rc == 0 ? put_string(b, data, len, err) : rc;
}

/* What is signed: the namespace, and the hash of the data. */
static int
signed_text(const char *name_space, const uint8_t hash[NVR_SHA512_LEN],
    struct nvr_buf *out, struct nvr_error *err)
{
	size_t n = strlen(name_space);
	int rc;

	if (n < 1 || n > MAX_NAME)
		return nvr_fail(
		    err, NVR_E_USAGE, "a namespace has 1 to 256 bytes");
	rc = nvr_buf_add(out, MAGIC, strlen(MAGIC), err);
	if (rc == 0)
		rc = put_string(out, name_space, n, err);
	if (rc == 0)
		rc = put_string(out, "", 0, err); /* reserved */
	if (rc == 0)
		rc = put_string(out, HASH, strlen(HASH), err);
	return rc == 0 ? put_string(out, hash, NVR_SHA512_LEN, err) : rc;
}

static int
hash_data(const void *data, size_t len, uint8_t ret[NVR_SHA512_LEN],
    struct nvr_error *err)
{
	if (EVP_Digest(data, len, ret, NULL, EVP_sha512(), NULL) != 1)
		return nvr_fail_crypto(err, "SHA-512");
	return 0;
}

/* The blob that the armor holds. */
static int
put_blob(const uint8_t key[NVR_SIGN_KEY_LEN], const char *name_space,
    const uint8_t signature[NVR_ED25519_LEN], struct nvr_buf *out,
    struct nvr_error *err)
{
	struct nvr_buf pair = {0};
	int rc = nvr_buf_add(out, MAGIC, strlen(MAGIC), err);

	if (rc == 0)
		rc = put_u32(out, VERSION, err);
	if (rc == 0)
		rc = put_pair(&pair, key, NVR_SIGN_KEY_LEN, err);
	if (rc == 0)
		rc = put_string(out, pair.data, pair.len, err);
	if (rc == 0)
		rc = put_string(out, name_space, strlen(name_space), err);
	if (rc == 0)
		rc = put_string(out, "", 0, err); /* reserved */
	if (rc == 0)
		rc = put_string(out, HASH, strlen(HASH), err);
	pair.len = 0;
	if (rc == 0)
		rc = put_pair(&pair, signature, NVR_ED25519_LEN, err);
	if (rc == 0)
		rc = put_string(out, pair.data, pair.len, err);
	nvr_buf_release(&pair);
	return rc;
}

static int
put_armor(
    const struct nvr_buf *blob, struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_buf text = {0};
	int rc = nvr_base64_add(&text, blob->data, blob->len, err);

	if (rc == 0)
		rc = nvr_buf_addf(out, err, BEGIN "\n");
	for (size_t at = 0; rc == 0 && at < text.len; at += COLUMNS)
		rc = nvr_buf_addf(out, err, "%.*s\n", COLUMNS, text.data + at);
	if (rc == 0)
		rc = nvr_buf_addf(out, err, END "\n");
	nvr_buf_release(&text);
	return rc;
}

int
nvr_sshsig_sign(const uint8_t seed[NVR_SIGN_KEY_LEN], const char *name_space,
    const void *data, size_t len, struct nvr_buf *out, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA512_LEN];
	int rc = hash_data(data, len, hash, err);

	return rc == 0 ? nvr_sshsig_sign_hash(seed, name_space, hash, out, err)
		       : rc;
}

int
nvr_sshsig_sign_hash(const uint8_t seed[NVR_SIGN_KEY_LEN],
    const char *name_space, const uint8_t hash[NVR_SHA512_LEN],
    struct nvr_buf *out, struct nvr_error *err)
{
	uint8_t key[NVR_SIGN_KEY_LEN], signature[NVR_ED25519_LEN];
	struct nvr_buf text = {0}, blob = {0};
	int rc = signed_text(name_space, hash, &text, err);

	if (rc == 0)
		rc = nvr_sign_public(seed, key, err);
	if (rc == 0)
		rc =
		    nvr_ed25519_sign(seed, text.data, text.len, signature, err);
	if (rc == 0)
		rc = put_blob(key, name_space, signature, &blob, err);
	if (rc == 0)
		rc = put_armor(&blob, out, err);
	nvr_buf_release(&text);
	nvr_buf_release(&blob);
	return rc;
}

static int
no_signature(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_DATA, "it is no SSH signature by Ed25519");
}

/* The base64 between the lines, without line ends; false: it is no armor. */
static bool
strip_armor(const char *text, char *out, size_t *ret)
{
	size_t n = 0;

	if (strncmp(text, BEGIN, strlen(BEGIN)) != 0)
		return false;
	text += strlen(BEGIN);
	if (*text != '\n' && *text != '\r')
		return false;
	for (; *text != '-' && *text != '\0'; text++)
		if (*text != '\n' && *text != '\r')
			out[n++] = *text;
	if (text[-1] != '\n' || strncmp(text, END, strlen(END)) != 0)
		return false;
	text += strlen(END);
	/* Nothing may follow, or two texts are the same signature. */
	if (text[strspn(text, "\r\n")] != '\0' || n < 4 || n % 4 != 0)
		return false;
	if (out[n - 1] == '=')
		n -= out[n - 2] == '=' ? 2 : 1;
	*ret = n;
	return true;
}

/* What is left to read of a blob. */
struct reader {
	const uint8_t *p;
	size_t left;
};

static bool
get_u32(struct reader *r, size_t *ret)
{
	if (r->left < 4)
		return false;
	*ret = (size_t)r->p[0] << 24 | (size_t)r->p[1] << 16 |
	       (size_t)r->p[2] << 8 | r->p[3];
	r->p += 4;
	r->left -= 4;
	return true;
}

static bool
get_string(struct reader *r, struct reader *ret)
{
	size_t n;

	if (!get_u32(r, &n) || n > r->left)
		return false;
	*ret = (struct reader){r->p, n};
	r->p += n;
	r->left -= n;
	return true;
}

/* Whether the next string is that text. */
static bool
skip_text(struct reader *r, const char *text)
{
	struct reader s;

	return get_string(r, &s) && s.left == strlen(text) &&
	       memcmp(s.p, text, s.left) == 0;
}

static bool
get_pair(struct reader *r, size_t len, const uint8_t **ret)
{
	struct reader pair, bytes;

	if (!get_string(r, &pair) || !skip_text(&pair, KEY_TYPE) ||
	    !get_string(&pair, &bytes) || bytes.left != len || pair.left != 0)
		return false;
	*ret = bytes.p;
	return true;
}

/* The parts of a signature, which point into its blob. */
struct parts {
	const uint8_t *key, *signature;
	struct reader name_space;
};

static bool
parse(const uint8_t *blob, size_t len, struct parts *ret)
{
	struct reader r = {blob, len};
	size_t version;

	if (r.left < strlen(MAGIC) || memcmp(r.p, MAGIC, strlen(MAGIC)) != 0)
		return false;
	r.p += strlen(MAGIC);
	r.left -= strlen(MAGIC);
	return get_u32(&r, &version) && version == VERSION &&
	       get_pair(&r, NVR_SIGN_KEY_LEN, &ret->key) &&
	       get_string(&r, &ret->name_space) && skip_text(&r, "") &&
	       skip_text(&r, HASH) &&
	       get_pair(&r, NVR_ED25519_LEN, &ret->signature) && r.left == 0;
}

int
nvr_sshsig_verify(const uint8_t key[NVR_SIGN_KEY_LEN], const char *name_space,
    const void *data, size_t len, const char *text, bool *ret,
    struct nvr_error *err)
{
	uint8_t hash[NVR_SHA512_LEN];
	int rc = hash_data(data, len, hash, err);

	return rc == 0 ? nvr_sshsig_verify_hash(
			     key, name_space, hash, text, ret, err)
		       : rc;
}

int
nvr_sshsig_verify_hash(const uint8_t key[NVR_SIGN_KEY_LEN],
    const char *name_space, const uint8_t hash[NVR_SHA512_LEN],
    const char *text, bool *ret, struct nvr_error *err)
{
	char base64[MAX_TEXT];
	uint8_t blob[MAX_TEXT];
	struct nvr_buf want = {0};
	struct parts parts;
	size_t n;
	int size, rc;

	if (strnlen(text, MAX_TEXT) == MAX_TEXT ||
	    !strip_armor(text, base64, &n) ||
	    (size = nvr_base64_decode(base64, n, blob)) < 0 ||
	    !parse(blob, (size_t)size, &parts))
		return no_signature(err);
	rc = signed_text(name_space, hash, &want, err);
	if (rc == 0 && (parts.name_space.left != strlen(name_space) ||
			   memcmp(parts.name_space.p, name_space,
			       parts.name_space.left) != 0 ||
			   memcmp(parts.key, key, NVR_SIGN_KEY_LEN) != 0))
		*ret = false;
	else if (rc == 0)
		rc = nvr_ed25519_verify(
		    key, want.data, want.len, parts.signature, ret, err);
	nvr_buf_release(&want);
	return rc;
}
