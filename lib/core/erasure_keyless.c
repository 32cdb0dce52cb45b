/* Keys whose account is not there; see erasure.h. */
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "core/erasure_int.h"
#include "core/keys_int.h"
#include "core/ledger.h"
#include "store/keyless.h"
#include "store/newest.h"

#define SOME 1000 /* keys at a time: nobody is kept from keys.db for long */

/* NVR_E_NOENT: no account ever had a key, or they are lost, of which
 * nvr-store check tells. */
static int
open_keys(struct nvr_state *s, struct nvr_keys **k, struct nvr_error *err)
{
	char path[PATH_MAX];

	nvr_keys_path(s, "keys.db", path);
	return access(path, F_OK) == 0 ? nvr_keys_open(s, k, err)
				       : nvr_fail(err, NVR_E_NOENT, "no keys");
}

static int
none_is_fine(int rc)
{
	return rc == NVR_E_NOENT ? 0 : rc;
}

/* All that the store tells of is older than some key: it is a copy from before
 * that, put back by hand, and the rest of it may follow. */
static int
is_put_back(
    struct nvr_state *s, struct nvr_keys *k, bool *ret, struct nvr_error *err)
{
	int64_t store = 0, key = 0;
	int rc = nvr_newest(s->store, &store, err);

	if (rc == 0)
		rc = nvr_keyless_newest(k->db, &key, err);
	*ret = key > store;
	return rc;
}

/* What restoring an older backup has left may come back with a newer one. */
static int
is_settled(
    struct nvr_state *s, int64_t before, bool *ret, struct nvr_error *err)
{
	int64_t at = 0;
	int rc = nvr_setting_int(
	    s->store, NVR_RESTORED, NVR_TIME_MAX, INT64_MIN, &at, err);

	*ret = at == INT64_MIN || (at >= 0 && at < before);
	return rc;
}

struct some {
	struct nvr_state *s;
	struct nvr_keys *k;
	size_t n, seen;
	int64_t last;
	int64_t account[SOME], since[SOME];
	struct nvr_error *err;
};

static int
is_without(struct some *x, int64_t account, bool *ret)
{
	bool there = true;
	int rc = nvr_account_there(x->s->store, account, &there, x->err);

	*ret = !there;
	return rc;
}

static void
add(struct some *x, int64_t account, int64_t since)
{
	x->account[x->n] = account;
	x->since[x->n++] = since;
}

static int
see_key(void *ctx, const struct nvr_wrapped_key *k)
{
	struct some *x = ctx;
	bool without = false;
	int rc = 0;

	x->last = k->account_id;
	x->seen++;
	if (k->account_id != 0)
		rc = is_without(x, k->account_id, &without);
	if (without)
		add(x, k->account_id, 0);
	return rc;
}

static int
ignore(void *ctx, const struct nvr_wrapped_key *k)
{
	(void)ctx, (void)k;
	return 0;
}

/* Whether it is still true. */
static int
holds(struct some *x, int64_t account, int64_t since, bool *ret)
{
	int rc = is_without(x, account, ret);

	if (rc == 0 && *ret)
		rc = nvr_keydb_get(x->k->db, account, ignore, NULL, x->err);
	*ret = *ret && rc == 0 && since >= 0;
	return none_is_fine(rc);
}

static int
see_stale(void *ctx, int64_t account, int64_t since)
{
	struct some *x = ctx;
	bool true_still = true;
	int rc = holds(x, account, since, &true_still);

	x->last = account;
	x->seen++;
	if (rc == 0 && !true_still)
		add(x, account, since);
	return rc;
}

/* Of those in hand: now 0: no longer. */
static int
note(struct some *x, int64_t now)
{
	struct nvr_store *db = x->k->db;
	int rc = x->n > 0 ? nvr_store_begin(db, x->err) : 0;

	if (rc != 0 || x->n == 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < x->n; i++)
		rc = now != 0 ? nvr_keyless_note(db, x->account[i], now, x->err)
			      : nvr_keyless_forget(db, x->account[i], x->err);
	return nvr_store_end(db, rc, x->err);
}

/* Notes whose key has gone, or whose account is back. */
static int
forget_stale(struct some *x)
{
	int rc;

	x->last = 0;
	do {
		x->n = x->seen = 0;
		rc = nvr_keyless_notes(
		    x->k->db, x->last, SOME, see_stale, x, x->err);
		if (rc == 0)
			rc = note(x, 0);
	} while (rc == 0 && x->seen == SOME);
	return rc;
}

