/* Telemetry: what goes, and when; see telemetry.h. */
#include <stdio.h>

#include "base/id.h"
#include "base/time.h"
#include "core/aging.h"
#include "core/retain_int.h"
#include "core/telemetry.h"
#include "core/telemetry_int.h"

#define LONG (6 * NVR_HOUR) /* that a run may take */

/* What may go: reports by hours, or hours by days. */
struct end {
	enum nvr_telemetry_kind kind;
	int64_t width, keep;
	int64_t until; /* what begins before has outlived its time */
	int64_t raw;   /* reports before that are about to become hours */
	int64_t received;
	bool apply;
	bool grouped; /* the brake looks at them */
};

/* 0 would be all of it. */
static int64_t
group_id(const struct end *e)
{
	return (int64_t)e->kind + 1;
}

/* Counted once there is something that is not of the course of things: it comes
 * first, and counting reads all. */
static int
put_group(struct nvr_retaining *x, struct end *e, const struct nvr_leaving *d)
{
	int64_t all = 0;
	int rc;

	if (e->apply || e->grouped || !nvr_retaining_sudden(x, d))
		return 0;
	e->grouped = true;
	rc = nvr_telemetry_count(x->s->store, e->kind, &all, x->err);
	if (rc == 0)
		nvr_retaining_group(x,
		    e->kind == NVR_TELEMETRY_RAW
			? "hours of reports of recorders"
			: "days of telemetry by hours",
		    group_id(e), all);
	return rc;
}

static int
tell(struct nvr_retaining *x, struct end *e, const struct nvr_telemetry_of *of)
{
	char object[96], id[NVR_ID_TEXT], why[NVR_WHY_TEXT];
	/* It is due whole: its end has to be so old. */
	struct nvr_leaving d = {.object = object,
	    .at = of->at,
	    .keep = e->width + e->keep,
	    .why = why};
	int rc;

	nvr_retain_older(e->keep, why);
	snprintf(object, sizeof(object),
	    e->kind == NVR_TELEMETRY_RAW
		? "recorder %s, %lld reports of an hour"
		: "recorder %s, %lld hours of a day",
	    nvr_id_format(of->recorder, id), (long long)of->n);
	rc = put_group(x, e, &d);
	if (rc == 0)
		nvr_retaining_tell(x, &d);
	return rc;
}

/* Its sum for the last time, and the day's of that, and it is gone. */
static int
settle(struct nvr_retaining *x, const struct end *e,
    const struct nvr_telemetry_of *of)
{
	bool raw = e->kind == NVR_TELEMETRY_RAW;
	int rc = 0;

	if (raw)
		rc = nvr_telemetry_sum(x->s->store, e->kind, of->recorder,
		    of->at, x->now, true, x->err);
	if (rc == 0)
		rc = nvr_telemetry_sum_day(
		    x->s, of->recorder, of->at, x->now, !raw, x->err);
	if (rc == 0)
		rc = nvr_telemetry_drop(x->s->store, e->kind, of->recorder,
		    of->at, of->at + e->width, x->err);
	return rc;
}

/* All of that or nothing: one that fails must not keep the others. */
static int
try_settle(struct nvr_retaining *x, const struct end *e,
    const struct nvr_telemetry_of *of, bool *gone)
{
	struct nvr_error failed = {0};
	int rc = nvr_store_try(x->s->store, x->err), what;

	if (rc != 0)
		return rc;
	what = settle(x, e, of);
	if (what != 0)
		failed = *x->err;
	*gone = what == 0;
	rc = nvr_store_tried(x->s->store, *gone, x->err);
	if (rc != 0 || what == 0)
		return rc;
	*x->err = failed;
	return nvr_retaining_pass(x, what);
}

