/* Accounts that are deleted, come back, or are only kept; damaged ones. */
#include "account_help.h"

#include "core/factor.h"

static int64_t
deleted_at(int64_t id)
{
	struct nvr_account *a = NULL;
	int64_t at;

	ok(nvr_account_get(s->store, id, &a, &err));
	at = a->deleted_at;
	nvr_account_free(a);
	return at;
}

static void
shift_deletion(int64_t id, int64_t us)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "UPDATE account SET deleted_at = deleted_at - %lld"
	    " WHERE account_id = %lld",
	    (long long)us, (long long)id);
	sql("nvr.db", text);
}

static void
n14_c20_c22_a_deleted_account_comes_back_for_30_days(void **state)
{
	int64_t id = add("gone@example.org");
	char to[NVR_SETTING_TEXT], *text;

	(void)state;
	ok(nvr_account_delete(s, id, "asked by mail", &err));
	assert_true(deleted_at(id) > 0);
	assert_int_equal(logged(id, "account.deleted", "asked by mail"), 1);
	text = letter(id, "deleted", to);
	assert_non_null(text);
	assert_string_equal(to, "gone@example.org");
	free(text);
	assert_fails(
	    nvr_account_delete(s, id, NULL, &err), NVR_E_USAGE, "already");
	shift_deletion(id, 30 * NVR_DAY - NVR_MINUTE);
	ok(nvr_account_restore(s, id, NULL, &err));
	assert_int_equal(deleted_at(id), 0);
	assert_int_equal(logged(id, "account.restored", ""), 1);
	assert_fails(
	    nvr_account_restore(s, id, NULL, &err), NVR_E_NOENT, "not deleted");
	ok(nvr_account_delete(s, id, NULL, &err));
	shift_deletion(id, 30 * NVR_DAY);
	assert_fails(nvr_account_restore(s, id, NULL, &err), NVR_E_PERMISSION,
	    "too long ago");
	assert_true(deleted_at(id) > 0);
}

static void
a_reason_is_one_line_that_can_be_read(void **state)
{
	int64_t id = add("why@example.org");
	char *text = calloc(1, 1000001);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 1000000);
	assert_fails(
	    nvr_account_delete(s, id, text, &err), NVR_E_USAGE, "longer");
	text[1024] = '\0';
	ok(nvr_account_restrict(s, id, text, &err));
	free(text);
	assert_fails(nvr_account_unrestrict(s, id, "a\nb", &err), NVR_E_USAGE,
	    "control");
	assert_fails(nvr_account_delete(s, id, "a\u202eb", &err), NVR_E_USAGE,
	    "control");
	assert_int_equal(deleted_at(id), 0);
}

/* N20: restriction of processing. */
static void
n20_what_is_restricted_is_kept_and_not_used(void **state)
{
	int64_t id = add("keep@example.org");
	struct nvr_account *a = NULL;
	struct nvr_person p;
	char to[NVR_SETTING_TEXT], *text;

	(void)state;
	ok(nvr_account_restrict(s, id, "accuracy is contested", &err));
	assert_fails(
	    nvr_account_restrict(s, id, NULL, &err), NVR_E_USAGE, "already");
	assert_false(holds("nvr.db", "contested"));
	assert_false(holds("nvr.db-wal", "contested"));
	text = letter(id, "restricted", to);
	assert_non_null(text);
	free(text);
	a = find("keep@example.org");
	ok(nvr_person_open(s, a, &p, &err));
	assert_string_equal(p.restricted, "accuracy is contested");
	nvr_person_wipe(&p);
	/* Who does not serve people's rights does not get at it. */
	nvr_state_close(s);
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	assert_fails(
	    nvr_person_open(s, a, &p, &err), NVR_E_PERMISSION, "restricted");
	assert_fails(nvr_account_tier(s, id, "premium", &err), NVR_E_PERMISSION,
	    "restricted");
	s->rights = true;
	ok(nvr_account_unrestrict(s, id, "settled", &err));
	assert_fails(nvr_account_unrestrict(s, id, NULL, &err), NVR_E_USAGE,
	    "not restricted");
	nvr_account_free(a);
	a = find("keep@example.org");
	assert_int_equal(a->restricted_at, 0);
	assert_null(a->restricted_why.data);
	nvr_account_free(a);
}

static int
count_row(void *ctx, const struct nvr_account *a)
{
	int *n = ctx;

	assert_true(a->id > 0 && a->email.len > 0);
	++*n;
	return 0;
}

static int
count(struct nvr_account_filter f)
{
	int n = 0;

	ok(nvr_account_each(s->store, &f, count_row, &n, &err));
	return n;
}

