/* A master key that cannot take its place is not written over. */
#include "rotate_help.h"

#include <errno.h>

static int failing; /* errno of the renames of master.new; 0: they work */

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int
__wrap_rename(const char *from, const char *to)
{
	const char *name = strrchr(from, '/');

	if (failing == 0 || name == NULL || strcmp(name, "/master.new") != 0)
		return __real_rename(from, to);
	errno = failing;
	return -1;
}

static void
again(void)
{
	nvr_state_close(s);
	s = opened();
	s->rights = true;
}

static void
a_key_in_force_that_cannot_be_renamed_is_kept(void **state)
{
	uint8_t before[NVR_ACCOUNT_KEY_LEN], after[NVR_ACCOUNT_KEY_LEN];
	struct nvr_rotation r = {0};
	char fresh[PATH_MAX];

	(void)state;
	in_keys("master.new", fresh);
	failing = EPERM;
	assert_int_equal(nvr_rotate_master(s, &r, &err), NVR_E_IO);
	assert_non_null(strstr(err.text, "in force"));
	ok(nvr_master_read(fresh, before, &err));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(nvr_rotate_master(s, &r, &err), NVR_E_IO);
		assert_int_equal(nvr_rotate_account(s, A, &r, &err), NVR_E_IO);
		ok(nvr_master_read(fresh, after, &err));
		assert_memory_equal(before, after, sizeof(after));
		again();
	}
	assert_all_open(s);
	failing = 0;
	ok(nvr_rotate_master(s, &r, &err));
	again();
	assert_all_open(s);
	assert_int_not_equal(access(fresh, F_OK), 0);
}

static void
a_file_that_is_mounted_takes_the_content(void **state)
{
	struct nvr_rotation r = {0};
	char path[PATH_MAX], fresh[PATH_MAX];
	struct stat sb[2];

	(void)state;
	in_keys("master", path);
	in_keys("master.new", fresh);
	assert_int_equal(stat(path, &sb[0]), 0);
	failing = EBUSY;
	for (int i = 0; i < 3; i++) {
		ok(nvr_rotate_master(s, &r, &err));
		assert_int_not_equal(access(fresh, F_OK), 0);
		assert_int_equal(stat(path, &sb[1]), 0);
		assert_int_equal(sb[0].st_ino, sb[1].st_ino);
		assert_int_equal(sb[1].st_mode & 07777, 0400);
		again();
		assert_all_open(s);
	}
	failing = 0;
}

/* As a crash or a hand leaves it. */
static void
a_master_that_is_gone_is_healed(void **state)
{
	struct nvr_rotation r = {0};
	char path[PATH_MAX], fresh[PATH_MAX];

	(void)state;
	in_keys("master", path);
	in_keys("master.new", fresh);
	ok(nvr_rotate_master(s, &r, &err));
	for (int i = 0; i < 2; i++) {
		nvr_state_close(s);
		assert_int_equal(rename(path, fresh), 0);
		if (i == 1)
			ok(nvr_file_write(path, "x", 1, 0400, 1, &err));
		s = opened();
		s->rights = true;
		assert_all_open(s);
		assert_int_not_equal(access(fresh, F_OK), 0);
	}
	ok(nvr_rotate_master(s, &r, &err));
	again();
	assert_all_open(s);
}

/* As after a restored store that is older than keys.db. */
static void
keys_that_are_there_keep_the_master_key_they_name(void **state)
{
	static const uint8_t wrong[NVR_ACCOUNT_KEY_LEN] = {1};
	char path[PATH_MAX], away[PATH_MAX], before[NVR_SETTING_TEXT];
	struct nvr_keys *k;

	(void)state;
	in_keys("master", path);
	in_keys("away", away);
	ok(nvr_setting_get(s->keys->db, NVR_KEYS_MASTER, before, &err));
	sql("DELETE FROM setting WHERE name = 'keys'");
	again();
	assert_int_equal(rename(path, away), 0);
	ok(nvr_file_write(path, wrong, sizeof(wrong), 0400, 1, &err));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(nvr_keys_open(s, &k, &err), NVR_E_DATA);
		assert_non_null(strstr(err.text, "put the one back"));
	}
	assert_int_equal(rename(away, path), 0);
	assert_all_open(s);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_key_in_force_that_cannot_be_renamed_is_kept),
	    T(a_file_that_is_mounted_takes_the_content),
	    T(a_master_that_is_gone_is_healed),
	    T(keys_that_are_there_keep_the_master_key_they_name),
	};

	return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
