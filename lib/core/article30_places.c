/* Who receives data, and where it is; see article30.h. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/jurisdiction.h"
#include "core/article30_int.h"
#include "core/processor.h"
#include "core/site.h"

struct recipients {
	struct nvr_record *r;
	int64_t n;
};

static int
put_recipient(void *ctx, const struct nvr_processor *x)
{
	struct recipients *l = ctx;
	struct nvr_paper *p = &l->r->p;

	l->n++;
	nvr_paper_text(p, x->name, NULL);
	nvr_paper_text(p, x->purpose, NULL);
	nvr_paper_text(p, x->data, NULL);
	nvr_paper_text(p, x->jurisdiction, NULL);
	nvr_paper_text(p, x->safeguard, NULL);
	nvr_paper_text(p, x->host, NULL);
	nvr_paper_time(p, x->since, NULL);
	nvr_paper_time(p, x->until, NULL);
	return p->rc;
}

static int
put_unnamed(void *ctx, const struct nvr_recipient *x)
{
	struct recipients *l = ctx;
	struct nvr_paper *p = &l->r->p;

	l->n++;
	nvr_paper_text(p, x->host, NULL);
	nvr_paper_text(p, x->model, NULL);
	nvr_paper_int(p, x->pictures);
	nvr_paper_time(p, x->first, NULL);
	nvr_paper_time(p, x->last, NULL);
	return p->rc;
}

/* In use, and out of the European Economic Area. */
static int
put_transfer(void *ctx, const struct nvr_processor *x)
{
	struct recipients *l = ctx;
	struct nvr_paper *p = &l->r->p;

	if ((x->until != 0 && x->until <= l->r->a->now) ||
	    nvr_jurisdiction_eea(x->jurisdiction))
		return 0;
	l->n++;
	nvr_paper_text(p, x->name, NULL);
	nvr_paper_text(p, x->jurisdiction, NULL);
	nvr_paper_text(p, x->data, NULL);
	nvr_paper_text(p, x->safeguard, "NONE IS NAMED");
	return p->rc;
}

static int
put_named(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {{"name", "Name"},
	    {"purpose", "Purpose"}, {"data", "Data"}, {"jurisdiction", "Where"},
	    {"safeguard", "Safeguard"}, {"host", "Host"}, {"since", "Since"},
	    {"until", "Until"}, {NULL, NULL}};
	struct recipients l = {.r = r};
	int rc;

	nvr_paper_table(&r->p, "recipients", "In the register", columns);
	rc = nvr_processor_each(r->s->store, put_recipient, &l, r->err);
	nvr_paper_table_end(&r->p);
	if (l.n == 0)
		nvr_paper_say(
		    &r->p, "None. 'nvr-account processors add' enters one.");
	return rc;
}

static int
put_hosts(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {{"host", "Host"},
	    {"model", "Model of nvr.conf"}, {"pictures", "Pictures that went"},
	    {"first", "First"}, {"last", "Last"}, {NULL, NULL}};
	struct recipients l = {.r = r};
	int rc;

	nvr_paper_table(&r->p, "unnamed",
	    "Hosts that get pictures and are in no register", columns);
	rc = nvr_processor_each_unknown(
	    r->s, r->a->models, r->a->nmodels, put_unnamed, &l, r->err);
	nvr_paper_table_end(&r->p);
	if (l.n > 0)
		nvr_paper_say(&r->p,
		    "Enter who runs them: 'nvr-account processors add NAME "
		    "--host HOST'.");
	return rc;
}

static int
put_transfers(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {{"name", "To"},
	    {"jurisdiction", "Where"}, {"data", "Data"},
	    {"safeguard", "Safeguard"}, {NULL, NULL}};
	struct recipients l = {.r = r};
	int rc;

	nvr_paper_heading(
	    &r->p, "Transfers to third countries: article 30(1)(e)");
	nvr_paper_table(&r->p, "transfers",
	    "Recipients out of the European Economic Area", columns);
	rc = nvr_processor_each(r->s->store, put_transfer, &l, r->err);
	nvr_paper_table_end(&r->p);
	return rc;
}

int
nvr_record_recipients(struct nvr_record *r)
{
	int rc;

	nvr_paper_heading(&r->p, "Recipients: article 30(1)(d)");
	rc = put_named(r);
	if (rc == 0)
		rc = put_hosts(r);
	if (rc != 0)
		return rc;
	nvr_paper_facts(&r->p, "authorities", "Authorities");
	nvr_paper_fact(&r->p, "disclosures",
	    "Disclosures in the register ('nvr-account disclose list')");
	nvr_paper_int(&r->p, r->counts.disclosures);
	nvr_paper_facts_end(&r->p);
	return put_transfers(r);
}

/* A site that may be named, or is only counted. */
struct place {
	char jurisdiction[NVR_JURISDICTION];
	char *name; /* NULL: it is barred */
	int64_t cameras;
};

