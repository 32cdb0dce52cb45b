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
#include "store/restrict.h"

#define MADE "keys" /* the store's setting: keys.db has been made */

static void
path_in(const struct nvr_state *s, const char *name, char path[PATH_MAX])
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

int
nvr_master_id(const uint8_t master[NVR_ACCOUNT_KEY_LEN], char id[NVR_MASTER_ID],
    struct nvr_error *err)
{
	uint8_t mac[NVR_LOOKUP_LEN];
	int rc = nvr_lookup_hmac(master, "master", mac, err);

	if (rc == 0)
		nvr_hex(mac, (NVR_MASTER_ID - 1) / 2, id);
	return rc;
}

int
nvr_master_read(
    const char *path, uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct nvr_buf key = {0};
	int rc = nvr_key_check(path, err);

	if (rc == 0)
		rc = nvr_file_read(path, NVR_ACCOUNT_KEY_LEN, &key, err);
	if (rc == 0 && key.len != NVR_ACCOUNT_KEY_LEN)
		rc = nvr_fail(err, NVR_E_DATA,
		    "the key '%s' has %zu bytes, not %d", path, key.len,
		    NVR_ACCOUNT_KEY_LEN);
	if (rc == 0)
		memcpy(ret, key.data, NVR_ACCOUNT_KEY_LEN);
	nvr_buf_wipe(&key);
	return rc;
}

/*
 * The master key that wraps what is in keys.db.  A replacement that was cut
 * short after its last write to keys.db is completed.
 */
static int
find_master(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char path[PATH_MAX], fresh[PATH_MAX], id[NVR_MASTER_ID];
	char want[NVR_SETTING_TEXT];
	int rc = nvr_setting_get(k->db, NVR_KEYS_MASTER, want, err);

	path_in(s, "master", path);
	path_in(s, "master.new", fresh);
	if (rc == 0)
		rc = nvr_master_read(path, k->master, err);
	if (rc == 0)
		rc = nvr_master_id(k->master, id, err);
	if (rc != 0 || strcmp(id, want) == 0)
		return rc;
	if (access(fresh, F_OK) == 0)
		rc = nvr_master_read(fresh, k->master, err);
	if (rc == 0)
		rc = nvr_master_id(k->master, id, err);
	if (rc != 0)
		return rc;
	if (strcmp(id, want) != 0)
		return nvr_fail(err, NVR_E_DATA,
		    "'%s' is not the key that wraps keys.db: put the one back "
		    "that belongs to it",
		    path);
	if (rename(fresh, path) != 0 && errno != ENOENT)
		return nvr_fail_errno(err, 0, "cannot rename '%s'", fresh);
	path_in(s, "", path);
	return nvr_dir_sync(path, err);
}

/* Says that keys are in use until close; see keys.h. */
static int
lock_shared(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];

	path_in(s, ".lock", path);
	k->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->lock < 0 && errno == EROFS)
		return 0;
	if (k->lock < 0)
		return nvr_fail_errno(err, 0, "cannot open '%s'", path);
	if (fcntl(k->lock, F_OFD_SETLKW, &lock) != 0)
		return nvr_fail_errno(err, NVR_E_IO, "cannot lock '%s'", path);
	return 0;
}

