/*
 * How often something may be tried: token buckets that last, in the store, so
 * that all programs together keep to them.  A bucket holds n tokens and is
 * refilled continuously, n in a period.  What is stored is the theoretical
 * arrival time of the generic cell rate algorithm (ITU-T I.371), as the time's
 * worth that is used and when that was so.
 *
 * A clock that is set back neither opens a bucket nor keeps it shut: what is
 * used stays used, and runs off from the new time on.
 *
 * Names of buckets are HMACs, so the rows tell nothing of who tried.
 */
#ifndef NVR_CORE_THROTTLE_H
#define NVR_CORE_THROTTLE_H

#include "core/state.h"

struct nvr_try {
	const char *kind; /* of what: `network`, `pair`, … */
	const char *key;  /* of which: a network, a hash; without `|` */
	const struct nvr_rate *rate;
	int64_t account; /* with whom the row goes; 0: nobody */
};

/*
 * Takes one from each of n buckets, or from none where one is empty: then
 * NVR_E_AGAIN, *wait says how long until there is one in all of them, in
 * microseconds, and *empty which one has the longest to go.  In the caller's
 * transaction; on NVR_E_AGAIN too that is to be committed.
 */
int nvr_throttle(struct nvr_state *s, const struct nvr_try *t, int n,
    int64_t now, int64_t *wait, int *empty, struct nvr_error *err);

/*
 * The same in a transaction of its own, and NVR_E_AGAIN is logged: once until
 * that bucket can be whole again, so that who is refused does not write the
 * log.
 */
int nvr_throttle_take(struct nvr_state *s, const struct nvr_try *t, int n,
    int64_t now, int64_t *wait, struct nvr_error *err);

/*
 * The network that an address (RFC 4291, IPv4 or IPv6 in text) belongs to: its
 * /24, or its /64; an IPv4 address is the same one where IPv6 wraps it.
 * NVR_E_USAGE for what is no address.
 */
#define NVR_NETWORK_TEXT 64
int nvr_network(
    const char *address, char out[NVR_NETWORK_TEXT], struct nvr_error *err);

#endif
