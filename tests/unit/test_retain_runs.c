/* A run among others: faults that last, what is decided meanwhile, a disk that
 * fills up; and what the brake goes by. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "runs_help.h"

/* The totals beside the rows may be wrong, as nvr-store check finds. */
static void
a_wrong_total_does_not_let_a_stream_go(void **state)
{
	(void)state;
	add_camera(1, "gate");
	record(1, the_time - 10 * NVR_DAY, 300);
	record(1, the_time - 20 * M, 20);
	set_camera(1, "retain_us", NVR_DAY);
	sql("UPDATE footage_sum SET segments = 100000");
	assert_left_out("300 of 320 segments of gate (main) would go");
	assert_int_equal(segments(1), 320);
	/* Nor does it hold one. */
	sql("UPDATE footage_sum SET segments = 1");
	sql("DELETE FROM segment WHERE id < 285 +"
	    " (SELECT MIN(id) FROM segment)");
	assert_int_equal(run_free(), 15);
	/* And so for room. */
	sql("UPDATE camera SET retain_us = NULL");
	sql("DELETE FROM segment");
	record(1, the_time - 10 * NVR_DAY, 100);
	sql("UPDATE footage_sum SET segments = 100000");
	rules.keep.floor = 1000;
	capacity = 1000 + 100;
	assert_left_out("90 of 100 segments of all cameras, for room");
	assert_int_equal(segments(1), 100);
}

/* Their footage goes with them, whoever asks for it. */
static void
n14_removed_cameras_are_asked_about_though_only_footage_is_to_go(void **state)
{
	(void)state;
	for (int i = 1; i <= 20; i++) {
		char name[8];

		snprintf(name, sizeof(name), "c%d", i);
		add_camera(i, name);
		record(i, the_time - 50 * NVR_DAY, 30);
		if (i <= 15)
			set_camera(i, "removed_at", the_time - 40 * NVR_DAY);
	}
	assert_left_out("15 of 20 cameras would go");
	how.only = "recordings";
	assert_left_out("15 of 20 cameras would go");
	assert_non_null(strstr(done.brake.text, "--yes-delete-most 450"));
	assert_int_equal(number("SELECT COUNT(*) FROM segment"), 600);
	how.most = 450;
	assert_int_equal(run_free(), 450);
	how.only = NULL;
	how.most = 15;
	assert_int_equal(run_free(), 15);
}

/* The machine is on, and each day a run is made. */
static void
run_daily(int days)
{
	for (int i = 0; i < days; i++) {
		the_time += NVR_DAY;
		run();
		assert_int_equal(done.brake.code, 0);
		assert_int_equal(done.why.code != 0, true);
	}
}

static void
what_a_fault_has_kept_for_days_goes_once_that_is_mended(void **state)
{
	(void)state;
	add_camera(1, "gate");
	set_camera(1, "retain_us", NVR_DAY);
	record(1, the_time - 100 * M, 100);
	run_free();
	sql("CREATE TRIGGER no BEFORE DELETE ON segment BEGIN SELECT"
	    " RAISE(ABORT, 'no'); END");
	run_daily(5);
	assert_int_equal(segments(1), 100);
	sql("DROP TRIGGER no");
	assert_int_equal(run_free(), 100);
}

/* Neither for what is of another kind nor, after a week, for its own. */
static void
a_fault_that_stays_does_not_let_the_brake_go(void **state)
{
	(void)state;
	add_camera(1, "gate");
	add_camera(2, "yard");
	rules.keep.events = 90 * NVR_DAY;
	sql("INSERT INTO event (id, camera_id, stream, at, kind) VALUES (1, 1,"
	    " 'main', 1, 'lost')");
	set_camera(1, "retain_us", 60 * NVR_DAY);
	record(1, the_time - 5 * NVR_DAY, 100);
	sql("CREATE TRIGGER no BEFORE DELETE ON event BEGIN SELECT"
	    " RAISE(ABORT, 'no'); END");
	run();
	run_daily(5);
	set_camera(1, "retain_us", 2 * NVR_DAY);
	assert_left_out("100 of 100 segments of gate (main)");
	sql("DROP TRIGGER no");
	/* Of its own kind. */
	set_camera(1, "retain_us", 60 * NVR_DAY);
	record(2, the_time - 3 * NVR_DAY, 1);
	set_camera(2, "retain_us", NVR_DAY);
	sql("CREATE TRIGGER no BEFORE DELETE ON segment WHEN old.camera_id = 2"
	    " BEGIN SELECT RAISE(ABORT, 'no'); END");
	run();
	run_daily(20);
	record(1, the_time - 10 * NVR_DAY, 300);
	set_camera(1, "retain_us", 2 * NVR_DAY);
	assert_left_out("400 of 400 segments of gate (main)");
	assert_int_equal(segments(1), 400);
}

