/* Keys are replaced while other programs use them, and nothing is lost. */
#include "rotate_help.h"

#define MANY 600 /* more than two batches */

static int64_t
logged(void)
{
	int64_t n;

	ok(nvr_db_number(s->store,
	    "SELECT COUNT(*) FROM log WHERE type = 'key.rotated'", &n, &err,
	    ""));
	return n;
}

static void
a_new_master_key_opens_all_that_the_old_one_did(void **state)
{
	uint8_t service[2][NVR_ACCOUNT_KEY_LEN], old[NVR_ACCOUNT_KEY_LEN];
	struct nvr_rotation r = {0};
	char path[PATH_MAX];
	struct stat sb;

	(void)state;
	in_keys("master", path);
	ok(nvr_master_read(path, old, &err));
	ok(nvr_service_key(s, "lookup", service[0], &err));
	for (int64_t a = 1; a <= MANY; a++)
		ok(nvr_keys_add(s, A + a, &err));
	ok(nvr_rotate_master(s, &r, &err));
	assert_int_equal(r.keys, MANY + 2);
	assert_int_equal(logged(), 1);
	nvr_state_close(s);
	s = opened();
	s->rights = true;
	assert_all_open(s);
	for (int64_t a = 1; a <= MANY; a++)
		assert_int_equal(ring(s, A + a), 1);
	ok(nvr_service_key(s, "lookup", service[1], &err));
	assert_memory_equal(service[0], service[1], NVR_ACCOUNT_KEY_LEN);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0400);
	assert_memory_not_equal(s->keys->master, old, sizeof(old));
	in_keys("master.new", path);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* It has the old master key in memory, and no ring yet of what it opens. */
static void
a_program_that_runs_goes_on_under_a_new_master_key(void **state)
{
	struct nvr_state *other = opened();
	uint8_t key[NVR_ACCOUNT_KEY_LEN], again[NVR_ACCOUNT_KEY_LEN];
	struct nvr_rotation r = {0};
	struct nvr_keys *k;

	(void)state;
	other->rights = true;
	ok(nvr_keys_open(other, &k, &err));
	ok(nvr_rotate_master(s, &r, &err));
	assert_all_open(other);
	ok(nvr_rotate_master(s, &r, &err));
	ok(nvr_keys_add(other, A + 1, &err));
	ok(nvr_rotate_master(s, &r, &err));
	ok(nvr_service_key(other, "new", key, &err));
	nvr_state_close(other);
	assert_int_equal(ring(s, A + 1), 1);
	ok(nvr_service_key(s, "new", again, &err));
	assert_memory_equal(key, again, sizeof(key));
}

static void
another_master_key_is_refused_until_the_right_one_is_back(void **state)
{
	char path[PATH_MAX], away[PATH_MAX];
	uint8_t wrong[NVR_ACCOUNT_KEY_LEN] = {1};
	struct nvr_rotation r = {0};

	(void)state;
	in_keys("master", path);
	in_keys("away", away);
	nvr_state_close(s);
	assert_int_equal(rename(path, away), 0);
	ok(nvr_file_write(path, wrong, sizeof(wrong), 0400, 1, &err));
	s = opened();
	assert_int_equal(nvr_rotate_master(s, &r, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "put the one back"));
	nvr_state_close(s);
	assert_int_equal(rename(away, path), 0);
	s = opened();
	s->rights = true;
	assert_all_open(s);
}

static void
a_replacement_is_completed_by_whoever_comes_next(void **state)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	uint8_t old[NVR_ACCOUNT_KEY_LEN];
	struct nvr_rotation r = {0};

	(void)state;
	in_keys("master", path);
	in_keys("master.new", fresh);
	ok(nvr_master_read(path, old, &err));
	ok(nvr_rotate_master(s, &r, &err));
	nvr_state_close(s);
	/* As if it was killed ahead of its rename. */
	assert_int_equal(rename(path, fresh), 0);
	ok(nvr_file_write(path, old, sizeof(old), 0400, 1, &err));
	s = opened();
	s->rights = true;
	assert_all_open(s);
	assert_int_not_equal(access(fresh, F_OK), 0);
}

