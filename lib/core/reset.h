/*
 * A new password for who forgot the old one: a link to the account's address,
 * good once and for rules.reset.  It ends all sessions, signs nobody in, and
 * a second factor is still asked for afterwards.
 */
#ifndef NVR_CORE_RESET_H
#define NVR_CORE_RESET_H

#include "core/state.h"

/*
 * Posts the link.  0 whether or not there is an account of that address;
 * NVR_E_AGAIN for too many, by address and, where `network` (an IP address) is
 * not NULL, by network; NVR_E_CONFIG where no letter can be posted.
 */
int nvr_reset_ask(struct nvr_state *s, const char *email, const char *network,
    int64_t *wait, struct nvr_error *err);

/*
 * Sets the password by the link's token.  NVR_E_PERMISSION for a token that
 * does not hold, which is found out ahead of any hashing; NVR_E_USAGE for a
 * password that breaks the rules, which leaves the token good.
 */
int nvr_reset_set(struct nvr_state *s, const char *token, const char *password,
    struct nvr_error *err);

#endif
