/*
 * Recorders elsewhere, as a portal knows them: invited, enrolled, approved,
 * heard, and revoked (C3 to C5).  See core/beat.h for what they say.
 *
 * What is done to one is in the security log, in the same transaction; a
 * report is not.  Errors that a recorder is told of are refusals, and 0 is
 * returned; a negative code is trouble of ours.  NVR_BEAT_BUSY is both: 0, and
 * err says why.
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

/* An answer's `retry` while the store is full, or held by others. */
#define NVR_REMOTE_RETRY NVR_MINUTE
/* Reports of one machine that are taken are so far apart by our clock: the
 * shortest interval that there is. */
#define NVR_REMOTE_PACE NVR_SECOND
/*
 * Signs that two machines have one key (a disk that was copied), each within
 * NVR_DAY of the one before, and it is taken for cloned.  A sign is that the
 * machine that had moved is the old one again, or that another was heard since
 * this one last reported (`previous`).
 */
#define NVR_REMOTE_DOUBTS 3
/* Late reports that are older are counted, and not entered. */
#define NVR_REMOTE_STALE (7 * NVR_DAY)

/*
 * A code for a recorder of that site; replaces: the recorder of the same
 * account whose cameras it gets, or 0.  NVR_E_NOENT for a site or a recorder
 * that there is not.
 */
int nvr_remote_invite(struct nvr_state *s, int64_t site, int64_t replaces,
    char code[NVR_CODE_TEXT], struct nvr_error *err);

/* Nobody enrols by it any more; NVR_E_NOENT: none that is open has that id. */
int nvr_remote_uninvite(struct nvr_state *s, int64_t id, struct nvr_error *err);

/* As it came, headers and all.  sequence and created of the message are read
 * from the signature. */
struct nvr_remote_request {
	const struct nvr_http_message *message;
	const struct nvr_http_signature *signature;
	const char *address; /* from where; NULL: not known */
	int64_t now;
};

/*
 * Enrols it: one that replaces another waits to be approved.  One that asks
 * again, with its key and a code like it, since no answer came, is answered
 * again, also when the code is past its time.
 */
int nvr_remote_enrol(struct nvr_state *s, const struct nvr_remote_request *r,
    struct nvr_beat_enrolled *ret, struct nvr_beat_refusal *refusal,
    struct nvr_error *err);

/*
 * Takes a report: verified, then entered in one transaction with the cameras
 * and late reports that it brings.  A request that was taken before is refused,
 * so nothing is entered twice.  ret: released by nvr_beat_answer_release.
 */
int nvr_remote_hear(struct nvr_state *s, const struct nvr_remote_request *r,
    struct nvr_beat_answer *ret, struct nvr_beat_refusal *refusal,
    struct nvr_error *err);

/*
 * approve: one that waits becomes active, and the one that it replaces is
 * revoked; one whose fingerprint changed has moved, and that is right.
 * NVR_E_USAGE where there is nothing to approve.  revoke: nothing of it is
 * heard any more.
 */
int nvr_remote_approve(struct nvr_state *s, int64_t id, struct nvr_error *err);
int nvr_remote_revoke(struct nvr_state *s, int64_t id, struct nvr_error *err);

#endif
