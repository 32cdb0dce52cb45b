/* Sessions: N7. */
#include "signin_help.h"
#include "core/session.h"

static void
start(int64_t account, char token[NVR_TOKEN_TEXT], int64_t *id)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_session_start(
	    s, account, "password", "192.0.2.7", "test", now, id, token, &err));
	ok(nvr_store_commit(s->store, &err));
}

static int
check(const char *token, int64_t at)
{
	struct nvr_session x;

	return nvr_session_check(s, token, at, &x, &err);
}

static void
a_token_is_64_characters_that_are_nowhere_in_the_store(void **state)
{
	char token[NVR_TOKEN_TEXT], other[NVR_TOKEN_TEXT], path[PATH_MAX];
	struct nvr_session x;
	char block[4096];
	int64_t id, id2;
	size_t n, hits = 0;
	FILE *f;

	(void)state;
	start(jane, token, &id);
	start(jane, other, &id2);
	assert_int_equal(strlen(token), 64);
	assert_int_equal(strspn(token, "0123456789abcdef"), 64);
	assert_string_not_equal(token, other);
	ok(nvr_session_check(s, token, now, &x, &err));
	assert_int_equal(x.id, id);
	assert_int_equal(x.account, jane);
	assert_int_equal(x.created_at, now);
	assert_int_equal(x.expires_at, now + rules.session);
	nvr_db_run(s->store, "PRAGMA wal_checkpoint(TRUNCATE)", &err, "");
	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		hits += memmem(block, n, token, 32) != NULL ||
			memmem(block, n, "192.0.2.7", 9) != NULL;
	fclose(f);
	assert_int_equal(hits, 0);
}

static void
what_is_no_token_is_refused_in_the_same_words(void **state)
{
	char token[NVR_TOKEN_TEXT], huge[4097], first[512];
	int64_t id;

	(void)state;
	start(jane, token, &id);
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(check("", now), NVR_E_PERMISSION);
	strlcpy(first, err.text, sizeof(first));
	assert_int_equal(check(huge, now), NVR_E_PERMISSION);
	assert_string_equal(err.text, first);
	huge[64] = '\0';
	assert_int_equal(check(huge, now), NVR_E_PERMISSION);
	assert_string_equal(err.text, first);
	token[0] = (char)(token[0] == 'a' ? 'A' : 'G');
	assert_int_equal(check(token, now), NVR_E_PERMISSION);
	assert_string_equal(err.text, first);
	assert_int_equal(
	    check("' OR 1=1 --", now + rules.session), NVR_E_PERMISSION);
}

static void
it_ends_when_it_expires_and_when_it_is_idle(void **state)
{
	char token[NVR_TOKEN_TEXT], idle[NVR_TOKEN_TEXT];
	int64_t id, t;

	(void)state;
	start(jane, token, &id);
	start(jane, idle, &id);
	for (t = now; t < now + rules.session; t += 6 * NVR_DAY)
		ok(check(token, t));
	assert_int_equal(check(token, now + rules.session), NVR_E_PERMISSION);
	ok(check(idle, now + rules.idle - 1));
	assert_int_equal(
	    check(idle, now + 2 * rules.idle - 1), NVR_E_PERMISSION);
	/* A clock set back a little ends nothing; what begins far from now is
	 * none, whatever its row says. */
	start(jane, token, &id);
	ok(check(token, now - 5 * NVR_MINUTE));
	assert_int_equal(
	    check(token, now - 5 * NVR_MINUTE - 1), NVR_E_PERMISSION);
	ok(check(token, now));
	/* The rule of today counts for those of yesterday. */
	rules.session = NVR_DAY;
	ok(check(token, now + NVR_DAY - 1));
	assert_int_equal(check(token, now + NVR_DAY), NVR_E_PERMISSION);
	rules.session = 30 * NVR_DAY;
}

static int64_t
active(void)
{
	return count(
	    "SELECT MAX(active_at) FROM session WHERE account_id = ?1", jane);
}

static void
activity_is_written_once_a_minute(void **state)
{
	char token[NVR_TOKEN_TEXT];
	int64_t id;

	(void)state;
	start(jane, token, &id);
	ok(check(token, now + NVR_MINUTE - 1));
	assert_int_equal(active(), now);
	ok(check(token, now + NVR_MINUTE));
	assert_int_equal(active(), now + NVR_MINUTE);
	ok(check(token, now + 2 * NVR_MINUTE - 1));
	assert_int_equal(active(), now + NVR_MINUTE);
}

static void
a_change_of_privilege_gives_another_token(void **state)
{
	char token[NVR_TOKEN_TEXT], fresh[NVR_TOKEN_TEXT];
	struct nvr_session x;
	int64_t id;

	(void)state;
	start(jane, token, &id);
	ok(nvr_session_rotate(s, token, "totp", now + 5, fresh, &err));
	assert_int_equal(check(token, now), NVR_E_PERMISSION);
	ok(nvr_session_check(s, fresh, now, &x, &err));
	assert_int_equal(x.id, id);
	assert_string_equal(x.factor, "totp");
	assert_int_equal(x.confirmed_at, now + 5);
	/* Who has the old one gets no new one from it. */
	assert_int_equal(nvr_session_rotate(s, token, NULL, 0, fresh, &err),
	    NVR_E_PERMISSION);
	assert_int_equal(check(fresh, now), NVR_E_PERMISSION);
}

struct seen {
	int n;
	char address[80], agent[1024];
};

static int
see(void *ctx, const struct nvr_session *x, const char *address,
    const char *agent)
{
	struct seen *seen = ctx;

	assert_int_equal(x->account, jane);
	seen->n++;
	strlcpy(seen->address, address, sizeof(seen->address));
	strlcpy(seen->agent, agent, sizeof(seen->agent));
	return 0;
}

