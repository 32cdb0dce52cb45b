/* Second factors: N19, C14. */
#include <ctype.h>
#include <sys/wait.h>

#include "core/consent.h"
#include "core/factor_int.h"
#include "signin_help.h"

#define HOME "192.0.2.7"
#define PHONE "+4915112345678"

static const uint8_t key[NVR_TOTP_KEY_LEN + 1] = "12345678901234567890";
static struct nvr_account *a;
static const struct nvr_signin here = {.address = HOME, .agent = "test"};

static int
set_up_account(void **state)
{
	if (set_up(state) != 0)
		return -1;
	a = account(jane);
	return 0;
}

static int
tear_down_account(void **state)
{
	nvr_account_free(a);
	return tear_down(state);
}

static void
code_of(const uint8_t k[NVR_TOTP_KEY_LEN], int64_t at, char code[NVR_TOTP_TEXT])
{
	ok(nvr_totp_code(k, at / NVR_SECOND / NVR_TOTP_STEP, code, &err));
}

/* Begins, with a key of the test's own. */
static void
enrol(void)
{
	char code[NVR_TOTP_TEXT];
	enum nvr_factor which;

	ok(nvr_store_begin(s->store, &err));
	ok(nvr_factor_begin(
	    s, jane, NVR_FACTOR_TOTP, key, NVR_TOTP_KEY_LEN, &err));
	ok(nvr_store_commit(s->store, &err));
	code_of(key, now, code);
	ok(nvr_factor_confirm(s, a, code, &which, &err));
	assert_int_equal(which, NVR_FACTOR_TOTP);
	now += NVR_MINUTE;
}

static int
code_by(const char *device, const char *token, const char *code,
    struct nvr_signed *r)
{
	const struct nvr_signin in = {
	    .address = HOME, .agent = "test", .device = device};

	return nvr_signin_code(s, token, code, &in, r, &err);
}

static int
code_in(const char *token, const char *code, struct nvr_signed *r)
{
	return nvr_signin_code(s, token, code, &here, r, &err);
}

static void
password(char token[NVR_TOKEN_TEXT])
{
	struct nvr_signed r;

	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(r.session, 0);
	assert_string_equal(r.device, "");
	strlcpy(token, r.token, NVR_TOKEN_TEXT);
}

static void
an_app_counts_once_a_code_of_it_was_shown(void **state)
{
	uint8_t drawn[NVR_TOTP_KEY_LEN] = {0};
	struct nvr_factor_open f;
	char code[NVR_TOTP_TEXT], text[NVR_BASE32_LEN(NVR_TOTP_KEY_LEN) + 1];
	struct nvr_buf uri = {0};
	enum nvr_factor which;
	struct nvr_signed r;

	(void)state;
	assert_int_equal(
	    nvr_factor_confirm(s, a, "123456", &which, &err), NVR_E_NOENT);
	ok(nvr_totp_enrol(s, a, &uri, NULL, NULL, &err));
	ok(nvr_factor_load(s, jane, NVR_FACTOR_TOTP, &f, &err));
	memcpy(drawn, f.secret.data, sizeof(drawn));
	nvr_buf_wipe(&f.secret);
	nvr_base32_encode(drawn, sizeof(drawn), text);
	assert_non_null(strstr(uri.data, text));
	assert_memory_equal(uri.data, "otpauth://totp/nvr:", 19);
	nvr_buf_wipe(&uri);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_true(r.session != 0);
	code_of(drawn, now, code);
	code[0] = (char)(code[0] == '9' ? '0' : code[0] + 1);
	assert_int_equal(
	    nvr_factor_confirm(s, a, code, &which, &err), NVR_E_PERMISSION);
	code_of(drawn, now, code);
	ok(nvr_factor_confirm(s, a, code, &which, &err));
	assert_int_equal(logged(jane, "factor.added"), 1);
	assert_int_equal(posted("factor-changed"), 1);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(r.session, 0);
	/* It is not overwritten by who is signed in for a moment. */
	assert_int_equal(
	    nvr_totp_enrol(s, a, &uri, NULL, NULL, &err), NVR_E_CREATE);
	nvr_buf_wipe(&uri);
}