static int
open_db(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char mine[NVR_SETTING_TEXT], theirs[NVR_SETTING_TEXT], path[PATH_MAX];
	int rc;

	path_in(s, "keys.db", path);
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
	if (nvr_setting_get(s->store, MADE, made, err) != 0)
		rc = err->code == NVR_E_NOENT ? nvr_keys_make(s, false, err)
					      : err->code;
	if (rc == 0)
		rc = lock_shared(s, k, err);
	if (rc == 0)
		rc = open_db(s, k, err);
	if (rc == 0)
		rc = nvr_keys_catch_up(s, k, err);
	if (rc == 0)
		rc = find_master(s, k, err);
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

/* Wraps a key and enters it, unless the account has one. */
static int
enter(struct nvr_store *db, const uint8_t master[NVR_ACCOUNT_KEY_LEN],
    int64_t account, const uint8_t key[NVR_ACCOUNT_KEY_LEN],
    struct nvr_error *err)
{
	struct nvr_column at = nvr_wrapped_at(account, false);
	struct nvr_wrapped_key row = {
	    .account_id = account, .created_at = nvr_time_now()};
	struct nvr_buf wrapped = {0};
	int rc = nvr_column_seal(
	    master, &at, key, NVR_ACCOUNT_KEY_LEN, &wrapped, err);

	row.wrapped = wrapped.data;
	row.wrapped_len = wrapped.len;
	if (rc == 0)
		rc = nvr_keydb_put(db, &row, err);
	nvr_buf_release(&wrapped);
	return rc;
}

static int
seen(void *ctx, const struct nvr_wrapped_key *row)
{
	(void)ctx, (void)row;
	return 0;
}

/* In a transaction: whatever is missing. */
static int
furnish(struct nvr_state *s, struct nvr_store *db, bool fresh,
    struct nvr_error *err)
{
	uint8_t master[NVR_ACCOUNT_KEY_LEN], key[NVR_ACCOUNT_KEY_LEN];
	char path[PATH_MAX], id[NVR_MASTER_ID], uuid[NVR_SETTING_TEXT];
	int rc;

	path_in(s, "master", path);
	rc = nvr_master_read(path, master, err);
	if (rc == 0)
		rc = nvr_master_id(master, id, err);
	if (rc == 0)
		rc = nvr_setting_get(s->store, "media_uuid", uuid, err);
	if (rc == 0)
		rc = nvr_setting_put(db, NVR_KEYS_STORE, uuid, err);
	if (rc == 0)
		rc = nvr_setting_put(db, NVR_KEYS_MASTER, id, err);
	if (rc == 0 && nvr_keydb_get(db, 0, seen, NULL, err) != 0) {
		rc = err->code == NVR_E_NOENT ? 0 : err->code;
		/* What an older store has sealed is under the master key. */
		memcpy(key, master, sizeof(key));
		if (rc == 0 && fresh)
			rc = nvr_random(key, sizeof(key), err);
		if (rc == 0)
			rc = enter(db, master, 0, key, err);
	}
	explicit_bzero(master, sizeof(master));
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_keys_make(struct nvr_state *s, bool fresh, struct nvr_error *err)
{
	struct nvr_store *db = NULL;
	char path[PATH_MAX];
	int rc;

	path_in(s, "keys.db", path);
	rc = nvr_store_open(path, NVR_STORE_KEYS | NVR_STORE_CREATE, &db, err);
	if (rc != 0)
		return rc;
	rc = nvr_store_begin(db, err);
	if (rc == 0)
		rc = furnish(s, db, fresh, err);
	if (rc == 0)
		rc = nvr_store_commit(db, err);
	if (rc != 0)
		nvr_store_rollback(db);
	nvr_store_close(db);
	return rc == 0 ? nvr_setting_put(s->store, MADE, "1", err) : rc;
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

int
nvr_keys_ring(struct nvr_state *s, int64_t account, const struct nvr_ring **ret,
    struct nvr_error *err)
{
	struct unwrap u = {.err = err};
	bool restricted = false;
	int rc = nvr_keys_open(s, &u.k, err);

	if (rc != 0)
		return rc;
	u.ring = &u.k->ring[(uint64_t)account % NVR_RINGS];
	*ret = u.ring;
	if (u.ring->n > 0 && u.ring->account == account)
		return 0;
	u.ring->n = 0;
	u.ring->account = account;
	if (!s->rights)
		rc = nvr_restricted(s->store, account, &restricted, err);
	if (restricted)
		return nvr_fail(err, NVR_E_PERMISSION,
		    "the processing of this account's data is restricted "
		    "('nvr-account unrestrict' ends that)");
	return rc == 0 ? nvr_keydb_get(u.k->db, account, unwrap, &u, err) : rc;
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
nvr_sealed_get(struct nvr_state *s, int64_t account,
    const struct nvr_column *at, const void *sealed, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	const struct nvr_ring *ring;
	int rc = nvr_keys_ring(s, account, &ring, err);

	for (int i = 0; rc == 0 && i < ring->n; i++) {
		rc = nvr_column_open(ring->key[i], at, sealed, len, out, err);
		if (rc == 0)
			break;
		if (rc == NVR_E_DATA && i + 1 < ring->n)
			rc = 0;
	}
	return rc;
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
	return rc == NVR_E_NOENT ? enter(k->db, k->master, account, key, err)
				 : rc;
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
	if (rc == 0) {
		rc = enter_new(k, account, key, err);
		if (rc == 0)
			rc = nvr_store_commit(k->db, err);
		if (rc != 0)
			nvr_store_rollback(k->db);
	}
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_keys_destroy(struct nvr_state *s, int64_t account, struct nvr_error *err)
{
	struct nvr_ring *ring;
	struct nvr_keys *k;
	int rc = nvr_keys_open(s, &k, err);

	if (rc != 0)
		return rc;
	ring = &k->ring[(uint64_t)account % NVR_RINGS];
	explicit_bzero(ring, sizeof(*ring));
	return nvr_keydb_delete(k->db, account, err);
}

struct service {
	struct nvr_keys *k;
	uint8_t *key;
	struct nvr_error *err;
};

static int
take_service(void *ctx, const char *name, const void *wrapped, size_t len)
{
	struct nvr_column at = nvr_service_at(name);
	struct service *x = ctx;
	struct nvr_buf key = {0};
	int rc = nvr_column_open(x->k->master, &at, wrapped, len, &key, x->err);

	if (rc == 0 && key.len != NVR_ACCOUNT_KEY_LEN)
		rc =
		    nvr_fail(x->err, NVR_E_DATA, "a key of %zu bytes", key.len);
	if (rc == 0)
		memcpy(x->key, key.data, NVR_ACCOUNT_KEY_LEN);
	nvr_buf_wipe(&key);
	return rc;
}

static int
draw_service(struct service *x, const char *name)
{
	struct nvr_column at = nvr_service_at(name);
	struct nvr_buf wrapped = {0};
	int rc = nvr_random(x->key, NVR_ACCOUNT_KEY_LEN, x->err);

	if (rc == 0)
		rc = nvr_column_seal(x->k->master, &at, x->key,
		    NVR_ACCOUNT_KEY_LEN, &wrapped, x->err);
	if (rc == 0)
		rc = nvr_keydb_service_put(x->k->db, name, wrapped.data,
		    wrapped.len, nvr_time_now(), x->err);
	nvr_buf_release(&wrapped);
	return rc;
}

static int
get_service(struct service *x, const char *name)
{
	int rc = nvr_keydb_service_get(x->k->db, name, take_service, x, x->err);

	if (rc != NVR_E_NOENT)
		return rc;
	/* Another program may draw it at the same moment. */
	rc = nvr_store_begin(x->k->db, x->err);
	if (rc != 0)
		return rc;
	rc = nvr_keydb_service_get(x->k->db, name, take_service, x, x->err);
	if (rc == NVR_E_NOENT)
		rc = draw_service(x, name);
	if (rc == 0)
		rc = nvr_store_commit(x->k->db, x->err);
	if (rc != 0)
		nvr_store_rollback(x->k->db);
	return rc;
}

int
nvr_service_key(struct nvr_state *s, const char *name,
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct service x = {.key = ret, .err = err};
	int i = 0, rc = nvr_keys_open(s, &x.k, err);

	if (rc != 0)
		return rc;
	while (i < NVR_SERVICES && x.k->service[i].name[0] != '\0' &&
	       strcmp(x.k->service[i].name, name) != 0)
		i++;
	if (i < NVR_SERVICES && x.k->service[i].name[0] != '\0') {
		memcpy(ret, x.k->service[i].key, NVR_ACCOUNT_KEY_LEN);
		return 0;
	}
	rc = get_service(&x, name);
	if (rc == 0 && i < NVR_SERVICES &&
	    strlen(name) < sizeof(x.k->service[i].name)) {
		strlcpy(
		    x.k->service[i].name, name, sizeof(x.k->service[i].name));
		memcpy(x.k->service[i].key, ret, NVR_ACCOUNT_KEY_LEN);
	}
	return rc;
}
