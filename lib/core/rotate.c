/* Replacing the master key and the pepper; see rotate.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "core/keyfile.h"
#include "core/log.h"
#include "core/pepper.h"
#include "core/rotate_int.h"
#include "seal/digest.h"

#define WRAPPED_LEN (NVR_ACCOUNT_KEY_LEN + NVR_COLUMN_OVERHEAD)

int
nvr_rotate_say(struct nvr_state *s, int64_t account, const char *what,
    struct nvr_error *err)
{
	return nvr_log_append(
	    s, account, "key.rotated", json_pack("{s:s}", "what", what), err);
}

static int
say_alone(struct nvr_state *s, const char *what, struct nvr_error *err)
{
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_rotate_say(s, 0, what, err);
	return nvr_store_end(s->store, rc, err);
}

/* The log is in another database: a new master key may be in force without a
 * row there. */
static int
tell_master(struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err)
{
	char unsaid[NVR_SETTING_TEXT];
	int rc = nvr_setting_get(k->db, NVR_KEYS_UNSAID, unsaid, err);

	if (rc == NVR_E_NOENT || (rc == 0 && strcmp(unsaid, "master") != 0))
		return 0;
	if (rc == 0)
		rc = say_alone(s, "master", err);
	return rc == 0 ? nvr_setting_put(k->db, NVR_KEYS_UNSAID, "", err) : rc;
}

int
nvr_rotate_begin(
    struct nvr_state *s, struct nvr_rotating *g, struct nvr_error *err)
{
	int rc = nvr_keys_open(s, &g->k, err);

	g->rights = s->rights;
	if (rc != 0)
		return rc;
	rc = nvr_keys_lock(g->k, NVR_KEYS_ROTATE, F_WRLCK, err);
	if (rc == NVR_E_AGAIN)
		return nvr_fail(err, NVR_E_AGAIN,
		    "another program is replacing keys: let it finish");
	if (rc != 0)
		return rc;
	g->k->rotating = true;
	s->rights = true;
	/* A previous key is dropped: by then nothing may still be under it. */
	rc = nvr_store_durable(s->store, err);
	/* Others may have replaced keys since this program read some. */
	if (rc == 0)
		rc = nvr_keys_use_again(g->k, err);
	/* Read anew, to complete what one before may have left half done. */
	g->k->id[0] = '\0';
	if (rc == 0)
		rc = nvr_keys_master(s, g->k, err);
	if (rc == 0)
		rc = nvr_master_in_place(s, g->k, err);
	if (rc == 0)
		rc = tell_master(s, g->k, err);
	if (rc != 0)
		nvr_rotate_end(s, g);
	return rc;
}

void
nvr_rotate_end(struct nvr_state *s, struct nvr_rotating *g)
{
	struct nvr_error ignored;

	s->rights = g->rights;
	g->k->rotating = false;
	(void)nvr_keys_lock(g->k, NVR_KEYS_ROTATE, F_UNLCK, &ignored);
}

/* A batch of keys, as they are to be wrapped. */
struct rewrap {
	const uint8_t *old, *new;
	struct nvr_error *err;
	int n;
	struct {
		int64_t account, created_at;
		uint8_t wrapped[2][WRAPPED_LEN];
		bool previous;
	} row[NVR_ROTATE_BATCH];
};

static int
rewrap(const struct rewrap *w, const struct nvr_column *at, const void *wrapped,
    size_t len, uint8_t out[WRAPPED_LEN])
{
	struct nvr_buf key = {0}, again = {0};
	int rc = nvr_column_open(w->old, at, wrapped, len, &key, w->err);

	if (rc == 0 && key.len != NVR_ACCOUNT_KEY_LEN)
		rc =
		    nvr_fail(w->err, NVR_E_DATA, "a key of %zu bytes", key.len);
	if (rc == 0)
		rc = nvr_column_seal(
		    w->new, at, key.data, key.len, &again, w->err);
	if (rc == 0)
		memcpy(out, again.data, WRAPPED_LEN);
	nvr_buf_wipe(&key);
	nvr_buf_release(&again);
	return rc;
}

static int
rewrap_row(void *ctx, const struct nvr_wrapped_key *k)
{
	struct nvr_column at = nvr_wrapped_at(k->account_id, false);
	struct nvr_column before = nvr_wrapped_at(k->account_id, true);
	char id[NVR_ID_TEXT];
	struct rewrap *w = ctx;
	int rc, n = w->n++;

	w->row[n].account = k->account_id;
	w->row[n].created_at = k->created_at;
	w->row[n].previous = k->previous != NULL;
	rc = rewrap(w, &at, k->wrapped, k->wrapped_len, w->row[n].wrapped[0]);
	if (rc == 0 && k->previous != NULL)
		rc = rewrap(w, &before, k->previous, k->previous_len,
		    w->row[n].wrapped[1]);
	nvr_id_format(k->account_id, id);
	return rc == 0 ? 0 : nvr_prefix(w->err, "the key of account %s", id);
}

static int
put_batch(struct nvr_store *db, const struct rewrap *w)
{
	bool there;
	int rc = 0;

	for (int i = 0; rc == 0 && i < w->n; i++) {
		struct nvr_wrapped_key k = {.account_id = w->row[i].account,
		    .wrapped = w->row[i].wrapped[0],
		    .wrapped_len = WRAPPED_LEN,
		    .created_at = w->row[i].created_at};

		if (w->row[i].previous) {
			k.previous = w->row[i].wrapped[1];
			k.previous_len = WRAPPED_LEN;
		}
		rc = nvr_keydb_replace(db, &k, &there, w->err);
	}
	return rc;
}

