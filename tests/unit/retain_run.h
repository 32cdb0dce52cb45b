/* A run of retention in a process of its own, held to its plan. */
#ifndef TESTS_RETAIN_RUN_H
#define TESTS_RETAIN_RUN_H

#include <sys/mman.h>

#include "core/log.h"
#include "retain_world.h"

/* What the process says; shared. */
static struct report {
	char text[1024]; /* "": all is well */
	int rc;
	int64_t went, failed;
	int seen; /* things that it did to the disk */
} * report;

struct lines {
	char **line;
	size_t n;
};

static void
note(void *ctx, const struct nvr_leaving *d)
{
	struct lines *l = ctx;
	char text[512], id[NVR_ID_TEXT];

	/* Not the camera, which may have gone meanwhile. */
	snprintf(text, sizeof(text), "%s %s %s %lld bytes, %s (%s)", d->kind,
	    nvr_id_format(d->id, id), d->object ? d->object : "-",
	    (long long)d->bytes, d->why, d->promise);
	l->line = reallocarray(l->line, l->n + 1, sizeof(*l->line));
	l->line[l->n++] = strdup(text);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void
say(const char *format, ...)
{
	va_list ap;

	if (report->text[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(report->text, sizeof(report->text), format, ap);
	va_end(ap);
}

static bool
is_of(const char *line, const char *kind)
{
	return strncmp(line, kind, strlen(kind)) == 0;
}

/* What the plan said is what went.  What goes with its camera stands there for
 * itself as well; some: an account went, with all that it had, and what stayed
 * of its cameras has another name. */
static void
hold_to_plan(struct lines *plan, struct lines *run, bool some)
{
	size_t i = 0, j = 0;

	if (plan->n > 0)
		qsort(plan->line, plan->n, sizeof(char *), compare);
	if (run->n > 0)
		qsort(run->line, run->n, sizeof(char *), compare);
	while (i < plan->n || j < run->n) {
		int c = i == plan->n  ? 1
			: j == run->n ? -1
				      : strcmp(plan->line[i], run->line[j]);

		if (c < 0 && !some && !is_of(plan->line[i], "events ") &&
		    !is_of(plan->line[i], "holds "))
			say("planned, and not gone: %s", plan->line[i]);
		if (c > 0 &&
		    (!some || (!is_of(run->line[j], "garbage ") &&
				  strstr(run->line[j], " adopted-") == NULL)))
			say("gone, and not planned: %s", run->line[j]);
		i += c <= 0;
		j += c >= 0;
	}
}

static const char *
date(char buf[NVR_TIME_TEXT])
{
	nvr_time_format(m.now, buf);
	buf[10] = '\0';
	return buf;
}

static int64_t
objects(const struct nvr_retained *r, int64_t *failed)
{
	int64_t n = 0;

	*failed = 0;
	for (int i = 0; i < r->nkinds; i++) {
		n += r->kind[i].objects;
		*failed += r->kind[i].failed;
	}
	return n;
}

static void
first_kind(const struct nvr_retained *r, const char *which)
{
	for (int i = 0; i < r->nkinds; i++)
		if (r->kind[i].objects > 0)
			say("%s: %lld %s", which, (long long)r->kind[i].objects,
			    r->kind[i].kind);
}

static void
troubled(void *ctx, const struct nvr_log_finding *f)
{
	(void)ctx;
	if (f->trouble)
		say("the log: %s", f->text);
}

struct how {
	const char *only;
	int64_t ago;   /* as if it were so long ago */
	int64_t early; /* the plan is made so long ahead of its time */
	bool some;     /* an account goes */
	bool trust;    /* the day is told */
	bool bare;     /* the run alone: faults are on */
};

static void
plan_run_verify(struct nvr_state *st, const struct how *how)
{
	struct lines plan = {0}, done = {0};
	struct nvr_retained ret;
	struct nvr_error brake, e;
	struct nvr_log_watch watch = {.finding = troubled};
	struct nvr_log_summary sum;
	char day[NVR_TIME_TEXT];
	struct nvr_retain r = {.now = m.now - how->ago,
	    .only = how->only,
	    .most = INT64_MAX,
	    .tell = note,
	    .ctx = &plan};

	m.now -= how->early;
	r.today = NULL;
	if (!how->bare && nvr_retain_plan(st, &r, &ret, &brake, &e) != 0)
		say("plan: %s", e.text);
	m.now += how->early;
	r.today = how->trust ? date(day) : NULL;
	r.ctx = &done;
	report->rc = nvr_retain_run(st, &r, &ret, &e);
	if (report->rc != 0) {
		say("run: %s", e.text);
		return;
	}
	report->went = objects(&ret, &report->failed);
	if (how->bare)
		return;
	if (report->failed > 0)
		say("%lld failed: %s", (long long)report->failed, ret.why.text);
	hold_to_plan(&plan, &done, how->some);
	r.tell = NULL;
	if (nvr_retain_verify(st, &r, &ret, &e) != 0)
		say("verify: %s", e.text);
	first_kind(&ret, "overdue after the run");
	if (nvr_retain_plan(st, &r, &ret, &brake, &e) != 0)
		say("second plan: %s", e.text);
	first_kind(&ret, "due after the run");
	if (nvr_log_verify(st, NULL, &watch, &sum, &e) != 0)
		say("log: %s", e.text);
}

static void
close_all(void)
{
	shut();
	sqlite3_close(db);
	db = NULL;
}

static void
open_all(void)
{
	ok(nvr_state_open(dir, 0, &s, &err));
	s->rules = &rules;
	s->rights = true;
	s->actor.channel = "test";
	db = raw("nvr.db");
	sqlite3_exec(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF",
	    NULL, NULL, NULL);
}

/* In memory where that can be: these tests flush all the time. */
static int
make_store(void)
{
	snprintf(dir, sizeof(dir), "%s/nvr-test-retain-XXXXXX",
	    access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL ||
	    nvr_state_open(dir, NVR_STATE_CREATE, &s, &err) != 0)
		return -1;
	shut();
	open_all();
	return 0;
}

/* Called in the process, before and after the state is opened. */
static void (*arm_faults)(void);

/* Returns its status, as waitpid has it. */
static int
run_apart(const struct how *how)
{
	int status;
	pid_t pid;

	*report = (struct report){.rc = -1};
	close_all();
	pid = fork();
	if (pid == 0) {
		struct nvr_state *st;
		struct nvr_error e;

		if (nvr_state_open(
			dir, how->bare ? NVR_STATE_DURABLE : 0, &st, &e) != 0) {
			say("open: %s", e.text);
			_exit(1);
		}
		st->rules = &rules;
		st->actor.channel = "test";
		if (arm_faults != NULL)
			arm_faults();
		plan_run_verify(st, how);
		nvr_state_close(st);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	open_all();
	return status;
}

#endif
