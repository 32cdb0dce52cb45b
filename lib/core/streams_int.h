/* What the files of streams share; see streams.h. */
#ifndef NVR_CORE_STREAMS_INT_H
#define NVR_CORE_STREAMS_INT_H

#include "core/streams.h"

/* No longer than there is time: sums of it do not overflow. */
int64_t nvr_stream_bounded(int64_t us);

/* What holds for it at that time. */
struct nvr_stream_rule nvr_stream_rule(const struct nvr_camera *cam,
    enum nvr_stream stream, const struct nvr_keeping *k, int64_t now);

#endif
