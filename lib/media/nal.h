/*
 * NAL units of H.264 (ITU-T H.264, 7.3.1; in RTP: RFC 6184) and H.265 (ITU-T
 * H.265, 7.3.1.2; in RTP: RFC 7798): which there are, and the parameter sets
 * among them.  Nothing is decoded.
 */
#ifndef NVR_MEDIA_NAL_H
#define NVR_MEDIA_NAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Sets of types are bits: 1 << type. */
#define NVR_NAL_BIT(type) (UINT64_C(1) << (type))

/* Slices of pictures. */
uint64_t nvr_nal_slices(bool h265);
/* Slices of pictures at which decoding can begin. */
uint64_t nvr_nal_keys(bool h265);
/* Parameter sets. */
uint64_t nvr_nal_sets(bool h265);
/* Supplemental enhancement information of H.264, ahead of a picture. */
#define NVR_NAL_H264_SEI NVR_NAL_BIT(6)

/* What the payload of one RTP packet holds. */
struct nvr_nal_payload {
	uint64_t types;	 /* of the units that begin in it */
	bool continues;	 /* goes on with a unit that an earlier packet began */
	bool unfinished; /* its unit goes on in the next packet */
};
struct nvr_nal_payload nvr_nal_payload(
    bool h265, const uint8_t *payload, size_t len);

/* The types in Annex B data, up to and with the first slice. */
uint64_t nvr_nal_types(bool h265, const uint8_t *data, size_t len);

/*
 * Appends to ret the parameter sets of a picture (Annex B, read up to its
 * first slice), each after 00 00 00 01, ordered by kind; where it has none of
 * a kind, those of `old`.
 */
int nvr_nal_parameters(bool h265, const struct nvr_buf *old,
    const uint8_t *data, size_t len, struct nvr_buf *ret,
    struct nvr_error *err);

#endif
