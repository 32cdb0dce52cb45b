/* Limits of time, and of footage; see article30.h. */
#include <string.h>

#include "base/time.h"
#include "core/article30_int.h"
#include "core/site.h"
#include "core/streams.h"

struct limits {
	struct nvr_record *r;
	char of[3][256]; /* the last that was put */
};

/* The log goes from its beginning on, so who is restricted keeps it whole. */
static void
add_restricted(const struct nvr_record *r, char text[NVR_IN_FORCE])
{
	char since[NVR_TIME_TEXT];
	int64_t at = r->counts.log_kept;

	if (at == 0 || at >= r->a->now - r->s->rules->log_keep)
		return;
	strlcat(text, "; longer while an account is restricted: since ",
	    NVR_IN_FORCE);
	strlcat(text, nvr_time_format(at, since), NVR_IN_FORCE);
}

static int
put_limit(void *ctx, const struct nvr_privacy_column *c)
{
	struct limits *l = ctx;
	struct nvr_paper *p = &l->r->p;
	char text[NVR_IN_FORCE];

	/* Keys go with their row, and what is of nobody is no matter here. */
	if (strcmp(c->retention, "row") == 0 || nvr_article6(c->basis) == NULL)
		return 0;
	if (strcmp(l->of[0], c->table) == 0 &&
	    strcmp(l->of[1], c->retention) == 0 &&
	    strcmp(l->of[2], c->rule) == 0)
		return 0;
	strlcpy(l->of[0], c->table, sizeof(l->of[0]));
	strlcpy(l->of[1], c->retention, sizeof(l->of[1]));
	strlcpy(l->of[2], c->rule, sizeof(l->of[2]));
	nvr_paper_text(p, nvr_table_words(c->table).words, NULL);
	nvr_paper_text(p, c->table, NULL);
	nvr_paper_text(p, c->retention, NULL);
	nvr_in_force(l->r->s->rules, c->table, c->rule, text);
	if (strcmp(c->rule, "log") == 0)
		add_restricted(l->r, text);
	nvr_paper_text(p, text, NULL);
	nvr_paper_text(p, nvr_rule_words(c->rule), NULL);
	return p->rc;
}

/* From the smallest to the largest limit, and how many have none. */
struct range {
	int64_t min, max, none;
};

static void
widen(struct range *r, int64_t limit)
{
	if (limit == 0)
		r->none++;
	else if (r->min == 0 || limit < r->min)
		r->min = limit;
	if (limit > r->max)
		r->max = limit;
}

struct footage {
	const struct nvr_keeping *keep;
	int64_t cameras, streams, elsewhere;
	struct range us, bytes;
};

static int
look_at(void *ctx, const struct nvr_camera *cam)
{
	struct footage *f = ctx;
	int64_t us, bytes;

	f->cameras++;
	f->elsewhere += cam->identity == NULL;
	for (int i = 0; i < NVR_STREAMS; i++) {
		if (!nvr_camera_records(cam, (enum nvr_stream)i))
			continue;
		f->streams++;
		nvr_site_retention(cam, (enum nvr_stream)i, &us, &bytes);
		widen(&f->us, us != 0 ? us : f->keep->footage);
		widen(&f->bytes, bytes != 0 ? bytes : f->keep->footage_bytes);
	}
	return 0;
}

/* That of erased accounts is among it: their cameras stay, as nobody's. */
static int
put_left(struct nvr_record *r)
{
	struct nvr_paper *p = &r->p;
	struct nvr_streams all = {.e = NULL};
	struct range us = {0};
	int64_t n = 0, bytes = 0;
	int rc = nvr_streams_load(r->s, 0, r->a->now, &all, r->err);

	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		const struct nvr_stream_of *x = &all.e[i];

		if (x->cam->account_id != 0 ||
		    nvr_camera_records(x->cam, x->stream))
			continue;
		n++;
		bytes += x->bytes;
		widen(&us, x->rule.us);
	}
	nvr_streams_free(&all);
	if (rc != 0)
		return rc;
	nvr_paper_facts(p, "left",
	    "Footage of nobody's cameras that are not recorded any more, as "
	    "that of erased accounts");
	nvr_paper_fact(p, "streams", "Streams that it is of");
	nvr_paper_int(p, n);
	nvr_paper_fact(p, "size_bytes", "How much it is");
	nvr_paper_int(p, bytes);
	nvr_paper_fact(p, "age_min_ms", "The shortest limit by age");
	nvr_paper_duration(p, us.min, "none");
	nvr_paper_fact(p, "age_max_ms", "The longest limit by age");
	nvr_paper_duration(p, us.max, "none");
	nvr_paper_fact(p, "age_unlimited", "Streams without a limit by age");
	nvr_paper_int(p, us.none);
	nvr_paper_facts_end(p);
	return 0;
}

static int
put_footage(struct nvr_record *r)
{
	struct footage f = {.keep = &r->s->rules->keep};
	struct nvr_paper *p = &r->p;
	int64_t barred = 0;
	int rc = nvr_camera_each(r->s->store, false, look_at, &f, r->err);

	if (rc == 0)
		rc = nvr_barred_cameras(r->s->store, &barred, r->err);
	if (rc != 0)
		return rc;
	nvr_paper_facts(p, "footage", "Footage, as cameras and sites have it");
	nvr_paper_fact(p, "cameras", "Cameras");
	nvr_paper_int(p, f.cameras);
	nvr_paper_fact(p, "streams", "Streams that are recorded");
	nvr_paper_int(p, f.streams);
	nvr_paper_fact(p, "age_min_ms", "The shortest limit by age");
	nvr_paper_duration(p, f.us.min, "none");
	nvr_paper_fact(p, "age_max_ms", "The longest limit by age");
	nvr_paper_duration(p, f.us.max, "none");
	nvr_paper_fact(p, "age_unlimited", "Streams without a limit by age");
	nvr_paper_int(p, f.us.none);
	nvr_paper_fact(p, "bytes_min", "The smallest limit of bytes");
	nvr_paper_size(p, f.bytes.min, "none");
	nvr_paper_fact(p, "bytes_max", "The largest limit of bytes");
	nvr_paper_size(p, f.bytes.max, "none");
	nvr_paper_fact(p, "bytes_unlimited", "Streams without one");
	nvr_paper_int(p, f.bytes.none);
	nvr_paper_fact(p, "floor_bytes", "Free space that is made by deleting");
	nvr_paper_size(p, f.keep->floor, "none");
	nvr_paper_fact(
	    p, "keys_elsewhere", "Cameras whose footage cannot be opened here");
	nvr_paper_int(p, f.elsewhere);
	nvr_paper_fact(
	    p, "barred", "Cameras left out: of accounts restricted or deleted");
	nvr_paper_int(p, barred);
	nvr_paper_facts_end(p);
	return 0;
}

int
nvr_record_limits(struct nvr_record *r)
{
	static const struct nvr_paper_column columns[] = {{"what", "What"},
	    {"table", "Table"}, {"promised", "As the register promises it"},
	    {"in_force", "In force"}, {"rule", "Rule of nvr-retain"},
	    {NULL, NULL}};
	struct limits l = {.r = r};
	int rc;

	nvr_paper_heading(&r->p, "Limits of time: article 30(1)(f)");
	nvr_paper_table(&r->p, "limits", "How long it is kept", columns);
	rc = nvr_privacy_each(
	    r->s->store, NVR_PRIVACY_BY_LIMIT, put_limit, &l, r->err);
	nvr_paper_table_end(&r->p);
	if (rc == 0)
		rc = put_footage(r);
	return rc == 0 ? put_left(r) : rc;
}