/* From *i on, as many as others should wait for. */
static int
settle_some(struct nvr_retaining *x, const struct end *e,
    const struct nvr_telemetry_of *of, size_t n, size_t *i, bool gone[])
{
	const char *kind = x->ret->kind[x->kind].kind;
	size_t went = 0;
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	do {
		rc = try_settle(x, e, &of[*i], &gone[*i]);
		went += gone[*i];
	} while (rc == 0 && ++*i < n && !nvr_store_enough(x->s->store));
	if (rc == 0 && went > 0)
		rc = nvr_aging_log(
		    x->s, kind, (int64_t)went, of->at, of->at, x->err);
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
settle_all(struct nvr_retaining *x, struct end *e,
    const struct nvr_telemetry_of *of, size_t n)
{
	bool gone[NVR_TELEMETRY_MANY] = {0};
	size_t done = 0, told = 0;
	int rc = 0;

	while (rc == 0 && done < n) {
		if (done > 0)
			nvr_store_rest();
		rc = settle_some(x, e, of, n, &done, gone);
		for (; rc == 0 && told < done; told++)
			if (gone[told])
				rc = tell(x, e, &of[told]);
	}
	return rc;
}

/* All recorders' that begin at that hour or day. */
static int
end_one(struct nvr_retaining *x, struct end *e, int64_t at)
{
	struct nvr_telemetry_of of[NVR_TELEMETRY_MANY];
	const struct nvr_telemetry_span span = {.since = at,
	    .until = at + e->width,
	    .received = e->received,
	    .raw = at + e->width < e->raw ? at + e->width : e->raw};
	int64_t after = 0;
	size_t n;
	int rc;

	do {
		rc = nvr_telemetry_whose(
		    x->s->store, e->kind, &span, after, of, &n, x->err);
		for (size_t i = 0; rc == 0 && !e->apply && i < n; i++)
			rc = tell(x, e, &of[i]);
		if (rc == 0 && e->apply)
			rc = settle_all(x, e, of, n);
		after = rc == 0 && n > 0 ? of[n - 1].recorder : 0;
	} while (rc == 0 && n == NVR_TELEMETRY_MANY);
	return rc;
}

/* Where the oldest is that may go.  1: *at, 0: nothing may. */
static int
find_oldest(
    struct nvr_retaining *x, const struct end *e, int64_t since, int64_t *at)
{
	int64_t raw;
	int found, rc = nvr_telemetry_oldest(x->s->store, e->kind, since,
		       e->until, e->received, at, x->err);

	if (rc < 0 || e->raw == INT64_MIN)
		return rc;
	found = nvr_telemetry_oldest(x->s->store, NVR_TELEMETRY_RAW, since,
	    e->raw < e->until ? e->raw : e->until, e->received, &raw, x->err);
	if (found == 1 && (rc == 0 || raw < *at))
		*at = raw;
	return found != 0 ? found : rc;
}

static int
end(struct nvr_retaining *x, struct end *e)
{
	int64_t at = 0, since = INT64_MIN;
	int rc;

	if (e->apply && nvr_retaining_held(x, "telemetry", group_id(e), 0))
		return 0;
	while ((rc = find_oldest(x, e, since, &at)) == 1) {
		at = nvr_telemetry_floor(at, e->width);
		rc = end_one(x, e, at);
		if (rc != 0)
			break;
		since = at + e->width;
	}
	return rc;
}

/*
 * At present what is of a time to come goes as well, which no clock is ahead
 * by unnoticed: it has been set back since, or somebody wrote it.
 */
static int64_t
ahead(const struct nvr_retaining *x)
{
	int64_t now = nvr_time_now(), at = x->r->now > now ? x->r->now : now;

	return x->r->now > now - LONG && at < NVR_TIME_MAX ? at + NVR_DAY
							   : INT64_MAX;
}

static void
tell_ahead(struct nvr_retaining *x, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_of *of)
{
	char object[96], id[NVR_ID_TEXT];
	const struct nvr_leaving d = {
	    .object = object, .at = of->at, .why = "of a time to come"};

	snprintf(object, sizeof(object), "recorder %s, %s: %lld",
	    nvr_id_format(of->recorder, id),
	    kind == NVR_TELEMETRY_RAW ? "reports" : "hours and days",
	    (long long)of->n);
	nvr_retaining_tell(x, &d);
}

/* It is in no sum that stays. */
static int
drop_ahead(struct nvr_retaining *x, enum nvr_telemetry_kind kind, int64_t later,
    const struct nvr_telemetry_of *of)
{
	const char *word = x->ret->kind[x->kind].kind;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		rc = nvr_store_begin(x->s->store, x->err);
		if (rc != 0)
			return rc;
		do
			rc = nvr_telemetry_drop_ahead(x->s->store, kind,
			    of->recorder, later, &more, x->err);
		while (rc == 0 && more && !nvr_store_enough(x->s->store));
		if (rc == 0)
			rc = nvr_aging_log(
			    x->s, word, 1, of->at, of->at, x->err);
		rc = nvr_store_end(x->s->store, rc, x->err);
		if (more)
			nvr_store_rest();
	}
	return rc;
}

static int
end_ahead(struct nvr_retaining *x, enum nvr_telemetry_kind kind, bool apply)
{
	struct nvr_telemetry_of of[NVR_TELEMETRY_MANY];
	int64_t after = 0, later = ahead(x);
	size_t n;
	int rc;

	do {
		rc = nvr_telemetry_ahead(
		    x->s->store, kind, later, after, of, &n, x->err);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			int what =
			    apply ? drop_ahead(x, kind, later, &of[i]) : 0;

			if (what == 0)
				tell_ahead(x, kind, &of[i]);
			rc = nvr_retaining_pass(x, what);
		}
		after = rc == 0 && n > 0 ? of[n - 1].recorder : 0;
	} while (rc == 0 && n == NVR_TELEMETRY_MANY);
	return rc;
}

/* A plan for the past does not know what was received since. */
static int
end_both(struct nvr_retaining *x, bool apply)
{
	const struct nvr_keeping *keep = &x->s->rules->keep;
	struct end e = {.kind = NVR_TELEMETRY_RAW,
	    .width = NVR_HOUR,
	    .keep = keep->telemetry,
	    .until = nvr_telemetry_cut(x->now, keep->telemetry, NVR_HOUR),
	    .received = apply ? INT64_MAX : x->now,
	    .apply = apply};
	int rc = end_ahead(x, NVR_TELEMETRY_RAW, apply);

	e.raw = INT64_MIN;
	if (rc == 0)
		rc = end_ahead(x, NVR_TELEMETRY_HOURS, apply);
	if (rc == 0)
		rc = end(x, &e);
	if (rc != 0)
		return rc;
	e.grouped = false;
	e.raw = apply ? INT64_MIN : e.until;
	e.kind = NVR_TELEMETRY_HOURS;
	e.width = NVR_DAY;
	e.keep = keep->hours;
	e.until = nvr_telemetry_cut(x->now, keep->hours, NVR_DAY);
	return end(x, &e);
}

int
nvr_retain_telemetry_plan(struct nvr_retaining *x)
{
	return end_both(x, false);
}

int
nvr_retain_telemetry_apply(struct nvr_retaining *x)
{
	int rc =
	    nvr_retaining_pass(x, nvr_telemetry_roll(x->s, x->now, x->err));

	return rc == 0 ? end_both(x, true) : rc;
}
