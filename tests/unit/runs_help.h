/* Runs one after the other on the store of retain_help.h, with a machine that
 * has been running since.  For one file of a program. */
#ifndef TESTS_RUNS_HELP_H
#define TESTS_RUNS_HELP_H

#include <sys/syscall.h>
#include <time.h>

#include "core/retain_int.h"
#include "retain_help.h"

/* The machine has been running since: the store's clock, too, is the test's. */
static int64_t started;

int
clock_gettime(clockid_t which, struct timespec *t)
{
	if (which != CLOCK_BOOTTIME)
		return (int)syscall(SYS_clock_gettime, which, t);
	t->tv_sec = (the_time - started) / NVR_SECOND;
	t->tv_nsec = (the_time - started) % NVR_SECOND * 1000;
	return 0;
}

static struct nvr_retained done;
static struct nvr_retain how;
static int64_t next_id = 1;

static inline int
begin(void **state)
{
	static const char *const more[] = {"setting", "log", "log_tail"};

	sql("DROP TRIGGER IF EXISTS no");
	clean(state);
	sql("DELETE FROM event");
	for (size_t i = 1; i < sizeof(more) / sizeof(more[0]); i++)
		sql("DELETE FROM %s", more[i]);
	sql("DELETE FROM setting WHERE name IN ('retain_clock',"
	    " 'retain_ran', 'aggregated')");
	rules.log_keep = rules.restore = 36500 * NVR_DAY;
	rules.session = rules.idle = NVR_DAY;
	started = NOW;
	how = (struct nvr_retain){0};
	return 0;
}

static inline int64_t
went(void)
{
	int64_t n = 0;

	for (int i = 0; i < done.nkinds; i++)
		n += done.kind[i].objects;
	return n;
}

static inline void
run(void)
{
	how.now = the_time;
	must(nvr_retain_run(s, &how, &done, &err));
}

/* A run that leaves nothing out. */
static inline int64_t
run_free(void)
{
	run();
	if (done.brake.code != 0)
		fail_msg("%s", done.brake.text);
	if (done.why.code != 0)
		fail_msg("%s", done.why.text);
	return went();
}

static inline void
assert_left_out(const char *what)
{
	run();
	assert_int_equal(done.brake.code, NVR_E_PERMISSION);
	if (strstr(done.brake.text, what) == NULL)
		fail_msg("%s", done.brake.text);
}

static inline void
record(int64_t camera, int64_t from, int n)
{
	add_minutes(next_id, camera, NVR_MAIN, from, n);
	next_id += n;
}

static inline int64_t
segments(int64_t camera)
{
	char text[64];

	snprintf(text, sizeof(text),
	    "SELECT COUNT(*) FROM segment WHERE camera_id = %d", (int)camera);
	return number(text);
}

#endif
