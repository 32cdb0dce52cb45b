/* The rows of the table `erasure`, and what they are worth; see erasure.h. */
#include <string.h>

#include "core/erasure_int.h"
#include "core/keys_int.h"
#include "seal/digest.h"

struct rows {
	const uint8_t *key;
	int (*row)(void *ctx, const struct nvr_erased *e);
	void *ctx;
	int64_t forged;
	struct nvr_error *err;
};

static int
mac_of(const uint8_t key[NVR_ACCOUNT_KEY_LEN], const struct nvr_erased *e,
    uint8_t mac[NVR_ERASURE_MAC], struct nvr_error *err)
{
	uint64_t account = (uint64_t)e->account, at = (uint64_t)e->at;
	uint8_t data[16];

	for (int i = 0; i < 8; i++) {
		data[i] = (uint8_t)(account >> (56 - 8 * i));
		data[8 + i] = (uint8_t)(at >> (56 - 8 * i));
	}
	return nvr_hmac(key, NVR_ACCOUNT_KEY_LEN, data, sizeof(data), mac, err);
}

static int
judge(void *ctx, const struct nvr_erased *e, const void *mac, size_t len)
{
	uint8_t want[NVR_ERASURE_MAC];
	struct rows *r = ctx;
	int rc = mac_of(r->key, e, want, r->err);

	if (rc == 0 && len == sizeof(want) && memcmp(mac, want, len) == 0)
		return r->row(r->ctx, e);
	r->forged += rc == 0;
	return rc;
}

int
nvr_erasures_each(struct nvr_state *s, struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_erased *e), void *ctx,
    int64_t *forged, struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	struct rows r = {key, row, ctx, 0, err};
	int rc = nvr_service_key(s, NVR_KEYS_ERASURE, key, err);

	if (rc == 0)
		rc = nvr_erasure_each(st, 0, judge, &r, err);
	explicit_bzero(key, sizeof(key));
	*forged = r.forged;
	return rc;
}

static int
see(void *ctx, const struct nvr_erased *e)
{
	(void)e;
	*(bool *)ctx = true;
	return 0;
}

int
nvr_erasure_enter(struct nvr_state *s, const struct nvr_erased *e, bool *fresh,
    struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN], mac[NVR_ERASURE_MAC];
	bool known = false;
	struct rows r = {key, see, &known, 0, err};
	int rc = nvr_service_key(s, NVR_KEYS_ERASURE, key, err);

	if (rc == 0)
		rc = nvr_erasure_each(s->store, e->account, judge, &r, err);
	if (rc == 0 && !known)
		rc = mac_of(key, e, mac, err);
	explicit_bzero(key, sizeof(key));
	*fresh = rc == 0 && !known;
	return *fresh ? nvr_erasure_put(s->store, e, mac, err) : rc;
}
