/* What people do about alerts; see alert.h. */
#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/alert.h"
#include "core/log.h"

static const char *
who(const struct nvr_state *s)
{
	const char *name = s->actor.who != NULL ? s->actor.who() : NULL;

	return name != NULL ? name : "";
}

static int
enter(struct nvr_state *s, const struct nvr_alert *a, int64_t now,
    const char *what, const char *why, struct nvr_error *err)
{
	char id[NVR_ID_TEXT], type[32] = "alert.";
	const struct nvr_alert_event e = {.id = nvr_id_new(),
	    .alert_id = a->id,
	    .account_id = a->account_id,
	    .at = now,
	    .what = what,
	    .why = why,
	    .who = who(s)};
	int rc = nvr_alert_put(s->store, a, err);

	strlcat(type, what, sizeof(type));
	if (rc == 0)
		rc = nvr_alert_event_add(s->store, &e, err);
	return rc == 0 ? nvr_log_append(s, a->account_id, type,
			     json_pack("{s:s, s:s, s:s}", "alert",
				 nvr_id_format(a->id, id), "kind", a->kind,
				 "why", why),
			     err)
		       : rc;
}

static int
find_open(
    struct nvr_state *s, int64_t id, struct nvr_alert *a, struct nvr_error *err)
{
	int rc = nvr_alert_get(s->store, id, a, err);

	if (rc == 0 && a->state == NVR_ALERT_CLOSED)
		rc = nvr_fail(err, NVR_E_NOENT, "that alert is closed");
	return rc;
}

int
nvr_alert_ack(struct nvr_state *s, int64_t id, const char *why, int64_t now,
    struct nvr_error *err)
{
	struct nvr_alert a;
	int rc = 0;

	if (!nvr_text_printable(why) || strlen(why) >= NVR_ALERT_TEXT)
		return nvr_fail(err, NVR_E_USAGE,
		    "the reason is one line of up to %d bytes",
		    NVR_ALERT_TEXT - 1);
	rc = nvr_store_begin(s->store, err);
	if (rc != 0)
		return rc;
	rc = find_open(s, id, &a, err);
	if (rc == 0 && a.acked_at == 0) { /* once */
		a.acked_at = now;
		strlcpy(a.acked_by, who(s), sizeof(a.acked_by));
		rc = enter(s, &a, now, "acked", why, err);
	}
	return nvr_store_end(s->store, rc, err);
}

int
nvr_alert_snooze(struct nvr_state *s, int64_t id, int64_t until, int64_t now,
    struct nvr_error *err)
{
	char text[NVR_TIME_TEXT];
	struct nvr_alert a;
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	rc = find_open(s, id, &a, err);
	if (rc == 0) {
		a.snoozed_until = until;
		rc = enter(
		    s, &a, now, "snoozed", nvr_time_format(until, text), err);
	}
	return nvr_store_end(s->store, rc, err);
}
