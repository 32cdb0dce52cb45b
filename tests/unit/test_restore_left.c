/* What restoring leaves: of itself when it is killed, and of what had gone. */
#include "erase_help.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/rules.h"
#include "core/backup.h"
#include "core/doctor.h"
#include "core/log.h"
#include "core/retain.h"

static const struct nvr_telling quiet;
static char backup[96];

static int
begin(void **state)
{
	int rc = make(state);

	snprintf(backup, sizeof(backup), "%s/backup", dir);
	return rc;
}

/* ---- a restore that was killed ---- */

static const char *const leftovers[] = {"nvr.db.restore", "nvr.db.restore-wal",
    "nvr.db.restore-shm", "nvr.db.restore-journal", "keys/.restore",
    "keys/keys.db.restore", "keys/keys.db.restore-journal"};
#define NLEFT (int)(sizeof(leftovers) / sizeof(leftovers[0]))

static int
left(void)
{
	struct stat sb;
	char path[160];
	int n = 0;

	for (int i = 0; i < NLEFT; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, leftovers[i]);
		n += lstat(path, &sb) == 0;
	}
	return n;
}

static void
leave(void)
{
	for (int i = 0; i < NLEFT; i++)
		put(leftovers[i], "a@example.org", "w");
	assert_int_equal(left(), NLEFT);
}

static void
C20_an_erasure_reaches_what_a_killed_restore_left(void **state)
{
	int64_t a = person("a@example.org");

	(void)state;
	leave();
	ok(nvr_erase(s, a, &err));
	assert_int_equal(left(), 0);
	put("nvr.db.restore-wal", "a@example.org", "w");
	ok(nvr_erase(s, person("b@example.org"), &err));
	assert_int_equal(left(), 0);
}

static void
a_run_of_retention_deletes_it(void **state)
{
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	struct nvr_retain r = {.now = nvr_time_now(), .only = "events"};
	struct nvr_retained done;
	char path[160];

	(void)state;
	s->rules = &rules;
	leave();
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(left(), 0);
	assert_int_equal(done.failed, 0);
	/* What cannot be deleted is told. */
	snprintf(path, sizeof(path), "%s/nvr.db.restore", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.failed, 1);
	assert_non_null(strstr(done.why.text, "nvr.db.restore"));
}

static int
try_lock(void)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/.lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

static void
a_restore_at_work_loses_nothing(void **state)
{
	char path[PATH_MAX];
	int fd;

	(void)state;
	leave();
	fd = try_lock();
	assert_false(nvr_restore_left(dir, path));
	ok(nvr_restore_tidy(dir, &err));
	ok(nvr_erase(s, person("a@example.org"), &err));
	assert_int_equal(left(), NLEFT);
	close(fd);
	assert_true(nvr_restore_left(dir, path));
	assert_non_null(strstr(path, "nvr.db.restore"));
	ok(nvr_restore_tidy(dir, &err));
	assert_int_equal(left(), 0);
	assert_false(nvr_restore_left(dir, path));
}

static void
hear_check(void *ctx, const struct nvr_check *k)
{
	if (strcmp(k->name, "restore") == 0)
		*(int *)ctx += k->level == NVR_CHECK_WARNING &&
			       strstr(k->text, "nvr.db.restore") != NULL;
}

static void
check_names_it(void **state)
{
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	int n = 0;

	(void)state;
	nvr_doctor(dir, &rules, hear_check, &n);
	assert_int_equal(n, 0);
	leave();
	nvr_doctor(dir, &rules, hear_check, &n);
	assert_int_equal(n, 1);
	assert_int_equal(left(), NLEFT);
}

/* ---- cameras that were erased since the backup ---- */

static void
write_log(void)
{
	ok(nvr_store_begin(s->store, &err));
	ok(nvr_log_append(s, 0, "test.row", NULL, &err));
	ok(nvr_store_commit(s->store, &err));
}

