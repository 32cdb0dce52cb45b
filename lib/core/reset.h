/*
 * A new password for who forgot the old one, by the link that nvr_link_ask
 * posted: it is good once, and for rules.reset.  It ends all sessions, signs
 * nobody in, and a second factor is still asked for afterwards.
 *
 * It proves the mailbox.  So it confirms the address, and where that was not
 * confirmed anybody could have made the account: second factors, recovery codes
 * and other links go.
 */
#ifndef NVR_CORE_RESET_H
#define NVR_CORE_RESET_H

#include "core/device.h"

/*
 * Sets the password by the link's token.  NVR_E_PERMISSION for a token that
 * does not hold, which is found out ahead of any hashing; NVR_E_USAGE for a
 * password that breaks the rules, which leaves the token good.
 *
 * device: what makes the browser one that was signed in before, so that no
 * stranger who used up the attempts keeps its owner out; "" on errors.
 */
int nvr_reset_set(struct nvr_state *s, const char *token, const char *password,
    char device[NVR_DEVICE_TEXT], struct nvr_error *err);

#endif
