/* What writing and reading archives share. */
#ifndef NVR_PACK_PACK_INT_H
#define NVR_PACK_PACK_INT_H

#include <stdbool.h>

/* Whether it is one that pack.h allows. */
bool nvr_pack_path(const char *path);

#endif
