/* Retention of exports that were asked for: rows, then files; see retain.h.  A
 * row has what opens its file, so who takes it first has taken both. */
#include "base/time.h"
#include "core/aging.h"
#include "core/offer_int.h"
#include "core/retain_int.h"

#define BATCH 64

static void
tell_row(struct nvr_retaining *x, const struct nvr_offer *o)
{
	char path[NVR_OFFER_PATH], why[NVR_WHY_TEXT];
	const struct nvr_leaving d = {.id = o->id,
	    .object = path,
	    .at = o->expires_at - NVR_OFFER_KEEP,
	    .keep = NVR_OFFER_KEEP,
	    .bytes = o->size_bytes,
	    .why = nvr_retain_older(NVR_OFFER_KEEP, why)};

	nvr_offer_path(o->id, path);
	nvr_retaining_tell(x, &d);
}

static void
tell_stray(void *ctx, const char *path, int64_t at, int64_t bytes)
{
	const struct nvr_leaving d = {
	    .object = path, .at = at, .bytes = bytes, .why = "no row names it"};

	nvr_retaining_tell(ctx, &d);
}

static int
see(void *ctx, const struct nvr_offer *o)
{
	tell_row(ctx, o);
	return 0;
}

int
nvr_retain_exports_plan(struct nvr_retaining *x)
{
	const struct nvr_offer_filter over = {.until = x->now};
	const struct nvr_offer_sweep strays = {
	    .until = x->now, .look = true, .told = tell_stray, .ctx = x};
	int rc = nvr_offer_each(x->s->store, &over, see, x, x->err);

	return rc == 0 ? nvr_offer_sweep(x->s, &strays, x->err) : rc;
}

/* Without its texts. */
struct batch {
	struct nvr_offer row[BATCH];
	size_t n;
};

static int
collect(void *ctx, const struct nvr_offer *o)
{
	struct batch *b = ctx;

	b->row[b->n++] = (struct nvr_offer){.id = o->id,
	    .expires_at = o->expires_at,
	    .size_bytes = o->size_bytes};
	return b->n == BATCH;
}

static int
drop_rows(struct nvr_retaining *x, struct batch *b)
{
	const struct nvr_offer_filter over = {.until = x->now};
	int64_t first = INT64_MAX, last = INT64_MIN;
	bool was;
	int rc = nvr_offer_each(x->s->store, &over, collect, b, x->err);

	if (rc > 0)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < b->n; i++) {
		int64_t at = b->row[i].expires_at - NVR_OFFER_KEEP;

		first = at < first ? at : first;
		last = at > last ? at : last;
		rc = nvr_offer_delete(x->s->store, b->row[i].id, &was, x->err);
	}
	if (rc == 0 && b->n > 0)
		rc = nvr_aging_log(
		    x->s, "exports", (int64_t)b->n, first, last, x->err);
	return rc;
}

/* A file that stays is nobody's, and the next run's. */
static void
drop_files(struct nvr_retaining *x, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (nvr_offer_unlink(x->s, b->row[i].id, x->err) == 0)
			tell_row(x, &b->row[i]);
		else
			nvr_retaining_undone(x, NULL, x->err);
}

int
nvr_retain_exports_apply(struct nvr_retaining *x)
{
	const struct nvr_offer_sweep strays = {
	    .until = x->now, .told = tell_stray, .ctx = x};
	struct batch b;
	int rc = 0;

	do {
		b.n = 0;
		rc = nvr_store_begin(x->s->store, x->err);
		if (rc == 0)
			rc = nvr_store_end(
			    x->s->store, drop_rows(x, &b), x->err);
		if (rc == 0)
			drop_files(x, &b);
	} while (rc == 0 && b.n == BATCH);
	rc = nvr_retaining_pass(x, rc);
	return rc == 0 ? nvr_offer_sweep(x->s, &strays, x->err) : rc;
}
