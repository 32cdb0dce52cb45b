/* A store that several programs use at once. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "store/db.h"

static char dir[] = "/tmp/nvr-share.XXXXXX", path[64], wal[64];
static struct nvr_error err;

static struct nvr_store *
open_it(void)
{
	struct nvr_store *st = NULL;

	assert_int_equal(nvr_store_open(path, NVR_STORE_CREATE, &st, &err), 0);
	return st;
}

static int
make(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/nvr.db", dir);
	snprintf(wal, sizeof(wal), "%s/nvr.db-wal", dir);
	nvr_store_close(open_it());
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
put(struct nvr_store *st, int i)
{
	char name[32];

	snprintf(name, sizeof(name), "test-%d", i % 1000);
	assert_int_equal(nvr_store_begin(st, &err), 0);
	assert_int_equal(nvr_setting_put_int(st, name, i, &err), 0);
	assert_int_equal(nvr_store_commit(st, &err), 0);
}

/* Reads and writes all the time, until it is killed. */
static pid_t
start_other(void)
{
	struct nvr_store *st = NULL;
	int64_t value;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (nvr_store_open(path, 0, &st, &err) != 0)
		_exit(1);
	for (int i = 0;; i++) {
		nvr_setting_int(st, "test-1", INT64_MAX, 0, &value, &err);
		nvr_store_begin(st, &err);
		nvr_setting_put_int(st, "other", i, &err);
		nvr_store_end(st, 0, &err);
	}
}

static void
the_wal_does_not_grow_because_others_are_at_it(void **state)
{
	struct nvr_store *st = open_it();
	pid_t other[2];
	struct stat sb;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_true((other[i] = start_other()) > 0);
	for (int i = 0; i < 10000; i++)
		put(st, i);
	for (int i = 0; i < 2; i++) {
		kill(other[i], SIGKILL);
		waitpid(other[i], NULL, 0);
	}
	assert_int_equal(stat(wal, &sb), 0);
	print_message("%lld KiB\n", (long long)sb.st_size / 1024);
	assert_true(sb.st_size < 24 * 1024 * 1024);
	assert_int_equal(nvr_store_verify(st, &err), 0);
	nvr_store_close(st);
}

/* Of 100 ms here; the store tries again and again. */
static void
who_waits_for_the_lock_waits_as_long_as_was_said(void **state)
{
	struct nvr_store *holder = open_it(), *st = open_it();
	int64_t start, took;

	(void)state;
	nvr_store_patience(st, 100);
	assert_int_equal(nvr_store_begin(holder, &err), 0);
	for (int i = 0; i < 2; i++) {
		start = nvr_time_monotonic();
		assert_int_equal(nvr_store_begin(st, &err), NVR_E_AGAIN);
		took = nvr_time_monotonic() - start;
		assert_in_range(took, 100 * NVR_MILLISECOND, NVR_SECOND);
	}
	nvr_store_rollback(holder);
	start = nvr_time_monotonic();
	assert_int_equal(nvr_store_begin(st, &err), 0);
	assert_true(nvr_time_monotonic() - start < 50 * NVR_MILLISECOND);
	nvr_store_rollback(st);
	nvr_store_close(st);
	nvr_store_close(holder);
}

/* One that reads for long holds nobody up: what it needs stays in the WAL. */
static void
a_long_reader_delays_no_writer(void **state)
{
	struct nvr_store *reader = open_it(), *st = open_it();
	int64_t start, took, worst = 0, value = 0;

	(void)state;
	put(st, 1);
	assert_int_equal(nvr_store_snapshot(reader, &err), 0);
	nvr_setting_int(reader, "test-1", INT64_MAX, 0, &value, &err);
	for (int i = 2; i < 6000; i++) {
		start = nvr_time_monotonic();
		put(st, i);
		took = nvr_time_monotonic() - start;
		worst = took > worst ? took : worst;
	}
	assert_true(worst < NVR_SECOND);
	nvr_setting_int(reader, "test-1", INT64_MAX, 0, &value, &err);
	assert_int_equal(value, 1);
	nvr_store_rollback(reader);
	nvr_store_close(reader);
	nvr_store_close(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_wal_does_not_grow_because_others_are_at_it),
	    cmocka_unit_test(who_waits_for_the_lock_waits_as_long_as_was_said),
	    cmocka_unit_test(a_long_reader_delays_no_writer),
	};

	return cmocka_run_group_tests(tests, make, end);
}
