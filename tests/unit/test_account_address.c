/* Addresses of accounts: confirmed, changed, taken back. */
#include "account_help.h"

static void
a_new_address_is_asked_to_confirm(void **state)
{
	int64_t id = add("Verify@example.org"), who = 0;
	enum nvr_confirmed what;
	struct nvr_account *a;
	char token[65];

	(void)state;
	token_of(id, "verify", "Verify@example.org", token);
	assert_false(holds("nvr.db", token) || holds("nvr.db-wal", token));
	ok(nvr_account_confirm(s, token, &who, &what, &err));
	assert_int_equal(what, NVR_CONFIRMED);
	assert_int_equal(who, id);
	a = find("verify@example.org");
	assert_true(a->verified_at > 0);
	nvr_account_free(a);
	assert_int_equal(logged(id, "account.verified", ""), 1);
	assert_fails(nvr_account_confirm(s, token, &who, &what, &err),
	    NVR_E_PERMISSION, "");
	assert_fails(nvr_account_confirm(s, "", &who, &what, &err),
	    NVR_E_PERMISSION, "");
	token[0] = token[0] == '0' ? '1' : '0';
	assert_fails(nvr_account_confirm(s, token, &who, &what, &err),
	    NVR_E_PERMISSION, "");
}

static void
without_a_portal_no_letter_is_promised(void **state)
{
	struct nvr_account_change c = {.email = "far@example.org"};
	char to[NVR_SETTING_TEXT], url[sizeof(rules.url)];
	unsigned changed;
	int64_t id;

	(void)state;
	strlcpy(url, rules.url, sizeof(url));
	rules.url[0] = '\0';
	id = add("near@example.org");
	assert_null(letter(id, "verify", to));
	assert_fails(nvr_account_change(s, id, &c, &changed, &err),
	    NVR_E_CONFIG, "--verified");
	c.verified = true;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	assert_int_equal(changed, NVR_CHANGED_EMAIL);
	assert_int_equal(id_of("far@example.org"), id);
	strlcpy(rules.url, url, sizeof(rules.url));
}

static void
n20_a_new_address_holds_once_it_is_confirmed(void **state)
{
	int64_t id = add("old@example.org"), who;
	struct nvr_account_change c = {.email = "New@example.org"};
	char confirm[65], undo[65], verify[65];
	enum nvr_confirmed what;
	unsigned changed;

	(void)state;
	token_of(id, "verify", "old@example.org", verify);
	sign_in(id);
	ok(nvr_account_change(s, id, &c, &changed, &err));
	assert_int_equal(changed, NVR_CHANGED_ASKED);
	assert_int_equal(logged(id, "account.address-asked", "New@"), 1);
	assert_nobody("new@example.org");
	token_of(id, "address-confirm", "New@example.org", confirm);
	ok(nvr_account_confirm(s, confirm, &who, &what, &err));
	assert_int_equal(what, NVR_CONFIRMED_NEW);
	assert_int_equal(id_of("new@example.org"), id);
	assert_nobody("old@example.org");
	assert_int_equal(
	    logged(id, "account.changed",
		"\"new\":\"New@example.org\",\"old\":\"old@example.org\""),
	    1);
	/* The link that went to the old address says nothing of the new. */
	assert_fails(nvr_account_confirm(s, verify, &who, &what, &err),
	    NVR_E_PERMISSION, "");
	token_of(id, "address-changed", "old@example.org", undo);
	assert_int_equal(sessions(id), 1);
	ok(nvr_account_confirm(s, undo, &who, &what, &err));
	assert_int_equal(what, NVR_CONFIRMED_UNDO);
	assert_int_equal(id_of("old@example.org"), id);
	assert_nobody("new@example.org");
	assert_int_equal(sessions(id), 0);
}

