/* Backups, and that no way of putting one back brings the erased back. */
#include "erase_help.h"
#include "kill_help.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "core/backup.h"
#include "core/erasure_int.h"
#include "core/keys_int.h"
#include "core/rotate.h"
#include "seal/digest.h"
#include "store/backup.h"
#include "store/db.h"

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

/* How many files there are of that pattern. */
static int
files(const char *pattern)
{
	char path[128];
	glob_t g;
	int n;

	snprintf(path, sizeof(path), "%s/%s", dir, pattern);
	n = glob(path, 0, NULL, &g) == 0 ? (int)g.gl_pathc : 0;
	globfree(&g);
	return n;
}

static void
spoil(void)
{
	put("nvr.db",
	    "this is no database, and longer than its head: ......"
	    "......................................................",
	    "w");
	put("nvr.db-wal", "nor is this", "w");
	assert_int_equal(nvr_state_open(dir, 0, &s, &err), NVR_E_DATA);
}

static void
a_damaged_store_is_replaced_and_kept(void **state)
{
	struct nvr_restored done;
	int64_t a = person("a@example.org");

	(void)state;
	back_up();
	for (int i = 1; i <= 2; i++) {
		shut();
		spoil();
		ok(restore(backup, NULL, &done));
		reopen();
		assert_there(a);
		assert_int_equal(files("nvr.db.damaged-*Z"), i);
	}
}

static void
a_damaged_store_that_is_open_is_not_replaced(void **state)
{
	const struct flock lock = {.l_type = F_RDLCK,
	    .l_whence = SEEK_SET,
	    .l_start = 0x40000002,
	    .l_len = 1};
	struct nvr_restored done;
	char path[96];
	int fd;

	(void)state;
	person("a@example.org");
	back_up();
	shut();
	spoil();
	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	/* As SQLite holds it. */
	fd = open(path, O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	assert_int_equal(restore(backup, NULL, &done), NVR_E_AGAIN);
	assert_non_null(strstr(err.text, "end it"));
	assert_int_equal(files("nvr.db.*"), 0);
	close(fd);
	ok(restore(backup, NULL, &done));
}

static int64_t
told(const char *type)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM log WHERE type = '%s'",
	    type);
	return count("nvr.db", sql, 0);
}

/* Whoever can write the store, or a backup of it, has not the keys. */
static void
forged_rows_destroy_nobody(void **state)
{
	static const char forge[] =
	    "INSERT INTO erasure VALUES (?1, 1, zeroblob(32)) RETURNING 1";
	static const char replay[] =
	    "INSERT INTO erasure SELECT ?1, at, mac FROM erasure"
	    " ORDER BY at DESC LIMIT 1 RETURNING 1";
	int64_t a = person("a@example.org"), b = person("b@example.org"),
		c = person("c@example.org");
	struct nvr_restored done;
	struct nvr_ledger l;
	struct nvr_keys *k;

	(void)state;
	ok(nvr_erase(s, a, &err));
	assert_int_equal(count("nvr.db", forge, b), 1);
	assert_int_equal(count("nvr.db", replay, c), 1);
	back_up();
	ok(nvr_ledger_heed(s->store, -1, &err));
	reopen();
	ok(nvr_keys_open(s, &k, &err));
	assert_there(b);
	assert_there(c);
	assert_int_equal(told("erasure.forged"), 1);
	ok(restore(backup, NULL, &done));
	assert_int_equal(done.erased, 0);
	reopen();
	assert_there(b);
	assert_there(c);
	assert_erased(a);
	/* Nor with the ledger lost. */
	shut();
	drop("keys/erasures");
	reopen();
	assert_there(b);
	assert_erased(a);
	ok(nvr_ledger_read(s, NULL, &l, &err));
	assert_int_equal(l.n, 1);
	nvr_ledger_close(&l);
	/* The row is made good when it comes true. */
	ok(nvr_erase(s, b, &err));
	assert_erased(b);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM erasure WHERE account_id = "
			     "?1 AND mac <> zeroblob(32)",
			     b),
	    1);
	assert_int_equal(told("account.erased"), 2);
	assert_there(c);
}

