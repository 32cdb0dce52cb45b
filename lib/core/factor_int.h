/* What the files of core/factor and core/signin share. */
#ifndef NVR_CORE_FACTOR_INT_H
#define NVR_CORE_FACTOR_INT_H

#include "core/factor.h"
#include "core/token_int.h"
#include "seal/totp.h"
#include "store/factor.h"

#define NVR_CODE_TEXT 7	 /* six digits and a NUL */
#define NVR_CODE_TRIES 5 /* of one token */
#define NVR_CODE_LASTS (10 * NVR_MINUTE)
#define NVR_STEP "second-factor"

/* A row of factors, with its secret opened. */
struct nvr_factor_open {
	int64_t id, last_step, created_at, confirmed_at;
	struct nvr_buf secret; /* no bytes: there is no such factor */
};
int nvr_factor_load(struct nvr_state *s, int64_t account, enum nvr_factor which,
    struct nvr_factor_open *ret, struct nvr_error *err);

/* Seals the secret and puts it in, not confirmed; in the caller's transaction.
 */
int nvr_factor_begin(struct nvr_state *s, int64_t account,
    enum nvr_factor which, const void *secret, size_t len,
    struct nvr_error *err);

/* Removes one, with the consent that it rests on, and with the last one the
 * recovery codes; in the caller's transaction.  *there: there was one. */
int nvr_factor_remove(struct nvr_state *s, int64_t account,
    enum nvr_factor which, bool *there, struct nvr_error *err);

/* Takes one from a bucket of the account, in a transaction of its own; on
 * NVR_E_AGAIN *wait says how long. */
int nvr_factor_take(struct nvr_state *s, int64_t account, const char *kind,
    const struct nvr_rate *rate, int64_t *wait, struct nvr_error *err);

/* Whether it can be a recovery code: 120 bits, of which guesses need no
 * bound. */
bool nvr_recovery_shaped(const char *typed);

/* Draws six digits. */
int nvr_code_draw(char code[NVR_CODE_TEXT], struct nvr_error *err);
/* Whether they are the same, in constant time. */
bool nvr_code_same(const char *code, const char *typed);

/* Posts the code to the number, with its line in the security log. */
int nvr_sms_post(struct nvr_state *s, int64_t account, const char *phone,
    const char *code, int64_t expires, struct nvr_error *err);

/*
 * Whether it is a code of one of the account's confirmed factors, and which;
 * then it is used up.  sms: the code that was sent, or "".  In the caller's
 * transaction.
 */
int nvr_factor_check(struct nvr_state *s, int64_t account, const char *sms,
    const char *typed, bool *right, enum nvr_factor *which,
    struct nvr_error *err);

/* What the second step of signing in has in its token. */
struct nvr_step {
	char code[NVR_CODE_TEXT]; /* that was sent; "" */
	char address[64], agent[512];
};
int nvr_step_pack(
    const struct nvr_step *x, struct nvr_buf *out, struct nvr_error *err);
int nvr_step_unpack(
    const struct nvr_buf *data, struct nvr_step *ret, struct nvr_error *err);

/*
 * Writes to the account's address, where nvr.conf says enough for that; name
 * NULL: the letter has no value.  In the caller's transaction.
 */
int nvr_tell(struct nvr_state *s, const struct nvr_account *a, const char *text,
    const char *name, const char *value, struct nvr_error *err);

/* The entry, the letter, the end of the other sessions and that of the
 * transaction for a change of factors: rc is what led to it, and what goes
 * wrong rolls it back. */
int nvr_factor_changed(struct nvr_state *s, const struct nvr_account *a, int rc,
    const char *type, enum nvr_factor which, const char *change,
    struct nvr_error *err);

#endif