static void
codes_of_rfc_6238_sign_in(void **state)
{
	/* Appendix B, SHA-1, its last six digits. */
	static const struct {
		int64_t at;
		const char *code;
	} rfc[] = {{1111111109, "081804"}, {1111111111, "050471"},
	    {1234567890, "005924"}, {2000000000, "279037"}};
	char token[NVR_TOKEN_TEXT];
	struct nvr_signed r;

	(void)state;
	now = INT64_C(1111111000) * NVR_SECOND;
	enrol();
	for (size_t i = 0; i < sizeof(rfc) / sizeof(rfc[0]); i++) {
		now = rfc[i].at * NVR_SECOND;
		password(token);
		ok(code_in(token, rfc[i].code, &r));
		assert_true(r.session != 0);
		assert_int_equal(r.factor, NVR_FACTOR_TOTP);
	}
	assert_int_equal(logged(jane, "signin.ok"), 4);
}

static void
a_code_is_good_once_and_for_a_step_around_it(void **state)
{
	char token[NVR_TOKEN_TEXT], again[NVR_TOKEN_TEXT], code[NVR_TOTP_TEXT];
	struct nvr_signed r;

	(void)state;
	enrol();
	password(token);
	password(again);
	code_of(key, now, code);
	ok(code_in(token, code, &r));
	/* Neither the code nor the token is good any more. */
	assert_int_equal(code_in(again, code, &r), NVR_E_PERMISSION);
	code_of(key, now + 30 * NVR_SECOND, code);
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
	ok(code_in(again, code, &r));
	/* An earlier step than the last one is past, too late is too late. */
	now += NVR_HOUR;
	password(token);
	code_of(key, now - 60 * NVR_SECOND, code);
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
	code_of(key, now - 30 * NVR_SECOND, code);
	ok(code_in(token, code, &r));
}

/* One of two programs that have the same code at the same moment. */
static int
race(const char *token, const char *code, int go)
{
	struct nvr_state *own;
	struct nvr_signed r;
	char byte;
	int rc = nvr_state_open(dir, 0, &own, &err);

	if (rc != 0)
		return 2;
	own->rules = &rules;
	if (read(go, &byte, 1) < 0)
		return 2;
	rc = nvr_signin_code(own, token, code, &here, &r, &err);
	return rc == 0 ? 0 : rc == NVR_E_PERMISSION ? 1 : 2;
}

static void
of_two_with_one_code_exactly_one_wins(void **state)
{
	char token[2][NVR_TOKEN_TEXT], code[NVR_TOTP_TEXT];
	int go[2], status, sum;
	pid_t pid[2];

	(void)state;
	rules.account.n = rules.pair.n = rules.network.n = 1000;
	enrol();
	for (int round = 0; round < 20; round++) {
		now += NVR_MINUTE;
		code_of(key, now, code);
		assert_int_equal(pipe(go), 0);
		for (int i = 0; i < 2; i++)
			password(token[i]);
		for (int i = 0; i < 2; i++) {
			pid[i] = fork();
			if (pid[i] == 0) {
				close(go[1]);
				_exit(race(token[i], code, go[0]));
			}
		}
		close(go[0]);
		close(go[1]); /* both go */
		sum = 0;
		for (int i = 0; i < 2; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFEXITED(status));
			sum += WEXITSTATUS(status);
		}
		assert_int_equal(sum, 1);
	}
	rules.account.n = 60, rules.pair.n = 10, rules.network.n = 20;
	assert_int_equal(logged(jane, "signin.ok"), 20);
}

static void
after_five_wrong_codes_the_password_is_asked_for_again(void **state)
{
	char token[NVR_TOKEN_TEXT], code[NVR_TOTP_TEXT];
	struct nvr_signed r;

	(void)state;
	enrol();
	password(token);
	for (int i = 0; i < NVR_CODE_TRIES; i++)
		assert_int_equal(
		    code_in(token, "000000", &r), NVR_E_PERMISSION);
	assert_int_equal(logged(jane, "signin.failed"), NVR_CODE_TRIES);
	code_of(key, now, code);
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
	password(token);
	now += NVR_CODE_LASTS;
	code_of(key, now, code);
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
}

/* N19: who knows the password cannot go on guessing codes. */
static void
codes_are_bounded_whatever_is_done(void **state)
{
	char token[NVR_TOKEN_TEXT], code[NVR_CODE_TEXT];
	struct nvr_signed r;
	int tried = 0, rc = 0;

	(void)state;
	rules.account.n = rules.pair.n = rules.network.n = 100000;
	enrol();
	for (int i = 0; rc != NVR_E_AGAIN && i < 1000; i++) {
		if (i % 4 == 0)
			password(token);
		snprintf(code, sizeof(code), "%06d", i);
		rc = code_in(token, code, &r);
		tried += rc != NVR_E_AGAIN;
	}
	rules.account.n = 60, rules.pair.n = 10, rules.network.n = 20;
	assert_int_equal(rc, NVR_E_AGAIN);
	assert_true(r.wait > 0);
	assert_in_range(tried, 95, 97);
}

