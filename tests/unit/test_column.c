/* Sealed columns, the look-up index, and the digests below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "seal/column.h"
#include "seal/crypto.h"
#include "seal/digest.h"

#define TEXT "erika.mustermann@example.org"

static struct nvr_error err;
static const uint8_t key[NVR_ACCOUNT_KEY_LEN] = {1, 2, 3};
static const uint8_t other_key[NVR_ACCOUNT_KEY_LEN] = {1, 2, 4};
static const struct nvr_column place = {"account", "email", 7};

static struct nvr_buf
seal_text(void)
{
	struct nvr_buf out = {0};

	assert_int_equal(
	    nvr_column_seal(key, &place, TEXT, strlen(TEXT), &out, &err), 0);
	assert_int_equal(out.len, strlen(TEXT) + NVR_COLUMN_OVERHEAD);
	return out;
}

static void
assert_refused(const uint8_t *k, struct nvr_column at, const void *sealed,
    size_t len, const char *says)
{
	struct nvr_buf out = {0};

	assert_int_equal(
	    nvr_column_open(k, &at, sealed, len, &out, &err), NVR_E_DATA);
	if (strstr(err.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_int_equal(out.len, 0);
	nvr_buf_release(&out);
}

static void
a_sealed_value_opens_in_its_place(void **state)
{
	struct nvr_buf sealed = seal_text(), out = {0};

	(void)state;
	assert_null(memmem(sealed.data, sealed.len, "erika", 5));
	assert_int_equal(
	    nvr_column_open(key, &place, sealed.data, sealed.len, &out, &err),
	    0);
	assert_string_equal(out.data, TEXT);
	assert_int_equal(
	    nvr_column_open(key, &place, sealed.data, sealed.len, &out, &err),
	    0);
	assert_string_equal(out.data, TEXT TEXT);
	nvr_buf_wipe(&out);
	nvr_buf_release(&sealed);
}

static void
an_empty_value_and_the_last_row_are_sealed_too(void **state)
{
	struct nvr_column at = {"t", "c", INT64_MAX};
	struct nvr_buf sealed = {0}, out = {0};

	(void)state;
	assert_int_equal(nvr_column_seal(key, &at, NULL, 0, &sealed, &err), 0);
	assert_int_equal(
	    nvr_column_open(key, &at, sealed.data, sealed.len, &out, &err), 0);
	assert_int_equal(out.len, 0);
	nvr_buf_release(&out);
	nvr_buf_release(&sealed);
}

static void
the_same_text_is_sealed_differently_each_time(void **state)
{
	struct nvr_buf one = seal_text(), two = seal_text();

	(void)state;
	assert_memory_not_equal(one.data, two.data, one.len);
	nvr_buf_release(&one);
	nvr_buf_release(&two);
}

static void
a_value_moved_elsewhere_is_refused_by_the_name_of_the_column(void **state)
{
	static const struct nvr_column elsewhere[] = {
	    {"account", "email", 8},
	    {"account", "email", 7 + (1LL << 40)},
	    {"account", "emai", 7},
	    {"account", "name", 7},
	    {"accounts", "email", 7},
	    {"accoun", "temail", 7},
	    {"accounte", "mail", 7},
	};
	struct nvr_buf sealed = seal_text();
	char name[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++) {
		snprintf(name, sizeof(name), "%s.%s of row %lld does not open",
		    elsewhere[i].table, elsewhere[i].column,
		    (long long)elsewhere[i].row);
		assert_refused(
		    key, elsewhere[i], sealed.data, sealed.len, name);
	}
	assert_refused(other_key, place, sealed.data, sealed.len,
	    "account.email of row 7 does not open");
	nvr_buf_release(&sealed);
}

static void
every_flipped_bit_and_truncation_is_refused(void **state)
{
	struct nvr_buf sealed = seal_text();
	size_t i;

	(void)state;
	for (i = 0; i < 8 * sealed.len; i++) {
		sealed.data[i / 8] ^= (char)(1 << i % 8);
		assert_refused(key, place, sealed.data, sealed.len,
		    "account.email of row 7");
		sealed.data[i / 8] ^= (char)(1 << i % 8);
	}
	for (i = 0; i < sealed.len; i++)
		assert_refused(
		    key, place, sealed.data, i, "account.email of row 7");
	nvr_buf_release(&sealed);
}

static void
places_out_of_bounds_are_refused(void **state)
{
	char name[65 + 1];
	const struct nvr_column bad[] = {
	    {"", "c", 1}, {"t", "", 1}, {name, "c", 1}, {"t", "c", -1}};
	struct nvr_buf out = {0};
	size_t i;

	(void)state;
	memset(name, 'x', 65);
	name[65] = '\0';
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
		    nvr_column_seal(key, &bad[i], "x", 1, &out, &err),
		    NVR_E_USAGE);
	assert_null(out.data);
}

static void
the_lookup_depends_on_the_text_and_the_key_alone(void **state)
{
	uint8_t a[NVR_LOOKUP_LEN], b[NVR_LOOKUP_LEN];

	(void)state;
	assert_int_equal(nvr_lookup_hmac(key, TEXT, a, &err), 0);
	assert_int_equal(nvr_lookup_hmac(key, TEXT, b, &err), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(nvr_lookup_hmac(other_key, TEXT, b, &err), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(nvr_lookup_hmac(key, "x" TEXT, b, &err), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* RFC 5869, test cases 1 and 3, the first 32 bytes of the output. */
