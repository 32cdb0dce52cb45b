/*
 * Random histories, each run held to the plain model of retain_model.h: what
 * was promised is there, what was not is gone, and the plan said so.
 *
 * NVR_MODEL_SEEDS=500 goes on for longer, NVR_MODEL_SEED=17 is that one alone,
 * and NVR_MODEL_TALK tells what happens in it.
 */
#include "retain_history.h"

#define STEPS 60

static void
runs(void)
{
	static enum fate fate[THINGS];
	struct how how = {
	    .trust = true, .early = chance(4) == 0 ? 2 * NVR_HOUR : 0};
	int status;

	for (int a = 0; a < m.accounts; a++)
		how.some |= account_due(&m, a);
	tell("run", 0);
	status = run_apart(&how);
	model_run(&m, fate);
	if (status != 0)
		say("ended with %d", status);
	if (check_world(fate)[0] != '\0')
		fail_msg("seed %d, %s: %s", seed, dir, report->text);
}

/* A run of one kind, or as if it were earlier, takes no more than that. */
static void
runs_in_part(void)
{
	static const char *const kinds[WHATS] = {"recordings", "stills",
	    "audits", "events", "accesses", "holds", "usage", "outbox",
	    "sessions", "requests", "disclosures", "breaches", "processors",
	    "telemetry"};
	static enum fate fate[THINGS];
	static struct model later;
	int what = (int)chance(2 * WHATS);
	struct how how = {.trust = true,
	    .bare = true,
	    .only = what < WHATS ? kinds[what] : NULL,
	    .ago = chance(2) * between(1, 3 * 24) * NVR_HOUR};

	if (what >= WHATS) {
		what = WHATS;
		how.ago = 0;
		how.only = "garbage";
	}
	tell(how.only, how.ago / NVR_HOUR);
	run_apart(&how);
	if (report->rc != 0)
		fail_msg("seed %d: %s", seed, report->text);
	later = m;
	model_rest(&later, fate);
	check_only(fate, what);
	if (report->text[0] != '\0')
		fail_msg("seed %d, %s: --only %s: %s", seed, dir, how.only,
		    report->text);
}

/* A clock that is set back, or that is days ahead and does not know how, is
 * not believed: nothing goes. */
static void
clock_steps(void)
{
	struct how how = {.bare = true};
	int64_t was = m.now, rows;
	bool back = chance(2) > 0;

	if (m.things == 0 || logged == 0)
		return;
	runs();
	rows = number("SELECT (SELECT COUNT(*) FROM segment) + (SELECT COUNT(*)"
		      " FROM still) + (SELECT COUNT(*) FROM audit)");
	m.now += back ? -between(3, 24 * 300) * NVR_HOUR
		      : between(30, 24 * 5000) * NVR_HOUR;
	tell("the clock steps", back);
	run_apart(&how);
	if (report->rc != NVR_E_PERMISSION)
		fail_msg("seed %d: the clock %s, and it ran: %d %s", seed,
		    back ? "went back" : "leapt", report->rc, report->text);
	assert_int_equal(number("SELECT (SELECT COUNT(*) FROM segment) +"
				" (SELECT COUNT(*) FROM still) +"
				" (SELECT COUNT(*) FROM audit)"),
	    rows);
	m.now = was;
}

static void
history(int n, int64_t from)
{
	void *none = NULL;

	seed = n;
	chance_state = (uint64_t)n * 0x9e3779b97f4a7c15 | 1;
	memset(&m, 0, sizeof(m));
	logged = ids = 0;
	m.now = from;
	m.keep = &rules.keep;
	m.restore = rules.restore;
	rules.keep.footage = chance(2) > 0 ? between(1, 50) * NVR_DAY : 0;
	rules.keep.footage_bytes = chance(3) == 0 ? between(1, 30000) : 0;
	assert_int_equal(make_store(), 0);
	for (int i = 0; i < 3; i++)
		camera_comes();
	for (int step = 0; step < STEPS; step++) {
		for (int i = (int)between(1, 6); i > 0; i--)
			happens[chance(sizeof(happens) / sizeof(happens[0]))]();
		if ((time_passes() && chance(2) > 0) || chance(6) == 0)
			runs();
		else if (chance(10) == 0)
			runs_in_part();
		else if (chance(40) == 0)
			clock_steps();
	}
	runs();
	sqlite3_close(db);
	db = NULL;
	unmake(&none);
	while (wait(NULL) > 0)
		;
}

static int
asked(const char *name, int otherwise)
{
	const char *text = getenv(name), *wrong = NULL;
	long long n =
	    text != NULL ? strtonum(text, 1, INT32_MAX, &wrong) : otherwise;

	return wrong == NULL ? (int)n : otherwise;
}

static void
random_histories_keep_every_promise(void **state)
{
	/* The ends of daylight saving time, of 32 bits, and of a year. */
	static const int64_t from[] = {START, 1805850000, 2147483647 - 86400,
	    1861916400 - 3600, 3408130800 - 7200, 1582934400};
	int few = getenv("NVR_SANITIZED") != NULL ? 3 : 10;
	int seeds = asked("NVR_MODEL_SEEDS", few);
	int only = asked("NVR_MODEL_SEED", 0);

	(void)state;
	talk = getenv("NVR_MODEL_TALK") != NULL;
	for (int n = 1; n <= seeds || n == only; n++) {
		int64_t at = from[n % 6];

		if (only == 0 || n == only)
			history(n, at == START ? at : at * NVR_SECOND);
		else if (only > n)
			seeds = only;
	}
	print_message("# %d histories of %d steps\n", seeds, STEPS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_histories_keep_every_promise),
	};

	setenv("TZ", "Europe/Berlin", 1);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
