/* Addresses of accounts: confirmed, changed, taken back. */
#include "account_help.h"

static const char *
root(void)
{
	return "root";
}

static int64_t
unused(int64_t id, const char *purpose)
{
	char text[160];

	snprintf(text, sizeof(text),
	    "SELECT COUNT(*) FROM token WHERE used_at IS NULL AND account_id ="
	    " %lld AND purpose = '%s'",
	    (long long)id, purpose);
	return sql("nvr.db", text);
}

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

/* A thief's own link back does not end the owner's, who left before that. */
static void
an_undo_leaves_the_undos_that_came_before_it(void **state)
{
	int64_t id = add("owner@example.org"), who;
	struct nvr_account_change c = {.verified = true};
	char owner[65], thief[65];
	enum nvr_confirmed what;
	unsigned changed;

	(void)state;
	c.email = "thief@example.org";
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "owner@example.org", owner);
	c.email = "thief-too@example.org";
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "thief@example.org", thief);
	ok(nvr_account_confirm(s, thief, &who, &what, &err));
	ok(nvr_account_confirm(s, owner, &who, &what, &err));
	assert_int_equal(id_of("owner@example.org"), id);
}

/* Whoever moves it back, by whatever way: it does not go there again. */
static void
a_move_back_posts_no_link_to_where_it_was(void **state)
{
	static const char *const homes[] = {
	    "back1@example.org", "back2@example.org"};
	struct nvr_account_change c = {0};
	char to[NVR_SETTING_TEXT], token[65], *text;
	enum nvr_confirmed what;
	unsigned changed;
	int64_t id, who;

	(void)state;
	for (int i = 0; i < 2; i++) {
		id = add(homes[i]);
		c.email = "hijacker@example.org";
		c.verified = true;
		ok(nvr_account_change(s, id, &c, &changed, &err));
		token_of(id, "address-changed", homes[i], token);
		c.email = homes[i];
		c.verified = i == 0;
		ok(nvr_account_change(s, id, &c, &changed, &err));
		if (i == 1) {
			token_of(id, "address-confirm", homes[i], token);
			ok(nvr_account_confirm(s, token, &who, &what, &err));
			assert_int_equal(what, NVR_CONFIRMED_NEW);
		}
		assert_int_equal(id_of(homes[i]), id);
		text = letter(id, "address-changed", to);
		assert_string_equal(to, homes[i]); /* still the first one */
		free(text);
		text = letter(id, "address-left", to);
		assert_non_null(text);
		assert_string_equal(to, "hijacker@example.org");
		assert_null(strstr(text, "https://"));
		free(text);
		assert_int_equal(unused(id, "undo-address"), 0);
	}
}

static void
a_new_password_ends_a_move_that_is_not_confirmed(void **state)
{
	int64_t id = add("stays@example.org"), who;
	struct nvr_account_change c = {.email = "goes@example.org"};
	enum nvr_confirmed what;
	char token[65];
	unsigned changed;

	(void)state;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-confirm", "goes@example.org", token);
	ok(nvr_account_password(s, id, PASSWORD, &err));
	assert_fails(nvr_account_confirm(s, token, &who, &what, &err),
	    NVR_E_PERMISSION, "");
	assert_int_equal(id_of("stays@example.org"), id);
}

static void
an_undo_takes_back_what_came_with_the_move(void **state)
{
	int64_t id = add("victim@example.org"), who;
	struct nvr_account_change c = {
	    .email = "crook@example.org", .verified = true};
	char undo[65], token[65], to[NVR_SETTING_TEXT], *text;
	enum nvr_confirmed what;
	struct nvr_account_counts n;
	struct nvr_account *a;
	unsigned changed;

	(void)state;
	add_factor(id, "totp", nvr_time_now());
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "victim@example.org", undo);
	ok(nvr_account_password(s, id, PASSWORD, &err));
	add_factor(id, "sms", nvr_time_now());
	sign_in(id);
	s->rights = false; /* as the portal opens it */
	ok(nvr_account_restrict(s, id, NULL, &err));
	ok(nvr_account_confirm(s, undo, &who, &what, &err));
	assert_false(s->rights);
	s->rights = true;
	assert_int_equal(what, NVR_CONFIRMED_UNDO);
	a = find("victim@example.org");
	assert_null(a->password.data);
	assert_int_equal(a->password_at, 0);
	nvr_account_free(a);
	ok(nvr_account_count(s->store, id, nvr_time_now(), &n, &err));
	assert_int_equal(n.sessions, 0);
	assert_int_equal(n.sms, 0);
	assert_int_equal(n.totp, 1);
	assert_int_equal(n.recovery_codes, 1);
	token_of(id, "reset", "victim@example.org", token);
	text = letter(id, "address-left", to);
	assert_string_equal(to, "crook@example.org");
	assert_null(strstr(text, "https://"));
	free(text);
	assert_int_equal(logged(id, "account.password", "\"by\":\"undo\""), 1);
	assert_int_equal(logged(id, "factor.removed", "sms"), 1);
}

