/* Accounts: made, found, corrected, and what is stored of them. */
#include "account_help.h"

#include "base/address.h"
#include "base/id.h"

static int64_t
utc(const char *day)
{
	int64_t t = 0;

	ok(nvr_time_parse(day, 0, &t, &err));
	return t;
}

static void
an_account_is_found_by_every_spelling_and_by_its_id(void **state)
{
	int64_t id = add("J\u00fcrgen@M\u00dcNCHEN.example");
	char text[NVR_ID_TEXT];
	struct nvr_person p;
	struct nvr_account *a;

	(void)state;
	assert_int_equal(id_of("ju\u0308rgen@m\u00fcnchen.example"), id);
	assert_int_equal(id_of("J\u00dcRGEN@xn--mnchen-3ya.EXAMPLE"), id);
	assert_int_equal(id_of(nvr_id_format(id, text)), id);
	assert_nobody("jurgen@m\u00fcnchen.example");
	assert_nobody("0000000000001");
	assert_fails(nvr_account_find(s, "jane", &a, &err), NVR_E_USAGE, "id");
	assert_fails(
	    nvr_account_find(s, "a b@example.org", &a, &err), NVR_E_USAGE, "");
	a = find("j\u00fcrgen@m\u00fcnchen.example");
	ok(nvr_person_open(s, a, &p, &err));
	assert_string_equal(p.email, "J\u00fcrgen@xn--mnchen-3ya.example");
	assert_string_equal(p.name, "Jane Doe");
	assert_string_equal(p.business, "");
	assert_string_equal(p.restricted, "");
	nvr_person_wipe(&p);
	assert_null(p.email);
	nvr_account_free(a);
}

/* N6, C2: what an account has, and that none of it can be read in files. */
static void
n6_c2_what_is_stored_of_an_account_is_sealed(void **state)
{
	static const char *const files[] = {
	    "nvr.db", "nvr.db-wal", "keys/keys.db"};
	static const char *const texts[] = {"Mustermann", "mustermann",
	    "Steelworks", PASSWORD, "$2b$", "1985-04-12"};
	struct nvr_account_new n = {.email = "Erika@mustermann.example",
	    .name = "Erika Mustermann",
	    .business = "Steelworks",
	    .born = "1985-04-12",
	    .tier = "premium",
	    .password = PASSWORD};
	struct nvr_account *a;
	struct nvr_person p;
	int64_t id;

	(void)state;
	ok(nvr_account_create(s, &n, nvr_time_now(), &id, &err));
	a = find("erika@mustermann.example");
	ok(nvr_person_open(s, a, &p, &err));
	assert_string_equal(p.name, "Erika Mustermann");
	assert_string_equal(p.business, "Steelworks");
	assert_string_equal(a->tier, "premium");
	assert_string_equal(a->adult_how, "born");
	assert_true(a->created_at > 0 && a->verified_at == 0);
	assert_true(a->password_at == a->created_at && a->pepper > 0);
	assert_true(a->password.len > 0);
	nvr_person_wipe(&p);
	nvr_account_free(a);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			if (holds(files[i], texts[j]))
				fail_msg(
				    "'%s' stands in %s", texts[j], files[i]);
}

static int
try_age(const char *born, const char *today)
{
	return nvr_age_check(born, 18, utc(today), &err);
}

static void
n21_c24_age_is_counted_by_the_day(void **state)
{
	static const char *const none[] = {"", "1985", "1985-4-12",
	    "1985-04-12T00:00", "1985-13-01", "1985-00-01", "1985-02-29",
	    "1985-04-31", "1985-04-00", "12.04.1985", "2026-11-22",
	    "1800-01-01", "+985-04-12", "1985-04-1x", "19850-4-12"};

	(void)state;
	ok(try_age("2008-11-21", "2026-11-21T00:00:00Z"));
	ok(try_age("2008-11-21", "2026-11-21T23:59:59Z"));
	assert_fails(try_age("2008-11-21", "2026-11-20T23:59:59Z"),
	    NVR_E_PERMISSION, "18 years");
	assert_fails(try_age("2026-11-21", "2026-11-21T12:00:00Z"),
	    NVR_E_PERMISSION, "");
	/* Born on a leap day. */
	assert_fails(try_age("2008-02-29", "2026-02-28T23:59:59Z"),
	    NVR_E_PERMISSION, "");
	ok(try_age("2008-02-29", "2026-03-01T00:00:00Z"));
	ok(nvr_age_check("2008-02-29", 16, utc("2024-02-29T00:00:00Z"), &err));
	ok(try_age("1900-01-01", "2026-11-21T00:00:00Z"));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_fails(try_age(none[i], "2026-11-21T12:00:00Z"),
		    NVR_E_USAGE, "no date");
}