static void
a_store_that_todays_keys_do_not_open_is_refused(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_rotation r = {0};
	struct nvr_restored done;

	(void)state;
	back_up();
	ok(nvr_rotate_account(s, b, &r, &err));
	ok(nvr_erase(s, a, &err));
	assert_int_equal(restore(backup, NULL, &done), NVR_E_DATA);
	assert_non_null(strstr(err.text, "needs the keys of its time"));
	reopen();
	assert_there(b);
	assert_erased(a);
	assert_int_equal(files("nvr.db.restore*"), 0);
	/* With those it goes, and a stays erased. */
	shut();
	drop("keys/keys.db");
	ok(restore(key_backup, NULL, &done));
	ok(restore(backup, NULL, &done));
	reopen();
	assert_there(b);
	assert_erased(a);
}

/* A transaction of the lost keys.db that SQLite would roll back. */
static void
what_a_lost_keys_db_left_beside_is_not_taken(void **state)
{
	struct nvr_restored done;
	sqlite3 *db;
	int64_t a;

	(void)state;
	person("b@example.org");
	back_up();
	a = person("a@example.org");
	db = raw("keys/keys.db");
	sqlite3_exec(db,
	    "BEGIN; UPDATE account_key SET created_at = 1; PRAGMA x", NULL,
	    NULL, NULL);
	assert_int_equal(sqlite3_db_cacheflush(db), SQLITE_OK);
	copy("keys/keys.db-journal", "journal");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	ok(nvr_erase(s, a, &err));
	shut();
	copy("nvr.db", "away.db");
	drop("nvr.db");
	drop("keys/keys.db");
	copy("journal", "keys/keys.db-journal");
	ok(restore(key_backup, NULL, &done));
	/* Only the table's page was in it. */
	assert_int_equal(count("keys/keys.db",
			     "SELECT COUNT(wrapped) FROM account_key"
			     " NOT INDEXED WHERE account_id = ?1",
			     a),
	    0);
	copy("away.db", "nvr.db");
}

static void
a_thousand_erasures_are_one_write(void **state)
{
	struct nvr_restored done;
	struct nvr_erased e = {7, 1000000};
	bool fresh;

	(void)state;
	person("a@example.org");
	back_up();
	ok(nvr_store_begin(s->store, &err));
	for (; e.account < 1007; e.account++)
		ok(nvr_erasure_enter(s, &e, &fresh, &err));
	ok(nvr_store_commit(s->store, &err));
	died_after = 0;
	die_at = 1 << 30;
	ok(restore(backup, NULL, &done));
	die_at = 0;
	assert_int_equal(done.erased, 1000);
	assert_true(died_after < 100);
	died_after = 0;
}

static void
a_ledger_with_a_line_that_is_none_is_refused(void **state)
{
	struct nvr_restored done;
	int64_t a = person("a@example.org");

	(void)state;
	ok(nvr_erase(s, person("b@example.org"), &err));
	back_up();
	put("keys/erasures", "nonsense\n", "a");
	assert_int_equal(restore(backup, NULL, &done), NVR_E_DATA);
	assert_non_null(strstr(err.text, "line 2 of the ledger"));
	shut();
	drop("keys/erasures");
	drop("keys/box.age");
	/* Nor is one that is not what was backed up. */
	put("key-backup/erasures", "2026-11-22T07:00:00.000Z 0000000000007\n",
	    "a");
	assert_int_equal(restore(key_backup, NULL, &done), NVR_E_DATA);
	assert_non_null(strstr(err.text, "not what was backed up"));
	assert_int_equal(files("keys/.restore"), 0);
	reopen();
	assert_there(a);
}

