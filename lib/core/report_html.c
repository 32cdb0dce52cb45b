/* A report as one HTML file. */
#include <inttypes.h>

#include "base/money.h"
#include "base/time.h"
#include "core/page.h"
#include "core/report_int.h"

static void
put_head(struct nvr_report *r)
{
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT], c[NVR_TIME_TEXT];
	int64_t since = r->o->since != 0 ? r->o->since : r->total.first;

	nvr_put(r, nvr_page_head);
	nvr_put(r, "<title>Audit report</title>\n");
	nvr_put(r, nvr_page_style);
	nvr_put(r, "<body>\n<header><h1>Audit report</h1>\n<p>");
	if (since != 0)
		nvr_putf(r, "From <time>%s</time> to ", nvr_moment(since, a));
	else
		nvr_put(r, "Until ");
	nvr_putf(r,
	    "<time>%s</time> UTC; made <time>%s</time> UTC. "
	    "All times are UTC.</p></header>\n<main>\n",
	    nvr_moment(r->o->until, b), nvr_moment(r->o->now, c));
}

/* What matters first, in words. */
static void
put_verdict(struct nvr_report *r)
{
	const struct nvr_report_tally *t = &r->total;
	char text[NVR_SUMMARY_TEXT];

	nvr_put(r, "<section><h2>Summary</h2>\n");
	if (t->audits == 0) {
		nvr_put(r, "<p>There was no audit in this time. That says "
			   "nothing about the cameras.</p>\n");
		return;
	}
	nvr_putf(r,
	    t->alarms > 0 ? "<p><strong>%s</strong></p>\n" : "<p>%s</p>\n",
	    nvr_summary_text(r, text));
	if (t->blind > 0)
		nvr_putf(r,
		    "<p><em class=\"blind\">%" PRId64 " audit%s: not examined."
		    "</em> That there is no alarm of them does not mean that "
		    "all was well.</p>\n",
		    t->blind, nvr_plural(t->blind));
	if (t->unknown > 0)
		nvr_putf(r,
		    "<p>Questions that a picture could not answer: %" PRId64
		    ".</p>\n",
		    t->unknown);
	if (r->left_out != NULL)
		nvr_putf(r, "<p>%s</p>\n", r->left_out);
}

static void
put_statuses(struct nvr_report *r)
{
	nvr_put(r, "<table><caption>Audits by status</caption><thead><tr>"
		   "<th scope=\"col\">Status</th><th scope=\"col\" class=\"n\">"
		   "Audits</th><th scope=\"col\">Which says</th></tr></thead>"
		   "<tbody>\n");
	for (int i = 0; i < NVR_STATUSES; i++) {
		const struct nvr_status_word *w = &nvr_status_words[i];

		if (r->total.status[i] == 0)
			continue;
		nvr_putf(r,
		    "<tr><th scope=\"row\">%s</th><td class=\"n\">%" PRId64
		    "</td><td>%s</td></tr>\n",
		    w->status, r->total.status[i], w->says);
	}
	nvr_put(r, "</tbody></table>\n");
}

static void
put_cameras(struct nvr_report *r)
{
	nvr_put(r, NVR_PAGE_WIDE
	    "<table><caption>Cameras</caption><thead><tr>"
	    "<th scope=\"col\" class=\"x\">Camera</th>"
	    "<th scope=\"col\" class=\"n\">Audits</th>"
	    "<th scope=\"col\" class=\"n\">Alarms</th>"
	    "<th scope=\"col\" class=\"n\">Not examined</th></tr></thead>"
	    "<tbody>\n");
	for (size_t i = 0; i < r->ncameras; i++) {
		const struct nvr_report_tally *t = &r->camera[i];

		nvr_putf(r,
		    "<tr><th scope=\"row\" class=\"x\"><a href=\"#c%zu\"><bdi>",
		    i + 1);
		nvr_put_html(r, t->label);
		nvr_putf(r,
		    "</bdi></a>%s</th><td class=\"n\">%" PRId64
		    "</td><td class=\"n\">%s%" PRId64 "%s</td>"
		    "<td class=\"n\">%" PRId64 "</td></tr>\n",
		    t->removed ? " (removed)" : "", t->audits,
		    t->alarms > 0 ? "<strong>" : "", t->alarms,
		    t->alarms > 0 ? "</strong>" : "", t->blind);
	}
	nvr_put(r, "</tbody></table></div>\n");
}

static void
put_costs(struct nvr_report *r)
{
	char money[NVR_MONEY_TEXT];

	nvr_put(r,
	    NVR_PAGE_WIDE "<table><caption>Cost</caption><thead><tr>"
			  "<th scope=\"col\" class=\"x\">Model</th>"
			  "<th scope=\"col\" class=\"n\">Requests</th>"
			  "<th scope=\"col\" class=\"n\">Without usage</th>"
			  "<th scope=\"col\" class=\"n\">Tokens in</th>"
			  "<th scope=\"col\" class=\"n\">Tokens out</th>"
			  "<th scope=\"col\" class=\"n\">");
	nvr_put_html(r, r->o->currency);
	nvr_put(r, "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->ncosts; i++) {
		const struct nvr_report_cost *c = &r->cost[i].cost;

		nvr_put(r, "<tr><th scope=\"row\" class=\"x\"><bdi>");
		nvr_put_html(r, r->cost[i].name);
		nvr_putf(r,
		    "</bdi></th><td class=\"n\">%" PRId64
		    "</td><td class=\"n\">%" PRId64 "</td><td class=\"n\">"
		    "%" PRId64 "</td><td class=\"n\">%" PRId64
		    "</td><td class=\"n\">%s",
		    c->requests, c->unreported, c->tokens_in, c->tokens_out,
		    nvr_money_format(c->micros, money));
		if (c->reserved_micros > 0)
			nvr_putf(r, " and up to %s",
			    nvr_money_format(c->reserved_micros, money));
		nvr_put(r, "</td></tr>\n");
	}
	nvr_put(r, "</tbody></table></div>\n");
}

static void
put_departures(struct nvr_report *r)
{
	nvr_put(r, NVR_PAGE_WIDE
	    "<table><caption>Pictures that left "
	    "this machine</caption><thead><tr>"
	    "<th scope=\"col\" class=\"x\">To</th>"
	    "<th scope=\"col\" class=\"n\">Pictures</th>"
	    "<th scope=\"col\" class=\"n\">Bytes</th></tr></thead>"
	    "<tbody>\n");
	for (size_t i = 0; i < r->nleft; i++) {
		nvr_put(r, "<tr><th scope=\"row\" class=\"x\"><bdi>");
		nvr_put_html(r, r->left[i].name);
		nvr_putf(r,
		    "</bdi></th><td class=\"n\">%" PRId64
		    "</td><td class=\"n\">%" PRId64 "</td></tr>\n",
		    r->left[i].left.pictures, r->left[i].left.bytes);
	}
	nvr_put(r, "</tbody></table></div>\n");
}

void
nvr_report_html(struct nvr_report *r)
{
	put_head(r);
	put_verdict(r);
	if (r->total.audits > 0) {
		put_statuses(r);
		put_cameras(r);
	}
	if (r->ncosts > 0)
		put_costs(r);
	if (r->nleft > 0)
		put_departures(r);
	nvr_put(r, "</section>\n");
	for (size_t i = 0; r->rc == 0 && i < r->ncameras; i++)
		nvr_report_html_camera(r, &r->camera[i], i + 1);
	nvr_put(r, "</main>\n</body>\n</html>\n");
}
