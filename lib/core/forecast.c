/*
 * When what is full; see forecast.h.  Reckoned in double, which no product of
 * times and rates overflows; a day's bytes of 2^53 are exact.
 */
#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "core/forecast.h"

/* A change of the rate at which bytes come, or go. */
struct bend {
	double at, rate; /* from now; bytes a day */
};

/* Of one stream: from when on what, and what it has at the beginning. */
struct course {
	double bytes, span; /* when what is due now is gone */
	struct bend bend[3];
	int n;
	double age, most; /* when the limit is reached; INFINITY */
};

struct item {
	double rate, most; /* of that it keeps so much time at the most */
};

static int64_t
whole(double x)
{
	return !(x > 0) ? 0 : x >= 0x1p63 ? INT64_MAX : (int64_t)nearbyint(x);
}

/* When that is; 0 where no calendar has it any more. */
static int64_t
moment(int64_t now, double after)
{
	int64_t at;

	if (!(after < 0x1p62) ||
	    __builtin_add_overflow(now, whole(after), &at) || at > NVR_TIME_MAX)
		return 0;
	return at;
}

/* Of both limits the one that is narrower in the end. */
static enum nvr_forecast_limit
narrower(const struct nvr_forecast_stream *e, double *bytes)
{
	double by_age = e->keep > 0
			    ? (double)e->rate * ((double)e->keep / NVR_DAY)
			    : INFINITY;
	double by_bytes = e->keep_most > 0 ? (double)e->keep_most : INFINITY;

	*bytes = fmin(by_age, by_bytes);
	return by_bytes < by_age  ? NVR_FORECAST_BYTES
	       : isfinite(by_age) ? NVR_FORECAST_AGE
				  : NVR_FORECAST_NONE;
}

static void
bend(struct course *c, double at, double rate)
{
	c->bend[c->n++] = (struct bend){at, rate};
}

/* Up to its age it grows; then what is old goes as it once came, while as much
 * comes as does now; and in the end what comes is what goes. */
static void
plot(const struct nvr_forecast_stream *e, int64_t now, struct course *c)
{
	double rate = (double)e->rate, old, at, slope;
	double most = e->keep_most > 0 ? (double)e->keep_most : INFINITY;
	double keep = e->keep > 0 ? (double)e->keep : INFINITY;

	*c = (struct course){.bytes = (double)e->bytes};
	c->span = e->oldest != 0 && e->oldest < now
		      ? (double)now - (double)e->oldest
		      : 0;
	if (c->span > keep) {
		c->bytes *= keep / c->span;
		c->span = keep;
	}
	if (c->bytes > most) {
		c->span *= most / c->bytes;
		c->bytes = most;
	}
	c->age = keep - c->span;
	c->most = rate > 0 ? (most - c->bytes) / rate * NVR_DAY : INFINITY;
	if (c->most <= c->age) {
		bend(c, 0, rate);
		if (isfinite(c->most))
			bend(c, c->most, -rate);
		return;
	}
	old = c->span > 0 ? c->bytes / c->span * NVR_DAY : 0;
	slope = rate - old;
	at = c->bytes + rate * (c->age / NVR_DAY);
	c->most = slope > 0 ? c->age + (most - at) / slope * NVR_DAY : INFINITY;
	bend(c, 0, rate);
	bend(c, c->age, -old);
	bend(c, fmin(keep, fmax(c->most, c->age)), -slope);
}

static int
by_at(const void *a, const void *b)
{
	const struct bend *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* When so many bytes more are there; endless: what comes a day after all bends.
 */
static double
reached(struct bend *b, size_t n, double room, double endless)
{
	double at = 0, used = 0, rate = 0;

	if (room <= 0)
		return 0;
	if (n > 1)
		qsort(b, n, sizeof(*b), by_at);
	for (size_t i = 0; i < n; i++) {
		double more = rate * ((b[i].at - at) / NVR_DAY);

		if (rate > 0 && used + more >= room)
			return at + (room - used) / rate * NVR_DAY;
		used += more;
		at = b[i].at;
		rate += b[i].rate;
	}
	/* What is left of a sum that should be 0 is no rate. */
	return endless > 0 ? at + fmax(room - used, 0) / endless * NVR_DAY
			   : INFINITY;
}

static int
by_most(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return (x->most > y->most) - (x->most < y->most);
}

/* How far back all of them go when they share so many bytes, the oldest of any
 * going first; INFINITY: all that each wants. */
static double
share(struct item *e, size_t n, double bytes)
{
	double rate = 0;

	for (size_t i = 0; i < n; i++)
		rate += e[i].rate;
	if (n > 1)
		qsort(e, n, sizeof(*e), by_most);
	for (size_t i = 0; i < n; i++) {
		/* Of nobody but those with more to keep than this. */
		if (e[i].rate * (e[i].most / NVR_DAY) > 0 &&
		    rate * (e[i].most / NVR_DAY) > bytes)
			return fmax(bytes, 0) / rate * NVR_DAY;
		bytes -= e[i].rate * (e[i].most / NVR_DAY);
		rate -= e[i].rate;
	}
	return INFINITY;
}

/* What is reckoned on the way. */
struct sum {
	struct bend *bend;
	struct item *item;
	size_t nbends;
	double room;	/* bytes until the disk is full */
	double all;	/* bytes that there may be of footage */
	double bounded; /* of them, what streams with a limit of bytes want */
	double endless; /* bytes a day that come to those without any limit */
};

static bool
is_bounded(const struct nvr_forecast_stream *e)
{
	return e->keep_most > 0;
}

static void
reckon_stream(struct nvr_forecast_stream *e, int64_t now, struct sum *x)
{
	struct course c;
	double want, at;

	plot(e, now, &c);
	for (int i = 0; i < c.n; i++)
		x->bend[x->nbends++] = c.bend[i];
	x->room += (double)e->bytes - c.bytes;
	x->all += (double)e->bytes;
	e->by = narrower(e, &want);
	e->full_at = e->keeps = e->then = 0;
	e->robbed = false;
	if (e->rate == 0) {
		e->by = NVR_FORECAST_NONE;
		x->bounded += is_bounded(e) && e->keep == 0 ? c.bytes : 0;
		return;
	}
	x->bounded += is_bounded(e) ? want : 0;
	if (e->by == NVR_FORECAST_NONE) {
		x->endless += (double)e->rate;
		e->keeps = NVR_FOREVER;
		return;
	}
	at = e->by == NVR_FORECAST_AGE ? c.age : (double)e->keep;
	e->full_at = moment(now, e->keep > 0 ? fmin(c.most, at) : c.most);
	e->keeps = e->by == NVR_FORECAST_AGE
		       ? e->keep
		       : whole(want / (double)e->rate * NVR_DAY);
}

/* How far back those go that share so many bytes: who has a limit of bytes, or
 * who has none. */
static double
share_out(const struct nvr_forecast_stream *e, size_t n, struct sum *x,
    bool bounded, double bytes)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (e[i].rate > 0 && is_bounded(&e[i]) == bounded)
			x->item[k++] = (struct item){(double)e[i].rate,
			    e[i].keeps == NVR_FOREVER ? INFINITY
						      : (double)e[i].keeps};
	return share(x->item, k, bytes);
}

