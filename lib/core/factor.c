/* Second factors: what there is, and how it comes and goes; see factor.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/account_int.h"
#include "core/consent.h"
#include "core/factor_int.h"
#include "core/keys.h"
#include "core/letter.h"
#include "core/log.h"
#include "core/throttle.h"
#include "seal/digest.h"
#include "store/outbox.h"

const char *const nvr_factor_words[] = {"totp", "sms", "recovery"};

/* How the letter says it. */
static const char *const added[] = {
    "An authenticator app was added.", "A number for codes by SMS was added."};
static const char *const removed[] = {"The authenticator app was removed.",
    "SMS codes were switched off and the number was deleted."};

int
nvr_tell(struct nvr_state *s, const struct nvr_account *a, const char *text,
    const char *name, const char *value, struct nvr_error *err)
{
	struct nvr_person p = {0};
	struct nvr_letter l = {.account = a->id, .text = text};
	int64_t id;
	int rc;

	if (!nvr_letter_ready(s))
		return 0;
	rc = nvr_person_open(s, a, &p, err);
	l.to = p.email;
	l.value[0].name = name;
	l.value[0].value = value;
	if (rc == 0)
		rc = nvr_letter_post(s, &l, &id, err);
	nvr_person_wipe(&p);
	return rc;
}

int
nvr_factor_take(struct nvr_state *s, int64_t account, const char *kind,
    const struct nvr_rate *rate, int64_t *wait, struct nvr_error *err)
{
	char key[NVR_ID_TEXT];
	const struct nvr_try t = {
	    kind, nvr_id_format(account, key), rate, account};

	return nvr_throttle_take(s, &t, 1, nvr_time_now(), wait, err);
}

int
nvr_code_draw(char code[NVR_CODE_TEXT], struct nvr_error *err)
{
	uint64_t x;
	int rc = nvr_random(&x, sizeof(x), err);

	if (rc == 0)
		snprintf(code, NVR_CODE_TEXT, "%06" PRIu64, x % 1000000);
	return rc;
}

struct loading {
	struct nvr_state *s;
	const char *kind;
	struct nvr_factor_open *f;
	struct nvr_error *err;
};

static int
load_row(void *ctx, const struct nvr_factor_row *row)
{
	struct nvr_column at = {"factor", "secret", row->id};
	struct loading *l = ctx;

	if (strcmp(row->kind, l->kind) != 0)
		return 0;
	l->f->id = row->id;
	l->f->last_step = row->last_step;
	l->f->created_at = row->created_at;
	l->f->confirmed_at = row->confirmed_at;
	return nvr_sealed_get(l->s, row->account_id, &at, row->secret.data,
	    row->secret.len, &l->f->secret, l->err);
}

int
nvr_factor_load(struct nvr_state *s, int64_t account, enum nvr_factor which,
    struct nvr_factor_open *ret, struct nvr_error *err)
{
	struct nvr_factor_open f = {0};
	struct loading l = {s, nvr_factor_words[which], &f, err};
	int rc = nvr_factor_each(s->store, account, load_row, &l, err);

	if (rc == 0 && f.id != 0 &&
	    (which == NVR_FACTOR_TOTP ? f.secret.len != NVR_TOTP_KEY_LEN
				      : f.secret.len >= NVR_PHONE_TEXT))
		rc = nvr_fail(err, NVR_E_DATA, "a second factor is damaged");
	if (rc == 0)
		*ret = f;
	else
		nvr_buf_wipe(&f.secret);
	return rc;
}

int
nvr_factor_begin(struct nvr_state *s, int64_t account, enum nvr_factor which,
    const void *secret, size_t len, struct nvr_error *err)
{
	struct nvr_factor_row f = {.account_id = account,
	    .id = nvr_id_new(),
	    .kind = nvr_factor_words[which],
	    .created_at = nvr_time_now()};
	struct nvr_column at = {"factor", "secret", f.id};
	struct nvr_factor_open was = {0};
	struct nvr_buf sealed = {0};
	int rc = nvr_factor_load(s, account, which, &was, err);

	if (rc == 0 && was.confirmed_at != 0)
		rc = nvr_fail(err, NVR_E_CREATE,
		    "the account has that second factor ('%s') already: "
		    "disable it first",
		    f.kind);
	nvr_buf_wipe(&was.secret);
	if (rc == 0)
		rc = nvr_sealed_put(s, account, &at, secret, len, &sealed, err);
	f.secret = (struct nvr_blob){sealed.data, sealed.len};
	if (rc == 0)
		rc = nvr_factor_put(s->store, &f, err);
	nvr_buf_release(&sealed);
	if (rc == 0)
		rc = nvr_log_append(s, account, "factor.begun",
		    json_pack("{s:s}", "kind", f.kind), err);
	return rc;
}

