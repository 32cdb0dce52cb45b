/*
 * The headers of RTP and the sender reports of RTCP (RFC 3550), as far as an
 * intake needs them.
 */
#ifndef NVR_MEDIA_RTP_H
#define NVR_MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvr_rtp {
	bool marker;
	int type; /* payload type, 0 to 127 */
	uint16_t seq;
	uint32_t time, ssrc;
	const uint8_t *payload; /* borrowed from the packet */
	size_t len;		/* without header, extension and padding */
};

/* False when it is no RTP of version 2 or contradicts its own length. */
bool nvr_rtp_parse(const void *packet, size_t len, struct nvr_rtp *ret);

struct nvr_rtcp_report {
	int64_t wall;  /* microseconds UTC, by the sender's clock */
	uint32_t time; /* RTP's at that moment */
};

/*
 * The last sender report of a compound packet.  False when there is none, or
 * the sender says that it has no clock.
 */
bool nvr_rtcp_parse(
    const void *packet, size_t len, struct nvr_rtcp_report *ret);

#endif