/* Each batch is in the store when the next one is chosen. */
static void
restore(void *ctx, const struct nvr_leaving *d)
{
	(void)d;
	if (went() == 1)
		sql("%s", (const char *)ctx);
}

static void
what_is_decided_in_a_run_is_heeded_by_the_rest_of_it(void **state)
{
	static const char *const change[] = {
	    "UPDATE camera SET removed_at = NULL",
	    "UPDATE camera SET retain_us = 86400000000 * 60",
	    "UPDATE site SET retain_us = 86400000000 * 60",
	    "UPDATE camera SET retain_events_us = 86400000000 * 60"};

	for (int i = 0; i < 4; i++) {
		begin(state);
		add_account(7);
		add_site(8, 7, 2 * NVR_DAY, 0);
		add_camera(1, "gate");
		if (i == 0)
			set_camera(1, "removed_at", the_time - 40 * NVR_DAY);
		if (i == 2)
			set_camera(1, "site_id", 8);
		else
			set_camera(1, "retain_us", 2 * NVR_DAY);
		record(1, the_time - 50 * NVR_DAY, 600);
		how.most = 600;
		how.tell = restore;
		how.ctx = (void *)(uintptr_t)change[i];
		run();
		/* A batch of 256. */
		assert_int_equal(segments(1), 600 - 256);
		assert_int_equal(done.why.code, 0);
		how.tell = NULL;
	}
}

/* From the first that went on the disk takes nothing, until room is given up.
 */
static void
fill_disk(void *ctx, const struct nvr_leaving *d)
{
	bool *once = ctx;

	(void)d;
	disk_full |= *once;
	*once = false;
}

int
statvfs(const char *restrict path, struct statvfs *restrict ret)
{
	(void)path;
	*ret = (struct statvfs){
	    .f_frsize = 4096, .f_bavail = disk_full ? 0 : 1 << 20};
	disk_full = false;
	return 0;
}

static void
what_went_before_a_second_attempt_is_told(void **state)
{
	bool once = true;

	(void)state;
	add_camera(1, "gate");
	set_camera(1, "retain_us", NVR_DAY);
	run_free(); /* which reserves room */
	record(1, the_time - 2 * NVR_DAY, 600);
	how.most = 600;
	how.tell = fill_disk;
	how.ctx = &once;
	run();
	how.tell = NULL;
	assert_int_equal(went(), 600);
	assert_int_equal(done.why.code, 0);
	assert_int_equal(segments(1), 0);
}

/* Two that begin at the same moment: the pid is there a little later. */
static void
another_run_is_named_though_it_has_just_begun(void **state)
{
	char path[128];
	int fd, status;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "%s/.retain", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB) | ftruncate(fd, 0), 0);
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		_exit(write(fd, "4711\n", 5) != 5);
	}
	how.now = the_time;
	assert_int_equal(nvr_retain_run(s, &how, &done, &err), NVR_E_AGAIN);
	assert_non_null(strstr(err.text, "pid 4711"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	run_free();
	/* Nor is one named that has ended. */
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, path, 1), 1);
	assert_int_equal(path[0], ' ');
	close(fd);
}

#define T(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_wrong_total_does_not_let_a_stream_go),
	    T(n14_removed_cameras_are_asked_about_though_only_footage_is_to_go),
	    T(what_a_fault_has_kept_for_days_goes_once_that_is_mended),
	    T(a_fault_that_stays_does_not_let_the_brake_go),
	    T(what_is_decided_in_a_run_is_heeded_by_the_rest_of_it),
	    T(what_went_before_a_second_attempt_is_told),
	    T(another_run_is_named_though_it_has_just_begun),
	};

	return cmocka_run_group_tests_name(
	    "runs of retention", tests, set_up, tear_down);
}