int
nvr_factors(struct nvr_state *s, int64_t account, struct nvr_factors *ret,
    struct nvr_error *err)
{
	struct nvr_factor_open totp = {0}, sms = {0};
	struct nvr_factors f = {0};
	int rc = nvr_factor_load(s, account, NVR_FACTOR_TOTP, &totp, err);

	if (rc == 0)
		rc = nvr_factor_load(s, account, NVR_FACTOR_SMS, &sms, err);
	if (rc == 0)
		rc = nvr_recovery_left(s->store, account, &f.codes, err);
	f.totp = totp.confirmed_at != 0;
	f.sms = sms.confirmed_at != 0;
	f.totp_at = f.totp ? totp.confirmed_at : totp.created_at;
	f.sms_at = f.sms ? sms.confirmed_at : sms.created_at;
	if (sms.secret.data != NULL)
		strlcpy(f.phone, sms.secret.data, sizeof(f.phone));
	nvr_buf_wipe(&totp.secret);
	nvr_buf_wipe(&sms.secret);
	if (rc == 0)
		*ret = f;
	explicit_bzero(&f, sizeof(f));
	return rc;
}

int
nvr_totp_enrol(struct nvr_state *s, const struct nvr_account *a,
    struct nvr_buf *uri, int (*show)(void *ctx), void *ctx,
    struct nvr_error *err)
{
	uint8_t key[NVR_TOTP_KEY_LEN];
	struct nvr_person p = {0};
	int rc = nvr_account_active(a, err);

	if (rc == 0)
		rc = nvr_random(key, sizeof(key), err);
	if (rc == 0)
		rc = nvr_person_open(s, a, &p, err);
	if (rc == 0)
		rc = nvr_totp_uri(key,
		    s->rules->title[0] != '\0' ? s->rules->title : "nvr",
		    p.email, uri, err);
	nvr_person_wipe(&p);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0) {
		rc = nvr_factor_begin(
		    s, a->id, NVR_FACTOR_TOTP, key, sizeof(key), err);
		if (rc == 0 && show != NULL)
			rc = show(ctx);
		rc = nvr_store_end(s->store, rc, err);
	}
	explicit_bzero(key, sizeof(key));
	return rc;
}

int
nvr_factor_changed(struct nvr_state *s, const struct nvr_account *a, int rc,
    const char *type, enum nvr_factor which, const char *change,
    struct nvr_error *err)
{
	if (rc == 0)
		rc = nvr_log_append(s, a->id, type,
		    json_pack("{s:s}", "kind", nvr_factor_words[which]), err);
	if (rc == 0)
		rc = nvr_account_close(s, a->id, s->actor.session, err);
	if (rc == 0)
		rc = nvr_tell(s, a, "factor-changed", "change", change, err);
	return nvr_store_end(s->store, rc, err);
}

/* Whether what was begun is proved by the code. */
static int
prove(struct nvr_state *s, int64_t account, enum nvr_factor which,
    const char *code, bool *begun, bool *right, struct nvr_error *err)
{
	struct nvr_factor_open f = {0};
	struct nvr_token t = {0};
	int64_t step = 0, now = nvr_time_now();
	int rc = nvr_factor_load(s, account, which, &f, err);

	if (rc == 0 && f.id != 0 && f.confirmed_at == 0) {
		*begun = true;
		if (which == NVR_FACTOR_TOTP) {
			rc = nvr_totp_match((uint8_t *)f.secret.data,
			    now / NVR_SECOND / NVR_TOTP_STEP, 0, code, &step,
			    err);
			*right = step != 0;
		} else {
			rc = nvr_token_newest(s, account, "phone", &t, err);
			if (rc == 0)
				rc =
				    nvr_token_try(s, t.id, NVR_CODE_TRIES, err);
			*right = rc == 0 && nvr_code_same(t.data.data, code);
			if (*right)
				rc = nvr_token_use(s, t.id, err);
			if (rc == NVR_E_PERMISSION)
				rc = 0; /* expired: a wrong code */
		}
		if (rc == 0 && *right)
			rc = nvr_factor_prove(s->store, f.id, account,
			    nvr_factor_words[which], step, now, right, err);
	}
	nvr_buf_wipe(&t.data);
	nvr_buf_wipe(&f.secret);
	return rc;
}

