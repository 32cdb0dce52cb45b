/* A report as plain text of 80 columns, for terminals and mails. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/money.h"
#include "base/text.h"
#include "base/time.h"
#include "base/wrap.h"
#include "core/report_int.h"

#define COLUMNS 79 /* a mail's text is best below 78 to 80 */
#define FAILURES 20

/* Text of others. */
static void
put_wrapped(struct nvr_report *r, int indent, const char *text)
{
	if (r->rc == 0)
		r->rc = nvr_wrap(&r->buf, indent, COLUMNS, text, r->err);
}

static void put_wrappedf(struct nvr_report *r, int indent, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
put_wrappedf(struct nvr_report *r, int indent, const char *fmt, ...)
{
	char text[2 * NVR_CONFIDENCE_TEXT + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_wrapped(r, indent, text);
}

static void
put_heading(struct nvr_report *r, const char *text)
{
	int columns = nvr_columns(text);

	nvr_put(r, "\n");
	put_wrapped(r, 0, text);
	for (int i = 0; i < columns && i < COLUMNS; i++)
		nvr_put(r, "-");
	nvr_put(r, "\n");
}

static void
put_statuses(struct nvr_report *r)
{
	nvr_put(r, "\n");
	for (int i = 0; i < NVR_STATUSES; i++)
		if (r->total.status[i] > 0)
			nvr_putf(r, "%10" PRId64 "  %-10s  %s\n",
			    r->total.status[i], nvr_status_words[i].status,
			    nvr_status_words[i].says);
}

static void
put_costs(struct nvr_report *r)
{
	char money[NVR_MONEY_TEXT], reserved[NVR_MONEY_TEXT];

	for (size_t i = 0; i < r->ncosts; i++) {
		const struct nvr_report_cost *c = &r->cost[i].cost;

		nvr_put(r, i == 0 ? "\nCost:\n" : "");
		put_wrappedf(r, 2,
		    "%.128s: %" PRId64 " requests, %" PRId64
		    " tokens in, %" PRId64 " out, %.16s %s%s%s; %" PRId64
		    " requests told no usage",
		    r->cost[i].name, c->requests, c->tokens_in, c->tokens_out,
		    r->o->currency, nvr_money_format(c->micros, money),
		    c->reserved_micros > 0 ? " and up to " : "",
		    c->reserved_micros > 0
			? nvr_money_format(c->reserved_micros, reserved)
			: "",
		    c->unreported);
	}
	for (size_t i = 0; i < r->nleft; i++) {
		nvr_put(
		    r, i == 0 ? "\nPictures that left this machine, to\n" : "");
		put_wrappedf(r, 2,
		    "%.256s: %" PRId64 " pictures, %" PRId64 " bytes",
		    r->left[i].name, r->left[i].left.pictures,
		    r->left[i].left.bytes);
	}
}

static void
put_summary(struct nvr_report *r)
{
	const struct nvr_report_tally *t = &r->total;
	int64_t since = r->o->since != 0 ? r->o->since : t->first;
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT], text[NVR_SUMMARY_TEXT];

	nvr_put(r, "Audit report\n============\n");
	if (since != 0)
		nvr_putf(r, "From %s to ", nvr_moment(since, a));
	else
		nvr_put(r, "Until ");
	nvr_putf(r, "%s. All times are UTC.\n\n", nvr_moment(r->o->until, b));
	if (t->audits == 0) {
		nvr_put(r, "There was no audit in this time. That says nothing "
			   "about the cameras.\n");
		return;
	}
	put_wrapped(r, 0, nvr_summary_text(r, text));
	if (t->blind > 0)
		put_wrappedf(r, 0,
		    "%" PRId64 " audit%s: NOT EXAMINED. That there is no alarm "
		    "of them does not mean that all was well.",
		    t->blind, nvr_plural(t->blind));
	if (t->unknown > 0)
		put_wrappedf(r, 0,
		    "Questions that a picture could not answer: %" PRId64 ".",
		    t->unknown);
	if (r->left_out != NULL)
		put_wrapped(r, 0, r->left_out);
	put_statuses(r);
	put_costs(r);
}

static int
put_failure(void *ctx, const struct nvr_report_failure *f)
{
	struct nvr_report *r = ctx;
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT];

	put_wrappedf(r, 2, "not examined, %s: %" PRId64 " from %s to %s",
	    f->status, f->audits, nvr_moment(f->first, a),
	    nvr_moment(f->last, b));
	if (f->error != NULL)
		put_wrapped(r, 4, f->error);
	return r->rc;
}

struct alarms {
	struct nvr_report *r;
	int64_t n;
};

static int
put_alarm(void *ctx, const struct nvr_audit *a, const struct nvr_finding *f)
{
	struct alarms *l = ctx;
	struct nvr_report *r = l->r;
	char at[NVR_TIME_TEXT], id[NVR_ID_TEXT], label[128];
	char how[NVR_CONFIDENCE_TEXT], who[NVR_CONFIDENCE_TEXT];

	if (r->alarms > 0 && l->n == r->alarms)
		return 1;
	l->n++;
	nvr_put(r, "\n");
	put_wrappedf(r, 2, "%s %s", nvr_moment(a->at, at),
	    nvr_text_safe(f->label, label, sizeof(label)));
	put_wrapped(r, 4, f->evidence);
	put_wrappedf(r, 4, "%s; by %s; %s audit %s",
	    nvr_confidence_text(f, how), nvr_finder_text(a, f, who), a->type,
	    nvr_id_format(a->id, id));
	return r->rc;
}

static void
put_checks(struct nvr_report *r, const struct nvr_chart *c)
{
	for (int i = 0; i < c->n; i++) {
		const struct nvr_chart_row *row = &c->row[i];

		if (row->yes == 0 && row->unknown == 0)
			continue;
		put_wrappedf(r, 2,
		    "%s%s: yes %" PRId64 ", no %" PRId64
		    ", cannot tell %" PRId64,
		    row->label, row->object ? " (object)" : "", row->yes,
		    row->no, row->unknown);
	}
	if (c->others > 0)
		nvr_putf(
		    r, "  %" PRId64 " findings of other labels\n", c->others);
}

static void
put_camera(struct nvr_report *r, const struct nvr_report_tally *camera)
{
	const struct nvr_report_span span = nvr_report_span(r, camera);
	struct alarms l = {.r = r};
	struct nvr_chart *chart = NULL;
	char name[256];
	int rc = 0;

	if (nvr_chart_collect(r, camera, &chart) != 0)
		return;
	put_heading(r, nvr_text_safe(camera->label, name, sizeof(name)));
	nvr_putf(r,
	    "%" PRId64 " audit%s, %" PRId64 " not examined, %" PRId64
	    " alarm%s%s\n",
	    camera->audits, nvr_plural(camera->audits), camera->blind,
	    camera->alarms, nvr_plural(camera->alarms),
	    camera->removed ? "; the camera was removed" : "");
	put_checks(r, chart);
	free(chart);
	if (r->rc == 0 && camera->blind > 0)
		r->rc = nvr_report_failures(
		    r->s->store, &span, FAILURES, put_failure, r, r->err);
	if (r->rc == 0 && camera->alarms > 0)
		rc = nvr_report_findings(
		    r->s->store, &span, true, put_alarm, &l, r->err);
	if (rc == 1)
		nvr_put(r, "\n  Older alarms are left out.\n");
	else if (r->rc == 0)
		r->rc = rc;
}

void
nvr_report_text(struct nvr_report *r)
{
	put_summary(r);
	for (size_t i = 0; r->rc == 0 && i < r->ncameras; i++)
		put_camera(r, &r->camera[i]);
}