/* Who took an account over and moved it twice cannot take it back. */
static void
an_undo_ends_the_undos_that_came_after_it(void **state)
{
	int64_t id = add("mine@example.org"), who;
	struct nvr_account_change c = {.verified = true};
	char mine[65], theirs[65];
	enum nvr_confirmed what;
	unsigned changed;

	(void)state;
	c.email = "theirs@example.org";
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "mine@example.org", mine);
	c.email = "theirs-too@example.org";
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "theirs@example.org", theirs);
	ok(nvr_account_confirm(s, mine, &who, &what, &err));
	assert_int_equal(id_of("mine@example.org"), id);
	assert_fails(nvr_account_confirm(s, theirs, &who, &what, &err),
	    NVR_E_PERMISSION, "");
	assert_int_equal(id_of("mine@example.org"), id);
}

/* Nor can they block the way back by an account of the old address. */
static void
an_undo_displaces_an_account_that_was_never_confirmed(void **state)
{
	int64_t id = add("home@example.org"), squatter, who;
	struct nvr_account_change c = {
	    .email = "away@example.org", .verified = true};
	char undo[65], second[65], verify[65];
	enum nvr_confirmed what;
	struct nvr_account *a = NULL;
	unsigned changed;

	(void)state;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "home@example.org", undo);
	squatter = add("home@example.org");
	token_of(squatter, "verify", "home@example.org", verify);
	ok(nvr_account_confirm(s, undo, &who, &what, &err));
	assert_int_equal(id_of("home@example.org"), id);
	ok(nvr_account_get(s->store, squatter, &a, &err));
	assert_true(a->deleted_at > 0);
	nvr_account_free(a);
	assert_int_equal(logged(squatter, "account.displaced", ""), 1);
	assert_fails(nvr_account_confirm(s, verify, &who, &what, &err),
	    NVR_E_PERMISSION, "");
	/* One that was confirmed is somebody's. */
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "home@example.org", second);
	squatter = add("home@example.org");
	token_of(squatter, "verify", "home@example.org", verify);
	ok(nvr_account_confirm(s, verify, &who, &what, &err));
	assert_fails(nvr_account_confirm(s, second, &who, &what, &err),
	    NVR_E_CREATE, "already");
	assert_int_equal(id_of("home@example.org"), squatter);
}

static void
of_two_who_want_an_address_one_gets_it(void **state)
{
	int64_t a = add("first@example.org"), b = add("second@example.org");
	struct nvr_account_change c = {.email = "shared@example.org"};
	char one[65], two[65];
	enum nvr_confirmed what;
	unsigned changed;
	int64_t who;

	(void)state;
	ok(nvr_account_change(s, a, &c, &changed, &err));
	ok(nvr_account_change(s, b, &c, &changed, &err));
	token_of(a, "address-confirm", "shared@example.org", one);
	token_of(b, "address-confirm", "shared@example.org", two);
	ok(nvr_account_confirm(s, two, &who, &what, &err));
	assert_fails(nvr_account_confirm(s, one, &who, &what, &err),
	    NVR_E_CREATE, "already");
	assert_int_equal(id_of("shared@example.org"), b);
	assert_int_equal(id_of("first@example.org"), a);
	assert_fails(nvr_account_change(s, a, &c, &changed, &err), NVR_E_CREATE,
	    "already");
	/* Another case of one's own is no other account. */
	c.email = "Shared@example.org";
	c.verified = true;
	ok(nvr_account_change(s, b, &c, &changed, &err));
	assert_int_equal(changed, NVR_CHANGED_EMAIL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_address_is_asked_to_confirm),
	    cmocka_unit_test(without_a_portal_no_letter_is_promised),
	    cmocka_unit_test(n20_a_new_address_holds_once_it_is_confirmed),
	    cmocka_unit_test(an_undo_ends_the_undos_that_came_after_it),
	    cmocka_unit_test(
		an_undo_displaces_an_account_that_was_never_confirmed),
	    cmocka_unit_test(of_two_who_want_an_address_one_gets_it),
	};
	return cmocka_run_group_tests_name(
	    "N20: addresses of accounts", tests, make, end);
}
