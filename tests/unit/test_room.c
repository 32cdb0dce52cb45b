/* Room on a disk that is the test's: nvr_room_free, flock and the monotonic
 * clock are wrapped. */
#include <errno.h>
#include <sys/file.h>

#include "discard_help.h"

#include "core/retain.h"
#include "core/room.h"
#include "store/event.h"

#define MIB (INT64_C(1) << 20)

static struct nvr_rules rules;
static struct nvr_room room;
static int64_t avail; /* with none of our segments there */
static bool lagging;  /* it gives nothing back */
static int64_t later; /* on the monotonic clock, and with each look more */
static int64_t step;
static int lock_errno;

int __wrap_nvr_room_free(
    struct nvr_state *st, int64_t *ret, struct nvr_error *e);
int
__wrap_nvr_room_free(struct nvr_state *st, int64_t *ret, struct nvr_error *e)
{
	(void)st, (void)e;
	*ret = avail;
	if (!lagging)
		*ret -= count("nvr.db",
		    "SELECT COALESCE(SUM(size_bytes), 0) FROM segment", 0);
	return 0;
}

int64_t __real_nvr_time_monotonic(void);
int64_t __wrap_nvr_time_monotonic(void);
int64_t
__wrap_nvr_time_monotonic(void)
{
	later += step;
	return __real_nvr_time_monotonic() + later;
}

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int
__wrap_flock(int fd, int how)
{
	if (lock_errno == 0)
		return __real_flock(fd, how);
	errno = lock_errno;
	return -1;
}

static int
begin_test(void **state)
{
	if (make_filled(state) != 0)
		return -1;
	rules = (struct nvr_rules){0};
	s->rules = &rules;
	lagging = false;
	later = step = 0;
	lock_errno = 0;
	return 0;
}

static void
run_sql(const char *sql)
{
	sqlite3 *db = raw("nvr.db");

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
make_room(void)
{
	ok(nvr_room_make(s, &room, &err));
}

/* The oldest so many are gone, and the others are there. */
static void
assert_gone(int n)
{
	for (int i = 0; i < SEGMENTS; i++) {
		assert_int_equal(has_row(&seg[i]), i >= n);
		assert_int_equal(is_there(path_of(&seg[i])), i >= n);
	}
}

static void
c18_a_floor_is_reached_and_an_eighth_more_if_it_can_be(void **state)
{
	(void)state;
	rules.keep.floor = 40;
	avail = 63;
	make_room(); /* 40 + 5: seven of 7 bytes */
	assert_true(room.enough && !room.more);
	assert_int_equal(room.vain.code, 0);
	assert_int_equal(room.segments, 7);
	assert_gone(7);
	/* What is written in that place is seen at once. */
	avail = 63 - 10;
	make_room();
	assert_true(room.enough);
	assert_gone(8);
	rules.keep.floor = 53;
	make_room();
	assert_true(room.enough);
	assert_gone(9);
}

/* Something else fills the disk: recording goes on with what is free. */
static void
c18_a_floor_that_cannot_be_reached_costs_nothing(void **state)
{
	(void)state;
	rules.keep.floor = 900 * 1024 * MIB;
	avail = 18 * MIB + 820 * 1024 + 63;
	make_room();
	assert_true(room.enough && !room.more);
	assert_int_equal(room.segments, 0);
	assert_string_equal(room.vain.text,
	    "min-free is 900G, and with everything that may be deleted only "
	    "18.8M would be free: nothing is deleted for it");
	assert_gone(0);
}

/* By a byte, which a hold keeps. */
static void
what_is_held_makes_no_room(void **state)
{
	const struct nvr_hold h = {.id = nvr_id_new(),
	    .camera_id = gate,
	    .since = seg[4].start_at + 1,
	    .until = seg[4].end_at - 1,
	    .why = "court",
	    .held_by = "jane",
	    .held_at = 1};

	(void)state;
	ok(nvr_hold_add(s->store, &h, &err));
	rules.keep.floor = 57;
	avail = 63;
	make_room();
	assert_int_equal(room.vain.code, NVR_E_IO);
	assert_false(room.enough || room.more);
	assert_gone(0);
	rules.keep.floor = 56;
	make_room();
	assert_int_equal(room.vain.code, 0);
	assert_true(room.enough);
	assert_int_equal(room.segments, SEGMENTS - 1);
}

static void
what_is_written_next_replaces_the_oldest(void **state)
{
	(void)state;
	rules.keep.floor = 900 * 1024 * MIB;
	avail = 16 * MIB + 63 - 15;
	make_room();
	assert_true(room.enough && !room.more);
	assert_int_equal(room.vain.code, NVR_E_IO);
	assert_int_equal(room.segments, 3);
	assert_gone(3);
}

static void
when_not_even_that_can_be_had_nothing_goes(void **state)
{
	(void)state;
	rules.keep.floor = 900 * 1024 * MIB;
	avail = 16 * MIB - 1;
	make_room();
	assert_false(room.enough || room.more);
	assert_int_equal(room.vain.code, NVR_E_IO);
	assert_gone(0);
}

/* btrfs, ZFS, XFS: statvfs tells late of what went. */
static void
late_blocks_cost_no_more_segments(void **state)
{
	(void)state;
	lagging = true;
	rules.keep.floor = 1000;
	avail = 980;
	make_room();
	assert_true(room.enough && !room.more);
	assert_gone(3);
	/* Nor to the next tick, or another recorder. */
	later = 20 * NVR_SECOND;
	make_room();
	assert_true(room.enough);
	assert_gone(3);
	/* But others do fill the disk. */
	avail = 970;
	make_room();
	assert_gone(5);
	/* And in the end the file system is right. */
	later = 31 * NVR_SECOND;
	avail = 990;
	make_room();
	assert_gone(7);
}

/* Of a hundred thousand in a folder that cannot be written to. */
static void
a_bad_folder_is_passed_over_at_once(void **state)
{
	char out[PATH_MAX], day[PATH_MAX], sql[512];

	(void)state;
	strlcpy(day, day_of(&seg[0]), sizeof(day));
	full_path("outside", out);
	assert_int_equal(rename(day, out), 0);
	assert_int_equal(symlink(out, day), 0);
	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	    " WHERE i < 100000) INSERT INTO segment (id, camera_id, stream,"
	    " run_id, start_at, end_at, media_start_us, media_us, frames,"
	    " size_bytes, sha256, sealed) SELECT %lld - i, %lld, 'main', 1,"
	    " %lld - i, %lld, 0, 1, 1, 1, zeroblob(32), 1 FROM n",
	    (long long)seg[0].id, (long long)gate, (long long)seg[0].start_at,
	    (long long)seg[0].start_at);
	run_sql(sql);
	avail = 63 + 100000;
	rules.keep.floor = 42;
	make_room();
	assert_true(room.enough && !room.more);
	assert_int_equal(room.segments, 6);
	assert_true(has_row(&seg[0]));
	/* And when nothing is left but these, that is said. */
	rules.keep.floor = 43;
	make_room();
	assert_int_equal(room.segments, 0);
	assert_false(room.enough || room.more);
}

