/* Signing in: N6, N18, N19, C6, C13. */
#include "signin_help.h"
#include "core/log.h"
#include "core/pepper.h"
#include "seal/digest.h"

#define HOME "192.0.2.7"
#define WRONG "not the password at all"

static void
the_right_password_signs_in(void **state)
{
	struct nvr_session x;
	struct nvr_account *a;
	struct nvr_signed r;

	(void)state;
	now += NVR_HOUR;
	ok(sign_in("Jane@EXAMPLE.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(r.account, jane);
	assert_true(r.session != 0 && r.verified && !r.restricted);
	ok(nvr_session_check(s, r.token, now, &x, &err));
	assert_string_equal(x.factor, "password");
	a = account(jane);
	assert_int_equal(a->signin_at, now);
	nvr_account_free(a);
	assert_int_equal(logged(jane, "signin.ok"), 1);
}

static void
wrong_and_unknown_are_told_in_the_same_words(void **state)
{
	struct nvr_signed r;
	char first[512];

	(void)state;
	assert_int_equal(sign_in("jane@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	strlcpy(first, err.text, sizeof(first));
	assert_int_equal(sign_in("nobody@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	assert_string_equal(err.text, first);
	assert_int_equal(r.session, 0);
	assert_string_equal(r.token, "");
	/* One each, and of the unknown one no trace of what was typed. */
	assert_int_equal(logged(jane, "signin.failed"), 1);
	assert_int_equal(logged(0, "signin.failed"), 1);
}

static void
what_can_be_no_address_or_password_costs_nothing(void **state)
{
	static const char *const bad[][3] = {
	    {"", PASSWORD, HOME},
	    {"jane", PASSWORD, HOME},
	    {"jane@example.org\r\nBcc: x@y.example", PASSWORD, HOME},
	    {"a@b.example' OR 1=1", PASSWORD, HOME},
	    {"jane@example.org", "", HOME},
	    {"jane@example.org", "a\033[2Jbcdefghijkl", HOME},
	    {"jane@example.org", "\xff\xfe\xfd passwords", HOME},
	    {"jane@example.org", PASSWORD, "somewhere"},
	};
	char huge[10001];
	struct nvr_signed r;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	hashes = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    sign_in(bad[i][0], bad[i][1], bad[i][2], NULL, &r),
		    NVR_E_USAGE);
	assert_int_equal(
	    sign_in("jane@example.org", huge, HOME, NULL, &r), NVR_E_USAGE);
	assert_int_equal(sign_in(huge, PASSWORD, HOME, huge, &r), NVR_E_USAGE);
	assert_int_equal(hashes, 0);
}

static void
set(const char *column)
{
	char sql[4096];

	snprintf(sql, sizeof(sql), "UPDATE account SET %s", column);
	assert_int_equal(sqlite3_exec(s->store->db, sql, NULL, NULL, NULL), 0);
}

static void
a_deleted_account_is_told_of_after_its_password_alone(void **state)
{
	struct nvr_signed r;

	(void)state;
	set("deleted_at = 1");
	assert_int_equal(sign_in("jane@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	assert_null(strstr(err.text, "deleted"));
	assert_int_equal(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	assert_non_null(strstr(err.text, "restored"));
	assert_int_equal(r.session, 0);
	assert_string_equal(r.token, "");
}

static void
who_is_restricted_or_unverified_may_sign_in(void **state)
{
	struct nvr_signed r;

	(void)state;
	s->rights = false; /* as the portal opens it */
	set("restricted_at = 1, verified_at = NULL");
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_true(r.restricted && !r.verified && r.session != 0);
	assert_false(s->rights);
}

static const char *change;

static void
change_it(void)
{
	set(change);
}

static int
sign_in_while(const char *what, struct nvr_signed *r)
{
	int rc;

	change = what;
	meanwhile = change_it;
	rc = sign_in("jane@example.org", PASSWORD, HOME, NULL, r);
	meanwhile = NULL;
	assert_int_equal(r->session != 0, rc == 0);
	return rc;
}

static void
the_account_counts_as_it_is_after_the_hashing(void **state)
{
	struct nvr_signed r;

	(void)state;
	ok(sign_in_while("verified_at = NULL, restricted_at = 1", &r));
	assert_true(r.restricted && !r.verified);
	assert_int_equal(sign_in_while("deleted_at = 1", &r), NVR_E_PERMISSION);
	assert_non_null(strstr(err.text, "deleted"));
	set("deleted_at = NULL");
	assert_int_equal(sign_in_while("password_at = password_at + 1", &r),
	    NVR_E_PERMISSION);
	assert_string_equal(err.text, "the address or the password is wrong");
	assert_int_equal(
	    sign_in_while("password = NULL", &r), NVR_E_PERMISSION);
	assert_int_equal(logged(jane, "signin.failed"), 3);
	assert_int_equal(logged(jane, "signin.ok"), 1);
}

/* The same password sealed anew, as by a rotation, is the same password. */
static void
a_password_that_is_sealed_anew_still_signs_in(void **state)
{
	struct nvr_column at = {"account", "password", jane};
	struct nvr_account *a = account(jane);
	struct nvr_buf hash = {0}, sealed = {0};
	static char text[4096];
	struct nvr_signed r;
	size_t n;

	(void)state;
	ok(nvr_sealed_get(
	    s, jane, &at, a->password.data, a->password.len, &hash, &err));
	ok(nvr_sealed_put(s, jane, &at, hash.data, hash.len, &sealed, &err));
	n = strlcpy(text, "password = x'", sizeof(text));
	nvr_hex((uint8_t *)sealed.data, sealed.len, text + n);
	strlcat(text, "'", sizeof(text));
	ok(sign_in_while(text, &r));
	nvr_buf_wipe(&hash);
	nvr_buf_release(&sealed);
	nvr_account_free(a);
}

static void
an_account_without_a_password_is_like_any_other(void **state)
{
	struct nvr_signed r;

	(void)state;
	set("password = NULL");
	hashes = 0;
	assert_int_equal(sign_in("jane@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	assert_int_equal(hashes, 1);
	assert_int_equal(
	    sign_in("jane@example.org", "..............", HOME, NULL, &r),
	    NVR_E_PERMISSION);
}

static int
cost_now(void)
{
	struct nvr_account *a = account(jane);
	struct nvr_column at = {"account", "password", jane};
	struct nvr_buf hash = {0};
	int cost;

	ok(nvr_sealed_get(
	    s, jane, &at, a->password.data, a->password.len, &hash, &err));
	ok(nvr_password_cost(hash.data, &cost, &err));
	nvr_buf_wipe(&hash);
	nvr_account_free(a);
	return cost;
}

static void
an_older_cost_or_pepper_is_replaced(void **state)
{
	struct nvr_account *a;
	struct nvr_signed r;
	int64_t version;

	(void)state;
	rules.cost = 6;
	assert_int_equal(sign_in("jane@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	assert_int_equal(cost_now(), 4);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(cost_now(), 6);
	ok(nvr_pepper_add(s, &version, &err));
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	a = account(jane);
	assert_int_equal(a->pepper, version);
	nvr_account_free(a);
	/* It is the same password still, and a lower cost lowers nothing. */
	rules.cost = 4;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(cost_now(), 6);
}

static void
an_address(int i, char text[32])
{
	snprintf(text, 32, "10.%d.%d.9", i / 250, i % 250);
}

/* N19: 10,000 attempts, from 500 networks, at one account and at others. */
static void
attempts_are_bounded_and_the_owner_gets_in(void **state)
{
	int known, unknown, refused = 0;
	char address[32], email[64];
	struct nvr_signed r;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	hashes = 0;
	for (int i = 0; i < 7000; i++) {
		an_address(i % 350, address);
		refused += sign_in("jane@example.org", WRONG, address, NULL,
			       &r) == NVR_E_AGAIN;
	}
	known = hashes;
	assert_int_equal(known + refused, 7000);
	/* 59 are left of the account's after the owner's own. */
	assert_in_range(known, 50, 60);
	/* From one network, at as many addresses as one likes. */
	for (int i = 0; i < 1500; i++) {
		snprintf(email, sizeof(email), "user%d@example.org", i);
		sign_in(email, WRONG, "2001:db8:1:1::9", NULL, &r);
	}
	assert_int_equal(hashes - known, 20);
	/* An address without an account is counted in the same way. */
	unknown = hashes;
	for (int i = 0; i < 1500; i++) {
		an_address(400 + i % 75, address);
		sign_in("nobody@example.org", WRONG, address, NULL, &r);
	}
	assert_int_equal(hashes - unknown, 60);
	/* Who is refused does not write the log. */
	assert_in_range(logged(jane, "signin.failed"), 50, 60);
	assert_int_equal(logged(jane, "signin.throttled"), 1);
	assert_in_range(logged(0, "signin.throttled"), 1, 2);
}

static void
strangers_cannot_keep_the_owner_out(void **state)
{
	char address[32], device[NVR_DEVICE_TEXT];
	struct nvr_signed r;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	strlcpy(device, r.device, sizeof(device));
	for (int i = 0; i < 200; i++) {
		an_address(i, address);
		sign_in("jane@example.org", WRONG, address, NULL, &r);
	}
	for (int i = 0; i < 50; i++)
		sign_in("joe@example.org", WRONG, HOME, NULL, &r);
	assert_int_equal(
	    sign_in("jane@example.org", PASSWORD, HOME, NULL, &r), NVR_E_AGAIN);
	assert_true(r.wait > 0);
	ok(sign_in("jane@example.org", PASSWORD, HOME, device, &r));
	/* That browser has a bound of its own. */
	hashes = 0;
	for (int i = 0; i < 100; i++)
		sign_in("jane@example.org", WRONG, HOME, device, &r);
	assert_int_equal(hashes, 19);
}

static void
a_device_that_is_not_ours_is_none(void **state)
{
	char device[NVR_DEVICE_TEXT], other[NVR_DEVICE_TEXT];
	struct nvr_account *a = account(jane), *joe;
	int64_t id;

	(void)state;
	joe = account(add_account("joe@example.org"));
	ok(nvr_device_make(s, a, 0, now, device, &err));
	ok(nvr_device_check(s, device, a, now, &id, &err));
	assert_true(id != 0);
	ok(nvr_device_check(s, device, joe, now, &id, &err));
	assert_int_equal(id, 0);
	ok(nvr_device_check(s, device, NULL, now, &id, &err));
	assert_int_equal(id, 0);
	ok(nvr_device_check(s, device, a, now + NVR_DEVICE_LASTS, &id, &err));
	assert_int_equal(id, 0);
	for (size_t i = 0; i < NVR_DEVICE_TEXT - 1; i++) {
		strlcpy(other, device, sizeof(other));
		other[i] = (char)(other[i] == 'f' ? '0' : 'f');
		ok(nvr_device_check(s, other, a, now, &id, &err));
		assert_int_equal(id, 0);
	}
	ok(nvr_device_check(s, NULL, a, now, &id, &err));
	ok(nvr_device_check(s, "", a, now, &id, &err));
	assert_int_equal(id, 0);
	nvr_account_free(a);
	nvr_account_free(joe);
}

static void
a_new_password_ends_what_devices_are_trusted_with(void **state)
{
	char device[NVR_DEVICE_TEXT];
	struct nvr_account *a;
	struct nvr_signed r;
	int64_t id;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	strlcpy(device, r.device, sizeof(device));
	now += NVR_SECOND;
	ok(nvr_account_password(s, jane, "another quiet harbour", &err));
	a = account(jane);
	ok(nvr_device_check(s, device, a, now, &id, &err));
	assert_int_equal(id, 0);
	nvr_account_free(a);
}

/* N19: who has the password of an account can make many devices of it. */
static void
all_devices_together_are_bounded(void **state)
{
	char device[NVR_DEVICE_TEXT];
	struct nvr_account *a = account(jane);
	struct nvr_signed r;

	(void)state;
	hashes = 0;
	for (int i = 0; i < 100; i++) {
		if (i % 10 == 0)
			ok(nvr_device_make(s, a, 0, now, device, &err));
		sign_in("jane@example.org", WRONG, HOME, device, &r);
	}
	assert_int_equal(hashes, 60);
	/* Strangers have their own. */
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	nvr_account_free(a);
}

static void
a_strange_place_is_told_of_by_letter(void **state)
{
	char device[NVR_DEVICE_TEXT];
	struct nvr_signed r;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(posted("signin-new"), 0); /* the first of all */
	strlcpy(device, r.device, sizeof(device));
	now += NVR_MINUTE;
	ok(sign_in("jane@example.org", PASSWORD, "192.0.2.200", NULL, &r));
	ok(sign_in("jane@example.org", PASSWORD, "198.51.100.1", device, &r));
	assert_int_equal(posted("signin-new"), 0);
	ok(sign_in("jane@example.org", PASSWORD, "203.0.113.1", NULL, &r));
	assert_int_equal(posted("signin-new"), 1);
}

static void
a_password_without_its_second_factor_is_told_of(void **state)
{
	static const char sql[] =
	    "INSERT INTO factor (account_id, kind, id, secret, created_at,"
	    " confirmed_at) VALUES (?1, 'totp', 7, ?2, 1, 1)";
	struct nvr_column at = {"factor", "secret", 7};
	struct nvr_buf sealed = {0}, letter;
	struct nvr_swept swept;
	struct nvr_session x;
	struct nvr_signed r;

	(void)state;
	ok(nvr_sealed_put(
	    s, jane, &at, "12345678901234567890", 20, &sealed, &err));
	ok(nvr_db_run(
	    s->store, sql, &err, "ib", jane, sealed.data, sealed.len));
	nvr_buf_release(&sealed);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(r.session, 0);
	assert_true(r.factors.totp);
	assert_int_equal(
	    nvr_session_check(s, r.token, now, &x, &err), NVR_E_PERMISSION);
	now += 3 * NVR_MINUTE - NVR_SECOND;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(posted("second-factor-unfinished"), 0);
	now += NVR_SECOND;
	for (int i = 0; i < 3; i++) {
		ok(nvr_signin_sweep(s, &swept, &err));
		assert_int_equal(swept.told, i == 0);
	}
	now += NVR_HOUR;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(posted("second-factor-unfinished"), 1);
	assert_int_equal(logged(jane, "signin.unfinished"), 1);
	letter = message("second-factor-unfinished");
	assert_non_null(strstr(letter.data, HOME));
	nvr_buf_wipe(&letter);
}

/* What the sweep has to do is not done while somebody waits. */
static void
a_damaged_step_is_passed_over_and_logged_once(void **state)
{
	char token[NVR_TOKEN_TEXT];
	struct nvr_swept swept;
	struct nvr_signed r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		now += NVR_SECOND;
		ok(nvr_token_make(s, jane, "second-factor",
		    i == 1 ? "no step" : "\0" HOME "\0test", i == 1 ? 7 : 16,
		    10 * NVR_MINUTE, token, &err));
	}
	now += NVR_HOUR;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(posted("second-factor-unfinished"), 0);
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.told, 2);
	assert_int_equal(swept.damaged, 1);
	assert_int_equal(logged(0, "sweep.damaged"), 1);
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.told + swept.damaged, 0);
	now += NVR_DAY;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(
	    count("SELECT COUNT(*) FROM token WHERE account_id = ?1"
		  " AND purpose = 'second-factor'",
		jane),
	    0);
}

static void
a_sweep_is_bounded_and_begins_with_the_oldest(void **state)
{
	static const char left[] =
	    "SELECT MIN(created_at) FROM token WHERE account_id = ?1"
	    " AND purpose = 'second-factor' AND told_at IS NULL";
	char token[NVR_TOKEN_TEXT];
	struct nvr_swept swept;
	int64_t start = now;

	(void)state;
	for (int i = 0; i < 300; i++) {
		now += NVR_SECOND;
		ok(nvr_token_make(s, jane, "second-factor", "\0" HOME "\0test",
		    16, 10 * NVR_MINUTE, token, &err));
	}
	/* After two days off none is lost. */
	now += 2 * NVR_DAY;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.told, 256);
	assert_int_equal(count(left, jane), start + 257 * NVR_SECOND);
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(swept.told, 44);
}

/* N7 */
static void
idle_sessions_go_with_their_rows(void **state)
{
	static const char rows[] =
	    "SELECT COUNT(*) FROM session WHERE account_id = ?1";
	struct nvr_swept swept;
	struct nvr_signed r;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	now += rules.idle - 1;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(count(rows, jane), 1);
	now++;
	ok(nvr_signin_sweep(s, &swept, &err));
	assert_int_equal(count(rows, jane), 0);
}

static void
a_damaged_session_keeps_nobody_out(void **state)
{
	struct nvr_signed r;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(sqlite3_exec(s->store->db,
			     "UPDATE session SET address = x'00', agent = x''",
			     NULL, NULL, NULL),
	    0);
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	assert_int_equal(posted("signin-new"), 1);
}

static void
a_place_for_hashing_is_asked_for(void **state)
{
	struct nvr_account *a = account(jane);
	char device[NVR_DEVICE_TEXT];
	struct nvr_signed r;

	(void)state;
	rules.hashes = 0;
	hashes = 0;
	for (int i = 0; i < 50; i++)
		assert_int_equal(
		    sign_in("jane@example.org", PASSWORD, HOME, NULL, &r),
		    NVR_E_AGAIN);
	assert_int_equal(r.wait, 0);
	assert_int_equal(hashes, 0);
	/* Who was signed in before has one more. */
	ok(nvr_device_make(s, a, 0, now, device, &err));
	ok(sign_in("jane@example.org", PASSWORD, HOME, device, &r));
	ok(nvr_signin_again(s, a, PASSWORD, &err));
	nvr_account_free(a);
	rules.hashes = 2;
	/* Finding none was no attempt. */
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
}

static void
the_password_can_be_asked_for_again(void **state)
{
	struct nvr_account *a = account(jane);
	int n = 0;

	(void)state;
	ok(nvr_signin_again(s, a, PASSWORD, &err));
	while (nvr_signin_again(s, a, WRONG, &err) == NVR_E_PERMISSION)
		n++;
	assert_int_equal(err.code, NVR_E_AGAIN);
	assert_int_equal(n, 19);
	assert_int_equal(logged(jane, "confirm.ok"), 1);
	assert_int_equal(logged(jane, "confirm.failed"), 19);
	assert_int_equal(logged(jane, "signin.throttled"), 1);
	nvr_account_free(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_right_password_signs_in),
	    TEST(wrong_and_unknown_are_told_in_the_same_words),
	    TEST(what_can_be_no_address_or_password_costs_nothing),
	    TEST(a_deleted_account_is_told_of_after_its_password_alone),
	    TEST(who_is_restricted_or_unverified_may_sign_in),
	    TEST(the_account_counts_as_it_is_after_the_hashing),
	    TEST(a_password_that_is_sealed_anew_still_signs_in),
	    TEST(an_account_without_a_password_is_like_any_other),
	    TEST(an_older_cost_or_pepper_is_replaced),
	    TEST(attempts_are_bounded_and_the_owner_gets_in),
	    TEST(strangers_cannot_keep_the_owner_out),
	    TEST(a_device_that_is_not_ours_is_none),
	    TEST(a_new_password_ends_what_devices_are_trusted_with),
	    TEST(all_devices_together_are_bounded),
	    TEST(a_strange_place_is_told_of_by_letter),
	    TEST(a_password_without_its_second_factor_is_told_of),
	    TEST(a_damaged_step_is_passed_over_and_logged_once),
	    TEST(a_sweep_is_bounded_and_begins_with_the_oldest),
	    TEST(idle_sessions_go_with_their_rows),
	    TEST(a_damaged_session_keeps_nobody_out),
	    TEST(a_place_for_hashing_is_asked_for),
	    TEST(the_password_can_be_asked_for_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
