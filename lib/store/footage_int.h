/* What the files of footage share; see footage.h. */
#ifndef NVR_STORE_FOOTAGE_INT_H
#define NVR_STORE_FOOTAGE_INT_H

#include <string.h>

#include "store/db.h"
#include "store/footage.h"

/*
 * The size of a segment, which is less than a TiB, whatever a hostile store
 * says: sums of millions of them do not overflow.
 */
#define NVR_SEGMENT_BYTES                                  \
	"CASE WHEN size_bytes BETWEEN 0 AND 1099511627776" \
	" THEN size_bytes ELSE 1099511627776 END"

static inline int64_t
nvr_bytes_bounded(int64_t bytes)
{
	const int64_t most = INT64_C(1) << 40;

	return bytes >= 0 && bytes <= most ? bytes : most;
}

static inline enum nvr_stream
nvr_stream_named(const char *name)
{
	return strcmp(name, nvr_stream_names[NVR_SUB]) == 0 ? NVR_SUB
							    : NVR_MAIN;
}

#endif
