/* Backups, and that no way of putting one back brings the erased back. */
#include "erase_help.h"
#include "kill_help.h"

#include <sys/stat.h>

#include "core/backup.h"

static const struct nvr_telling quiet;
static char backup[96], key_backup[96];

static int
make_with_backup_folders(void **state)
{
	int rc = make(state);

	snprintf(backup, sizeof(backup), "%s/backup", dir);
	snprintf(key_backup, sizeof(key_backup), "%s/key-backup", dir);
	return rc;
}

static void
back_up(void)
{
	struct nvr_backup b;

	ok(nvr_backup_make(s, backup, false, &quiet, &b, &err));
	assert_int_equal(b.n, 1);
	ok(nvr_backup_make(s, key_backup, true, &quiet, &b, &err));
	assert_true(b.n >= 3);
}

static int
restore(const char *from, const char *ledger, struct nvr_restored *ret)
{
	struct nvr_restore r = {.dir = from, .ledger = ledger};

	return nvr_restore(dir, &r, ret, &err);
}

static void
drop(const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void
a_restored_store_has_nobody_back(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org"), c;
	struct nvr_restored done;

	(void)state;
	back_up();
	c = person("c@example.org");
	ok(nvr_erase(s, a, &err));
	/* While another program has the store open. */
	ok(restore(backup, NULL, &done));
	assert_int_equal(done.erased, 1);
	assert_int_equal(count("nvr.db", ROWS, c), 0);
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM log WHERE type = 'store.restored'", 0),
	    1);
	assert_there(b);
	reopen();
	assert_erased(a);
	assert_there(b);
}

static void
a_copy_of_the_ledger_holds_for_a_store_that_lost_its_own(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_restored done;
	char ledger[96], text[64], id[NVR_ID_TEXT];

	(void)state;
	back_up();
	snprintf(ledger, sizeof(ledger), "%s/ledger", dir);
	snprintf(text, sizeof(text), "2026-11-22T07:00:00.000Z\t%s",
	    nvr_id_format(a, id));
	put("ledger", text, "w");
	shut();
	drop("nvr.db");
	drop("nvr.db-wal");
	drop("keys/keys.db");
	drop("keys/master");
	drop("keys/box.age");
	assert_int_equal(restore(backup, ledger, &done), NVR_E_NOENT);
	ok(restore(key_backup, NULL, &done));
	assert_int_equal(done.files, 3);
	ok(restore(backup, ledger, &done));
	assert_int_equal(done.erased, 1);
	reopen();
	assert_erased(a);
	assert_there(b);
	put("ledger", "nonsense\n", "w");
	assert_int_equal(restore(backup, ledger, &done), NVR_E_DATA);
	assert_non_null(strstr(err.text, "line 1 "));
}

/* Both ledgers are of one line, and of different people. */
static void
the_backups_ledger_is_not_taken_for_todays(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_restored done;

	(void)state;
	shut();
	copy("nvr.db", "old.db");
	copy("keys/keys.db", "old-keys.db");
	reopen();
	ok(nvr_erase(s, a, &err));
	back_up();
	shut();
	copy("old.db", "nvr.db");
	copy("old-keys.db", "keys/keys.db");
	drop("keys/erasures");
	reopen();
	assert_there(a);
	ok(nvr_erase(s, b, &err));
	ok(restore(backup, NULL, &done));
	assert_int_equal(done.erased, 1);
	assert_erased(a);
	assert_erased(b);
}

static void
restored_keys_are_without_those_of_the_erased(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_restored done;

	(void)state;
	back_up();
	ok(nvr_erase(s, a, &err));
	shut();
	ok(restore(key_backup, NULL, &done)); /* nothing is missing */
	assert_int_equal(done.files, 0);
	/* Without a store, too, whose opening would see to it. */
	copy("nvr.db", "away.db");
	drop("nvr.db");
	drop("keys/keys.db");
	ok(restore(key_backup, NULL, &done));
	assert_int_equal(count("keys/keys.db", KEYS, a), 0);
	copy("away.db", "nvr.db");
	drop("keys/keys.db");
	drop("keys/erasures");
	ok(restore(key_backup, NULL, &done));
	assert_int_equal(done.files, 1);
	assert_int_equal(count("keys/keys.db", KEYS, a), 0);
	reopen();
	assert_erased(a);
	assert_there(b);
}

