/*
 * Second factors: authenticator apps (RFC 6238), SMS to a number whose owner
 * agreed to it, and recovery codes for when both are lost.
 *
 * SMS can be intercepted and numbers taken over (NIST SP 800-63B-4, "restricted
 * authenticators"), so an app is offered first.  Withdrawing the consent
 * deletes the number in the same transaction.
 *
 * Each change is in the security log and told by a letter, and ends all
 * sessions but that of s->actor, as a new password does.  Codes are guessed
 * at most rules.code times, by browsers that were signed in before as often
 * again, and each is accepted once.
 */
#ifndef NVR_CORE_FACTOR_H
#define NVR_CORE_FACTOR_H

#include "core/account.h"

enum nvr_factor { NVR_FACTOR_TOTP, NVR_FACTOR_SMS, NVR_FACTOR_RECOVERY };
extern const char *const nvr_factor_words[]; /* totp, sms, recovery */

#define NVR_PHONE_TEXT 17 /* +, at most 15 digits, and a NUL (ITU-T E.164) */
#define NVR_RECOVERY_CODES 10
#define NVR_RECOVERY_TEXT 25 /* 24 characters of base32, 120 bits */

struct nvr_factors {
	bool totp, sms;		    /* confirmed: asked for when signing in */
	int64_t totp_at, sms_at;    /* begun, or confirmed; 0: there is none */
	char phone[NVR_PHONE_TEXT]; /* also of one not yet confirmed; or "" */
	int64_t codes;		    /* recovery codes that are left */
};

/* What an account has.  The caller wipes it. */
int nvr_factors(struct nvr_state *s, int64_t account, struct nvr_factors *ret,
    struct nvr_error *err);

/*
 * Draws a key, which counts once a code confirmed it; uri is what a QR code
 * says, wiped by the caller.  show(), unless NULL, brings it before the person
 * while all of it can still be taken back: as it is where that fails.
 * NVR_E_CREATE where there is a confirmed one.
 */
int nvr_totp_enrol(struct nvr_state *s, const struct nvr_account *a,
    struct nvr_buf *uri, int (*show)(void *ctx), void *ctx,
    struct nvr_error *err);

/*
 * Records that the person agreed to SMS, and sends a code to the number, which
 * counts once the code confirmed it.  NVR_E_CREATE where there is a confirmed
 * one, NVR_E_USAGE for what is no number, NVR_E_AGAIN for too many codes.
 */
int nvr_sms_enrol(struct nvr_state *s, const struct nvr_account *a,
    const char *phone, struct nvr_error *err);
#define NVR_SMS_CONSENT "sms" /* its kind; see consent.h */
extern const char nvr_sms_consent_version[], nvr_sms_consent_text[];

/* What was begun is confirmed by its code; NVR_E_PERMISSION for a wrong one,
 * NVR_E_NOENT where nothing was begun. */
int nvr_factor_confirm(struct nvr_state *s, const struct nvr_account *a,
    const char *code, enum nvr_factor *which, struct nvr_error *err);

/* Recovery codes, in place of those that were: shown now, as above, and never
 * again.  The caller wipes them.  NVR_E_NOENT where there is no other factor.
 */
int nvr_recovery_draw(struct nvr_state *s, const struct nvr_account *a,
    char codes[NVR_RECOVERY_CODES][NVR_RECOVERY_TEXT], int (*show)(void *ctx),
    void *ctx, struct nvr_error *err);

/* Removes one; NVR_E_NOENT where it is not there.  Of SMS it withdraws the
 * consent.  With the last one the recovery codes go. */
int nvr_factor_disable(struct nvr_state *s, const struct nvr_account *a,
    enum nvr_factor which, struct nvr_error *err);

/*
 * Sends a code to the number of the account that the token is a second step of
 * (signin.h): it holds as long as the token, for that one alone.
 */
int nvr_factor_sms_send(
    struct nvr_state *s, const char *token, struct nvr_error *err);

#endif
