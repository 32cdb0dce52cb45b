/* The store's own keys; see keys.h. */
#include <string.h>

#include "base/time.h"
#include "core/keys_int.h"
#include "seal/digest.h"

struct service {
	struct nvr_state *s;
	struct nvr_keys *k;
	uint8_t *key;
	struct nvr_error *err;
};

static int
take_service(void *ctx, const struct nvr_wrapped_service *k)
{
	struct nvr_column at = nvr_service_at(k->name);
	struct service *x = ctx;
	struct nvr_buf key = {0};
	int rc = nvr_column_open(
	    x->k->master, &at, k->wrapped, k->len, &key, x->err);

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
read_service(struct service *x, const char *name)
{
	int rc = nvr_keys_master(x->s, x->k, x->err);

	return rc == 0 ? nvr_keydb_service_get(
			     x->k->db, name, take_service, x, x->err)
		       : rc;
}

static int
get_service(struct service *x, const char *name)
{
	int rc = read_service(x, name);

	/* The master key may have been replaced in between. */
	if (rc == NVR_E_DATA)
		rc = read_service(x, name);
	if (rc != NVR_E_NOENT)
		return rc;
	/* Another program may draw it at the same moment. */
	rc = nvr_store_begin(x->k->db, x->err);
	if (rc != 0)
		return rc;
	rc = read_service(x, name);
	if (rc == NVR_E_NOENT)
		rc = draw_service(x, name);
	return nvr_store_end(x->k->db, rc, x->err);
}

int
nvr_service_draw(struct nvr_state *s, struct nvr_keys *k, const char *name,
    struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct service x = {s, k, key, err};
	int rc = nvr_keydb_service_get(k->db, name, take_service, &x, err);

	if (rc == NVR_E_NOENT)
		rc = draw_service(&x, name);
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_service_key(struct nvr_state *s, const char *name,
    uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err)
{
	struct service x = {.s = s, .key = ret, .err = err};
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
