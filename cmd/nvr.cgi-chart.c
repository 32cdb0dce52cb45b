/* How a recorder fared, as lines of a chart; see nvr.cgi-page.h. */
#include <math.h>
#include <string.h>

#include "base/time.h"
#include "nvr.cgi-page.h"
#include "store/telemetry_series.h"

#define WIDE 600 /* of chart.html's picture, which is 100 high */
#define POINTS 300

struct line {
	const char *label, *unit;
	double (*value)(const struct nvr_series_point *p);
	struct nvr_buf path; /* of SVG */
	double now, least, most;
	int64_t end; /* of the newest point; 0: there is none */
};

struct chart {
	struct portal_call *c;
	struct line *line;
	int64_t since, until;
};

static double
cpu(const struct nvr_series_point *p)
{
	return p->cpu;
}

static double
memory(const struct nvr_series_point *p)
{
	return p->memory;
}

static double
disk(const struct nvr_series_point *p)
{
	return p->disk_free_min;
}

static double
temperature(const struct nvr_series_point *p)
{
	return p->temperature;
}

/* A line goes on where nothing is missing between two points. */
static int
draw(struct chart *chart, struct line *l, const struct nvr_series_point *p)
{
	double v = l->value(p), high = fmin(fmax(v, 0), 100);
	double x = (double)(2 * (p->at - chart->since) + p->width) / 2 * WIDE /
		   (double)(chart->until - chart->since);
	bool on = l->end != 0 && p->at <= l->end + p->width;

	if (isnan(v))
		return 0;
	l->least = l->end == 0 ? v : fmin(l->least, v);
	l->most = l->end == 0 ? v : fmax(l->most, v);
	l->now = v;
	l->end = p->at + p->width;
	return nvr_buf_addf(&l->path, chart->c->err, "%s%.1f %.1f%s",
	    on ? "L" : "M", fmax(x, 0), 100 - high, on ? "" : "h.1");
}

static int
point(void *ctx, const struct nvr_series_point *p)
{
	struct chart *chart = ctx;
	int rc = 0;

	for (struct line *l = chart->line; rc == 0 && l->label != NULL; l++)
		rc = draw(chart, l, p);
	return rc;
}

static json_t *
line_json(const struct line *l)
{
	return json_pack("{ss ss sb sf sf sf ss}", "label", l->label, "unit",
	    l->unit, "known", l->end != 0, "now", l->now, "least", l->least,
	    "most", l->most, "line", l->path.data != NULL ? l->path.data : "");
}

int
portal_charts(struct portal_call *c, int64_t recorder, int64_t span)
{
	struct line lines[] = {{"Processor", " %", cpu},
	    {"Memory", " %", memory}, {"Disk free", " %", disk},
	    {"Temperature", " °C", temperature}, {NULL}};
	struct chart chart = {c, lines, c->now - span, c->now};
	const struct nvr_series which = {.recorder = recorder,
	    .account = c->session.account,
	    .since = chart.since,
	    .until = chart.until,
	    .points = POINTS};
	json_t *list = json_array();
	int bad = 0;
	int rc = recorder != 0 ? nvr_telemetry_series(
				     c->s->store, &which, point, &chart, c->err)
			       : 0;

	for (struct line *l = lines; l->label != NULL; l++) {
		bad |= json_array_append_new(list, line_json(l));
		nvr_buf_release(&l->path);
	}
	if (rc == 0 && bad != 0)
		rc = nvr_fail_nomem(c->err);
	if (rc == 0)
		return portal_put(c, "charts", list);
	json_decref(list);
	return rc;
}