/* Backups are in the wrong hands, and so are today's keys. */
static void
a_backup_says_nothing_of_the_erased_with_todays_keys(void **state)
{
	const char *const column[] = {"email", "name"};
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_buf out = {0};
	sqlite3_stmt *q;
	sqlite3 *db;

	(void)state;
	back_up();
	ok(nvr_erase(s, a, &err));
	db = raw("backup/nvr.db");
	sqlite3_prepare_v2(db,
	    "SELECT account_id, email, name FROM account ORDER BY account_id",
	    -1, &q, NULL);
	for (int row = 0; sqlite3_step(q) == SQLITE_ROW; row++) {
		int64_t whose = sqlite3_column_int64(q, 0);

		for (int i = 0; i < 2; i++) {
			struct nvr_column at = {"account", column[i], whose};
			const void *data = sqlite3_column_blob(q, i + 1);
			size_t len = (size_t)sqlite3_column_bytes(q, i + 1);
			int64_t keys[] = {0, a, b};
			int opened = 0;

			for (int k = 0; k < 3; k++)
				opened += nvr_sealed_get(s, keys[k], &at, data,
					      len, &out, &err) == 0;
			assert_int_equal(opened, whose == b);
		}
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	nvr_buf_wipe(&out);
}

static void
what_is_not_this_stores_is_refused(void **state)
{
	struct nvr_restored done;
	struct nvr_state *other;
	struct nvr_backup b;
	char there[96], mine[64];

	(void)state;
	person("a@example.org");
	snprintf(there, sizeof(there), "%s/other", dir);
	ok(nvr_state_open(there, NVR_STATE_CREATE, &other, &err));
	ok(nvr_backup_make(other, backup, false, &quiet, &b, &err));
	ok(nvr_backup_make(other, key_backup, true, &quiet, &b, &err));
	nvr_state_close(other);
	assert_int_equal(restore(backup, NULL, &done), NVR_E_CREATE);
	assert_non_null(strstr(err.text, "another store"));
	assert_int_equal(restore(key_backup, NULL, &done), NVR_E_CREATE);
	assert_int_equal(restore(there, NULL, &done), NVR_E_NOENT);
	/* One that was made by mistake makes room. */
	snprintf(mine, sizeof(mine), "%s", dir);
	snprintf(dir, sizeof(dir), "%.50s/fresh", mine);
	ok(nvr_state_open(dir, NVR_STATE_CREATE, &other, &err));
	nvr_state_close(other);
	drop("keys/keys.db");
	ok(restore(key_backup, NULL, &done));
	ok(restore(backup, NULL, &done));
	ok(nvr_state_open(dir, 0, &other, &err));
	ok(nvr_state_media(other, &err));
	nvr_state_close(other);
	snprintf(dir, sizeof(dir), "%s", mine);
}

static void
what_is_not_what_was_backed_up_is_refused(void **state)
{
	struct nvr_restored done;
	int64_t a = person("a@example.org");

	(void)state;
	back_up();
	put("backup/nvr.db", "x", "a");
	assert_int_equal(restore(backup, NULL, &done), NVR_E_DATA);
	put("key-backup/master", "x", "a");
	drop("keys/master");
	assert_int_equal(restore(key_backup, NULL, &done), NVR_E_DATA);
	put("backup/backup.json", "{\"format\": 1, \"what\": \"store\"}", "w");
	assert_int_equal(restore(backup, NULL, &done), NVR_E_DATA);
	put("backup/backup.json",
	    "{\"format\": 1, \"what\": \"keys\", \"store\": "
	    "\"00000000-0000-4000-8000-000000000000\", \"schema\": 4, "
	    "\"taken_at\": \"2026-11-22T07:00:00.000Z\", \"sha256\": "
	    "{\"../../x\": "
	    "\"000000000000000000000000000000000000000000000000000000000000"
	    "0000\"}}",
	    "w");
	assert_int_equal(restore(backup, NULL, &done), NVR_E_DATA);
	assert_there(a);
}

static void
a_damaged_store_is_replaced_and_kept(void **state)
{
	struct nvr_restored done;
	struct stat sb;
	int64_t a = person("a@example.org");
	char path[96];

	(void)state;
	back_up();
	shut();
	put("nvr.db",
	    "this is no database, and longer than its head: ......"
	    "......................................................",
	    "w");
	put("nvr.db-wal", "nor is this", "w");
	assert_int_equal(nvr_state_open(dir, 0, &s, &err), NVR_E_DATA);
	ok(restore(backup, NULL, &done));
	reopen();
	assert_there(a);
	snprintf(path, sizeof(path), "%s/nvr.db.damaged", dir);
	assert_int_equal(stat(path, &sb), 0);
}

static int
restore_and_die(void *ctx)
{
	struct nvr_restored done;

	(void)ctx;
	arm();
	return restore(backup, NULL, &done) == 0 ? 0 : 1;
}

static void
killed_anywhere_it_is_the_old_or_the_new(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org"), c;
	int status, old = 0, new = 0;

	(void)state;
	back_up();
	ok(nvr_erase(s, a, &err));
	for (int at = 1;; at += 1 + at / 5) {
		c = person("c@example.org");
		shut();
		die_at = at;
		status = child(restore_and_die, NULL);
		die_at = 0;
		reopen();
		assert_erased(a);
		assert_there(b);
		ok(nvr_store_verify(s->store, &err));
		if (status == 0)
			break;
		assert_true(WIFSIGNALED(status));
		if (count("nvr.db", ROWS, c) > 0) {
			ok(nvr_erase(s, c, &err));
			old++;
		} else {
			new ++;
		}
	}
	assert_int_equal(count("nvr.db", ROWS, c), 0);
	print_message("killed %d times: %d old, %d new\n", old + new, old, new);
	assert_true(old > 10);
}

#define T(f) \
	cmocka_unit_test_setup_teardown(f, make_with_backup_folders, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_restored_store_has_nobody_back),
	    T(a_copy_of_the_ledger_holds_for_a_store_that_lost_its_own),
	    T(the_backups_ledger_is_not_taken_for_todays),
	    T(restored_keys_are_without_those_of_the_erased),
	    T(a_backup_says_nothing_of_the_erased_with_todays_keys),
	    T(what_is_not_this_stores_is_refused),
	    T(what_is_not_what_was_backed_up_is_refused),
	    T(a_damaged_store_is_replaced_and_kept),
	    T(killed_anywhere_it_is_the_old_or_the_new),
	};
	return cmocka_run_group_tests_name(
	    "C20, N20: backups and restoring", tests, NULL, NULL);
}
