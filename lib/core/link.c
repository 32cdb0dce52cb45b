/* Links that anybody may have posted; see link.h. */
#include <stdio.h>
#include <string.h>

#include "core/account_int.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/link.h"
#include "core/log.h"
#include "core/throttle.h"
#include "seal/digest.h"

/* Of one network for one address: fewer than the address is posted. */
static const struct nvr_rate pair_rate = {5, NVR_DAY};

static const struct kind {
	const char *purpose; /* of the token, and the letter's text */
	const char *asked, *refused, *pair, *network;
} kinds[] = {
    [NVR_LINK_RESET] = {"reset", "reset.asked", "reset.refused", "reset-pair",
	"reset-network"},
    [NVR_LINK_VERIFY] = {"verify", "verify.asked", "verify.refused",
	"verify-pair", "verify-network"},
};

struct asking {
	struct nvr_state *s;
	const struct kind *kind;
	const struct nvr_account *a; /* NULL: there is none */
	struct nvr_address address;  /* that was typed */
	char who[2 * NVR_ACCOUNT_LOOKUP + 1];
	int64_t lasts;
	struct nvr_error *err;
};

/* As the account says it; what was typed is sealed, and opened in its place. */
static int
open_address(struct asking *x, const struct nvr_account *a, struct nvr_buf *to)
{
	struct nvr_column at = {"account", "email", 0};
	const char *typed = x->address.mail;
	struct nvr_buf made = {0};
	struct nvr_blob sealed;
	int rc =
	    nvr_sealed_put(x->s, 0, &at, typed, strlen(typed), &made, x->err);

	sealed = a != NULL ? a->email : (struct nvr_blob){made.data, made.len};
	at.row = a != NULL ? a->id : 0;
	if (rc == 0)
		rc = nvr_sealed_get(
		    x->s, at.row, &at, sealed.data, sealed.len, to, x->err);
	nvr_buf_release(&made);
	return rc;
}

/* Posts it; for an address that gets none it is nobody's, and taken back. */
static int
post(struct asking *x, const struct nvr_account *a)
{
	struct nvr_store *st = x->s->store;
	const char *purpose = x->kind->purpose;
	struct nvr_buf to = {0};
	int rc = nvr_store_try(st, x->err);

	if (rc == 0)
		rc = open_address(x, a, &to);
	if (rc == 0)
		rc = nvr_account_link(x->s, a != NULL ? a->id : 0, purpose,
		    NULL, x->lasts, purpose, to.data, x->err);
	if (rc == 0)
		rc = nvr_store_tried(st, a != NULL, x->err);
	nvr_buf_wipe(&to);
	return rc;
}

/* Takes one; *none: there are none.  The last holds until there is another. */
static int
take(struct asking *x, int64_t now, bool *none)
{
	const struct nvr_rate *most = &x->s->rules->message;
	const struct nvr_try t = {
	    x->kind->purpose, x->who, most, x->a != NULL ? x->a->id : 0};
	int64_t wait;
	int empty, rc = nvr_throttle(x->s, &t, 1, now, &wait, &empty, x->err);

	*none = rc == NVR_E_AGAIN;
	if (rc == 0)
		rc = nvr_store_try(x->s->store, x->err);
	if (rc != 0)
		return *none ? 0 : rc;
	rc = nvr_throttle(x->s, &t, 1, now, &wait, &empty, x->err);
	if (rc == NVR_E_AGAIN && x->lasts < wait)
		x->lasts = wait;
	return rc == 0 || rc == NVR_E_AGAIN
		   ? nvr_store_tried(x->s->store, false, x->err)
		   : rc;
}

/* In the transaction. */
static int
answer(struct asking *x, int64_t now)
{
	const struct nvr_account *a = x->a;
	const char *why =
	    a == NULL		 ? "unknown"
	    : a->deleted_at != 0 ? "deleted"
	    : a->verified_at != 0 && x->kind == &kinds[NVR_LINK_VERIFY]
		? "verified"
		: NULL;
	bool none = false;
	int rc = take(x, now, &none);

	if (rc != 0 || none)
		return rc;
	rc = post(x, why == NULL ? a : NULL);
	return rc == 0
		   ? nvr_log_append(x->s, a != NULL ? a->id : 0,
			 why == NULL ? x->kind->asked : x->kind->refused,
			 why != NULL ? json_pack("{s:s}", "why", why) : NULL,
			 x->err)
		   : rc;
}

/* Whose address it is, and what stands for it. */
static int
find(struct asking *x, const char *email, struct nvr_account **a)
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	int rc = nvr_address_parse(email, &x->address, x->err);

	if (rc == 0 && !nvr_letter_ready(x->s))
		rc = nvr_fail(x->err, NVR_E_CONFIG,
		    "nvr.conf has no url or mail-from in [portal]: no letter "
		    "can be sent");
	if (rc == 0)
		rc = nvr_account_lookup(x->s, &x->address, lookup, x->err);
	if (rc == 0)
		rc = nvr_account_look_up(x->s->store, lookup, a, x->err);
	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	nvr_hex(lookup, sizeof(lookup), x->who);
	x->a = *a;
	return 0;
}

/* Those of one network; a terminal is none. */
static int
count(struct asking *x, const char *network, int64_t now, int64_t *wait)
{
	char pair[sizeof(x->who) + NVR_NETWORK_TEXT], where[NVR_NETWORK_TEXT];
	const struct nvr_try t[] = {
	    {x->kind->pair, pair, &pair_rate, x->a != NULL ? x->a->id : 0},
	    {x->kind->network, where, &x->s->rules->network, 0}};
	int rc = nvr_network(network, where, x->err);

	if (rc != 0)
		return rc;
	snprintf(pair, sizeof(pair), "%s %s", x->who, where);
	return nvr_throttle_take(x->s, t, 2, now, wait, x->err);
}

int
nvr_link_ask(struct nvr_state *s, enum nvr_link which, const char *email,
    const char *network, int64_t *wait, struct nvr_error *err)
{
	struct asking x = {.s = s, .kind = &kinds[which], .err = err};
	bool rights = nvr_state_rights(s, true); /* a way in is one */
	struct nvr_account *a = NULL;
	int64_t now = nvr_time_now();
	int rc = find(&x, email, &a);

	*wait = 0;
	x.lasts = which == NVR_LINK_RESET ? s->rules->reset : s->rules->verify;
	if (rc == 0 && network != NULL)
		rc = count(&x, network, now, wait);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc = nvr_store_end(s->store, answer(&x, now), err);
	nvr_state_rights(s, rights);
	nvr_account_free(a);
	explicit_bzero(&x, sizeof(x));
	return rc;
}
