/*
 * The security log: what was done to accounts, by whom and from where, as a
 * chain that cannot be changed unseen and from which a person can still be
 * erased.
 *
 *	commitment = HMAC-SHA256(salt, payload)
 *	hash = SHA-256(previous hash ‖ seq ‖ at ‖ type ‖ commitment)
 *
 * seq and at (microseconds) are eight bytes, most significant first, type is
 * its bytes; ahead of the first row the hash is 32 zero bytes.  salt (32
 * random bytes) and payload (JSON) stand in `log.sealed`, sealed under the
 * account's key; erasing drops them and the chain still verifies.
 *
 * A chain proves nothing against who can write all of it anew.  Signed heads
 * that are kept elsewhere do: nvr_log_head.  They are OpenSSH signatures
 * (PROTOCOL.sshsig) of a text, in the namespace `nvr-log`, by keys/log.
 */
#ifndef NVR_CORE_LOG_H
#define NVR_CORE_LOG_H

#include <jansson.h>

#include "core/state.h"

/*
 * The payload is {who, channel, address, agent, account, detail}, sorted and
 * without blanks, with what is known of them; account is the row's own id.
 */
#define NVR_LOG_TYPE 64	     /* bytes of a type, at most */
#define NVR_LOG_DETAIL 16384 /* of a payload */

/*
 * Appends in the caller's transaction, whose commit makes it last; without
 * one it is NVR_E_BUG.  type as `account.created`; detail is an object, or
 * NULL, and its reference is taken whatever happens.  Who did it comes from
 * s->actor.  NVR_E_USAGE for a payload that is too long.
 *
 * Where the end of the chain is not what was written last, a row
 * `log.tampered` of account 0 goes ahead of it.
 */
int nvr_log_append(struct nvr_state *s, int64_t account, const char *type,
    json_t *detail, struct nvr_error *err);

#endif
