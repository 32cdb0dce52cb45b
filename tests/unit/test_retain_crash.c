/*
 * Retention that is killed, or whose disk fails, at each thing that it does:
 * nothing that was promised is lost, no file is without a row that knows of
 * it, and the next run finishes.
 *
 * By itself this tries some 16 places of each kind, each time others are left
 * out; NVR_MODEL_ALL=1 tries all of them, which takes minutes, and
 * NVR_MODEL_AT=17 that one alone.
 */
#include "retain_check.h"
#include "retain_fault.h"

#define TRIES 16
#define ALL 0xfU

static char from[64]; /* the store before */
static struct model before;
static enum fate fate[THINGS];
static int counted; /* what the first run did to the disk */

static void
footage(int camera, int stream, int64_t age, int n, int64_t bytes)
{
	int64_t at = m.now - age;

	for (; n > 0; n--, at += NVR_MINUTE)
		add(&(struct thing){.what = SEGMENT,
		    .camera = camera,
		    .account = NOBODY,
		    .stream = stream,
		    .at = at,
		    .until = at + NVR_MINUTE,
		    .bytes = bytes,
		    .sealed = true});
}

/* Of all that a camera and an account have, something old, something new. */
static void
rows(int camera, int account)
{
	static const int days[] = {3660, 1100, 800, 400, 100, 40, 20, 2, 0};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		for (int w = STILL; w < WHATS; w++) {
			struct thing t = {.what = (enum what)w,
			    .camera = w <= USAGE ? camera : NOBODY,
			    .account = account,
			    .at = m.now - days[i] * NVR_DAY - NVR_HOUR,
			    .bytes = 10};

			t.until = t.at + 12 * NVR_HOUR;
			if (w == USAGE)
				t.at -= t.at % NVR_DAY;
			if (w == EVENT || w == ACCESS || w == HOLD ||
			    (w >= DISCLOSURE && w <= PROCESSOR))
				t.account = NOBODY;
			t.found = i % 2 == 0;
			if (w != HOLD && (w != SESSION || account != NOBODY))
				add(&t);
		}
}

static void
remove_camera(int c, int64_t age)
{
	m.camera[c].removed = m.now - age;
	sql("UPDATE camera SET removed_at = %lld WHERE id = %lld",
	    (long long)m.camera[c].removed, (long long)m.camera[c].id);
}

static void
hold(int camera, int64_t age, int64_t length)
{
	add(&(struct thing){.what = HOLD,
	    .camera = camera,
	    .account = NOBODY,
	    .at = m.now - age,
	    .until = m.now - age + length});
}

static void
populate(void)
{
	int free_one = add_account(NVR_TIER_FREE);
	int premium = add_account(NVR_TIER_PREMIUM);
	int deleted = add_account(NVR_TIER_FREE);
	int restricted = add_account(NVR_TIER_FREE);
	int site = add_site(free_one, 7 * NVR_DAY, 0), c;

	for (int a = 0; a < 4; a++) {
		c = add_camera(a, a == free_one ? site : NOBODY);
		footage(c, 0, 40 * NVR_DAY, 12, 100);
		footage(c, 1, 10 * NVR_DAY, 6, 100);
		footage(c, 0, NVR_DAY, 4, 100);
		rows(c, a);
	}
	hold(free_one, 40 * NVR_DAY, 3 * NVR_MINUTE);
	add_camera(deleted, NOBODY); /* without footage */
	c = add_camera(NOBODY, NOBODY);
	footage(c, 0, 5 * NVR_DAY, 6, 100);
	rows(c, NOBODY);
	remove_camera(c, 31 * NVR_DAY);
	c = add_camera(premium, NOBODY);
	footage(c, 1, 5 * NVR_DAY, 4, 100);
	remove_camera(c, 31 * NVR_DAY);
	hold(c, 6 * NVR_DAY, 2 * NVR_DAY);
	c = add_camera(NOBODY, NOBODY);
	footage(c, 1, NVR_DAY, 9, 100);
	m.camera[c].bytes[1] = 350;
	m.camera[premium].events = 60 * NVR_DAY;
	sql("UPDATE camera SET retain_sub_bytes = 350 WHERE id = %lld;"
	    "UPDATE camera SET retain_events_us = %lld WHERE id = %lld",
	    (long long)m.camera[c].id, (long long)m.camera[premium].events,
	    (long long)m.camera[premium].id);
	m.account[deleted].deleted = m.now - 31 * NVR_DAY;
	m.account[restricted].restricted = m.now - 300 * NVR_DAY;
	sql("UPDATE account SET deleted_at = %lld WHERE account_id = %lld;"
	    "UPDATE account SET restricted_at = %lld WHERE account_id = %lld",
	    (long long)m.account[deleted].deleted, account_id(deleted),
	    (long long)m.account[restricted].restricted,
	    account_id(restricted));
}

