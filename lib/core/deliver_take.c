/*
 * Takes a message of the outbox: whether it may still be sent is decided in the
 * transaction that counts the attempt.
 */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "core/consent.h"
#include "core/contact.h"
#include "core/deliver_int.h"
#include "core/factor.h"
#include "core/keys.h"
#include "core/log.h"
#include "core/register.h"
#include "core/throttle.h"
#include "seal/digest.h"
#include "store/outbox.h"

struct taking {
	struct nvr_courier *c;
	struct nvr_parcel *p;
	struct nvr_buf to, message; /* sealed */
	const char *why;	    /* it is not to be sent; NULL: it is */
	struct nvr_error *err;
};

/* Two at once would come in any order. */
static bool
is_busy(const struct nvr_courier *c, const struct nvr_outgoing *o)
{
	for (int i = 0; i < NVR_OUT_MOST; i++)
		if (c->out[i].id == o->id ||
		    (o->contact_id != 0 && c->out[i].contact == o->contact_id))
			return true;
	return false;
}

/* 1: this one. */
static int
copy(void *ctx, const struct nvr_outgoing *o)
{
	struct taking *t = ctx;
	int rc;

	if (is_busy(t->c, o))
		return 0;
	rc = nvr_buf_add(&t->to, o->recipient, o->recipient_len, t->err);
	if (rc == 0)
		rc = nvr_buf_add(
		    &t->message, o->message, o->message_len, t->err);
	t->p->id = o->id;
	t->p->account = o->account_id;
	t->p->contact = o->contact_id;
	t->p->created_at = o->created_at;
	t->p->attempts = o->attempts;
	t->p->optional = o->optional;
	strlcpy(t->p->kind, o->kind, sizeof(t->p->kind));
	return rc == 0 ? 1 : rc;
}

/* Its contact, and what opens with it. */
static int
see_contact(void *ctx, const struct nvr_contact *k)
{
	struct taking *t = ctx;
	struct nvr_parcel *p = t->p;
	struct nvr_buf address = {0};
	int rc = 0;

	if (k->account_id != p->account ||
	    strcmp(k->channel, nvr_channel_names[p->channel]) != 0)
		return 0;
	t->why = p->optional && k->unsubscribed_at != 0 ? "it was unsubscribed"
							: NULL;
	if (t->why == NULL && p->channel == NVR_WEBHOOK)
		rc = nvr_contact_open(t->c->s, k, &address, &p->secret, t->err);
	nvr_buf_wipe(&address);
	return rc;
}

/* C14: a number is written to while its owner wants it, and no longer. */
static int
check(struct taking *t)
{
	struct nvr_parcel *p = t->p;
	const char *kind = p->contact != 0 ? NVR_SMS_ALERTS : NVR_SMS_CONSENT;
	bool agreed = true;
	int rc = 0;

	t->why = NULL;
	if (p->contact != 0) {
		t->why = "its contact is gone";
		rc = nvr_contact_find(
		    t->c->s->store, p->contact, see_contact, t, t->err);
	}
	if (rc == 0 && t->why == NULL && p->channel == NVR_SMS &&
	    p->account != 0)
		rc = nvr_consented(t->c->s, p->account, kind, &agreed, t->err);
	if (!agreed)
		t->why = "consent was withdrawn";
	return rc;
}

static int
open_it(struct taking *t)
{
	struct nvr_parcel *p = t->p;
	struct nvr_column at = {"outbox", "recipient", p->id};
	int rc = nvr_sealed_get(
	    t->c->s, p->account, &at, t->to.data, t->to.len, &p->to, t->err);

	at.column = "message";
	if (rc == 0)
		rc = nvr_sealed_get(t->c->s, p->account, &at, t->message.data,
		    t->message.len, &p->message, t->err);
	if (rc == 0 && (memchr(p->to.data, '\0', p->to.len) != NULL))
		rc = nvr_fail(t->err, NVR_E_DATA, "its recipient is no text");
	return rc;
}

/* A token of the channel's bucket; *ret: there was one. */
static int
throttle(struct taking *t, int64_t now, bool *ret)
{
	const struct nvr_notify_rules *r = &t->c->s->rules->notify;
	const struct nvr_rate *rates[] = {[NVR_MAIL] = &r->mail,
	    [NVR_SMS] = &r->sms,
	    [NVR_WEBHOOK] = &r->webhook,
	    [NVR_EXEC] = &r->webhook};
	const struct nvr_try one = {"notify", nvr_channel_names[t->p->channel],
	    rates[t->p->channel], 0};
	int64_t wait = 0;
	int i, rc;

	rc = nvr_throttle(t->c->s, &one, 1, now, &wait, &i, t->err);
	*ret = rc == 0;
	return rc == NVR_E_AGAIN && wait > 0 ? 0 : rc;
}

