/* Who is meant, and what is sealed of them; see account.h. */
#include <string.h>

#include "base/id.h"
#include "core/account_int.h"
#include "core/keys.h"

int
nvr_account_lookup(struct nvr_state *s, const struct nvr_address *address,
    uint8_t ret[NVR_ACCOUNT_LOOKUP], struct nvr_error *err)
{
	uint8_t key[NVR_ACCOUNT_KEY_LEN];
	int rc = nvr_service_key(s, "lookup", key, err);

	if (rc == 0)
		rc = nvr_lookup_hmac(key, address->key, ret, err);
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_account_find(struct nvr_state *s, const char *who, struct nvr_account **ret,
    struct nvr_error *err)
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_address address;
	int64_t id;
	int rc;

	if (strchr(who, '@') == NULL) {
		if (nvr_id_parse(who, &id, err) != 0)
			return nvr_fail(err, NVR_E_USAGE,
			    "an account is named by its e-mail address or by "
			    "its id of 13 characters");
		return nvr_account_get(s->store, id, ret, err);
	}
	rc = nvr_address_parse(who, &address, err);
	if (rc == 0)
		rc = nvr_account_lookup(s, &address, lookup, err);
	explicit_bzero(&address, sizeof(address));
	return rc == 0 ? nvr_account_look_up(s->store, lookup, ret, err) : rc;
}

int
nvr_account_seal(struct nvr_state *s, int64_t account, const char *column,
    const char *text, struct nvr_buf *buf, struct nvr_blob *ret,
    struct nvr_error *err)
{
	struct nvr_column at = {"account", column, account};
	int rc = nvr_sealed_put(s, account, &at, text, strlen(text), buf, err);

	if (rc == 0)
		*ret = (struct nvr_blob){buf->data, buf->len};
	return rc;
}

int
nvr_person_open(struct nvr_state *s, const struct nvr_account *a,
    struct nvr_person *ret, struct nvr_error *err)
{
	const struct {
		const char *column;
		const struct nvr_blob *sealed;
	} part[] = {{"email", &a->email}, {"name", &a->name},
	    {"business", &a->business}, {"restricted_why", &a->restricted_why}};
	enum { PARTS = sizeof(part) / sizeof(part[0]) };
	struct nvr_buf raw = {0};
	size_t at[PARTS], room = PARTS;
	int rc;

	for (int i = 0; i < PARTS; i++)
		room += part[i].sealed->len;
	/* Room for all of it: growing would leave copies behind. */
	rc = nvr_buf_reserve(&raw, room, err);
	for (int i = 0; rc == 0 && i < PARTS; i++) {
		struct nvr_column c = {"account", part[i].column, a->id};

		at[i] = raw.len;
		if (part[i].sealed->data != NULL)
			rc = nvr_sealed_get(s, a->id, &c, part[i].sealed->data,
			    part[i].sealed->len, &raw, err);
		if (rc == 0)
			rc = nvr_buf_add(&raw, "", 1, err);
	}
	if (rc != 0) {
		nvr_buf_wipe(&raw);
		return rc;
	}
	*ret = (struct nvr_person){.email = raw.data + at[0],
	    .name = raw.data + at[1],
	    .business = raw.data + at[2],
	    .restricted = raw.data + at[3],
	    .raw = raw};
	return 0;
}

void
nvr_person_wipe(struct nvr_person *p)
{
	nvr_buf_wipe(&p->raw);
	*p = (struct nvr_person){0};
}
