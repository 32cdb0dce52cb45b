/* By what each message goes, and a test of it; see deliver.h. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "core/consent.h"
#include "core/contact_int.h"
#include "core/deliver_int.h"
#include "core/exec.h"
#include "seal/base64.h"
#include "seal/digest.h"

#define OUTPUT_MAX 65536

bool
nvr_courier_ready(const struct nvr_courier *c, enum nvr_channel channel)
{
	const struct nvr_notify_rules *r = &c->s->rules->notify;

	if (channel == NVR_MAIL)
		return r->smtp[0] != '\0' || r->sendmail[0] != '\0';
	if (channel == NVR_SMS)
		return r->sms_account[0] != '\0' && r->sms_from[0] != '\0' &&
		       r->sms_token[0] != '\0';
	return true;
}

void
nvr_send_exec(struct nvr_courier *c, struct nvr_parcel *p)
{
	struct nvr_outcome *o = &p->o;
	char id[NVR_ID_TEXT], line[32];
	const char *env[] = {line, NULL};
	const struct nvr_exec x = {.path = p->to.data,
	    .env = env,
	    .in = p->message.data,
	    .in_len = p->message.len,
	    .timeout = c->s->rules->notify.timeout,
	    .max_output = OUTPUT_MAX};
	struct nvr_buf out = {0};

	snprintf(line, sizeof(line), "NVR_ID=%s", nvr_id_format(p->id, id));
	o->fate = NVR_FATE_DEAD;
	if (p->account != 0)
		nvr_fail(&o->why, NVR_E_PERMISSION,
		    "programs are run for whoever runs the service alone");
	else
		o->fate = nvr_exec_run(&x, &out, &o->why) == 0 ? NVR_FATE_SENT
							       : NVR_FATE_LATER;
	nvr_buf_release(&out);
}

void
nvr_send(struct nvr_courier *c, struct nvr_parcel *p)
{
	static void (*const send[NVR_CHANNELS])(struct nvr_courier *,
	    struct nvr_parcel *) = {[NVR_MAIL] = nvr_send_mail,
	    [NVR_SMS] = nvr_send_sms,
	    [NVR_EXEC] = nvr_send_exec,
	    [NVR_WEBHOOK] = nvr_send_webhook};

	p->done = true;
	if (p->to.data == NULL || p->message.data == NULL ||
	    memchr(p->message.data, '\0', p->message.len) != NULL) {
		nvr_fail(
		    &p->o.why, NVR_E_DATA, "the message is empty or damaged");
		p->o.fate = NVR_FATE_DEAD;
		return;
	}
	send[p->channel](c, p);
}

struct testing {
	struct nvr_courier *c;
	struct nvr_parcel *p;
	bool found;
	struct nvr_error *err;
};

static int
see(void *ctx, const struct nvr_contact *k)
{
	struct testing *t = ctx;
	struct nvr_parcel *p = t->p;
	bool agreed = true;
	int rc = 0;

	t->found = strcmp(k->channel, nvr_channel_names[p->channel]) == 0;
	if (!t->found)
		return 0;
	p->account = k->account_id;
	if (p->channel == NVR_SMS && k->account_id != 0)
		rc = nvr_consented(
		    t->c->s, k->account_id, NVR_SMS_ALERTS, &agreed, t->err);
	if (rc == 0 && !agreed)
		rc = nvr_fail(t->err, NVR_E_PERMISSION,
		    "its consent to SMS was withdrawn");
	return rc == 0
		   ? nvr_contact_open(t->c->s, k, &p->to, &p->secret, t->err)
		   : rc;
}

static int
of_contact(struct nvr_courier *c, struct nvr_parcel *p, struct nvr_error *err)
{
	struct testing t = {c, p, false, err};
	int rc = nvr_contact_find(c->s->store, p->contact, see, &t, err);

	if (rc == 0 && !t.found)
		rc = nvr_fail(err, NVR_E_NOENT,
		    "no such contact for %s: "
		    "'nvr-account contact list' has them",
		    nvr_channel_names[p->channel]);
	return rc;
}

static int
of_address(struct nvr_parcel *p, const char *address, struct nvr_error *err)
{
	uint8_t key[32];
	int rc;

	if (p->channel == NVR_SMS)
		return nvr_fail(err, NVR_E_USAGE,
		    "an SMS goes to a contact alone, by its id: a number needs "
		    "a consent");
	rc = nvr_buf_add(&p->to, address, strlen(address), err);
	/* Nobody has it, but the headers are as ever. */
	if (rc == 0)
		rc = nvr_random(key, sizeof(key), err);
	if (rc == 0)
		rc = nvr_buf_addf(&p->secret, err, "whsec_");
	return rc == 0 ? nvr_base64_add(&p->secret, key, sizeof(key), err) : rc;
}

static int
write_test(struct nvr_courier *c, struct nvr_parcel *p, struct nvr_error *err)
{
	const struct nvr_alert_news news = {.alert = p->id,
	    .kind = "test",
	    .what = "opened",
	    .subject = c->s->rules->title,
	    .site = "",
	    .why = "somebody ran nvr-notify test",
	    .severity = NVR_INFO,
	    .since = p->created_at,
	    .at = p->created_at};
	const struct nvr_contact_message m = {.s = c->s,
	    .address = p->to.data,
	    .id = p->id,
	    .now = p->created_at,
	    .news = &news,
	    .n = 1,
	    .essential = true};

	if (p->channel == NVR_SMS)
		return nvr_contact_sms(&m, &p->message, err);
	return p->channel == NVR_MAIL ? nvr_contact_mail(&m, &p->message, err)
				      : nvr_contact_json(&m, &p->message, err);
}

int
nvr_deliver_test(struct nvr_state *s, const struct nvr_deliver *d,
    const char *channel, const char *address, int64_t contact,
    struct nvr_error *err)
{
	struct nvr_courier c = {.s = s, .d = d};
	struct nvr_parcel p = {.id = nvr_id_new(),
	    .created_at = nvr_time_now(),
	    .kind = "test",
	    .test = true,
	    .contact = contact,
	    .attempts = 1};
	int rc;

	while (p.channel < NVR_CHANNELS &&
	       strcmp(nvr_channel_names[p.channel], channel) != 0)
		p.channel++;
	if (p.channel == NVR_CHANNELS)
		return nvr_fail(err, NVR_E_USAGE,
		    "a channel is mail, sms, webhook or exec");
	rc = address != NULL ? of_address(&p, address, err)
			     : of_contact(&c, &p, err);
	if (rc == 0 && !nvr_courier_ready(&c, p.channel))
		rc = nvr_fail(err, NVR_E_CONFIG,
		    "[notify] of nvr.conf does not say by what %s goes",
		    channel);
	if (rc == 0)
		rc = write_test(&c, &p, err);
	if (rc == 0)
		nvr_send(&c, &p);
	while (rc == 0 && !p.done)
		nvr_courier_wait(&c, NVR_SECOND, &p.o.why);
	if (rc == 0)
		nvr_courier_tell(&c, &p, p.o.fate, 0, p.o.why.text);
	nvr_parcel_release(&p);
	nvr_courier_release(&c);
	return rc;
}
