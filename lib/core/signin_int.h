/* What the files of core/signin share. */
#ifndef NVR_CORE_SIGNIN_INT_H
#define NVR_CORE_SIGNIN_INT_H

#include "core/account_int.h"
#include "core/factor_int.h"
#include "core/signin.h"
#include "core/throttle.h"
#include "seal/password.h"

#define NVR_SIGNIN_WRONG "the address or the password is wrong"

struct nvr_attempt {
	struct nvr_state *s;
	const struct nvr_signin *in;
	struct nvr_signed *out;
	struct nvr_error *err;
	int64_t now;
	struct nvr_account *a; /* NULL: there is none of that address */
	char who[2 * NVR_ACCOUNT_LOOKUP + 1]; /* its lookup, in hex */
	char network[NVR_NETWORK_TEXT];
	int64_t device;		/* that was seen before; or 0 */
	int slot;		/* a place to hash in; see slots.h */
	struct nvr_actor actor; /* of the state, put back at the end */
	bool rights;
};

/* From whom and for what the state acts while someone signs in.  rc: how it
 * ended; what failed leaves of t->out how long to wait. */
void nvr_attempt_enter(struct nvr_attempt *t);
void nvr_attempt_leave(struct nvr_attempt *t, int rc);

/* Counts the attempt; on NVR_E_AGAIN out->wait. */
int nvr_attempt_count(struct nvr_attempt *t);

/*
 * In a place that was taken: whether the password is right, in the same time
 * whether or not there is an account and whatever its hash costs.  fresh: a
 * hash to put in place of one that is older than the rules, or ""; pepper:
 * which one that is under.
 */
struct nvr_rehash {
	char hash[NVR_PASSWORD_HASH];
	int64_t pepper;
};
int nvr_attempt_hash(struct nvr_attempt *t, const char *password, bool *right,
    struct nvr_rehash *fresh);
/* In the transaction; nothing where the password was changed meanwhile. */
int nvr_attempt_rehash(struct nvr_attempt *t, const struct nvr_rehash *fresh);

/* Starts the session, in the transaction, with all that belongs to it. */
int nvr_attempt_session(struct nvr_attempt *t, const char *factor);

#endif
