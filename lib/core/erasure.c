/* The end of an account's data; see erasure.h. */
#include <stdlib.h>

#include <jansson.h>

#include "base/id.h"
#include "base/time.h"
#include "core/changes.h"
#include "core/erasure_int.h"
#include "core/keys_int.h"
#include "core/ledger.h"
#include "core/log.h"
#include "core/room.h"
#include "store/backup.h"
#include "store/keydb.h"

#define ORPHAN NVR_DAY
#define KEYS 1000 /* of a batch */
#define BATCH 32  /* accounts: those that are due, and that go together */

struct list {
	struct nvr_erased *e;
	size_t n;
	int64_t forged; /* rows that were passed over */
	int64_t at;	/* of those that are added */
	struct nvr_error *err;
};

static int
add(struct list *l, const struct nvr_erased *e)
{
	struct nvr_erased *more = reallocarray(l->e, l->n + 1, sizeof(*more));

	if (more == NULL)
		return nvr_fail_nomem(l->err);
	l->e = more;
	l->e[l->n++] = *e;
	return 0;
}

static int
add_row(void *ctx, const struct nvr_erased *e)
{
	return add(ctx, e);
}

static int
add_account(void *ctx, int64_t account)
{
	struct list *l = ctx;

	return add(l, &(struct nvr_erased){account, l->at});
}

/* The table's entry and the security log's; *n counts those that are new.  1:
 * that was all that there was time for. */
static int
enter(struct nvr_state *s, const struct nvr_erased *e, size_t many, int *n,
    struct nvr_error *err)
{
	bool fresh = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < many; i++) {
		if (fresh && nvr_store_enough(s->store))
			return 1;
		rc = nvr_erasure_enter(s, &e[i], &fresh, err);
		*n += fresh;
		if (rc == 0)
			rc = nvr_log_erase(s, e[i].account, fresh, err);
	}
	return rc;
}

struct adoption {
	struct nvr_state *s;
	struct nvr_error *err;
};

static int
log_adopted(void *ctx, int64_t camera, const char *name)
{
	const struct adoption *a = ctx;

	return nvr_log_append(a->s, 0, "camera.adopted",
	    json_pack("{s:o, s:o, s:s}", "camera_id", nvr_change_id(camera),
		"camera", nvr_change_value(name), "record", "none"),
	    a->err);
}

/* The file has been heeded. */
static int
heed(struct nvr_state *s, const struct nvr_ledger *l, const struct list *list,
    struct nvr_error *err)
{
	int rc = 0;

	if (list->forged > 0)
		rc = nvr_log_append(s, 0, "erasure.forged",
		    json_pack("{s:I}", "rows", (json_int_t)list->forged), err);
	return rc == 0 ? nvr_ledger_heed(s->store, l->size, err) : rc;
}

/* From the first on, as much as there is time for in one transaction.  1: there
 * is more. */
static int
erase_some(struct nvr_state *s, const struct nvr_ledger *l,
    const struct list *list, size_t first, int *n, struct nvr_error *err)
{
	size_t left = list->n - first, many = left < BATCH ? left : BATCH;
	struct adoption of = {s, err};
	const struct nvr_erasing to = {nvr_time_now(), log_adopted, &of};
	int fresh = 0, more, rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	/* Which rows of the log go is told as they do. */
	rc = enter(s, &list->e[first], many, &fresh, err);
	if (rc == 0)
		rc = nvr_erase_rows(s->store, &to, err);
	if (rc == 0 && many == left)
		rc = heed(s, l, list, err);
	more = rc == 1;
	rc = nvr_store_end(s->store, more ? 0 : rc, err);
	*n += rc == 0 ? fresh : 0;
	return rc == 0 ? more : rc;
}

/*
 * In transactions that others can wait for.  What one has begun is finished by
 * the next opening, should this end here.
 */