static void
recovery_codes_stand_in_once_each(void **state)
{
	char codes[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT];
	char other[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT];
	char token[NVR_TOKEN_TEXT], typed[64] = "";
	struct nvr_signed r;

	(void)state;
	assert_int_equal(
	    nvr_recovery_draw(s, a, codes, NULL, NULL, &err), NVR_E_NOENT);
	enrol();
	ok(nvr_recovery_draw(s, a, codes, NULL, NULL, &err));
	for (int i = 0; i < NVR_RECOVERY_CODES; i++) {
		assert_int_equal(strlen(codes[i]), 24);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(codes[i], codes[j]);
	}
	password(token);
	ok(code_in(token, codes[0], &r));
	assert_int_equal(r.factor, NVR_FACTOR_RECOVERY);
	assert_int_equal(r.factors.codes, NVR_RECOVERY_CODES - 1);
	password(token);
	assert_int_equal(code_in(token, codes[0], &r), NVR_E_PERMISSION);
	/* As people type them. */
	for (int i = 0; i < 24; i += 4)
		snprintf(typed + strlen(typed), sizeof(typed) - strlen(typed),
		    "%c%.4s", i > 0 ? '-' : ' ', codes[1] + i);
	for (char *p = typed; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	ok(code_in(token, typed, &r));
	/* Nobody else's, and none of before. */
	ok(nvr_recovery_draw(s, a, other, NULL, NULL, &err));
	password(token);
	assert_int_equal(code_in(token, codes[2], &r), NVR_E_PERMISSION);
	ok(code_in(token, other[9], &r));
	assert_int_equal(count("SELECT COUNT(*) FROM recovery_code WHERE"
			       " account_id = ?1",
			     jane),
	    NVR_RECOVERY_CODES);
	/* With the last factor they go. */
	ok(nvr_factor_disable(s, a, NVR_FACTOR_TOTP, &err));
	assert_int_equal(count("SELECT COUNT(*) FROM recovery_code WHERE"
			       " account_id = ?1",
			     jane),
	    0);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_true(r.session != 0);
	assert_int_equal(logged(jane, "factor.removed"), 1);
}

static int64_t
sessions(void)
{
	return count(
	    "SELECT COUNT(*) FROM session WHERE account_id = ?1", jane);
}

static void
sign_in_twice(int64_t *kept)
{
	static const char *const places[] = {HOME, "198.51.100.3"};
	struct nvr_signed r;

	for (int i = 0; i < 2; i++) {
		ok(nvr_store_begin(s->store, &err));
		ok(nvr_session_start(s, jane, "password", places[i], "test",
		    now, kept, r.token, &err));
		ok(nvr_store_commit(s->store, &err));
	}
	assert_in_range(sessions(), 2, 3);
}

/* N7: who took over a session does not outlive a change of factors. */
static void
a_change_ends_all_other_sessions(void **state)
{
	char codes[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT];
	int64_t kept;

	(void)state;
	sign_in_twice(&kept);
	s->actor.session = kept;
	enrol();
	assert_int_equal(sessions(), 1);
	assert_int_equal(
	    count("SELECT id FROM session WHERE account_id = ?1", jane), kept);
	s->actor.session = 0;
	sign_in_twice(&kept);
	ok(nvr_recovery_draw(s, a, codes, NULL, NULL, &err));
	assert_int_equal(sessions(), 0);
	sign_in_twice(&kept);
	ok(nvr_factor_disable(s, a, NVR_FACTOR_TOTP, &err));
	assert_int_equal(sessions(), 0);
	assert_int_equal(logged(jane, "session.revoked"), 3);
}

/* N19: who knows the password keeps nobody out. */
static void
guessed_codes_do_not_keep_the_owner_out(void **state)
{
	char codes[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT];
	char device[NVR_DEVICE_TEXT], token[NVR_TOKEN_TEXT], code[7];
	struct nvr_signed r;

	(void)state;
	rules.account.n = rules.pair.n = rules.network.n = 100000;
	enrol();
	ok(nvr_recovery_draw(s, a, codes, NULL, NULL, &err));
	password(token);
	code_of(key, now, code);
	ok(code_in(token, code, &r));
	strlcpy(device, r.device, sizeof(device));
	for (int i = 0; i < 200; i++) {
		if (i % 4 == 0)
			password(token);
		snprintf(code, sizeof(code), "%06d", i);
		code_in(token, code, &r);
	}
	now += NVR_MINUTE;
	code_of(key, now, code);
	password(token);
	assert_int_equal(code_in(token, code, &r), NVR_E_AGAIN);
	assert_true(r.wait > 0);
	r.wait = 0;
	assert_memory_equal(&r, &(struct nvr_signed){0}, sizeof(r));
	ok(code_by(device, token, code, &r));
	password(token);
	ok(code_in(token, codes[0], &r));
	/* Once, whatever is tried. */
	assert_int_equal(logged(jane, "signin.throttled"), 1);
	rules.account.n = 60, rules.pair.n = 10, rules.network.n = 20;
}

static void
sms_code(char code[NVR_CODE_TEXT])
{
	struct nvr_buf text = message("sms-code");

	strlcpy(code, text.data, NVR_CODE_TEXT);
	assert_int_equal(strspn(code, "0123456789"), NVR_CODE_TEXT - 1);
	nvr_buf_wipe(&text);
}

static void
enrol_sms(void)
{
	char code[NVR_CODE_TEXT];
	enum nvr_factor which;

	ok(nvr_sms_enrol(s, a, PHONE, &err));
	now += NVR_SECOND;
	sms_code(code);
	ok(nvr_factor_confirm(s, a, code, &which, &err));
	assert_int_equal(which, NVR_FACTOR_SMS);
}

static void
numbers_are_those_of_e164(void **state)
{
	static const char *const bad[] = {"", "+", "015112345678",
	    "+12345678901234567", "+0123456789", "+49 151 123", "+49151123a",
	    "tel:+4915112345678", "+4915112345678\r\nx", "+123456"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nvr_sms_enrol(s, a, bad[i], &err), NVR_E_USAGE);
	assert_int_equal(posted("sms-code"), 0);
	assert_int_equal(logged(jane, "consent.given"), 0);
}

/* C14 */
static void
consent_to_sms_is_recorded_and_the_number_proved(void **state)
{
	struct nvr_factors f;
	enum nvr_factor which;
	char code[NVR_CODE_TEXT];
	bool agreed = false;

	(void)state;
	ok(nvr_sms_enrol(s, a, PHONE, &err));
	ok(nvr_consented(s, jane, NVR_SMS_CONSENT, &agreed, &err));
	assert_true(agreed);
	ok(nvr_factors(s, jane, &f, &err));
	assert_false(f.sms);
	sms_code(code);
	now += NVR_CODE_LASTS;
	assert_int_equal(
	    nvr_factor_confirm(s, a, code, &which, &err), NVR_E_PERMISSION);
	ok(nvr_sms_enrol(s, a, PHONE, &err));
	sms_code(code);
	code[0] = (char)(code[0] == '9' ? '0' : code[0] + 1);
	for (int i = 0; i < NVR_CODE_TRIES; i++)
		assert_int_equal(nvr_factor_confirm(s, a, code, &which, &err),
		    NVR_E_PERMISSION);
	sms_code(code);
	assert_int_equal(
	    nvr_factor_confirm(s, a, code, &which, &err), NVR_E_PERMISSION);
	now += NVR_SECOND;
	enrol_sms();
	ok(nvr_factors(s, jane, &f, &err));
	assert_true(f.sms);
	assert_string_equal(f.phone, PHONE);
}

static void
a_code_by_sms_signs_in_and_is_bound_to_that_attempt(void **state)
{
	char token[NVR_TOKEN_TEXT], other[NVR_TOKEN_TEXT];
	char code[NVR_CODE_TEXT], old[NVR_CODE_TEXT];
	struct nvr_signed r;

	(void)state;
	enrol_sms();
	password(token);
	password(other);
	now += NVR_SECOND;
	ok(nvr_factor_sms_send(s, token, &err));
	sms_code(code);
	assert_int_equal(code_in(other, code, &r), NVR_E_PERMISSION);
	ok(code_in(token, code, &r));
	assert_int_equal(r.factor, NVR_FACTOR_SMS);
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
	/* Another one takes the place of the first; none is after ten minutes.
	 */
	now += NVR_SECOND;
	ok(nvr_factor_sms_send(s, other, &err));
	sms_code(old);
	do {
		now += NVR_SECOND;
		ok(nvr_factor_sms_send(s, other, &err));
		sms_code(code);
	} while (strcmp(old, code) == 0);
	assert_int_equal(code_in(other, old, &r), NVR_E_PERMISSION);
	now += NVR_CODE_LASTS;
	assert_int_equal(code_in(other, code, &r), NVR_E_PERMISSION);
	assert_int_equal(nvr_factor_sms_send(s, other, &err), NVR_E_PERMISSION);
}

static void
messages_are_bounded(void **state)
{
	char token[NVR_TOKEN_TEXT];
	int n = 0;

	(void)state;
	enrol_sms();
	password(token);
	while (nvr_factor_sms_send(s, token, &err) == 0)
		n++;
	assert_int_equal(err.code, NVR_E_AGAIN);
	assert_int_equal(n, 19);
	assert_int_equal(logged(jane, "factor.begun"), 1);
	assert_int_equal(logged(jane, "factor.code"), 20);
	assert_int_equal(logged(jane, "signin.throttled"), 1);
}

/* C14 */
static void
withdrawing_consent_deletes_the_number(void **state)
{
	char token[NVR_TOKEN_TEXT], code[NVR_CODE_TEXT];
	struct nvr_factors f;
	struct nvr_signed r;
	bool agreed = true;

	(void)state;
	enrol_sms();
	password(token);
	now += NVR_SECOND;
	ok(nvr_factor_sms_send(s, token, &err));
	sms_code(code);
	ok(nvr_factor_disable(s, a, NVR_FACTOR_SMS, &err));
	ok(nvr_consented(s, jane, NVR_SMS_CONSENT, &agreed, &err));
	assert_false(agreed);
	ok(nvr_factors(s, jane, &f, &err));
	assert_int_equal(f.sms_at, 0);
	assert_string_equal(f.phone, "");
	/* Also from what was sent or is yet to be. */
	assert_int_equal(posted("sms-code"), 0);
	assert_int_equal(logged(jane, "consent.withdrawn"), 1);
	/* A code that is still under way opens nothing. */
	assert_int_equal(code_in(token, code, &r), NVR_E_PERMISSION);
	assert_int_equal(
	    nvr_factor_disable(s, a, NVR_FACTOR_SMS, &err), NVR_E_NOENT);
}

/* C14: a number that nobody proved to be theirs does not stay. */
static void
what_is_not_confirmed_in_a_day_goes(void **state)
{
	struct nvr_swept swept;
	struct nvr_factors f;
	struct nvr_buf uri = {0};
	bool agreed = false;

	(void)state;
	ok(nvr_sms_enrol(s, a, PHONE, &err));
	ok(nvr_totp_enrol(s, a, &uri, NULL, NULL, &err));
	nvr_buf_wipe(&uri);
	now += NVR_DAY - 1;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.dropped, 0);
	now++;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.dropped, 2);
	ok(nvr_factors(s, jane, &f, &err));
	assert_int_equal(f.sms_at + f.totp_at, 0);
	ok(nvr_consented(s, jane, NVR_SMS_CONSENT, &agreed, &err));
	assert_false(agreed);
	assert_int_equal(logged(jane, "consent.withdrawn"), 1);
	assert_int_equal(logged(jane, "factor.dropped"), 2);
	assert_int_equal(posted("sms-code"), 0);
	/* What is confirmed stays. */
	enrol_sms();
	now += 2 * NVR_DAY;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.dropped, 0);
}

