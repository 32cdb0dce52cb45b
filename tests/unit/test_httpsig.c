/* Signed requests: that OpenSSL agrees on what is signed, and that whatever is
 * changed, or said another way, is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/time.h"
#include "seal/base64.h"
#include "seal/httpsig.h"

#define BODY "{\"a\":1}"
#define WHEN (INT64_C(1795334400) * NVR_SECOND + 123456)

static struct nvr_error err;
static const uint8_t seed[NVR_SIGN_KEY_LEN] = {7, 7, 7};
static uint8_t key[NVR_SIGN_KEY_LEN];

static struct nvr_http_message
message(void)
{
	return (struct nvr_http_message){.method = "POST",
	    .authority = "portal.example:8443",
	    .path = "/api/v1/heartbeat",
	    .body = BODY,
	    .len = strlen(BODY),
	    .sequence = 1795334400123,
	    .created = WHEN};
}

static struct nvr_http_signature
signed_by_us(const struct nvr_http_message *m)
{
	struct nvr_http_signature s = {0};

	assert_int_equal(nvr_sign_public(seed, key, &err), 0);
	assert_int_equal(nvr_httpsig_sign(seed, m, &s, &err), 0);
	return s;
}

/* As a server does: 1, 0, or an error. */
static int
accepts(const struct nvr_http_signature *s, struct nvr_http_message m)
{
	uint8_t who[NVR_SIGN_KEY_LEN];
	bool good = true;
	int rc = nvr_httpsig_parse(s, who, &m.sequence, &m.created, &err);

	if (rc == 0)
		rc = nvr_httpsig_verify(who, &m, s, &good, &err);
	return rc == 0 ? good && memcmp(who, key, sizeof(key)) == 0 : rc;
}

static void
what_is_signed_is_as_rfc_9421_has_it(void **state)
{
	struct nvr_http_message m = message();
	struct nvr_http_signature s = signed_by_us(&m);
	uint8_t bytes[64];
	char base[1024], digest[64], hex[65];
	unsigned char sum[32];
	EVP_PKEY *pub;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	(void)state;
	assert_int_equal(
	    EVP_Digest(BODY, strlen(BODY), sum, NULL, EVP_sha256(), NULL), 1);
	EVP_EncodeBlock((unsigned char *)digest, sum, sizeof(sum));
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	snprintf(base, sizeof(base),
	    "\"@method\": POST\n"
	    "\"@authority\": portal.example:8443\n"
	    "\"@path\": /api/v1/heartbeat\n"
	    "\"content-digest\": sha-256=:%s:\n"
	    "\"nvr-sequence\": 1795334400123\n"
	    "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" "
	    "\"content-digest\" \"nvr-sequence\");created=1795334400;"
	    "keyid=\"%s\";alg=\"ed25519\"",
	    digest, hex);
	assert_string_equal(s.sequence, "1795334400123");
	assert_memory_equal(s.input, "nvr=(", 5);
	assert_string_equal(s.input + 4, strstr(base, "params\": ") + 9);
	assert_memory_equal(s.signature, "nvr=:", 5);
	assert_int_equal(nvr_base64_decode(s.signature + 5, 86, bytes), 64);
	pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pub), 1);
	assert_int_equal(EVP_DigestVerify(ctx, bytes, sizeof(bytes),
			     (unsigned char *)base, strlen(base)),
	    1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pub);
}

static void
the_headers_say_who_when_and_in_which_order(void **state)
{
	struct nvr_http_message m = message();
	struct nvr_http_signature s = signed_by_us(&m);
	uint8_t who[NVR_SIGN_KEY_LEN];
	uint64_t sequence;
	int64_t created;

	(void)state;
	assert_int_equal(
	    nvr_httpsig_parse(&s, who, &sequence, &created, &err), 0);
	assert_memory_equal(who, key, sizeof(key));
	assert_true(sequence == m.sequence);
	assert_true(created == WHEN / NVR_SECOND * NVR_SECOND);
	assert_int_equal(accepts(&s, m), 1);
}

/* Whatever byte of whatever header is another one. */
static void
no_header_can_be_altered(void **state)
{
	struct nvr_http_message m = message();
	const struct nvr_http_signature good = signed_by_us(&m);
	struct nvr_http_signature s;

	(void)state;
	for (int which = 0; which < 4; which++) {
		const char *from[] = {
		    good.digest, good.sequence, good.input, good.signature};

		for (size_t i = 0; i <= strlen(from[which]); i++) {
			static const char other[] = "0a=;\" \n";

			for (size_t k = 0; k < sizeof(other); k++) {
				char *to[] = {
				    s.digest, s.sequence, s.input, s.signature};

				s = good;
				if (to[which][i] == other[k])
					continue;
				to[which][i] = other[k];
				assert_true(accepts(&s, m) != 1);
			}
		}
	}
}