int
nvr_factor_confirm(struct nvr_state *s, const struct nvr_account *a,
    const char *code, enum nvr_factor *which, struct nvr_error *err)
{
	bool begun = false, right = false;
	enum nvr_factor f = NVR_FACTOR_TOTP;
	int64_t wait;
	int rc = nvr_factor_take(s, a->id, "code", &s->rules->code, &wait, err);

	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	for (; rc == 0 && !right && f <= NVR_FACTOR_SMS; f++)
		rc = prove(s, a->id, f, code, &begun, &right, err);
	f--;
	if (rc == 0 && !right) {
		/* Its try counts. */
		rc = nvr_store_commit(s->store, err);
		if (rc == 0)
			return begun ? nvr_fail(err, NVR_E_PERMISSION,
					   "the code is wrong or too old")
				     : nvr_fail(err, NVR_E_NOENT,
					   "no second factor waits to be "
					   "confirmed");
	}
	rc = nvr_factor_changed(s, a, rc, "factor.added", f, added[f % 2], err);
	if (rc == 0)
		*which = f;
	return rc;
}

int
nvr_recovery_draw(struct nvr_state *s, const struct nvr_account *a,
    char codes[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT], int (*show)(void *ctx),
    void *ctx, struct nvr_error *err)
{
	uint8_t raw[15], hash[NVR_RECOVERY_HASH];
	struct nvr_factors f = {0};
	int64_t now = nvr_time_now();
	int rc = nvr_factors(s, a->id, &f, err);

	if (rc == 0 && !f.totp && !f.sms)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "the account has no second factor that codes could stand "
		    "in for");
	explicit_bzero(&f, sizeof(f));
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = nvr_recovery_delete(s->store, a->id, 0, err);
	for (int i = 0; rc == 0 && i < NVR_RECOVERY_CODES; i++) {
		rc = nvr_random(raw, sizeof(raw), err);
		nvr_base32_encode(raw, sizeof(raw), codes[i]);
		if (rc == 0)
			rc = nvr_sha256(
			    codes[i], NVR_RECOVERY_TEXT - 1, hash, err);
		if (rc == 0)
			rc = nvr_recovery_insert(
			    s->store, a->id, hash, now, err);
	}
	explicit_bzero(raw, sizeof(raw));
	if (rc == 0 && show != NULL)
		rc = show(ctx);
	return nvr_factor_changed(s, a, rc, "factor.codes", NVR_FACTOR_RECOVERY,
	    "New recovery codes were drawn.", err);
}

int
nvr_factor_remove(struct nvr_state *s, int64_t account, enum nvr_factor which,
    bool *there, struct nvr_error *err)
{
	const struct nvr_consent no = {.account = account,
	    .kind = NVR_SMS_CONSENT,
	    .version = nvr_sms_consent_version,
	    .text = nvr_sms_consent_text,
	    .channel = s->actor.channel};
	bool agreed = false;
	struct nvr_factors f = {0};
	int n = 0, rc = nvr_factor_delete(
		       s->store, account, nvr_factor_words[which], &n, err);

	if (rc == 0 && which == NVR_FACTOR_SMS) {
		rc = nvr_consented(s, account, NVR_SMS_CONSENT, &agreed, err);
		if (rc == 0 && agreed)
			rc = nvr_consent_set(s, &no, err);
		/* The number also stands in what is yet to be sent. */
		if (rc == 0)
			rc = nvr_outbox_drop(s->store, account, "sms", err);
		if (rc == 0)
			rc = nvr_token_revoke(s, account, "phone", err);
	}
	*there = n > 0 || agreed;
	if (rc == 0)
		rc = nvr_factors(s, account, &f, err);
	if (rc == 0 && !f.totp && !f.sms)
		rc = nvr_recovery_delete(s->store, account, 0, err);
	explicit_bzero(&f, sizeof(f));
	return rc;
}

int
nvr_factor_disable(struct nvr_state *s, const struct nvr_account *a,
    enum nvr_factor which, struct nvr_error *err)
{
	bool there = false, rights = nvr_state_rights(s, true);
	int rc = nvr_store_begin(s->store, err);

	if (rc == 0) {
		rc = nvr_factor_remove(s, a->id, which, &there, err);
		if (rc == 0 && !there)
			rc = nvr_fail(err, NVR_E_NOENT,
			    "the account has no second factor '%s'",
			    nvr_factor_words[which]);
		rc = nvr_factor_changed(
		    s, a, rc, "factor.removed", which, removed[which % 2], err);
	}
	nvr_state_rights(s, rights);
	return rc;
}
