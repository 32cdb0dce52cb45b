/* What schedules are due: outages, kills, other programs, wrong clocks. */
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

#include "base/id.h"
#include "base/time.h"
#include "core/planner.h"
#include "store/audit.h"
#include "store/camera.h"

/* 2027-01-15 08:00 UTC, a Friday. */
#define T0 (INT64_C(1800000000) * NVR_SECOND)
#define QUARTER (15 * NVR_MINUTE)

static char dir[] = "/tmp/nvr-planner-XXXXXX";
static struct nvr_state *state;
static struct nvr_error err;
static struct nvr_plan *plan;

#define MUST(call)                                \
	do {                                      \
		if ((call) != 0)                  \
			fail_msg("%s", err.text); \
	} while (0)

static int
set_up(void **unused)
{
	(void)unused;
	return mkdtemp(dir) == NULL ||
	       nvr_state_open(dir, NVR_STATE_CREATE, &state, &err) != 0;
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *where)
{
	(void)sb, (void)type, (void)where;
	return remove(path);
}

static int
tear_down(void **unused)
{
	(void)unused;
	nvr_state_close(state);
	return nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static int64_t
add_camera(const char *name)
{
	struct nvr_camera cam = {.id = nvr_id_new(),
	    .name = name,
	    .zone = "",
	    .manufacturer = "",
	    .model = "",
	    .url = "rtsp://192.0.2.1/",
	    .snapshot_url = "",
	    .transport = "tcp",
	    .tls_ca = "",
	    .recipient = "age1",
	    .mask = "",
	    .sub_url = "",
	    .record = "none",
	    .created_at = T0,
	    .changed_at = T0};

	MUST(nvr_camera_insert(state->store, &cam, &err));
	return cam.id;
}

static void
remove_camera(int64_t id)
{
	struct nvr_camera *cam = NULL;

	MUST(nvr_camera_get(state->store, id, &cam, &err));
	cam->removed_at = T0;
	MUST(nvr_camera_update(state->store, cam, &err));
	nvr_camera_free(cam);
}

/* Entered at `at`; cron NULL: every quarter of an hour. */
static int64_t
add_schedule(const char *name, const char *cron, int64_t at,
    const int64_t *cameras, int n)
{
	struct nvr_schedule s = {.id = nvr_id_new(),
	    .name = name,
	    .every_us = cron != NULL ? 0 : QUARTER,
	    .cron = cron,
	    .zone = "UTC",
	    .all_cameras = n == 0,
	    .analyzer = "",
	    .model = "",
	    .prompt = "",
	    .samples = 1,
	    .created_at = at,
	    .changed_at = at};

	MUST(nvr_schedule_next(&s, at, &s.next_at, &err));
	MUST(nvr_schedule_insert(state->store, &s, &err));
	MUST(nvr_schedule_cameras(state->store, s.id, cameras, n, &err));
	return s.id;
}

static struct nvr_schedule
row(int64_t id)
{
	struct nvr_schedule *s = NULL, copy;

	MUST(nvr_schedule_get(state->store, id, &s, &err));
	copy = *s;
	nvr_schedule_free(s);
	return copy; /* whose texts are gone */
}

static struct nvr_plan *
due(int64_t now)
{
	plan = NULL;
	MUST(nvr_plan_open(state, now, &plan, &err));
	return plan;
}

static void
nothing_due(int64_t now)
{
	assert_int_equal(due(now)->n, 0);
	nvr_plan_close(plan);
}

static void
answer(struct nvr_state *s, const struct nvr_due *d, int from, int until)
{
	for (int i = from; i < until; i++) {
		struct nvr_audit a = {.id = nvr_id_new(),
		    .camera_id = d->camera[i],
		    .camera_name = "c",
		    .at = d->slot,
		    .type = "scheduled",
		    .origin = "camera",
		    .analyzer = "local",
		    .schema_version = NVR_AUDIT_SCHEMA,
		    .status = "ok",
		    .schedule_id = d->schedule->id,
		    .slot_at = d->slot};

		if (nvr_audit_insert(s->store, &a, &err) != 0)
			abort();
	}
}

/* All that is due is answered, and was that of the one schedule and slot. */
static void
run_one(int64_t now, int64_t id, int64_t slot, int ncamera)
{
	assert_int_equal(due(now)->n, 1);
	assert_int_equal(plan->due[0].schedule->id, id);
	assert_int_equal(plan->due[0].slot, slot);
	assert_int_equal(plan->due[0].ncamera, ncamera);
	answer(state, &plan->due[0], 0, ncamera);
	MUST(nvr_plan_done(state, &plan->due[0], &err));
	nvr_plan_close(plan);
}

/* Each test begins with two cameras and no schedule. */
static int64_t cams[2];

static int
collect(void *ctx, const struct nvr_schedule *s)
{
	int64_t **to = ctx;

	*(*to)++ = s->id;
	return 0;
}

static int
clear(void **unused)
{
	int64_t ids[16], *end = ids;

	(void)unused;
	if (nvr_schedule_each(state->store, collect, &end, &err) != 0)
		return -1;
	while (end-- > ids)
		MUST(nvr_schedule_remove(state->store, *end, &err));
	if (cams[0] != 0)
		remove_camera(cams[0]), remove_camera(cams[1]);
	cams[0] = add_camera("gate");
	cams[1] = add_camera("yard");
	return 0;
}

static void
a_schedule_is_due_at_its_slot_and_once(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0 + 1, cams, 2);

	(void)unused;
	nothing_due(T0 + 2);
	nothing_due(T0 + QUARTER - 1);
	run_one(T0 + QUARTER, id, T0 + QUARTER, 2);
	assert_int_equal(row(id).ran_at, T0 + QUARTER);
	assert_int_equal(row(id).next_at, T0 + 2 * QUARTER);
	nothing_due(T0 + QUARTER);
	nothing_due(T0 + 2 * QUARTER - 1);
	run_one(T0 + 2 * QUARTER + 5, id, T0 + 2 * QUARTER, 2);
}

