/*
 * A report as one HTML file: no script, no reference to anything outside, and
 * a policy that would not let one through.
 */
#include <inttypes.h>

#include "base/money.h"
#include "base/time.h"
#include "core/report_int.h"

static const char HEAD[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; img-src data:; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<title>Audit report</title>\n";

/* Colours have a contrast of 4.5 or more; none says what no shape does. */
static const char STYLE[] =
    "<style>\n"
    ":root{color-scheme:light dark;--ink:#1a1a1a;--dim:#595959;--line:#c4c4c4;"
    "--paper:#fff;--alarm:#a8001c;--seen:#00558c;--blind:#8a4b00}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececec;--dim:#b0b0b0;"
    "--line:#505050;--paper:#161616;--alarm:#ff8f8f;--seen:#8cc8ff;"
    "--blind:#ffbf66}}\n"
    "body{margin:0 auto;padding:1rem;max-width:46rem;color:var(--ink);"
    "background:var(--paper);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "h1,h2,h3,h4{line-height:1.25}\n"
    "h4{margin:0;font-size:1rem}\n"
    "section.camera{border-top:2px solid var(--line);margin-top:2rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse}\n"
    "caption{text-align:left;font-weight:bold}\n"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;"
    "border-bottom:1px solid var(--line);overflow-wrap:normal}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "td.x,th.x{min-width:9rem;overflow-wrap:anywhere}\n"
    "strong{color:var(--alarm)}\n"
    "em.blind{color:var(--blind);font-style:normal;font-weight:bold}\n"
    ".dim,figcaption{color:var(--dim);font-size:.875rem}\n"
    "ol.alarms{list-style:none;padding:0}\n"
    "ol.alarms>li{border-left:4px solid var(--alarm);padding-left:.8rem;"
    "margin:0 0 1.2rem;break-inside:avoid}\n"
    "ol.alarms p{margin:.2rem 0}\n"
    "figure{margin:.5rem 0}\n"
    "img{max-width:100%;height:auto}\n"
    "svg{display:block;width:100%;max-width:38rem;height:auto}\n"
    "svg text{fill:var(--ink);font:11px system-ui,sans-serif}\n"
    ".clear{stroke:var(--dim);fill:none}\n"
    ".unknown{stroke:var(--blind);fill:none}\n"
    ".failed{stroke:var(--blind);fill:none;stroke-width:1.5}\n"
    ".seen{fill:var(--seen)}\n"
    ".alarm{fill:var(--alarm)}\n"
    "@media print{:root{--ink:#000;--dim:#444;--line:#999;--paper:#fff;"
    "--alarm:#a8001c;--seen:#00558c;--blind:#8a4b00}"
    "body{max-width:none;padding:0;font-size:10pt}"
    "section.camera{break-before:page;border:0}"
    "h2,h3,h4{break-after:avoid}"
    "tr,figure,svg{break-inside:avoid}"
    ".wide{overflow:visible}"
    "svg{print-color-adjust:exact}}\n"
    "</style>\n"
    "</head>\n";

static void
put_head(struct nvr_report *r)
{
	char a[NVR_TIME_TEXT], b[NVR_TIME_TEXT], c[NVR_TIME_TEXT];
	int64_t since = r->o->since != 0 ? r->o->since : r->total.first;

	nvr_put(r, HEAD);
	nvr_put(r, STYLE);
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
	nvr_put(r,
	    "<div class=\"wide\"><table><caption>Cameras</caption><thead><tr>"
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
		nvr_put_html(r, t->name);
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
	    "<div class=\"wide\"><table><caption>Cost</caption><thead><tr>"
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
	nvr_put(r, "<div class=\"wide\"><table><caption>Pictures that left "
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
