/* A damaged database that a restore kept holds whoever is erased since. */
#include "erase_help.h"

#include <sys/stat.h>

#include "base/rules.h"
#include "core/backup.h"
#include "core/doctor.h"
#include "core/retain.h"

static const char *
damaged(int64_t at, const char *more, char name[96])
{
	char time[NVR_TIME_TEXT];

	snprintf(
	    name, 96, "nvr.db.damaged-%s%s", nvr_time_format(at, time), more);
	return name;
}

static bool
is_there(const char *name)
{
	char path[200];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return lstat(path, &sb) == 0;
}

static char told[256];

static void
hear(void *ctx, const struct nvr_leaving *d)
{
	size_t used = strlen(told);

	(void)ctx;
	snprintf(told + used, sizeof(told) - used, "%s %s %s, %lld; ", d->kind,
	    d->promise, d->why, (long long)d->bytes);
}

static void
C20_a_damaged_store_goes_after_the_days_of_restoring(void **state)
{
	static const char *const others[] = {"nvr.db.damaged-",
	    "nvr.db.damaged-1d", "nvr.db.damaged-Z", "nvr.db.damaged-now",
	    "nvr.db.damaged-2020-01-01T00:00:00Z",
	    "nvr.db.damaged-2020-01-01T00:00:00.000Z-mine",
	    "nvr.db.damaged-2020-01-01T00:00:00.000Zwal",
	    "my.nvr.db.damaged-2020-01-01T00:00:00.000Z"};
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	int64_t now = nvr_time_now() / 1000 * 1000, end = now - 30 * NVR_DAY;
	struct nvr_retain r = {.now = now, .only = "garbage", .tell = hear};
	const char gone[] = "garbage C20 damaged, and older than 30d, 1; "
			    "garbage C20 damaged, and older than 30d, 1; ";
	struct nvr_error clock_error;
	struct nvr_retained done;
	char young[96], old[96], wal[96];

	(void)state;
	s->rules = &rules;
	put(damaged(end, "", young), "x", "w");
	put(damaged(end - 1000, "", old), "x", "w");
	put(damaged(end - 1000, "-wal", wal), "x", "w");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		put(others[i], "x", "w");
	told[0] = '\0';
	ok(nvr_retain_plan(s, &r, &done, &clock_error, &err));
	assert_string_equal(told, gone);
	assert_true(is_there(old) && is_there(wal));
	ok(nvr_retain_verify(s, &r, &done, &err));
	assert_int_equal(done.kind[0].objects, 2);
	told[0] = '\0';
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_string_equal(told, gone);
	assert_int_equal(done.failed + done.kind[0].failed, 0);
	assert_false(is_there(old) || is_there(wal));
	assert_true(is_there(young));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(is_there(others[i]));
}

static void
one_that_cannot_be_deleted_is_told_and_the_rest_goes(void **state)
{
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	struct nvr_retain r = {.now = nvr_time_now(), .only = "garbage"};
	char name[96], path[200];
	struct nvr_retained done;

	(void)state;
	s->rules = &rules;
	snprintf(path, sizeof(path), "%s/%s", dir,
	    damaged(r.now - 40 * NVR_DAY, "", name));
	assert_int_equal(mkdir(path, 0700), 0);
	put(damaged(r.now - 41 * NVR_DAY, "", name), "x", "w");
	put(damaged(r.now - 39 * NVR_DAY, "-shm", name), "x", "w");
	ok(nvr_retain_run(s, &r, &done, &err));
	assert_int_equal(done.kind[0].failed, 1);
	assert_int_equal(done.kind[0].objects, 2);
	assert_non_null(strstr(done.why.text, path));
}

static void
hear_damaged(void *ctx, const struct nvr_check *k)
{
	if (strcmp(k->name, "restore") != 0)
		return;
	++*(int *)ctx;
	assert_int_equal(k->level, NVR_CHECK_WARNING);
	assert_non_null(strstr(k->text, "nvr.db.damaged-2"));
	assert_non_null(strstr(k->advice, "once it is 30d old"));
}

static void
check_names_what_a_restore_kept(void **state)
{
	const struct nvr_rules rules = {.restore = 30 * NVR_DAY};
	static const struct nvr_telling quiet;
	char backup[96];
	struct nvr_restore r = {.dir = backup};
	struct nvr_restored done;
	struct nvr_backup b;
	int n = 0;

	(void)state;
	snprintf(backup, sizeof(backup), "%s/backup", dir);
	ok(nvr_backup_make(s, backup, false, &quiet, &b, &err));
	shut();
	nvr_doctor(dir, &rules, hear_damaged, &n);
	assert_int_equal(n, 0);
	put("nvr.db", "no database", "w");
	ok(nvr_restore(dir, &r, &done, &err));
	nvr_doctor(dir, &rules, hear_damaged, &n);
	assert_int_equal(n, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(C20_a_damaged_store_goes_after_the_days_of_restoring),
	    T(one_that_cannot_be_deleted_is_told_and_the_rest_goes),
	    T(check_names_what_a_restore_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
