/* Signing in with a password; see signin.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "core/log.h"
#include "core/password_rules.h"
#include "core/signin_int.h"
#include "core/slots.h"
#include "seal/digest.h"
#include "store/signin.h"

void
nvr_attempt_enter(struct nvr_attempt *t)
{
	t->actor = t->s->actor;
	t->rights = t->s->rights;
	t->s->actor.address = t->in->address;
	t->s->actor.agent = t->in->agent;
	t->s->rights = true;
}

void
nvr_attempt_leave(struct nvr_attempt *t, int rc)
{
	int64_t wait;

	t->s->actor = t->actor;
	t->s->rights = t->rights;
	nvr_account_free(t->a);
	if (rc == 0 || t->out == NULL)
		return;
	wait = t->out->wait;
	explicit_bzero(t->out, sizeof(*t->out));
	t->out->wait = wait;
}

static int
log_it(struct nvr_attempt *t, int64_t account, const char *type,
    const char *what, const char *word)
{
	return nvr_log_append(
	    t->s, account, type, json_pack("{s:s}", what, word), t->err);
}

int
nvr_attempt_count(struct nvr_attempt *t)
{
	const struct nvr_rules *r = t->s->rules;
	int64_t id = t->a != NULL ? t->a->id : 0;
	char pair[sizeof(t->who) + NVR_NETWORK_TEXT], device[NVR_ID_TEXT];
	const struct nvr_try strange[] = {
	    {"network", t->network, &r->network, 0},
	    {"pair", pair, &r->pair, id}, {"account", t->who, &r->account, id}};
	const struct nvr_try known[] = {{"device", device, &r->device, id},
	    {"devices", t->who, &r->account, id}};
	bool is_known = t->device != 0;

	snprintf(pair, sizeof(pair), "%s %s", t->who, t->network);
	nvr_id_format(t->device, device);
	return nvr_throttle_take(t->s, is_known ? known : strange,
	    is_known ? 2 : 3, t->now, &t->out->wait, t->err);
}

/* What was typed, and who that is. */
static int
find(struct nvr_attempt *t, char password[NVR_PASSWORD_TEXT])
{
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_address address;
	int rc = nvr_network(t->in->address, t->network, t->err);

	if (rc == 0)
		rc = nvr_password_take(t->in->password, password, t->err);
	if (rc == 0 && password[0] == '\0')
		rc = nvr_fail(t->err, NVR_E_USAGE, "the password is empty");
	if (rc == 0)
		rc = nvr_address_parse(t->in->email, &address, t->err);
	if (rc == 0)
		rc = nvr_account_lookup(t->s, &address, lookup, t->err);
	explicit_bzero(&address, sizeof(address));
	if (rc == 0)
		rc = nvr_account_look_up(t->s->store, lookup, &t->a, t->err);
	if (rc != 0 && rc != NVR_E_NOENT)
		return rc;
	nvr_hex(lookup, sizeof(lookup), t->who);
	return nvr_device_check(
	    t->s, t->in->device, t->a, t->now, &t->device, t->err);
}

int
nvr_attempt_session(struct nvr_attempt *t, const char *factor)
{
	struct nvr_signed *r = t->out;
	struct nvr_state *s = t->s;
	bool near = false, seen;
	char id[NVR_ID_TEXT];
	int rc =
	    nvr_session_near(s, t->a->id, t->network, t->now, &near, t->err);

	seen = near || t->device != 0 || t->a->signin_at == 0;
	if (rc == 0)
		rc = nvr_session_start(s, t->a->id, factor, t->in->address,
		    t->in->agent, t->now, &r->session, r->token, t->err);
	if (rc == 0)
		rc = nvr_account_signed_in(s->store, t->a->id, t->now, t->err);
	if (rc == 0)
		rc = nvr_log_append(s, t->a->id, "signin.ok",
		    json_pack("{s:s, s:s, s:b}", "session",
			nvr_id_format(r->session, id), "factor", factor, "new",
			!seen),
		    t->err);
	if (rc == 0 && !seen)
		rc = nvr_tell(s, t->a, "signin-new", NULL, NULL, t->err);
	if (rc == 0)
		rc = nvr_device_make(
		    s, t->a, t->device, t->now, r->device, t->err);
	r->expires = t->now + s->rules->session;
	return rc;
}

/* The step in between: a token for who knows the password. */
static int
ask_factor(struct nvr_attempt *t)
{
	struct nvr_signed *r = t->out;
	struct nvr_step x = {0};
	struct nvr_buf data = {0};
	int rc;

	strlcpy(x.address, t->in->address, sizeof(x.address));
	if (t->in->agent != NULL)
		nvr_text_safe(t->in->agent, x.agent, sizeof(x.agent));
	rc = nvr_step_pack(&x, &data, t->err);
	if (rc == 0)
		rc = nvr_token_make(t->s, t->a->id, NVR_STEP, data.data,
		    data.len, NVR_CODE_LASTS, r->token, t->err);
	nvr_buf_wipe(&data);
	explicit_bzero(&x, sizeof(x));
	r->expires = t->now + NVR_CODE_LASTS;
	if (rc == 0)
		rc = nvr_log_append(
		    t->s, t->a->id, "signin.password", NULL, t->err);
	return rc;
}

