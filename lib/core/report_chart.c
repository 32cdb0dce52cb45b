/* What a camera's labels came to over the time, as numbers and as SVG. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "core/report_int.h"

/* Of the drawing; a column is 5 wide, and a mark in it 4. */
#define WIDTH (NVR_CHART_COLUMNS * STEP)
#define STEP 5
#define ROW 34
#define STRIP 12 /* where a row's marks begin, below its label */
#define MARK 14	 /* how high they are */

struct collect {
	struct nvr_chart *chart;
	struct nvr_error *err;
};

static int
column(const struct nvr_chart *c, int64_t at)
{
	__int128 span = (__int128)c->until - c->since;
	__int128 i = ((__int128)at - c->since) * NVR_CHART_COLUMNS /
		     (span > 0 ? span : 1);

	return i < 0			? 0
	       : i >= NVR_CHART_COLUMNS ? NVR_CHART_COLUMNS - 1
					: (int)i;
}

/* The row of the finding's label; NULL when there are too many. */
static struct nvr_chart_row *
row_of(struct nvr_chart *c, const struct nvr_finding *f, bool local)
{
	bool object = f->kind != NULL && strcmp(f->kind, "object") == 0;
	char label[sizeof(c->row[0].label)];
	struct nvr_chart_row *r;

	nvr_text_safe(f->label, label, sizeof(label));
	for (int i = 0; i < c->n; i++) {
		r = &c->row[i];
		if (r->object == object && r->local == local &&
		    strcmp(r->label, label) == 0)
			return r;
	}
	if (c->n == NVR_CHART_LABELS)
		return NULL;
	r = &c->row[c->n++];
	strlcpy(r->label, label, sizeof(r->label));
	r->object = object;
	r->local = local;
	return r;
}

static void
count(struct nvr_chart_row *r, int at_column, int64_t at, const char *verdict)
{
	struct nvr_chart_cell *cell = &r->cell[at_column];

	if (strcmp(verdict, "yes") == 0) {
		r->first = r->yes == 0 || at < r->first ? at : r->first;
		r->last = at > r->last ? at : r->last;
		r->yes++;
		cell->yes++;
	} else if (strcmp(verdict, "no") == 0) {
		r->no++;
		cell->no++;
	} else {
		r->unknown++;
		cell->unknown++;
	}
}

static bool
has_examined(const char *status)
{
	for (int i = 0; i < NVR_STATUSES; i++)
		if (strcmp(nvr_status_words[i].status, status) == 0)
			return nvr_status_words[i].examined;
	return false;
}

static int
take(void *ctx, const struct nvr_audit *a, const struct nvr_finding *f)
{
	struct nvr_chart *c = ctx;
	struct nvr_chart_row *r;
	int i = column(c, a->at);
	const char *source;
	bool local;

	if (a->id != c->audit)
		count(&c->examined, i, a->at,
		    has_examined(a->status) ? "yes" : "no");
	c->audit = a->id;
	if (f == NULL)
		return 0;
	source = f->source != NULL ? f->source : a->analyzer;
	local = strcmp(source, "local") == 0;
	r = row_of(c, f, local);
	if (r != NULL)
		count(r, i, a->at, f->verdict);
	else
		c->others++;
	if (local)
		count(&c->health, i, a->at, f->verdict);
	return 0;
}

int
nvr_chart_collect(struct nvr_report *r, const struct nvr_report_tally *camera,
    struct nvr_chart **ret)
{
	const struct nvr_report_span span = nvr_report_span(r, camera);
	struct nvr_chart *c;

	if (r->rc != 0)
		return r->rc;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return r->rc = nvr_fail_nomem(r->err);
	c->since = span.since != 0 ? span.since : r->total.first;
	c->until = span.until;
	strlcpy(c->examined.label, "examined", sizeof(c->examined.label));
	strlcpy(c->health.label, "camera health", sizeof(c->health.label));
	r->rc = nvr_report_findings(r->s->store, &span, false, take, c, r->err);
	if (r->rc == 0)
		*ret = c;
	else
		free(c);
	return r->rc;
}

/* Where a column's mark is, as what it is of. */
enum mark { NONE, CLEAR, UNKNOWN, SEEN, ALARM, FAILED };

static enum mark
mark_of(const struct nvr_chart *c, const struct nvr_chart_row *r, int i)
{
	const struct nvr_chart_cell *cell = &r->cell[i];

	if (r == &c->examined && cell->no > 0)
		return FAILED;
	if (r == &c->examined)
		return cell->yes > 0 ? CLEAR : NONE;
	if (cell->yes > 0)
		return r->object ? SEEN : ALARM;
	if (cell->unknown > 0)
		return UNKNOWN;
	return cell->no > 0 ? CLEAR : NONE;
}

/*
 * The marks of one kind as a path.  Each kind has its own shape, so that none
 * is told by its colour alone: a full bar, half a bar, an empty box, a cross,
 * a line, and nothing where there was no audit.
 */