static int
erase_rows(struct nvr_state *s, const struct nvr_ledger *l,
    const struct list *list, int *n, struct nvr_error *err)
{
	size_t first = 0;
	int rc;

	*n = 0;
	do {
		size_t left = list->n - first;

		rc = nvr_erase_take(s->store, &list->e[first],
		    left < BATCH ? left : BATCH, err);
		while (rc == 0 &&
		       (rc = erase_some(s, l, list, first, n, err)) == 1) {
			nvr_store_rest();
			rc = 0;
		}
		first += BATCH;
	} while (rc == 0 && first < list->n);
	return rc;
}

/*
 * Those of the list stand in the ledger: keys, then rows, then what is left of
 * both in the files.
 */
static int
finish(struct nvr_state *s, const struct nvr_ledger *l, const struct list *list,
    int *n, struct nvr_error *err)
{
	struct nvr_error ignored;
	int rc = nvr_keys_heed(s, l, err);

	if (rc == 0)
		rc = erase_rows(s, l, list, n, err);
	if (rc != 0)
		return rc;
	/* Should others be reading it happens when the last of them closes. */
	nvr_store_settle(s->store, &ignored);
	/* Kept stills are garbage now; without their disk they wait for it. */
	nvr_room_sweep(s, &ignored);
	return 0;
}

static bool
is_in(const struct list *l, int64_t account)
{
	for (size_t lo = 0, hi = l->n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->e[mid].account == account)
			return true;
		if (l->e[mid].account < account)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

int
nvr_erasures_heed(
    struct nvr_state *s, struct nvr_ledger *l, int *n, struct nvr_error *err)
{
	struct list rows = {.err = err}, missed = {.err = err};
	int64_t heeded = 0;
	int rc = nvr_ledger_heeded(s->store, &heeded, err);

	*n = 0;
	if (rc != 0 || heeded == l->size)
		return rc;
	rc =
	    nvr_erasures_each(s, s->store, add_row, &rows, &missed.forged, err);
	if (rc == 0)
		rc = nvr_ledger_add(l, rows.e, rows.n, err);
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		bool left = true;

		if (is_in(&rows, l->entry[i].account))
			rc = nvr_erase_left(
			    s->store, l->entry[i].account, &left, err);
		if (rc == 0 && left)
			rc = add(&missed, &l->entry[i]);
	}
	if (rc == 0)
		rc = finish(s, l, &missed, n, err);
	free(rows.e);
	free(missed.e);
	return rc;
}

static const char *
itself(void)
{
	return "nvr";
}

int
nvr_erasures_replay(struct nvr_state *s, int *n, struct nvr_error *err)
{
	struct nvr_actor actor = s->actor;
	struct nvr_ledger l;
	int rc = nvr_ledger_open(s, &l, err);

	*n = 0;
	if (rc != 0)
		return rc;
	s->actor = (struct nvr_actor){.who = itself, .channel = "ledger"};
	rc = nvr_erasures_heed(s, &l, n, err);
	s->actor = actor;
	nvr_ledger_close(&l);
	return rc;
}

int
nvr_erasures_check(struct nvr_state *s, struct nvr_error *err)
{
	int64_t size, heeded = 0;
	int n, rc = nvr_ledger_size(s, &size, err);

	if (rc == 0)
		rc = nvr_ledger_heeded(s->store, &heeded, err);
	return rc == 0 && size != heeded ? nvr_erasures_replay(s, &n, err) : rc;
}

/* Into the ledger, and then it happens. */
static int
erase_all(
    struct nvr_state *s, const struct list *list, int *n, struct nvr_error *err)
{
	struct nvr_ledger l;
	struct nvr_keys *k;
	/* Which catches up with the ledger as it is. */
	int rc = nvr_keys_open(s, &k, err);

	*n = 0;
	if (rc == 0)
		rc = nvr_ledger_open(s, &l, err);
	if (rc != 0)
		return rc;
	rc = nvr_erasures_heed(s, &l, n, err);
	if (rc == 0)
		rc = nvr_ledger_add(&l, list->e, list->n, err);
	if (rc == 0)
		rc = finish(s, &l, list, n, err);
	nvr_ledger_close(&l);
	return rc;
}

static int64_t
whole_milliseconds(int64_t t)
{
	return t - t % NVR_MILLISECOND;
}

