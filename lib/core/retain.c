/* Retention: the order of the rules, and the brakes; see retain.h. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/alone.h"
#include "core/backup.h"
#include "core/retain_int.h"
#include "core/room.h"

const struct nvr_retain_rule nvr_retain_rules[] = {
    {"accounts", "C20", false, true, nvr_retain_accounts_plan,
	nvr_retain_accounts_apply},
    {"audits", "N13", true, false, nvr_retain_rows_plan, nvr_retain_rows_apply},
    {"stills", "N4", true, true, nvr_retain_stills_plan,
	nvr_retain_stills_apply},
    {"recordings", "C18", true, true, nvr_retain_footage_plan,
	nvr_retain_footage_apply},
    {"cameras", "N14", true, true, nvr_retain_cameras_plan,
	nvr_retain_cameras_apply},
    {"sites", "N14", false, false, nvr_retain_sites_plan,
	nvr_retain_sites_apply},
    {"events", "C16", true, false, nvr_retain_rows_plan, nvr_retain_rows_apply},
    {"accesses", "C17", true, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"holds", "C17", true, false, nvr_retain_rows_plan, nvr_retain_rows_apply},
    {"usage", "N9", true, false, nvr_retain_rows_plan, nvr_retain_rows_apply},
    {"outbox", "N10", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"requests", "C21", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"disclosures", "C12", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"breaches", "C15", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"processors", "C12", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"alerts", "C10", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"sessions", "N7", false, false, nvr_retain_sessions_plan,
	nvr_retain_sessions_apply},
    {"exports", "N20", false, false, nvr_retain_exports_plan,
	nvr_retain_exports_apply},
    {"telemetry", "C16", false, false, nvr_retain_telemetry_plan,
	nvr_retain_telemetry_apply},
    {"recorders", "C3", false, false, nvr_retain_rows_plan,
	nvr_retain_rows_apply},
    {"log", "C17", false, false, nvr_retain_log_plan, nvr_retain_log_apply},
    {"garbage", "C18", false, true, nvr_retain_garbage_plan,
	nvr_retain_garbage_apply},
    {NULL, NULL, false, false, NULL, NULL},
};
_Static_assert(sizeof(nvr_retain_rules) / sizeof(nvr_retain_rules[0]) - 1 <=
		   NVR_RETAIN_KINDS,
    "each has its place in struct nvr_retained");

int
nvr_retain_kind(const char *word, struct nvr_error *err)
{
	char list[256] = "";

	for (int i = 0; nvr_retain_rules[i].kind != NULL; i++) {
		if (strcmp(nvr_retain_rules[i].kind, word) == 0)
			return 0;
		strlcat(list, i > 0 ? ", " : "", sizeof(list));
		strlcat(list, nvr_retain_rules[i].kind, sizeof(list));
	}
	return nvr_fail(err, NVR_E_USAGE, "'%s' is none of: %s", word, list);
}

const char *
nvr_retain_older(int64_t keep, char buf[NVR_WHY_TEXT])
{
	char text[NVR_TIME_TEXT];

	snprintf(buf, NVR_WHY_TEXT, "older than %s",
	    nvr_duration_format(keep, text));
	return buf;
}

void
nvr_retaining_tell(struct nvr_retaining *x, const struct nvr_leaving *d)
{
	struct nvr_leaving told = *d;
	const char *kind = x->ret->kind[x->kind].kind;

	x->group.due++;
	x->group.sudden += nvr_retaining_sudden(x, d);
	x->all_due++;
	x->ret->kind[x->kind].objects++;
	x->ret->kind[x->kind].bytes += d->bytes;
	if (d->at != 0 && (x->ret->kind[x->kind].oldest == 0 ||
			      d->at < x->ret->kind[x->kind].oldest))
		x->ret->kind[x->kind].oldest = d->at;
	if (d->at > x->ret->kind[x->kind].newest)
		x->ret->kind[x->kind].newest = d->at;
	if (told.kind == NULL)
		told.kind = kind;
	if (told.promise == NULL)
		told.promise = x->ret->kind[x->kind].promise;
	if (x->r->progress != NULL)
		x->r->progress(x->r->ctx, told.kind, x->all_due, x->planned);
	if (!x->quiet && x->r->tell != NULL)
		x->r->tell(x->r->ctx, &told);
}

void
nvr_retaining_undone(void *ctx, const char *path, const struct nvr_error *why)
{
	struct nvr_retaining *x = ctx;

	(void)path; /* which its text names */
	x->ret->kind[x->kind].failed++;
	if (x->ret->why.code == 0)
		x->ret->why = *why;
}

