/*
 * Which addresses are anybody's: those of the public Internet (RFC 6890 and
 * IANA's registries of special-purpose addresses).  Where a stranger says what
 * is connected to, the rest is not his to reach: this machine, private and
 * link-local networks, multicast, and what wraps such an IPv4 address in IPv6.
 *
 * It is asked of the address that is connected to, after its name was resolved,
 * so that no name server can answer twice (DNS rebinding).
 */
#ifndef NVR_NET_PUBLIC_H
#define NVR_NET_PUBLIC_H

#include <stdbool.h>
#include <sys/socket.h>

/* AF_INET and AF_INET6; anything else is not. */
bool nvr_is_public(const struct sockaddr *address);

#endif
