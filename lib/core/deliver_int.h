/* What the files of delivering share; see deliver.h. */
#ifndef NVR_CORE_DELIVER_INT_H
#define NVR_CORE_DELIVER_INT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/time.h"
#include "core/deliver.h"
#include "net/loop.h"

#define NVR_WAIT_LEAST NVR_MINUTE
#define NVR_WAIT_MOST NVR_DAY

/* Who delivers, for a run. */
struct nvr_courier {
	struct nvr_state *s;
	const struct nvr_deliver *d;
	struct nvr_loop *loop;		/* NULL until it is needed */
	struct nvr_buf password, token; /* of SMTP and of SMS */
	bool blocked[NVR_CHANNELS];
	struct nvr_deliver_sum sum;
};
void nvr_courier_release(struct nvr_courier *c);

/* A message that was taken. */
struct nvr_parcel {
	int64_t id, account, contact, created_at;
	int64_t attempts; /* with this one */
	enum nvr_channel channel;
	char kind[64];
	bool optional;
	struct nvr_buf to, message, secret;
};
void nvr_parcel_release(struct nvr_parcel *p);

/* What became of it. */
struct nvr_outcome {
	enum nvr_fate fate;
	int64_t wait; /* as the answer asks for; 0: it does not */
	struct nvr_error why;
};

/*
 * Takes the next one of the channel.  *got: there is one to send; or withheld,
 * given up or overtaken (then *again: look for another).
 */
int nvr_parcel_take(struct nvr_courier *c, enum nvr_channel channel,
    struct nvr_parcel *p, bool *got, bool *again, struct nvr_error *err);

/* Whether nvr.conf says by what it goes. */
bool nvr_courier_ready(const struct nvr_courier *c, enum nvr_channel channel);

/* Each sends one.  They fail by o alone. */
void nvr_send(
    struct nvr_courier *c, const struct nvr_parcel *p, struct nvr_outcome *o);
void nvr_send_mail(
    struct nvr_courier *c, const struct nvr_parcel *p, struct nvr_outcome *o);
void nvr_send_sms(
    struct nvr_courier *c, const struct nvr_parcel *p, struct nvr_outcome *o);
void nvr_send_webhook(
    struct nvr_courier *c, const struct nvr_parcel *p, struct nvr_outcome *o);
void nvr_send_exec(
    struct nvr_courier *c, const struct nvr_parcel *p, struct nvr_outcome *o);

/* Reads a secret of one line, once; where nvr.conf names no file it is "". */
int nvr_courier_secret(const char *key, const char *path, struct nvr_buf *ret,
    struct nvr_error *err);

/* Says what became of it. */
void nvr_courier_tell(struct nvr_courier *c, const struct nvr_parcel *p,
    enum nvr_fate fate, int64_t next_at, const char *why);

/* `{id, channel, kind, why}` for the log; a new reference. */
json_t *nvr_parcel_log(const struct nvr_parcel *p, const char *why);

#endif
