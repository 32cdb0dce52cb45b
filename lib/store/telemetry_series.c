/* How a recorder fared, as points; see telemetry_series.h. */
#include <math.h>

#include "base/calendar.h"
#include "base/time.h"
#include "store/db.h"
#include "store/telemetry_series.h"

#define FINE (2 * NVR_DAY)    /* of reports */
#define MEDIUM (92 * NVR_DAY) /* of hours */
#define COUNT INT64_C(1000000000000)

/* What begins later is in no sum yet. */
static const char LAST[] =
    "SELECT t.at FROM telemetry_sum t WHERE t.recorder_id = ?1 AND t.period ="
    " ?2 AND t.at >= ?3 AND t.at < ?4" NVR_USABLE("t") " ORDER BY t.at DESC"
						       " LIMIT 1";
/* clang-format off */
#define OF " AND (?3 = 0 OR t.account_id = ?3)" NVR_USABLE("t")
#define SUMS(period, width, since, settled)				\
	"SELECT t.at, " width ", t.reports, t.cpu, t.cpu_max,"		\
	" t.cpu_reports, t.memory, t.memory_max, t.memory_reports,"	\
	" t.temperature, t.temperature_max, t.temperature_reports,"	\
	" t.disk_free_min, t.disk_free_bytes_min, t.cameras,"		\
	" t.cameras_down_max FROM telemetry_sum t WHERE t.recorder_id"	\
	" = ?1 AND t.period = '" period "' AND t.at >= " since		\
	" AND t.at < ?2 AND t.settled >= " settled OF
/* A sum comes ahead of what else is of its moment. */
static const char SERIES[] =
    SUMS("day", "86400000000", "?4", "?5")
    " UNION ALL " SUMS("hour", "3600000000", "?6", "?7")
    " UNION ALL SELECT t.at, 60000000, 1, t.cpu, t.cpu, 1, t.memory,"
    " t.memory, 1, t.temperature, t.temperature, 1, t.disk_free,"
    " t.disk_free_bytes, t.cameras, t.cameras_down FROM telemetry t"
    " WHERE t.recorder_id = ?1 AND t.at >= ?8 AND t.at < ?2" OF
    " ORDER BY 1, 2 DESC";
/* clang-format on */

/* From where on each kind is read; of those that what was below has replaced
 * alone, where settled is 1. */
struct parts {
	int64_t days, hours, raw;
	int64_t settled_days, settled_hours;
};

struct mean {
	double sum, weight, max;
};

struct drawing {
	int64_t step;
	struct nvr_series_point p; /* width 0: there is none yet */
	struct mean cpu, memory, temperature;
	int (*point)(void *ctx, const struct nvr_series_point *p);
	void *ctx;
};

static int64_t
down(int64_t t, int64_t width)
{
	return nvr_floor_div(t, width) * width;
}

/* Steps divide the next wider one, so that no two points overlap. */
static int64_t
step_of(const struct nvr_series *w)
{
	static const int minutes[] = {
	    1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720};
	int64_t span = w->until - w->since;
	int64_t least = span <= FINE	 ? NVR_MINUTE
			: span <= MEDIUM ? NVR_HOUR
					 : NVR_DAY;
	int64_t last = w->until - 1, step;

	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		step = minutes[i] * NVR_MINUTE;
		if (step >= least && last / step - w->since / step < w->points)
			return step;
	}
	step = span / NVR_DAY / w->points * NVR_DAY;
	if (step == 0)
		step = NVR_DAY;
	while (last / step - w->since / step >= w->points)
		step += NVR_DAY;
	return step;
}

