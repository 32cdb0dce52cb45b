/* What people do about alerts; see alert.h. */
#include <stdio.h>
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

static int
see(struct nvr_state *s, int64_t id, bool seen, const char *why, int64_t now,
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
	if (rc == 0 && (a.acked_at != 0) != seen) { /* once */
		a.acked_at = seen ? now : 0;
		strlcpy(a.acked_by, seen ? who(s) : "", sizeof(a.acked_by));
		rc = enter(s, &a, now, seen ? "acked" : "unacked", why, err);
	}
	return nvr_store_end(s->store, rc, err);
}

int
nvr_alert_ack(struct nvr_state *s, int64_t id, const char *why, int64_t now,
    struct nvr_error *err)
{
	return see(s, id, true, why, now, err);
}

int
nvr_alert_unack(struct nvr_state *s, int64_t id, const char *why, int64_t now,
    struct nvr_error *err)
{
	return see(s, id, false, why, now, err);
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

/* A setting for each kind. */
#define SNOOZED "alert_snoozed_%s"

int
nvr_alert_snoozed(struct nvr_state *s, const char *kind, int64_t *until,
    struct nvr_error *err)
{
	char name[sizeof(SNOOZED) + NVR_ALERT_KIND];
	int rc;

	snprintf(name, sizeof(name), SNOOZED, kind);
	rc = nvr_setting_int(s->store, name, NVR_TIME_MAX, 0, until, err);
	if (*until < 0) /* a hostile store */
		*until = 0;
	return rc;
}

static int
keep_silent(
    struct nvr_state *s, const char *kind, int64_t until, struct nvr_error *err)
{
	char name[sizeof(SNOOZED) + NVR_ALERT_KIND], text[NVR_TIME_TEXT];
	int rc = nvr_store_begin(s->store, err);

	if (rc != 0)
		return rc;
	snprintf(name, sizeof(name), SNOOZED, kind);
	rc = nvr_setting_put_int(s->store, name, until, err);
	if (rc == 0)
		rc = nvr_log_append(s, 0, "alert.kind-snoozed",
		    json_pack("{s:s, s:s}", "kind", kind, "until",
			nvr_time_format(until, text)),
		    err);
	return nvr_store_end(s->store, rc, err);
}

struct snoozing {
	struct nvr_state *s;
	const char *kind;
	int64_t now, until;
	struct nvr_error *err;
};

static int
snooze_one(void *ctx, const struct nvr_alert *a)
{
	struct snoozing *z = ctx;
	int rc;

	if (strcmp(a->kind, z->kind) != 0)
		return 0;
	rc = nvr_alert_snooze(z->s, a->id, z->until, z->now, z->err);
	return rc == NVR_E_NOENT ? 0 : rc; /* it is over by now */
}

int
nvr_alert_snooze_kind(struct nvr_state *s, const char *kind, int64_t until,
    int64_t now, struct nvr_error *err)
{
	struct snoozing z = {s, kind, now, until, err};
	int rc;

	if (nvr_alert_kind(kind) == NULL)
		return nvr_fail(err, NVR_E_USAGE, "there is no such kind");
	/* Ahead of those that are there, so that none slips through. */
	rc = keep_silent(s, kind, until, err);
	return rc == 0 ? nvr_alert_each(s->store, NVR_ALERTS_NOT_CLOSED,
			     snooze_one, &z, err)
		       : rc;
}