static void
after_an_outage_it_is_due_once_for_its_latest_slot(void **unused)
{
	int64_t every = add_schedule("every", NULL, T0, cams, 1);
	int64_t minute = add_schedule("minute", "* * * * *", T0, cams, 2);
	int64_t office = add_schedule("office", "0 9 * * 1-5", T0, cams, 2);
	int64_t year = 365 * NVR_DAY;

	(void)unused;
	/* 2028-01-15 was a Saturday. */
	assert_int_equal(due(T0 + year + 61 * NVR_SECOND)->n, 3);
	assert_int_equal(plan->due[0].schedule->id, minute);
	assert_int_equal(plan->due[0].slot, T0 + year + NVR_MINUTE);
	assert_int_equal(plan->due[1].schedule->id, every);
	assert_int_equal(plan->due[1].slot, T0 + year);
	assert_int_equal(plan->due[2].schedule->id, office);
	assert_int_equal(plan->due[2].slot, T0 + year - NVR_DAY + NVR_HOUR);
	for (int i = 0; i < 3; i++)
		MUST(nvr_plan_done(state, &plan->due[i], &err));
	nvr_plan_close(plan);
	nothing_due(T0 + year + 62 * NVR_SECOND);
}

static void
what_was_not_done_stays_due(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);

	(void)unused;
	assert_int_equal(due(T0 + QUARTER)->n, 1);
	answer(state, &plan->due[0], 0, 1);
	nvr_plan_close(plan);
	run_one(T0 + QUARTER + 1, id, T0 + QUARTER, 1);
	/* All answered, and not entered as done: it is, by the next one. */
	assert_int_equal(due(T0 + 2 * QUARTER)->n, 1);
	answer(state, &plan->due[0], 0, 2);
	nvr_plan_close(plan);
	nothing_due(T0 + 2 * QUARTER);
	assert_int_equal(row(id).ran_at, T0 + 2 * QUARTER);
	assert_int_equal(row(id).next_at, T0 + 3 * QUARTER);
}

/* A program that takes the plan, answers one camera, and waits for its end. */
static pid_t
another_program(int64_t now)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct nvr_state *own = NULL;

		if (nvr_state_open(dir, 0, &own, &err) != 0 ||
		    nvr_plan_open(own, now, &plan, &err) != 0 || plan->n != 1)
			_exit(1);
		answer(own, &plan->due[0], 0, 1);
		if (write(ready[1], "1", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		fail_msg("the other program has no plan");
	close(ready[0]);
	return pid;
}

static void
kill_it(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
two_programs_at_once_do_not_run_the_same_one(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);
	int64_t other;
	pid_t pid = another_program(T0 + QUARTER);

	(void)unused;
	assert_int_equal(due(T0 + QUARTER)->n, 0);
	assert_int_equal(plan->passed, 1);
	nvr_plan_close(plan);
	/* What else is due is not held up. */
	other = add_schedule("b", NULL, T0, cams, 1);
	run_one(T0 + QUARTER, other, T0 + QUARTER, 1);
	nvr_plan_close(due(T0 + QUARTER - 1));
	kill_it(pid);
	/* And the one that is left is gone on with. */
	run_one(T0 + QUARTER, id, T0 + QUARTER, 1);
}

static void
what_is_done_is_free_for_others_at_once(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);
	struct nvr_plan *first = due(T0 + QUARTER);

	(void)unused;
	MUST(nvr_plan_done(state, &first->due[0], &err));
	kill_it(another_program(T0 + 2 * QUARTER));
	nvr_plan_close(first);
	run_one(T0 + 2 * QUARTER, id, T0 + 2 * QUARTER, 1);
}

