/* Opening and listing rows of the security log; see log.h. */
#include <stdlib.h>
#include <string.h>

#include "core/keys.h"
#include "core/log_int.h"

#define ACCOUNTS 1024 /* whose keys are kept at once */

struct nvr_log_opener {
	struct nvr_state *s;
	struct nvr_buf text;
	struct slot {
		bool used;
		int64_t account;
		int state; /* as nvr_log_open returns */
		struct nvr_column_key *key[2];
	} slot[ACCOUNTS];
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
	/* From here on NVR_E_NOENT and NVR_E_PERMISSION are of an account. */
	rc = nvr_keys_open(s, &keys, err);
	if (rc != 0) {
		free(o);
		return rc;
	}
	o->s = s;
	*ret = o;
	return 0;
}

static void
empty(struct slot *slot)
{
	for (int i = 0; i < 2; i++)
		nvr_column_key_free(slot->key[i]);
	*slot = (struct slot){0};
}

void
nvr_log_opener_free(struct nvr_log_opener *o)
{
	if (o == NULL)
		return;
	for (int i = 0; i < ACCOUNTS; i++)
		empty(&o->slot[i]);
	nvr_buf_wipe(&o->text);
	free(o);
}

static int
fill(struct nvr_log_opener *o, struct slot *slot, int64_t account,
    struct nvr_error *err)
{
	const struct nvr_ring *ring;
	int rc;

	empty(slot);
	rc = nvr_keys_ring(o->s, account, &ring, err);
	if (rc == NVR_E_NOENT || rc == NVR_E_PERMISSION) {
		slot->state =
		    rc == NVR_E_NOENT ? NVR_LOG_KEYLESS : NVR_LOG_RESTRICTED;
		rc = 0;
	} else {
		for (int i = 0; rc == 0 && i < ring->n; i++)
			rc = nvr_column_key_new(
			    ring->key[i], "log", "sealed", &slot->key[i], err);
	}
	slot->account = account;
	slot->used = rc == 0;
	return rc;
}

int
nvr_log_open(struct nvr_log_opener *o, const struct nvr_log_row *row,
    int64_t seq, const struct nvr_buf **text, struct nvr_error *err)
{
	struct slot *slot = &o->slot[(uint64_t)row->account % ACCOUNTS];
	int rc = 0;

	if (!slot->used || slot->account != row->account)
		rc = fill(o, slot, row->account, err);
	if (rc != 0 || slot->state != NVR_LOG_FITS)
		return rc != 0 ? rc : slot->state;
	if (row->sealed == NULL || seq < 0 ||
	    row->sealed_len >
		NVR_COLUMN_OVERHEAD + NVR_LOG_SALT + NVR_LOG_DETAIL)
		return NVR_LOG_UNFIT;
	for (int i = 0; i < 2 && slot->key[i] != NULL; i++) {
		o->text.len = 0;
		rc = nvr_column_key_open(slot->key[i], seq, row->sealed,
		    row->sealed_len, &o->text, err);
		if (rc == 0 && o->text.len > NVR_LOG_SALT) {
			*text = &o->text;
			return NVR_LOG_FITS;
		}
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

static int
show(void *ctx, const struct nvr_log_row *row)
{
	struct each *x = ctx;
	struct nvr_log_entry e = {.seq = row->seq,
	    .account = row->account,
	    .at = row->at,
	    .type = row->type,
	    .state = NVR_LOG_ERASED};
	const struct nvr_buf *text;
	int rc = NVR_LOG_KEYLESS;

	if (row->sealed != NULL)
		rc = nvr_log_open(x->opener, row, row->seq, &text, x->err);
	if (rc < 0)
		return rc;
	if (rc == NVR_LOG_FITS)
		e.payload = parse(text);
	if (rc != NVR_LOG_KEYLESS)
		e.state = e.payload != NULL ? NVR_LOG_OPEN : NVR_LOG_CLOSED;
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
