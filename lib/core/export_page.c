/* README.html: what is in the archive, for the person whom it is about. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "core/article30_int.h"
#include "core/export_page.h"

static void
say_all(struct nvr_paper *p, const char *const *text)
{
	for (; *text != NULL; text++)
		nvr_paper_say(p, *text);
}

static void
put_about(struct nvr_export_page *g)
{
	const struct nvr_export_account *o = g->x->o;
	const struct nvr_export_words *w = g->w;
	char id[NVR_ID_TEXT], asked[256];

	snprintf(asked, sizeof(asked), "%s%s",
	    o->stills && o->footage ? w->asked_both
	    : o->stills		    ? w->asked_stills
	    : o->footage	    ? w->asked_footage
				    : w->asked_data,
	    o->sealed && (o->stills || o->footage) ? w->asked_sealed : "");
	say_all(&g->p, w->intro);
	nvr_paper_facts(&g->p, "archive", w->about);
	nvr_paper_fact(&g->p, "account", w->about_account);
	nvr_paper_text(&g->p, nvr_id_format(o->account, id), NULL);
	nvr_paper_fact(&g->p, "made_at", w->about_made);
	nvr_paper_time(&g->p, o->now, NULL);
	nvr_paper_fact(&g->p, "asked", w->about_asked);
	nvr_paper_text(&g->p, asked, NULL);
	nvr_paper_facts_end(&g->p);
}

void
nvr_export_list(char list[NVR_EXPORT_LIST], const char *word)
{
	strlcat(list, list[0] != '\0' ? "; " : "", NVR_EXPORT_LIST);
	strlcat(list, word, NVR_EXPORT_LIST);
}

/* The articles, of each basis that a column has. */
static void
put_bases(struct nvr_export_page *g, const struct nvr_export_table *t)
{
	const struct nvr_export_line *b = g->w->bases;
	char all[NVR_EXPORT_LIST] = "", one[128];

	for (; b->left != NULL; b++)
		for (int i = 0; i < t->n; i++) {
			const struct nvr_export_column *c = &t->column[i];

			if (c->of[0] != '\0' ||
			    strcmp(c->basis, b->left) != 0 ||
			    strcmp(c->retention, "row") == 0)
				continue;
			snprintf(one, sizeof(one), "%s: %s", b->middle,
			    nvr_or_empty(nvr_article6(c->basis)));
			nvr_export_list(all, one);
			break;
		}
	nvr_paper_text(&g->p, all, NULL);
}

static const struct {
	char sign;
	const char *word;
} units[] = {{'d', "day"}, {'h', "hour"}, {'m', "minute"}, {'s', "second"}};

/* `30 days` for the `30d` that from begins with, whose length is returned; 0:
 * it begins with none. */
static size_t
put_span(char *to, size_t size, const char *from)
{
	size_t digits = 0;
	int n = 0;

	for (; digits < 8 && isdigit((unsigned char)from[digits]); digits++)
		n = 10 * n + from[digits] - '0';
	if (digits == 0 || from[digits] == '\0' ||
	    isalnum((unsigned char)from[digits + 1]))
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		bool years = i == 0 && n > 365 && n % 365 == 0;

		if (units[i].sign != from[digits])
			continue;
		snprintf(to, size, "%d %s%s", years ? n / 365 : n,
		    years ? "year" : units[i].word, n == 1 ? "" : "s");
		return digits + 1;
	}
	return 0;
}

/* The same text with its durations in words. */
static void
spell(const char *text, char *to, size_t size)
{
	bool word = false; /* within one */
	size_t n, len = 0;

	for (; *text != '\0' && len + 1 < size; text += n) {
		n = word ? 0 : put_span(to + len, size - len, text);
		word = isalnum((unsigned char)*text) != 0;
		if (n > 0) {
			word = true;
			len += strlen(to + len);
			continue;
		}
		n = 1;
		to[len++] = *text;
	}
	to[len] = '\0';
}

/* As it is set here; what the register says is in the schemas. */
static void
put_until(struct nvr_export_page *g, const struct nvr_export_table *t)
{
	const struct nvr_rules *rules = g->x->s->rules;
	const char *text = t->n > 0 ? t->column[t->n - 1].retention : "";
	char buf[NVR_IN_FORCE], spelt[2 * NVR_IN_FORCE];

	if (rules != NULL)
		text = nvr_in_force(rules, t->name, t->rule, buf);
	spell(text, spelt, sizeof(spelt));
	nvr_paper_text(&g->p, spelt, NULL);
}

static void
put_part(struct nvr_export_page *g, const struct nvr_export_part *part)
{
	const struct nvr_export_table *t = &part->t;
	const struct nvr_export_kind_words *k = nvr_export_kind(g->w, t->name);
	char files[2 * NVR_EXPORT_NAME + 40];

	snprintf(files, sizeof(files),
	    part->csv ? "data/%s.csv, .jsonl" : "data/%s.jsonl", t->name);
	nvr_paper_text(&g->p, k != NULL ? k->words : t->name, NULL);
	nvr_paper_int(&g->p, part->rows);
	nvr_paper_text(&g->p, k != NULL ? k->purpose : NULL, NULL);
	put_bases(g, t);
	put_until(g, t);
	nvr_paper_text(&g->p, files, NULL);
}

/* What is not known is about the person. */
static bool
is_in(const struct nvr_export_page *g, size_t i, enum nvr_export_group group)
{
	const struct nvr_export_kind_words *k =
	    nvr_export_kind(g->w, g->x->part[i]->t.name);

	return (k != NULL ? k->group : NVR_GROUP_YOU) == group;
}