static void
a_new_key_that_was_never_in_force_is_not_used(void **state)
{
	uint8_t left[NVR_ACCOUNT_KEY_LEN] = {9};
	struct nvr_rotation r = {0};
	char fresh[PATH_MAX];

	(void)state;
	in_keys("master.new", fresh);
	ok(nvr_file_write(fresh, left, sizeof(left), 0400, 1, &err));
	nvr_state_close(s);
	s = opened();
	s->rights = true;
	assert_all_open(s);
	assert_int_equal(access(fresh, F_OK), 0);
	ok(nvr_rotate_master(s, &r, &err));
	assert_memory_not_equal(s->keys->master, left, sizeof(left));
	assert_int_not_equal(access(fresh, F_OK), 0);
	assert_all_open(s);
}

static void
a_key_that_does_not_open_stops_a_new_master_key(void **state)
{
	struct nvr_wrapped_key row = {.account_id = A + 1,
	    .wrapped = "not a key",
	    .wrapped_len = 9,
	    .created_at = 1};
	struct nvr_rotation r = {0};
	struct nvr_keys *k;

	(void)state;
	ok(nvr_keys_open(s, &k, &err));
	ok(nvr_keydb_put(k->db, &row, &err));
	assert_int_equal(nvr_rotate_master(s, &r, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "the key of account"));
	nvr_keys_forget(k, A);
	assert_all_open(s);
	assert_int_equal(logged(), 0);
}

static void
every_sealed_column_is_sealed_under_the_new_key(void **state)
{
	const struct nvr_ring *before;
	struct nvr_rotation r = {0};
	uint8_t old[NVR_ACCOUNT_KEY_LEN];
	const struct nvr_ring *after;

	(void)state;
	ok(nvr_keys_ring(s, A, &before, &err));
	memcpy(old, before->key[0], sizeof(old));
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(r.values, 20);
	ok(nvr_keys_ring(s, A, &after, &err));
	assert_int_equal(after->n, 1);
	assert_memory_not_equal(after->key[0], old, sizeof(old));
	assert_all_open(s);
	ok(nvr_rotate_account(s, 0, &r, &err));
	assert_int_equal(ring(s, 0), 1);
	/* And what the log has of the account that was not its own. */
	assert_true(r.values >= 19);
	assert_int_equal(r.damaged, 0);
	assert_all_open(s);
	assert_int_equal(logged(), 2);
}

/* Several batches, of rows and of those that have one number. */
static void
many_values_are_all_sealed_anew(void **state)
{
	static const char ask[] = "INSERT INTO asked VALUES (77, ?1, 0, 1, ?2)";
	static const char request[] =
	    "INSERT INTO request (id, account_id, kind, channel, note,"
	    " received_at, due_at) VALUES (?1, 1000, 'access', 'x', ?2, 1, 1)";
	struct nvr_rotation r = {0};

	(void)state;
	for (int i = 1000; i < 1000 + MANY; i++) {
		const struct nvr_column cells = {"asked", "cells", ROW};
		const struct nvr_column note = {"request", "note", i};
		struct nvr_buf sealed = {0};
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		ok(nvr_sealed_put(
		    s, 0, &cells, "asked.cells", 11, &sealed, &err));
		ok(nvr_db_run(
		    s->store, ask, &err, "tb", name, sealed.data, sealed.len));
		sealed.len = 0;
		ok(nvr_sealed_put(s, A, &note, "x", 1, &sealed, &err));
		ok(nvr_db_run(s->store, request, &err, "ib", (int64_t)i,
		    sealed.data, sealed.len));
		nvr_buf_release(&sealed);
	}
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(r.values, MANY + 20);
	assert_int_equal(ring(s, A), 1);
	r.values = 0;
	ok(nvr_rotate_account(s, 0, &r, &err));
	assert_true(r.values >= MANY + 3);
	assert_int_equal(ring(s, 0), 1);
	/* Under the dropped keys there is nothing left. */
	r.values = 0;
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_true(r.values >= MANY + 20);
	ok(nvr_rotate_account(s, 0, &r, &err));
	assert_int_equal(r.damaged, 0);
	assert_all_open(s);
}

