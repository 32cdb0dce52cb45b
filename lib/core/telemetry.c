/* Telemetry: hours, and days; see telemetry.h. */
#include "base/calendar.h"
#include "base/time.h"
#include "core/telemetry.h"
#include "core/telemetry_int.h"

/* When the last report that was looked at was received, and up to which hour
 * all that there was has been summed up. */
#define ROLLED "telemetry_rolled"
#define CLOSED "telemetry_closed"
/* So late a report is entered that was received before another. */
#define OVERLAP NVR_MINUTE

struct roll {
	struct nvr_state *s;
	struct nvr_error *err;
	int64_t now;
	int64_t since;		 /* sums of what is older would go at once */
	bool any;		 /* something was summed up */
	struct nvr_error failed; /* the first that did; code 0: none */
};

/* A hostile store has any time. */
int64_t
nvr_telemetry_floor(int64_t t, int64_t width)
{
	int64_t at;

	return __builtin_mul_overflow(nvr_floor_div(t, width), width, &at)
		   ? INT64_MIN
		   : at;
}

int64_t
nvr_telemetry_cut(int64_t now, int64_t keep, int64_t width)
{
	return keep > 0 && keep < now ? nvr_telemetry_floor(now - keep, width)
				      : INT64_MIN;
}

/* What says nothing, or what a clock said that was ahead, is reckoned anew. */
static int
get_time(struct roll *r, const char *name, int64_t *ret, bool *anew)
{
	int rc =
	    nvr_setting_int(r->s->store, name, NVR_TIME_MAX, 0, ret, r->err);

	*anew |= rc == 0 && (*ret < 0 || *ret > r->now);
	return rc;
}

int
nvr_telemetry_sum_day(struct nvr_state *s, int64_t recorder, int64_t at,
    int64_t now, bool settle, struct nvr_error *err)
{
	int64_t day = nvr_telemetry_floor(at, NVR_DAY);

	if (day > now - NVR_DAY)
		return 0;
	return nvr_telemetry_sum(
	    s->store, NVR_TELEMETRY_HOURS, recorder, day, now, settle, err);
}

/* One that fails must not keep the others. */
static int
sum_one(struct roll *r, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_of *of, bool days)
{
	int rc = nvr_telemetry_sum(
	    r->s->store, kind, of->recorder, of->at, r->now, false, r->err);

	if (rc == 0 && days)
		rc = nvr_telemetry_sum_day(
		    r->s, of->recorder, of->at, r->now, false, r->err);
	if (rc == 0 || rc == NVR_E_AGAIN)
		return rc;
	if (r->failed.code == 0)
		r->failed = *r->err;
	return 0;
}

/* As many in a transaction as others should wait for. */
static int
sum_all(struct roll *r, enum nvr_telemetry_kind kind,
    const struct nvr_telemetry_of *of, size_t n, bool days)
{
	size_t i = 0;
	int rc = 0;

	while (rc == 0 && i < n) {
		if (i > 0)
			nvr_store_rest();
		rc = nvr_store_begin(r->s->store, r->err);
		if (rc != 0)
			return rc;
		do
			rc = sum_one(r, kind, &of[i], days);
		while (rc == 0 && ++i < n && !nvr_store_enough(r->s->store));
		r->any = true;
		rc = nvr_store_end(r->s->store, rc, r->err);
	}
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
		    .since = nvr_telemetry_floor(at, width),
		    .until = nvr_telemetry_floor(at, width) + width,
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

static int
roll_all(struct roll *r, int64_t rolled, int64_t closed)
{
	int64_t until = nvr_telemetry_floor(r->now, NVR_HOUR);
	int rc = roll_late(r, rolled, earlier(closed, until));

	if (rc == 0)
		rc = roll_span(
		    r, NVR_TELEMETRY_RAW, later(closed, r->since), until);
	if (rc == 0)
		rc = roll_span(r, NVR_TELEMETRY_HOURS,
		    later(nvr_telemetry_floor(closed, NVR_DAY), r->since),
		    nvr_telemetry_floor(r->now, NVR_DAY));
	return rc;
}

int
nvr_telemetry_roll(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	int64_t until = nvr_telemetry_floor(now, NVR_HOUR);
	int64_t rolled = 0, closed = 0, newest = 0;
	struct roll r = {.s = s, .err = err, .now = now};
	bool anew = false;
	int rc = get_time(&r, ROLLED, &rolled, &anew);

	r.since =
	    later(nvr_telemetry_cut(now, s->rules->keep.hours, NVR_DAY), 0);
	if (rc == 0)
		rc = get_time(&r, CLOSED, &closed, &anew);
	if (anew)
		rolled = closed = 0;
	/* Asked for first: what comes meanwhile is for the next time. */
	if (rc == 0)
		rc = nvr_telemetry_received(s->store, &newest, err);
	newest = later(earlier(newest, now), 0);
	if (rc == 0)
		rc = roll_all(&r, rolled, closed);
	if (rc == 0 && r.failed.code != 0)
		return nvr_fail(err, r.failed.code, "%s", r.failed.text);
	if (rc == 0 && (r.any || anew) && (newest != rolled || until != closed))
		rc = remember(&r, newest, until);
	return rc;
}