static void
a_killed_one_is_left_for_the_newer_slot(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);

	(void)unused;
	kill_it(another_program(T0 + QUARTER));
	run_one(T0 + 3 * QUARTER + 1, id, T0 + 3 * QUARTER, 2);
}

static void
a_clock_that_ran_back_makes_nothing_due_twice(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);

	(void)unused;
	for (int i = 1; i <= 4; i++)
		run_one(T0 + i * QUARTER, id, T0 + i * QUARTER, 2);
	/* An hour back, and once more through it. */
	for (int i = 0; i <= 4; i++) {
		nothing_due(T0 + i * QUARTER);
		nothing_due(T0 + i * QUARTER + NVR_MINUTE);
	}
	run_one(T0 + 5 * QUARTER, id, T0 + 5 * QUARTER, 2);
	/* By a second, around a slot. */
	nothing_due(T0 + 5 * QUARTER - NVR_SECOND);
	nothing_due(T0 + 5 * QUARTER);
	run_one(T0 + 6 * QUARTER, id, T0 + 6 * QUARTER, 2);
}

static void
a_clock_that_ran_ahead_is_put_right(void **unused)
{
	int64_t ran = add_schedule("ran", NULL, T0, cams, 2), added;
	int64_t far = T0 + 1000 * NVR_DAY;

	(void)unused;
	run_one(far, ran, far, 2);
	added = add_schedule("added", "@daily", far, cams, 2);
	assert_int_equal(row(ran).next_at, far + QUARTER);
	nothing_due(T0 + NVR_MINUTE);
	assert_int_equal(row(ran).next_at, T0 + QUARTER);
	assert_int_equal(row(ran).ran_at, far);
	assert_int_equal(row(added).next_at, T0 + 16 * NVR_HOUR);
	run_one(T0 + QUARTER, ran, T0 + QUARTER, 2);
	assert_int_equal(row(ran).ran_at, T0 + QUARTER);
	run_one(T0 + 2 * QUARTER, ran, T0 + 2 * QUARTER, 2);
}

static void
a_removed_camera_is_passed_over(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 2);
	int64_t all = add_schedule("b", NULL, T0, NULL, 0);

	(void)unused;
	remove_camera(cams[0]);
	assert_int_equal(due(T0 + QUARTER)->n, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(plan->due[i].ncamera, 1);
		assert_int_equal(plan->due[i].camera[0], cams[1]);
	}
	nvr_plan_close(plan);
	/* None is left: it is told, and done all the same. */
	remove_camera(cams[1]);
	assert_int_equal(due(T0 + QUARTER)->n, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(plan->due[i].ncamera, 0);
		MUST(nvr_plan_done(state, &plan->due[i], &err));
	}
	nvr_plan_close(plan);
	nothing_due(T0 + QUARTER);
	assert_int_equal(row(id).next_at, T0 + 2 * QUARTER);
	assert_int_equal(row(all).ran_at, T0 + QUARTER);
	cams[0] = cams[1] = 0;
}

static void
change(int64_t id, int64_t next_at, const char *zone)
{
	struct nvr_schedule *s = NULL;

	MUST(nvr_schedule_get(state->store, id, &s, &err));
	s->next_at = next_at;
	if (zone != NULL)
		s->zone = zone;
	MUST(nvr_schedule_update(state->store, s, &err));
	nvr_schedule_free(s);
}

static void
a_paused_one_is_not_due_and_stays_so(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 1);

	(void)unused;
	/* Paused while it is run: that does not set it going again. */
	assert_int_equal(due(T0 + QUARTER)->n, 1);
	change(id, 0, NULL);
	answer(state, &plan->due[0], 0, 1);
	MUST(nvr_plan_done(state, &plan->due[0], &err));
	nvr_plan_close(plan);
	assert_int_equal(row(id).next_at, 0);
	assert_int_equal(row(id).ran_at, T0 + QUARTER);
	nothing_due(T0 + NVR_DAY);
	nothing_due(T0 - NVR_DAY); /* nor by a clock that was set back */
	assert_int_equal(row(id).next_at, 0);
}

