/* age's recipients and identities as text; see age.h. */
#include <string.h>

#include <openssl/crypto.h>

#include "seal/age.h"
#include "seal/bech32.h"
#include "seal/crypto.h"
#include "seal/digest.h"

#define RECIPIENT_PREFIX "age"
#define IDENTITY_PREFIX "AGE-SECRET-KEY-"
#define IDENTITY_TEXT \
	(sizeof(IDENTITY_PREFIX) + NVR_BECH32_LEN(NVR_AGE_KEY_LEN))

int
nvr_age_recipient_parse(
    const char *text, struct nvr_age_recipient *ret, struct nvr_error *err)
{
	struct nvr_age_recipient r = {0};

	if (nvr_bech32_decode(text, strlen(text), RECIPIENT_PREFIX, r.key,
		sizeof(r.key), err) != 0)
		return nvr_prefix(err, "not an age recipient");
	*ret = r;
	return 0;
}

void
nvr_age_recipient_format(
    const struct nvr_age_recipient *recipient, char out[NVR_AGE_RECIPIENT_TEXT])
{
	nvr_bech32_encode(
	    RECIPIENT_PREFIX, recipient->key, sizeof(recipient->key), out);
}

/* Takes the next line off text, without its LF or CRLF. */
static const char *
next_line(const char **text, size_t *len, size_t *line_len)
{
	const char *line = *text;
	const char *end = memchr(line, '\n', *len);
	size_t n = end != NULL ? (size_t)(end - line) : *len;

	*text += end != NULL ? n + 1 : n;
	*len -= end != NULL ? n + 1 : n;
	*line_len = n > 0 && line[n - 1] == '\r' ? n - 1 : n;
	return line;
}

int
nvr_age_identity_parse(const char *text, size_t len,
    struct nvr_age_identity *ret, struct nvr_error *err)
{
	struct nvr_age_identity id = {0};
	const char *line;
	size_t n, number;
	int rc = 0, found = 0;

	for (number = 1; rc == 0 && len > 0; number++) {
		line = next_line(&text, &len, &n);
		if (n == 0 || line[0] == '#')
			continue;
		if (found++)
			rc = nvr_fail(err, NVR_E_DATA, "a second identity");
		else
			rc = nvr_bech32_decode(line, n, IDENTITY_PREFIX,
			    id.secret, sizeof(id.secret), err);
		if (rc != 0)
			nvr_prefix(
			    err, "line %zu is not an age identity", number);
	}
	if (rc == 0 && !found)
		rc = nvr_fail(err, NVR_E_DATA, "there is no age identity");
	if (rc == 0)
		rc = nvr_x25519_public(id.secret, id.recipient.key, err);
	if (rc == 0)
		*ret = id;
	nvr_age_identity_wipe(&id);
	return rc;
}

int
nvr_age_identity_generate(struct nvr_age_identity *ret, struct nvr_error *err)
{
	struct nvr_age_identity id = {0};
	int rc;

	rc = nvr_random(id.secret, sizeof(id.secret), err);
	if (rc == 0)
		rc = nvr_x25519_public(id.secret, id.recipient.key, err);
	if (rc == 0)
		*ret = id;
	nvr_age_identity_wipe(&id);
	return rc;
}

int
nvr_age_identity_format(const struct nvr_age_identity *identity, time_t created,
    struct nvr_buf *out, struct nvr_error *err)
{
	char when[32], public[NVR_AGE_RECIPIENT_TEXT], secret[IDENTITY_TEXT];
	char text[256];
	struct tm tm;
	int n, rc;

	if (gmtime_r(&created, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return nvr_fail(err, NVR_E_USAGE, "no such time");
	nvr_age_recipient_format(&identity->recipient, public);
	nvr_bech32_encode(IDENTITY_PREFIX, identity->secret,
	    sizeof(identity->secret), secret);
	n = snprintf(text, sizeof(text),
	    "# created: %s\n# public key: %s\n%s\n", when, public, secret);
	rc = nvr_buf_add(out, text, (size_t)n, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

void
nvr_age_identity_wipe(struct nvr_age_identity *identity)
{
	OPENSSL_cleanse(identity, sizeof(*identity));
}
