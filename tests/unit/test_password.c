/* Passwords: bcrypt as others do it, and what a hostile database holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <crypt.h>

#include "base/time.h"
#include "seal/password.h"

#define COST 4 /* the least, for speed */
#define WORD "correct horse battery staple"

static struct nvr_error err;
static const uint8_t pepper[NVR_PEPPER_LEN] = {1, 2, 3};
static const uint8_t other_pepper[NVR_PEPPER_LEN] = {1, 2, 4};

static bool
checks(const uint8_t *key, const char *hash, const char *password)
{
	bool is = false;

	assert_int_equal(nvr_password_check(key, hash, password, &is, &err), 0);
	return is;
}

static void
a_password_is_known_again(void **state)
{
	char hash[NVR_PASSWORD_HASH], second[NVR_PASSWORD_HASH];

	(void)state;
	for (int i = 0; i < 64; i++) {
		assert_int_equal(
		    nvr_password_hash(pepper, COST, WORD, hash, &err), 0);
		assert_int_equal(strlen(hash), 60);
		assert_true(checks(pepper, hash, WORD));
	}
	assert_int_equal(
	    nvr_password_hash(pepper, COST, WORD, second, &err), 0);
	assert_string_not_equal(hash, second);
	assert_false(checks(pepper, hash, WORD "r"));
	assert_false(checks(pepper, hash, ""));
	assert_false(checks(other_pepper, hash, WORD));
}

/* Computed by Python's hmac, base64 and crypt. */
static void
a_hash_that_others_computed_checks(void **state)
{
	static const uint8_t zero[NVR_PEPPER_LEN];

	(void)state;
	assert_true(checks(zero,
	    "$2b$05$abcdefghijklmnopqrstuuz2HvUcESKTeKeH6OmrrOJbfQaUH5q8y",
	    WORD));
}

static void
the_c_library_has_the_known_vectors(void **state)
{
	/* From the test of Openwall's crypt_blowfish. */
	static const char *const vectors[][2] = {
	    {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"U*U"},
	    {"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
		"U*U*"},
	    {"$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
		"U*U*U"},
	};
	struct crypt_data *data = calloc(1, sizeof(*data));

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(
		    crypt_r(vectors[i][1], vectors[i][0], data), vectors[i][0]);
	free(data);
}

static void
nothing_of_a_long_password_is_dropped(void **state)
{
	char hash[NVR_PASSWORD_HASH], word[NVR_PASSWORD_MAX + 2];

	(void)state;
	memset(word, 'x', sizeof(word));
	word[NVR_PASSWORD_MAX] = '\0';
	assert_int_equal(nvr_password_hash(pepper, COST, word, hash, &err), 0);
	assert_true(checks(pepper, hash, word));
	word[NVR_PASSWORD_MAX - 1] = 'y'; /* 951 beyond what bcrypt reads */
	assert_false(checks(pepper, hash, word));
	word[72] = '\0';
	assert_false(checks(pepper, hash, word));
}

static void
one_too_long_is_refused(void **state)
{
	char hash[NVR_PASSWORD_HASH] = "", word[NVR_PASSWORD_MAX + 2];
	bool is;

	(void)state;
	memset(word, 'x', sizeof(word));
	word[NVR_PASSWORD_MAX + 1] = '\0';
	assert_int_equal(
	    nvr_password_hash(pepper, COST, word, hash, &err), NVR_E_USAGE);
	assert_string_equal(hash, "");
	assert_int_equal(nvr_password_hash(pepper, COST, WORD, hash, &err), 0);
	assert_int_equal(
	    nvr_password_check(pepper, hash, word, &is, &err), NVR_E_USAGE);
	assert_null(strstr(err.text, "xxxx"));
}

static void
the_cost_is_in_the_hash(void **state)
{
	char hash[NVR_PASSWORD_HASH];
	int cost = 0;

	(void)state;
	for (int want = 4; want <= 6; want++) {
		assert_int_equal(
		    nvr_password_hash(pepper, want, WORD, hash, &err), 0);
		assert_int_equal(nvr_password_cost(hash, &cost, &err), 0);
		assert_int_equal(cost, want);
		assert_true(checks(pepper, hash, WORD));
	}
	assert_int_equal(
	    nvr_password_hash(pepper, 3, WORD, hash, &err), NVR_E_USAGE);
	assert_int_equal(
	    nvr_password_hash(pepper, 21, WORD, hash, &err), NVR_E_USAGE);
}

/* A cost of 31 would take two days; one of 99, who knows. */
static void
a_hostile_hash_is_refused_at_once(void **state)
{
#define S "CCCCCCCCCCCCCCCCCCCCC."
#define H "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	static const char *const bad[] = {"", "*0", "*1", "x", "$2b$",
	    "$2b$05$" S, "$2b$05$" S H "x", "$2b$31$" S H, "$2b$21$" S H,
	    "$2b$03$" S H, "$2b$00$" S H, "$2b$99$" S H, "$2b$5$$" S H,
	    "$2b$-5$" S H, "$2b$ 5$" S H, "$2a$05$" S H, "$2y$05$" S H,
	    "$2x$05$" S H, "$2b$05$" S "E5YPO9kmyuRGyh0XouQYb4YMJKvyOe=",
	    "$2b$05$" S "E5YPO9kmyuRGyh0XouQYb4YMJKvyOe\n",
	    "$2b$05$" S "E5YPO9kmyuRGyh0XouQYb4YMJKvyOe\xff",
	    "$6$rounds=999999999$saltstring$" H,
	    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1"};
	int64_t begin = nvr_time_monotonic();
	bool is;
	int cost;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (nvr_password_check(pepper, bad[i], WORD, &is, &err) !=
			NVR_E_DATA ||
		    nvr_password_cost(bad[i], &cost, &err) != NVR_E_DATA)
			fail_msg("'%s' was taken", bad[i]);
		assert_null(strstr(err.text, WORD));
	}
	assert_true(nvr_time_monotonic() - begin < NVR_SECOND);
}

static void
a_salt_that_the_library_refuses_is_no_match(void **state)
{
	bool is = true;
	int rc;

	(void)state;
	/* 22 characters whose last bits no salt has: libxcrypt answers `*0`,
	 * or another hash than this. */
	rc = nvr_password_check(
	    pepper, "$2b$05$CCCCCCCCCCCCCCCCCCCCCz" H, WORD, &is, &err);
	assert_true(rc == NVR_E_DATA || (rc == 0 && !is));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_password_is_known_again),
	    cmocka_unit_test(a_hash_that_others_computed_checks),
	    cmocka_unit_test(the_c_library_has_the_known_vectors),
	    cmocka_unit_test(nothing_of_a_long_password_is_dropped),
	    cmocka_unit_test(one_too_long_is_refused),
	    cmocka_unit_test(the_cost_is_in_the_hash),
	    cmocka_unit_test(a_hostile_hash_is_refused_at_once),
	    cmocka_unit_test(a_salt_that_the_library_refuses_is_no_match),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
