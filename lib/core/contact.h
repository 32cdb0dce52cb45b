/*
 * Where people are told of alerts, and the messages that tell them.  They wait
 * in the outbox, for nvr-notify(1).
 *
 * An SMS goes only to who has consented to them (C14), when it is posted and
 * when it is sent.  No message carries a picture.
 */
#ifndef NVR_CORE_CONTACT_H
#define NVR_CORE_CONTACT_H

#include "core/state.h"

enum nvr_severity { NVR_INFO, NVR_WARNING, NVR_CRITICAL, NVR_SEVERITIES };
extern const char *const nvr_severity_names[NVR_SEVERITIES];

struct nvr_contact {
	int64_t id, account_id; /* 0: the operator's */
	const char *channel;	/* mail, sms, webhook, exec */
	enum nvr_severity least;
	const char *kinds; /* of alerts, with blanks; "": all */
	int64_t after;	   /* microseconds; how old an alert is by then */
	const char *quiet; /* `22:00-07:00` in zone; "": never */
	const char *zone;  /* tz; "": the machine's */
	int64_t unsubscribed_at;
};

struct nvr_contact_change {
	const char *channel, *address;
	const char *secret; /* of a webhook; NULL: one is drawn */
	enum nvr_severity least;
	const char *kinds, *quiet, *zone;
	int64_t after;
};

/* Each is one transaction, with its row of the security log.  NVR_E_USAGE names
 * what is not acceptable: `exec` is the operator's alone. */
int nvr_contact_add(struct nvr_state *s, int64_t account,
    const struct nvr_contact_change *c, int64_t *id, struct nvr_error *err);
int nvr_contact_remove(struct nvr_state *s, int64_t id, struct nvr_error *err);

/* Those of an account, by id, borrowed for the call; not 0 ends it. */
int nvr_contact_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err);

/* What became of an alert. */
struct nvr_alert_news {
	int64_t alert;
	const char *kind;    /* camera-offline, … */
	const char *what;    /* opened, closed, reminded */
	const char *subject; /* the name of what it is about */
	const char *site;    /* its site's name; "": none */
	const char *why;
	enum nvr_severity severity;
	int64_t since, at;
};

/*
 * Posts one message about n of them, in the caller's transaction; *id names the
 * outbox's row, 0: there was nobody to tell (no consent, unsubscribed).
 * essential: also to who has unsubscribed.
 */
int nvr_contact_post(struct nvr_state *s, const struct nvr_contact *c,
    const struct nvr_alert_news *news, size_t n, bool essential, int64_t *id,
    struct nvr_error *err);

#endif
