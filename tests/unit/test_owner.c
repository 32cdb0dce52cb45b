/* What root makes in the folder of a service's user is that user's. */
#include "erase_help.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/owner.h"
#include "core/backup.h"
#include "core/keyfile.h"
#include "core/pepper.h"

#define USER 65534

static void
path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

static int
make_as_users(void **state)
{
	(void)state;
	s = NULL;
	snprintf(dir, sizeof(dir), "/tmp/nvr-test-owner-XXXXXX");
	return mkdtemp(dir) == NULL ||
	       (geteuid() == 0 && chown(dir, USER, USER));
}

static int
see(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)type, (void)ftw;
	if (sb->st_uid != USER || sb->st_gid != USER)
		fail_msg("%s is %d's", path, (int)sb->st_uid);
	return 0;
}

/* And the user can go on. */
static void
assert_users(int64_t account)
{
	int status;
	pid_t pid;

	shut();
	assert_int_equal(nftw(dir, see, 8, FTW_PHYS), 0);
	pid = fork();
	if (pid == 0) {
		if (setresgid(USER, USER, USER) != 0 ||
		    setresuid(USER, USER, USER) != 0)
			_exit(1);
		reopen();
		ok(nvr_erase(s, account, &err));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
drop(const char *name)
{
	char path[128];

	path_of(name, path);
	unlink(path);
}

static void
a_store_that_root_makes_is_its_users(void **state)
{
	uint8_t seed[NVR_ACCOUNT_KEY_LEN];
	int64_t a, b, version;

	(void)state;
	if (geteuid() != 0)
		skip();
	ok(nvr_state_open(dir, NVR_STATE_CREATE | NVR_STATE_DURABLE, &s, &err));
	s->rights = true;
	a = person("a@example.org");
	b = person("b@example.org");
	ok(nvr_log_key(s, seed, &err));
	ok(nvr_pepper_add(s, &version, &err));
	ok(nvr_erase(s, a, &err));
	assert_users(b);
	/* What is gone and made anew. */
	drop("keys/.lock");
	drop("keys/erasures");
	drop(".lock");
	reopen();
	a = person("a@example.org");
	ok(nvr_log_key(s, seed, &err));
	assert_users(a);
}

static void
what_root_restores_is_its_users(void **state)
{
	char backup[64], key_backup[80];
	struct nvr_telling quiet = {0};
	struct nvr_restored done;
	struct nvr_restore r = {0};
	struct nvr_backup b;
	int64_t a;

	if (geteuid() != 0)
		skip();
	ok(nvr_state_open(dir, NVR_STATE_CREATE | NVR_STATE_DURABLE, &s, &err));
	s->rights = true;
	a = person("a@example.org");
	snprintf(backup, sizeof(backup), "/tmp/nvr-test-backup-XXXXXX");
	assert_non_null(mkdtemp(backup));
	snprintf(key_backup, sizeof(key_backup), "%s/keys", backup);
	ok(nvr_backup_make(s, key_backup, true, &quiet, &b, &err));
	r.dir = key_backup;
	shut();
	drop("keys/.lock");
	drop("keys/keys.db");
	drop("keys/master");
	drop("keys/box.age");
	drop("keys/erasures");
	drop(".lock");
	ok(nvr_restore(dir, &r, &done, &err));
	reopen();
	snprintf(key_backup, sizeof(key_backup), "%s/store", backup);
	ok(nvr_backup_make(s, key_backup, false, &quiet, &b, &err));
	shut();
	drop("nvr.db");
	drop("nvr.db-wal");
	drop("nvr.db-shm");
	ok(nvr_restore(dir, &r, &done, &err));
	assert_users(a);
	unmake(state);
	snprintf(dir, sizeof(dir), "%s", backup);
}

/* A name of it may be elsewhere, and a link is another's. */
static void
what_is_not_new_does_not_change_hands(void **state)
{
	char path[128], other[128], link_to[128];
	struct stat sb;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	path_of("a", path);
	path_of("b", other);
	path_of("c", link_to);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(symlink(path, link_to), 0);
	ok(nvr_own(other, &err));
	ok(nvr_own(link_to, &err));
	ok(nvr_own_touch(path, &err));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_uid, 0);
	unlink(other);
	ok(nvr_own_open(path, O_RDWR, &fd, &err));
	close(fd);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_uid, 0);
	ok(nvr_own(path, &err));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_uid, USER);
}

static void
assert_not_opened(const char *path, const char *why)
{
	int fd;

	err.text[0] = '\0';
	assert_int_equal(nvr_own_open(path, O_RDWR, &fd, &err), NVR_E_DATA);
	assert_int_equal(fd, -1);
	if (strstr(err.text, why) == NULL || strstr(err.text, path) == NULL)
		fail_msg("%s", err.text);
}

/* Whoever writes to the folder would choose what root truncates. */
static void
no_link_is_opened_to_write(void **state)
{
	char victim[128], path[128], hard[128];
	int fd;

	(void)state;
	path_of("victim", victim);
	path_of("link", path);
	path_of("hard", hard);
	/* Neither what it leads to, nor what it would make. */
	assert_int_equal(symlink("victim", path), 0);
	assert_not_opened(path, "is a link, which is not followed");
	assert_int_equal(access(victim, F_OK), -1);
	fd = open(victim, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_not_opened(path, "is a link, which is not followed");
	assert_int_equal(link(victim, hard), 0);
	assert_not_opened(hard, "is not a file with this one name");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_not_opened(path, "is not a file with this one name");
	unlink(path);
	ok(nvr_own_open(path, O_RDWR, &fd, &err));
	close(fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_as_users, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_store_that_root_makes_is_its_users),
	    T(what_root_restores_is_its_users),
	    T(what_is_not_new_does_not_change_hands),
	    T(no_link_is_opened_to_write),
	};

	return cmocka_run_group_tests_name(
	    "files for their folder's owner", tests, NULL, NULL);
}
