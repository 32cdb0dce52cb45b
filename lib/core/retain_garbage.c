/* The rule of files whose rows are gone: what was not finished; and of what
 * restores kept.  See retain.h. */
#include <stdio.h>

#include "base/time.h"
#include "core/aging.h"
#include "core/backup.h"
#include "core/discard.h"
#include "core/retain_int.h"
#include "store/garbage.h"

#define LONG (6 * NVR_HOUR) /* that a run may take */

static void
tell(void *ctx, const char *path, int64_t added_at)
{
	const struct nvr_leaving due = {
	    .object = path, .at = added_at, .why = "its row is gone"};

	nvr_retaining_tell(ctx, &due);
}

/*
 * At present what is of a time to come goes as well: the clock has been set
 * back since, or somebody wrote it.  What this run left is the next one's.
 */
static int64_t
later(const struct nvr_retaining *x)
{
	int64_t now = nvr_time_now();

	return x->r->now > now - LONG ? now : INT64_MAX;
}

static int
see(void *ctx, const struct nvr_garbage *g)
{
	tell(ctx, g->path, g->added_at);
	return 0;
}

/* Damaged databases. */
struct damaged {
	struct nvr_retaining *x;
	bool drop;
};

static int
one_damaged(void *ctx, const struct nvr_damaged *f)
{
	const struct damaged *by = ctx;
	struct nvr_retaining *x = by->x;
	int64_t keep = x->s->rules->restore;
	char older[NVR_WHY_TEXT], why[NVR_WHY_TEXT + 32];
	const struct nvr_leaving due = {.object = f->name,
	    .at = f->at,
	    .keep = keep,
	    .bytes = f->bytes,
	    .why = why,
	    .promise = "C20"};

	if (f->at >= nvr_aged_before(x->now, keep))
		return 0;
	if (by->drop && nvr_damaged_drop(x->s->dir, f, x->err) != 0) {
		nvr_retaining_undone(x, f->name, x->err);
		return 0;
	}
	snprintf(
	    why, sizeof(why), "damaged, and %s", nvr_retain_older(keep, older));
	nvr_retaining_tell(x, &due);
	return 0;
}

static int
each_damaged(struct nvr_retaining *x, bool drop)
{
	struct damaged by = {x, drop};

	return nvr_damaged_each(x->s->dir, one_damaged, &by, x->err);
}

int
nvr_retain_garbage_plan(struct nvr_retaining *x)
{
	int rc =
	    nvr_garbage_each(x->s->store, "", x->now, later(x), see, x, x->err);

	return rc == 0 ? each_damaged(x, false) : rc;
}

int
nvr_retain_garbage_apply(struct nvr_retaining *x)
{
	struct nvr_discard *d = NULL;
	int rc = nvr_discard_open(x->s, nvr_retaining_undone, x, &d, x->err);

	if (rc == 0)
		rc = nvr_discard_garbage(d, x->now, later(x), tell, x, x->err);
	nvr_discard_close(d);
	return rc == 0 ? each_damaged(x, true) : rc;
}
