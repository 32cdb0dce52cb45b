/* What is held and stays, and what people can ask for; see export_page.h. */
#include <string.h>

#include "base/rules.h"
#include "core/article30_int.h"
#include "core/export_page.h"

static void
put_held(struct nvr_export_page *g, const struct nvr_export_table *t)
{
	char columns[NVR_EXPORT_LIST] = "", purposes[NVR_EXPORT_LIST] = "";

	for (int i = t->n; i < t->all; i++) {
		const struct nvr_export_column *c = &t->column[i];

		/* Whose a row is is told by its being here. */
		if (nvr_article6(c->basis) == NULL ||
		    (t->n > 0 && strcmp(c->name, "account_id") == 0))
			continue;
		nvr_export_list(columns, c->name);
		nvr_export_list_purpose(purposes, c);
	}
	if (purposes[0] == '\0')
		return;
	nvr_paper_text(&g->p, nvr_table_words(t->name).words, NULL);
	nvr_paper_text(&g->p, columns, NULL);
	nvr_paper_text(&g->p, purposes, NULL);
}

void
nvr_export_page_held(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"what", w->what},
	    {"columns", w->columns}, {"purpose", w->purpose}, {NULL, NULL}};

	nvr_paper_heading(&g->p, w->held);
	for (int i = 0; w->held_why[i] != NULL; i++)
		nvr_paper_say(&g->p, w->held_why[i]);
	nvr_paper_table(&g->p, "held", w->held_caption, columns);
	for (size_t i = 0; i < g->x->nparts; i++)
		put_held(g, &g->x->part[i]->t);
	nvr_paper_table_end(&g->p);
}

/* Nothing is said of who is not needed everywhere, and is not set. */
static void
put_who(struct nvr_export_page *g, const char *key, const char *label,
    const char *who)
{
	if (who[0] == '\0')
		return;
	nvr_paper_fact(&g->p, key, label);
	nvr_paper_text(&g->p, who, NULL);
}

static void
put_controller(struct nvr_export_page *g)
{
	static const struct nvr_rules none;
	const struct nvr_export_words *w = g->w;
	const struct nvr_rules *r = g->x->s->rules;
	struct nvr_paper *p = &g->p;

	if (r == NULL)
		r = &none;
	nvr_paper_facts(p, "controller", w->controller);
	nvr_paper_fact(p, "name", w->controller_name);
	nvr_paper_text(p, r->controller, w->not_told);
	nvr_paper_fact(p, "contact", w->contact);
	nvr_paper_text(p, r->contact, w->not_told);
	put_who(g, "officer", w->officer, r->officer);
	put_who(g, "representative", w->representative, r->representative);
	put_who(g, "joint", w->joint, r->joint);
	put_who(g, "portal", w->portal, r->url);
	nvr_paper_facts_end(p);
}

void
nvr_export_page_rights(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"right", w->right},
	    {"article", w->article}, {"how", w->how}, {NULL, NULL}};

	nvr_paper_heading(&g->p, w->rights);
	nvr_paper_say(&g->p, w->rights_how);
	nvr_paper_table(&g->p, "rights", w->rights_caption, columns);
	for (int i = 0; w->right_list[i].left != NULL; i++) {
		nvr_paper_text(&g->p, w->right_list[i].left, NULL);
		nvr_paper_text(&g->p, w->right_list[i].middle, NULL);
		nvr_paper_text(&g->p, w->right_list[i].right, NULL);
	}
	nvr_paper_table_end(&g->p);
	put_controller(g);
}
