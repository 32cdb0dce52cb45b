/*
 * A clip with areas painted over, by nvr-mask(1): a decoder takes what cameras
 * send, and is not for a process that holds keys.
 */
#ifndef NVR_CORE_PAINT_H
#define NVR_CORE_PAINT_H

#include "base/bytes.h"

struct nvr_painted {
	int64_t frames; /* that it shows */
	int64_t lost;	/* that could not be decoded, and are left out */
};

/*
 * mask: as in still/mask.h.  clip: as media/clip.h writes them; the sink gets a
 * fragmented MP4, in order.  Fails as nvr-mask does, with what it said;
 * NVR_E_DATA also where the clip made it crash, or get no further for a minute.
 * NVR_E_UNAVAILABLE where it cannot be run.  core/children.h ends it when we
 * are ended.
 */
int nvr_paint(const char *mask, const struct nvr_bytes *clip,
    const struct nvr_sink *sink, struct nvr_painted *ret,
    struct nvr_error *err);

#endif
