/* A camera's part of a report in HTML: chart, checks, failures, alarms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/jpeg.h"
#include "base/text.h"
#include "base/time.h"
#include "core/keep.h"
#include "core/page.h"
#include "core/report_int.h"
#include "seal/base64.h"
#include "still/send.h"

#define FAILURES 20 /* reasons that are listed */
#define SIDE 640    /* of a still, pixels */
#define QUALITY 75

static void
put_checks(struct nvr_report *r, const struct nvr_chart *c)
{
	nvr_put(r, NVR_PAGE_WIDE
	    "<table><caption>What was looked for"
	    "</caption><thead><tr>"
	    "<th scope=\"col\" class=\"x\">Check or object</th>"
	    "<th scope=\"col\">By</th>"
	    "<th scope=\"col\" class=\"n\">Yes</th>"
	    "<th scope=\"col\" class=\"n\">No</th>"
	    "<th scope=\"col\" class=\"n\">Cannot tell</th></tr></thead>"
	    "<tbody>\n");
	for (int i = 0; i < c->n; i++) {
		const struct nvr_chart_row *row = &c->row[i];
		bool alarm = row->yes > 0 && !row->object;

		nvr_put(r, "<tr><th scope=\"row\" class=\"x\"><bdi>");
		nvr_put_html(r, row->label);
		nvr_putf(r,
		    "</bdi>%s</th><td>%s</td><td class=\"n\">%s%" PRId64
		    "%s</td><td class=\"n\">%" PRId64
		    "</td><td class=\"n\">%" PRId64 "</td></tr>\n",
		    row->object ? " (object)" : "",
		    row->local ? "local" : "model", alarm ? "<strong>" : "",
		    row->yes, alarm ? "</strong>" : "", row->no, row->unknown);
	}
	nvr_put(r, "</tbody></table></div>\n");
	if (c->others > 0)
		nvr_putf(r,
		    "<p>And %" PRId64 " findings of other labels.</p>\n",
		    c->others);
}

static int
put_failure(void *ctx, const struct nvr_report_failure *f)
{
	struct nvr_report *r = ctx;
	char first[NVR_TIME_TEXT], last[NVR_TIME_TEXT];

	nvr_putf(
	    r, "<tr><th scope=\"row\">%s</th><td class=\"x\"><bdi>", f->status);
	nvr_put_html(r, f->error);
	nvr_putf(r,
	    "</bdi></td><td class=\"n\">%" PRId64 "</td><td>%s</td>"
	    "<td>%s</td></tr>\n",
	    f->audits, nvr_moment(f->first, first), nvr_moment(f->last, last));
	return r->rc;
}

static void
put_failures(struct nvr_report *r, const struct nvr_report_tally *camera)
{
	const struct nvr_report_span span = nvr_report_span(r, camera);

	nvr_putf(r,
	    NVR_PAGE_WIDE
	    "<table><caption><em class=\"blind\">Not "
	    "examined: %" PRId64 "</em> (the %d most frequent reasons)"
	    "</caption><thead><tr><th scope=\"col\">Status</th>"
	    "<th scope=\"col\" class=\"x\">Reason</th>"
	    "<th scope=\"col\" class=\"n\">Audits</th>"
	    "<th scope=\"col\">First</th><th scope=\"col\">Last</th></tr>"
	    "</thead><tbody>\n",
	    camera->blind, FAILURES);
	if (r->rc == 0)
		r->rc = nvr_report_failures(
		    r->s->store, &span, FAILURES, put_failure, r, r->err);
	nvr_put(r, "</tbody></table></div>\n");
}

/* The list of alarms while it is written. */
struct alarms {
	struct nvr_report *r;
	int64_t n, audit; /* the one before */
	int64_t still;	  /* of it, not shown yet; 0: none */
	const char *camera;
};

/* As small as it is shown, without what else is in the file. */
static int
shrink(const struct nvr_buf *jpeg, struct nvr_buf *small, int *width,
    int *height, struct nvr_error *err)
{
	struct nvr_send how = {.quality = QUALITY};
	int rc = nvr_jpeg_size(jpeg->data, jpeg->len, width, height, err);
	int side;

	if (rc != 0)
		return rc;
	side = *width > *height ? *width : *height;
	if (side > SIDE) {
		*width = *width * SIDE / side > 0 ? *width * SIDE / side : 1;
		*height = *height * SIDE / side > 0 ? *height * SIDE / side : 1;
		how.to_width = *width;
		how.to_height = *height;
	}
	return nvr_send_still(jpeg->data, jpeg->len, &how, small, err);
}

static void
put_data_uri(struct nvr_report *r, const struct nvr_buf *jpeg)
{
	nvr_put(r, "data:image/jpeg;base64,");
	if (r->rc == 0)
		r->rc = nvr_base64_add(&r->buf, jpeg->data, jpeg->len, r->err);
}

