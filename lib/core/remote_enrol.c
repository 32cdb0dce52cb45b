/* A recorder enrols; see remote.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/log.h"
#include "core/remote_code.h"
#include "core/remote_int.h"
#include "core/site.h"
#include "core/throttle.h"
#include "seal/age.h"
#include "seal/sshsig.h"

/* Where nvr.conf's enrol-rate was not read.  Nobody guesses 128 bits: this
 * keeps who tries from filling the store. */
static const struct nvr_rate often = {60, NVR_HOUR};

struct enrolling {
	struct nvr_state *s;
	const struct nvr_remote_request *r;
	struct nvr_http_message m;
	uint8_t key[NVR_REMOTE_KEY];
	uint8_t hash[NVR_INVITATION_HASH];
	struct nvr_beat_enrol body;
	struct nvr_invitation invited;
	struct nvr_beat_enrolled *ret;
	struct nvr_beat_refusal *refusal;
	struct nvr_error *err;
};

static int
throttle(struct enrolling *e)
{
	char network[NVR_NETWORK_TEXT];
	const struct nvr_rules *rules = e->s->rules;
	bool is_set = rules != NULL && rules->enrol.n > 0;
	struct nvr_try t = {
	    "enrol", network, is_set ? &rules->enrol : &often, 0};
	int64_t wait = 0;
	int rc;

	if (nvr_network(nvr_or_empty(e->r->address), network, e->err) != 0)
		strlcpy(network, "nowhere", sizeof(network));
	rc = nvr_throttle_take(e->s, &t, 1, e->r->now, &wait, e->err);
	if (rc != NVR_E_AGAIN || wait <= 0)
		return rc;
	e->refusal->retry = wait;
	return nvr_remote_refuse(e->refusal, NVR_BEAT_TOO_OFTEN,
	    "too many recorders of this network enrol");
}

/* Who signed it has the key that it brings. */
static int
check(struct enrolling *e)
{
	struct nvr_age_recipient box;
	int rc = nvr_remote_read(e->r, &e->m, e->key, e->refusal, e->err);

	if (rc == 0)
		rc = nvr_remote_prove(e->r, &e->m, e->key, e->refusal, e->err);
	if (rc == 0)
		rc = nvr_remote_late(e->r, &e->m, e->refusal);
	if (rc == 0)
		rc = throttle(e);
	if (rc != 0)
		return rc;
	rc = nvr_beat_enrol_parse(e->m.body, e->m.len, &e->body, e->err);
	if (rc == 0)
		rc = nvr_age_recipient_parse(e->body.box, &box, e->err);
	if (rc == NVR_E_DATA || rc == NVR_E_USAGE)
		return nvr_remote_refuse(
		    e->refusal, NVR_BEAT_MALFORMED, "%s", e->err->text);
	return rc;
}

static int
no_code(struct enrolling *e)
{
	return nvr_remote_refuse(e->refusal, NVR_BEAT_CODE,
	    "the code was used, is more than 15 minutes old, or never was one: "
	    "'nvr-account recorder invite' makes another");
}

static void
answer(struct enrolling *e, const struct nvr_remote *r)
{
	*e->ret = (struct nvr_beat_enrolled){
	    .recorder = r->id,
	    .waits = strcmp(r->state, "waiting") == 0,
	    .replaces = r->replaces != 0,
	    .now = e->r->now,
	};
}

/* Whoever has this key already, and this code, which is used up by that. */
static int
again(struct enrolling *e, const struct nvr_remote *r)
{
	bool won;

	if (strcmp(r->state, "revoked") == 0)
		return nvr_remote_refuse(e->refusal, NVR_BEAT_REVOKED,
		    "it takes another key to enrol once more");
	if (r->account_id != e->invited.account_id ||
	    r->site_id != e->invited.site_id ||
	    r->replaces != e->invited.replaces)
		return nvr_remote_refuse(e->refusal, NVR_BEAT_CODE,
		    "this recorder is enrolled already, and otherwise");
	answer(e, r);
	return nvr_invitation_use(
	    e->s->store, e->invited.id, e->r->now, &won, e->err);
}

static int
enter(struct enrolling *e)
{
	bool waits = e->invited.replaces != 0, won = false;
	char name[NVR_SIGN_FINGERPRINT];
	struct nvr_remote r = {.id = nvr_id_new(),
	    .account_id = e->invited.account_id,
	    .site_id = e->invited.site_id,
	    .state = waits ? "waiting" : "active",
	    .box = e->body.box,
	    .replaces = e->invited.replaces,
	    .sequence = (int64_t)e->m.sequence,
	    .interval = e->body.interval,
	    .agent = e->body.agent,
	    .created_at = e->r->now,
	    .approved_at = waits ? 0 : e->r->now};
	int rc = nvr_invitation_use(
	    e->s->store, e->invited.id, e->r->now, &won, e->err);

	if (rc == 0 && !won)
		return no_code(e);
	memcpy(r.key, e->key, sizeof(r.key));
	memcpy(r.fingerprint, e->body.fingerprint, sizeof(r.fingerprint));
	if (rc == 0)
		rc = nvr_remote_insert(e->s->store, &r, e->err);
	if (rc == 0)
		rc = nvr_sign_fingerprint(e->key, name, e->err);
	if (rc == 0)
		rc = nvr_remote_log(e->s, "recorder.enrolled", &r,
		    json_pack("{s:s, s:s, s:s}", "key", name, "state", r.state,
			"version", r.agent),
		    e->err);
	answer(e, &r);
	return rc;
}

static int
enrol(struct enrolling *e)
{
	struct nvr_remote *known = NULL;
	struct nvr_site *site = NULL;
	struct nvr_error *err = e->err;
	int rc = nvr_invitation_find(e->s->store, e->hash, &e->invited, err);

	if (rc == NVR_E_NOENT)
		return no_code(e);
	if (rc == 0)
		rc = nvr_site_get(e->s->store, e->invited.site_id, &site, err);
	if (rc == 0)
		rc = nvr_site_check(e->s, site, err);
	if (rc == NVR_E_NOENT || rc == NVR_E_PERMISSION)
		rc = nvr_remote_refuse(e->refusal, NVR_BEAT_CODE,
		    "no recorder can be enrolled there any more");
	nvr_site_free(site);
	if (rc != 0)
		return rc;
	rc = nvr_remote_by_key(e->s->store, e->key, &known, err);
	if (rc == 0)
		rc = again(e, known);
	else if (rc == NVR_E_NOENT)
		rc = enter(e);
	nvr_remote_free(known);
	return rc;
}

int
nvr_remote_enrol(struct nvr_state *s, const struct nvr_remote_request *r,
    struct nvr_beat_enrolled *ret, struct nvr_beat_refusal *refusal,
    struct nvr_error *err)
{
	struct enrolling e = {
	    .s = s, .r = r, .ret = ret, .refusal = refusal, .err = err};
	int rc = check(&e);

	if (rc == 0 && nvr_remote_code_hash(e.body.code, e.hash, err) != 0)
		rc = no_code(&e);
	if (rc == 0)
		rc = nvr_store_begin(s->store, err);
	if (rc == 0)
		rc = nvr_store_end(s->store, enrol(&e), err);
	nvr_beat_enrol_release(&e.body);
	return nvr_remote_told(rc, r, refusal);
}
