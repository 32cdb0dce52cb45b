/* Where people are told of alerts, as rows; the rules are in core/contact.h. */
#ifndef NVR_STORE_CONTACT_H
#define NVR_STORE_CONTACT_H

#include "store/store.h"

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
	int64_t created_at;
	struct nvr_blob address, secret; /* sealed */
};

/* unsubscribe: SHA-256 of what its mails' links have. */
int nvr_contact_insert(struct nvr_store *st, const struct nvr_contact *c,
    const uint8_t unsubscribe[32], struct nvr_error *err);
int nvr_contact_readdress(struct nvr_store *st, int64_t id,
    const struct nvr_blob *address, int64_t now, struct nvr_error *err);
/* least, kinds, after, quiet and zone. */
int nvr_contact_change(struct nvr_store *st, const struct nvr_contact *c,
    int64_t now, struct nvr_error *err);
int nvr_contact_delete(struct nvr_store *st, int64_t id, struct nvr_error *err);

/* By id, of one account, or of the one contact; borrowed for the call; stops
 * at non-zero. */
int nvr_contact_list(struct nvr_store *st, int64_t account,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err);
int nvr_contact_find(struct nvr_store *st, int64_t id,
    int (*row)(void *ctx, const struct nvr_contact *c), void *ctx,
    struct nvr_error *err);

/* The account's that are told by that channel, at most max; and how many it has
 * at all. */
int nvr_contact_ids(struct nvr_store *st, int64_t account, const char *channel,
    int64_t *ids, int max, int *n, struct nvr_error *err);
int nvr_contact_count(
    struct nvr_store *st, int64_t account, int64_t *n, struct nvr_error *err);

/* Whose link it is; *id 0: nobody's.  Who then wants no more; *ret: who did
 * until now. */
int nvr_contact_by_link(struct nvr_store *st, const uint8_t hash[32],
    int64_t *id, int64_t *account, struct nvr_error *err);
int nvr_contact_unsubscribed(struct nvr_store *st, int64_t id, int64_t now,
    bool *ret, struct nvr_error *err);

#endif