static int
rewrap_accounts(struct nvr_keys *k, struct rewrap *w, struct nvr_rotation *r)
{
	struct nvr_keydb_count count;
	int64_t after = -1;
	int rc = nvr_keydb_count(k->db, &count, w->err);

	do {
		w->n = 0;
		if (rc == 0)
			rc = nvr_keydb_each(k->db, after, NVR_ROTATE_BATCH,
			    rewrap_row, w, w->err);
		if (rc == 0)
			rc = put_batch(k->db, w);
		if (w->n > 0)
			after = w->row[w->n - 1].account;
		r->keys += w->n;
		if (rc == 0 && r->progress != NULL)
			r->progress(r->ctx, r->keys, count.keys);
	} while (rc == 0 && w->n == NVR_ROTATE_BATCH);
	return rc;
}

/* The store's own, which are few. */
struct services {
	struct rewrap *w;
	int n;
	struct {
		char name[64];
		int64_t created_at;
		uint8_t wrapped[WRAPPED_LEN];
	} row[NVR_ROTATE_BATCH];
};

static int
rewrap_service(void *ctx, const struct nvr_wrapped_service *k)
{
	struct nvr_column at = nvr_service_at(k->name);
	struct services *v = ctx;
	int rc, n = v->n++;

	if (n == NVR_ROTATE_BATCH ||
	    strlcpy(v->row[n].name, k->name, sizeof(v->row[n].name)) >=
		sizeof(v->row[n].name))
		return nvr_fail(v->w->err, NVR_E_DATA,
		    "keys.db holds keys that are none of the store's");
	v->row[n].created_at = k->created_at;
	rc = rewrap(v->w, &at, k->wrapped, k->len, v->row[n].wrapped);
	return rc == 0 ? 0 : nvr_prefix(v->w->err, "the key '%s'", k->name);
}

static int
rewrap_services(struct nvr_keys *k, struct rewrap *w)
{
	struct services *v = calloc(1, sizeof(*v));
	int rc;

	if (v == NULL)
		return nvr_fail_nomem(w->err);
	v->w = w;
	rc = nvr_keydb_service_each(k->db, rewrap_service, v, w->err);
	for (int i = 0; rc == 0 && i < v->n; i++)
		rc = nvr_keydb_service_put(k->db, v->row[i].name,
		    v->row[i].wrapped, WRAPPED_LEN, v->row[i].created_at,
		    w->err);
	free(v);
	return rc;
}

/*
 * One transaction: all of keys.db is under the one key or the other.  Others
 * read it until its end, which takes a moment, and write after it.
 */
static int
rewrap_all(struct nvr_keys *k, const uint8_t new[NVR_ACCOUNT_KEY_LEN],
    struct nvr_rotation *r, struct nvr_error *err)
{
	struct nvr_error ignored;
	struct rewrap *w = calloc(1, sizeof(*w));
	char id[NVR_MASTER_ID];
	int rc;

	if (w == NULL)
		return nvr_fail_nomem(err);
	w->old = k->master;
	w->new = new;
	w->err = err;
	rc = nvr_store_hold(k->db, true, err);
	if (rc == 0)
		rc = nvr_store_begin(k->db, err);
	if (rc == 0)
		rc = rewrap_accounts(k, w, r);
	if (rc == 0)
		rc = rewrap_services(k, w);
	if (rc == 0)
		rc = nvr_master_id(new, id, err);
	if (rc == 0)
		rc = nvr_setting_put(k->db, NVR_KEYS_MASTER, id, err);
	if (rc == 0)
		rc = nvr_setting_put(k->db, NVR_KEYS_UNSAID, "master", err);
	rc = nvr_store_end(k->db, rc, err);
	(void)nvr_store_hold(k->db, false, &ignored);
	free(w);
	return rc;
}

int
nvr_rotate_master(
    struct nvr_state *s, struct nvr_rotation *r, struct nvr_error *err)
{
	uint8_t new[NVR_ACCOUNT_KEY_LEN];
	struct nvr_rotating g;
	char path[PATH_MAX];
	int rc = nvr_rotate_begin(s, &g, err);

	if (rc != 0)
		return rc;
	/* One that is there already was never put to use. */
	nvr_keys_path(s, "master.new", path);
	rc = nvr_random(new, sizeof(new), err);
	if (rc == 0)
		rc = nvr_key_write(path, new, false, err);
	if (rc == 0)
		rc = rewrap_all(g.k, new, r, err);
	explicit_bzero(new, sizeof(new));
	/* Reads the new one and gives it its name. */
	if (rc == 0)
		rc = nvr_keys_master(s, g.k, err);
	if (rc == 0)
		rc = nvr_master_in_place(s, g.k, err);
	if (rc == 0)
		rc = tell_master(s, g.k, err);
	nvr_rotate_end(s, &g);
	return rc;
}

int
nvr_rotate_pepper(struct nvr_state *s, int64_t *version, struct nvr_error *err)
{
	struct nvr_rotating g;
	int rc = nvr_rotate_begin(s, &g, err);

	if (rc != 0)
		return rc;
	rc = nvr_pepper_add(s, version, err);
	if (rc == 0)
		rc = say_alone(s, "pepper", err);
	nvr_rotate_end(s, &g);
	return rc;
}
