/* The keys of accounts; see keys.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/time.h"
#include "core/keys_int.h"
#include "seal/digest.h"
#include "store/erase.h"
#include "store/restrict.h"

void
nvr_keys_path(const struct nvr_state *s, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/keys/%s", s->dir, name);
}

struct nvr_column
nvr_wrapped_at(int64_t account, bool previous)
{
	return (struct nvr_column){
	    "account_key", previous ? "previous" : "wrapped", account};
}

struct nvr_column
nvr_service_at(const char *name)
{
	return (struct nvr_column){"service_key", name, 0};
}

static int
open_db(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char mine[NVR_SETTING_TEXT], theirs[NVR_SETTING_TEXT], path[PATH_MAX];
	int rc;

	nvr_keys_path(s, "keys.db", path);
	if (access(path, F_OK) != 0)
		return nvr_fail_errno(err, 0,
		    "the keys of accounts, '%s': put it back from its backup; "
		    "cannot open it",
		    path);
	rc = nvr_store_open(
	    path, NVR_STORE_KEYS | NVR_STORE_MIGRATE, &k->db, err);
	if (rc == 0)
		rc = nvr_setting_get(s->store, "media_uuid", mine, err);
	if (rc == 0)
		rc = nvr_setting_get(k->db, NVR_KEYS_STORE, theirs, err);
	if (rc == 0 && strcmp(mine, theirs) != 0)
		rc = nvr_fail(err, NVR_E_DATA,
		    "'%s' belongs to another store: put this one's back", path);
	return rc;
}

int
nvr_keys_open(struct nvr_state *s, struct nvr_keys **ret, struct nvr_error *err)
{
	char made[NVR_SETTING_TEXT];
	struct nvr_keys *k;
	int rc = 0;

	if (s->keys != NULL) {
		*ret = s->keys;
		return 0;
	}
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return nvr_fail_nomem(err);
	k->lock = -1;
	if (nvr_setting_get(s->store, NVR_KEYS_MADE, made, err) != 0)
		rc = err->code == NVR_E_NOENT ? nvr_keys_make(s, false, err)
					      : err->code;
	if (rc == 0)
		rc = open_db(s, k, err);
	if (rc == 0)
		rc = nvr_keys_use(s, k, err);
	if (rc == 0)
		rc = nvr_keys_catch_up(s, k, err);
	if (rc == 0)
		rc = nvr_keys_master(s, k, err);
	if (rc != 0) {
		nvr_keys_close(k);
		return rc;
	}
	*ret = s->keys = k;
	return 0;
}

void
nvr_keys_close(struct nvr_keys *k)
{
	if (k == NULL)
		return;
	if (k->lock >= 0)
		close(k->lock);
	nvr_store_close(k->db);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

/* Unwraps the row's keys into a ring. */
struct unwrap {
	struct nvr_keys *k;
	struct nvr_ring *ring;
	struct nvr_error *err;
};

static int
unwrap_one(struct unwrap *u, const struct nvr_column *at, const void *wrapped,
    size_t len)
{
	struct nvr_buf key = {0};
	int rc = nvr_column_open(u->k->master, at, wrapped, len, &key, u->err);

	if (rc == 0 && key.len != NVR_ACCOUNT_KEY_LEN)
		rc =
		    nvr_fail(u->err, NVR_E_DATA, "a key of %zu bytes", key.len);
	if (rc == 0)
		memcpy(u->ring->key[u->ring->n++], key.data, key.len);
	nvr_buf_wipe(&key);
	return rc;
}

static int
unwrap(void *ctx, const struct nvr_wrapped_key *row)
{
	struct nvr_column at = nvr_wrapped_at(row->account_id, false);
	struct nvr_column before = nvr_wrapped_at(row->account_id, true);
	struct unwrap *u = ctx;
	int rc = unwrap_one(u, &at, row->wrapped, row->wrapped_len);

	if (rc == 0 && row->previous != NULL)
		rc = unwrap_one(u, &before, row->previous, row->previous_len);
	if (rc != 0)
		u->ring->n = 0;
	return rc;
}

static int
read_ring(struct nvr_state *s, struct unwrap *u, int64_t account)
{
	int rc = 0;

	/* The master key may be replaced between its reading and the row's. */
	for (int i = 0; rc == 0 && i < 2; i++) {
		rc = nvr_keys_master(s, u->k, u->err);
		*u->ring = (struct nvr_ring){.account = account};
		if (rc == 0)
			rc =
			    nvr_keydb_get(u->k->db, account, unwrap, u, u->err);
		if (rc == 0)
			return 0;
		if (rc == NVR_E_DATA && i == 0)
			rc = 0;
	}
	return rc;
}

