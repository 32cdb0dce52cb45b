/* Messages to contacts; see contact.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/consent.h"
#include "core/contact_int.h"
#include "core/mail.h"
#include "core/register.h"
#include "store/restrict.h"

static json_t *
time_json(int64_t t)
{
	char text[NVR_TIME_TEXT];

	return t != 0 ? json_string(nvr_time_format(t, text)) : json_null();
}

/* Names and reasons come from outside: broken UTF-8 stops no alert. */
static json_t *
safe_json(const char *text)
{
	char safe[1024];

	return json_string(
	    nvr_text_safe(nvr_or_empty(text), safe, sizeof(safe)));
}

static json_t *
news_json(const struct nvr_alert_news *n)
{
	return json_pack("{so so so so so ss so so so}", "alert",
	    nvr_register_id(n->alert), "kind", safe_json(n->kind), "what",
	    safe_json(n->what), "subject", safe_json(n->subject), "site",
	    safe_json(n->site), "severity", nvr_severity_names[n->severity],
	    "why", safe_json(n->why), "since", time_json(n->since), "at",
	    time_json(n->at));
}

/* type, timestamp and data: as Standard Webhooks has it. */
int
nvr_contact_json(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err)
{
	json_t *list = json_array(), *all;
	char *text = NULL;
	int rc = list != NULL ? 0 : nvr_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < m->n; i++)
		if (json_array_append_new(list, news_json(&m->news[i])) != 0)
			rc = nvr_fail(
			    err, NVR_E_DATA, "an alert's text is not UTF-8");
	all = json_pack("{ss so s{si sO}}", "type", "alert", "timestamp",
	    time_json(m->now), "data", "schema", 1, "alerts", list);
	if (rc == 0 && all != NULL)
		text = json_dumps(all, JSON_COMPACT);
	if (rc == 0)
		rc = text != NULL ? nvr_buf_add(out, text, strlen(text), err)
				  : nvr_fail_nomem(err);
	free(text);
	json_decref(all);
	json_decref(list);
	return rc;
}

/* Whether there is somebody to tell. */
static int
wanted(struct nvr_state *s, const struct nvr_contact *c, bool essential,
    bool *ret, struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	int rc = nvr_barred(s->store, c->account_id, &bar, err);

	*ret = bar == NVR_BAR_NONE && (essential || c->unsubscribed_at == 0);
	if (rc == 0 && *ret && c->account_id != 0 &&
	    strcmp(c->channel, "sms") == 0)
		rc = nvr_consented(s, c->account_id, NVR_SMS_ALERTS, ret, err);
	return rc;
}

static int
write_message(
    struct nvr_contact_message *m, struct nvr_buf *out, struct nvr_error *err)
{
	const char *channel = m->to->channel;
	int rc = 0;

	if (strcmp(channel, "sms") == 0)
		return nvr_contact_sms(m, out, err);
	if (strcmp(channel, "mail") != 0)
		return nvr_contact_json(m, out, err);
	if (m->s->rules->mail_from[0] == '\0')
		return nvr_fail(err, NVR_E_CONFIG,
		    "nvr.conf has no mail-from in [portal]: who alerts are "
		    "from");
	if (!m->essential)
		rc = nvr_contact_link(m->s, m->to->id, &m->link, err);
	if (rc == 0)
		rc = nvr_contact_mail(m, out, err);
	nvr_buf_wipe(&m->link);
	return rc;
}

int
nvr_contact_post(struct nvr_state *s, const struct nvr_contact *c,
    const struct nvr_alert_news *news, size_t n, bool essential, int64_t *id,
    struct nvr_error *err)
{
	struct nvr_contact_message m = {.s = s,
	    .to = c,
	    .id = nvr_id_new(),
	    .now = nvr_time_now(),
	    .news = news,
	    .n = n,
	    .essential = essential};
	struct nvr_buf address = {0}, message = {0};
	bool so = false;
	int rc = n > 0 && s->rules != NULL
		     ? wanted(s, c, essential, &so, err)
		     : nvr_fail(err, NVR_E_BUG, "there is nothing to tell");

	if (rc != 0)
		return rc;
	*id = 0;
	if (!so)
		return 0;
	rc = nvr_contact_open(s, c, &address, NULL, err);
	m.address = address.data;
	if (rc == 0)
		rc = write_message(&m, &message, err);
	if (rc == 0) {
		const struct nvr_post p = {.id = m.id,
		    .account = c->account_id,
		    .now = m.now,
		    .contact = c->id,
		    .optional = !essential,
		    .channel = c->channel,
		    .kind = "alert",
		    .to = address.data};

		rc = nvr_mail_post(s, &p, &message, id, err);
	}
	nvr_buf_wipe(&address);
	nvr_buf_wipe(&message);
	return rc;
}
