/* What is held and stays, and what people can ask for; see export_page.h. */
#include <string.h>

#include "base/rules.h"
#include "core/export_page.h"

/* Whether anything of that kind is, in anybody's store. */
static bool
is_held(const struct nvr_export_page *g, int held)
{
	for (size_t i = 0; i < g->x->nparts; i++) {
		const struct nvr_export_kind_words *k =
		    nvr_export_kind(g->w, g->x->part[i]->t.name);

		if (k != NULL && (int)k->held == held)
			return true;
	}
	return false;
}

void
nvr_export_page_held(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {
	    {"what", w->what}, {"why", w->held_why}, {NULL, NULL}};

	nvr_paper_heading(&g->p, w->held);
	for (int i = 0; w->held_how[i] != NULL; i++)
		nvr_paper_say(&g->p, w->held_how[i]);
	nvr_paper_table(&g->p, "held", w->held_caption, columns);
	for (int i = NVR_HELD_NOT + 1; i < NVR_HELDS; i++) {
		if (!is_held(g, i))
			continue;
		nvr_paper_text(&g->p, w->helds[i].left, NULL);
		nvr_paper_text(&g->p, w->helds[i].middle, NULL);
	}
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
