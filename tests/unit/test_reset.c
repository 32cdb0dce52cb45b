/* New passwords by links, and links that anybody may ask for: N19, C13. */
#include "signin_help.h"
#include "core/link.h"
#include "core/reset.h"
#include "seal/digest.h"
#include "store/factor.h"

#define HOME "192.0.2.7"
#define WRONG "not the password at all"
#define FRESH "another quiet harbour at dawn"

static void
an_address(int i, char text[32])
{
	snprintf(text, 32, "10.%d.%d.9", i / 250, i % 250);
}

static void
the_token_in(const char *kind, char token[NVR_TOKEN_TEXT])
{
	struct nvr_buf letter = message(kind);
	char *to = letter.data, path[16];

	/* Quoted-printable breaks lines. */
	for (char *p = letter.data; *p != '\0'; p++)
		if (strncmp(p, "=\r\n", 3) == 0)
			p += 2;
		else
			*to++ = *p;
	*to = '\0';
	snprintf(path, sizeof(path), "/%s/", kind);
	to = strstr(letter.data, path);
	assert_non_null(to);
	strlcpy(token, to + strlen(path), NVR_TOKEN_TEXT);
	nvr_buf_wipe(&letter);
}

static void
a_reset_works_once_and_ends_all_sessions(void **state)
{
	char token[NVR_TOKEN_TEXT], device[NVR_DEVICE_TEXT];
	struct nvr_session x;
	struct nvr_signed r;
	int64_t wait;

	(void)state;
	ok(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r));
	ok(nvr_link_ask(
	    s, NVR_LINK_RESET, "JANE@example.org", HOME, &wait, &err));
	the_token_in("reset", token);
	/* A password against the rules leaves it good. */
	assert_int_equal(
	    nvr_reset_set(s, token, "short", device, &err), NVR_E_USAGE);
	ok(nvr_session_check(s, r.token, now, &x, &err));
	ok(nvr_reset_set(s, token, FRESH, device, &err));
	assert_int_equal(
	    nvr_session_check(s, r.token, now, &x, &err), NVR_E_PERMISSION);
	assert_int_equal(
	    nvr_reset_set(s, token, PASSWORD, device, &err), NVR_E_PERMISSION);
	assert_int_equal(sign_in("jane@example.org", PASSWORD, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	ok(sign_in("jane@example.org", FRESH, HOME, NULL, &r));
	/* And not for ever. */
	ok(nvr_link_ask(
	    s, NVR_LINK_RESET, "jane@example.org", HOME, &wait, &err));
	the_token_in("reset", token);
	now += rules.reset;
	hashes = 0;
	assert_int_equal(
	    nvr_reset_set(s, token, PASSWORD, device, &err), NVR_E_PERMISSION);
	assert_int_equal(hashes, 0);
}

/* How many letters that address is posted. */
static int
ask_from_everywhere(enum nvr_link which, const char *email, const char *kind)
{
	int64_t wait, before = posted(kind);
	char address[32];

	for (int n = 0; n < 100; n++) {
		an_address(n, address);
		ok(nvr_link_ask(s, which, email, address, &wait, &err));
	}
	return (int)(posted(kind) - before);
}

static void
links_tell_nobody_who_has_an_account(void **state)
{
	static const char *const who[] = {
	    "jane@example.org", "new@example.org", "nobody@example.org"};
	static const int letters[2][3] = {{20, 20, 0}, {0, 20, 0}};
	static const char *const kinds[] = {"reset", "verify"};
	int64_t wait;

	(void)state;
	add_account("new@example.org");
	assert_int_equal(sqlite3_exec(s->store->db,
			     "UPDATE account SET verified_at = NULL WHERE"
			     " created_at = (SELECT MAX(created_at) FROM"
			     " account) AND account_id = (SELECT"
			     " MAX(account_id) FROM account)",
			     NULL, NULL, NULL),
	    0);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 3; j++) {
			now += NVR_DAY;
			assert_int_equal(ask_from_everywhere((enum nvr_link)i,
					     who[j], kinds[i]),
			    letters[i][j]);
		}
	assert_int_equal(logged(0, "reset.refused"), 20);
	assert_int_equal(logged(0, "verify.refused"), 20);
	assert_int_equal(logged(jane, "verify.refused"), 20);
	/* What was made for nobody is not there. */
	assert_int_equal(
	    count("SELECT COUNT(*) FROM outbox WHERE account_id = ?1", 0), 0);
	assert_int_equal(
	    count("SELECT COUNT(*) FROM token WHERE account_id = ?1", 0), 0);
	/* One network alone is refused, whoever it asks about. */
	now += NVR_DAY;
	for (int j = 0; j < 3; j++) {
		for (int n = 0; n < 5; n++)
			ok(nvr_link_ask(
			    s, NVR_LINK_RESET, who[j], HOME, &wait, &err));
		assert_int_equal(
		    nvr_link_ask(s, NVR_LINK_RESET, who[j], HOME, &wait, &err),
		    NVR_E_AGAIN);
		assert_true(wait > 0);
	}
	rules.url[0] = '\0';
	assert_int_equal(
	    nvr_link_ask(s, NVR_LINK_RESET, who[0], HOME, &wait, &err),
	    NVR_E_CONFIG);
	strlcpy(rules.url, "https://nvr.example.org", sizeof(rules.url));
}

