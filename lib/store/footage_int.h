/* What the files of footage share; see footage.h. */
#ifndef NVR_STORE_FOOTAGE_INT_H
#define NVR_STORE_FOOTAGE_INT_H

#include <string.h>

#include "store/db.h"
#include "store/footage.h"

/* What nothing deletes: what is held, and what is restricted. */
#define NVR_SEGMENT_FREE                                                \
	" AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.camera_id ="    \
	" segment.camera_id AND released_at IS NULL AND since < end_at" \
	" AND until > start_at)" NVR_CAMERA_LOSABLE("segment")

static inline enum nvr_stream
nvr_stream_named(const char *name)
{
	return strcmp(name, nvr_stream_names[NVR_SUB]) == 0 ? NVR_SUB
							    : NVR_MAIN;
}

#endif
