/* The ledger of erasures: backups are held to it, and crashes do not matter. */
#include "erase_help.h"
#include "kill_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LINE 39

static int64_t
size(void)
{
	int64_t n;

	ok(nvr_ledger_size(s, &n, &err));
	return n;
}

static void
an_older_store_put_back_forgets_nobody(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");

	(void)state;
	shut();
	copy("nvr.db", "old");
	reopen();
	ok(nvr_erase(s, a, &err));
	shut();
	copy("old", "nvr.db");
	assert_int_equal(count("nvr.db", ROWS, a), 1);
	reopen();
	assert_erased(a);
	assert_there(b);
	assert_int_equal(size(), LINE);
}

static void
older_keys_put_back_open_nothing(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_keys *k;

	(void)state;
	shut();
	copy("keys/keys.db", "old");
	reopen();
	ok(nvr_erase(s, a, &err));
	shut();
	copy("old", "keys/keys.db");
	reopen();
	assert_int_equal(count("keys/keys.db", KEYS, a), 1);
	ok(nvr_keys_open(s, &k, &err));
	assert_erased(a);
	assert_there(b);
}

/* keys/ as a whole, with an older ledger in it. */
static void
an_older_ledger_is_made_whole(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	struct nvr_keys *k;

	(void)state;
	ok(nvr_erase(s, a, &err));
	shut();
	copy("keys/keys.db", "old");
	copy("keys/erasures", "old-erasures");
	reopen();
	ok(nvr_erase(s, b, &err));
	shut();
	copy("old", "keys/keys.db");
	copy("old-erasures", "keys/erasures");
	reopen();
	assert_int_equal(size(), 2 * LINE);
	ok(nvr_keys_open(s, &k, &err));
	assert_erased(a);
	assert_erased(b);
}

static void
a_lost_ledger_is_made_again(void **state)
{
	int64_t a = person("a@example.org");
	struct nvr_ledger l;
	char path[128];
	struct stat sb;

	(void)state;
	ok(nvr_erase(s, a, &err));
	shut();
	snprintf(path, sizeof(path), "%s/keys/erasures", dir);
	assert_int_equal(unlink(path), 0);
	reopen();
	ok(nvr_ledger_read(s, NULL, &l, &err));
	assert_true(nvr_ledger_has(&l, a));
	assert_int_equal(l.n, 1);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	nvr_ledger_close(&l);
}

static void
a_torn_line_is_none(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	char line[64], id[NVR_ID_TEXT];

	(void)state;
	ok(nvr_erase(s, a, &err));
	put("keys/erasures", "2026-11-22T07:00:00.000Z 0abc", "a");
	reopen();
	assert_int_equal(size(), LINE);
	assert_there(b);
	/* Whole but for its end: it was meant. */
	snprintf(line, sizeof(line), "2026-11-22T07:00:00.000Z %s",
	    nvr_id_format(b, id));
	put("keys/erasures", line, "a");
	reopen();
	assert_int_equal(size(), 2 * LINE);
	assert_erased(b);
}

static void
hostile_lines_are_told_by_number_and_do_nothing(void **state)
{
	int64_t a = person("a@example.org"), b = person("b@example.org");
	char text[512], id[NVR_ID_TEXT];
	struct nvr_ledger l;

	(void)state;
	snprintf(text, sizeof(text),
	    "2026-11-22T07:00:00.000Z 0000000000000\n"
	    "\n"
	    "now                      %s\n"
	    "2026-11-22T07:00:00.000Z zzzzzzzzzzzzz\n"
	    "2026-13-22T07:00:00.000Z %s\n"
	    "2026-11-22T07:00:00.000Z *\n"
	    "2026-11-22T07:00:00.000Z %s more\n"
	    "'; DELETE FROM account; -- \x1b[2J and what else there may be "
	    "in it\n",
	    nvr_id_format(a, id), id, id);
	put("keys/erasures", text, "a");
	reopen();
	assert_there(a);
	ok(nvr_ledger_read(s, NULL, &l, &err));
	assert_int_equal(l.bad, 8);
	assert_int_equal(nvr_ledger_sound(&l, &err), NVR_E_DATA);
	assert_non_null(strstr(err.text, "line 1 of the ledger"));
	nvr_ledger_close(&l);
	assert_int_equal(count("keys/keys.db", KEYS, 0), 1);
	/* Those between them are heeded. */
	ok(nvr_erase(s, b, &err));
	assert_erased(b);
	assert_there(a);
	reopen();
	assert_int_equal(count("nvr.db", "SELECT COUNT(*) FROM erasure", 0), 1);
}