static void
one_that_is_never_due_again_is_paused_and_told(void **unused)
{
	int64_t id = add_schedule("a", "@hourly", T0, cams, 1);

	(void)unused;
	assert_int_equal(due(T0 + NVR_HOUR)->n, 1);
	plan->due[0].schedule->cron = "0 0 30 2 *";
	assert_int_equal(nvr_plan_done(state, &plan->due[0], &err), 1);
	nvr_plan_close(plan);
	assert_int_equal(row(id).next_at, 0);
	nothing_due(T0 + NVR_DAY);
}

static void
one_that_is_changed_or_gone_while_it_runs_is_no_trouble(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 1);

	(void)unused;
	assert_int_equal(due(T0 + QUARTER)->n, 1);
	change(id, T0 + NVR_DAY, NULL);
	MUST(nvr_plan_done(state, &plan->due[0], &err));
	nvr_plan_close(plan);
	assert_int_equal(row(id).next_at, T0 + NVR_DAY);
	assert_int_equal(due(T0 + NVR_DAY)->n, 1);
	MUST(nvr_schedule_remove(state->store, id, &err));
	MUST(nvr_plan_done(state, &plan->due[0], &err));
	nvr_plan_close(plan);
}

static void
one_whose_zone_is_gone_does_not_hold_up_the_others(void **unused)
{
	int64_t broken = add_schedule("old", "@hourly", T0, cams, 1);
	int64_t id = add_schedule("a", NULL, T0, cams, 1);

	(void)unused;
	change(broken, T0 + 1, "Old/Town");
	assert_int_equal(due(T0 + QUARTER)->n, 1);
	assert_int_equal(plan->due[0].schedule->id, id);
	assert_int_equal(plan->broken, 1);
	assert_non_null(strstr(plan->trouble.text, "schedule 'old'"));
	assert_non_null(strstr(plan->trouble.text, "Old/Town"));
	nvr_plan_close(plan);
	assert_int_equal(row(broken).next_at, T0 + 1);
}

static void
a_slot_that_the_rule_no_longer_has_is_put_right(void **unused)
{
	int64_t id = add_schedule("a", "@daily", T0, cams, 1);

	(void)unused;
	change(id, T0 + NVR_HOUR, NULL);
	nothing_due(T0 + 2 * NVR_HOUR);
	assert_int_equal(row(id).next_at, T0 + 16 * NVR_HOUR);
}

static void
a_name_is_there_once_and_a_gone_schedule_is_told(void **unused)
{
	int64_t id = add_schedule("a", NULL, T0, cams, 1);
	struct nvr_schedule *s = NULL;

	(void)unused;
	MUST(nvr_schedule_find(state->store, "a", &s, &err));
	assert_int_equal(s->id, id);
	assert_string_equal(s->zone, "UTC");
	assert_null(s->cron);
	s->id = nvr_id_new();
	assert_int_equal(
	    nvr_schedule_insert(state->store, s, &err), NVR_E_CREATE);
	assert_int_equal(
	    nvr_schedule_update(state->store, s, &err), NVR_E_NOENT);
	nvr_schedule_free(s);
	MUST(nvr_schedule_remove(state->store, id, &err));
	assert_int_equal(
	    nvr_schedule_remove(state->store, id, &err), NVR_E_NOENT);
	assert_int_equal(
	    nvr_schedule_find(state->store, "a", &s, &err), NVR_E_NOENT);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, clear)
	const struct CMUnitTest tests[] = {
	    TEST(a_schedule_is_due_at_its_slot_and_once),
	    TEST(after_an_outage_it_is_due_once_for_its_latest_slot),
	    TEST(what_was_not_done_stays_due),
	    TEST(two_programs_at_once_do_not_run_the_same_one),
	    TEST(what_is_done_is_free_for_others_at_once),
	    TEST(a_killed_one_is_left_for_the_newer_slot),
	    TEST(a_clock_that_ran_back_makes_nothing_due_twice),
	    TEST(a_clock_that_ran_ahead_is_put_right),
	    TEST(a_removed_camera_is_passed_over),
	    TEST(a_paused_one_is_not_due_and_stays_so),
	    TEST(one_that_is_never_due_again_is_paused_and_told),
	    TEST(one_that_is_changed_or_gone_while_it_runs_is_no_trouble),
	    TEST(one_whose_zone_is_gone_does_not_hold_up_the_others),
	    TEST(a_slot_that_the_rule_no_longer_has_is_put_right),
	    TEST(a_name_is_there_once_and_a_gone_schedule_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