int
nvr_retaining_pass(struct nvr_retaining *x, int rc)
{
	if (rc == 0 || rc == NVR_E_AGAIN)
		return rc;
	nvr_retaining_undone(x, NULL, x->err);
	return 0;
}

static bool
wanted(const struct nvr_retain *r, const struct nvr_retain_rule *rule)
{
	return (r->only == NULL || strcmp(r->only, rule->kind) == 0) &&
	       (r->camera == NULL || rule->of_cameras);
}

/* What could not be looked at is not touched, and the rest is. */
static int
plan(struct nvr_retaining *x, const struct nvr_retain_rule *rule)
{
	int64_t before = x->all_due;
	int rc = 0;

	if (x->braking)
		rc = nvr_clock_since(x->s, rule->kind, x->now,
		    x->r->today != NULL, &x->since, &x->proven, x->err);
	if (rc == 0)
		rc = rule->plan(x);
	x->unseen[x->kind] = rc != 0;
	if (rc != 0) {
		x->group.all = 0;
		x->all_due = before;
	}
	return nvr_retaining_pass(x, rc);
}

/* What failed while it was looked at fails again, but for what was not seen. */
static int
apply(struct nvr_retaining *x, const struct nvr_retain_rule *rule,
    const struct nvr_retained *planned)
{
	if (x->unseen[x->kind])
		x->ret->kind[x->kind].failed = planned->kind[x->kind].failed;
	else if (!nvr_retaining_held(x, rule->kind, 0, 0))
		return nvr_retaining_pass(x, rule->apply(x));
	return 0;
}

/* All rules that are wanted, in their order.  planned: what came of looking at
 * them, where they are applied. */
static int
each_rule(struct nvr_retaining *x, const struct nvr_retained *planned)
{
	const struct nvr_retain_rule *rule = nvr_retain_rules;
	int rc = 0;

	for (; rc == 0 && rule->kind != NULL; rule++) {
		if (!wanted(x->r, rule))
			continue;
		x->kind = x->ret->nkinds++;
		x->ret->kind[x->kind].kind = rule->kind;
		x->ret->kind[x->kind].promise = rule->promise;
		nvr_retaining_group(x, rule->kind, 0, 0);
		rc = planned == NULL ? plan(x, rule) : apply(x, rule, planned);
	}
	nvr_retaining_group(x, "", 0, 0);
	return rc;
}

static int
check(struct nvr_state *s, const struct nvr_retain *r, struct nvr_error *err)
{
	int rc = r->only != NULL ? nvr_retain_kind(r->only, err) : 0;
	bool any = false, media = false;

	for (int i = 0; nvr_retain_rules[i].kind != NULL; i++) {
		bool is = wanted(r, &nvr_retain_rules[i]);

		any = any || is;
		media = media || (is && nvr_retain_rules[i].media);
	}
	if (rc == 0 && !any)
		return nvr_fail(
		    err, NVR_E_USAGE, "%s are of no camera", r->only);
	return rc == 0 && media ? nvr_state_media(s, err) : rc;
}

/* Counts what is due, and what of it is not deleted unasked. */
static int
look(struct nvr_retaining *x)
{
	int rc;

	*x->ret = (struct nvr_retained){0};
	x->braking = true;
	rc = each_rule(x, NULL);
	x->braking = false;
	return rc == 0 ? nvr_retaining_judge(x) : rc;
}

int
nvr_retain_plan(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *clock, struct nvr_error *err)
{
	struct nvr_retaining x = {
	    .s = s, .r = r, .now = r->now, .ret = ret, .err = err};
	int rc = check(s, r, err);

	*clock = (struct nvr_error){0};
	if (rc == 0)
		rc = look(&x);
	nvr_retaining_release(&x);
	if (rc == 0)
		nvr_clock_check(s, nvr_time_now(), r->today, false, clock);
	return rc;
}

/* Of what is of no kind. */
static void
count_failed(struct nvr_retaining *x, int rc)
{
	x->ret->failed += rc != 0;
	if (rc != 0 && x->ret->why.code == 0)
		x->ret->why = *x->err;
}

