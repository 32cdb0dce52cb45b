/* What the files of contacts and their messages share; see contact.h. */
#ifndef NVR_CORE_CONTACT_INT_H
#define NVR_CORE_CONTACT_INT_H

#include "core/contact.h"

#define NVR_TOLD_MOST 50 /* alerts of a message that are told one by one */

/* What a message is made of. */
struct nvr_contact_message {
	struct nvr_state *s;
	const struct nvr_contact *to;
	const char *address;
	int64_t id; /* of the outbox's row */
	int64_t now;
	const struct nvr_alert_news *news;
	size_t n;
	bool essential;
	struct nvr_buf link; /* to unsubscribe; empty: none */
};

/* The texts of share/alerts; name NULL ends. */
struct nvr_alert_text {
	const char *name, *text;
};
extern const struct nvr_alert_text nvr_alert_texts[];

/* A whole mail, one line for an SMS, and JSON (schema alert-webhook). */
int nvr_contact_mail(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err);
int nvr_contact_sms(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err);
int nvr_contact_json(const struct nvr_contact_message *m, struct nvr_buf *out,
    struct nvr_error *err);

/* The bytes of a webhook's secret, whsec_ and base64 of 24 to 64; -1: it is
 * none.  The caller wipes them. */
#define NVR_CONTACT_KEY 67
int nvr_contact_key(const char *secret, uint8_t key[NVR_CONTACT_KEY]);

/* NVR_E_NOENT: there is none of that id. */
int nvr_contact_none(struct nvr_error *err);

/* Tokens of links: 32 bytes in hex. */
int nvr_contact_token(
    struct nvr_state *s, int64_t contact, char hex[65], struct nvr_error *err);

#endif