static void
a_link_is_not_followed(void **state)
{
	int64_t a = person("a@example.org");
	char path[128], other[128];
	struct stat sb;

	(void)state;
	snprintf(path, sizeof(path), "%s/keys/erasures", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(symlink(other, path), 0);
	assert_int_not_equal(nvr_erase(s, a, &err), 0);
	assert_int_equal(stat(other, &sb), -1);
	assert_there(a);
}

static int
erase_on_a_full_disk(void *ctx)
{
	const struct rlimit limit = {20, 20};

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	return nvr_erase(s, *(int64_t *)ctx, &err) == NVR_E_IO ? 0 : 1;
}

static void
a_full_disk_keeps_the_account_whole(void **state)
{
	int64_t a = person("a@example.org");

	(void)state;
	assert_int_equal(child(erase_on_a_full_disk, &a), 0);
	assert_int_equal(size(), 0);
	reopen();
	assert_there(a);
	ok(nvr_erase(s, a, &err));
	assert_erased(a);
}

static int
erase_one(void *ctx)
{
	struct nvr_state *mine;
	struct nvr_error e;
	int rc = nvr_state_open(dir, NVR_STATE_DURABLE, &mine, &e);

	if (rc == 0)
		rc = nvr_erase(mine, *(int64_t *)ctx, &e);
	if (rc == 0)
		nvr_state_close(mine);
	return rc == 0 ? 0 : 1;
}

static void
two_erasures_at_once_are_both_done(void **state)
{
	int64_t id[4] = {
	    person("a@example.org"), person("b@example.org"), 0, 0};
	pid_t pid[4];
	int status;

	(void)state;
	id[2] = id[0];
	id[3] = id[1];
	shut();
	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(erase_one(&id[i]));
	}
	for (int i = 0; i < 4; i++) {
		waitpid(pid[i], &status, 0);
		assert_int_equal(status, 0);
	}
	reopen();
	assert_erased(id[0]);
	assert_erased(id[1]);
	assert_int_equal(size(), 2 * LINE);
	assert_int_equal(count("nvr.db",
			     "SELECT COUNT(*) FROM log WHERE type = "
			     "'account.erased'",
			     0),
	    2);
}

static int
erase_and_die(void *ctx)
{
	arm();
	return erase_one(ctx);
}

static void
killed_anywhere_it_is_not_begun_or_done(void **state)
{
	int status, begun = 0, none = 0;
	int64_t a;

	(void)state;
	for (die_at = 1;; die_at += 1 + die_at / 16) {
		int was = die_at;

		die_at = 0;
		a = person("a@example.org");
		shut();
		die_at = was;
		status = child(erase_and_die, &a);
		die_at = 0;
		if (status == 0)
			break;
		assert_true(WIFSIGNALED(status));
		reopen();
		if (count("nvr.db", LISTED, a) > 0) {
			assert_erased(a);
			begun++;
		} else {
			assert_there(a);
			ok(nvr_erase(s, a, &err));
			none++;
		}
		die_at = was;
	}
	print_message("killed %d times: %d not begun, %d done by the next\n",
	    begun + none, none, begun);
	assert_true(begun > 10 && none > 0);
	reopen();
	assert_erased(a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_older_store_put_back_forgets_nobody),
	    T(older_keys_put_back_open_nothing),
	    T(an_older_ledger_is_made_whole),
	    T(a_lost_ledger_is_made_again),
	    T(a_torn_line_is_none),
	    T(hostile_lines_are_told_by_number_and_do_nothing),
	    T(a_link_is_not_followed),
	    T(a_full_disk_keeps_the_account_whole),
	    T(two_erasures_at_once_are_both_done),
	    T(killed_anywhere_it_is_not_begun_or_done),
	};
	return cmocka_run_group_tests_name(
	    "N14, C20: the ledger of erasures", tests, NULL, NULL);
}
