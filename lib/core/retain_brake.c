/* The brake: more than half of anything does not go unasked; see retain.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/retain_int.h"

/*
 * What fell due since the last run, and in the last day, is the course of
 * things: the last day of a camera that is no more recorded goes whole.  What
 * has been due for longer tells of a setting, or a clock, that is wrong.
 */
bool
nvr_retaining_sudden(const struct nvr_retaining *x, const struct nvr_leaving *d)
{
	int64_t due_at;

	return d->keep == 0 ||
	       (!__builtin_add_overflow(d->at, d->keep, &due_at) &&
		   due_at < x->since);
}

bool
nvr_group_trips(const struct nvr_group *g)
{
	return g->all > NVR_GROUP_FEW && g->sudden > g->all / 2;
}

void
nvr_retaining_brake(struct nvr_retaining *x, const struct nvr_group *g)
{
	struct nvr_group *more;

	if (!x->braking || !nvr_group_trips(g))
		return;
	more = reallocarray(x->held, x->nheld + 1, sizeof(*x->held));
	if (more == NULL) {
		x->unjudged = true;
		return;
	}
	x->held = more;
	x->held[x->nheld++] = *g;
}

void
nvr_retaining_group(
    struct nvr_retaining *x, const char *name, int64_t id, int64_t all)
{
	nvr_retaining_brake(x, &x->group);
	x->group = (struct nvr_group){
	    .kind = x->ret->kind[x->kind].kind, .id = id, .all = all};
	strlcpy(x->group.name, name, sizeof(x->group.name));
}

bool
nvr_retaining_held(
    const struct nvr_retaining *x, const char *kind, int64_t id, int part)
{
	for (size_t i = 0; i < x->nheld; i++) {
		const struct nvr_group *g = &x->held[i];

		if (strcmp(g->kind, kind) == 0 && g->id == id &&
		    g->part == part)
			return true;
	}
	return false;
}

void
nvr_retaining_release(struct nvr_retaining *x)
{
	free(x->held);
	x->held = NULL;
	x->nheld = 0;
}

static void
describe(const struct nvr_group *g, char *text, size_t size)
{
	snprintf(text, size,
	    "%lld of %lld %s would go, which is more than half",
	    (long long)g->due, (long long)g->all, g->name);
}

int
nvr_retaining_judge(struct nvr_retaining *x)
{
	char first[256], more[64] = "";

	if (x->unjudged)
		return nvr_fail_nomem(x->err);
	if (x->r->most >= x->all_due)
		nvr_retaining_release(x);
	x->planned = x->all_due;
	if (x->nheld == 0)
		return 0;
	for (size_t i = 0; i < x->nheld; i++) {
		char text[256];

		x->planned -= x->held[i].due;
		describe(&x->held[i], text, sizeof(text));
		if (!x->quiet && x->r->held != NULL)
			x->r->held(x->r->ctx, text);
	}
	describe(&x->held[0], first, sizeof(first));
	if (x->nheld > 1)
		snprintf(more, sizeof(more),
		    x->nheld == 2 ? "; and so of %zu other group"
				  : "; and so of %zu other groups",
		    x->nheld - 1);
	x->ret->most = x->all_due;
	nvr_fail(&x->ret->brake, NVR_E_PERMISSION,
	    "left out: %s%s: look at 'nvr-retain -n', and if that is right, "
	    "say "
	    "--yes-delete-most %lld",
	    first, more, (long long)x->all_due);
	return 0;
}
