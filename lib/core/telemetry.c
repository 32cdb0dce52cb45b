/* Telemetry: hours, days, and when what goes; see telemetry.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/retain_int.h"
#include "core/telemetry.h"
#include "store/telemetry.h"

/* When the last report that was looked at was received, and up to which hour
 * all that there was has been summed up. */
#define ROLLED "telemetry_rolled"
#define CLOSED "telemetry_closed"
/* So late a report is entered that was received before another. */
#define OVERLAP NVR_MINUTE
#define PATIENCE (20 * NVR_MILLISECOND) /* of who waits for the write lock */

struct roll {
	struct nvr_state *s;
	struct nvr_error *err;
	int64_t now;
	int64_t since; /* sums of what is older would go at once */
	bool any;      /* something was summed up */
};

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

static int64_t
floor_to(int64_t t, int64_t width)
{
	return t - t % width;
}

/* From when on there is something left to be kept; 0: without a limit. */
static int64_t
cut(int64_t now, int64_t keep, int64_t width)
{
	return keep > 0 && keep < now ? floor_to(now - keep, width) : 0;
}

/* What says nothing is reckoned anew. */
static int
get_time(
    struct nvr_state *s, const char *name, int64_t *ret, struct nvr_error *err)
{
	int rc = nvr_setting_int(s->store, name, NVR_TIME_MAX, 0, ret, err);

	if (rc == 0 && *ret < 0)
		*ret = 0;
	return rc;
}

/* The sum of a day that is over. */
static int
sum_day(struct roll *r, int64_t recorder, int64_t at, bool settle)
{
	int64_t day = floor_to(at, NVR_DAY);

	if (day + NVR_DAY > r->now)
		return 0;
	return nvr_telemetry_sum(r->s->store, NVR_TELEMETRY_HOURS, recorder,
	    day, r->now, settle, r->err);
}

/* From *i on, as many as the write lock may be held for. */
static int
sum_some(struct roll *r, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_of *of, size_t n, size_t *i, bool days)
{
	int64_t began = nvr_time_monotonic();
	int rc = nvr_store_begin(r->s->store, r->err);

	if (rc != 0)
		return rc;
	while (rc == 0 && *i < n && nvr_time_monotonic() - began < PATIENCE) {
		rc = nvr_telemetry_sum(r->s->store, kind, of[*i].recorder,
		    of[*i].at, r->now, false, r->err);
		if (rc == 0 && days)
			rc = sum_day(r, of[*i].recorder, of[*i].at, false);
		++*i;
	}
	r->any = true;
	return nvr_store_end(r->s->store, rc, r->err);
}

static int
sum_all(struct roll *r, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_of *of, size_t n, bool days)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n;)
		rc = sum_some(r, kind, of, n, &i, days);
	return rc;
}

/* All hours, or days, from since up to until that have something in them. */
static int
roll_span(
    struct roll *r, enum nvr_telemetry_kind kind, int64_t since, int64_t until)
{
	int64_t width = kind == NVR_TELEMETRY_RAW ? NVR_HOUR : NVR_DAY;
	struct nvr_telemetry_of of[NVR_TELEMETRY_MANY];
	int64_t at, after;
	size_t n;
	int rc;

	while ((rc = nvr_telemetry_oldest(r->s->store, kind, since, until,
		    INT64_MAX, &at, r->err)) == 1) {
		const struct nvr_telemetry_span span = {
		    .since = floor_to(at, width),
		    .until = floor_to(at, width) + width,
		    .received = INT64_MAX};

		rc = after = 0;
		do {
			if (rc == 0)
				rc = nvr_telemetry_whose(r->s->store, kind,
				    &span, after, of, &n, r->err);
			if (rc == 0)
				rc = sum_all(r, kind, of, n, false);
			after = rc == 0 && n > 0 ? of[n - 1].recorder : 0;
		} while (rc == 0 && n == NVR_TELEMETRY_MANY);
		if (rc != 0)
			break;
		since = span.until;
	}
	return rc;
}

/* Hours that were summed up before, and their days. */
static int
roll_late(struct roll *r, int64_t rolled, int64_t until)
{
	const struct nvr_telemetry_span span = {
	    .since = r->since, .until = until, .received = rolled - OVERLAP};
	struct nvr_telemetry_of of[NVR_TELEMETRY_MANY], last = {0};
	size_t n = 0;
	int rc = 0;

	do {
		rc = nvr_telemetry_late(
		    r->s->store, &span, &last, of, &n, r->err);
		if (rc == 0)
			rc = sum_all(r, NVR_TELEMETRY_RAW, of, n, true);
		if (rc == 0 && n > 0)
			last = of[n - 1];
	} while (rc == 0 && n == NVR_TELEMETRY_MANY);
	return rc;
}

