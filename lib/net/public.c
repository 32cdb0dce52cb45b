/* Which addresses are anybody's; see public.h. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "net/public.h"

static const struct {
	uint32_t net;
	int bits;
} closed[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared by customers of a carrier */
    {0x7f000000, 8},  /* this machine */
    {0xa9fe0000, 16}, /* link-local */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* of protocols */
    {0xc0000200, 24}, /* for documents */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* for benchmarks */
    {0xc6336400, 24}, /* for documents */
    {0xcb007100, 24}, /* for documents */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool
is_public4(uint32_t a)
{
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if ((a ^ closed[i].net) >> (32 - closed[i].bits) == 0)
			return false;
	return true;
}

static uint32_t
at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static bool
is_public6(const uint8_t a[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};

	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
		return is_public4(at(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return is_public4(at(a + 2));
	/* Only 2000::/3 is handed out; of it not Teredo, ORCHID and the like,
	 * documents, and those of RFC 9637. */
	return (a[0] & 0xe0) == 0x20 &&
	       !(a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02) &&
	       !(a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d &&
		   a[3] == 0xb8) &&
	       !(a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10);
}

bool
nvr_is_public(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&in6, address, sizeof(in6));
	return is_public6(in6.sin6_addr.s6_addr);
}