static void
accounts_are_listed_by_time_and_state(void **state)
{
	int64_t before = nvr_time_now(), id, middle;

	(void)state;
	id = add("list1@example.org");
	middle = nvr_time_now();
	while (nvr_time_now() == middle)
		continue;
	add("list2@example.org");
	ok(nvr_account_delete(s, id, NULL, &err));
	assert_int_equal(
	    count((struct nvr_account_filter){.since = before}), 2);
	assert_int_equal(count((struct nvr_account_filter){
			     .since = before, .until = middle + 1}),
	    1);
	assert_int_equal(count((struct nvr_account_filter){
			     .since = before, .deleted = true}),
	    1);
	assert_int_equal(count((struct nvr_account_filter){
			     .since = before, .restricted = true}),
	    0);
	ok(nvr_account_restrict(s, id, NULL, &err));
	assert_int_equal(
	    count((struct nvr_account_filter){
		.since = before, .deleted = true, .restricted = true}),
	    1);
	assert_int_equal(
	    count((struct nvr_account_filter){.since = INT64_MAX}), 0);
}

static void
assert_damaged(const char *who)
{
	struct nvr_account *a = find(who);
	struct nvr_person p = {0};

	assert_int_equal(nvr_person_open(s, a, &p, &err), NVR_E_DATA);
	assert_null(p.raw.data);
	nvr_account_free(a);
}

static void
a_row_that_was_tampered_with_does_not_open(void **state)
{
	unsigned changed;
	struct nvr_account_change c = {.name = "New Name"};
	int64_t id = add("a1@example.org");

	(void)state;
	add("a2@example.org");
	sql("nvr.db", "UPDATE account SET name = (SELECT name FROM account"
		      " ORDER BY created_at DESC LIMIT 1)"
		      " WHERE account_id = (SELECT account_id FROM account"
		      " ORDER BY created_at DESC LIMIT 1 OFFSET 1)");
	assert_damaged("a1@example.org");
	sql("nvr.db", "UPDATE account SET email = CAST('x' AS BLOB)"
		      " WHERE account_id = (SELECT account_id FROM account"
		      " ORDER BY created_at DESC LIMIT 1)");
	assert_damaged("a2@example.org");
	assert_int_equal(
	    nvr_account_change(s, id, &c, &changed, &err), NVR_E_DATA);
}

static void
of_an_account_that_is_gone_nothing_is_changed(void **state)
{
	unsigned changed;
	struct nvr_account_change c = {.name = "New Name"};

	(void)state;
	assert_fails(nvr_account_change(s, 7, &c, &changed, &err), NVR_E_NOENT,
	    "no account");
	assert_fails(
	    nvr_account_tier(s, 7, "free", &err), NVR_E_NOENT, "no account");
	assert_fails(
	    nvr_account_delete(s, 7, NULL, &err), NVR_E_NOENT, "no account");
	assert_fails(nvr_account_password(s, 7, PASSWORD, &err), NVR_E_NOENT,
	    "no account");
}

/* As the portal opens the store. */
static void
a_restricted_account_keeps_its_ways(void **state)
{
	int64_t id = add("ways@example.org"), who;
	struct nvr_account_change c = {.email = "ways2@example.org"};
	struct nvr_account *a = find("ways@example.org");
	enum nvr_confirmed what;
	char token[65];
	unsigned changed;

	(void)state;
	add_factor(id, "totp", nvr_time_now());
	ok(nvr_account_change(s, id, &c, &changed, &err));
	token_of(id, "address-confirm", "ways2@example.org", token);
	ok(nvr_account_restrict(s, id, NULL, &err));
	s->rights = false;
	ok(nvr_account_confirm(s, token, &who, &what, &err));
	ok(nvr_factor_disable(s, a, NVR_FACTOR_TOTP, &err));
	assert_false(s->rights);
	s->rights = true;
	assert_int_equal(id_of("ways2@example.org"), id);
	nvr_account_free(a);
}

/* What would be lost if a key were drawn over it. */
static void
a_key_is_not_drawn_twice(void **state)
{
	int64_t id = add("key@example.org");
	struct nvr_account *a = find("key@example.org");
	struct nvr_person p;

	(void)state;
	assert_fails(nvr_keys_add(s, id, &err), NVR_E_CREATE, "already");
	ok(nvr_person_open(s, a, &p, &err));
	nvr_person_wipe(&p);
	nvr_account_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		n14_c20_c22_a_deleted_account_comes_back_for_30_days),
	    cmocka_unit_test(a_reason_is_one_line_that_can_be_read),
	    cmocka_unit_test(n20_what_is_restricted_is_kept_and_not_used),
	    cmocka_unit_test(accounts_are_listed_by_time_and_state),
	    cmocka_unit_test(a_row_that_was_tampered_with_does_not_open),
	    cmocka_unit_test(of_an_account_that_is_gone_nothing_is_changed),
	    cmocka_unit_test(a_restricted_account_keeps_its_ways),
	    cmocka_unit_test(a_key_is_not_drawn_twice),
	};
	return cmocka_run_group_tests_name(
	    "N14, N20, C20, C22: the end of accounts", tests, make, end);
}