/* How far it has got: less far, in a run for a time in the past. */
static int
remember(struct roll *r, int64_t rolled, int64_t closed)
{
	int rc = nvr_store_begin(r->s->store, r->err);

	if (rc != 0)
		return rc;
	rc = nvr_setting_put_int(r->s->store, ROLLED, rolled, r->err);
	if (rc == 0)
		rc = nvr_setting_put_int(r->s->store, CLOSED, closed, r->err);
	return nvr_store_end(r->s->store, rc, r->err);
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int
nvr_telemetry_roll(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	int64_t until = floor_to(now, NVR_HOUR);
	int64_t rolled = 0, closed = 0, newest = 0;
	struct roll r = {.s = s, .err = err, .now = now};
	int rc = get_time(s, ROLLED, &rolled, err);

	r.since = cut(now, s->rules->keep.hours, NVR_DAY);
	if (rc == 0)
		rc = get_time(s, CLOSED, &closed, err);
	/* Asked for first: what comes meanwhile is for the next time. */
	if (rc == 0)
		rc = nvr_telemetry_received(s->store, &newest, err);
	if (rc == 0)
		rc = roll_late(&r, rolled, earlier(closed, until));
	if (rc == 0)
		rc = roll_span(
		    &r, NVR_TELEMETRY_RAW, later(closed, r.since), until);
	if (rc == 0)
		rc = roll_span(&r, NVR_TELEMETRY_HOURS,
		    later(floor_to(closed, NVR_DAY), r.since),
		    floor_to(now, NVR_DAY));
	if (rc == 0 && r.any && (newest != rolled || until != closed))
		rc = remember(&r, newest, until);
	return rc;
}

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
	struct roll r = {.s = x->s, .err = x->err, .now = x->now};
	int rc;

	if (e->kind == NVR_TELEMETRY_RAW) {
		rc = nvr_telemetry_sum(x->s->store, e->kind, of->recorder,
		    of->at, x->now, true, x->err);
		if (rc == 0)
			rc = sum_day(&r, of->recorder, of->at, false);
	} else {
		rc = sum_day(&r, of->recorder, of->at, true);
	}
	if (rc == 0)
		rc = nvr_telemetry_drop(x->s->store, e->kind, of->recorder,
		    of->at, of->at + e->width, x->err);
	return rc;
}

static int
settle_all(struct nvr_retaining *x, struct end *e,
    const struct nvr_telemetry_of *of, size_t n)
{
	size_t done = 0, told = 0;
	int64_t began;
	int rc = 0;

	while (rc == 0 && done < n) {
		began = nvr_time_monotonic();
		rc = nvr_store_begin(x->s->store, x->err);
		if (rc != 0)
			return rc;
		while (rc == 0 && done < n &&
		       nvr_time_monotonic() - began < PATIENCE)
			rc = settle(x, e, &of[done++]);
		rc = nvr_store_end(x->s->store, rc, x->err);
		while (rc == 0 && told < done)
			rc = tell(x, e, &of[told++]);
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
	    .raw = earlier(at + e->width, e->raw)};
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

	if (rc < 0 || e->raw == 0)
		return rc;
	found = nvr_telemetry_oldest(x->s->store, NVR_TELEMETRY_RAW, since,
	    earlier(e->raw, e->until), e->received, &raw, x->err);
	if (found == 1)
		*at = rc == 1 ? earlier(*at, raw) : raw;
	return found != 0 ? found : rc;
}

static int
end(struct nvr_retaining *x, struct end *e)
{
	int64_t at = 0, since = 0;
	int rc;

	if (e->apply && nvr_retaining_held(x, "telemetry", group_id(e), 0))
		return 0;
	while ((rc = find_oldest(x, e, since, &at)) == 1) {
		at = floor_to(at, e->width);
		rc = end_one(x, e, at);
		if (rc != 0)
			break;
		since = at + e->width;
	}
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
	    .until = cut(x->now, keep->telemetry, NVR_HOUR),
	    .received = apply ? INT64_MAX : x->now,
	    .apply = apply};
	int rc = end(x, &e);

	if (rc != 0)
		return rc;
	e.grouped = false;
	e.raw = apply ? 0 : e.until;
	e.kind = NVR_TELEMETRY_HOURS;
	e.width = NVR_DAY;
	e.keep = keep->hours;
	e.until = cut(x->now, keep->hours, NVR_DAY);
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
	int rc = nvr_telemetry_roll(x->s, x->now, x->err);

	return rc == 0 ? end_both(x, true) : rc;
}