static void
a_camera_does_not_wait_for_old_garbage(void **state)
{
	int n = 0;

	(void)state;
	run_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM"
		" n WHERE i < 5120) INSERT INTO garbage (path, added_at)"
		" SELECT 'media/footage/a/' || i, 1 FROM n");
	rules.keep.floor = 7;
	avail = 63;
	step = 50 * NVR_MILLISECOND;
	later = 0;
	make_room();
	assert_in_range(later, 1, 2 * NVR_SECOND);
	assert_in_range(
	    count("nvr.db", "SELECT COUNT(*) FROM garbage", 0), 1, 5000);
	/* Segments have their share of the time. */
	assert_gone(1);
	rules.keep.floor = 63;
	do
		make_room();
	while (room.more && ++n < 100);
	assert_true(room.enough);
	assert_gone(9);
}

static void
a_lock_that_cannot_be_had_is_no_other_program(void **state)
{
	const struct nvr_retain r = {.now = nvr_time_now()};
	struct nvr_retained done;

	(void)state;
	rules.keep.floor = 63;
	avail = 63;
	lock_errno = EWOULDBLOCK;
	make_room();
	assert_true(room.more);
	assert_int_equal(nvr_retain_run(s, &r, &done, &err), NVR_E_AGAIN);
	lock_errno = ENOLCK;
	assert_int_equal(nvr_room_make(s, &room, &err), NVR_E_IO);
	assert_non_null(
	    strstr(err.text, "/.room', and the store has to be on"));
	assert_false(room.more);
	assert_int_equal(nvr_retain_run(s, &r, &done, &err), NVR_E_IO);
	assert_non_null(
	    strstr(err.text, "/.retain', and the store has to be on"));
	assert_gone(0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, unmake)
	const struct CMUnitTest tests[] = {
	    T(c18_a_floor_is_reached_and_an_eighth_more_if_it_can_be),
	    T(c18_a_floor_that_cannot_be_reached_costs_nothing),
	    T(what_is_held_makes_no_room),
	    T(what_is_written_next_replaces_the_oldest),
	    T(when_not_even_that_can_be_had_nothing_goes),
	    T(late_blocks_cost_no_more_segments),
	    T(a_bad_folder_is_passed_over_at_once),
	    T(a_camera_does_not_wait_for_old_garbage),
	    T(a_lock_that_cannot_be_had_is_no_other_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
