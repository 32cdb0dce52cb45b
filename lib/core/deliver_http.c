/*
 * What goes by HTTP: webhooks, signed as Standard Webhooks has it
 * (standardwebhooks.com, 1.0.0), and SMS by Twilio's API of 2010-04-01.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/url.h"
#include "core/contact_int.h"
#include "core/deliver_int.h"
#include "net/wait.h"
#include "seal/base64.h"
#include "seal/digest.h"

#define ANSWER_MAX 65536

/* What trying again does not mend. */
static bool
is_final(long http)
{
	return http >= 400 && http < 500 && http != 408 && http != 425 &&
	       http != 429;
}

/* Retry-After, where its status is of those that mean it, within what waits may
 * be; 0: it says nothing. */
static int64_t
asked_wait(const struct nvr_loop_answer *a)
{
	int64_t wait = 0;

	if (a->http == 429 || a->http == 503)
		wait = nvr_wait_after(NULL, a->retry_after, nvr_time_now());
	if (wait <= 0)
		return 0;
	return wait < NVR_WAIT_LEAST  ? NVR_WAIT_LEAST
	       : wait > NVR_WAIT_MOST ? NVR_WAIT_MOST
				      : wait;
}

/* v1,base64 of the HMAC-SHA256 of id.time.body. */
static int
sign(const struct nvr_parcel *p, const char *id, int64_t now,
    struct nvr_buf *header, struct nvr_error *err)
{
	uint8_t key[NVR_CONTACT_KEY], mac[NVR_SHA256_LEN];
	struct nvr_buf what = {0};
	int n = nvr_contact_key(nvr_or_empty(p->secret.data), key), rc;

	if (n < 0)
		return nvr_fail(err, NVR_E_DATA, "the contact has no secret");
	rc = nvr_buf_addf(
	    &what, err, "%s.%" PRId64 ".%s", id, now, p->message.data);
	if (rc == 0)
		rc = nvr_hmac(key, (size_t)n, what.data, what.len, mac, err);
	if (rc == 0)
		rc = nvr_buf_addf(header, err, "webhook-signature: v1,");
	if (rc == 0)
		rc = nvr_base64_add(header, mac, sizeof(mac), err);
	explicit_bzero(key, sizeof(key));
	nvr_buf_release(&what);
	return rc;
}

/* Without the host, which is somebody's and would stand in the outbox. */
static const char *
no_answer(const struct nvr_loop_answer *a)
{
	if (a->not_public)
		return "refused, as its address is private: webhook-private in "
		       "[notify] of nvr.conf lets it be";
	switch (a->code) {
	case NVR_E_AGAIN:
		return "no answer in time";
	case NVR_E_PERMISSION:
		return "its certificate or its version of TLS is refused";
	case NVR_E_UNAVAILABLE:
		return "no connection, or it broke";
	default:
		return "what came is no answer";
	}
}

static void
judge_webhook(const struct nvr_loop_answer *a, const struct nvr_error *err,
    struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	long http = a->http;

	o->wait = asked_wait(a);
	if (http == 0) {
		nvr_fail(&o->why, NVR_E_UNAVAILABLE, "%s",
		    p->test && !a->not_public ? err->text : no_answer(a));
		o->fate = NVR_FATE_LATER;
		return;
	}
	/* However its body ended. */
	if (http >= 200 && http < 300) {
		o->fate = NVR_FATE_SENT;
		return;
	}
	nvr_fail(&o->why, NVR_E_UNAVAILABLE, "the webhook answers with %ld%s",
	    http, http >= 300 && http < 400 ? ", which is not followed" : "");
	o->fate = http == 410	   ? NVR_FATE_ENDED
		  : is_final(http) ? NVR_FATE_DEAD
				   : NVR_FATE_LATER;
}

/* application/x-www-form-urlencoded */
static int
put_field(struct nvr_buf *b, const char *name, const char *value,
    struct nvr_error *err)
{
	int rc = nvr_buf_addf(b, err, "%s%s=", b->len > 0 ? "&" : "", name);

	for (const char *p = value; rc == 0 && *p != '\0'; p++)
		rc = isalnum((unsigned char)*p) || strchr("-._", *p) != NULL
			 ? nvr_buf_add(b, p, 1, err)
			 : nvr_buf_addf(b, err, "%%%02X", (unsigned char)*p);
	return rc;
}

static int
put_account(const struct nvr_courier *c, struct nvr_buf *url,
    struct nvr_buf *auth, struct nvr_error *err)
{
	const struct nvr_notify_rules *r = &c->s->rules->notify;
	struct nvr_buf pair = {0};
	size_t len = strlen(r->sms_url);
	int rc = 0;

