/* What the files of delivering share; see deliver.h. */
#ifndef NVR_CORE_DELIVER_INT_H
#define NVR_CORE_DELIVER_INT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/time.h"
#include "core/deliver.h"
#include "net/loop.h"
#include "net/smtp.h"

#define NVR_WAIT_LEAST NVR_MINUTE
#define NVR_WAIT_MOST NVR_DAY
#define NVR_WEBHOOKS_MOST 16 /* at once; all else goes one by one */
#define NVR_OUT_MOST (NVR_WEBHOOKS_MOST + 2) /* an SMS, and what comes next */

/* What became of a message. */
struct nvr_outcome {
	enum nvr_fate fate;
	int64_t wait; /* as the answer asks for; 0: it does not */
	struct nvr_error why;
};

/* A message that was taken. */
struct nvr_parcel {
	int64_t id; /* 0: none */
	int64_t account, contact, created_at;
	int64_t attempts; /* with this one */
	enum nvr_channel channel;
	char kind[64];
	bool optional;
	bool test; /* in no outbox, where a host would stand */
	struct nvr_buf to, message, secret;
	bool done; /* o says what became of it */
	struct nvr_outcome o;
};
void nvr_parcel_release(struct nvr_parcel *p);

/* Who delivers, for a run. */
struct nvr_courier {
	struct nvr_state *s;
	const struct nvr_deliver *d;
	struct nvr_loop *loop; /* of those under way; NULL: not needed yet */
	struct nvr_parcel out[NVR_OUT_MOST]; /* under way */
	int nout;
	struct nvr_smtp *line;		/* NULL: not needed yet */
	struct nvr_buf password, token; /* of SMTP and of SMS */
	bool blocked[NVR_CHANNELS];
	struct nvr_deliver_sum sum;
};
void nvr_courier_release(struct nvr_courier *c);

/* Waits that long at the most for something to be done of what is under way;
 * where not even that can be, all of it is. */
int nvr_courier_wait(
    struct nvr_courier *c, int64_t most, struct nvr_error *err);

/*
 * Takes the one of the channel that has been due for longest, of no contact
 * that has one under way.
 */
enum nvr_taken {
	NVR_NONE,    /* there is none */
	NVR_TAKEN,   /* p is to be sent */
	NVR_ANOTHER, /* p was withheld, given up or overtaken: look again */
	NVR_NOT_YET, /* sending it would hold up what is under way */
};
int nvr_parcel_take(struct nvr_courier *c, enum nvr_channel channel,
    struct nvr_parcel *p, enum nvr_taken *ret, struct nvr_error *err);

/* Whether nvr.conf says by what it goes. */
bool nvr_courier_ready(const struct nvr_courier *c, enum nvr_channel channel);

/* Each sends one, and fails by p->o alone.  By HTTP it is begun, and done in a
 * turn of the loop; p stays where it is until then. */
void nvr_send(struct nvr_courier *c, struct nvr_parcel *p);
void nvr_send_mail(struct nvr_courier *c, struct nvr_parcel *p);
void nvr_send_sms(struct nvr_courier *c, struct nvr_parcel *p);
void nvr_send_webhook(struct nvr_courier *c, struct nvr_parcel *p);
void nvr_send_exec(struct nvr_courier *c, struct nvr_parcel *p);

/* Reads a secret of one line, once; where nvr.conf names no file it is "". */
int nvr_courier_secret(const char *key, const char *path, struct nvr_buf *ret,
    struct nvr_error *err);

/* Says what became of it. */
void nvr_courier_tell(struct nvr_courier *c, const struct nvr_parcel *p,
    enum nvr_fate fate, int64_t next_at, const char *why);

/* `{id, channel, kind, why}` for the log; a new reference. */
json_t *nvr_parcel_log(const struct nvr_parcel *p, const char *why);

#endif
