/* Whether a password is right, in the same time for everyone; see signin.h. */
#include <stdio.h>
#include <string.h>

#include "core/keys.h"
#include "core/pepper.h"
#include "core/signin_int.h"
#include "store/signin.h"

static struct nvr_column
hash_at(int64_t account)
{
	return (struct nvr_column){"account", "password", account};
}

/* A hash of nothing. */
static void
dummy(int cost, char hash[NVR_PASSWORD_HASH])
{
	snprintf(hash, NVR_PASSWORD_HASH,
	    "$2b$%02d$......................"
	    "...............................",
	    cost);
}

/* Opens the account's hash, or one that stands for it. */
static int
open_hash(
    struct nvr_attempt *t, long long cost, struct nvr_buf *hash, bool *real)
{
	const struct nvr_blob none = {0};
	const struct nvr_blob *sealed = t->a != NULL ? &t->a->password : &none;
	struct nvr_column at;
	char text[NVR_PASSWORD_HASH];
	struct nvr_buf made = {0};
	int rc = 0;

	*real = sealed->data != NULL;
	if (*real) {
		at = hash_at(t->a->id);
		rc = nvr_sealed_get(t->s, t->a->id, &at, sealed->data,
		    sealed->len, hash, t->err);
		/* The account's key goes ahead of its row. */
		*real = rc != NVR_E_NOENT;
	}
	if (*real)
		return rc;
	at = hash_at(0);
	dummy((int)cost, text);
	rc = nvr_sealed_put(t->s, 0, &at, text, strlen(text), &made, t->err);
	if (rc == 0)
		rc = nvr_sealed_get(
		    t->s, 0, &at, made.data, made.len, hash, t->err);
	nvr_buf_release(&made);
	return rc;
}

/* Makes up for what a hash costs less than the dearest: 2^c + 2^c + 2^(c+1) +
 * … + 2^(most-1) are 2^most. */
static int
level(const struct nvr_attempt *t, const uint8_t pepper[NVR_PEPPER_LEN],
    int cost, long long most, const char *password)
{
	char hash[NVR_PASSWORD_HASH];
	bool right;
	int rc = 0;

	for (; rc == 0 && cost < most; cost++) {
		dummy(cost, hash);
		rc = nvr_password_check(pepper, hash, password, &right, t->err);
	}
	return rc;
}

int
nvr_attempt_hash(struct nvr_attempt *t, const char *password, bool *right,
    struct nvr_rehash *fresh)
{
	uint8_t current[NVR_PEPPER_LEN], pepper[NVR_PEPPER_LEN];
	struct nvr_buf hash = {0};
	int64_t newest;
	bool real = false, same;
	long long most = 0;
	int cost = 0, rc;

	rc = nvr_pepper_current(t->s, &newest, current, t->err);
	if (rc == 0)
		rc = nvr_cost_highest(t->s, t->s->rules->cost, &most, t->err);
	if (rc == 0)
		rc = open_hash(t, most, &hash, &real);
	if (rc == 0)
		rc = nvr_pepper_get(
		    t->s, real ? t->a->pepper : newest, pepper, t->err);
	if (rc == 0)
		rc = nvr_password_cost(hash.data, &cost, t->err);
	if (rc == 0)
		rc = nvr_password_check(
		    pepper, hash.data, password, &same, t->err);
	*right = rc == 0 && real && same;
	if (rc == 0 && !*right)
		rc = level(t, pepper, cost, most, password);
	if (rc == 0 && *right &&
	    (cost < t->s->rules->cost || t->a->pepper != newest)) {
		fresh->pepper = newest;
		rc = nvr_password_hash(current, (int)t->s->rules->cost,
		    password, fresh->hash, t->err);
	}
	nvr_buf_wipe(&hash);
	explicit_bzero(current, sizeof(current));
	explicit_bzero(pepper, sizeof(pepper));
	return rc;
}

int
nvr_attempt_rehash(struct nvr_attempt *t, const struct nvr_rehash *fresh)
{
	struct nvr_column at = hash_at(t->a->id);
	struct nvr_buf sealed = {0};
	int rc = nvr_sealed_put(t->s, t->a->id, &at, fresh->hash,
	    strlen(fresh->hash), &sealed, t->err);

	if (rc == 0)
		rc = nvr_account_rehash(t->s->store, t->a->id, &t->a->password,
		    &(struct nvr_blob){sealed.data, sealed.len}, fresh->pepper,
		    t->err);
	nvr_buf_release(&sealed);
	return rc;
}