/* Adds a file to the backup, as if it had been in it. */
static void
slip_in(const char *name)
{
	char path[128], sha[65], line[256];
	struct nvr_buf text = {0}, out = {0};
	uint8_t digest[32];
	const char *rest;

	snprintf(path, sizeof(path), "key-backup/%s", name);
	put(path, "x", "w");
	ok(nvr_sha256("x", 1, digest, &err));
	nvr_hex(digest, sizeof(digest), sha);
	snprintf(path, sizeof(path), "%s/key-backup/backup.json", dir);
	ok(nvr_file_read(path, 65536, &text, &err));
	rest = strstr(text.data, "\"keys.db\"");
	assert_non_null(rest);
	snprintf(line, sizeof(line), "\"%s\": \"%s\", ", name, sha);
	ok(nvr_buf_add(&out, text.data, (size_t)(rest - text.data), &err));
	ok(nvr_buf_add(&out, line, strlen(line), &err));
	ok(nvr_buf_add(&out, rest, strlen(rest), &err));
	ok(nvr_file_write(path, out.data, out.len, 0600, 0, &err));
	nvr_buf_release(&text);
	nvr_buf_release(&out);
}

static void
only_keys_are_put_among_the_keys(void **state)
{
	static const char *const none[] = {"evil", "pepper-0", "pepper-1001",
	    "pepper-01", "pepper-", "pepper-2x", "log~"};
	struct nvr_restored done;

	(void)state;
	person("a@example.org");
	back_up();
	for (int i = 0; i < 7; i++)
		slip_in(none[i]);
	slip_in("pepper-1000");
	shut();
	ok(restore(key_backup, NULL, &done));
	assert_int_equal(done.files, 1);
	assert_int_equal(files("keys/pepper-*"), 1);
	assert_int_equal(files("keys/evil"), 0);
	assert_int_equal(files("keys/log~"), 0);
}

static void
obstruct(void *ctx, int done, int all)
{
	char path[128];

	(void)ctx, (void)done, (void)all;
	snprintf(path, sizeof(path), "%s/obstacle", key_backup);
	mkdir(path, 0700);
	put("keys/master", "no key", "w");
}

static void
what_a_failed_backup_leaves_is_told(void **state)
{
	const struct nvr_telling t = {.told = obstruct};
	struct nvr_backup b;
	char want[160];

	(void)state;
	person("a@example.org");
	/* More than is copied at once. */
	count("keys/keys.db",
	    "INSERT INTO service_key VALUES ('x', zeroblob(5000000), 1)", 0);
	assert_int_equal(
	    nvr_backup_make(s, key_backup, true, &t, &b, &err), NVR_E_DATA);
	snprintf(want, sizeof(want), "delete '%s', which", key_backup);
	assert_non_null(strstr(err.text, want));
	assert_int_equal(files("key-backup/*"), 1);
}

static void
a_callers_patience_outlasts_settling(void **state)
{
	(void)state;
	nvr_store_patience(s->store, 70);
	ok(nvr_store_settle(s->store, &err));
	assert_int_equal(s->store->patience, 70);
}

/* Cameras 1 to 5: one stays, one goes, one comes back, two by a new name. */
#define CAMERAS                                                              \
	"INSERT INTO camera (id, name, url, recipient, created_at,"          \
	" changed_at, removed_at) VALUES (1, 'gate', 'u', 'r', 1, 1, NULL)," \
	" (2, 'yard', 'u', 'r', 1, 1, NULL), (3, 'old', 'u', 'r', 1, 1, 7)," \
	" (4, 'shed', 'u', 'r', 1, 1, 7), (5, 'lane', 'u', 'r', 1, 1, 7)"
#define HOLD(id, camera)                                               \
	"INSERT INTO hold (id, camera_id, since, until, why, held_by," \
	" held_at) VALUES (" id ", " camera ", 1, 9, 'court', 'me', 1)"

