/*
 * Signed requests; see httpsig.h.  Whoever checks one writes the headers that
 * the message would have, and compares: so no form but one is ever accepted.
 */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "seal/base64.h"
#include "seal/crypto.h"
#include "seal/httpsig.h"

#define LABEL "nvr="
#define COVERED                                                     \
	"(\"@method\" \"@authority\" \"@path\" \"content-digest\" " \
	"\"nvr-sequence\");created="
#define KEY_ID ";keyid=\""
#define ALG "\";alg=\"ed25519\""
#define HEX (2 * (size_t)NVR_SIGN_KEY_LEN)
#define CREATED_MAX ((uint64_t)(NVR_TIME_MAX / NVR_SECOND))

/* 86 characters and two of padding. */
#define SIGNATURE_TEXT NVR_BASE64_LEN((size_t)NVR_ED25519_LEN)

static bool
is_only(const char *text, const char *chars)
{
	return text[0] != '\0' && text[strspn(text, chars)] == '\0';
}

/* Nothing in it can end a line of what is signed, or be written two ways. */
static int
check_message(const struct nvr_http_message *m, struct nvr_error *err)
{
	const char *p = m->path;

	if (!is_only(m->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return nvr_fail(err, NVR_E_DATA, "no method of HTTP");
	if (!is_only(
		m->authority, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]"))
		return nvr_fail(
		    err, NVR_E_DATA, "the host is not as it is signed");
	while (*p > ' ' && *p < 0x7f && *p != '?' && *p != '#')
		p++;
	if (m->path[0] != '/' || *p != '\0')
		return nvr_fail(
		    err, NVR_E_DATA, "the path is not as it is signed");
	if (m->sequence < 1 || m->sequence > NVR_HTTPSIG_SEQUENCE ||
	    m->created < NVR_SECOND || m->created > NVR_TIME_MAX)
		return nvr_fail(
		    err, NVR_E_DATA, "no such sequence or time is signed");
	return 0;
}

/* The headers of a message, but for the signature. */
static int
write_headers(const uint8_t key[NVR_SIGN_KEY_LEN],
    const struct nvr_http_message *m, struct nvr_http_signature *ret,
    struct nvr_error *err)
{
	uint8_t sum[NVR_SHA256_LEN];
	char hex[HEX + 1], base64[NVR_BASE64_LEN(NVR_SHA256_LEN) + 1];
	int rc = check_message(m, err);

	if (rc == 0)
		rc = nvr_sha256(m->body, m->len, sum, err);
	if (rc != 0)
		return rc;
	nvr_base64_encode(sum, sizeof(sum), base64);
	nvr_hex(key, NVR_SIGN_KEY_LEN, hex);
	snprintf(ret->digest, sizeof(ret->digest), "sha-256=:%s=:", base64);
	snprintf(ret->sequence, sizeof(ret->sequence), "%llu",
	    (unsigned long long)m->sequence);
	snprintf(ret->input, sizeof(ret->input),
	    LABEL COVERED "%lld" KEY_ID "%s" ALG,
	    (long long)(m->created / NVR_SECOND), hex);
	return 0;
}

/* RFC 9421, section 2.5: what is signed. */
static int
write_base(const struct nvr_http_message *m, const struct nvr_http_signature *s,
    struct nvr_buf *out, struct nvr_error *err)
{
	return nvr_buf_addf(out, err,
	    "\"@method\": %s\n\"@authority\": %s\n\"@path\": %s\n"
	    "\"content-digest\": %s\n\"nvr-sequence\": %s\n"
	    "\"@signature-params\": %s",
	    m->method, m->authority, m->path, s->digest, s->sequence,
	    s->input + strlen(LABEL));
}

int
nvr_httpsig_sign(const uint8_t seed[NVR_SIGN_KEY_LEN],
    const struct nvr_http_message *m, struct nvr_http_signature *ret,
    struct nvr_error *err)
{
	uint8_t key[NVR_SIGN_KEY_LEN], signature[NVR_ED25519_LEN];
	char base64[SIGNATURE_TEXT + 1];
	struct nvr_buf base = {0};
	int rc = nvr_sign_public(seed, key, err);

	if (rc == 0)
		rc = write_headers(key, m, ret, err);
	if (rc == 0)
		rc = write_base(m, ret, &base, err);
	if (rc == 0)
		rc =
		    nvr_ed25519_sign(seed, base.data, base.len, signature, err);
	if (rc == 0) {
		nvr_base64_encode(signature, sizeof(signature), base64);
		snprintf(ret->signature, sizeof(ret->signature),
		    LABEL ":%s==:", base64);
	}
	nvr_buf_release(&base);
	return rc;
}

/* A decimal number without leading zeros, up to `end`; NULL, or what is behind
 * that. */
static const char *
read_number(const char *p, const char *end, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (*p < '1' || *p > '9')
		return NULL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > max / 10)
			return NULL;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (n > max || strncmp(p, end, strlen(end)) != 0)
		return NULL;
	*ret = n;
	return p + strlen(end);
}

static bool
read_signature(const struct nvr_http_signature *s, uint8_t ret[NVR_ED25519_LEN])
{
	const char *p = s->signature;
	size_t n = strlen(LABEL ":");

	return strncmp(p, LABEL ":", n) == 0 &&
	       strlen(p) == n + SIGNATURE_TEXT + strlen("==:") &&
	       strcmp(p + n + SIGNATURE_TEXT, "==:") == 0 &&
	       nvr_base64_decode(p + n, SIGNATURE_TEXT, ret) == NVR_ED25519_LEN;
}

/* Whether each is a text, since nothing says that they are. */
static bool
are_texts(const struct nvr_http_signature *s)
{
	const char *const list[] = {
	    s->digest, s->sequence, s->input, s->signature};

	for (size_t i = 0; i < 4; i++)
		if (strnlen(list[i], NVR_HTTPSIG_HEADER) == NVR_HTTPSIG_HEADER)
			return false;
	return true;
}

int
nvr_httpsig_parse(const struct nvr_http_signature *s,
    uint8_t key[NVR_SIGN_KEY_LEN], uint64_t *sequence, int64_t *created,
    struct nvr_error *err)
{
	uint8_t signature[NVR_ED25519_LEN];
	const char *p = s->input;
	size_t n = strlen(LABEL COVERED);
	uint64_t at;

	if (!are_texts(s))
		return nvr_fail(
		    err, NVR_E_DATA, "a header of the signature is too long");
	if (read_number(s->sequence, "", NVR_HTTPSIG_SEQUENCE, sequence) !=
	    s->sequence + strlen(s->sequence))
		return nvr_fail(
		    err, NVR_E_DATA, "Nvr-Sequence is no number from 1");
	if (strncmp(p, LABEL COVERED, n) != 0 ||
	    (p = read_number(p + n, KEY_ID, CREATED_MAX, &at)) == NULL ||
	    !nvr_hex_read(p, key, NVR_SIGN_KEY_LEN) ||
	    strcmp(p + HEX, ALG) != 0)
		return nvr_fail(
		    err, NVR_E_DATA, "Signature-Input is not in our form");
	if (!read_signature(s, signature))
		return nvr_fail(
		    err, NVR_E_DATA, "Signature is not in our form");
	*created = (int64_t)at * NVR_SECOND;
	return 0;
}

int
nvr_httpsig_verify(const uint8_t key[NVR_SIGN_KEY_LEN],
    const struct nvr_http_message *m, const struct nvr_http_signature *s,
    bool *good, struct nvr_error *err)
{
	uint8_t signature[NVR_ED25519_LEN];
	struct nvr_http_signature want;
	struct nvr_buf base = {0};
	int rc;

	*good = false;
	if (!are_texts(s) || !read_signature(s, signature))
		return nvr_fail(
		    err, NVR_E_DATA, "Signature is not in our form");
	rc = write_headers(key, m, &want, err);
	if (rc != 0 || strcmp(want.digest, s->digest) != 0 ||
	    strcmp(want.sequence, s->sequence) != 0 ||
	    strcmp(want.input, s->input) != 0)
		return rc;
	rc = write_base(m, &want, &base, err);
	if (rc == 0)
		rc = nvr_ed25519_verify(
		    key, base.data, base.len, signature, good, err);
	nvr_buf_release(&base);
	return rc;
}
