/*
 * A recorder's tie to a portal: made with a code, known by a key
 * (keys/recorder, an Ed25519 seed; core/keyfile.h), ended by either side.
 */
#ifndef NVR_CORE_ENROLMENT_H
#define NVR_CORE_ENROLMENT_H

#include "core/beat.h"
#include "core/state.h"
#include "store/enrolment.h"

#define NVR_ENROLMENT_LOCK ".heartbeat" /* core/alone.h */

struct nvr_enrolling {
	const char *url, *code;
	const char *pin, *tls_ca; /* "": none */
	const char *root;	  /* core/fingerprint.h */
	int64_t deadline;	  /* core/uplink.h */
};

/* NVR_E_USAGE: no portal's URL, pin, authority or code; nvr_enrol looks at it
 * by itself. */
int nvr_enrol_check(const struct nvr_enrolling *e, struct nvr_error *err);

/*
 * Draws the key and asks the portal, to which one program at a time speaks
 * (core/alone.h).  NVR_E_CREATE where it is enrolled already, NVR_E_PERMISSION
 * where the portal does not take the code, and else as nvr_uplink_post.
 * Of one that failed the key is left, unless the portal refused it: where only
 * the answer was lost, the same code and key enrol it all the same.
 */
int nvr_enrol(struct nvr_state *s, const struct nvr_enrolling *e,
    struct nvr_beat_enrolled *ret, struct nvr_error *err);

/* Forgets the portal, the key and what waits, and tells the portal nothing. */
int nvr_leave(struct nvr_state *s, struct nvr_error *err);

/* How often a report is sent: s->rules, or where that is not set a minute. */
int64_t nvr_enrolment_interval(const struct nvr_state *s);

/* Puts what was set at the portal in place of nvr.conf's [retain] footage. */
int nvr_enrolment_rules(
    struct nvr_state *s, struct nvr_rules *rules, struct nvr_error *err);

#endif