int
nvr_erase(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	struct nvr_erased e = {account, whole_milliseconds(nvr_time_now())};
	struct list list = {.e = &e, .n = 1, .err = err};
	int n;

	if (account <= 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "what belongs to no account is not erased");
	return erase_all(s, &list, &n, err);
}

struct orphans {
	struct nvr_state *s;
	int64_t last; /* account that was looked at */
	int seen;
	int64_t now;
	struct list *list;
	struct nvr_error *err;
};

static int
see_key(void *ctx, const struct nvr_wrapped_key *k)
{
	struct orphans *o = ctx;
	bool there = true;
	int rc;

	o->last = k->account_id;
	o->seen++;
	if (k->account_id == 0 || k->created_at > o->now - ORPHAN)
		return 0;
	rc = nvr_account_there(o->s->store, k->account_id, &there, o->err);
	return rc == 0 && !there ? add_account(o->list, k->account_id) : rc;
}

/*
 * What restoring an older backup has left without a row may come back with a
 * newer one: such keys wait for as long as a deleted account would.
 */
static int
settled(struct nvr_state *s, int64_t now, bool *ret, struct nvr_error *err)
{
	int64_t at = 0;
	int rc = nvr_setting_int(
	    s->store, NVR_RESTORED, NVR_TIME_MAX, INT64_MIN, &at, err);

	*ret = at == INT64_MIN || (at >= 0 && at < now - s->rules->restore);
	return rc;
}

static int
drop_orphans(struct nvr_state *s, int64_t now, struct nvr_error *err)
{
	struct list list = {.at = whole_milliseconds(now), .err = err};
	struct orphans o = {.s = s, .now = now, .list = &list, .err = err};
	struct nvr_keys *k;
	bool go = false;
	int n;
	int rc = nvr_keys_open(s, &k, err);

	if (rc == 0)
		rc = settled(s, now, &go, err);
	/* In batches, so that keys.db is not held in one moment for long. */
	do {
		o.seen = 0;
		if (rc == 0 && go)
			rc = nvr_keydb_each(
			    k->db, o.last, KEYS, see_key, &o, err);
	} while (rc == 0 && o.seen == KEYS);
	/* In the ledger, too: rows of the log may be sealed under it. */
	if (rc == 0 && list.n > 0)
		rc = erase_all(s, &list, &n, err);
	free(list.e);
	return rc;
}

/* Accounts that are erased in one transaction. */
struct batch {
	size_t n;
	struct nvr_deleted row[BATCH];
};

static int
take_deleted(void *ctx, const struct nvr_deleted *d)
{
	struct batch *b = ctx;

	b->row[b->n++] = *d;
	return 0;
}

static int
erase_batch(struct nvr_state *s, int64_t now, const struct batch *b, int *n,
    struct nvr_error *err)
{
	struct nvr_erased e[BATCH];
	struct list list = {.e = e, .n = b->n, .err = err};

	for (size_t i = 0; i < b->n; i++)
		e[i] = (struct nvr_erased){
		    b->row[i].account, whole_milliseconds(now)};
	return b->n > 0 ? erase_all(s, &list, n, err) : 0;
}

int
nvr_erase_due(struct nvr_state *s, int64_t now,
    void (*went)(void *ctx, const struct nvr_deleted *d), void *ctx, int *n,
    struct nvr_error *err)
{
	struct nvr_deleted last = {0};
	struct batch b;
	int rc;

	*n = 0;
	do {
		int some = 0;

		b.n = 0;
		rc = nvr_erasure_each_due(s->store, now - s->rules->restore,
		    last, BATCH, take_deleted, &b, err);
		if (rc == 0)
			rc = erase_batch(s, now, &b, &some, err);
		*n += some;
		for (size_t i = 0; rc == 0 && i < b.n; i++) {
			last = b.row[i];
			if (went != NULL)
				went(ctx, &last);
		}
	} while (rc == 0 && b.n == BATCH);
	return rc == 0 ? drop_orphans(s, now, err) : rc;
}
