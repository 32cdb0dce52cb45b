/*
 * Delivers what waits in the outbox: mail, SMS, webhooks, programs.
 *
 * Exactly once towards us, at least once towards the world: an attempt and the
 * time of the next one are committed before anything is sent, and that it was
 * sent after.  So what is lost in between is sent again after its time, with
 * the same id (a mail's Message-ID, a webhook's webhook-id), by which whoever
 * gets it can tell.
 *
 * What fails is tried again after a minute, then twice as long each time, up to
 * a day; Retry-After of an answer counts instead.  What is refused for good, or
 * was tried five times and for three days, is given up: it stays as a dead
 * letter (nvr_outbox_dead_count) until it is tried again, dropped, or past its
 * time.  Where the whole channel fails, its other messages wait without an
 * attempt; where a contact does, its others wait with it.
 *
 * Webhooks go to 16 contacts at once, as strangers' servers may be slow, one by
 * one and in order to each; all else goes one by one.  Mail and programs wait
 * for those under way, one timeout at the most, and no new ones begin
 * meanwhile.
 *
 * Clocks: what would be due later than any wait may be is due now, and age
 * alone gives up nothing, so one that runs ahead for a while does no harm.
 */
#ifndef NVR_CORE_DELIVER_H
#define NVR_CORE_DELIVER_H

#include "core/state.h"

enum nvr_channel { NVR_MAIL, NVR_SMS, NVR_EXEC, NVR_WEBHOOK, NVR_CHANNELS };
extern const char *const nvr_channel_names[NVR_CHANNELS];

enum nvr_fate {
	NVR_FATE_SENT,
	NVR_FATE_LATER,	   /* this one failed, and may go well */
	NVR_FATE_BLOCKED,  /* so will all of its channel */
	NVR_FATE_DEAD,	   /* given up */
	NVR_FATE_ENDED,	   /* there, nobody wants more: the contact is gone */
	NVR_FATE_WITHHELD, /* deleted: no consent any more, unsubscribed */
	NVR_FATES
};
extern const char *const nvr_fate_names[NVR_FATES];

/* What became of one, borrowed for the call. */
struct nvr_delivered {
	int64_t id, account_id, attempts;
	int64_t next_at; /* 0: there is no other attempt */
	const char *channel, *kind;
	enum nvr_fate fate;
	const char *why; /* "": it went well */
};

struct nvr_deliver {
	int tls_min; /* 12 or 13 */
	void (*told)(void *ctx, const struct nvr_delivered *d);
	void *ctx;
};

/* What is left behind. */
struct nvr_deliver_sum {
	int64_t sent, failed;	    /* failed: later, blocked and dead ones */
	bool idle[NVR_CHANNELS];    /* something waits, and nvr.conf does not
				     * say by what it is to go */
	bool limited[NVR_CHANNELS]; /* so many went out that the rest waits */
};

/* NVR_E_CONFIG where [notify] says what cannot be. */
int nvr_deliver_check(const struct nvr_notify_rules *r, struct nvr_error *err);

/*
 * All that is due.  NVR_E_AGAIN while another one is at it.  What cannot be
 * delivered is no error: told() says.
 */
int nvr_deliver_run(struct nvr_state *s, const struct nvr_deliver *d,
    struct nvr_deliver_sum *sum, struct nvr_error *err);

/*
 * Sends one test at once, by no outbox: to an address, or a contact (address
 * NULL).  A number is a contact's alone, as only that has a consent.  What is
 * told may name the host.
 */
int nvr_deliver_test(struct nvr_state *s, const struct nvr_deliver *d,
    const char *channel, const char *address, int64_t contact,
    struct nvr_error *err);

/* Until the next attempt, after so many; chance: any number, for a tenth more
 * or less.  Microseconds. */
int64_t nvr_deliver_wait(int64_t attempts, uint32_t chance);

/* Due at once (id 0: all dead letters; *n says how many), and deleted: each a
 * transaction with its row of the security log.  NVR_E_NOENT: there is none. */
int nvr_deliver_retry(
    struct nvr_state *s, int64_t id, int64_t *n, struct nvr_error *err);
int nvr_deliver_drop(struct nvr_state *s, int64_t id, struct nvr_error *err);

#endif
