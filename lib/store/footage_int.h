/* What the files of footage share; see footage.h. */
#ifndef NVR_STORE_FOOTAGE_INT_H
#define NVR_STORE_FOOTAGE_INT_H

#include <string.h>

#include "store/db.h"
#include "store/footage.h"

static inline enum nvr_stream
nvr_stream_named(const char *name)
{
	return strcmp(name, nvr_stream_names[NVR_SUB]) == 0 ? NVR_SUB
							    : NVR_MAIN;
}

#endif