/*
 * Asked ahead of every use, as another program may restrict or erase the
 * account meanwhile: what is cached of a key is used no longer than that.
 */
static int
may_use(struct nvr_state *s, struct nvr_keys *k, int64_t account,
    struct nvr_error *err)
{
	bool restricted = false, there = true;
	int rc = 0;

	if (account == 0 || s->rights)
		return 0;
	rc = nvr_restricted(s->store, account, &restricted, err);
	if (rc == 0)
		rc = nvr_account_there(s->store, account, &there, err);
	if (rc == 0 && !there)
		nvr_keys_forget(k, account);
	if (rc == 0 && restricted)
		rc = nvr_fail(err, NVR_E_PERMISSION,
		    "the processing of this account's data is restricted "
		    "('nvr-account unrestrict' ends that)");
	return rc;
}

int
nvr_keys_ring(struct nvr_state *s, int64_t account, const struct nvr_ring **ret,
    struct nvr_error *err)
{
	struct unwrap u = {.err = err};
	int rc = nvr_keys_open(s, &u.k, err);

	if (rc == 0)
		rc = may_use(s, u.k, account, err);
	if (rc != 0)
		return rc;
	u.ring = &u.k->ring[(uint64_t)account % NVR_RINGS];
	*ret = u.ring;
	if (u.ring->n > 0 && u.ring->account == account)
		return 0;
	return read_ring(s, &u, account);
}

void
nvr_keys_forget(struct nvr_keys *k, int64_t account)
{
	struct nvr_ring *ring = &k->ring[(uint64_t)account % NVR_RINGS];

	explicit_bzero(ring, sizeof(*ring));
}

int
nvr_sealed_put(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const void *data, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	const struct nvr_ring *ring;
	int rc = nvr_keys_ring(s, account, &ring, err);

	return rc == 0 ? nvr_column_seal(ring->key[0], at, data, len, out, err)
		       : rc;
}

int
nvr_ring_open(const struct nvr_ring *ring, const struct nvr_column *at,
    const void *sealed, size_t len, struct nvr_buf *out, int *which,
    struct nvr_error *err)
{
	int rc = NVR_E_DATA;

	for (int i = 0; rc == NVR_E_DATA && i < ring->n; i++) {
		rc = nvr_column_open(ring->key[i], at, sealed, len, out, err);
		*which = i;
	}
	return rc;
}

int
nvr_sealed_get(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	const struct nvr_ring *ring;
	int which, rc = nvr_keys_ring(s, account, &ring, err);

	if (rc == 0)
		rc = nvr_ring_open(ring, at, sealed, len, out, &which, err);
	else
		return rc;
	if (rc != NVR_E_DATA)
		return rc;
	/* Another program may have sealed it under a key drawn since then. */
	nvr_keys_forget(s->keys, account);
	rc = nvr_keys_ring(s, account, &ring, err);
	return rc == 0 ? nvr_ring_open(ring, at, sealed, len, out, &which, err)
		       : rc;
}

int
nvr_keys_read_begin(struct nvr_state *s, struct nvr_error *err)
{
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	return rc == 0 ? nvr_store_snapshot(k->db, err) : rc;
}

void
nvr_keys_read_end(struct nvr_state *s)
{
	if (s->keys != NULL)
		nvr_store_rollback(s->keys->db);
}

static int
seen(void *ctx, const struct nvr_wrapped_key *row)
{
	(void)ctx, (void)row;
	return 0;
}

/* Never over another one: what is sealed under that would be lost. */
static int
enter_new(struct nvr_keys *k, int64_t account,
    const uint8_t key[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	int rc = nvr_keydb_get(k->db, account, seen, NULL, err);

	if (rc == 0)
		return nvr_fail(
		    err, NVR_E_CREATE, "the account has a key already");
	return rc == NVR_E_NOENT ? nvr_keys_enter(k, account, key, err) : rc;
}

int
nvr_keys_add(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	if (rc == 0)
		rc = nvr_random(key, sizeof(key), err);
	if (rc == 0)
		rc = nvr_store_begin(k->db, err);
	if (rc != 0)
		return rc;
	/* In the transaction, or it may be wrapped by one that was replaced. */
	rc = nvr_keys_master(s, k, err);
	if (rc == 0)
		rc = enter_new(k, account, key, err);
	rc = nvr_store_end(k->db, rc, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_keys_destroy(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	if (rc != 0)
		return rc;
	nvr_keys_forget(k, account);
	return nvr_keydb_delete(k->db, account, err);
}
