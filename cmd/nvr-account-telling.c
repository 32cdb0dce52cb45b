/* nvr-account: telling many people, as breaches and notices do. */
#include <inttypes.h>

#include "nvr-account.h"

static void
show(void *ctx, int64_t told)
{
	struct account_telling *t = ctx;

	nvr_progress_show(&t->progress, told);
}

void
account_telling(struct account_telling *t, struct nvr_state *s,
    enum nvr_told_what what, int64_t id)
{
	*t = (struct account_telling){.s = s, .what = what, .id = id};
	t->telling.dry = opt.dry_run;
	t->telling.progress = show;
	t->telling.ctx = t;
	t->progress.what = "telling";
}

/* Also what is left: of a run that was not to do anything, or not all. */
int
account_told(struct account_telling *t, int some, int rc)
{
	struct nvr_told_count count = {0};
	struct nvr_out out;

	nvr_progress_end(&t->progress);
	if (rc == 0)
		rc = nvr_told_count(
		    t->s->store, t->what, t->id, &count, &cli.err);
	if (rc != 0)
		return rc;
	nvr_out_init(&out, cli.json);
	nvr_out_id(&out, "id", t->id);
	nvr_out_int(&out, "told", t->telling.told);
	nvr_out_int(&out, "failed", t->telling.failed);
	nvr_out_int(&out, "left", count.left);
	nvr_out_int(&out, "late", count.late);
	nvr_out_end(&out);
	nvr_out_flush(&out);
	if (opt.dry_run)
		return 0;
	if (t->telling.failed > 0)
		nvr_warn("%" PRId64 " cannot be told, one of them because: %s",
		    t->telling.failed, t->telling.why);
	if (count.late > 0)
		nvr_warn("%" PRId64 " were told less than 30 days ahead",
		    count.late);
	return t->telling.failed > 0 || count.late > 0 ||
		       (some == 0 && count.left > 0)
		   ? NVR_EXIT_NEGATIVE
		   : 0;
}
