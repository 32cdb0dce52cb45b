/* Where people are told; see contact.h. */
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/contact_int.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/register.h"
#include "seal/digest.h"
#include "store/outbox.h"

int
nvr_contact_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err)
{
	return nvr_contact_list(s->store, account, row, ctx, err);
}

int
nvr_contact_open(struct nvr_state *s, const struct nvr_contact *c,
    struct nvr_buf *address, struct nvr_buf *secret, struct nvr_error *err)
{
	struct nvr_column at = {"contact", "address", c->id};
	int rc =
	    nvr_register_open(s, c->account_id, &at, &c->address, address, err);

	at.column = "secret";
	if (rc == 0 && secret != NULL)
		rc = nvr_register_open(
		    s, c->account_id, &at, &c->secret, secret, err);
	return rc;
}

int
nvr_contact_end(struct nvr_state *s, int64_t account, int64_t id,
    const char *why, struct nvr_error *err)
{
	int rc = nvr_outbox_drop_contact(s->store, account, id, err);

	if (rc == 0)
		rc = nvr_contact_delete(s->store, id, err);
	return rc == 0 ? nvr_log_append(s, account, "contact.removed",
			     json_pack("{so ss*}", "contact",
				 nvr_register_id(id), "why", why),
			     err)
		       : rc;
}

int
nvr_contact_forget(struct nvr_state *s, int64_t account, const char *channel,
    const char *why, struct nvr_error *err)
{
	int64_t ids[NVR_CONTACTS_MAX];
	int n = 0, rc;

	do {
		rc = nvr_contact_ids(
		    s->store, account, channel, ids, NVR_CONTACTS_MAX, &n, err);
		for (int i = 0; rc == 0 && i < n; i++)
			rc = nvr_contact_end(s, account, ids[i], why, err);
	} while (rc == 0 && n == NVR_CONTACTS_MAX);
	return rc;
}

struct moving {
	struct nvr_state *s;
	const char *from;
	bool is; /* it goes to that address */
	struct nvr_error *err;
};

static int
is_there(void *ctx, const struct nvr_contact *c)
{
	struct nvr_buf address = {0};
	struct moving *m = ctx;
	int rc = nvr_contact_open(m->s, c, &address, NULL, m->err);

	m->is = rc == 0 && strcasecmp(address.data, m->from) == 0;
	nvr_buf_wipe(&address);
	/* One that does not open keeps nobody from moving. */
	return rc == NVR_E_DATA ? 0 : rc;
}

static int
readdress(struct nvr_state *s, int64_t account, int64_t id, const char *to,
    struct nvr_error *err)
{
	const struct nvr_column at = {"contact", "address", id};
	struct nvr_buf sealed = {0};
	struct nvr_blob address = {0};
	int rc = nvr_register_seal(s, account, &at, to, &sealed, &address, err);

	if (rc == 0)
		rc = nvr_contact_readdress(
		    s->store, id, &address, nvr_time_now(), err);
	nvr_buf_release(&sealed);
	return rc;
}

int
nvr_contact_moved(struct nvr_state *s, int64_t account, const char *from,
    const char *to, struct nvr_error *err)
{
	int64_t ids[NVR_CONTACTS_MAX];
	int n = 0, rc = nvr_contact_ids(s->store, account, "mail", ids,
		       NVR_CONTACTS_MAX, &n, err);

	for (int i = 0; rc == 0 && i < n; i++) {
		struct moving m = {s, from, false, err};

		rc = nvr_contact_find(s->store, ids[i], is_there, &m, err);
		if (rc == 0 && m.is)
			rc = readdress(s, account, ids[i], to, err);
	}
	return rc;
}

static int
see(void *ctx, const struct nvr_contact *c)
{
	*(int64_t *)ctx = c->account_id;
	return 0;
}

int
nvr_contact_none(struct nvr_error *err)
{
	return nvr_fail(err, NVR_E_NOENT,
	    "no such contact: 'nvr-account contact list' has them");
}

int
nvr_contact_remove(struct nvr_state *s, int64_t id, struct nvr_error *err)
{
	int64_t account = -1;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_contact_find(s->store, id, see, &account, err);
	if (rc == 0 && account < 0)
		rc = nvr_contact_none(err);
	if (rc == 0)
		rc = nvr_contact_end(s, account, id, NULL, err);
	return nvr_store_end(s->store, rc, err);
}

int
nvr_contact_token(
    struct nvr_state *s, int64_t contact, char hex[65], struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN], mac[NVR_SHA256_LEN];
	char id[NVR_ID_TEXT];
	int rc = nvr_service_key(s, "unsubscribe", key, err);

	nvr_id_format(contact, id);
	if (rc == 0)
		rc = nvr_hmac(key, sizeof(key), id, strlen(id), mac, err);
	if (rc == 0)
		nvr_hex(mac, sizeof(mac), hex);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(mac, sizeof(mac));
	return rc;
}

int
nvr_contact_link(struct nvr_state *s, int64_t contact, struct nvr_buf *ret,
    struct nvr_error *err)
{
	char token[65];
	size_t len = s->rules != NULL ? strlen(s->rules->url) : 0;
	int rc;

	while (len > 0 && s->rules->url[len - 1] == '/')
		len--;
	if (len == 0)
		return 0;
	rc = nvr_contact_token(s, contact, token, err);
	if (rc == 0)
		rc = nvr_buf_addf(ret, err, "%.*s/unsubscribe/%s", (int)len,
		    s->rules->url, token);
	return rc;
}

/* Who tries links of nobody keeps nobody from writing. */
int
nvr_contact_unsubscribe(
    struct nvr_state *s, const char *token, struct nvr_error *err)
{
	uint8_t hash[NVR_SHA256_LEN];
	int64_t id = 0, account = 0;
	bool so = false;
	int rc = nvr_sha256(token, strlen(token), hash, err);

	if (rc == 0)
		rc = nvr_contact_by_link(s->store, hash, &id, &account, err);
	if (rc == 0 && id == 0)
		rc = nvr_fail(
		    err, NVR_E_NOENT, "no contact has that link (any more)");
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_contact_unsubscribed(s->store, id, nvr_time_now(), &so, err);
	if (rc == 0 && so)
		rc = nvr_log_append(s, account, "contact.unsubscribed",
		    json_pack("{so}", "contact", nvr_register_id(id)), err);
	return nvr_store_end(s->store, rc, err);
}
