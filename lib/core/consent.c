/* What people agreed to; see consent.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/consent.h"
#include "core/contact.h"
#include "core/log.h"
#include "core/register.h"
#include "store/restrict.h"

static int
check(const struct nvr_consent *c, struct nvr_error *err)
{
	int rc = nvr_check_word("what is consented to", c->kind, err);

	if (rc == 0 && c->account <= 0)
		rc = nvr_fail(err, NVR_E_USAGE, "consent is of an account");
	if (rc == 0 && c->given)
		rc = nvr_check_line("the version of the text", c->version, err);
	if (rc == 0 && c->given)
		rc = nvr_check_text("the text that is agreed to", c->text, err);
	return rc == 0 ? nvr_check_word("the channel", c->channel, err) : rc;
}

int
nvr_consent_set(
    struct nvr_state *s, const struct nvr_consent *c, struct nvr_error *err)
{
	struct nvr_consent full = *c;
	int rc;

	if (full.id == 0)
		full.id = nvr_id_new();
	if (full.at == 0)
		full.at = nvr_time_now();
	if (full.channel == NULL)
		full.channel = s->actor.channel;
	rc = check(&full, err);
	full.version = nvr_or_empty(full.version);
	full.text = nvr_or_empty(full.text);
	if (rc == 0)
		rc = nvr_consent_add(s->store, &full, err);
	/* The numbers go with it, and what is yet to be sent to them. */
	if (rc == 0 && !full.given && strcmp(full.kind, NVR_SMS_ALERTS) == 0)
		rc = nvr_contact_forget(
		    s, full.account, "sms", "consent was withdrawn", err);
	if (rc != 0)
		return rc;
	return nvr_log_append(s, full.account,
	    full.given ? "consent.given" : "consent.withdrawn",
	    json_pack("{ss ss ss ss*}", "kind", full.kind, "version",
		full.version, "channel", full.channel, "origin", full.origin),
	    err);
}

int
nvr_consented(struct nvr_state *s, int64_t account, const char *kind, bool *ret,
    struct nvr_error *err)
{
	enum nvr_bar bar = NVR_BAR_NONE;
	bool holds = false;
	int rc = s->rights ? 0 : nvr_barred(s->store, account, &bar, err);

	if (rc == 0 && bar == NVR_BAR_NONE)
		rc = nvr_consent_holds(s->store, account, kind, &holds, err);
	if (rc == 0)
		*ret = holds;
	return rc;
}

int
nvr_consent_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_consent *c), void *ctx,
    struct nvr_error *err)
{
	return nvr_consent_list(s->store, account, NULL, row, ctx, err);
}