static void
n21_c24_nothing_is_stored_of_who_is_too_young(void **state)
{
	struct nvr_account_new n = {.email = "kid@example.org",
	    .name = "Kid",
	    .born = "2010-06-01",
	    .password = PASSWORD};
	int64_t id, now = utc("2026-11-21T12:00:00Z");
	int64_t keys = sql("keys/keys.db", "SELECT COUNT(*) FROM account_key");
	int64_t rows = sql("nvr.db", "SELECT COUNT(*) FROM log");

	(void)state;
	assert_fails(nvr_account_create(s, &n, now, &id, &err),
	    NVR_E_PERMISSION, "nothing was stored");
	assert_null(strstr(err.text, "kid"));
	assert_nobody("kid@example.org");
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), keys);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log"), rows);
	rules.minimum_age = 16;
	ok(nvr_account_create(s, &n, now, &id, &err));
	rules.minimum_age = 18;
	/* Declared: what is not known is not made up. */
	n.born = NULL;
	n.email = "adult@example.org";
	assert_fails(
	    nvr_account_create(s, &n, now, &id, &err), NVR_E_USAGE, "born");
}

static void
assert_not_made(struct nvr_account_new n, const char *says)
{
	int64_t keys = sql("keys/keys.db", "SELECT COUNT(*) FROM account_key");
	int64_t id;

	assert_fails(nvr_account_create(s, &n, nvr_time_now(), &id, &err),
	    NVR_E_USAGE, says);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), keys);
}

static void
what_breaks_a_rule_makes_no_account(void **state)
{
	struct nvr_account_new n = {
	    .email = "rule@example.org", .name = "Rita Rule", .adult = true};
	struct nvr_account_new x = n;

	(void)state;
	x.email = "rule";
	assert_not_made(x, "no @");
	x = n, x.name = "";
	assert_not_made(x, "empty");
	x = n, x.name = "Rita\x1b[2J";
	assert_not_made(x, "control");
	x = n, x.business = "A\u202eB";
	assert_not_made(x, "business");
	x = n, x.tier = "gold";
	assert_not_made(x, "free or premium");
	x = n, x.password = "short";
	assert_not_made(x, "12");
	x = n, x.password = "RitaRule-2026";
	assert_not_made(x, "easily guessed");
	x = n, x.password = "Gatehouse2026!";
	assert_not_made(x, "easily guessed");
	assert_nobody("rule@example.org");
}

static void
an_address_has_one_account(void **state)
{
	struct nvr_account_new n = {
	    .email = "ONE@example.org", .name = "Two", .adult = true};
	int64_t id = add("one@example.org"), other = 0, keys, rows;

	(void)state;
	keys = sql("keys/keys.db", "SELECT COUNT(*) FROM account_key");
	rows = sql("nvr.db", "SELECT COUNT(*) FROM log");
	assert_fails(nvr_account_create(s, &n, nvr_time_now(), &other, &err),
	    NVR_E_CREATE, "already");
	assert_int_equal(other, 0);
	assert_int_equal(id_of("one@example.org"), id);
	assert_int_equal(
	    sql("keys/keys.db", "SELECT COUNT(*) FROM account_key"), keys);
	assert_int_equal(sql("nvr.db", "SELECT COUNT(*) FROM log"), rows);
}

