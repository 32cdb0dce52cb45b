/*
 * What is to be sent, as rows; nvr-notify delivers it.
 *
 * A row is due from next_at on.  Whoever sends it first moves that time ahead
 * and commits it (take), so a crash in between leads to another attempt later:
 * never to none, and never to many at once.
 */
#ifndef NVR_STORE_OUTBOX_H
#define NVR_STORE_OUTBOX_H

#include <stddef.h>

#include "store/store.h"

struct nvr_outgoing {
	int64_t id, account_id, created_at;
	int64_t contact_id;  /* of core/contact.h; 0: none */
	int64_t expires_at;  /* then it is deleted, sent or not; 0: never */
	const char *channel; /* mail, sms, webhook, exec */
	const char *kind;    /* report, reset, alert, … */
	const void *recipient, *message; /* sealed columns */
	size_t recipient_len, message_len;
	bool optional; /* not for who has unsubscribed */
	/* As they are read; 0, NULL: not yet. */
	int64_t attempts, next_at, dead_at;
	const char *error;
};

int nvr_outbox_add(
    struct nvr_store *st, const struct nvr_outgoing *o, struct nvr_error *err);

/* Deletes what has expired by `now`. */
int nvr_outbox_expire(struct nvr_store *st, int64_t now, struct nvr_error *err);

/* Deletes all of an account's by that channel that are no contact's, sent or
 * not; and all of a contact's. */
int nvr_outbox_drop(struct nvr_store *st, int64_t account, const char *channel,
    struct nvr_error *err);
int nvr_outbox_drop_contact(struct nvr_store *st, int64_t account,
    int64_t contact, struct nvr_error *err);

/*
 * Those of a channel that are due, what has been for longest first; borrowed
 * for the call, stops at non-zero.  Alerts and reports of a restricted or
 * deleted account wait; letters, by which people learn of that and use their
 * rights, do not.
 */
int nvr_outbox_due(struct nvr_store *st, const char *channel, int64_t now,
    int (*row)(void *ctx, const struct nvr_outgoing *o), void *ctx,
    struct nvr_error *err);

/* What would only be due after `most`, which a clock that ran ahead did, is
 * due now. */
int nvr_outbox_mend(
    struct nvr_store *st, int64_t now, int64_t most, struct nvr_error *err);

/*
 * What becomes of one.  take: *ret says whether it was still as it was read,
 * after that many attempts.  later: after a failure that may pass; push: the
 * others of its contact wait as well, until then.
 */
int nvr_outbox_take(struct nvr_store *st, int64_t id, int64_t attempts,
    int64_t next_at, bool *ret, struct nvr_error *err);
int nvr_outbox_sent(
    struct nvr_store *st, int64_t id, int64_t now, struct nvr_error *err);
int nvr_outbox_later(struct nvr_store *st, int64_t id, int64_t next_at,
    const char *error, struct nvr_error *err);
int nvr_outbox_push(struct nvr_store *st, int64_t account, int64_t contact,
    int64_t next_at, struct nvr_error *err);
int nvr_outbox_dead(struct nvr_store *st, int64_t id, int64_t now,
    const char *error, struct nvr_error *err);

/* Due at once, with all attempts ahead of it; id 0: all that were given up.
 * *n: how many.  Neither finds one that was sent. */
int nvr_outbox_retry(struct nvr_store *st, int64_t id, int64_t now, int64_t *n,
    struct nvr_error *err);
int nvr_outbox_delete(
    struct nvr_store *st, int64_t id, bool *ret, struct nvr_error *err);

/* What waits, or was given up, in the order in which it was posted, without
 * recipients and messages.  Borrowed; stops at non-zero. */
int nvr_outbox_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_outgoing *o), void *ctx,
    struct nvr_error *err);
/* One of them; NVR_E_NOENT. */
int nvr_outbox_get(struct nvr_store *st, int64_t id, struct nvr_outgoing *ret,
    struct nvr_error *err);

/* How many were given up since then (0: ever) and not tried again. */
int nvr_outbox_dead_count(
    struct nvr_store *st, int64_t since, int64_t *n, struct nvr_error *err);
/* The same, of those to a contact. */
int nvr_outbox_dead_to(struct nvr_store *st, int64_t account, int64_t contact,
    int64_t since, int64_t *n, struct nvr_error *err);

#endif
