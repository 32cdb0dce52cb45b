/* Making keys.db, or what is missing of it; see keys.h. */
#include <string.h>

#include "base/file.h"
#include "base/owner.h"
#include "base/time.h"
#include "core/keys_int.h"
#include "seal/digest.h"

int
nvr_keys_enter(struct nvr_keys *k, int64_t account,
    const uint8_t key[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct nvr_column at = nvr_wrapped_at(account, false);
	struct nvr_wrapped_key row = {
	    .account_id = account, .created_at = nvr_time_now()};
	struct nvr_buf wrapped = {0};
	int rc = nvr_column_seal(
	    k->master, &at, key, NVR_ACCOUNT_KEY_LEN, &wrapped, err);

	row.wrapped = wrapped.data;
	row.wrapped_len = wrapped.len;
	if (rc == 0)
		rc = nvr_keydb_put(k->db, &row, err);
	nvr_buf_release(&wrapped);
	return rc;
}

static int
seen(void *ctx, const struct nvr_wrapped_key *row)
{
	(void)ctx, (void)row;
	return 0;
}

/* Keys that were put back ahead of their store are not taken over. */
static int
claim(struct nvr_state *s, struct nvr_store *db, struct nvr_error *err)
{
	char uuid[NVR_SETTING_TEXT], there[NVR_SETTING_TEXT];
	int rc = nvr_setting_get(s->store, "media_uuid", uuid, err);

	if (rc != 0)
		return rc;
	rc = nvr_setting_get(db, NVR_KEYS_STORE, there, err);
	if (rc == NVR_E_NOENT)
		return nvr_setting_put(db, NVR_KEYS_STORE, uuid, err);
	return rc == 0 && strcmp(there, uuid) != 0
		   ? nvr_fail(err, NVR_E_CREATE,
			 "the keys in '%s/keys' belong to another store: "
			 "restore that one, or, for its cameras alone, empty "
			 "the folder and put the box key into it with "
			 "'nvr-store restore --box'",
			 s->dir)
		   : rc;
}

/* The one that wraps what is there, or else the one that will. */
static int
find_master(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char path[PATH_MAX], id[NVR_SETTING_TEXT];
	int rc = nvr_setting_get(k->db, NVR_KEYS_MASTER, id, err);

	if (rc != NVR_E_NOENT)
		return rc == 0 ? nvr_keys_master(s, k, err) : rc;
	nvr_keys_path(s, "master", path);
	rc = nvr_master_read(path, k->master, err);
	if (rc == 0)
		rc = nvr_master_id(k->master, id, err);
	return rc == 0 ? nvr_setting_put(k->db, NVR_KEYS_MASTER, id, err) : rc;
}

/* In a transaction: whatever is missing. */
static int
furnish(
    struct nvr_state *s, struct nvr_keys *k, bool fresh, struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	int rc = claim(s, k->db, err);

	if (rc == 0)
		rc = find_master(s, k, err);
	if (rc == 0)
		rc = nvr_keydb_get(k->db, 0, seen, NULL, err);
	if (rc == NVR_E_NOENT) {
		/* What an older store has sealed is under the master key. */
		memcpy(key, k->master, sizeof(key));
		rc = fresh ? nvr_random(key, sizeof(key), err) : 0;
		if (rc == 0)
			rc = nvr_keys_enter(k, 0, key, err);
		explicit_bzero(key, sizeof(key));
	}
	/* So that every backup of the keys has it, whenever it was made. */
	return rc == 0 ? nvr_service_draw(s, k, NVR_KEYS_ERASURE, err) : rc;
}

int
nvr_keys_make(struct nvr_state *s, bool fresh, struct nvr_error *err)
{
	struct nvr_keys k = {.lock = -1};
	char path[PATH_MAX];
	int rc;

	nvr_keys_path(s, "keys.db", path);
	rc = nvr_own_touch(path, err);
	if (rc == 0)
		rc = nvr_store_open(
		    path, NVR_STORE_KEYS | NVR_STORE_CREATE, &k.db, err);
	if (rc != 0)
		return rc;
	rc = nvr_store_begin(k.db, err);
	if (rc == 0)
		rc = furnish(s, &k, fresh, err);
	rc = nvr_store_end(k.db, rc, err);
	nvr_store_close(k.db);
	explicit_bzero(&k, sizeof(k));
	return rc == 0 ? nvr_setting_put(s->store, NVR_KEYS_MADE, "1", err)
		       : rc;
}
