/*
 * Where people are told of alerts, and the messages that tell them.  They wait
 * in the outbox, for nvr-notify(1).
 *
 * An SMS goes only to who has consented to them (C14), when it is posted and
 * when it is sent; withdrawing takes the number along.  No message carries a
 * picture.
 */
#ifndef NVR_CORE_CONTACT_H
#define NVR_CORE_CONTACT_H

#include "core/state.h"
#include "store/contact.h" /* struct nvr_contact, enum nvr_severity */

/* The consent to alerts by SMS: a kind of core/consent.h, and its text. */
#define NVR_SMS_ALERTS "sms-alerts"
extern const char nvr_sms_alerts_version[], nvr_sms_alerts_text[];

#define NVR_CONTACTS_MAX 32 /* of an account */

/* A new one, or where nvr_contact_set says otherwise what is to be so. */
struct nvr_contact_change {
	const char *channel, *address;
	const char *secret; /* of a webhook, whsec_…; NULL: one is drawn */
	enum nvr_severity least;
	const char *kinds, *quiet, *zone; /* NULL: "" */
	int64_t after;
};

/*
 * Each is one transaction, with its row of the security log.  NVR_E_USAGE names
 * what is not acceptable: `exec` is the operator's alone, and an account itself
 * (s->actor.who NULL) may name no other mail address than its own, so that
 * nobody is written to who did not ask for it.  NVR_E_NOENT: no such account or
 * contact.
 */
int nvr_contact_add(struct nvr_state *s, int64_t account,
    const struct nvr_contact_change *c, int64_t *id, struct nvr_error *err);
/* When it is told of what: NULL, NVR_SEVERITIES and -1 leave a thing as it is,
 * and channel, address and secret do not change. */
int nvr_contact_set(struct nvr_state *s, int64_t id,
    const struct nvr_contact_change *c, struct nvr_error *err);
int nvr_contact_remove(struct nvr_state *s, int64_t id, struct nvr_error *err);

/* The same in the caller's transaction, of one that is as good as gone; why is
 * for the log.  One that is gone is fine. */
int nvr_contact_end(struct nvr_state *s, int64_t account, int64_t id,
    const char *why, struct nvr_error *err);
/* All of a channel, in the caller's transaction. */
int nvr_contact_forget(struct nvr_state *s, int64_t account,
    const char *channel, const char *why, struct nvr_error *err);

/* The account has another address: what was told to the old one is told to it,
 * in the caller's transaction. */
int nvr_contact_moved(struct nvr_state *s, int64_t account, const char *from,
    const char *to, struct nvr_error *err);

/* Those of an account, by id, borrowed for the call; not 0 ends it. */
int nvr_contact_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err);

/* Its address and its secret, "" for none; the caller wipes both.  secret may
 * be NULL. */
int nvr_contact_open(struct nvr_state *s, const struct nvr_contact *c,
    struct nvr_buf *address, struct nvr_buf *secret, struct nvr_error *err);

/*
 * url/unsubscribe/TOKEN of [portal], which a POST of anybody ends (RFC 8058);
 * nothing is appended where there is no url.
 */
int nvr_contact_link(struct nvr_state *s, int64_t contact, struct nvr_buf *ret,
    struct nvr_error *err);
/* One transaction: from now on only what is essential goes there.  NVR_E_NOENT
 * where nobody has that token. */
int nvr_contact_unsubscribe(
    struct nvr_state *s, const char *token, struct nvr_error *err);

/* What became of an alert. */
struct nvr_alert_news {
	int64_t alert;
	const char *kind;    /* camera-offline, … */
	const char *what;    /* opened, closed, ended, reminded */
	const char *subject; /* the name of what it is about */
	const char *site;    /* its site's name; "": none */
	const char *why;
	enum nvr_severity severity;
	int64_t since, at;
};

/*
 * Posts one message about n of them, in the caller's transaction; *id names the
 * outbox's row, 0: there was nobody to tell (no consent, unsubscribed, a
 * restricted account).  essential: also to who has unsubscribed.
 */
int nvr_contact_post(struct nvr_state *s, const struct nvr_contact *c,
    const struct nvr_alert_news *news, size_t n, bool essential, int64_t *id,
    struct nvr_error *err);

#endif