static void
put_picture(struct alarms *l, const struct nvr_buf *jpeg, int width, int height)
{
	struct nvr_report *r = l->r;
	char cid[512], id[NVR_ID_TEXT];

	nvr_put(r, "<figure><img src=\"");
	if (r->pictures == NULL) {
		put_data_uri(r, jpeg);
	} else {
		snprintf(cid, sizeof(cid), "%s@%s", nvr_id_format(l->audit, id),
		    r->pictures->domain);
		nvr_put(r, "cid:");
		nvr_put_attr(r, cid);
		if (r->rc == 0)
			r->rc = r->pictures->add(r->pictures->ctx, cid,
			    jpeg->data, jpeg->len, r->err);
	}
	nvr_putf(r, "\" width=\"%d\" height=\"%d\" alt=\"The still of ", width,
	    height);
	nvr_put_attr(r, l->camera);
	nvr_put(r, " that was examined\"></figure>\n");
}

/* Behind the audit's last alarm.  One that cannot be had is told. */
static void
put_still(struct alarms *l)
{
	struct nvr_report *r = l->r;
	struct nvr_buf jpeg = {0}, small = {0};
	struct nvr_error err = {0};
	int64_t expires = 0;
	int width, height, rc;

	if (l->still == 0 || !r->stills || r->rc != 0)
		return;
	rc = nvr_keep_load(r->s, l->still, r->o->now, &jpeg, &expires, &err);
	if (rc == 0)
		rc = shrink(&jpeg, &small, &width, &height, &err);
	if (rc == 0) {
		if (r->expires == 0 || expires < r->expires)
			r->expires = expires;
		put_picture(l, &small, width, height);
	} else {
		nvr_put(r, "<p class=\"dim\">The still is not shown: ");
		nvr_put_html(r, err.text);
		nvr_put(r, "</p>\n");
	}
	nvr_buf_wipe(&jpeg);
	nvr_buf_wipe(&small);
	l->still = 0;
}

static void
end_alarm(struct alarms *l, int64_t audit)
{
	if (l->audit != audit)
		put_still(l);
	if (l->n > 0)
		nvr_put(l->r, "</li>\n");
}

static int
put_alarm(void *ctx, const struct nvr_audit *a, const struct nvr_finding *f)
{
	struct alarms *l = ctx;
	struct nvr_report *r = l->r;
	char text[NVR_CONFIDENCE_TEXT], at[NVR_TIME_TEXT], id[NVR_ID_TEXT];
	bool ours = f->source != NULL ? f->source[0] == 'l' : a->model == NULL;

	end_alarm(l, a->id);
	l->audit = a->id;
	if (r->alarms > 0 && l->n == r->alarms) {
		l->still = 0;
		l->n = -1; /* its end is written */
		return 1;
	}
	l->still = a->still_id;
	l->n++;
	nvr_putf(r, "<li><h4><time>%s</time> <bdi>", nvr_moment(a->at, at));
	nvr_put_html(r, f->label);
	nvr_putf(r, "</bdi></h4>\n<p>%s<bdi>", ours ? "" : "<q>");
	nvr_put_html(r, f->evidence);
	nvr_putf(r, "</bdi>%s</p>\n<p class=\"dim\"><bdi>", ours ? "" : "</q>");
	nvr_put_html(r, nvr_confidence_text(f, text));
	nvr_put(r, "</bdi>; by <bdi>");
	nvr_put_html(r, nvr_finder_text(a, f, text));
	nvr_putf(r, "</bdi>; %s audit <code>%s</code>", a->type,
	    nvr_id_format(a->id, id));
	if (a->taken_at != 0)
		nvr_putf(r, "; still of <time>%s</time>",
		    nvr_moment(a->taken_at, at));
	nvr_put(r, "</p>\n");
	return r->rc;
}

static void
put_alarms(struct nvr_report *r, const struct nvr_report_tally *camera)
{
	const struct nvr_report_span span = nvr_report_span(r, camera);
	struct alarms l = {.r = r, .camera = camera->label};
	int rc;

	nvr_putf(r, "<h3>Alarms: %" PRId64 "</h3>\n<ol class=\"alarms\">\n",
	    camera->alarms);
	if (r->rc != 0)
		return;
	rc = nvr_report_findings(
	    r->s->store, &span, true, put_alarm, &l, r->err);
	if (rc < 0)
		r->rc = rc;
	if (l.n > 0)
		end_alarm(&l, 0);
	nvr_put(r, "</ol>\n");
	if (rc == 1)
		nvr_put(r, "<p>Older alarms are left out.</p>\n");
}

void
nvr_report_html_camera(
    struct nvr_report *r, const struct nvr_report_tally *camera, size_t number)
{
	struct nvr_chart *chart = NULL;

	if (nvr_chart_collect(r, camera, &chart) != 0)
		return;
	nvr_putf(r,
	    "<section class=\"camera\" id=\"c%zu\" aria-labelledby=\"h%zu\">"
	    "<h2 id=\"h%zu\"><bdi>",
	    number, number, number);
	nvr_put_html(r, camera->label);
	nvr_putf(r,
	    "</bdi>%s</h2>\n<p>%" PRId64 " audit%s, %" PRId64
	    " not examined, %" PRId64 " alarm%s.</p>\n",
	    camera->removed ? " (removed)" : "", camera->audits,
	    nvr_plural(camera->audits), camera->blind, camera->alarms,
	    nvr_plural(camera->alarms));
	nvr_chart_svg(r, camera, chart, number);
	if (chart->n > 0)
		put_checks(r, chart);
	if (camera->blind > 0)
		put_failures(r, camera);
	if (camera->alarms > 0)
		put_alarms(r, camera);
	nvr_put(r, "</section>\n");
	free(chart);
}