static void
an_undo_says_that_the_account_is_deleted(void **state)
{
	int64_t id = add("lost@example.org"), who;
	struct nvr_account_change c = {
	    .email = "gone@example.org", .verified = true};
	char undo[65], to[NVR_SETTING_TEXT];
	enum nvr_confirmed what;
	unsigned changed;

	(void)state;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-changed", "lost@example.org", undo);
	ok(nvr_account_delete(s, id, NULL, &err));
	ok(nvr_account_confirm(s, undo, &who, &what, &err));
	assert_int_equal(what, NVR_CONFIRMED_DELETED);
	assert_null(letter(id, "reset", to));
	ok(nvr_account_restore(s, id, NULL, &err));
	assert_int_equal(id_of("lost@example.org"), id);
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
	/* Who runs the service is told so at once. */
	s->actor.who = root;
	assert_fails(nvr_account_change(s, a, &c, &changed, &err), NVR_E_CREATE,
	    "already");
	s->actor.who = NULL;
	/* Another case of one's own is no other account. */
	c.email = "Shared@example.org";
	c.verified = true;
	ok(nvr_account_change(s, b, &c, &changed, &err));
	assert_int_equal(changed, NVR_CHANGED_EMAIL);
}

static void
nobody_learns_who_has_an_address_by_asking_for_it(void **state)
{
	int64_t id = add("curious@example.org"), holder;
	struct nvr_account_change c = {.email = "HELD@example.org"};
	char to[NVR_SETTING_TEXT], *text;
	unsigned changed = 0;

	(void)state;
	holder = add("Held@example.org");
	ok(nvr_account_restrict(s, holder, NULL, &err));
	s->rights = false;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	s->rights = true;
	assert_int_equal(changed, NVR_CHANGED_ASKED);
	assert_int_equal(unused(id, "address"), 1);
	assert_int_equal(logged(id, "account.address-asked", "HELD@"), 1);
	assert_null(letter(id, "address-confirm", to));
	text = letter(holder, "address-taken", to);
	assert_non_null(text);
	assert_string_equal(to, "Held@example.org");
	assert_null(strstr(text, "curious"));
	free(text);
	/* Nor are strangers written to without end. */
	for (int i = 1; i < 20; i++)
		ok(nvr_account_change(s, id, &c, &changed, &err));
	c.email = "stranger@example.org";
	assert_fails(nvr_account_change(s, id, &c, &changed, &err), NVR_E_AGAIN,
	    "too many");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_address_is_asked_to_confirm),
	    cmocka_unit_test(without_a_portal_no_letter_is_promised),
	    cmocka_unit_test(n20_a_new_address_holds_once_it_is_confirmed),
	    cmocka_unit_test(an_undo_ends_the_undos_that_came_after_it),
	    cmocka_unit_test(an_undo_leaves_the_undos_that_came_before_it),
	    cmocka_unit_test(a_move_back_posts_no_link_to_where_it_was),
	    cmocka_unit_test(a_new_password_ends_a_move_that_is_not_confirmed),
	    cmocka_unit_test(an_undo_takes_back_what_came_with_the_move),
	    cmocka_unit_test(an_undo_says_that_the_account_is_deleted),
	    cmocka_unit_test(
		an_undo_displaces_an_account_that_was_never_confirmed),
	    cmocka_unit_test(nobody_learns_who_has_an_address_by_asking_for_it),
	    cmocka_unit_test(of_two_who_want_an_address_one_gets_it),
	};
	return cmocka_run_group_tests_name(
	    "N20: addresses of accounts", tests, make, end);
}