static void
run_sql(const char *const *sql)
{
	sqlite3 *db = raw("nvr.db");

	for (; *sql != NULL; sql++)
		if (sqlite3_exec(db, *sql, NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s: %s", *sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
C18_holds_since_the_backup_are_not_forgotten(void **state)
{
	struct nvr_restored done;

	(void)state;
	run_sql((const char *const[]){CAMERAS, HOLD("1", "1"), HOLD("2", "2"),
	    "UPDATE hold SET released_at = 3, released_by = 'she',"
	    " released_why = 'over' WHERE id = 2",
	    NULL});
	back_up();
	run_sql((const char *const[]){HOLD("3", "1"), HOLD("4", "2"),
	    "INSERT INTO camera (id, name, url, recipient, created_at,"
	    " changed_at) VALUES (6, 'new', 'u', 'r', 1, 1)",
	    HOLD("5", "6"), "UPDATE hold SET account_id = 77 WHERE id = 3",
	    "UPDATE hold SET released_at = 5, released_by = 'he',"
	    " released_why = 'done' WHERE id IN (1, 2, 4)",
	    NULL});
	ok(restore(backup, NULL, &done));
	/* That of a camera which is lost has nothing to hold. */
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM hold", 0), 4);
	assert_int_equal(count("nvr.db",
			     "SELECT id FROM hold WHERE released_at IS NULL"
			     " AND account_id = 0",
			     0),
	    3);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM hold WHERE released_at = 5"
			     " AND released_by = 'he' AND id IN (1, 4)",
			     0),
	    2);
	assert_int_equal(
	    count("nvr.db", "SELECT released_at FROM hold WHERE id = 2", 0), 3);
}

static void
N14_what_came_back_since_the_backup_is_not_removed_by_it(void **state)
{
	struct nvr_restored done;

	(void)state;
	run_sql((const char *const[]){CAMERAS, NULL});
	back_up();
	run_sql((const char *const[]){
	    "UPDATE camera SET removed_at = 8, name = 'late' WHERE id = 2",
	    "UPDATE camera SET removed_at = NULL, name = 'yard' WHERE id = 3",
	    "UPDATE camera SET removed_at = NULL WHERE id = 5",
	    "UPDATE camera SET name = 'gone' WHERE id = 1",
	    "UPDATE camera SET removed_at = NULL, name = 'gate' WHERE id = 4",
	    NULL});
	ok(restore(backup, NULL, &done));
	for (const char *const *row =
		 (const char *const[]){"id = 1 AND name = 'gate'",
		     "id = 3 AND name = 'yard'", "id = 4 AND name = 'camera-4'",
		     "id = 5 AND name = 'lane'", NULL};
	     *row != NULL; row++) {
		char sql[128];

		snprintf(sql, sizeof(sql),
		    "SELECT COUNT(*) FROM camera WHERE removed_at IS NULL AND "
		    "%s",
		    *row);
		assert_int_equal(count("nvr.db", sql, 0), 1);
	}
	assert_int_equal(
	    count("nvr.db", "SELECT removed_at FROM camera WHERE id = 2", 0),
	    8);
}

static void
N14_removals_count_anew_where_nothing_tells_of_them(void **state)
{
	struct nvr_restored done;
	int64_t now = nvr_time_now();

	(void)state;
	run_sql((const char *const[]){CAMERAS, NULL});
	back_up();
	shut();
	drop("nvr.db");
	drop("nvr.db-wal");
	ok(restore(backup, NULL, &done));
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM camera WHERE removed_at >= ?1", now),
	    3);
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM camera WHERE removed_at IS NULL", 0),
	    2);
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
	    T(a_damaged_store_that_is_open_is_not_replaced),
	    T(forged_rows_destroy_nobody),
	    T(C18_holds_since_the_backup_are_not_forgotten),
	    T(N14_what_came_back_since_the_backup_is_not_removed_by_it),
	    T(N14_removals_count_anew_where_nothing_tells_of_them),
	    T(a_store_that_todays_keys_do_not_open_is_refused),
	    T(what_a_lost_keys_db_left_beside_is_not_taken),
	    T(a_thousand_erasures_are_one_write),
	    T(a_ledger_with_a_line_that_is_none_is_refused),
	    T(only_keys_are_put_among_the_keys),
	    T(what_a_failed_backup_leaves_is_told),
	    T(a_callers_patience_outlasts_settling),
	    T(killed_anywhere_it_is_the_old_or_the_new),
	};
	return cmocka_run_group_tests_name(
	    "C20, N20: backups and restoring", tests, NULL, NULL);
}