static bool
is_empty(const struct nvr_export_page *g, enum nvr_export_group group)
{
	for (size_t i = 0; i < g->x->nparts; i++)
		if (g->x->part[i]->rows > 0 && is_in(g, i, group))
			return false;
	return true;
}

/* That there is nothing of what may not be told would be a lie; so a group that
 * has such is never said to be empty. */
static void
put_nothing_of(struct nvr_export_page *g)
{
	char all[NVR_EXPORT_LIST] = "", text[NVR_EXPORT_LIST + 128];

	for (int i = 0; i < NVR_GROUP_RIGHTS; i++)
		if (is_empty(g, (enum nvr_export_group)i))
			nvr_export_list(all, g->w->groups[i]);
	for (size_t i = 0; i < g->x->nparts; i++) {
		const struct nvr_export_part *part = g->x->part[i];
		const struct nvr_export_kind_words *k =
		    nvr_export_kind(g->w, part->t.name);

		if (part->rows == 0 && k != NULL &&
		    strcmp(k->table, "disclosure") != 0 &&
		    (k->group == NVR_GROUP_RIGHTS || !is_empty(g, k->group)))
			nvr_export_list(all, k->words);
	}
	if (all[0] == '\0')
		return;
	snprintf(text, sizeof(text), g->w->nothing_of, all);
	nvr_paper_say(&g->p, text);
}

static void
put_group(struct nvr_export_page *g, enum nvr_export_group group)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {{"what", w->what},
	    {"rows", w->rows}, {"purpose", w->purpose}, {"basis", w->basis},
	    {"until", w->until}, {"files", w->files}, {NULL, NULL}};
	bool any = false;

	for (size_t i = 0; i < g->x->nparts; i++) {
		if (g->x->part[i]->rows <= 0 || !is_in(g, i, group))
			continue;
		if (!any)
			nvr_paper_table(
			    &g->p, "tables", w->groups[group], columns);
		any = true;
		put_part(g, g->x->part[i]);
	}
	if (any)
		nvr_paper_table_end(&g->p);
}

static void
put_here(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;

	nvr_paper_heading(&g->p, w->here);
	say_all(&g->p, w->here_how);
	for (int i = 0; i < NVR_GROUPS; i++)
		put_group(g, (enum nvr_export_group)i);
	put_nothing_of(g);
	nvr_paper_say(&g->p, g->x->o->stills || g->x->o->footage
				 ? w->pictures
				 : w->pictures_not);
	if (g->x->headed)
		nvr_paper_say(&g->p, w->log_kept);
}

static void
put_missing(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {
	    {"what", w->missing_what}, {"why", w->missing_why}, {NULL, NULL}};
	int64_t more = nvr_archive_gaps(g->x->a) - (int64_t)g->x->nmissing;

	nvr_paper_heading(&g->p, w->missing);
	if (g->x->nmissing == 0) {
		nvr_paper_say(&g->p, w->missing_none);
		return;
	}
	nvr_paper_table(&g->p, "missing", w->missing_caption, columns);
	for (size_t i = 0; i < g->x->nmissing; i++) {
		nvr_paper_text(&g->p, g->x->missing[i].what, NULL);
		nvr_paper_text(&g->p, g->x->missing[i].why, NULL);
	}
	nvr_paper_table_end(&g->p);
	if (more > 0)
		nvr_paper_sayf(&g->p, w->missing_more, (long long)more);
}

static void
put_check(struct nvr_export_page *g)
{
	const struct nvr_export_words *w = g->w;
	const struct nvr_paper_column columns[] = {
	    {"check", w->to_check}, {"command", w->command}, {NULL, NULL}};

	nvr_paper_heading(&g->p, w->check);
	say_all(&g->p, w->check_how);
	nvr_paper_table(&g->p, "check", w->check_caption, columns);
	for (int i = 0; w->check_list[i].left != NULL; i++) {
		nvr_paper_text(&g->p, w->check_list[i].left, NULL);
		nvr_paper_text(&g->p, w->check_list[i].right, NULL);
	}
	nvr_paper_table_end(&g->p);
}

int
nvr_export_page_begin(struct nvr_exporting *x,
    const struct nvr_export_words *words, struct nvr_export_page **ret)
{
	struct nvr_export_page *g = calloc(1, sizeof(*g));
	int rc;

	if (g == NULL)
		return nvr_fail_nomem(x->err);
	g->x = x;
	g->w = words;
	nvr_paper_begin(&g->p, NVR_PAPER_HTML, words->title, x->err);
	put_about(g);
	put_here(g);
	rc = nvr_export_page_received(g);
	if (rc == 0)
		rc = nvr_export_page_sites(g);
	*ret = g;
	return rc;
}

int
nvr_export_page_put(struct nvr_export_page *g)
{
	struct nvr_exporting *x = g->x;
	struct nvr_buf page = {0};
	int rc;

	put_missing(g);
	nvr_export_page_held(g);
	nvr_export_page_rights(g);
	put_check(g);
	rc = nvr_paper_end(&g->p, &page);
	g->ended = true;
	if (rc == 0)
		rc = nvr_archive_add(
		    x->a, "README.html", page.data, page.len, -1, x->err);
	nvr_buf_wipe(&page);
	return rc;
}

void
nvr_export_page_free(struct nvr_export_page *g)
{
	struct nvr_buf page = {0};

	if (g != NULL && !g->ended)
		nvr_paper_end(&g->p, &page);
	nvr_buf_wipe(&page);
	free(g);
}
