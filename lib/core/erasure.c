/* The end of an account's data; see erasure.h. */
#include <stdlib.h>

#include <jansson.h>

#include "base/id.h"
#include "base/time.h"
#include "core/backup.h"
#include "core/changes.h"
#include "core/erasure_int.h"
#include "core/keys_int.h"
#include "core/ledger.h"
#include "core/log.h"
#include "core/offer_int.h"
#include "core/room.h"
#include "core/station.h"
#include "store/backup.h"
#include "store/keydb.h"

int64_t
nvr_erasure_time(int64_t t)
{
	return t - t % NVR_MILLISECOND;
}

int
nvr_erased_add(void *ctx, const struct nvr_erased *e)
{
	struct nvr_erased_list *l = ctx;
	struct nvr_erased *more;

	if (l->n == l->room) {
		more = reallocarray(l->e, 2 * l->room + 64, sizeof(*more));
		if (more == NULL)
			return nvr_fail_nomem(l->err);
		l->e = more;
		l->room = 2 * l->room + 64;
	}
	l->e[l->n++] = *e;
	return 0;
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
heed(struct nvr_state *s, const struct nvr_ledger *l,
    const struct nvr_erased_list *list, struct nvr_error *err)
{
	int rc = 0;

	if (list->forged > 0)
		rc = nvr_log_append(s, 0, "erasure.forged",
		    json_pack("{s:I}", "rows", (json_int_t)list->forged), err);
	return rc == 0 ? nvr_ledger_heed(s->store, l->size, err) : rc;
}

/* An empty list has no first one. */
static const struct nvr_erased *
from(const struct nvr_erased_list *list, size_t first)
{
	return list->n > 0 ? &list->e[first] : NULL;
}

/* From the first on, as much as there is time for in one transaction.  1: there
 * is more. */
static int
erase_some(struct nvr_state *s, const struct nvr_ledger *l,
    const struct nvr_erased_list *list, size_t first, int *n,
    struct nvr_error *err)
{
	size_t left = list->n - first,
	       many = left < NVR_ERASE_BATCH ? left : NVR_ERASE_BATCH;
	struct adoption of = {s, err};
	const struct nvr_erasing to = {nvr_time_now(), log_adopted, &of};
	int fresh = 0, more, rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	/* Which rows of the log go is told as they do. */
	rc = enter(s, from(list, first), many, &fresh, err);
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
    const struct nvr_erased_list *list, int *n, struct nvr_error *err)
{
	size_t first = 0;
	int rc;

	*n = 0;
	do {
		size_t left = list->n - first;

		rc = nvr_erase_take(s->store, from(list, first),
		    left < NVR_ERASE_BATCH ? left : NVR_ERASE_BATCH, err);
		while (rc == 0 &&
		       (rc = erase_some(s, l, list, first, n, err)) == 1) {
			nvr_store_rest();
			rc = 0;
		}
		first += NVR_ERASE_BATCH;
	} while (rc == 0 && first < list->n);
	return rc;
}

/*
 * Those of the list stand in the ledger: keys, then rows, then what is left of
 * both in the files.
 */
static int
finish(struct nvr_state *s, const struct nvr_ledger *l,
    const struct nvr_erased_list *list, int *n, struct nvr_error *err)
{
	const struct nvr_offer_sweep exports = {.until = INT64_MAX};
	struct nvr_error ignored;
	int rc = nvr_keys_heed(s, l, err);

	if (rc == 0)
		rc = erase_rows(s, l, list, n, err);
	if (rc != 0)
		return rc;
	/* Should others be reading it happens when the last of them closes. */
	nvr_store_settle(s->store, &ignored);
	nvr_station_sweep(s, &ignored);
	/* nvr-store check tells of what cannot be deleted of it. */
	nvr_restore_tidy(s->dir, &ignored);
	/* Offered exports: who makes one sees that its row is gone. */
	nvr_offer_sweep(s, &exports, &ignored);
	/* Kept stills are garbage now; without their disk they wait for it. */
	nvr_room_sweep(s, &ignored);
	return 0;
}

static bool
is_in(const struct nvr_erased_list *l, int64_t account)
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
	struct nvr_erased_list rows = {.err = err}, missed = {.err = err};
	int64_t heeded = 0;
	int rc = nvr_ledger_heeded(s->store, &heeded, err);

	*n = 0;
	if (rc != 0 || heeded == l->size)
		return rc;
	rc = nvr_erasures_each(
	    s, s->store, nvr_erased_add, &rows, &missed.forged, err);
	if (rc == 0)
		rc = nvr_ledger_add(l, rows.e, rows.n, err);
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		bool left = true;

		if (is_in(&rows, l->entry[i].account))
			rc = nvr_erase_left(
			    s->store, l->entry[i].account, &left, err);
		if (rc == 0 && left)
			rc = nvr_erased_add(&missed, &l->entry[i]);
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
nvr_erasures_replay(struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_actor actor = s->actor;
	struct nvr_ledger l;
	int n, rc = nvr_ledger_open(s, &l, err);

	if (rc != 0)
		return rc;
	s->actor = (struct nvr_actor){.who = itself, .channel = "ledger"};
	rc = nvr_erasures_heed(s, &l, &n, err);
	s->actor = actor;
	nvr_ledger_close(&l);
	return rc;
}

int
nvr_erasures_check(struct nvr_state *s, struct nvr_error *err)
{
	int64_t size, heeded = 0;
	int rc = nvr_ledger_size(s, &size, err);

	if (rc == 0)
		rc = nvr_ledger_heeded(s->store, &heeded, err);
	return rc == 0 && size != heeded ? nvr_erasures_replay(s, err) : rc;
}

int
nvr_erasure_begun(
    struct nvr_state *s, int64_t account, bool *ret, struct nvr_error *err)
{
	int64_t size = 0, heeded = 0;
	struct nvr_ledger l;
	int rc = nvr_ledger_size(s, &size, err);

	*ret = false;
	if (rc == 0)
		rc = nvr_ledger_heeded(s->store, &heeded, err);
	if (rc != 0 || size == heeded)
		return rc;
	rc = nvr_ledger_read(s, NULL, &l, err);
	if (rc == 0)
		*ret = nvr_ledger_has(&l, account);
	if (rc == 0)
		nvr_ledger_close(&l);
	return rc;
}

/*
 * Who is still to be erased, and into the ledger: nobody changes an account in
 * between.  What the transaction holds up others for is that line.
 */
static int
enter_ledger(struct nvr_state *s, struct nvr_ledger *l,
    const struct nvr_erasure_choice *c, struct nvr_erased_list *list,
    struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = c->choose(c->ctx, list);
	if (rc == 0)
		rc = nvr_ledger_add(l, list->e, list->n, err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_erasure_do(struct nvr_state *s, const struct nvr_erasure_choice *c, int *n,
    struct nvr_error *err)
{
	struct nvr_erased_list list = {.err = err};
	struct nvr_ledger l;
	struct nvr_keys *k;
	/* Which catches up with the ledger as it is. */
	int before, rc = nvr_keys_open(s, &k, err);

	*n = 0;
	if (rc == 0)
		rc = nvr_ledger_open(s, &l, err);
	if (rc != 0)
		return rc;
	rc = nvr_erasures_heed(s, &l, &before, err);
	if (rc == 0)
		rc = enter_ledger(s, &l, c, &list, err);
	if (rc == 0 && list.n > 0)
		rc = finish(s, &l, &list, n, err);
	free(list.e);
	nvr_ledger_close(&l);
	return rc;
}

static int
choose_one(void *ctx, struct nvr_erased_list *list)
{
	return nvr_erased_add(list, ctx);
}

int
nvr_erase(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	struct nvr_erased e = {account, nvr_erasure_time(nvr_time_now())};
	const struct nvr_erasure_choice one = {choose_one, &e};
	int n;

	if (account <= 0)
		return nvr_fail(err, NVR_E_USAGE,
		    "what belongs to no account is not erased");
	return nvr_erasure_do(s, &one, &n, err);
}
