/* RTP's header (RFC 3550, 5.1) and RTCP's sender report (6.4.1). */
#include "media/rtp.h"

#define HEADER 12
#define SENDER_REPORT 200
#define SENDER_REPORT_SIZE 28
#define NTP_TO_UNIX INT64_C(2208988800) /* 1900 to 1970, seconds */

static uint32_t
be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

bool
nvr_rtp_parse(const void *packet, size_t len, struct nvr_rtp *ret)
{
	const uint8_t *p = packet;
	size_t skip;

	if (len < HEADER || p[0] >> 6 != 2)
		return false;
	skip = HEADER + 4 * (size_t)(p[0] & 15);
	if (p[0] & 0x10) {
		if (len < skip + 4)
			return false;
		skip += 4 + 4 * (size_t)be16(p + skip + 2);
	}
	if (p[0] & 0x20) {
		if (p[len - 1] == 0 || len < p[len - 1])
			return false;
		len -= p[len - 1];
	}
	if (len < skip)
		return false;
	*ret = (struct nvr_rtp){
	    .marker = p[1] & 0x80,
	    .type = p[1] & 0x7f,
	    .seq = (uint16_t)be16(p + 2),
	    .time = be32(p + 4),
	    .ssrc = be32(p + 8),
	    .payload = p + skip,
	    .len = len - skip,
	};
	return true;
}

/*
 * NTP's 64 bits.  Its seconds pass 2^32 in 2036; what has the top bit clear is
 * of the era that begins then (RFC 4330, 3).
 */
static int64_t
wall_of(uint32_t seconds, uint32_t fraction)
{
	int64_t s = seconds;

	if (seconds < UINT32_C(1) << 31)
		s += INT64_C(1) << 32;
	return (s - NTP_TO_UNIX) * 1000000 +
	       (int64_t)(((uint64_t)fraction * 1000000) >> 32);
}

bool
nvr_rtcp_parse(const void *packet, size_t len, struct nvr_rtcp_report *ret)
{
	const uint8_t *p = packet;
	bool found = false;

	while (len >= 4 && p[0] >> 6 == 2) {
		size_t size = 4 + 4 * (size_t)be16(p + 2);

		if (size > len)
			break;
		if (p[1] == SENDER_REPORT && size >= SENDER_REPORT_SIZE &&
		    (be32(p + 8) != 0 || be32(p + 12) != 0)) {
			ret->wall = wall_of(be32(p + 8), be32(p + 12));
			ret->time = be32(p + 16);
			found = true;
		}
		p += size;
		len -= size;
	}
	return found;
}
