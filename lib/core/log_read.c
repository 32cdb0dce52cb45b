/* Opening and listing rows of the security log; see log.h. */
#include <stdlib.h>
#include <string.h>

#include "core/keys.h"
#include "core/log_int.h"

#define SLOT_BITS 16 /* for the keys of so many accounts there is room */
#define SLOTS ((size_t)1 << SLOT_BITS)

struct nvr_log_opener {
	struct nvr_state *s;
	struct nvr_column_opener *column;
	struct nvr_buf text;
	struct slot {
		int64_t account;
		bool used;
		int state; /* as nvr_log_open returns */
		int n;
		uint8_t key[2][NVR_ACCOUNT_KEY_LEN];
	} * slot;
};

int
nvr_log_opener_new(
    struct nvr_state *s, struct nvr_log_opener **ret, struct nvr_error *err)
{
	struct nvr_log_opener *o = calloc(1, sizeof(*o));
	struct nvr_keys *keys;
	int rc;

	if (o == NULL)
		return nvr_fail_nomem(err);
	o->s = s;
	o->slot = calloc(SLOTS, sizeof(*o->slot));
	rc = o->slot != NULL ? 0 : nvr_fail_nomem(err);
	if (rc == 0)
		rc = nvr_column_opener_new("log", "sealed", &o->column, err);
	/* From here on NVR_E_NOENT and NVR_E_PERMISSION are of an account. */
	if (rc == 0)
		rc = nvr_keys_open(s, &keys, err);
	if (rc != 0)
		nvr_log_opener_free(o);
	else
		*ret = o;
	return rc;
}

void
nvr_log_opener_free(struct nvr_log_opener *o)
{
	if (o == NULL)
		return;
	/* What was never written is not to be touched. */
	for (size_t i = 0; o->slot != NULL && i < SLOTS; i++)
		if (o->slot[i].used)
			explicit_bzero(&o->slot[i], sizeof(o->slot[i]));
	nvr_column_opener_free(o->column);
	nvr_buf_wipe(&o->text);
	free(o->slot);
	free(o);
}

static int
fill(struct nvr_log_opener *o, struct slot *slot, int64_t account,
    struct nvr_error *err)
{
	const struct nvr_ring *ring;
	int rc = nvr_keys_ring(o->s, account, &ring, err);

	*slot = (struct slot){.account = account};
	if (rc == NVR_E_NOENT || rc == NVR_E_PERMISSION) {
		slot->state =
		    rc == NVR_E_NOENT ? NVR_LOG_KEYLESS : NVR_LOG_RESTRICTED;
		rc = 0;
	} else {
		slot->n = rc == 0 ? ring->n : 0;
	}
	for (int i = 0; rc == 0 && i < slot->n; i++)
		rc = nvr_column_opener_key(
		    o->column, ring->key[i], slot->key[i], err);
	slot->used = rc == 0;
	return rc;
}

static struct slot *
slot_of(struct nvr_log_opener *o, int64_t account)
{
	/* Fibonacci hashing: ids of one time differ in few places. */
	return &o->slot[(uint64_t)account * UINT64_C(0x9e3779b97f4a7c15) >>
			(64 - SLOT_BITS)];
}

int
nvr_log_open(struct nvr_log_opener *o, const struct nvr_log_row *row,
    int64_t seq, const struct nvr_buf **text, struct nvr_error *err)
{
	struct slot *slot = slot_of(o, row->account);
	int rc = 0;

	*text = &o->text;
	if (!slot->used || slot->account != row->account)
		rc = fill(o, slot, row->account, err);
	if (rc != 0 || slot->state != NVR_LOG_FITS)
		return rc != 0 ? rc : slot->state;
	if (row->sealed == NULL || seq < 0 ||
	    row->sealed_len >
		NVR_COLUMN_OVERHEAD + NVR_LOG_SALT + NVR_LOG_DETAIL)
		return NVR_LOG_UNFIT;
	for (int i = 0; i < slot->n; i++) {
		o->text.len = 0;
		rc = nvr_column_opener_open(o->column, slot->key[i], seq,
		    row->sealed, row->sealed_len, &o->text, err);
		if (rc == 0 && o->text.len > NVR_LOG_SALT)
			return NVR_LOG_FITS;
		if (rc != 0 && rc != NVR_E_DATA)
			return rc;
	}
	return NVR_LOG_UNFIT;
}

struct each {
	struct nvr_log_opener *opener;
	int (*row)(void *ctx, const struct nvr_log_entry *e);
	void *ctx;
	struct nvr_error *err;
};

/* The payload, or NULL where it is not one. */
static json_t *
parse(const struct nvr_buf *text)
{
	json_t *payload = json_loadb(text->data + NVR_LOG_SALT,
	    text->len - NVR_LOG_SALT, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(payload))
		return payload;
	json_decref(payload);
	return NULL;
}

/* Which of those without an account were, nvr_log_verify can tell. */
static int
was_erased(struct each *x, const struct nvr_log_row *row, bool *ret)
{
	struct nvr_store *st = x->opener->s->store;

	return row->account != 0 ? nvr_log_erased(st, row->account, ret, x->err)
				 : nvr_log_any_erased(st, ret, x->err);
}

static int
show(void *ctx, const struct nvr_log_row *row)
{
	struct each *x = ctx;
	struct nvr_log_entry e = {.seq = row->seq,
	    .account = row->account,
	    .at = row->at,
	    .type = row->type,
	    .state = row->sealed != NULL ? NVR_LOG_CLOSED : NVR_LOG_MISSING};
	const struct nvr_buf *text;
	bool erased = false;
	int rc = NVR_LOG_KEYLESS;

	if (row->sealed != NULL)
		rc = nvr_log_open(x->opener, row, row->seq, &text, x->err);
	if (rc < 0)
		return rc;
	if (rc == NVR_LOG_FITS && (e.payload = parse(text)) != NULL)
		e.state = NVR_LOG_OPEN;
	if (rc == NVR_LOG_KEYLESS && was_erased(x, row, &erased) != 0)
		return x->err->code;
	if (erased)
		e.state = NVR_LOG_ERASED;
	memcpy(e.commitment, row->commitment, sizeof(e.commitment));
	memcpy(e.hash, row->hash, sizeof(e.hash));
	rc = x->row(x->ctx, &e);
	json_decref(e.payload);
	return rc;
}

int
nvr_log_each(struct nvr_state *s, const struct nvr_log_filter *f,
    int (*row)(void *ctx, const struct nvr_log_entry *e), void *ctx,
    struct nvr_error *err)
{
	struct each x = {.row = row, .ctx = ctx, .err = err};
	int rc = nvr_log_opener_new(s, &x.opener, err);

	if (rc == 0)
		rc = nvr_log_newest(s->store, f, show, &x, err);
	nvr_log_opener_free(x.opener);
	return rc;
}
