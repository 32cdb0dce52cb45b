/* Purposes and categories of data; see article30.h. */
#include <string.h>

#include "core/article30_int.h"

/* Rows of the register that are one row of the record. */
struct gathering {
	struct nvr_record *r;
	char of[2][512]; /* what they share */
	json_t *words, *sealed;
	bool personal;
};

static bool
is_same(const struct gathering *g, const char *a, const char *b)
{
	return g->words != NULL && strcmp(g->of[0], a) == 0 &&
	       strcmp(g->of[1], b) == 0;
}

static void
begin(struct gathering *g, const char *a, const char *b)
{
	strlcpy(g->of[0], a, sizeof(g->of[0]));
	strlcpy(g->of[1], b, sizeof(g->of[1]));
	g->words = json_array();
	g->sealed = json_array();
	g->personal = false;
}

/* Once, though several rows in succession have it. */
static void
add_word(json_t *words, const char *word)
{
	size_t n = json_array_size(words);
	const char *last =
	    n > 0 ? json_string_value(json_array_get(words, n - 1)) : "";

	if (strcmp(last, word) != 0)
		json_array_append_new(words, json_string(word));
}

static void
end_purpose(struct gathering *g)
{
	if (g->words != NULL)
		nvr_paper_words(&g->r->p, g->words);
	json_decref(g->sealed);
	g->words = g->sealed = NULL;
}

static int
put_purpose(void *ctx, const struct nvr_privacy_column *c)
{
	struct gathering *g = ctx;
	struct nvr_paper *p = &g->r->p;
	const char *sealed = strstr(c->purpose, ", sealed");
	char purpose[sizeof(g->of[0])];

	/* What a row needs to be one is no purpose, nor what is of nobody. */
	if (strcmp(c->retention, "row") == 0 ||
	    strncmp(c->purpose, "whose ", 6) == 0 ||
	    nvr_article6(c->basis) == NULL)
		return 0;
	/* Which of its columns are sealed is said with the columns. */
	strlcpy(purpose, c->purpose, sizeof(purpose));
	if (sealed != NULL && (size_t)(sealed - c->purpose) < sizeof(purpose))
		purpose[sealed - c->purpose] = '\0';
	if (!is_same(g, purpose, c->basis)) {
		end_purpose(g);
		begin(g, purpose, c->basis);
		nvr_paper_text(p, purpose, NULL);
		nvr_paper_text(p, c->basis, NULL);
		nvr_paper_text(p, nvr_article6(c->basis), NULL);
	}
	add_word(g->words, nvr_table_words(c->table).words);
	return p->rc;
}

static void
end_table(struct gathering *g)
{
	struct nvr_paper *p = &g->r->p;
	struct nvr_table_words t;
	json_t *subjects;

	if (g->words == NULL || !g->personal) {
		json_decref(g->words);
		json_decref(g->sealed);
		g->words = g->sealed = NULL;
		return;
	}
	t = nvr_table_words(g->of[0]);
	subjects = json_array();
	for (int i = 0; nvr_subject_words[i] != NULL; i++)
		if ((t.subjects >> i & 1) != 0)
			add_word(subjects, nvr_subject_words[i]);
	nvr_paper_text(p, t.words, NULL);
	nvr_paper_text(p, g->of[0], NULL);
	nvr_paper_words(p, subjects);
	nvr_paper_words(p, g->words);
	nvr_paper_words(p, g->sealed);
	g->words = g->sealed = NULL;
}

static int
put_column(void *ctx, const struct nvr_privacy_column *c)
{
	struct gathering *g = ctx;

	if (!is_same(g, c->table, "")) {
		end_table(g);
		begin(g, c->table, "");
	}
	g->personal |= nvr_article6(c->basis) != NULL;
	add_word(g->words, c->column);
	if (nvr_privacy_is_sealed(c))
		add_word(g->sealed, c->column);
	return g->r->p.rc;
}

/* Which no column can say. */
static void
put_filming(struct nvr_record *r)
{
	const struct nvr_rules *rules = r->s->rules;
	struct nvr_paper *p = &r->p;

	nvr_paper_facts(p, "filming", "Filming");
	nvr_paper_fact(p, "purpose", "Why people are filmed");
	nvr_paper_text(p, rules->filming,
	    "not set: 'purpose' in [controller] of nvr.conf");
	nvr_paper_fact(p, "basis", "On which basis (article of the GDPR)");
	nvr_paper_text(p, rules->filming_basis,
	    "not set: 'basis' in [controller] of nvr.conf");
	nvr_paper_facts_end(p);
}

static int
put_purposes(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {
	    {"purpose", "Purpose"}, {"legal_basis", "Legal basis"},
	    {"article", "Article of the GDPR"}, {"of", "Of what"},
	    {NULL, NULL}};
	struct gathering g = {.r = r};
	int rc;

	nvr_paper_heading(&r->p, "Purposes: article 30(1)(b)");
	put_filming(r);
	nvr_paper_say(&r->p,
	    "What else is done is done for people who sign in, and the "
	    "basis is the one towards them.");
	nvr_paper_table(&r->p, "purposes", "Purposes", columns);
	rc = nvr_privacy_each(
	    r->s->store, NVR_PRIVACY_BY_PURPOSE, put_purpose, &g, r->err);
	end_purpose(&g);
	nvr_paper_table_end(&r->p);
	return rc;
}

static int
put_categories(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {{"what", "What"},
	    {"table", "Table"}, {"subjects", "Of whom"},
	    {"columns", "Its columns"}, {"sealed", "Of which are sealed"},
	    {NULL, NULL}};
	struct gathering g = {.r = r};
	int rc;

	nvr_paper_heading(
	    &r->p, "Categories of people and of their data: article 30(1)(c)");
	nvr_paper_table(&r->p, "categories", "Personal data", columns);
	rc = nvr_privacy_each(
	    r->s->store, NVR_PRIVACY_BY_COLUMN, put_column, &g, r->err);
	end_table(&g);
	nvr_paper_table_end(&r->p);
	return rc;
}

int
nvr_record_data(struct nvr_record *r)
{
	int rc = put_purposes(r);

	return rc == 0 ? put_categories(r) : rc;
}
