/* Retention of what belongs to signing in; see retain.h. */
#include <stdio.h>

#include "base/id.h"
#include "base/time.h"
#include "core/keys.h"
#include "core/retain_int.h"
#include "core/session.h"
#include "core/signin.h"
#include "store/bucket.h"
#include "store/session.h"

#define ROWS 64 /* whose address is forgotten in one transaction */

static void
tell(struct nvr_retaining *x, int64_t id, const char *object, int64_t at,
    const char *why)
{
	const struct nvr_leaving d = {
	    .id = id, .object = object, .at = at, .why = why};

	nvr_retaining_tell(x, &d);
}

static void
tell_gone(void *ctx, const char *what, int64_t id, int64_t at)
{
	tell(ctx, id, what, at, "over");
}

/* Thousands that are all alike are told together. */
static void
tell_buckets(struct nvr_retaining *x, int64_t n, int64_t at)
{
	char object[64];

	snprintf(
	    object, sizeof(object), "counters of attempts: %lld", (long long)n);
	if (n > 0)
		tell(x, 0, object, at, "over");
}

/* Live sessions that have been told for long enough from where they are. */
struct told {
	struct nvr_retaining *x;
	int n;
	struct told_row {
		int64_t id, account, at;
		bool done;
	} row[ROWS];
};

static int
tell_told(void *ctx, const struct nvr_session_row *row)
{
	char why[NVR_WHY_TEXT];

	tell(ctx, row->id, "address and agent of a session", row->created_at,
	    nvr_retain_older(NVR_SESSION_TOLD, why));
	return 0;
}

static int
take_told(void *ctx, const struct nvr_session_row *row)
{
	struct told *t = ctx;

	t->row[t->n++] =
	    (struct told_row){row->id, row->account_id, row->created_at, false};
	return 0;
}

static int
each_told(struct nvr_retaining *x, int64_t after_created, int64_t after_id,
    int64_t limit, int (*row)(void *ctx, const struct nvr_session_row *x),
    void *ctx)
{
	const struct nvr_session_bounds b = {
	    .now = x->now, .idle = x->now - x->s->rules->idle};

	return nvr_session_each_told(x->s->store, x->now - NVR_SESSION_TOLD, &b,
	    NVR_COLUMN_OVERHEAD, after_created, after_id, limit, row, ctx,
	    x->err);
}

/*
 * The columns are never NULL: an empty text is sealed in their place.  One that
 * cannot be sealed anew must not keep the others.
 */
static int
forget(struct nvr_retaining *x, struct told_row *row)
{
	struct nvr_column at = {"session", "address", row->id};
	struct nvr_buf address = {0}, agent = {0};
	int rc =
	    nvr_sealed_put(x->s, row->account, &at, "", 0, &address, x->err);

	at.column = "agent";
	if (rc == 0)
		rc = nvr_sealed_put(
		    x->s, row->account, &at, "", 0, &agent, x->err);
	if (rc == 0)
		rc = nvr_session_untell(x->s->store, row->id, row->at,
		    (struct nvr_blob){address.data, address.len},
		    (struct nvr_blob){agent.data, agent.len}, &row->done,
		    x->err);
	else
		rc = nvr_retaining_pass(x, rc);
	nvr_buf_release(&address);
	nvr_buf_release(&agent);
	return rc;
}

static int
forget_batch(struct nvr_retaining *x, struct told *t)
{
	int rc = nvr_store_begin(x->s->store, x->err);

	if (rc != 0)
		return rc;
	for (int i = 0; rc == 0 && i < t->n; i++)
		rc = forget(x, &t->row[i]);
	return nvr_store_end(x->s->store, rc, x->err);
}

static int
forget_all(struct nvr_retaining *x)
{
	struct told t = {.x = x};
	char why[NVR_WHY_TEXT];
	int64_t at = 0, id = 0;
	int rc;

	nvr_retain_older(NVR_SESSION_TOLD, why);
	do {
		t.n = 0;
		rc = each_told(x, at, id, ROWS, take_told, &t);
		if (rc != 0 || t.n == 0)
			break;
		at = t.row[t.n - 1].at;
		id = t.row[t.n - 1].id;
		rc = forget_batch(x, &t);
		for (int i = 0; rc == 0 && i < t.n; i++)
			if (t.row[i].done)
				tell(x, t.row[i].id,
				    "address and agent of a session",
				    t.row[i].at, why);
		rc = nvr_retaining_pass(x, rc);
	} while (rc == 0 && t.n == ROWS);
	return rc;
}

int
nvr_retain_sessions_plan(struct nvr_retaining *x)
{
	const struct nvr_sweeping as = {
	    .now = x->now, .gone = tell_gone, .ctx = x};
	int64_t n = 0, first = 0;
	int rc = nvr_signin_over(x->s, &as, x->err);

	if (rc == 0)
		rc = each_told(x, 0, 0, INT64_MAX, tell_told, x);
	if (rc == 0)
		rc = nvr_bucket_count(x->s->store, x->now, &n, &first, x->err);
	if (rc == 0)
		tell_buckets(x, n, first);
	return rc;
}

static int
sweep(struct nvr_retaining *x)
{
	const struct nvr_sweeping as = {
	    .now = x->now, .gone = tell_gone, .ctx = x};
	int64_t buckets = 0, damaged = 0;
	struct nvr_swept swept;
	int rc;

	do {
		rc = nvr_signin_sweep_as(x->s, &as, &swept, x->err);
		buckets += swept.buckets;
		damaged |= swept.damaged;
	} while (rc == 0 && swept.more);
	tell_buckets(x, buckets, 0);
	if (rc == 0 && damaged > 0)
		rc = nvr_fail(x->err, NVR_E_DATA,
		    "what belongs to signing in is damaged: see 'nvr-account "
		    "log'");
	return rc;
}

int
nvr_retain_sessions_apply(struct nvr_retaining *x)
{
	int rc = nvr_retaining_pass(x, sweep(x));

	return rc == 0 ? forget_all(x) : rc;
}