static void
hkdf_gives_the_values_of_rfc_5869(void **state)
{
	static const uint8_t salt[] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	static const uint8_t info[] = {
	    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9};
	uint8_t ikm[22], out[NVR_KEY_LEN], back[NVR_KEY_LEN];
	char text[NVR_SHA256_HEX];

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	assert_int_equal(nvr_hkdf(ikm, sizeof(ikm), salt, sizeof(salt), info,
			     sizeof(info), out, &err),
	    0);
	nvr_hex(out, sizeof(out), text);
	assert_string_equal(text,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
	assert_true(nvr_hex_read(text, back, sizeof(back)));
	assert_memory_equal(back, out, sizeof(back));
	text[62] = 'B';
	assert_false(nvr_hex_read(text, back, sizeof(back)));
	text[62] = '\0';
	assert_false(nvr_hex_read(text, back, sizeof(back)));
	assert_int_equal(
	    nvr_hkdf(ikm, sizeof(ikm), "", 0, "", 0, out, &err), 0);
	nvr_hex(out, sizeof(out), text);
	assert_string_equal(text,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

/* The digest of "abc" is that of FIPS 180-4's example. */
static void
sha256_is_the_same_in_one_piece_or_several(void **state)
{
	struct nvr_sha256 *sha = NULL;
	uint8_t out[NVR_SHA256_LEN], again[NVR_SHA256_LEN];
	char text[NVR_SHA256_HEX];

	(void)state;
	assert_int_equal(nvr_sha256("abc", 3, out, &err), 0);
	nvr_hex(out, sizeof(out), text);
	assert_string_equal(text,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(nvr_sha256_open(&sha, &err), 0);
	assert_int_equal(nvr_sha256_update(sha, "a", 1, &err), 0);
	assert_int_equal(nvr_sha256_update(sha, NULL, 0, &err), 0);
	assert_int_equal(nvr_sha256_update(sha, "bc", 2, &err), 0);
	assert_int_equal(nvr_sha256_final(sha, again, &err), 0);
	assert_memory_equal(out, again, sizeof(out));
	nvr_sha256_free(sha);
	nvr_sha256_free(NULL);
}

static void
an_opener_opens_values_of_many_accounts(void **state)
{
	struct nvr_buf sealed = seal_text(), out = {0};
	uint8_t derived[2][NVR_ACCOUNT_KEY_LEN];
	struct nvr_column_opener *o = NULL;

	(void)state;
	assert_int_equal(
	    nvr_column_opener_new("account", "email", &o, &err), 0);
	assert_int_equal(nvr_column_opener_key(o, key, derived[0], &err), 0);
	assert_int_equal(
	    nvr_column_opener_key(o, other_key, derived[1], &err), 0);
	for (int i = 0; i < 12; i++)
		assert_int_equal(
		    nvr_column_opener_open(o, derived[i % 2], 6 + i / 4,
			sealed.data, sealed.len, &out, &err),
		    i == 4 || i == 6 ? 0 : NVR_E_DATA);
	assert_string_equal(out.data, TEXT TEXT);
	assert_string_equal(err.text,
	    "account.email of row 8 does not open: it was changed, moved or "
	    "sealed under another key");
	assert_int_equal(nvr_column_opener_open(o, derived[0], -1, sealed.data,
			     sealed.len, &out, &err),
	    NVR_E_USAGE);
	assert_int_equal(nvr_column_opener_open(
			     o, derived[0], 7, sealed.data, 12, &out, &err),
	    NVR_E_DATA);
	nvr_column_opener_free(o);
	assert_int_equal(
	    nvr_column_opener_new("account", "", &o, &err), NVR_E_USAGE);
	nvr_column_opener_free(NULL);
	nvr_buf_wipe(&out);
	nvr_buf_release(&sealed);
}

/* RFC 4231, test cases 1 and 2. */
static void
a_hasher_gives_what_single_calls_give(void **state)
{
	static const char want[2][NVR_SHA256_HEX] = {
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843"};
	uint8_t ones[20], out[NVR_SHA256_LEN], again[NVR_SHA256_LEN];
	struct nvr_hasher *h = NULL;
	char hex[NVR_SHA256_HEX];

	(void)state;
	memset(ones, 0x0b, sizeof(ones));
	assert_int_equal(nvr_hasher_open(&h, &err), 0);
	for (int i = 0; i < 4; i++) {
		const char *text =
		    i % 2 ? "what do ya want for nothing?" : "Hi There";
		const void *k = i % 2 ? "Jefe" : (const void *)ones;
		size_t len = i % 2 ? 4 : sizeof(ones);

		assert_int_equal(
		    nvr_hasher_hmac(h, k, len, text, strlen(text), out, &err),
		    0);
		nvr_hex(out, sizeof(out), hex);
		assert_string_equal(hex, want[i % 2]);
		assert_int_equal(
		    nvr_hmac(k, len, text, strlen(text), again, &err), 0);
		assert_memory_equal(out, again, sizeof(out));
		assert_int_equal(
		    nvr_hasher_sha256(h, text, strlen(text), out, &err), 0);
		assert_int_equal(
		    nvr_sha256(text, strlen(text), again, &err), 0);
		assert_memory_equal(out, again, sizeof(out));
	}
	nvr_hasher_free(h);
	nvr_hasher_free(NULL);
}

static void
random_bytes_differ(void **state)
{
	uint8_t a[16] = {0}, b[16] = {0};

	(void)state;
	assert_int_equal(nvr_random(a, sizeof(a), &err), 0);
	assert_int_equal(nvr_random(b, sizeof(b), &err), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(nvr_random(NULL, 0, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sealed_value_opens_in_its_place),
	    cmocka_unit_test(an_empty_value_and_the_last_row_are_sealed_too),
	    cmocka_unit_test(the_same_text_is_sealed_differently_each_time),
	    cmocka_unit_test(
		a_value_moved_elsewhere_is_refused_by_the_name_of_the_column),
	    cmocka_unit_test(every_flipped_bit_and_truncation_is_refused),
	    cmocka_unit_test(places_out_of_bounds_are_refused),
	    cmocka_unit_test(the_lookup_depends_on_the_text_and_the_key_alone),
	    cmocka_unit_test(hkdf_gives_the_values_of_rfc_5869),
	    cmocka_unit_test(sha256_is_the_same_in_one_piece_or_several),
	    cmocka_unit_test(an_opener_opens_values_of_many_accounts),
	    cmocka_unit_test(a_hasher_gives_what_single_calls_give),
	    cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