static void
n20_corrections_are_logged_with_what_was_there(void **state)
{
	int64_t id = add("correct@example.org");
	struct nvr_account_change c = {
	    .name = "Janet Roe", .business = "Roe Ltd", .verified = true};
	unsigned changed;
	struct nvr_account *a;
	struct nvr_person p;

	(void)state;
	ok(nvr_account_change(s, id, &c, &changed, &err));
	assert_int_equal(changed,
	    NVR_CHANGED_NAME | NVR_CHANGED_BUSINESS | NVR_CHANGED_VERIFIED);
	assert_int_equal(logged(id, "account.changed",
			     "\"field\":\"name\",\"new\":\"Janet Roe\",\"old\":"
			     "\"Jane Doe\""),
	    1);
	assert_int_equal(logged(id, "account.changed", "Roe Ltd"), 1);
	assert_int_equal(logged(id, "account.verified", ""), 1);
	ok(nvr_account_change(s, id, &c, &changed, &err));
	assert_int_equal(changed, 0);
	assert_int_equal(logged(id, "account.changed", ""), 2);
	c = (struct nvr_account_change){.business = ""};
	ok(nvr_account_change(s, id, &c, &changed, &err));
	ok(nvr_account_tier(s, id, "premium", &err));
	ok(nvr_account_tier(s, id, "premium", &err));
	assert_int_equal(logged(id, "account.changed", "premium"), 1);
	assert_fails(
	    nvr_account_tier(s, id, "gold", &err), NVR_E_USAGE, "free");
	c = (struct nvr_account_change){.name = "x\u200by"};
	assert_fails(
	    nvr_account_change(s, id, &c, &changed, &err), NVR_E_USAGE, "");
	a = find("correct@example.org");
	ok(nvr_person_open(s, a, &p, &err));
	assert_string_equal(p.name, "Janet Roe");
	assert_string_equal(p.business, "");
	assert_string_equal(a->tier, "premium");
	assert_true(a->changed_at > a->created_at);
	nvr_person_wipe(&p);
	nvr_account_free(a);
	assert_false(holds("nvr.db", "Janet") || holds("nvr.db-wal", "Janet"));
}

static void
a_new_password_ends_sessions_and_links(void **state)
{
	int64_t id = add("pass@example.org");
	char token[NVR_TOKEN_TEXT], to[NVR_SETTING_TEXT], *text;
	struct nvr_token t;
	struct nvr_account *a;

	(void)state;
	sign_in(id);
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_token_make(s, id, "reset", NULL, 0, NVR_HOUR, token, &err));
	ok(nvr_store_commit(s->store, &err));
	assert_fails(nvr_account_password(s, id, "pass-example-1", &err),
	    NVR_E_USAGE, "easily");
	assert_int_equal(sessions(id), 1);
	ok(nvr_account_password(s, id, PASSWORD, &err));
	assert_int_equal(sessions(id), 0);
	assert_fails(
	    nvr_token_find(s, token, "reset", &t, &err), NVR_E_PERMISSION, "");
	assert_int_equal(logged(id, "account.password", ""), 1);
	assert_int_equal(logged(id, "account.password", "gull"), 0);
	text = letter(id, "password-changed", to);
	assert_non_null(text);
	assert_null(strstr(text, "gull"));
	free(text);
	a = find("pass@example.org");
	assert_true(a->password.len > 0 && a->password_at > 0);
	nvr_account_free(a);
}

/* N18: and what is stored of it is a bcrypt hash, sealed. */
static void
n18_passwords_are_stored_as_bcrypt_hashes(void **state)
{
	struct nvr_column at = {"account", "password", 0};
	struct nvr_buf hash = {0};
	struct nvr_account *a;

	(void)state;
	at.row = add("hash@example.org");
	rules.cost = 12;
	ok(nvr_account_password(s, at.row, PASSWORD, &err));
	rules.cost = 4;
	a = find("hash@example.org");
	ok(nvr_sealed_get(
	    s, a->id, &at, a->password.data, a->password.len, &hash, &err));
	assert_int_equal(hash.len, 60);
	assert_memory_equal(hash.data, "$2b$12$", 7);
	nvr_buf_wipe(&hash);
	nvr_account_free(a);
	assert_false(holds("nvr.db", "$2b$") || holds("nvr.db-wal", "$2b$"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		an_account_is_found_by_every_spelling_and_by_its_id),
	    cmocka_unit_test(n6_c2_what_is_stored_of_an_account_is_sealed),
	    cmocka_unit_test(n21_c24_age_is_counted_by_the_day),
	    cmocka_unit_test(n21_c24_nothing_is_stored_of_who_is_too_young),
	    cmocka_unit_test(what_breaks_a_rule_makes_no_account),
	    cmocka_unit_test(an_address_has_one_account),
	    cmocka_unit_test(n20_corrections_are_logged_with_what_was_there),
	    cmocka_unit_test(a_new_password_ends_sessions_and_links),
	    cmocka_unit_test(n18_passwords_are_stored_as_bcrypt_hashes),
	};
	return cmocka_run_group_tests_name(
	    "N6, N18, N20, N21, C2, C24: accounts", tests, make, end);
}
