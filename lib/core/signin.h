/*
 * Signing in, in this order: what was typed is taken apart, a place to hash in
 * is found (slots.h), the attempt is counted, the password is hashed, and only
 * then does it matter whether there is such an account and what state it is in.
 * So guessing is slow before it costs anything, and nobody learns who has an
 * account: an address without one has buckets and costs a hash like any other.
 *
 * Attempts of strangers are counted by network, by network and account, and by
 * account; those of a browser that was signed in before (device.h) by that
 * browser, and by all such browsers of the account, so strangers cannot keep
 * the owner out.
 *
 * Someone whose data is restricted may sign in, since that is where rights are
 * exercised.  What happens is in the security log.
 */
#ifndef NVR_CORE_SIGNIN_H
#define NVR_CORE_SIGNIN_H

#include "core/device.h"
#include "core/factor.h"
#include "core/session.h"

struct nvr_signin {
	const char *email, *password;
	const char *address; /* the IP address it comes from */
	const char *agent;   /* NULL: not known; anything, and cut */
	const char *device;  /* what the browser has of device.h; or NULL */
};

struct nvr_signed {
	int64_t account;
	int64_t session;	    /* 0: a second factor is asked for first */
	char token[NVR_TOKEN_TEXT]; /* of the session, or of that step */
	int64_t expires;
	char device[NVR_DEVICE_TEXT]; /* to keep; "" without a session */
	enum nvr_factor factor;	      /* of a second step: which it was */
	struct nvr_factors factors;
	bool verified;	 /* the address */
	bool restricted; /* the processing of the data */
	int64_t wait;	 /* on NVR_E_AGAIN: how long; 0: a moment */
};

/*
 * NVR_E_PERMISSION for a wrong password or an unknown address, in the same
 * words, and for an account that is deleted, after its right password alone;
 * NVR_E_AGAIN for too many attempts, or where all places are taken, which does
 * not count; NVR_E_USAGE for what can be no address or
 * password.  The caller wipes *ret, which is written to in any case.
 */
int nvr_signin(struct nvr_state *s, const struct nvr_signin *in,
    struct nvr_signed *ret, struct nvr_error *err);

/*
 * The second step, with the first one's token; of `in` email and password are
 * not looked at.  NVR_E_PERMISSION for a wrong code and for a token that does
 * not hold: after five codes none does.  NVR_E_AGAIN after too many codes;
 * those of a browser that was signed in before are counted apart, and recovery
 * codes are not.
 */
int nvr_signin_code(struct nvr_state *s, const char *token, const char *code,
    const struct nvr_signin *in, struct nvr_signed *ret, struct nvr_error *err);

/*
 * Whether it is the account's password, for what asks for it once more: it is
 * counted and bounded like signing in.  NVR_E_PERMISSION: it is not.  For the
 * portal; who is at the terminal needs no password.
 */
int nvr_signin_again(struct nvr_state *s, const struct nvr_account *a,
    const char *password, struct nvr_error *err);

/*
 * What time has done, for a timer: letters about sign-ins that got past the
 * password and no further within three minutes, the oldest first; sessions,
 * tokens and buckets that are over go, and so do second factors that were begun
 * a day ago and not confirmed, a number with its consent (C14).  Each call has
 * a bound; what cannot be read is logged and passed over.  ret counts also
 * where it fails.
 */
struct nvr_swept {
	int told, dropped; /* letters; second factors */
	int damaged;	   /* of both, those that were passed over */
	int64_t buckets;
	bool more; /* a bound was met: once more */
};
int nvr_signin_sweep(
    struct nvr_state *s, struct nvr_swept *ret, struct nvr_error *err);

/* The same as if it were another time; gone() hears of each session, token
 * and factor, and when it ended, was last used or was begun. */
struct nvr_sweeping {
	int64_t now;
	void (*gone)(void *ctx, const char *what, int64_t id, int64_t at);
	void *ctx;
};
int nvr_signin_sweep_as(struct nvr_state *s, const struct nvr_sweeping *as,
    struct nvr_swept *ret, struct nvr_error *err);
/* gone() hears of those that would go; changes nothing. */
int nvr_signin_over(
    struct nvr_state *s, const struct nvr_sweeping *as, struct nvr_error *err);

#endif
