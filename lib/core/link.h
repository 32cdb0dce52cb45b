/*
 * Links that anybody may have posted to an address, without signing in: for a
 * new password (reset.h), and to confirm the address of a new account.
 *
 * What is seen from outside, and the work that it takes, is the same whoever
 * has an account.
 */
#ifndef NVR_CORE_LINK_H
#define NVR_CORE_LINK_H

#include "core/state.h"

enum nvr_link { NVR_LINK_RESET, NVR_LINK_VERIFY };

/*
 * NVR_E_AGAIN, with *wait, for too many by network, and by address and network,
 * where `network` (an IP address) is not NULL; NVR_E_CONFIG where no letter can
 * be posted.
 *
 * An address is posted rules.message of them, whoever asks.  Beyond that it is
 * 0 still and the last one holds until there can be another, so that strangers
 * cannot keep its owner from one.
 */
int nvr_link_ask(struct nvr_state *s, enum nvr_link which, const char *email,
    const char *network, int64_t *wait, struct nvr_error *err);

#endif