/* What the right password leads to, in the transaction.  *refused: nowhere. */
static int
admit(struct nvr_attempt *t, const struct nvr_rehash *fresh, bool *refused)
{
	struct nvr_signed *r = t->out;
	int rc = fresh->hash[0] != '\0' ? nvr_attempt_rehash(t, fresh) : 0;

	if (rc == 0 && t->a->deleted_at != 0) {
		*refused = true;
		return log_it(t, t->a->id, "signin.failed", "why", "deleted");
	}
	r->account = t->a->id;
	r->verified = t->a->verified_at != 0;
	r->restricted = t->a->restricted_at != 0;
	if (rc == 0)
		rc = nvr_factors(t->s, t->a->id, &r->factors, t->err);
	if (rc == 0 && (r->factors.totp || r->factors.sms))
		return ask_factor(t);
	return rc == 0 ? nvr_attempt_session(t, "password") : rc;
}

/* In the transaction: as the account is now, since hashing takes a while.  One
 * whose password was changed or taken meanwhile was not signed in to. */
static int
again(struct nvr_attempt *t, bool *right)
{
	struct nvr_account *a = NULL;
	int rc = nvr_account_get(t->s->store, t->a->id, &a, t->err);

	if (rc == NVR_E_NOENT) {
		*right = false;
		nvr_account_free(t->a);
		t->a = NULL;
		return 0;
	}
	if (rc != 0)
		return rc;
	/* The same one may be sealed or hashed anew. */
	*right =
	    a->password.data != NULL && a->password_at == t->a->password_at;
	nvr_account_free(t->a);
	t->a = a;
	return 0;
}

static int
conclude(struct nvr_attempt *t, bool right, const struct nvr_rehash *fresh)
{
	const char *why;
	bool refused = false;
	int rc = nvr_store_begin(t->s->store, t->err);

	if (rc != 0)
		return rc;
	if (right)
		rc = again(t, &right);
	if (rc != 0) {
		nvr_store_rollback(t->s->store);
		return rc;
	}
	why = t->a == NULL		    ? "unknown"
	      : t->a->password.data == NULL ? "no-password"
					    : "password";
	rc = right && t->a != NULL ? admit(t, fresh, &refused)
				   : log_it(t, t->a != NULL ? t->a->id : 0,
					 "signin.failed", "why", why);
	rc = nvr_store_end(t->s->store, rc, t->err);
	if (rc != 0)
		return rc;
	if (!right)
		return nvr_fail(t->err, NVR_E_PERMISSION, NVR_SIGNIN_WRONG);
	return refused ? nvr_fail(t->err, NVR_E_PERMISSION,
			     "this account is deleted; until its data is "
			     "erased it can be restored")
		       : 0;
}

int
nvr_signin(struct nvr_state *s, const struct nvr_signin *in,
    struct nvr_signed *ret, struct nvr_error *err)
{
	struct nvr_attempt t = {.s = s,
	    .in = in,
	    .out = ret,
	    .err = err,
	    .now = nvr_time_now(),
	    .slot = -1};
	char password[NVR_PASSWORD_TEXT];
	struct nvr_rehash fresh = {0};
	bool right = false;
	int rc;

	*ret = (struct nvr_signed){0};
	nvr_attempt_enter(&t);
	rc = find(&t, password);
	/* First, so that who finds none is not counted. */
	if (rc == 0)
		rc = t.device != 0 ? nvr_slot_take_known(s, &t.slot, err)
				   : nvr_slot_take(s, &t.slot, err);
	if (rc == 0)
		rc = nvr_attempt_count(&t);
	if (rc == 0)
		rc = nvr_attempt_hash(&t, password, &right, &fresh);
	nvr_slot_leave(t.slot);
	if (rc == 0)
		rc = conclude(&t, right, &fresh);
	nvr_attempt_leave(&t, rc);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(&fresh, sizeof(fresh));
	return rc;
}

int
nvr_signin_again(struct nvr_state *s, const struct nvr_account *a,
    const char *text, struct nvr_error *err)
{
	const struct nvr_signin in = {
	    .address = s->actor.address, .agent = s->actor.agent};
	struct nvr_attempt t = {
	    .s = s, .in = &in, .err = err, .now = nvr_time_now(), .slot = -1};
	char password[NVR_PASSWORD_TEXT];
	struct nvr_rehash fresh = {0};
	bool right = false;
	int64_t wait;
	int rc = nvr_password_take(text, password, err);

	nvr_attempt_enter(&t);
	if (rc == 0)
		rc = nvr_slot_take_known(s, &t.slot, err);
	if (rc == 0)
		rc = nvr_factor_take(
		    s, a->id, "again", &s->rules->device, &wait, err);
	if (rc == 0)
		rc = nvr_account_get(s->store, a->id, &t.a, err);
	if (rc == 0)
		rc = nvr_attempt_hash(&t, password, &right, &fresh);
	nvr_slot_leave(t.slot);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0) {
		rc = log_it(&t, a->id, right ? "confirm.ok" : "confirm.failed",
		    "by", "password");
		rc = nvr_store_end(s->store, rc, err);
	}
	nvr_attempt_leave(&t, rc);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(&fresh, sizeof(fresh));
	return rc == 0 && !right
		   ? nvr_fail(err, NVR_E_PERMISSION, "the password is wrong")
		   : rc;
}
