/* Buckets that last, networks, and places for hashing. */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "core/slots.h"
#include "core/throttle.h"
#include "store/bucket.h"
#include "store/db.h"

#define START (INT64_C(1800000000) * NVR_SECOND)

static char dir[] = "/tmp/nvr-test-throttle-XXXXXX";
static struct nvr_state *s;
static struct nvr_error err;
static const struct nvr_rate ten = {10, NVR_HOUR}, three = {3, NVR_DAY};
static const struct nvr_rules rules = {.hashes = 2};

static int64_t wait_us;

static int
take(const struct nvr_try *t, int n, int64_t now)
{
	int empty, rc, done;

	assert_int_equal(nvr_store_begin(s->store, &err), 0);
	rc = nvr_throttle(s, t, n, now, &wait_us, &empty, &err);
	done = rc == 0 || rc == NVR_E_AGAIN;
	if (done)
		assert_int_equal(nvr_store_commit(s->store, &err), 0);
	else
		nvr_store_rollback(s->store);
	return rc;
}

static int
one(const char *key, int64_t now)
{
	const struct nvr_try t = {"test", key, &ten, 0};

	return take(&t, 1, now);
}

static void
n_at_once_and_then_as_the_period_allows(void **state)
{
	int64_t now = START;
	int taken = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(one("a", now), 0);
	assert_int_equal(one("a", now), NVR_E_AGAIN);
	assert_int_equal(wait_us, 6 * NVR_MINUTE);
	assert_non_null(strstr(err.text, "6m"));
	assert_int_equal(one("a", now + 6 * NVR_MINUTE - 1), NVR_E_AGAIN);
	assert_int_equal(one("a", now + 6 * NVR_MINUTE), 0);
	assert_int_equal(one("b", now), 0);
	/* A day of trying every second. */
	for (int i = 0; i < 86400; i += 10)
		taken += one("c", now + i * NVR_SECOND) == 0;
	assert_in_range(taken, 245, 250);
}

static void
nothing_is_taken_where_one_bucket_is_empty(void **state)
{
	const struct nvr_try t[] = {
	    {"wide", "x", &ten, 0}, {"narrow", "x", &three, 0}};
	int64_t wide;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(t, 2, START), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(take(t, 2, START), NVR_E_AGAIN);
	assert_int_equal(wait_us, 8 * NVR_HOUR);
	for (wide = 0; take(t, 1, START) == 0; wide++)
		;
	assert_int_equal(wide, 7);
}

static void
a_clock_set_back_an_hour_neither_opens_nor_shuts(void **state)
{
	int64_t now = START;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(one("clock", now), 0);
	now -= NVR_HOUR;
	/* What is used stays used … */
	assert_int_equal(one("clock", now), NVR_E_AGAIN);
	assert_int_equal(wait_us, 6 * NVR_MINUTE);
	/* … and runs off as ever: after six minutes there is one, not after an
	 * hour and six. */
	assert_int_equal(one("clock", now + 5 * NVR_MINUTE), NVR_E_AGAIN);
	assert_int_equal(one("clock", now + 6 * NVR_MINUTE), 0);
	assert_int_equal(one("clock", now + 6 * NVR_MINUTE), NVR_E_AGAIN);
}

static int64_t
rows(void)
{
	static const char sql[] = "SELECT COUNT(*) FROM bucket WHERE ?1 = ?1";
	int64_t n;

	assert_int_equal(
	    nvr_db_number(s->store, sql, &n, &err, "i", (int64_t)0), 0);
	return n;
}

static void
buckets_that_are_whole_again_go(void **state)
{
	char key[16];
	int64_t before;

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "many %d", i);
		assert_int_equal(one(key, START), 0);
	}
	before = rows();
	assert_in_range(before, 40, 100);
	for (int i = 0; i < 10; i++)
		assert_int_equal(one("later", START + 11 * NVR_DAY), 0);
	assert_int_equal(rows(), 1);
}

static void
a_rate_that_was_made_stricter_holds_at_once(void **state)
{
	const struct nvr_rate wide = {1000, 10 * NVR_DAY}, slim = {1, NVR_HOUR};
	const struct nvr_rate shut = {0, NVR_HOUR};
	struct nvr_try t = {"test", "strict", &wide, 0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(take(&t, 1, START), 0);
	t.rate = &slim;
	assert_int_equal(take(&t, 1, START), NVR_E_AGAIN);
	assert_int_equal(wait_us, NVR_HOUR);
	t.rate = &shut;
	t.key = "shut";
	assert_int_equal(take(&t, 1, START), NVR_E_AGAIN);
}

static void
names_tell_nothing(void **state)
{
	static const char sql[] = "SELECT COUNT(*) FROM bucket WHERE"
				  " length(name) <> 32 OR ?1 <> 0";
	int64_t n;

	(void)state;
	assert_int_equal(one("192.0.2.0/24", START), 0);
	assert_int_equal(
	    nvr_db_number(s->store, sql, &n, &err, "i", (int64_t)0), 0);
	assert_int_equal(n, 0);
}

static void
addresses_belong_to_networks(void **state)
{
	static const struct {
		const char *address, *network;
	} good[] = {
	    {"192.0.2.77", "192.0.2.0/24"},
	    {"::ffff:192.0.2.77", "192.0.2.0/24"},
	    {"::ffff:c000:24d", "192.0.2.0/24"},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
	    {"2001:DB8:1:2::1", "2001:db8:1:2::/64"},
	    {"::1", "::/64"},
	};
	static const char *const bad[] = {"", "x", "192.0.2", "192.0.2.1/24",
	    "192.0.2.256", "192.000.2.1.", "fe80::1%eth0", "::1 ",
	    "1:2:3:4:5:6:7:8:9", "\xff"};
	char network[NVR_NETWORK_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    nvr_network(good[i].address, network, &err), 0);
		assert_string_equal(network, good[i].network);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    nvr_network(bad[i], network, &err), NVR_E_USAGE);
}

static void
no_more_are_hashed_at_once_than_there_are_places(void **state)
{
	int a, b, c, status, pipes[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(nvr_slot_take(s, &a, &err), 0);
	/* Another process has the other place, until it is killed. */
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		close(a);
		_exit(nvr_slot_take(s, &b, &err) != 0 ||
		      write(pipes[1], "x", 1) != 1 || pause() != 0);
	}
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	assert_int_equal(nvr_slot_take(s, &c, &err), NVR_E_AGAIN);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(nvr_slot_take(s, &c, &err), 0);
	assert_int_equal(nvr_slot_take(s, &b, &err), NVR_E_AGAIN);
	nvr_slot_leave(a);
	assert_int_equal(nvr_slot_take(s, &b, &err), 0);
	nvr_slot_leave(b);
	nvr_slot_leave(c);
	close(pipes[0]);
	close(pipes[1]);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	s->rules = &rules;
	return 0;
}

static int
drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	nvr_state_close(s);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(n_at_once_and_then_as_the_period_allows),
	    cmocka_unit_test(nothing_is_taken_where_one_bucket_is_empty),
	    cmocka_unit_test(a_clock_set_back_an_hour_neither_opens_nor_shuts),
	    cmocka_unit_test(a_rate_that_was_made_stricter_holds_at_once),
	    cmocka_unit_test(names_tell_nothing),
	    cmocka_unit_test(buckets_that_are_whole_again_go),
	    cmocka_unit_test(addresses_belong_to_networks),
	    cmocka_unit_test(no_more_are_hashed_at_once_than_there_are_places),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
