/* The rule of files whose rows are gone: what was not finished; see retain.h.
 */
#include "base/time.h"
#include "core/discard.h"
#include "core/retain_int.h"
#include "store/garbage.h"

static void
tell(void *ctx, const char *path, int64_t added_at)
{
	const struct nvr_leaving due = {
	    .object = path, .at = added_at, .why = "its row is gone"};

	nvr_retaining_tell(ctx, &due);
}

/*
 * At present all of it goes: what says that it was added later, the clock has
 * been set back since, or somebody wrote it.
 */
static bool
is_present(const struct nvr_retaining *x)
{
	return x->r->now > nvr_time_now() - NVR_MINUTE;
}

static int
see(void *ctx, const struct nvr_garbage *g)
{
	const struct nvr_retaining *x = ctx;

	if (g->added_at <= x->now || (is_present(x) && g->added_at > x->r->now))
		tell(ctx, g->path, g->added_at);
	return 0;
}

int
nvr_retain_garbage_plan(struct nvr_retaining *x)
{
	return nvr_garbage_each(x->s->store, "", INT64_MAX, see, x, x->err);
}

int
nvr_retain_garbage_apply(struct nvr_retaining *x)
{
	struct nvr_discard *d = NULL;
	int rc = nvr_discard_open(x->s, nvr_retaining_undone, x, &d, x->err);

	if (rc == 0)
		rc = nvr_discard_garbage(
		    d, is_present(x) ? INT64_MAX : x->now, tell, x, x->err);
	nvr_discard_close(d);
	return rc;
}