static int
withhold(struct taking *t)
{
	struct nvr_state *s = t->c->s;
	bool so;
	int rc = nvr_outbox_delete(s->store, t->p->id, &so, t->err);

	return rc == 0 ? nvr_log_append(s, t->p->account, "message.withheld",
			     nvr_parcel_log(t->p, t->why), t->err)
		       : rc;
}

/* In the transaction.  *fate: SENT is to be sent, LATER is overtaken. */
static int
take(struct taking *t, int64_t now, enum nvr_fate *fate, bool *limited)
{
	struct nvr_state *s = t->c->s;
	struct nvr_parcel *p = t->p;
	bool mine = false, token = false;
	uint32_t chance = 0;
	int64_t n = p->attempts;
	int rc = nvr_random(&chance, sizeof(chance), t->err);

	*fate = NVR_FATE_LATER;
	if (rc == 0)
		rc = check(t);
	if (rc == 0 && t->why != NULL) {
		*fate = NVR_FATE_WITHHELD;
		return withhold(t);
	}
	if (rc == 0)
		rc = throttle(t, now, &token);
	*limited = rc == 0 && !token;
	if (rc != 0 || !token)
		return rc;
	rc = nvr_outbox_take(s->store, p->id, n,
	    now + nvr_deliver_wait(n + 1, chance), &mine, t->err);
	if (rc != 0 || !mine)
		return rc;
	p->attempts = n + 1;
	rc = open_it(t);
	*fate = NVR_FATE_SENT;
	if (rc != NVR_E_DATA && rc != NVR_E_NOENT)
		return rc;
	/* It never will. */
	*fate = NVR_FATE_DEAD;
	rc = nvr_outbox_dead(s->store, p->id, now, t->err->text, t->err);
	/* Whose key may be gone. */
	return rc == 0 ? nvr_log_append(s, 0, "message.failed",
			     nvr_parcel_log(p, t->err->text), t->err)
		       : rc;
}

static int
transact(struct taking *t, int64_t now, enum nvr_fate *fate, bool *limited)
{
	struct nvr_state *s = t->c->s;
	/* Letters serve people's rights, whatever their account is by now. */
	bool rights = nvr_state_rights(s, t->p->contact == 0);
	int rc = nvr_store_begin(s->store, t->err);

	if (rc == 0)
		rc = nvr_store_end(
		    s->store, take(t, now, fate, limited), t->err);
	nvr_state_rights(s, rights);
	return rc;
}

/* Of one that is due, and whose channel has a way out. */
static int
decide(struct taking *t, int64_t now, enum nvr_taken *ret)
{
	struct nvr_courier *c = t->c;
	enum nvr_fate fate = NVR_FATE_LATER;
	bool limited = false;
	int rc;

	t->err->text[0] = '\0';
	rc = transact(t, now, &fate, &limited);
	if (rc != 0)
		return rc;
	if (limited) {
		c->sum.limited[t->p->channel] = true;
		c->blocked[t->p->channel] = true;
		return 0;
	}
	*ret = fate == NVR_FATE_SENT ? NVR_TAKEN : NVR_ANOTHER;
	if (*ret == NVR_ANOTHER && fate != NVR_FATE_LATER)
		nvr_courier_tell(
		    c, t->p, fate, 0, t->why != NULL ? t->why : t->err->text);
	return 0;
}

int
nvr_parcel_take(struct nvr_courier *c, enum nvr_channel channel,
    struct nvr_parcel *p, enum nvr_taken *ret, struct nvr_error *err)
{
	struct taking t = {.c = c, .p = p, .err = err};
	bool waits = channel == NVR_MAIL || channel == NVR_EXEC;
	int64_t now = nvr_time_now();
	int rc;

	*p = (struct nvr_parcel){.channel = channel};
	*ret = NVR_NONE;
	rc = nvr_outbox_due(
	    c->s->store, nvr_channel_names[channel], now, copy, &t, err);
	if (rc == 1) {
		rc = 0;
		if (!nvr_courier_ready(c, channel))
			c->sum.idle[channel] = c->blocked[channel] = true;
		else if (waits && c->nout > 0)
			*ret = NVR_NOT_YET;
		else
			rc = decide(&t, now, ret);
	}
	nvr_buf_release(&t.to);
	nvr_buf_release(&t.message);
	if (*ret != NVR_TAKEN)
		nvr_parcel_release(p);
	return rc;
}
