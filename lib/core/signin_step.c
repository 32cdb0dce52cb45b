/* The second step of signing in; see signin.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/signin_int.h"

/* In the transaction: the code and what follows. */
static int
take_code(struct nvr_attempt *t, const struct nvr_token *token,
    const struct nvr_step *step, const char *code, bool *right)
{
	enum nvr_factor which = NVR_FACTOR_TOTP;
	struct nvr_state *s = t->s;
	int rc = nvr_factor_check(
	    s, token->account, step->code, code, right, &which, t->err);

	if (rc == 0 && !*right)
		return nvr_log_append(s, token->account, "signin.failed",
		    json_pack("{s:s}", "why", "code"), t->err);
	if (rc == 0)
		rc = nvr_token_use(s, token->id, t->err);
	if (rc == 0)
		rc = nvr_attempt_session(t, nvr_factor_words[which]);
	if (rc == 0)
		rc = nvr_factors(s, token->account, &t->out->factors, t->err);
	t->out->factor = which;
	return rc;
}

/* Who the token is of; that must still be so. */
static int
find(struct nvr_attempt *t, const char *text, struct nvr_token *token,
    struct nvr_step *step)
{
	int rc = nvr_network(t->in->address, t->network, t->err);

	if (rc == 0)
		rc = nvr_token_find(t->s, text, NVR_STEP, token, t->err);
	if (rc == 0)
		rc = nvr_step_unpack(&token->data, step, t->err);
	if (rc == 0)
		rc =
		    nvr_account_get(t->s->store, token->account, &t->a, t->err);
	if (rc == 0 && t->a->deleted_at != 0)
		rc = nvr_fail(
		    t->err, NVR_E_PERMISSION, "this account is deleted");
	if (rc == 0)
		rc = nvr_device_check(
		    t->s, t->in->device, t->a, t->now, &t->device, t->err);
	return rc;
}

/* Who knows the password and guesses codes keeps neither a browser out that
 * was signed in before, nor who has a recovery code. */
static int
count(struct nvr_attempt *t, const char *code)
{
	if (nvr_recovery_shaped(code))
		return 0;
	return nvr_factor_take(t->s, t->a->id,
	    t->device != 0 ? "code-device" : "code", &t->s->rules->code,
	    &t->out->wait, t->err);
}

int
nvr_signin_code(struct nvr_state *s, const char *text, const char *code,
    const struct nvr_signin *in, struct nvr_signed *ret, struct nvr_error *err)
{
	struct nvr_attempt t = {
	    .s = s, .in = in, .out = ret, .err = err, .now = nvr_time_now()};
	struct nvr_token token = {0};
	struct nvr_step step = {0};
	bool right = false;
	int rc;

	*ret = (struct nvr_signed){0};
	nvr_attempt_enter(&t);
	rc = find(&t, text, &token, &step);
	if (rc == 0)
		rc = count(&t, code);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0) {
		rc = nvr_token_try(s, token.id, NVR_CODE_TRIES, err);
		if (rc == 0)
			rc = take_code(&t, &token, &step, code, &right);
		rc = nvr_store_end(s->store, rc, err);
		if (rc == 0 && !right)
			rc = nvr_fail(err, NVR_E_PERMISSION,
			    "the code is wrong or too old");
	}
	if (rc == 0) {
		ret->account = t.a->id;
		ret->verified = t.a->verified_at != 0;
		ret->restricted = t.a->restricted_at != 0;
	}
	nvr_attempt_leave(&t, rc);
	nvr_buf_wipe(&token.data);
	explicit_bzero(&step, sizeof(step));
	return rc;
}
