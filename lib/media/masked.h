/*
 * A clip with areas painted over: its pictures are decoded, painted and encoded
 * anew as H.264, its sound is copied.
 */
#ifndef NVR_MEDIA_MASKED_H
#define NVR_MEDIA_MASKED_H

#include "base/bytes.h"
#include "still/mask.h"

struct nvr_masked_result {
	int64_t frames; /* that it shows */
	int64_t lost;	/* that could not be decoded, and are left out */
};

/*
 * fd: an MP4 or QuickTime file; where it cannot seek, one whose index is at its
 * beginning, as media/clip.h writes them.  The sink gets a fragmented MP4, in
 * order.  A frame that cannot be painted is never let out.  The same clip gives
 * the same bytes.  NVR_E_DATA where there is nothing that can be decoded,
 * NVR_E_UNAVAILABLE without an encoder.
 */
int nvr_masked_write(int fd, const struct nvr_mask *mask,
    const struct nvr_sink *sink, struct nvr_masked_result *ret,
    struct nvr_error *err);

#endif