static int
note_all(struct some *x)
{
	int64_t now = nvr_time_now();
	int rc;

	x->last = 0;
	do {
		x->n = x->seen = 0;
		rc =
		    nvr_keydb_each(x->k->db, x->last, SOME, see_key, x, x->err);
		if (rc == 0)
			rc = note(x, now);
	} while (rc == 0 && x->seen == SOME);
	return rc;
}

int
nvr_keyless_watch(struct nvr_state *s, struct nvr_error *err)
{
	struct some x = {.s = s, .err = err};
	bool back = false;
	int rc = open_keys(s, &x.k, err);

	if (rc == 0)
		rc = forget_stale(&x);
	if (rc == 0)
		rc = is_put_back(s, x.k, &back, err);
	if (rc == 0 && !back)
		rc = note_all(&x);
	return none_is_fine(rc);
}

/* That are due, as far as notes tell. */
struct due {
	struct some x;
	int64_t before;
};

static int
see_due(void *ctx, int64_t account, int64_t since)
{
	struct due *d = ctx;
	bool true_still = false;
	int rc = 0;

	d->x.last = account;
	d->x.seen++;
	if (since < d->before)
		rc = holds(&d->x, account, since, &true_still);
	if (rc == 0 && true_still)
		add(&d->x, account, since);
	return rc;
}

/* The next ones, at most `most`; seen 0: there are no more. */
static int
next_due(struct due *d, int64_t most, struct nvr_error *err)
{
	bool back = false, settled = false;
	int rc;

	d->x.n = d->x.seen = 0;
	rc = nvr_keyless_notes(d->x.k->db, d->x.last, most, see_due, d, err);
	if (rc == 0 && d->x.n > 0)
		rc = is_settled(d->x.s, d->before, &settled, err);
	if (rc == 0 && d->x.n > 0)
		rc = is_put_back(d->x.s, d->x.k, &back, err);
	if (back || !settled)
		d->x.n = 0;
	return rc;
}

static int
open_due(struct nvr_state *s, int64_t now, struct due *d, struct nvr_error *err)
{
	int64_t wait = s->rules->restore;

	*d = (struct due){.x = {.s = s, .err = err},
	    .before = now - (wait > NVR_DAY ? wait : NVR_DAY)};
	return open_keys(s, &d->x.k, err);
}

int
nvr_keyless_each(struct nvr_state *s, int64_t now,
    int (*row)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err)
{
	struct due d;
	int rc = open_due(s, now, &d, err);

	if (rc != 0)
		return none_is_fine(rc);
	do {
		rc = next_due(&d, SOME, err);
		for (size_t i = 0; rc == 0 && i < d.x.n; i++)
			rc = row(ctx, d.x.account[i], d.x.since[i]);
	} while (rc == 0 && d.x.seen == SOME);
	return rc;
}

/* Its account may have been put back since. */
static int
choose(void *ctx, struct nvr_erased_list *list)
{
	int64_t now = nvr_erasure_time(nvr_time_now());
	struct some *x = ctx;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < x->n; i++) {
		bool without = false;

		rc = is_without(x, x->account[i], &without);
		if (rc != 0 || !without)
			continue;
		x->account[n] = x->account[i];
		x->since[n++] = x->since[i];
		rc = nvr_erased_add(
		    list, &(struct nvr_erased){x->account[i], now});
	}
	x->n = n;
	return rc;
}

int
nvr_keyless_erase(struct nvr_state *s, int64_t now,
    int (*went)(void *ctx, int64_t account, int64_t since), void *ctx,
    struct nvr_error *err)
{
	struct due d;
	const struct nvr_erasure_choice those = {choose, &d.x};
	int n, rc = open_due(s, now, &d, err);

	if (rc != 0)
		return none_is_fine(rc);
	do {
		rc = next_due(&d, NVR_ERASE_BATCH, err);
		if (rc == 0 && d.x.n > 0)
			rc = nvr_erasure_do(s, &those, &n, err);
		if (rc == 0)
			rc = note(&d.x, 0);
		for (size_t i = 0; rc == 0 && i < d.x.n; i++)
			rc = went(ctx, d.x.account[i], d.x.since[i]);
	} while (rc == 0 && d.x.seen == NVR_ERASE_BATCH);
	return rc;
}

int
nvr_keyless_all(struct nvr_state *s, int64_t *ret, struct nvr_error *err)
{
	struct nvr_keydb_count count = {0};
	struct nvr_keys *k;
	int rc = open_keys(s, &k, err);

	if (rc == 0)
		rc = nvr_keydb_count(k->db, &count, err);
	*ret = count.keys;
	return none_is_fine(rc);
}