static int
count_commit(void *n)
{
	++*(int *)n;
	return 0;
}

static void
many_accounts_are_committed_at_once(void **state)
{
	static const char request[] =
	    "INSERT INTO request (id, account_id, kind, channel, note,"
	    " received_at, due_at) VALUES (?1, ?1, 'access', 'x', ?2, 1, 1)";
	struct nvr_rotation r = {0};
	int n = 0;

	(void)state;
	for (int64_t i = A + 1; i <= A + MANY; i++) {
		const struct nvr_column note = {"request", "note", i};
		struct nvr_buf sealed = {0};

		ok(nvr_keys_add(s, i, &err));
		ok(nvr_sealed_put(s, i, &note, "x", 1, &sealed, &err));
		ok(nvr_db_run(
		    s->store, request, &err, "ib", i, sealed.data, sealed.len));
		nvr_buf_release(&sealed);
	}
	sqlite3_commit_hook(s->store->db, count_commit, &n);
	ok(nvr_rotate_accounts(s, &r, &err));
	sqlite3_commit_hook(s->store->db, NULL, NULL);
	assert_int_equal(r.damaged, 0);
	assert_true(r.values >= MANY);
	assert_true(n > 0 && n < 30);
	for (int64_t i = A + 1; i <= A + MANY; i++)
		assert_int_equal(ring(s, i), 1);
	assert_all_open(s);
}

static void
a_stale_program_keeps_the_previous_key_alive(void **state)
{
	struct nvr_state *other = opened();
	struct nvr_rotation r = {0};

	(void)state;
	other->rights = true;
	assert_all_open(other);
	assert_int_equal(nvr_rotate_account(s, A, &r, &err), NVR_E_AGAIN);
	assert_non_null(strstr(err.text, "then do this again"));
	assert_int_equal(ring(s, A), 2);
	/* It reads what is under the new key, and writes under the old. */
	assert_all_open(other);
	nvr_state_close(other);
	other = opened();
	other->rights = true;
	nvr_state_close(other);
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(ring(s, A), 1);
	assert_all_open(s);
}

static void
what_a_stale_program_writes_is_sealed_anew_in_the_end(void **state)
{
	struct nvr_state *other = opened();
	const struct nvr_ring *held;
	struct nvr_rotation r = {0};

	(void)state;
	other->rights = true;
	ok(nvr_keys_ring(other, A, &held, &err));
	assert_int_equal(nvr_rotate_account(s, A, &r, &err), NVR_E_AGAIN);
	assert_int_equal(held->n, 1);
	put_value(other, &nvr_sealed_columns[0]);
	nvr_state_close(other);
	r.values = 0;
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(r.values, 1);
	assert_int_equal(ring(s, A), 1);
	assert_all_open(s);
}

/* Both of them run for ever, as a portal does. */
static void
who_has_read_both_keys_is_not_waited_for(void **state)
{
	struct nvr_state *stale = opened(), *later;
	struct nvr_rotation r = {0};

	(void)state;
	ok(nvr_keys_add(s, A + 1, &err));
	stale->rights = true;
	assert_all_open(stale);
	assert_int_equal(nvr_rotate_account(s, A, &r, &err), NVR_E_AGAIN);
	later = opened();
	later->rights = true;
	assert_all_open(later);
	assert_int_equal(ring(later, A + 1), 1);
	/* Of this one neither knows the newer, whatever comes first. */
	assert_int_equal(nvr_rotate_account(s, A + 1, &r, &err), NVR_E_AGAIN);
	nvr_state_close(stale);
	assert_int_equal(nvr_rotate_account(s, 0, &r, &err), NVR_E_AGAIN);
	assert_int_equal(nvr_rotate_account(s, A + 1, &r, &err), NVR_E_AGAIN);
	assert_int_equal(ring(s, A + 1), 2);
	nvr_state_close(later);
	later = opened();
	later->rights = true;
	assert_all_open(later);
	ok(nvr_rotate_accounts(s, &r, &err));
	assert_int_equal(nvr_rotate_accounts(s, &r, &err), NVR_E_AGAIN);
	nvr_state_close(later);
	ok(nvr_rotate_accounts(s, &r, &err));
	assert_all_open(s);
}