static void
draw_marks(struct nvr_report *r, const struct nvr_chart *c,
    const struct nvr_chart_row *row, enum mark kind, int y)
{
	static const char *const name[] = {[CLEAR] = "clear",
	    [UNKNOWN] = "unknown",
	    [SEEN] = "seen",
	    [ALARM] = "alarm",
	    [FAILED] = "failed"};
	static const char *const shape[] = {[CLEAR] = "h",
	    [UNKNOWN] = "m.5-3.5h3v7h-3z",
	    [SEEN] = "v-7h4v7z",
	    [ALARM] = "v-7h4v14h-4z",
	    [FAILED] = "m0-4l4 8m0-8l-4 8"};
	bool any = false;

	for (int i = 0; i < NVR_CHART_COLUMNS; i++) {
		int run = 1; /* a line is as long as it goes on */

		if (mark_of(c, row, i) != kind)
			continue;
		if (!any)
			nvr_putf(r, "<path class=\"%s\" d=\"", name[kind]);
		any = true;
		nvr_putf(r, "M%d %d%s", i * STEP, y, shape[kind]);
		while (kind == CLEAR && i + 1 < NVR_CHART_COLUMNS &&
		       mark_of(c, row, i + 1) == kind)
			run++, i++;
		if (kind == CLEAR)
			nvr_putf(r, "%d", run * STEP);
	}
	if (any)
		nvr_put(r, "\"/>");
}

static void
draw_row(struct nvr_report *r, const struct nvr_chart *c,
    const struct nvr_chart_row *row, int y)
{
	nvr_putf(r, "<text x=\"0\" y=\"%d\">", y + STRIP - 2);
	nvr_put_html(r, row->label);
	nvr_put(r, "</text>");
	for (int kind = CLEAR; kind <= FAILED; kind++)
		draw_marks(
		    r, c, row, (enum mark)kind, y + STRIP + 2 + MARK / 2);
	nvr_put(r, "\n");
}

/* Worth a row of its own: more than the camera's health says already. */
static bool
is_drawn(const struct nvr_chart_row *row)
{
	return row->yes > 0 || (!row->local && row->unknown > 0);
}

static void
describe(struct nvr_report *r, const struct nvr_report_tally *camera,
    const struct nvr_chart *c)
{
	char from[NVR_TIME_TEXT], to[NVR_TIME_TEXT];

	nvr_putf(r,
	    "From %s to %s UTC. Audits: %" PRId64 "; not examined: %" PRId64
	    "; alarms: %" PRId64 ".",
	    nvr_moment(c->since, from), nvr_moment(c->until, to),
	    camera->audits, camera->blind, camera->alarms);
	for (int i = 0; i < c->n; i++) {
		const struct nvr_chart_row *row = &c->row[i];

		if (row->yes == 0)
			continue;
		nvr_put(r, " ");
		nvr_put_html(r, row->label);
		nvr_putf(r, ": %" PRId64 " in all, first %s, last %s.",
		    row->yes, nvr_moment(row->first, from),
		    nvr_moment(row->last, to));
	}
}

void
nvr_chart_svg(struct nvr_report *r, const struct nvr_report_tally *camera,
    const struct nvr_chart *c, size_t number)
{
	char text[NVR_TIME_TEXT];
	int rows = 1 + (c->health.yes + c->health.no + c->health.unknown > 0);
	int y = 0;

	for (int i = 0; i < c->n; i++)
		rows += is_drawn(&c->row[i]);
	nvr_putf(r,
	    "<figure class=\"chart\"><svg viewBox=\"-1 0 %d %d\" role=\"img\""
	    " aria-labelledby=\"t%zu d%zu\">\n<title id=\"t%zu\">",
	    WIDTH + 2, rows * ROW + 16, number, number, number);
	nvr_put_html(r, camera->label);
	nvr_putf(r, ": findings over time</title><desc id=\"d%zu\">", number);
	describe(r, camera, c);
	nvr_put(r, "</desc>\n");
	draw_row(r, c, &c->examined, y);
	if (c->health.yes + c->health.no + c->health.unknown > 0)
		draw_row(r, c, &c->health, y += ROW);
	for (int i = 0; i < c->n; i++)
		if (is_drawn(&c->row[i]))
			draw_row(r, c, &c->row[i], y += ROW);
	nvr_putf(r, "<text x=\"0\" y=\"%d\">%.16s</text>", rows * ROW + 12,
	    nvr_moment(c->since, text));
	nvr_putf(r,
	    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.16s UTC</text>",
	    WIDTH, rows * ROW + 12, nvr_moment(c->until, text));
	nvr_put(r,
	    "</svg>\n<figcaption>Full bar: alarm. Empty box: it could not be "
	    "told. Half bar: seen. Line: clear. Cross: not examined. "
	    "Nothing: no audit.</figcaption></figure>\n");
}