static void
command(const char *name, const char *a, const char *b, const char *c)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp(name, name, a, b, c, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
arm(void)
{
	fault.seen = &report->seen;
	fault.armed = true;
}

/* The store as it was, in a folder of its own. */
static void
anew(void)
{
	close_all();
	if (strcmp(dir, from) != 0)
		command("rm", "-rf", dir, NULL);
	snprintf(dir, sizeof(dir), "%s.try", from);
	command("cp", "-a", from, dir);
	m = before;
	logged = 0;
	open_all();
}

/* Between two runs: what is promised is there, each row of a file has it, and
 * each file a row. */
static void
check_between(void)
{
	char path[PATH_MAX], full[PATH_MAX + 96], text[128];
	sqlite3_stmt *q[WHATS];
	sqlite3_stmt *garbage =
	    prepare("SELECT 1 FROM garbage WHERE path = ?1");

	for (int w = 0; w < WHATS; w++) {
		snprintf(text, sizeof(text), "SELECT 1 FROM %s WHERE %s = ?1",
		    tables[w], w == USAGE ? "?1 +" : key_of((enum what)w));
		q[w] = w == USAGE ? NULL : prepare(text);
	}
	for (int i = 0; i < m.things; i++) {
		const struct thing *t = &m.thing[i];
		bool row = q[t->what] != NULL && there(q[t->what], t->id);
		bool file, known;

		if (fate[i] == STAYS && q[t->what] != NULL && !row)
			say("lost, and was promised: %s", tables[t->what]);
		path_of(t, path);
		if (path[0] == '\0')
			continue;
		snprintf(full, sizeof(full), "%s/%s", dir, path);
		file = access(full, F_OK) == 0;
		sqlite3_bind_text(garbage, 1, path, -1, SQLITE_STATIC);
		known = sqlite3_step(garbage) == SQLITE_ROW;
		sqlite3_reset(garbage);
		if (row && !file)
			say("a row without its file: %s", path);
		if (file && !row && !known)
			say("a file that nothing knows of: %s", path);
		if (row && known)
			say("a row, and garbage as well: %s", path);
	}
	for (int w = 0; w < WHATS; w++)
		sqlite3_finalize(q[w]);
	sqlite3_finalize(garbage);
}

static void
assert_sound(const char *when)
{
	if (report->text[0] != '\0')
		fail_msg("%s %d of %#x, error %d: %s (%s)", when, fault.at,
		    fault.which, fault.error, report->text, dir);
}

/* One run with a fault, and one without. */
static void
try(void)
{
	const struct how bare = {.bare = true, .trust = true};
	const struct how whole = {.some = true, .trust = true};
	bool said_well;
	int status;

	anew();
	model_run(&m, fate);
	arm_faults = arm;
	status = run_apart(&bare);
	arm_faults = NULL;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		fail_msg("fault %d: ended with %d", fault.at, status);
	counted = report->seen;
	said_well = status == 0 && report->rc == 0 && report->failed == 0;
	report->text[0] = '\0';
	if (said_well)
		check_world(fate);
	else
		check_between();
	assert_sound("after the fault");
	if (!said_well) {
		assert_int_equal(run_apart(&whole), 0);
		assert_sound("the run after the fault");
		check_world(fate);
		assert_sound("after the run after the fault");
	}
}

static void
each_place(int error, bool on, unsigned which)
{
	const char *one = getenv("NVR_MODEL_AT");
	int tries = getenv("NVR_SANITIZED") != NULL ? TRIES / 4 : TRIES;
	int all, stride = 1;

	fault.error = error;
	fault.on = on;
	fault.which = which;
	fault.at = INT32_MAX;
	try();
	all = counted;
	assert_true(all > 0);
	if (getenv("NVR_MODEL_ALL") == NULL && all > tries)
		stride = all / tries;
	fault.at = 1 + (int)arc4random_uniform((uint32_t)stride);
	if (one != NULL)
		fault.at = all = (int)strtonum(one, 1, INT32_MAX, NULL);
	for (; fault.at <= all; fault.at += stride)
		try();
	print_message("# %d places, each %dth\n", all, stride);
}

static void
killed_between_any_two_calls_the_next_run_finishes(void **state)
{
	(void)state;
	each_place(0, false, ALL);
}

static void
an_error_of_any_call_costs_nothing_that_was_promised(void **state)
{
	(void)state;
	each_place(EIO, false, ALL);
}

static void
a_disk_that_fills_up_at_any_write_loses_nothing(void **state)
{
	(void)state;
	each_place(ENOSPC, true, 1U << WRITE);
}

static void
a_file_that_cannot_be_deleted_goes_the_next_time(void **state)
{
	(void)state;
	each_place(EACCES, false, 1U << DELETE);
}

static void
files_that_cannot_be_deleted_go_the_next_time(void **state)
{
	(void)state;
	each_place(EPERM, true, 1U << DELETE);
}

static void
a_folder_that_cannot_be_flushed_is_tried_again(void **state)
{
	(void)state;
	each_place(EIO, true, 1U << FLUSH);
}

static int
set_up(void **state)
{
	(void)state;
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	m.now = START;
	m.keep = &rules.keep;
	m.restore = rules.restore;
	rules.keep.footage = 30 * NVR_DAY;
	if (make_store() != 0)
		return -1;
	populate();
	strlcpy(from, dir, sizeof(from));
	before = m;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close_all();
	command("rm", "-rf", from, dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		killed_between_any_two_calls_the_next_run_finishes),
	    cmocka_unit_test(
		an_error_of_any_call_costs_nothing_that_was_promised),
	    cmocka_unit_test(a_disk_that_fills_up_at_any_write_loses_nothing),
	    cmocka_unit_test(a_file_that_cannot_be_deleted_goes_the_next_time),
	    cmocka_unit_test(files_that_cannot_be_deleted_go_the_next_time),
	    cmocka_unit_test(a_folder_that_cannot_be_flushed_is_tried_again),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
