/* What is to be sent, as rows; nvr-notify delivers it. */
#ifndef NVR_STORE_OUTBOX_H
#define NVR_STORE_OUTBOX_H

#include <stddef.h>

#include "store/store.h"

struct nvr_outgoing {
	int64_t id, account_id, created_at;
	int64_t expires_at;  /* then it is deleted, sent or not; 0: never */
	const char *channel; /* mail, sms */
	const char *kind;    /* report, reset, … */
	const void *recipient, *message; /* sealed columns */
	size_t recipient_len, message_len;
};

int nvr_outbox_add(
    struct nvr_store *st, const struct nvr_outgoing *o, struct nvr_error *err);

/* Deletes what has expired by `now`. */
int nvr_outbox_expire(struct nvr_store *st, int64_t now, struct nvr_error *err);

/* Deletes all of an account's by that channel, sent or not. */
int nvr_outbox_drop(struct nvr_store *st, int64_t account, const char *channel,
    struct nvr_error *err);

#endif
