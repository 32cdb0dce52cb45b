/* Codes by SMS, and the consent to them; see factor.h. */
#include <string.h>

#include "base/time.h"
#include "core/consent.h"
#include "core/factor_int.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/log.h"

const char nvr_sms_consent_version[] = "1";
const char nvr_sms_consent_text[] =
    "I agree that my telephone number is stored and used to send me codes by "
    "SMS when I sign in, and for nothing else. I can withdraw this at any "
    "time; my number is deleted then. An authenticator app is safer and needs "
    "no number.";

static bool
is_e164(const char *phone)
{
	size_t n = strlen(phone);

	return n >= 8 && n < NVR_PHONE_TEXT && phone[0] == '+' &&
	       phone[1] != '0' && strspn(phone + 1, "0123456789") == n - 1;
}

int
nvr_sms_post(struct nvr_state *s, int64_t account, const char *phone,
    const char *code, int64_t expires, struct nvr_error *err)
{
	const struct nvr_letter l = {.account = account,
	    .text = "sms-code",
	    .to = phone,
	    .sms = true,
	    .expires = expires,
	    .value = {{"code", code}}};
	int64_t id;

	int rc = nvr_letter_post(s, &l, &id, err);

	return rc == 0 ? nvr_log_append(s, account, "factor.code",
			     json_pack("{s:s}", "kind", "sms"), err)
		       : rc;
}

/* A new code for the number, in place of the one before. */
static int
send_proof(struct nvr_state *s, int64_t account, const char *phone,
    struct nvr_error *err)
{
	char code[NVR_CODE_TEXT], token[NVR_TOKEN_TEXT];
	int rc = nvr_token_revoke(s, account, "phone", err);

	if (rc == 0)
		rc = nvr_code_draw(code, err);
	if (rc == 0)
		rc = nvr_token_make(s, account, "phone", code, sizeof(code),
		    NVR_CODE_LASTS, token, err);
	if (rc == 0)
		rc = nvr_sms_post(s, account, phone, code,
		    nvr_time_now() + NVR_CODE_LASTS, err);
	explicit_bzero(code, sizeof(code));
	explicit_bzero(token, sizeof(token));
	return rc;
}

int
nvr_sms_enrol(struct nvr_state *s, const struct nvr_account *a,
    const char *phone, struct nvr_error *err)
{
	const struct nvr_consent yes = {.account = a->id,
	    .kind = NVR_SMS_CONSENT,
	    .given = true,
	    .version = nvr_sms_consent_version,
	    .text = nvr_sms_consent_text,
	    .channel = s->actor.channel};
	int64_t wait;
	int rc = nvr_account_active(a, err);

	if (rc != 0)
		return rc;
	if (!is_e164(phone))
		return nvr_fail(err, NVR_E_USAGE,
		    "that is no telephone number: write it with its country's "
		    "code and digits alone, as in +4915112345678");
	rc = nvr_factor_take(s, a->id, "sms", &s->rules->message, &wait, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_factor_begin(
	    s, a->id, NVR_FACTOR_SMS, phone, strlen(phone), err);
	if (rc == 0)
		rc = nvr_consent_set(s, &yes, err);
	if (rc == 0)
		rc = send_proof(s, a->id, phone, err);
	return nvr_store_end(s->store, rc, err);
}

/* Puts a new code into the token, and sends it. */
static int
send_code(struct nvr_state *s, const struct nvr_token *t, struct nvr_step *x,
    const char *phone, struct nvr_error *err)
{
	struct nvr_buf data = {0};
	int rc = nvr_code_draw(x->code, err);

	if (rc == 0)
		rc = nvr_step_pack(x, &data, err);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0) {
		rc = nvr_token_reseal(s, t, data.data, data.len, err);
		if (rc == 0)
			rc = nvr_sms_post(
			    s, t->account, phone, x->code, t->expires_at, err);
		rc = nvr_store_end(s->store, rc, err);
	}
	nvr_buf_wipe(&data);
	return rc;
}

int
nvr_factor_sms_send(
    struct nvr_state *s, const char *token, struct nvr_error *err)
{
	struct nvr_factor_open f = {0};
	struct nvr_token t = {0};
	struct nvr_step x = {0};
	/* Signing in is one: see signin.h. */
	bool rights = nvr_state_rights(s, true);
	int64_t wait;
	int rc;

	rc = nvr_token_find(s, token, NVR_STEP, &t, err);
	if (rc == 0)
		rc = nvr_step_unpack(&t.data, &x, err);
	if (rc == 0)
		rc = nvr_factor_load(s, t.account, NVR_FACTOR_SMS, &f, err);
	if (rc == 0 && f.confirmed_at == 0)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "the account has no number for codes by SMS");
	if (rc == 0)
		rc = nvr_factor_take(
		    s, t.account, "sms", &s->rules->message, &wait, err);
	if (rc == 0)
		rc = send_code(s, &t, &x, f.secret.data, err);
	nvr_state_rights(s, rights);
	nvr_buf_wipe(&f.secret);
	nvr_buf_wipe(&t.data);
	explicit_bzero(&x, sizeof(x));
	return rc;
}
