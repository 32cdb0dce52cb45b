/* What painting over a clip shares; see masked.h. */
#ifndef NVR_MEDIA_MASKED_INT_H
#define NVR_MEDIA_MASKED_INT_H

#include <libswscale/swscale.h>

#include "media/masked.h"
#include "media/video_int.h"

#define NVR_MASKED_EARLY 512 /* packets; some seconds of sound */

struct nvr_masked {
	int fd; /* of the clip */
	const struct nvr_mask *mask;
	const struct nvr_sink *sink;
	struct nvr_masked_result *ret;
	struct nvr_error *err;
	int rc; /* of the sink or the clip: libav has numbers of its own */
	AVIOContext *in_io, *out_io;
	AVFormatContext *in, *out;
	AVStream *video; /* of in */
	AVCodecContext *decoder, *encoder;
	struct SwsContext *sws;
	AVFrame *frame, *painted;
	AVPacket *packet, *coded;
	AVPacket *early[NVR_MASKED_EARLY]; /* sound ahead of the output */
	int nearly;
	int *to;     /* where a stream of `in` goes; -1: nowhere */
	int streams; /* of in */
};

/* Output, as soon as the first frame says how large pictures are. */
int nvr_masked_begin(struct nvr_masked *m, const AVFrame *first);
/* Painted and encoded; NULL ends it. */
int nvr_masked_frame(struct nvr_masked *m, const AVFrame *frame);
int nvr_masked_fail(struct nvr_masked *m, int code, int av, const char *what);

#endif
