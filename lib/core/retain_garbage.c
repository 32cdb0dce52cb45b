/* The rule of files whose rows are gone: what was not finished; see retain.h.
 */
#include "base/time.h"
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

int
nvr_retain_garbage_plan(struct nvr_retaining *x)
{
	return nvr_garbage_each(
	    x->s->store, "", x->now, later(x), see, x, x->err);
}

int
nvr_retain_garbage_apply(struct nvr_retaining *x)
{
	struct nvr_discard *d = NULL;
	int rc = nvr_discard_open(x->s, nvr_retaining_undone, x, &d, x->err);

	if (rc == 0)
		rc = nvr_discard_garbage(d, x->now, later(x), tell, x, x->err);
	nvr_discard_close(d);
	return rc;
}