struct places {
	struct nvr_record *r;
	struct place *e;
	size_t n, cap;
};

/* Opened; one whose name does not open is shown by its id. */
static int
read_name(struct nvr_state *s, const struct nvr_site *site, char **ret,
    struct nvr_error *err)
{
	struct nvr_error ignored;
	struct nvr_buf name = {0};
	char id[NVR_ID_TEXT];
	bool open = nvr_site_name(s, site, &name, &ignored) == 0;

	*ret = strdup(open && name.data != NULL ? name.data
						: nvr_id_format(site->id, id));
	nvr_buf_wipe(&name);
	return *ret != NULL ? 0 : nvr_fail_nomem(err);
}

static int
add_place(void *ctx, const struct nvr_site *site)
{
	struct places *l = ctx;
	struct nvr_record *r = l->r;
	enum nvr_bar bar = NVR_BAR_NONE;
	struct place *to;
	int rc = nvr_barred(r->s->store, site->account_id, &bar, r->err);

	if (rc == 0 && l->n == l->cap) {
		to = reallocarray(l->e, l->cap * 2 + 16, sizeof(*to));
		if (to == NULL)
			return nvr_fail_nomem(r->err);
		l->e = to;
		l->cap = l->cap * 2 + 16;
	}
	if (rc != 0)
		return rc;
	to = &l->e[l->n++];
	*to = (struct place){.name = NULL};
	strlcpy(to->jurisdiction, site->jurisdiction, sizeof(to->jurisdiction));
	if (bar == NVR_BAR_NONE)
		rc = read_name(r->s, site, &to->name, r->err);
	return rc == 0 ? nvr_site_cameras(
			     r->s->store, site->id, &to->cameras, r->err)
		       : rc;
}

/* By jurisdiction; those without a name last. */
static int
compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = strcmp(x->jurisdiction, y->jurisdiction);

	if (c == 0 && (x->name == NULL || y->name == NULL))
		return (x->name == NULL) - (y->name == NULL);
	return c != 0 ? c : strcmp(x->name, y->name);
}

/* The sites of one jurisdiction, from the i-th on.  Returns the next. */
static size_t
put_place(struct places *l, size_t i)
{
	struct nvr_paper *p = &l->r->p;
	const char *where = l->e[i].jurisdiction;
	json_t *names = json_array(), *name;
	int64_t sites = 0, barred = 0, cameras = 0;

	for (; i < l->n && strcmp(l->e[i].jurisdiction, where) == 0; i++) {
		sites++;
		cameras += l->e[i].cameras;
		barred += l->e[i].name == NULL;
		name = json_string(l->e[i].name); /* NULL: not UTF-8 */
		if (name != NULL)
			json_array_append_new(names, name);
	}
	nvr_paper_text(p, where, NULL);
	nvr_paper_bool(p, nvr_jurisdiction_eea(where));
	nvr_paper_int(p, sites);
	nvr_paper_int(p, barred);
	nvr_paper_int(p, cameras);
	nvr_paper_words(p, names);
	return i;
}

static int
count_siteless(void *ctx, const struct nvr_camera *cam)
{
	*(int64_t *)ctx += cam->site_id == 0;
	return 0;
}

int
nvr_record_places(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {
	    {"jurisdiction", "Where"}, {"eea", "In the EEA"},
	    {"sites", "Sites"}, {"barred", "Of which are not named"},
	    {"cameras", "Cameras"}, {"names", "Names"}, {NULL, NULL}};
	struct places l = {.r = r};
	int64_t siteless = 0;
	int rc = nvr_site_each(r->s->store, 0, false, add_place, &l, r->err);

	if (l.n > 0)
		qsort(l.e, l.n, sizeof(l.e[0]), compare);
	nvr_paper_table(&r->p, "sites", "Sites", columns);
	for (size_t i = 0; rc == 0 && i < l.n;)
		i = put_place(&l, i);
	nvr_paper_table_end(&r->p);
	for (size_t i = 0; i < l.n; i++) {
		if (l.e[i].name != NULL)
			explicit_bzero(l.e[i].name, strlen(l.e[i].name));
		free(l.e[i].name);
	}
	free(l.e);
	if (rc == 0)
		rc = nvr_camera_each(
		    r->s->store, false, count_siteless, &siteless, r->err);
	if (rc != 0)
		return rc;
	nvr_paper_facts(&r->p, "places", "Elsewhere");
	nvr_paper_fact(&r->p, "siteless",
	    "Cameras at no site, of which nothing says where they are "
	    "('nvr-camera set --site')");
	nvr_paper_int(&r->p, siteless);
	nvr_paper_facts_end(&r->p);
	nvr_paper_say(&r->p,
	    "Sites of accounts that are restricted or deleted are counted and "
	    "not named.");
	return 0;
}