static void
run_sql(const char *text)
{
	sqlite3 *db = raw("nvr.db");
	char *why = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

#define CAMERA(id, name, site)                                           \
	"INSERT INTO camera (id, name, url, recipient, created_at,"      \
	" changed_at, site_id) VALUES (" id ", '" name "', 'rtsp://x/'," \
	" 'age1', 1, 1, " site ");"
#define SITE(id)                                                        \
	"INSERT INTO site (id, account_id, lookup, name, jurisdiction," \
	" created_at, changed_at) VALUES (" id ", 0, CAST('" id         \
	"345678901234567890123456789012' AS BLOB),"                     \
	" x'00', 'DE', 1, 1);"

static void
back_up(void)
{
	struct nvr_backup b;

	run_sql(SITE("32") SITE("33") CAMERA("1", "gate", "32")
		CAMERA("2", "yard", "33") CAMERA("3", "lane", "NULL"));
	write_log();
	ok(nvr_backup_make(s, backup, false, &quiet, &b, &err));
	write_log();
}

static struct nvr_restored
restore(void)
{
	struct nvr_restore r = {.dir = backup};
	struct nvr_restored done;

	ok(nvr_restore(dir, &r, &done, &err));
	return done;
}

#define LIVE "SELECT COUNT(*) FROM camera WHERE removed_at IS NULL"
#define GONE                                                      \
	"DELETE FROM camera WHERE id = 2; DELETE FROM site WHERE" \
	" id = 33;"

static void
N14_a_camera_that_was_erased_since_is_removed(void **state)
{
	int64_t now = nvr_time_now();

	(void)state;
	back_up();
	run_sql(GONE);
	assert_int_equal(restore().removed, 1);
	assert_int_equal(count("nvr.db", LIVE, 0), 2);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM camera WHERE id = 2 AND"
			     " removed_at >= ?1",
			     now),
	    1);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM site WHERE id = 33 AND"
			     " removed_at >= ?1",
			     now),
	    1);
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM site WHERE removed_at IS NULL", 0),
	    1);
}

/* Of the rows that went on from the backup's none may be left. */
static void
nor_does_a_log_that_was_pruned_bring_it_back(void **state)
{
	(void)state;
	back_up();
	write_log();
	run_sql(GONE "DELETE FROM log WHERE seq <= (SELECT MAX(seq) - 1"
		     " FROM log)");
	assert_int_equal(restore().removed, 1);
	assert_int_equal(count("nvr.db", LIVE, 0), 2);
}

static void
what_was_set_since_holds(void **state)
{
	(void)state;
	back_up();
	run_sql("UPDATE camera SET record = 'none', audio = 0, mask = 'm',"
		" retain_us = 7, retain_sub_bytes = 8, retain_stills_us = 9,"
		" changed_at = 5 WHERE id = 1; UPDATE camera SET record ="
		" 'none', changed_at = 0 WHERE id = 3; UPDATE site SET"
		" retain_us = 6, changed_at = 5 WHERE id = 32");
	assert_int_equal(restore().removed, 0);
	assert_int_equal(
	    count("nvr.db",
		"SELECT COUNT(*) FROM camera WHERE id = 1 AND record = 'none'"
		" AND audio = 0 AND mask = 'm' AND retain_us = 7 AND"
		" retain_sub_bytes = 8 AND retain_stills_us = 9",
		0),
	    1);
	assert_int_equal(
	    count("nvr.db", "SELECT COUNT(*) FROM camera WHERE record = 'main'",
		0),
	    2);
	assert_int_equal(
	    count("nvr.db", "SELECT retain_us FROM site WHERE id = 32", 0), 6);
}

/* It is restored because what is here is not what it was. */
static void
a_store_that_lost_its_cameras_removes_none(void **state)
{
	(void)state;
	back_up();
	/* Of the same store, and from before the backup. */
	run_sql(GONE "DELETE FROM log; UPDATE log_tail SET seq = 0");
	assert_int_equal(restore().removed, 0);
	assert_int_equal(count("nvr.db", LIVE, 0), 3);
	/* From before it as well, and gone on by itself. */
	run_sql(GONE "UPDATE log SET hash = zeroblob(32)");
	assert_int_equal(restore().removed, 0);
	assert_int_equal(count("nvr.db", LIVE, 0), 3);
	shut();
	run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
	put("nvr.db", "not a database, and no more", "w");
	assert_int_equal(restore().removed, 0);
	assert_int_equal(count("nvr.db", LIVE, 0), 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(C20_an_erasure_reaches_what_a_killed_restore_left),
	    T(a_run_of_retention_deletes_it),
	    T(a_restore_at_work_loses_nothing),
	    T(check_names_it),
	    T(N14_a_camera_that_was_erased_since_is_removed),
	    T(nor_does_a_log_that_was_pruned_bring_it_back),
	    T(what_was_set_since_holds),
	    T(a_store_that_lost_its_cameras_removes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