static void
a_program_that_started_since_is_not_waited_for(void **state)
{
	struct nvr_state *stale = opened(), *later;
	struct nvr_rotation r = {0};

	(void)state;
	stale->rights = true;
	assert_all_open(stale);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    nvr_rotate_account(s, A, &r, &err), NVR_E_AGAIN);
		later = opened();
		later->rights = true;
		assert_all_open(later);
		nvr_state_close(stale);
		put_value(later, &nvr_sealed_columns[0]);
		ok(nvr_rotate_account(s, A, &r, &err));
		assert_int_equal(ring(s, A), 1);
		assert_all_open(later);
		put_value(later, &nvr_sealed_columns[0]);
		assert_all_open(s);
		stale = later;
	}
	nvr_state_close(stale);
}

static struct nvr_state *second;

static void
rotate_beside(void *ctx, int64_t done, int64_t total)
{
	struct nvr_rotation r = {0};

	(void)done, (void)total;
	assert_int_equal(nvr_rotate_master(second, &r, &err), NVR_E_AGAIN);
	assert_non_null(strstr(err.text, "another program"));
	++*(int *)ctx;
}

static void
of_two_rotations_at_once_one_waits_its_turn(void **state)
{
	int asked = 0;
	struct nvr_rotation r = {.progress = rotate_beside, .ctx = &asked};

	(void)state;
	second = opened();
	ok(nvr_rotate_master(s, &r, &err));
	assert_true(asked > 0);
	nvr_state_close(second);
	assert_all_open(s);
}

static void
read_beside(void *ctx, int64_t done, int64_t total)
{
	(void)ctx, (void)total;
	if (done % 4096 == 0)
		assert_int_equal(ring(second, A), 1);
}

/* More than SQLite keeps in memory by itself. */
static void
others_open_values_while_the_master_key_is_replaced(void **state)
{
	struct nvr_rotation r = {.progress = read_beside};
	uint8_t key[NVR_ACCOUNT_KEY_LEN] = {5};
	struct nvr_keys *k;

	(void)state;
	second = opened();
	second->rights = true;
	ok(nvr_keys_open(second, &k, &err));
	nvr_store_patience(k->db, 100);
	ok(nvr_keys_open(s, &k, &err));
	ok(nvr_store_begin(k->db, &err));
	for (int64_t a = 1; a <= 30000; a++)
		ok(nvr_keys_enter(k, A + a, key, &err));
	ok(nvr_store_commit(k->db, &err));
	ok(nvr_rotate_master(s, &r, &err));
	nvr_state_close(second);
	assert_all_open(s);
}

static void
destroy_beside(void *ctx, int64_t done, int64_t total)
{
	(void)ctx, (void)done, (void)total;
	ok(nvr_keys_destroy(second, A, &err));
}

/* The key must not come back with the rotation. */
static void
an_account_erased_meanwhile_stays_erased(void **state)
{
	struct nvr_rotation r = {.progress = destroy_beside};
	const struct nvr_ring *none;

	(void)state;
	second = opened();
	ok(nvr_rotate_account(s, A, &r, &err));
	nvr_state_close(second);
	assert_int_equal(logged(), 0);
	r.progress = NULL;
	assert_int_equal(nvr_rotate_account(s, A, &r, &err), NVR_E_NOENT);
	nvr_keys_forget(s->keys, A);
	assert_int_equal(nvr_keys_ring(s, A, &none, &err), NVR_E_NOENT);
}

