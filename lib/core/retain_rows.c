/* Retention of what is rows alone; see retain.h. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/aging.h"
#include "core/heartbeat.h"
#include "core/retain_int.h"

#define EXPIRES 0 /* by a time of its own; no limit is at the beginning */
#define KEEP(field) offsetof(struct nvr_keeping, field)

/* A kind's are tried in their order. */
static const struct rule {
	const char *kind;
	enum nvr_aged what;
	size_t keep;	   /* where in struct nvr_keeping */
	const char *group; /* the brake's; NULL: it may go whole */
	int64_t fixed; /* instead of that limit, where it is EXPIRES; or 0 */
} rules[] = {
    {"audits", NVR_AGED_AUDITS_OWNER, KEEP(audits[NVR_TIER_OWNER]),
	"audits of the owner"},
    {"audits", NVR_AGED_AUDITS_FREE, KEEP(audits[NVR_TIER_FREE]),
	"audits of free accounts"},
    {"audits", NVR_AGED_AUDITS_PREMIUM, KEEP(audits[NVR_TIER_PREMIUM]),
	"audits of premium accounts"},
    {"events", NVR_AGED_EVENTS, KEEP(events), "events"},
    {"accesses", NVR_AGED_ACCESSES, KEEP(accesses), "accesses"},
    {"holds", NVR_AGED_HOLDS, KEEP(holds), "holds"},
    {"usage", NVR_AGED_USAGE, KEEP(usage), "days of usage"},
    {"outbox", NVR_AGED_OUTBOX_EXPIRED, EXPIRES, NULL},
    {"outbox", NVR_AGED_OUTBOX_STILLS, KEEP(stills_free),
	"messages with stills to free accounts"},
    {"outbox", NVR_AGED_OUTBOX_SENT, KEEP(outbox), "messages that were sent"},
    {"outbox", NVR_AGED_OUTBOX_UNSENT, KEEP(outbox),
	"messages that never were sent"},
    {"requests", NVR_AGED_REQUESTS, KEEP(requests), "requests"},
    {"disclosures", NVR_AGED_DISCLOSURES, KEEP(registers), "disclosures"},
    {"breaches", NVR_AGED_BREACHES, KEEP(registers), "breaches"},
    {"processors", NVR_AGED_PROCESSORS, KEEP(requests), "processors"},
    {"alerts", NVR_AGED_ALERTS, KEEP(alerts), "alerts that are closed"},
    {"recorders", NVR_AGED_RECORDERS, KEEP(recorders), "recorders"},
    {"recorders", NVR_AGED_INVITATIONS_OVER, EXPIRES, NULL},
    {"recorders", NVR_AGED_INVITATIONS, KEEP(recorders), NULL},
    {"recorders", NVR_AGED_UNSENT, EXPIRES, NULL, NVR_UNSENT_KEEP},
    {NULL, 0, 0, NULL},
};
_Static_assert(KEEP(footage) == EXPIRES, "the first is none of ours");

/* One of them in hand. */
struct telling {
	struct nvr_retaining *x;
	const struct rule *rule;
	struct nvr_aged_by by;
	char why[NVR_WHY_TEXT];
	int64_t keep;
	bool any; /* there was one */
};

/* 0 would be all of its kind. */
static int64_t
group_id(const struct rule *rule)
{
	return (int64_t)rule->what + 1;
}

/* False: without a limit. */
static bool
begin(struct nvr_retaining *x, const struct rule *rule, struct telling *t)
{
	const struct nvr_keeping *keep = &x->s->rules->keep;
	int64_t us = rule->fixed;

	*t = (struct telling){.x = x, .rule = rule};
	t->by.now = x->now;
	t->by.camera = x->r->camera != NULL ? x->r->camera->id : 0;
	t->by.other = nvr_aged_before(x->now, keep->outbox);
	if (rule->keep == EXPIRES && us == 0) {
		strlcpy(t->why, "expired", sizeof(t->why));
		return true;
	}
	if (us == 0)
		memcpy(&us, (const char *)keep + rule->keep, sizeof(us));
	t->keep = us;
	t->by.before = nvr_aged_before(x->now, us);
	nvr_retain_older(us, t->why);
	return us > 0;
}

static void
tell(struct telling *t, const struct nvr_aged_row *r)
{
	char object[NVR_TIME_TEXT + 128], at[NVR_TIME_TEXT];
	const struct nvr_leaving d = {.id = r->id,
	    .object = object,
	    .camera = r->camera,
	    .at = r->at,
	    .keep = t->keep,
	    .why = t->why};

	snprintf(object, sizeof(object), "%s%s%.96s",
	    nvr_time_format(r->at, at), r->word[0] != '\0' ? " " : "", r->word);
	nvr_retaining_tell(t->x, &d);
}

static int
due(void *ctx, const struct nvr_aged_row *r)
{
	struct telling *t = ctx;
	int64_t all = 0;
	int rc;

	if (!t->any && t->rule->group != NULL) {
		rc = nvr_aged_count(
		    t->x->s->store, t->rule->what, 0, &all, t->x->err);
		if (rc != 0)
			return rc;
		nvr_retaining_group(
		    t->x, t->rule->group, group_id(t->rule), all);
	}
	t->any = true;
	tell(t, r);
	return 0;
}

int
nvr_retain_rows_plan(struct nvr_retaining *x)
{
	const char *kind = x->ret->kind[x->kind].kind;
	struct telling t;
	int rc = 0;

	for (const struct rule *r = rules; rc == 0 && r->kind != NULL; r++)
		if (strcmp(r->kind, kind) == 0 && begin(x, r, &t))
			rc = nvr_aged_each(
			    x->s->store, r->what, &t.by, due, &t, x->err);
	return rc;
}

static int
went(void *ctx, const struct nvr_aged_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tell(ctx, &row[i]);
	return 0;
}

/* What stops one rule is counted, and need not stop the others; a store that
 * others hold stops all. */
int
nvr_retain_rows_apply(struct nvr_retaining *x)
{
	const char *kind = x->ret->kind[x->kind].kind;
	struct telling t;
	int rc = 0;

	for (const struct rule *r = rules; rc == 0 && r->kind != NULL; r++) {
		struct nvr_aging a = {.s = x->s,
		    .kind = kind,
		    .what = r->what,
		    .went = went,
		    .ctx = &t};

		if (strcmp(r->kind, kind) != 0 || !begin(x, r, &t) ||
		    nvr_retaining_held(x, kind, group_id(r), 0))
			continue;
		a.by = t.by;
		rc = nvr_retaining_pass(x, nvr_age(&a, x->err));
	}
	return rc;
}
