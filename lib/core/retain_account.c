/* Retention of accounts, sites and the security log; see retain.h. */
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/erasure.h"
#include "core/log.h"
#include "core/retain_int.h"
#include "store/site.h"

/* Groups of the rule for accounts, which the brake holds by themselves. */
enum { ACCOUNTS = 1, KEYS };

/* What a rule tells all its things by. */
struct telling {
	struct nvr_retaining *x;
	const char *what;
	int64_t id;	    /* the group's */
	const char *before; /* of the id that things are shown by */
	bool rows;	    /* they have a number and no id */
	int (*count)(struct nvr_store *st, int64_t *ret, struct nvr_error *err);
	bool counted;
	int64_t keep;
	char why[NVR_WHY_TEXT];
};

static struct telling
telling_of(struct nvr_retaining *x, const char *what,
    int (*count)(struct nvr_store *st, int64_t *ret, struct nvr_error *err),
    const char *how, int64_t keep)
{
	struct telling t = {
	    .x = x, .what = what, .before = "", .count = count, .keep = keep};
	char text[NVR_TIME_TEXT];

	snprintf(t.why, sizeof(t.why), "%s over %s ago", how,
	    nvr_duration_format(keep, text));
	return t;
}

/* All of them are counted only once there is one that is due: mostly there is
 * none. */
static int
group(struct telling *t)
{
	int64_t all = 0;
	int rc;

	if (t->counted)
		return 0;
	rc = t->count(t->x->s->store, &all, t->x->err);
	if (rc == 0)
		nvr_retaining_group(t->x, t->what, t->id, all);
	t->counted = true;
	return rc;
}

/* Accounts and sites are told by their id, rows of the log by their number:
 * what else there is of them is sealed. */
static int
tell(void *ctx, int64_t id, int64_t at)
{
	struct telling *t = ctx;
	char object[32], text[NVR_ID_TEXT];
	const struct nvr_leaving d = {.id = t->rows ? 0 : id,
	    .object = object,
	    .at = at,
	    .keep = t->keep,
	    .why = t->why};
	int rc = group(t);

	if (t->rows)
		snprintf(object, sizeof(object), "row %lld", (long long)id);
	else
		snprintf(object, sizeof(object), "%s%s", t->before,
		    nvr_id_format(id, text));
	if (rc == 0)
		nvr_retaining_tell(t->x, &d);
	return rc;
}

static struct telling
telling_of_accounts(struct nvr_retaining *x)
{
	struct telling t = telling_of(
	    x, "accounts", nvr_accounts_all, "deleted", x->s->rules->restore);

	t.id = ACCOUNTS;
	return t;
}

/* Not by its age: however long they have waited, a mass of them tells of a
 * store that is not the one they belong to. */
static struct telling
telling_of_keys(struct nvr_retaining *x)
{
	struct telling t = telling_of(x, "keys of accounts", NULL,
	    "first seen without its account", x->s->rules->restore);

	t.before = "key of ";
	t.keep = 0;
	t.counted = true;
	t.id = KEYS;
	return t;
}

int
nvr_retain_accounts_plan(struct nvr_retaining *x)
{
	struct telling t = telling_of_accounts(x), k = telling_of_keys(x);
	int64_t all = 0;
	int rc =
	    nvr_erasure_each_due(x->s->store, x->now - x->s->rules->restore,
		(struct nvr_deleted){0}, INT64_MAX, tell, &t, x->err);

	if (rc == 0)
		rc = nvr_keyless_all(x->s, &all, x->err);
	if (rc != 0)
		return rc;
	nvr_retaining_group(x, k.what, k.id, all);
	return nvr_keyless_each(x->s, x->now, tell, &k, x->err);
}

int
nvr_retain_accounts_apply(struct nvr_retaining *x)
{
	struct telling t = telling_of_accounts(x), k = telling_of_keys(x);
	int n, rc = 0;

	t.counted = true;
	if (!nvr_retaining_held(x, "accounts", ACCOUNTS, 0))
		rc = nvr_retaining_pass(
		    x, nvr_erase_due(x->s, x->now, tell, &t, &n, x->err));
	if (rc == 0)
		rc = nvr_keyless_watch(x->s, x->err);
	if (rc == 0 && !nvr_retaining_held(x, "accounts", KEYS, 0))
		rc = nvr_keyless_erase(x->s, x->now, tell, &k, x->err);
	return rc;
}

static int
tell_site(void *ctx, const struct nvr_site *site)
{
	return tell(ctx, site->id, site->removed_at);
}

static struct telling
telling_of_sites(struct nvr_retaining *x)
{
	return telling_of(
	    x, "sites", nvr_site_count, "removed", x->s->rules->restore);
}

/* Its cameras go before it does, where they are looked at. */
int
nvr_retain_sites_plan(struct nvr_retaining *x)
{
	struct telling t = telling_of_sites(x);
	int64_t keep = x->s->rules->keep.cameras;
	int64_t cameras = x->r->only == NULL && keep != 0 ? x->now - keep : 0;

	return nvr_site_each_due(x->s->store, x->now - x->s->rules->restore,
	    cameras, 0, 0, INT64_MAX, tell_site, &t, x->err);
}

static int
take_site(void *ctx, const struct nvr_site *site)
{
	*(struct nvr_site *)ctx = *site;
	return 0;
}

/* With its line in the log.  *gone: nobody was first. */
static int
drop_site(struct nvr_retaining *x, const struct nvr_site *site, bool *gone)
{
	struct nvr_state *s = x->s;
	int rc = nvr_store_begin(s->store, x->err);

	if (rc != 0)
		return rc;
	rc = nvr_site_drop(
	    s->store, site->id, x->now - s->rules->restore, gone, x->err);
	if (rc == 0 && *gone)
		rc = nvr_log_append(s, site->account_id, "site.erased",
		    json_pack("{s:o}", "site_id", nvr_change_id(site->id)),
		    x->err);
	rc = nvr_store_end(s->store, rc, x->err);
	*gone = *gone && rc == 0;
	return rc;
}

int
nvr_retain_sites_apply(struct nvr_retaining *x)
{
	struct telling t = telling_of_sites(x);
	struct nvr_site site = {0};
	int rc;

	t.counted = true;
	do {
		int64_t last = site.id;
		bool gone = false;

		/* Of the row only numbers are used once it was read. */
		rc = nvr_site_each_due(x->s->store,
		    x->now - x->s->rules->restore, 0, site.removed_at, last, 1,
		    take_site, &site, x->err);
		if (rc != 0 || site.id == last)
			return rc;
		rc = nvr_retaining_pass(x, drop_site(x, &site, &gone));
		if (rc == 0 && gone)
			rc = tell_site(&t, &site);
	} while (rc == 0);
	return rc;
}

static int
prune(struct nvr_retaining *x, bool dry)
{
	int64_t keep = x->s->rules->log_keep;
	struct telling t = telling_of(
	    x, "rows of the security log", nvr_log_count, "written", keep);
	const struct nvr_log_pruning p = {.before = x->now - keep,
	    .now = x->now,
	    .dry = dry,
	    .row = tell,
	    .ctx = &t};

	t.rows = true;
	t.counted = !dry;
	return nvr_log_prune_each(x->s, &p, x->err);
}

int
nvr_retain_log_plan(struct nvr_retaining *x)
{
	return prune(x, true);
}

int
nvr_retain_log_apply(struct nvr_retaining *x)
{
	return prune(x, false);
}
