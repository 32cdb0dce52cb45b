/* Who received data, for the page; see export_int.h. */
#include <string.h>

#include "base/jurisdiction.h"
#include "base/text.h"
#include "core/disclosure.h"
#include "core/export_page.h"
#include "core/processor.h"
#include "core/site.h"

static struct nvr_export_sent *
sent_to(struct nvr_exporting *x, const char *host)
{
	for (size_t i = 0; i < x->nsent; i++)
		if (strcmp(x->sent[i].host, host) == 0)
			return &x->sent[i];
	if (x->nsent == NVR_EXPORT_SENT)
		return &x->sent[NVR_EXPORT_SENT - 1];
	/* The last place is that of all others. */
	if (x->nsent < NVR_EXPORT_SENT - 1)
		strlcpy(x->sent[x->nsent].host, host,
		    sizeof(x->sent[x->nsent].host));
	return &x->sent[x->nsent++];
}

int
nvr_export_write_departure(void *ctx, const struct nvr_export_row *r)
{
	struct nvr_export_departures *d = ctx;
	struct nvr_export_sent *to;
	const char *host = NULL;
	int64_t at = 0;

	for (int i = 0; i < d->t->n; i++) {
		const struct nvr_export_value *v = &r->value[i];

		if (v->null || v->odd)
			continue;
		if (strcmp(d->t->column[i].name, "destination") == 0)
			host = v->bytes.data;
		else if (strcmp(d->t->column[i].name, "at") == 0)
			at = v->number;
	}
	to = sent_to(d->x, nvr_or_empty(host));
	if (to->pictures++ == 0 || at < to->first)
		to->first = at;
	if (at > to->last)
		to->last = at;
	return nvr_export_write_row(d->w, r);
}

static int
put_processor(void *ctx, const struct nvr_processor *x)
{
	struct nvr_export_page *g = ctx;
	struct nvr_paper *p = &g->p;

	nvr_paper_text(p, x->name, NULL);
	nvr_paper_text(p, x->purpose, NULL);
	nvr_paper_text(p, x->data, NULL);
	nvr_paper_text(p, x->jurisdiction, NULL);
	nvr_paper_text(p, x->safeguard, NULL);
	nvr_paper_time(p, x->since, NULL);
	nvr_paper_time(p, x->until, NULL);
	return p->rc;
}

static void
put_sent(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"host", w->host},
	    {"pictures", w->pictures_sent}, {"first", w->first},
	    {"last", w->last}, {NULL, NULL}};

	nvr_paper_table(&g->p, "destinations", w->destinations, columns);
	for (size_t i = 0; i < g->x->nsent; i++) {
		const struct nvr_export_sent *to = &g->x->sent[i];

		nvr_paper_text(&g->p, to->host, w->more);
		nvr_paper_int(&g->p, to->pictures);
		nvr_paper_time(&g->p, to->first, NULL);
		nvr_paper_time(&g->p, to->last, NULL);
	}
	nvr_paper_table_end(&g->p);
}

struct giving {
	struct nvr_export_page *g;
	const struct nvr_paper_column *columns;
	bool any;
};

/* The same rows as store/export.h takes, opened. */
static int
put_given(void *ctx, const struct nvr_disclosed *d)
{
	struct giving *x = ctx;
	struct nvr_paper *p = &x->g->p;

	if (d->account != x->g->x->o->account || d->tell_at == 0 ||
	    d->tell_at > x->g->x->o->now)
		return 0;
	if (!x->any)
		nvr_paper_table(p, "disclosures", x->g->w->given, x->columns);
	x->any = true;
	nvr_paper_text(p, d->authority, "?");
	nvr_paper_text(p, d->basis, "?");
	nvr_paper_text(p, d->what, "?");
	nvr_paper_time(p, d->at, NULL);
	return p->rc;
}

/* What does not open is told as a gap already, or is somebody else's. */
static int
put_disclosures(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"authority", w->authority},
	    {"basis", w->law}, {"what", w->what_given}, {"at", w->given_at},
	    {NULL, NULL}};
	struct giving x = {g, columns, false};
	int rc;

	nvr_paper_say(&g->p, w->authorities);
	rc = nvr_disclosed_each(g->x->s, 0, put_given, &x, g->x->err);
	if (x.any)
		nvr_paper_table_end(&g->p);
	return rc == NVR_E_DATA ? 0 : rc;
}

int
nvr_export_page_received(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"name", w->name},
	    {"purpose", w->purpose}, {"data", w->data},
	    {"jurisdiction", w->where}, {"safeguard", w->safeguard},
	    {"since", w->since}, {"until", w->ended}, {NULL, NULL}};
	int rc;

	nvr_paper_heading(&g->p, w->received);
	nvr_paper_table(&g->p, "processors", w->processors, columns);
	rc = nvr_processor_each(g->x->s->store, put_processor, g, g->x->err);
	nvr_paper_table_end(&g->p);
	put_sent(g);
	return rc == 0 ? put_disclosures(g) : rc;
}

static int
put_site(void *ctx, const struct nvr_site *site)
{
	struct nvr_export_page *g = ctx;
	struct nvr_error ignored;
	struct nvr_buf name = {0};
	bool open = nvr_site_name(g->x->s, site, &name, &ignored) == 0;

	nvr_paper_text(&g->p, open ? name.data : NULL, "?");
	nvr_paper_text(&g->p, site->jurisdiction, NULL);
	nvr_paper_bool(&g->p, nvr_jurisdiction_eea(site->jurisdiction));
	nvr_buf_wipe(&name);
	return g->p.rc;
}

int
nvr_export_page_sites(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"site", w->site},
	    {"jurisdiction", w->jurisdiction}, {"eea", w->eea}, {NULL, NULL}};
	int rc;

	nvr_paper_heading(&g->p, w->sites);
	nvr_paper_table(&g->p, "sites", w->sites_caption, columns);
	rc = nvr_site_each(
	    g->x->s->store, g->x->o->account, false, put_site, g, g->x->err);
	nvr_paper_table_end(&g->p);
	return rc;
}
