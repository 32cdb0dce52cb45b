/* One-time passwords: as RFC 6238 and oathtool compute them, once each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "seal/digest.h"
#include "seal/totp.h"

static struct nvr_error err;
static uint8_t key[NVR_TOTP_KEY_LEN + 1] = "12345678901234567890";

/* RFC 6238, appendix B; the RFC shows eight digits, we the last six. */
static void
codes_are_those_of_rfc_6238(void **state)
{
	static const struct {
		int64_t at;
		const char *code;
	} vector[] = {{59, "287082"}, {1111111109, "081804"},
	    {1111111111, "050471"}, {1234567890, "005924"},
	    {2000000000, "279037"}, {20000000000, "353130"}};
	char code[NVR_TOTP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(vector) / sizeof(*vector); i++) {
		assert_int_equal(nvr_totp_code(key,
				     vector[i].at / NVR_TOTP_STEP, code, &err),
		    0);
		assert_string_equal(code, vector[i].code);
	}
}

/* RFC 4648, section 10. */
static void
base32_is_that_of_rfc_4648(void **state)
{
	static const char *const want[] = {
	    "", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"};
	char text[NVR_BASE32_LEN(6) + 1];

	(void)state;
	for (size_t i = 0; i <= 6; i++) {
		nvr_base32_encode((const uint8_t *)"foobar", i, text);
		assert_string_equal(text, want[i]);
		assert_int_equal(strlen(text), NVR_BASE32_LEN(i));
	}
}

static int64_t
match(int64_t step, int64_t last, const char *code)
{
	int64_t ret = -1;

	assert_int_equal(nvr_totp_match(key, step, last, code, &ret, &err), 0);
	return ret;
}

static void
a_code_holds_one_step_before_and_after(void **state)
{
	char code[NVR_TOTP_TEXT];

	(void)state;
	assert_int_equal(nvr_totp_code(key, 1000, code, &err), 0);
	assert_int_equal(match(998, 0, code), 0);
	assert_int_equal(match(999, 0, code), 1000);
	assert_int_equal(match(1000, 0, code), 1000);
	assert_int_equal(match(1001, 0, code), 1000);
	assert_int_equal(match(1002, 0, code), 0);
}

static void
a_code_that_was_used_is_none(void **state)
{
	char code[NVR_TOTP_TEXT], before[NVR_TOTP_TEXT];

	(void)state;
	assert_int_equal(nvr_totp_code(key, 1000, code, &err), 0);
	assert_int_equal(nvr_totp_code(key, 999, before, &err), 0);
	assert_int_equal(match(1000, 999, code), 1000);
	assert_int_equal(match(1000, 1000, code), 0);
	assert_int_equal(match(1000, 1000, before), 0);
	assert_int_equal(match(1000, INT64_MAX, code), 0);
}

static void
what_is_no_code_matches_nothing(void **state)
{
	static const char *const bad[] = {"", "0", "00000", "0000000", " 12345",
	    "12345 ", "-12345", "+12345", "12345\n", "abcdef",
	    "\xd9\xa1\xd9\xa2\xd9\xa3", "12345\xff", "1e5000"};
	char code[NVR_TOTP_TEXT], longer[NVR_TOTP_TEXT + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(match(1000, 0, bad[i]), 0);
	assert_int_equal(nvr_totp_code(key, 1000, code, &err), 0);
	snprintf(longer, sizeof(longer), "%s0", code);
	assert_int_equal(match(1000, 0, longer), 0);
	code[5] = '\0';
	assert_int_equal(match(1000, 0, code), 0);
}

static void
a_uri_is_what_apps_scan(void **state)
{
	struct nvr_buf uri = {0};

	(void)state;
	assert_int_equal(
	    nvr_totp_uri(key, "My NVR: 1&2=\n",
		"j\xc3\xbcrgen+x@example.org?secret=A", &uri, &err),
	    0);
	assert_string_equal(uri.data,
	    "otpauth://totp/My%20NVR-%201%262%3D%0A:"
	    "j%C3%BCrgen%2Bx%40example.org%3Fsecret%3DA"
	    "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	    "&issuer=My%20NVR-%201%262%3D%0A");
	nvr_buf_wipe(&uri);
}

/* The code that oathtool has for the time; -1 where there is no oathtool. */
static int
oathtool(int64_t at, char code[NVR_TOTP_TEXT])
{
	char text[NVR_BASE32_LEN(NVR_TOTP_KEY_LEN) + 1], now[64];
	int fd[2], status;
	pid_t pid;

	nvr_base32_encode(key, NVR_TOTP_KEY_LEN, text);
	snprintf(now, sizeof(now), "@%lld", (long long)at);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		execlp("oathtool", "oathtool", "--totp", "-b", "-N", now, text,
		    (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	memset(code, 0, NVR_TOTP_TEXT);
	(void)!read(fd[0], code, NVR_TOTP_TEXT - 1);
	close(fd[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void
oathtool_computes_the_same(void **state)
{
	char theirs[NVR_TOTP_TEXT], ours[NVR_TOTP_TEXT];

	(void)state;
	for (int64_t at = 1; at < 40000000000; at = at * 7 + 29) {
		assert_int_equal(nvr_random(key, NVR_TOTP_KEY_LEN, &err), 0);
		if (oathtool(at, theirs) != 0)
			skip();
		assert_int_equal(
		    nvr_totp_code(key, at / NVR_TOTP_STEP, ours, &err), 0);
		assert_string_equal(ours, theirs);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_are_those_of_rfc_6238),
	    cmocka_unit_test(base32_is_that_of_rfc_4648),
	    cmocka_unit_test(a_code_holds_one_step_before_and_after),
	    cmocka_unit_test(a_code_that_was_used_is_none),
	    cmocka_unit_test(what_is_no_code_matches_nothing),
	    cmocka_unit_test(a_uri_is_what_apps_scan),
	    cmocka_unit_test(oathtool_computes_the_same),
	};

	return cmocka_run_group_tests_name("totp", tests, NULL, NULL);
}