static void
a_value_that_does_not_open_keeps_the_previous_key(void **state)
{
	const struct nvr_sealed_column *c = nvr_sealed_columns;
	struct nvr_rotation r = {0};

	(void)state;
	sql("UPDATE factor SET secret = zeroblob(60)");
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(r.damaged, 1);
	assert_string_equal(r.first, "factor.secret of row 77");
	assert_int_equal(r.keys, 0);
	assert_int_equal(ring(s, A), 2);
	while (strcmp(c->table, "factor") != 0)
		c++;
	put_value(s, c);
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_int_equal(r.damaged, 0);
	assert_int_equal(ring(s, A), 1);
	assert_all_open(s);
}

static void
the_restricted_are_sealed_anew_too(void **state)
{
	struct nvr_rotation r = {0};

	(void)state;
	s->rights = false;
	ok(nvr_rotate_account(s, A, &r, &err));
	assert_false(s->rights);
	s->rights = true;
	assert_int_equal(ring(s, A), 1);
	assert_all_open(s);
}

static void
all_keys_are_replaced_and_a_cut_goes_on_where_it_was(void **state)
{
	struct nvr_state *other = opened();
	char cursor[NVR_SETTING_TEXT];
	struct nvr_rotation r = {0};
	struct nvr_keys *k;

	(void)state;
	for (int64_t a = 1; a <= MANY; a++)
		ok(nvr_keys_add(s, A + a, &err));
	ok(nvr_keys_open(other, &k, &err));
	assert_int_equal(nvr_rotate_accounts(s, &r, &err), NVR_E_AGAIN);
	ok(nvr_setting_get(s->keys->db, NVR_KEYS_CURSOR, cursor, &err));
	assert_string_equal(cursor, "1600");
	assert_int_equal(ring(s, A + 1), 2);
	nvr_state_close(other);
	ok(nvr_rotate_accounts(s, &r, &err));
	assert_int_equal(r.keys, MANY + 2);
	for (int64_t a = 1; a <= MANY; a++)
		assert_int_equal(ring(s, A + a), 1);
	ok(nvr_setting_get(s->keys->db, NVR_KEYS_CURSOR, cursor, &err));
	assert_string_equal(cursor, "");
	assert_all_open(s);
}

static void
peppers_are_numbered_and_older_ones_stay(void **state)
{
	uint8_t first[NVR_PEPPER_LEN], again[NVR_PEPPER_LEN];
	char path[PATH_MAX];
	int64_t version;

	(void)state;
	sql("UPDATE account SET pepper = 0");
	ok(nvr_pepper_current(s, &version, first, &err));
	assert_int_equal(version, 1);
	/* Names that are none. */
	for (int i = 0; i < 4; i++) {
		static const char *const none[] = {
		    "pepper-", "pepper-07", "pepper-9x", "pepper--8"};

		in_keys(none[i], path);
		ok(nvr_file_write(path, "x", 1, 0400, 1, &err));
	}
	ok(nvr_rotate_pepper(s, &version, &err));
	assert_int_equal(version, 2);
	ok(nvr_pepper_current(s, &version, again, &err));
	assert_int_equal(version, 2);
	assert_memory_not_equal(first, again, sizeof(first));
	ok(nvr_pepper_get(s, 1, again, &err));
	assert_memory_equal(first, again, sizeof(first));
	in_keys("pepper-1", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(nvr_pepper_get(s, 1, again, &err), NVR_E_NOENT);
	assert_non_null(strstr(err.text, "put it back from its backup"));
	assert_int_equal(logged(), 1);
}

static void
a_pepper_that_is_gone_is_never_drawn_again(void **state)
{
	uint8_t key[NVR_PEPPER_LEN];
	int64_t version;
	char path[PATH_MAX];

	(void)state;
	/* A store whose keys.db has no memory of it: its accounts have. */
	sql("UPDATE account SET pepper = 1");
	assert_int_equal(
	    nvr_pepper_current(s, &version, key, &err), NVR_E_NOENT);
	assert_non_null(strstr(err.text, "pepper-1'"));
	sql("UPDATE account SET pepper = 0");
	ok(nvr_pepper_current(s, &version, key, &err));
	in_keys("pepper-1", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
	    nvr_pepper_current(s, &version, key, &err), NVR_E_NOENT);
	assert_non_null(strstr(err.text, "put it back from its backup"));
	assert_int_equal(nvr_pepper_check(s, &version, &err), NVR_E_NOENT);
	assert_int_not_equal(access(path, F_OK), 0);
	/* Who lost it for good draws another. */
	ok(nvr_rotate_pepper(s, &version, &err));
	assert_int_equal(version, 2);
	ok(nvr_pepper_current(s, &version, key, &err));
	assert_int_equal(version, 2);
	ok(nvr_pepper_check(s, &version, &err));
	sql("UPDATE account SET pepper = 1");
	assert_int_equal(nvr_pepper_check(s, &version, &err), NVR_E_NOENT);
}

static void
the_key_of_the_log_is_never_drawn_again(void **state)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN], other[NVR_ACCOUNT_KEY_LEN] = {1};
	char path[PATH_MAX];
	bool drawn;

	(void)state;
	ok(nvr_log_key_check(s, key, &drawn, &err));
	assert_false(drawn);
	ok(nvr_log_key(s, key, &err));
	in_keys("log", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(nvr_log_key(s, key, &err), NVR_E_NOENT);
	assert_non_null(strstr(err.text, "put it back from its backup"));
	ok(nvr_key_write(path, other, true, &err));
	assert_int_equal(nvr_log_key(s, key, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "put that back"));
}