/* The months that are over are counted before anything of them goes. */
static int
delete_all(struct nvr_retaining *x)
{
	struct nvr_retained planned = *x->ret;
	int rc = nvr_aggregate(x->s, x->r->now, x->err);

	if (rc == NVR_E_AGAIN)
		return rc;
	*x->ret = (struct nvr_retained){
	    .why = planned.why, .brake = planned.brake, .most = planned.most};
	count_failed(x, rc);
	count_failed(x, nvr_restore_tidy(x->s->dir, x->err));
	x->all_due = 0;
	return each_rule(x, &planned);
}

static int
attempt(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *err)
{
	struct nvr_retaining x = {
	    .s = s, .r = r, .now = r->now, .ret = ret, .err = err};
	bool whole = r->only == NULL && r->camera == NULL &&
		     r->now > nvr_time_now() - NVR_MINUTE;
	int rc = check(s, r, err);

	if (rc == 0)
		rc = nvr_clock_check(s, nvr_time_now(), r->today, true, err);
	x.quiet = true;
	if (rc == 0)
		rc = look(&x);
	x.quiet = false;
	if (rc == 0)
		rc = delete_all(&x);
	else
		*ret = (struct nvr_retained){0};
	/* What is held since the clock was not proven may go once it is. */
	if (rc == 0 && whole && (x.nheld == 0 || x.proven))
		rc = nvr_clock_ran(s, r->now, r->today != NULL, ret, err);
	nvr_retaining_release(&x);
	return rc;
}

/* What went in an attempt before this one. */
static void
add_up(struct nvr_retained *ret, const struct nvr_retained *before)
{
	if (ret->nkinds < before->nkinds)
		ret->nkinds = before->nkinds;
	for (int i = 0; i < before->nkinds; i++) {
		int64_t oldest = before->kind[i].oldest,
			newest = before->kind[i].newest;

		ret->kind[i].kind = before->kind[i].kind;
		ret->kind[i].promise = before->kind[i].promise;
		ret->kind[i].objects += before->kind[i].objects;
		ret->kind[i].bytes += before->kind[i].bytes;
		if (oldest != 0 &&
		    (ret->kind[i].oldest == 0 || oldest < ret->kind[i].oldest))
			ret->kind[i].oldest = oldest;
		if (newest > ret->kind[i].newest)
			ret->kind[i].newest = newest;
	}
}

int
nvr_retain_run(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *err)
{
	struct nvr_retained first;
	struct nvr_error reserve = {0};
	int fd = -1, again, rc;

	if (r->now > nvr_time_now())
		return nvr_fail(err, NVR_E_USAGE,
		    "what is not due yet is not deleted: a time ahead is for "
		    "--dry-run");
	*ret = (struct nvr_retained){0};
	rc = nvr_alone(s, ".retain", &fd, err);
	if (rc == 0)
		rc = attempt(s, r, ret, err);
	/* A disk that is full to the last byte. */
	if ((rc == NVR_E_IO || (rc == 0 && ret->why.code == NVR_E_IO)) &&
	    nvr_room_spend(s->dir)) {
		first = *ret;
		again = attempt(s, r, ret, err);
		add_up(ret, &first);
		/* What went is told, though it was not all. */
		if (rc == 0 && again != 0)
			*ret = first;
		else
			rc = again;
	}
	/* A full disk has none yet; another file in its place never will. */
	if (rc == 0 && nvr_room_reserve(s->dir, &reserve) == NVR_E_DATA)
		rc = nvr_fail(err, NVR_E_DATA, "%s", reserve.text);
	nvr_alone_end(fd);
	return rc;
}

int
nvr_retain_verify(struct nvr_state *s, const struct nvr_retain *r,
    struct nvr_retained *ret, struct nvr_error *err)
{
	struct nvr_retaining x = {.s = s,
	    .r = r,
	    .now = r->now - s->rules->keep.grace,
	    .ret = ret,
	    .err = err};
	int rc = check(s, r, err);

	*ret = (struct nvr_retained){0};
	return rc == 0 ? each_rule(&x, NULL) : rc;
}

int
nvr_retain_overdue(struct nvr_state *s, int64_t *ret, struct nvr_error *err)
{
	const struct nvr_retain r = {.now = nvr_time_now()};
	struct nvr_retained done;
	int rc = nvr_retain_verify(s, &r, &done, err);

	*ret = 0;
	if (rc == 0 && done.why.code != 0)
		rc = nvr_fail(err, done.why.code, "%s", done.why.text);
	for (int i = 0; rc == 0 && i < done.nkinds; i++)
		*ret += done.kind[i].objects;
	return rc;
}