/* N19: nor an owner with a browser that was never signed in. */
static void
strangers_keep_nobody_from_a_new_password(void **state)
{
	char address[32], token[NVR_TOKEN_TEXT], device[NVR_DEVICE_TEXT];
	struct nvr_signed r;
	int64_t wait;

	(void)state;
	for (int i = 0; i < 200; i++) {
		an_address(i, address);
		sign_in("jane@example.org", WRONG, address, NULL, &r);
		nvr_link_ask(s, NVR_LINK_RESET, "jane@example.org", address,
		    &wait, &err);
	}
	/* As late as there is no other link yet. */
	now += NVR_DAY / 20 - NVR_SECOND;
	assert_int_equal(sign_in("jane@example.org", WRONG, HOME, NULL, &r),
	    NVR_E_PERMISSION);
	for (int i = 0; i < 60; i++) {
		an_address(300 + i, address);
		sign_in("jane@example.org", WRONG, address, NULL, &r);
	}
	assert_int_equal(
	    sign_in("jane@example.org", PASSWORD, HOME, NULL, &r), NVR_E_AGAIN);
	ok(nvr_link_ask(
	    s, NVR_LINK_RESET, "jane@example.org", HOME, &wait, &err));
	assert_int_equal(posted("reset"), 20);
	the_token_in("reset", token);
	ok(nvr_reset_set(s, token, FRESH, device, &err));
	assert_int_equal(
	    sign_in("jane@example.org", FRESH, HOME, NULL, &r), NVR_E_AGAIN);
	ok(sign_in("jane@example.org", FRESH, HOME, device, &r));
}

/* Who made an account of somebody else's address has no part in it then. */
static void
a_reset_of_an_address_never_confirmed_claims_the_account(void **state)
{
	const struct nvr_account_new n = {.email = "victim@example.org",
	    .name = "Jane Doe",
	    .adult = true,
	    .password = PASSWORD};
	const struct nvr_account_change c = {.email = "squatter@example.org"};
	uint8_t hash[NVR_RECOVERY_HASH] = {1};
	char verify[NVR_TOKEN_TEXT], token[NVR_TOKEN_TEXT];
	char device[NVR_DEVICE_TEXT];
	struct nvr_column at = {"factor", "secret", 7};
	struct nvr_factor_row f = {
	    .id = 7, .kind = "totp", .created_at = 1, .confirmed_at = 1};
	enum nvr_confirmed what;
	struct nvr_factors left;
	struct nvr_buf sealed = {0};
	struct nvr_account *a;
	struct nvr_signed r;
	int64_t id, wait;
	unsigned changed;

	(void)state;
	ok(nvr_account_create(s, &n, now, &id, &err));
	the_token_in("verify", verify);
	ok(nvr_account_change(s, id, &c, &changed, &err));
	ok(nvr_sealed_put(
	    s, id, &at, "12345678901234567890", 20, &sealed, &err));
	f.account_id = id;
	f.secret = (struct nvr_blob){sealed.data, sealed.len};
	ok(nvr_factor_put(s->store, &f, &err));
	ok(nvr_recovery_insert(s->store, id, hash, now, &err));
	nvr_buf_release(&sealed);
	ok(nvr_link_ask(
	    s, NVR_LINK_RESET, "victim@example.org", HOME, &wait, &err));
	the_token_in("reset", token);
	now += NVR_SECOND;
	ok(nvr_reset_set(s, token, FRESH, device, &err));
	a = account(id);
	assert_int_equal(a->verified_at, now);
	nvr_account_free(a);
	ok(nvr_factors(s, id, &left, &err));
	assert_false(left.totp);
	assert_int_equal(left.codes, 0);
	assert_int_equal(
	    count("SELECT COUNT(*) FROM token WHERE used_at IS NULL AND"
		  " account_id = ?1",
		id),
	    0);
	assert_int_equal(
	    nvr_account_confirm(s, verify, &id, &what, &err), NVR_E_PERMISSION);
	ok(sign_in("victim@example.org", FRESH, HOME, NULL, &r));
	assert_true(r.session != 0 && r.verified);
}

/* Of a confirmed one it is the password alone. */
static void
a_reset_leaves_the_second_factor(void **state)
{
	char token[NVR_TOKEN_TEXT], device[NVR_DEVICE_TEXT];
	uint8_t hash[NVR_RECOVERY_HASH] = {1};
	int64_t wait, left;

	(void)state;
	ok(nvr_recovery_insert(s->store, jane, hash, now, &err));
	ok(nvr_link_ask(
	    s, NVR_LINK_RESET, "jane@example.org", HOME, &wait, &err));
	the_token_in("reset", token);
	ok(nvr_reset_set(s, token, FRESH, device, &err));
	ok(nvr_recovery_left(s->store, jane, &left, &err));
	assert_int_equal(left, 1);
	assert_int_equal(logged(jane, "account.password"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_reset_works_once_and_ends_all_sessions),
	    TEST(links_tell_nobody_who_has_an_account),
	    TEST(strangers_keep_nobody_from_a_new_password),
	    TEST(a_reset_of_an_address_never_confirmed_claims_the_account),
	    TEST(a_reset_leaves_the_second_factor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