static void
nothing_of_the_message_can_be_altered(void **state)
{
	struct nvr_http_message m = message(), x;
	struct nvr_http_signature s = signed_by_us(&m);
	char body[] = BODY;

	(void)state;
	x = m, x.method = "PUT";
	assert_int_equal(accepts(&s, x), 0);
	x = m, x.authority = "portal.example";
	assert_int_equal(accepts(&s, x), 0);
	x = m, x.path = "/api/v1/enrol";
	assert_int_equal(accepts(&s, x), 0);
	x = m, x.len--;
	assert_int_equal(accepts(&s, x), 0);
	for (size_t i = 0; i < strlen(BODY); i++) {
		body[i] ^= 1;
		x = m, x.body = body;
		assert_int_equal(accepts(&s, x), 0);
		body[i] ^= 1;
	}
	assert_int_equal(accepts(&s, m), 1);
}

static void
another_key_has_not_signed_it(void **state)
{
	static const uint8_t other_seed[NVR_SIGN_KEY_LEN] = {8};
	struct nvr_http_message m = message();
	struct nvr_http_signature s = signed_by_us(&m), t;
	uint8_t other[NVR_SIGN_KEY_LEN];
	bool good = true;

	(void)state;
	assert_int_equal(nvr_sign_public(other_seed, other, &err), 0);
	assert_int_equal(nvr_httpsig_verify(other, &m, &s, &good, &err), 0);
	assert_false(good);
	/* Its own signature under our name. */
	assert_int_equal(nvr_httpsig_sign(other_seed, &m, &t, &err), 0);
	memcpy(s.signature, t.signature, sizeof(s.signature));
	assert_int_equal(accepts(&s, m), 0);
}

static void
there_is_one_way_to_say_each_thing(void **state)
{
	struct nvr_http_message m = message();
	const struct nvr_http_signature good = signed_by_us(&m);
	static const char *const sequences[] = {"", "0", "01795334400123",
	    "+1795334400123", "1795334400123 ", " 1795334400123",
	    "1795334400123.0", "9007199254740992", "18446744073709551617",
	    "99999999999999999999999999", "-1", NULL};
	struct nvr_http_signature s;
	char *p;

	(void)state;
	for (const char *const *q = sequences; *q != NULL; q++) {
		s = good;
		strlcpy(s.sequence, *q, sizeof(s.sequence));
		assert_int_equal(accepts(&s, m), NVR_E_DATA);
	}
	s = good; /* upper-case digits of the key */
	for (p = strstr(s.input, "keyid"); *p != ';'; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 32);
	assert_int_equal(accepts(&s, m), NVR_E_DATA);
	s = good; /* a second label */
	strlcat(s.input, ", x=()", sizeof(s.input));
	assert_int_equal(accepts(&s, m), NVR_E_DATA);
	s = good;
	memset(s.input, 'a', sizeof(s.input)); /* no NUL at all */
	assert_int_equal(accepts(&s, m), NVR_E_DATA);
	s = (struct nvr_http_signature){0};
	assert_int_equal(accepts(&s, m), NVR_E_DATA);
}

static void
what_could_be_read_two_ways_is_not_signed(void **state)
{
	static const char *const paths[] = {
	    "", "api", "/a?b", "/a b", "/a\nb", "/a#b", "/\x80", NULL};
	static const char *const hosts[] = {
	    "", "Portal.example", "a b", "a\n\"@path\": /", "a/b", NULL};
	struct nvr_http_message m;
	struct nvr_http_signature s;

	(void)state;
	for (const char *const *p = paths; *p != NULL; p++) {
		m = message(), m.path = *p;
		assert_int_equal(
		    nvr_httpsig_sign(seed, &m, &s, &err), NVR_E_DATA);
	}
	for (const char *const *p = hosts; *p != NULL; p++) {
		m = message(), m.authority = *p;
		assert_int_equal(
		    nvr_httpsig_sign(seed, &m, &s, &err), NVR_E_DATA);
	}
	m = message(), m.method = "post";
	assert_int_equal(nvr_httpsig_sign(seed, &m, &s, &err), NVR_E_DATA);
	m = message(), m.sequence = 0;
	assert_int_equal(nvr_httpsig_sign(seed, &m, &s, &err), NVR_E_DATA);
	m = message(), m.created = 0;
	assert_int_equal(nvr_httpsig_sign(seed, &m, &s, &err), NVR_E_DATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_signed_is_as_rfc_9421_has_it),
	    cmocka_unit_test(the_headers_say_who_when_and_in_which_order),
	    cmocka_unit_test(no_header_can_be_altered),
	    cmocka_unit_test(nothing_of_the_message_can_be_altered),
	    cmocka_unit_test(another_key_has_not_signed_it),
	    cmocka_unit_test(there_is_one_way_to_say_each_thing),
	    cmocka_unit_test(what_could_be_read_two_ways_is_not_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