/* The bytes in which nobody is robbed: those without a limit of bytes go back
 * as far as the one with the longest limit by age. */
static double
needed(const struct nvr_forecast_stream *e, size_t n, const struct sum *x)
{
	double longest = 0, all = x->bounded;

	for (size_t i = 0; i < n; i++)
		if (e[i].rate > 0 && !is_bounded(&e[i]))
			longest = fmax(longest, (double)e[i].keep);
	for (size_t i = 0; i < n; i++)
		if (e[i].rate > 0 && !is_bounded(&e[i]))
			all += (double)e[i].rate / NVR_DAY *
			       fmin(longest, (double)e[i].keeps);
	return all;
}

/* What is left of whose in the end. */
static void
reckon_end(struct nvr_forecast_stream *e, size_t n, struct sum *x,
    struct nvr_forecast_disk *disk)
{
	double open = INFINITY, bounded = INFINITY, reach;
	bool any_open = false;

	for (size_t i = 0; i < n; i++)
		any_open |= !is_bounded(&e[i]);
	if (disk->full_at != 0) {
		open = share_out(e, n, x, false, x->all - x->bounded);
		bounded = share_out(e, n, x, true, x->all);
		disk->wanting = whole(ceil(needed(e, n, x) - x->all));
		disk->victims = any_open && x->bounded <= x->all
				    ? NVR_FORECAST_OPEN
				    : NVR_FORECAST_ALL;
	}
	reach = disk->victims == NVR_FORECAST_OPEN ? open : bounded;
	disk->reach = whole(reach);
	for (size_t i = 0; i < n; i++) {
		reach = is_bounded(&e[i]) ? bounded : open;
		e[i].then =
		    reach < (double)e[i].keeps ? whole(reach) : e[i].keeps;
		e[i].robbed = e[i].keep > 0 && e[i].then < e[i].keeps;
		/* Its own limit would be later: the disk is first. */
		if (e[i].robbed && e[i].full_at > disk->full_at)
			e[i].full_at = disk->full_at;
	}
}

int64_t
nvr_forecast_rate(
    int64_t bytes, int64_t since, int64_t oldest, int64_t newest, int64_t now)
{
	int64_t begin = oldest > since ? oldest : since, end = now;

	/* The segment that is being written is no gap. */
	if (newest <= now && newest > now - NVR_SEGMENT_MAX)
		end = newest;
	if (bytes <= 0 || end <= begin)
		return 0;
	return whole((double)bytes / ((double)end - (double)begin) * NVR_DAY);
}

int
nvr_forecast(struct nvr_forecast_stream *e, size_t n,
    struct nvr_forecast_disk *disk, int64_t now, struct nvr_error *err)
{
	struct sum x = {.room = (double)disk->avail - (double)disk->floor};
	double growth = 0;

	x.all = x.room;
	x.bend = reallocarray(NULL, n + 1, 3 * sizeof(*x.bend));
	x.item = reallocarray(NULL, n + 1, sizeof(*x.item));
	if (x.bend == NULL || x.item == NULL) {
		free(x.bend);
		free(x.item);
		return nvr_fail_nomem(err);
	}
	for (size_t i = 0; i < n; i++) {
		reckon_stream(&e[i], now, &x);
		if (e[i].full_at == 0 || e[i].full_at > now)
			growth += (double)e[i].rate;
	}
	*disk = (struct nvr_forecast_disk){.avail = disk->avail,
	    .floor = disk->floor,
	    .growth = whole(growth)};
	disk->full_at =
	    moment(now, reached(x.bend, x.nbends, x.room, x.endless));
	reckon_end(e, n, &x, disk);
	free(x.bend);
	free(x.item);
	return 0;
}