	for (const char *p = r->sms_account; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			return nvr_fail(err, NVR_E_CONFIG,
			    "sms-account in [notify] of nvr.conf is letters "
			    "and digits");
	if (strncmp(r->sms_url, "https://", 8) != 0 &&
	    !nvr_url_is_loopback(r->sms_url))
		return nvr_fail(err, NVR_E_CONFIG,
		    "sms-url in [notify] of nvr.conf is not https");
	while (len > 0 && r->sms_url[len - 1] == '/')
		len--;
	rc = nvr_buf_addf(url, err, "%.*s/2010-04-01/Accounts/%s/Messages.json",
	    (int)len, r->sms_url, r->sms_account);
	if (rc == 0)
		rc = nvr_buf_addf(
		    &pair, err, "%s:%s", r->sms_account, c->token.data);
	if (rc == 0)
		rc = nvr_buf_addf(auth, err, "Authorization: Basic ");
	if (rc == 0)
		rc = nvr_base64_add(auth, pair.data, pair.len, err);
	nvr_buf_wipe(&pair);
	return rc;
}

/*
 * 4xx is about this message, but for what is wrong with our account.  21610:
 * the person has answered STOP, so there is nobody to write to.
 */
static void
judge_sms(const struct nvr_loop_answer *a, const struct nvr_error *err,
    struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	json_t *body = json_loadb(a->body, a->len, 0, NULL);
	json_int_t code =
	    json_integer_value(json_object_get(body, "code")); /* 0: none */
	char words[256];
	long http = a->http;

	nvr_text_reply(
	    nvr_or_empty(json_string_value(json_object_get(body, "message"))),
	    p->to.data, words, sizeof(words));
	json_decref(body);
	o->wait = asked_wait(a);
	if (http >= 200 && http < 300) {
		o->fate = NVR_FATE_SENT;
		return;
	}
	o->fate = NVR_FATE_BLOCKED;
	if (http == 0) {
		/* It may have been taken. */
		if (a->code == NVR_E_AGAIN)
			o->fate = NVR_FATE_LATER;
		o->why = *err;
		return;
	}
	nvr_fail(&o->why, NVR_E_UNAVAILABLE,
	    "the SMS is refused: %ld, code %" PRId64 "%s%s", http,
	    (int64_t)code, words[0] != '\0' ? ": " : "", words);
	if (code == 21610)
		o->fate = NVR_FATE_ENDED;
	else if (is_final(http) && http != 401 && http != 403 && http != 404)
		o->fate = NVR_FATE_DEAD;
}

static void
on_done(void *ctx, const struct nvr_loop_answer *a, const struct nvr_error *err)
{
	struct nvr_parcel *p = ctx;

	if (p->channel == NVR_SMS)
		judge_sms(a, err, p);
	else
		judge_webhook(a, err, p);
	p->done = true;
}

/* Where not even a request can be made it is done, with the fate it has. */
static void
begin(struct nvr_courier *c, struct nvr_parcel *p, struct nvr_loop_request *req)
{
	const struct nvr_notify_rules *r = &c->s->rules->notify;
	int rc = c->loop == NULL ? nvr_loop_open(&c->loop, &p->o.why) : 0;

	req->body = p->message.data;
	req->len = p->message.len;
	req->tls_ca_file = r->tls_ca[0] != '\0' ? r->tls_ca : NULL;
	req->tls_min = c->d->tls_min;
	req->timeout = r->timeout;
	req->max_bytes = ANSWER_MAX;
	if (rc == 0)
		rc = nvr_loop_send(c->loop, req, on_done, p, &p->o.why);
	p->done = rc != 0;
}

void
nvr_send_webhook(struct nvr_courier *c, struct nvr_parcel *p)
{
	bool lax = c->s->rules->notify.webhook_private;
	char id[NVR_ID_TEXT], id_line[64], time_line[64];
	int64_t now = nvr_time_now() / NVR_SECOND;
	struct nvr_buf signature = {0};
	int rc = sign(p, nvr_id_format(p->id, id), now, &signature, &p->o.why);
	const char *headers[] = {"Content-Type: application/json", id_line,
	    time_line, signature.data, NULL};
	struct nvr_loop_request req = {.url = p->to.data,
	    .headers = headers,
	    .secret = p->secret.data,
	    .public_only = !lax};

	snprintf(id_line, sizeof(id_line), "webhook-id: %s", id);
	snprintf(
	    time_line, sizeof(time_line), "webhook-timestamp: %" PRId64, now);
	if (rc == 0 && !lax && strncmp(p->to.data, "https://", 8) != 0)
		rc =
		    nvr_fail(&p->o.why, NVR_E_DATA, "the webhook is not https");
	p->o.fate = rc == NVR_E_DATA ? NVR_FATE_DEAD : NVR_FATE_LATER;
	if (rc == 0)
		begin(c, p, &req);
	nvr_buf_wipe(&signature);
}

static int
put_sms(const struct nvr_courier *c, const struct nvr_parcel *p,
    struct nvr_buf *body, struct nvr_error *err)
{
	const char *from = c->s->rules->notify.sms_from;
	int rc = put_field(body, "To", p->to.data, err);

	if (rc == 0)
		rc = put_field(body,
		    strncmp(from, "MG", 2) == 0 ? "MessagingServiceSid"
						: "From",
		    from, err);
	return rc == 0 ? put_field(body, "Body", p->message.data, err) : rc;
}

void
nvr_send_sms(struct nvr_courier *c, struct nvr_parcel *p)
{
	struct nvr_buf url = {0}, auth = {0}, body = {0};
	struct nvr_error *why = &p->o.why;
	int rc = nvr_courier_secret(
	    "sms-token-file", c->s->rules->notify.sms_token, &c->token, why);

	p->o.fate = NVR_FATE_BLOCKED;
	if (rc == 0)
		rc = put_account(c, &url, &auth, why);
	if (rc == 0)
		rc = put_sms(c, p, &body, why);
	if (rc == 0) {
		const char *headers[] = {
		    "Content-Type: application/x-www-form-urlencoded",
		    auth.data, NULL};
		struct nvr_loop_request req = {.url = url.data,
		    .headers = headers,
		    .secret = c->token.data};

		/* What is sent stays as long as it is under way. */
		nvr_buf_wipe(&p->message);
		p->message = body;
		begin(c, p, &req);
	} else {
		nvr_buf_wipe(&body);
	}
	nvr_buf_wipe(&url);
	nvr_buf_wipe(&auth);
}