/* *since: the end of the last sum of that width; as it was where none is. */
static int
skip_summed(struct nvr_store *st, const struct nvr_series *w,
    const char *period, int64_t width, int64_t *since, struct nvr_error *err)
{
	struct nvr_query q;
	int rc = nvr_db_query(
	    st, &q, LAST, err, "itii", w->recorder, period, *since, w->until);

	if (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		*since = down(nvr_db_int(&q, 0), width) + width;
	nvr_db_done(&q);
	return rc < 0 ? rc : 0;
}

static int
divide(struct nvr_store *st, const struct nvr_series *w, int64_t step,
    struct parts *p, struct nvr_error *err)
{
	int64_t span = w->until - w->since;
	int rc = 0;

	*p = (struct parts){down(w->since, step), 0, 0, 1, 1};
	p->days = down(p->days, NVR_DAY);
	p->raw = p->hours = down(w->since, step);
	p->hours = down(p->hours, NVR_HOUR);
	if (span <= FINE)
		return 0;
	p->settled_hours = 0;
	if (span > MEDIUM) {
		p->settled_days = 0;
		rc = skip_summed(st, w, "day", NVR_DAY, &p->hours, err);
	}
	p->raw = p->hours;
	return rc == 0 ? skip_summed(st, w, "hour", NVR_HOUR, &p->raw, err)
		       : rc;
}

/* What cannot be counts as not told, whatever a hostile store says. */
static double
within(double v, double least, double most)
{
	return v >= least && v <= most ? v : NAN;
}

static void
add_mean(
    struct mean *m, struct nvr_query *q, int column, double least, double most)
{
	double mean = within(nvr_db_real(q, column), least, most);
	double max = within(nvr_db_real(q, column + 1), least, most);
	int64_t n = nvr_db_int(q, column + 2);

	if (!isnan(mean) && n > 0 && n <= COUNT) {
		m->sum += mean * (double)n;
		m->weight += (double)n;
	}
	m->max = fmax(m->max, max); /* of a number and NAN: the number */
}

static int64_t
greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
add_row(struct drawing *d, struct nvr_query *q)
{
	struct nvr_series_point *p = &d->p;
	int64_t reports = nvr_db_int(q, 2), bytes = nvr_db_int_or(q, 13, -1);

	if (reports > 0 && reports <= COUNT && p->reports <= COUNT)
		p->reports += reports;
	add_mean(&d->cpu, q, 3, 0, 1e6);
	add_mean(&d->memory, q, 6, 0, 100);
	add_mean(&d->temperature, q, 9, -1e4, 1e4);
	p->disk_free_min =
	    fmin(p->disk_free_min, within(nvr_db_real(q, 12), 0, 100));
	if (bytes >= 0 &&
	    (p->disk_free_bytes_min < 0 || bytes < p->disk_free_bytes_min))
		p->disk_free_bytes_min = bytes;
	p->cameras = greater(p->cameras, nvr_db_int_or(q, 14, -1));
	p->cameras_down_max =
	    greater(p->cameras_down_max, nvr_db_int_or(q, 15, -1));
}

static void
begin_point(struct drawing *d, int64_t at, int64_t width)
{
	d->p = (struct nvr_series_point){.at = at,
	    .width = width,
	    .disk_free_min = NAN,
	    .disk_free_bytes_min = -1,
	    .cameras = -1,
	    .cameras_down_max = -1};
	d->cpu = d->memory = d->temperature = (struct mean){0, 0, NAN};
}

/* 0 / 0 is NAN. */
static int
end_point(struct drawing *d)
{
	struct nvr_series_point *p = &d->p;

	if (p->width == 0)
		return 0;
	p->cpu = d->cpu.sum / d->cpu.weight;
	p->cpu_max = d->cpu.max;
	p->memory = d->memory.sum / d->memory.weight;
	p->memory_max = d->memory.max;
	p->temperature = d->temperature.sum / d->temperature.weight;
	p->temperature_max = d->temperature.max;
	return d->point(d->ctx, p);
}

/* What a sum covers already goes unseen: it came too late for it. */
static int
draw(struct drawing *d, struct nvr_query *q)
{
	int64_t width = greater(nvr_db_int(q, 1), d->step);
	int64_t at = down(nvr_db_int(q, 0), width);
	int rc = 0;

	if (at != d->p.at || width != d->p.width) {
		if (at < d->p.at + d->p.width)
			return 0;
		rc = end_point(d);
		begin_point(d, at, width);
	}
	if (rc == 0)
		add_row(d, q);
	return rc;
}

int
nvr_telemetry_series(struct nvr_store *st, const struct nvr_series *w,
    int (*point)(void *ctx, const struct nvr_series_point *p), void *ctx,
    struct nvr_error *err)
{
	struct drawing d = {.point = point, .ctx = ctx};
	struct nvr_query q;
	struct parts p;
	int rc;

	if (w->since < 0 || w->since >= w->until || w->until > NVR_TIME_MAX)
		return nvr_fail(err, NVR_E_USAGE,
		    "a span ends after it begins, and from 1970 to 9999");
	if (w->points < 1 || w->points > NVR_SERIES_POINTS)
		return nvr_fail(err, NVR_E_USAGE, "a series has 1 to %d points",
		    NVR_SERIES_POINTS);
	d.step = step_of(w);
	rc = divide(st, w, d.step, &p, err);
	if (rc != 0)
		return rc;
	rc = nvr_db_query(st, &q, SERIES, err, "iiiiiiii", w->recorder,
	    w->until, w->account, p.days, p.settled_days, p.hours,
	    p.settled_hours, p.raw);
	while (rc == 0 && (rc = nvr_db_step(&q, err)) == 1)
		rc = draw(&d, &q);
	nvr_db_done(&q);
	return rc == 0 ? end_point(&d) : rc;
}
