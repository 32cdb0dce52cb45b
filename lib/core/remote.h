/*
 * Recorders elsewhere, as a portal knows them: invited, enrolled, approved,
 * heard, and revoked (C3 to C5).  See core/beat.h for what they say.
 *
 * What is done to one is in the security log, in the same transaction; a
 * report is not.  Errors that a recorder is told of are refusals, and 0 is
 * returned; a negative code is trouble of ours.
 */
#ifndef NVR_CORE_REMOTE_H
#define NVR_CORE_REMOTE_H

#include "core/beat.h"
#include "core/state.h"
#include "seal/httpsig.h"
#include "store/remote.h"

#define NVR_INVITATION (15 * NVR_MINUTE)
#define NVR_CODE_TEXT 40 /* 128 bits: 26 characters of base32, in groups */
#define NVR_SKEW (300 * NVR_SECOND)

/*
 * A code for a recorder of that site; replaces: the recorder whose cameras it
 * gets, or 0.  NVR_E_NOENT for a site that there is not.
 */
int nvr_remote_invite(struct nvr_state *s, int64_t site, int64_t replaces,
    char code[NVR_CODE_TEXT], struct nvr_error *err);

/* As it came, headers and all. */
struct nvr_remote_request {
	const struct nvr_http_message *message;
	const struct nvr_http_signature *signature;
	const char *address; /* from where */
	int64_t now;
};

/* Enrols it: one that replaces another waits to be approved.  *id. */
int nvr_remote_enrol(struct nvr_state *s, const struct nvr_remote_request *r,
    int64_t *id, struct nvr_beat_refusal *refusal, struct nvr_error *err);

/*
 * Takes a report: verified, then entered in one transaction with the cameras
 * and late reports that it brings.  A request that was taken before is refused,
 * so nothing is entered twice.  ret: released by nvr_beat_answer_release.
 */
int nvr_remote_hear(struct nvr_state *s, const struct nvr_remote_request *r,
    struct nvr_beat_answer *ret, struct nvr_beat_refusal *refusal,
    struct nvr_error *err);

/*
 * approve: one that waits becomes active; one whose fingerprint changed has
 * moved, and that is right.  revoke: nothing of it is heard any more.
 */
int nvr_remote_approve(struct nvr_state *s, int64_t id, struct nvr_error *err);
int nvr_remote_revoke(struct nvr_state *s, int64_t id, struct nvr_error *err);

#endif
