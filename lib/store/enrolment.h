/*
 * On a recorder: the portal that it reports to, and reports that wait for it,
 * as rows.  core/enrolment.h and core/heartbeat.h have the rules.
 */
#ifndef NVR_STORE_ENROLMENT_H
#define NVR_STORE_ENROLMENT_H

#include "store/store.h"

#define NVR_PORTAL_URL 512
#define NVR_PORTAL_PIN 512

struct nvr_enrolment {
	char url[NVR_PORTAL_URL]; /* https://host, without a slash behind */
	char pin[NVR_PORTAL_PIN]; /* sha256//…; "": none */
	char tls_ca[1024];	  /* a PEM file; "": the system's */
	int64_t recorder;	  /* its id there */
	uint64_t sequence;	  /* the last that was given away */
	bool replaces;		  /* another one, whose cameras it gets */
	int64_t inherited;	  /* so many it got */
	bool told;		  /* of the cameras, by this: */
	uint8_t inventory[32];
	int64_t version, retain_us, retain_bytes; /* as set there; 0: not */
	int64_t late; /* so many the next request may bring */
	int64_t enrolled_at;
	int64_t sent_at, tried_at; /* a report was taken; 0: never */
	int64_t wait_until;	   /* 0: it need not */
	char error[512];	   /* why the last was not taken; "" */
};

/* NVR_E_NOENT: it is not enrolled. */
int nvr_enrolment_get(
    struct nvr_store *st, struct nvr_enrolment *ret, struct nvr_error *err);
int nvr_enrolment_put(
    struct nvr_store *st, const struct nvr_enrolment *e, struct nvr_error *err);
/* With what waits, and what the portal set. */
int nvr_enrolment_drop(struct nvr_store *st, struct nvr_error *err);

/* What the portal has set for footage, of what neither camera nor site says; 0:
 * nothing. */
int nvr_enrolment_retention(
    struct nvr_store *st, int64_t *us, int64_t *bytes, struct nvr_error *err);

int nvr_unsent_put(struct nvr_store *st, uint64_t sequence, int64_t at,
    const char *report, struct nvr_error *err);
/* The oldest first, at most `limit`, but for that one; borrowed for the call;
 * stops at non-zero. */
int nvr_unsent_each(struct nvr_store *st, uint64_t but, int64_t limit,
    int (*row)(void *ctx, uint64_t sequence, const char *report), void *ctx,
    struct nvr_error *err);
int nvr_unsent_drop(
    struct nvr_store *st, uint64_t sequence, struct nvr_error *err);
int nvr_unsent_count(struct nvr_store *st, int64_t *ret, struct nvr_error *err);
/* Of rows, as they count against the limit. */
int nvr_unsent_bytes(struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/*
 * In the caller's transaction: those from before then go; then of the older
 * half every second one, as often as it takes, until no more than `most` bytes
 * are left.
 */
int nvr_unsent_trim(
    struct nvr_store *st, int64_t before, int64_t most, struct nvr_error *err);

#endif