static void
a_reset_does_not_get_past_the_second_factor(void **state)
{
	char token[NVR_TOKEN_TEXT];
	struct nvr_signed r;

	(void)state;
	enrol();
	password(token);
	ok(nvr_account_password(s, jane, "another quiet harbour", &err));
	assert_int_equal(code_in(token, "123456", &r), NVR_E_PERMISSION);
	ok(sign_in(
	    "jane@example.org", "another quiet harbour", HOME, NULL, &r));
	assert_int_equal(r.session, 0);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, set_up_account, tear_down_account)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_app_counts_once_a_code_of_it_was_shown),
	    TEST(codes_of_rfc_6238_sign_in),
	    TEST(a_code_is_good_once_and_for_a_step_around_it),
	    TEST(of_two_with_one_code_exactly_one_wins),
	    TEST(after_five_wrong_codes_the_password_is_asked_for_again),
	    TEST(codes_are_bounded_whatever_is_done),
	    TEST(recovery_codes_stand_in_once_each),
	    TEST(a_change_ends_all_other_sessions),
	    TEST(guessed_codes_do_not_keep_the_owner_out),
	    TEST(numbers_are_those_of_e164),
	    TEST(consent_to_sms_is_recorded_and_the_number_proved),
	    TEST(a_code_by_sms_signs_in_and_is_bound_to_that_attempt),
	    TEST(messages_are_bounded),
	    TEST(what_is_not_confirmed_in_a_day_goes),
	    TEST(withdrawing_consent_deletes_the_number),
	    TEST(a_reset_does_not_get_past_the_second_factor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