static void
a_key_file_that_others_can_read_is_refused(void **state)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	char path[PATH_MAX];

	(void)state;
	ok(nvr_log_key(s, key, &err));
	in_keys("log", path);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(nvr_log_key(s, key, &err), NVR_E_PERMISSION);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 31), 0);
	assert_int_equal(nvr_log_key(s, key, &err), NVR_E_DATA);
	assert_int_equal(
	    nvr_key_file(s, "gone", false, key, &err), NVR_E_NOENT);
}

/* Programs that draw it at the same moment. */
static void
a_key_file_is_drawn_once(void **state)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN], got[NVR_ACCOUNT_KEY_LEN];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	for (int i = 0; i < 16; i++) {
		if (fork() != 0)
			continue;
		if (nvr_key_file(s, "race", true, key, &err) != 0)
			_exit(1);
		_exit(write(fd[1], key, sizeof(key)) != sizeof(key));
	}
	for (int i = 0; i < 16; i++) {
		assert_int_equal(
		    read(fd[0], i == 0 ? key : got, sizeof(got)), sizeof(got));
		if (i > 0)
			assert_memory_equal(key, got, sizeof(got));
	}
	while (wait(NULL) > 0)
		;
	close(fd[0]);
	close(fd[1]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_new_master_key_opens_all_that_the_old_one_did),
	    T(a_program_that_runs_goes_on_under_a_new_master_key),
	    T(another_master_key_is_refused_until_the_right_one_is_back),
	    T(a_replacement_is_completed_by_whoever_comes_next),
	    T(a_new_key_that_was_never_in_force_is_not_used),
	    T(a_key_that_does_not_open_stops_a_new_master_key),
	    T(every_sealed_column_is_sealed_under_the_new_key),
	    T(many_values_are_all_sealed_anew),
	    T(many_accounts_are_committed_at_once),
	    T(a_stale_program_keeps_the_previous_key_alive),
	    T(who_has_read_both_keys_is_not_waited_for),
	    T(a_program_that_started_since_is_not_waited_for),
	    T(what_a_stale_program_writes_is_sealed_anew_in_the_end),
	    T(of_two_rotations_at_once_one_waits_its_turn),
	    T(others_open_values_while_the_master_key_is_replaced),
	    T(an_account_erased_meanwhile_stays_erased),
	    T(a_value_that_does_not_open_keeps_the_previous_key),
	    T(the_restricted_are_sealed_anew_too),
	    T(all_keys_are_replaced_and_a_cut_goes_on_where_it_was),
	    T(peppers_are_numbered_and_older_ones_stay),
	    T(a_pepper_that_is_gone_is_never_drawn_again),
	    T(the_key_of_the_log_is_never_drawn_again),
	    T(a_key_file_that_others_can_read_is_refused),
	    T(a_key_file_is_drawn_once),
	};

	return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
