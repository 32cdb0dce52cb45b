/*
 * Rows that end by age: what is due, and how it goes.  core/retain_rows.c has
 * the rules.  Nothing here that is restricted is due (store/restrict.h).
 */
#ifndef NVR_STORE_RETAIN_H
#define NVR_STORE_RETAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/*
 * Those of `before` are due when the moment from which their age counts is
 * earlier, the others at `now`; what is due by one is not by the next.
 */
enum nvr_aged {
	NVR_AGED_AUDITS_OWNER, /* of no account */
	NVR_AGED_AUDITS_FREE,  /* and of accounts that are not there */
	NVR_AGED_AUDITS_PREMIUM,
	NVR_AGED_STILLS_EXPIRED, /* now */
	NVR_AGED_STILLS_FREE,	 /* whatever was asked for */
	NVR_AGED_STILLS_CAMERA,	 /* now: older than their camera keeps them */
	NVR_AGED_STILLS_ALL,	 /* due or not; of by.camera */
	NVR_AGED_EVENTS,
	NVR_AGED_ACCESSES,
	NVR_AGED_HOLDS,		 /* since they were released */
	NVR_AGED_USAGE,		 /* since the day was over, in UTC */
	NVR_AGED_OUTBOX_EXPIRED, /* now */
	NVR_AGED_OUTBOX_STILLS,	 /* of accounts on the free tier; as made */
	NVR_AGED_OUTBOX_SENT,
	NVR_AGED_OUTBOX_UNSENT, /* since it was made */
	NVR_AGED_REQUESTS,	/* since they were done */
	NVR_AGED_DISCLOSURES,
	NVR_AGED_BREACHES,	   /* since they were closed */
	NVR_AGED_PROCESSORS,	   /* since they ended */
	NVR_AGED_ALERTS,	   /* since they were closed */
	NVR_AGED_RECORDERS,	   /* since they were revoked */
	NVR_AGED_INVITATIONS_OVER, /* now: nobody used them */
	NVR_AGED_INVITATIONS,	   /* since they were used */
	NVR_AGED_UNSENT,	   /* of this recorder, for its portal */
	NVR_AGEDS
};

struct nvr_aged_row {
	int64_t id;	    /* 0: it has none */
	int64_t at;	    /* from when its age counts */
	const char *word;   /* what people know it by: a kind, a camera; "" */
	const char *camera; /* the name; NULL: of none */
	int64_t account_id; /* whose it is */
	int64_t camera_id, day; /* of usage; camera_id of stills, too */
	int64_t expires_at;	/* of stills, as what follows */
	int64_t keep;		/* by their camera's limit; 0: it has none */
	const char *path;	/* below the media folder; NULL: of none */
	int64_t size_bytes;	/* of that file */
};

struct nvr_aged_by {
	int64_t now, before;
	/* What is due by others already: of STILLS_CAMERA before that of
	 * STILLS_FREE, of OUTBOX_STILLS before that of OUTBOX_SENT. */
	int64_t other;
	int64_t camera; /* 0: of all; where rows are of cameras */
	int64_t from;	/* audits, stills of accounts: this one's and on */
};

/* By account where there is one to go by, oldest first; borrowed for the call.
 * Stops when row() returns other than 0. */
int nvr_aged_each(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by,
    int (*row)(void *ctx, const struct nvr_aged_row *r), void *ctx,
    struct nvr_error *err);

/*
 * In the caller's transaction: the row goes with what hangs on it, if it is
 * still due.  1: so much hung on it that only some of that went, and this is to
 * be done again in another one.  Of an audit that found something the moment is
 * kept as long as the camera keeps footage around findings.  Stills are
 * core/discard.h's.
 */
int nvr_aged_drop(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by, const struct nvr_aged_row *r, bool *gone,
    struct nvr_error *err);

/* How many there are, due or not: of audits and stills those of the tier, or of
 * the camera.  0 of what ends by a time of its own. */
int nvr_aged_count(struct nvr_store *st, enum nvr_aged what, int64_t camera,
    int64_t *ret, struct nvr_error *err);

#endif
