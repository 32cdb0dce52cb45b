/* The second step of signing in, and what time does to it; see signin.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/signin_int.h"
#include "store/bucket.h"
#include "store/session.h"

#define UNFINISHED (3 * NVR_MINUTE)
#define SWEEP 256 /* rows at a time */

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

struct sweeping {
	struct nvr_state *s;
	int64_t now;
	struct nvr_error *err;
};

/* Tells of it, from where it was. */
static int
tell_unfinished(struct sweeping *w, const struct nvr_token_row *row,
    const struct nvr_account *a)
{
	struct nvr_column at = {"token", "data", row->id};
	struct nvr_actor actor = w->s->actor;
	char when[NVR_TIME_TEXT];
	struct nvr_step step = {0};
	struct nvr_buf data = {0};
	int rc = nvr_sealed_get(w->s, row->account_id, &at, row->data,
	    row->data_len, &data, w->err);

	if (rc == 0)
		rc = nvr_step_unpack(&data, &step, w->err);
	w->s->actor =
	    (struct nvr_actor){.address = step.address, .agent = step.agent};
	if (rc == 0)
		rc = nvr_tell(w->s, a, "second-factor-unfinished", "now",
		    nvr_letter_time(row->created_at, when), w->err);
	if (rc == 0)
		rc = nvr_log_append(
		    w->s, row->account_id, "signin.unfinished", NULL, w->err);
	w->s->actor = actor;
	nvr_buf_wipe(&data);
	explicit_bzero(&step, sizeof(step));
	return rc;
}

/* A bucket of one remembers that it was told. */
static int
see_unfinished(void *ctx, const struct nvr_token_row *row)
{
	const struct nvr_rate once = {1, 2 * NVR_DAY};
	struct sweeping *w = ctx;
	struct nvr_account *a = NULL;
	char key[NVR_ID_TEXT];
	struct nvr_try x = {"unfinished", key, &once, row->account_id};
	int64_t wait;
	int empty, rc;

	nvr_id_format(row->id, key);
	rc = nvr_throttle(w->s, &x, 1, w->now, &wait, &empty, w->err);
	if (rc == NVR_E_AGAIN)
		return 0;
	if (rc == 0)
		rc = nvr_account_get(w->s->store, row->account_id, &a, w->err);
	if (rc == 0 && a->deleted_at == 0)
		rc = tell_unfinished(w, row, a);
	nvr_account_free(a);
	return rc;
}

int
nvr_signin_sweep(struct nvr_state *s, struct nvr_error *err)
{
	struct sweeping w = {s, nvr_time_now(), err};
	bool rights = s->rights;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	s->rights = true;
	rc = nvr_token_each(s->store, NVR_STEP, w.now - NVR_DAY,
	    w.now + NVR_CODE_LASTS - UNFINISHED, SWEEP, see_unfinished, &w,
	    err);
	if (rc == 0)
		rc = nvr_token_expire(s->store, w.now - NVR_DAY, err);
	if (rc == 0)
		rc = nvr_session_expire(
		    s->store, w.now, w.now - s->rules->idle, SWEEP, err);
	if (rc == 0)
		rc = nvr_bucket_sweep(s->store, w.now, SWEEP, err);
	rc = nvr_store_end(s->store, rc, err);
	s->rights = rights;
	return rc;
}
