/* Whether the keys at hand open a store that is to be put in place. */
#include <string.h>

#include "base/id.h"
#include "core/backup_int.h"
#include "core/keys.h"
#include "store/account.h"
#include "store/sealed.h"

#define SAMPLE 1000 /* accounts */
#define VALUES 8    /* of a column */
#define DONE 1

struct reading {
	struct nvr_restoring *x;
	struct nvr_store *st;
	const struct nvr_ledger *l; /* who is in it is to be erased */
	struct nvr_error *err;
	/* Of the account in hand: */
	const struct nvr_sealed_column *c;
	int64_t account;
	int values, opened; /* the first of each column */
	bool gone;	    /* there is no key */
	int seen;	    /* accounts */
};

static int
try_value(void *ctx, int64_t row, const void *sealed, size_t len)
{
	struct reading *r = ctx;
	struct nvr_column at = {r->c->table, r->c->column, row};
	struct nvr_buf plain = {0};
	int rc = nvr_sealed_get(
	    &r->x->s, r->account, &at, sealed, len, &plain, r->err);

	nvr_buf_wipe(&plain);
	r->values++;
	r->opened += rc == 0;
	r->gone = rc == NVR_E_NOENT;
	return rc == 0 || rc == NVR_E_NOENT ? DONE : rc == NVR_E_DATA ? 0 : rc;
}

/*
 * One value that is damaged is no other key: all that are tried have to fail.
 * An account without a key is read by nobody any more; that is no reason to
 * have no store at all, but one not to lose the present one.
 */
static int
try_account(struct reading *r, int64_t account)
{
	char id[NVR_ID_TEXT];
	int rc = 0;

	r->account = account;
	r->values = r->opened = 0;
	r->gone = false;
	for (r->c = nvr_sealed_columns; rc == 0 && r->c->table != NULL; r->c++)
		rc = nvr_sealed_each(
		    r->st, r->c, account, -1, VALUES, try_value, r, r->err);
	if (rc != 0 && rc != DONE)
		return rc;
	if (r->values == 0 || r->opened > 0 ||
	    (r->gone &&
		(r->x->live == NULL || r->x->empty || r->st == r->x->live)))
		return 0;
	return nvr_fail(r->err, NVR_E_DATA,
	    "the keys at hand do not open '%s' (account %s): it is from before "
	    "'keys rotate', and needs the keys of its time, from 'backup "
	    "--keys'",
	    r->x->r->dir, nvr_id_format(account, id));
}

static int
see_account(void *ctx, const struct nvr_account *a)
{
	struct reading *r = ctx;

	if (nvr_ledger_has(r->l, a->id))
		return 0;
	return r->seen++ == SAMPLE ? DONE : try_account(r, a->id);
}

int
nvr_restore_readable(struct nvr_restoring *x, struct nvr_store *st,
    const struct nvr_ledger *l, struct nvr_error *err)
{
	const struct nvr_account_filter all = {0};
	struct reading r = {.x = x, .st = st, .l = l, .err = err};
	bool rights = nvr_state_rights(&x->s, true);
	int rc = try_account(&r, 0);

	if (rc == 0)
		rc = nvr_account_each(st, &all, see_account, &r, err);
	nvr_state_rights(&x->s, rights);
	return rc == DONE ? 0 : rc;
}
