/* A new password for who forgot the old one; see reset.h. */
#include <string.h>

#include "core/account_int.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/reset.h"
#include "core/throttle.h"
#include "core/token.h"
#include "seal/digest.h"

/* The link, where there is an account; what is seen from outside is the same
 * where there is none. */
static int
post(struct nvr_state *s, const struct nvr_account *a, struct nvr_error *err)
{
	struct nvr_person p = {0};
	int rc;

	if (a == NULL || a->deleted_at != 0)
		return nvr_log_append(s, a != NULL ? a->id : 0, "reset.refused",
		    json_pack(
			"{s:s}", "why", a != NULL ? "deleted" : "unknown"),
		    err);
	rc = nvr_person_open(s, a, &p, err);
	if (rc == 0)
		rc = nvr_account_link(s, a->id, "reset", NULL, s->rules->reset,
		    "reset", p.email, err);
	if (rc == 0)
		rc = nvr_log_append(s, a->id, "reset.asked", NULL, err);
	nvr_person_wipe(&p);
	return rc;
}

static int
ask(struct nvr_state *s, const struct nvr_account *a, const struct nvr_try *t,
    int n, int64_t *wait, struct nvr_error *err)
{
	int64_t now = nvr_time_now();
	struct nvr_error other;
	int empty, rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = nvr_throttle(s, t, n, now, wait, &empty, err);
	if (rc == NVR_E_AGAIN && nvr_store_commit(s->store, &other) == 0)
		return rc;
	if (rc == 0)
		rc = post(s, a, err);
	if (rc == 0)
		rc = nvr_store_commit(s->store, err);
	if (rc != 0)
		nvr_store_rollback(s->store);
	return rc;
}

int
nvr_reset_ask(struct nvr_state *s, const char *email, const char *network,
    int64_t *wait, struct nvr_error *err)
{
	char who[2 * NVR_ACCOUNT_LOOKUP + 1], where[NVR_NETWORK_TEXT];
	struct nvr_try t[] = {{"reset", who, &s->rules->message, 0},
	    {"reset-network", where, &s->rules->network, 0}};
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_account *a = NULL;
	struct nvr_address address;
	bool rights = s->rights;
	int rc = nvr_address_parse(email, &address, err);

	*wait = 0;
	if (rc == 0 && !nvr_letter_ready(s))
		rc = nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf has no url or mail-from in [portal]: no letter "
		    "can be sent");
	if (rc == 0 && network != NULL)
		rc = nvr_network(network, where, err);
	if (rc == 0)
		rc = nvr_account_lookup(s, &address, lookup, err);
	explicit_bzero(&address, sizeof(address));
	if (rc == 0)
		rc = nvr_account_look_up(s->store, lookup, &a, err);
	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	nvr_hex(lookup, sizeof(lookup), who);
	t[0].account = a != NULL ? a->id : 0;
	s->rights = true; /* a way in is one */
	rc = ask(s, a, t, network != NULL ? 2 : 1, wait, err);
	s->rights = rights;
	nvr_account_free(a);
	return rc;
}

/* Whose token it is; that must still be so. */
static int
find(struct nvr_state *s, const char *text, struct nvr_token *t,
    struct nvr_error *err)
{
	struct nvr_account *a = NULL;
	int rc = nvr_token_find(s, text, "reset", t, err);

	if (rc == 0)
		rc = nvr_account_get(s->store, t->account, &a, err);
	if (rc == 0 && a->deleted_at != 0)
		rc = nvr_fail(err, NVR_E_PERMISSION, "this account is deleted");
	nvr_account_free(a);
	return rc;
}

int
nvr_reset_set(struct nvr_state *s, const char *token, const char *password,
    struct nvr_error *err)
{
	struct nvr_new_password p = {0};
	struct nvr_token t = {0};
	bool rights = s->rights;
	int rc;

	s->rights = true;
	rc = find(s, token, &t, err);
	if (rc == 0)
		rc = nvr_account_password_make(s, t.account, password, &p, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0) {
		rc = nvr_token_use(s, t.id, err);
		if (rc == 0)
			rc = nvr_account_password_put(s, t.account, &p, 0, err);
		if (rc == 0)
			rc = nvr_store_commit(s->store, err);
		if (rc != 0)
			nvr_store_rollback(s->store);
	}
	s->rights = rights;
	nvr_buf_wipe(&t.data);
	explicit_bzero(&p, sizeof(p));
	return rc;
}