static void
they_are_listed_and_ended_by_their_owner_alone(void **state)
{
	char a[NVR_TOKEN_TEXT], b[NVR_TOKEN_TEXT], c[NVR_TOKEN_TEXT];
	int64_t joe = add_account("joe@example.org"), id[3];
	struct seen seen = {0};
	int n;

	(void)state;
	start(jane, a, &id[0]);
	start(jane, b, &id[1]);
	start(joe, c, &id[2]);
	ok(nvr_session_list(s, jane, now, see, &seen, &err));
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.address, "192.0.2.7");
	ok(nvr_store_begin(s->store, &err));
	assert_int_equal(
	    nvr_session_revoke(s, jane, id[2], 0, &n, &err), NVR_E_NOENT);
	ok(nvr_session_revoke(s, jane, id[0], 0, &n, &err));
	ok(nvr_store_commit(s->store, &err));
	assert_int_equal(check(a, now), NVR_E_PERMISSION);
	ok(check(b, now));
	ok(check(c, now));
	start(jane, a, &id[0]);
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_session_revoke(s, jane, 0, id[1], &n, &err));
	ok(nvr_store_commit(s->store, &err));
	assert_int_equal(n, 1);
	ok(check(b, now));
	assert_int_equal(check(a, now), NVR_E_PERMISSION);
	assert_int_equal(logged(jane, "session.revoked"), 2);
}

static void
signing_out_ends_it_and_is_logged(void **state)
{
	char token[NVR_TOKEN_TEXT];
	int64_t id;

	(void)state;
	start(jane, token, &id);
	ok(nvr_signout(s, token, &err));
	assert_int_equal(logged(jane, "signout"), 1);
	assert_int_equal(check(token, now), NVR_E_PERMISSION);
	assert_int_equal(nvr_signout(s, token, &err), NVR_E_PERMISSION);
	assert_int_equal(logged(jane, "signout"), 1);
}

static void
a_deleted_account_has_none(void **state)
{
	char token[NVR_TOKEN_TEXT];
	int64_t id;

	(void)state;
	start(jane, token, &id);
	ok(nvr_db_run(s->store,
	    "UPDATE account SET deleted_at = 1 WHERE account_id = ?1", &err,
	    "i", jane));
	assert_int_equal(check(token, now), NVR_E_PERMISSION);
}

static void
agents_are_cut_and_made_safe(void **state)
{
	char token[NVR_TOKEN_TEXT], agent[10000];
	struct seen seen = {0};
	int64_t id;

	(void)state;
	memset(agent, 'x', sizeof(agent));
	memcpy(agent, "a\033[31m\r\n\xff\xe2\x80\xae", 12);
	agent[sizeof(agent) - 1] = '\0';
	ok(nvr_session_start(
	    s, jane, "password", agent, agent, now, &id, token, &err));
	ok(nvr_session_list(s, jane, now, see, &seen, &err));
	assert_in_range(strlen(seen.agent), 500, NVR_SESSION_AGENT);
	assert_in_range(strlen(seen.address), 50, NVR_SESSION_ADDRESS);
	assert_memory_equal(seen.agent, "a?[31m????x", 11);
	ok(nvr_session_start(
	    s, jane, "password", NULL, NULL, now + 1, &id, token, &err));
	ok(nvr_session_list(s, jane, now, see, &seen, &err));
	assert_string_equal(seen.agent, "");
}

static int
see_null(void *ctx, const struct nvr_session *x, const char *address,
    const char *agent)
{
	(void)x;
	*(int *)ctx += address == NULL && agent == NULL ? 10 : 1;
	return 0;
}

static void
a_damaged_row_is_listed_without_its_texts(void **state)
{
	char token[NVR_TOKEN_TEXT];
	int64_t id;
	int n = 0;

	(void)state;
	start(jane, token, &id);
	ok(nvr_db_run(
	    s->store, "UPDATE session SET agent = address", &err, ""));
	start(jane, token, &id);
	assert_int_equal(
	    nvr_session_list(s, jane, now, see_null, &n, &err), NVR_E_DATA);
	assert_int_equal(n, 11);
}

static void
the_idlest_goes_where_there_are_too_many(void **state)
{
	char first[NVR_TOKEN_TEXT], second[NVR_TOKEN_TEXT], t[NVR_TOKEN_TEXT];
	struct seen seen = {0};
	int64_t id;

	(void)state;
	start(jane, first, &id);
	start(jane, second, &id);
	ok(check(first, now + NVR_HOUR));
	now += NVR_MINUTE;
	for (int i = 0; i < NVR_SESSIONS_MAX - 1; i++)
		start(jane, t, &id);
	ok(nvr_session_list(s, jane, now, see, &seen, &err));
	assert_int_equal(seen.n, NVR_SESSIONS_MAX);
	ok(check(first, now));
	assert_int_equal(check(second, now), NVR_E_PERMISSION);
	assert_int_equal(logged(jane, "session.trimmed"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_token_is_64_characters_that_are_nowhere_in_the_store),
	    TEST(what_is_no_token_is_refused_in_the_same_words),
	    TEST(it_ends_when_it_expires_and_when_it_is_idle),
	    TEST(activity_is_written_once_a_minute),
	    TEST(a_change_of_privilege_gives_another_token),
	    TEST(they_are_listed_and_ended_by_their_owner_alone),
	    TEST(signing_out_ends_it_and_is_logged),
	    TEST(a_deleted_account_has_none),
	    TEST(agents_are_cut_and_made_safe),
	    TEST(a_damaged_row_is_listed_without_its_texts),
	    TEST(the_idlest_goes_where_there_are_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
