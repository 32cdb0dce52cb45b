/* Sizes as people write them: `500M`, `20G`, in powers of 1024. */
#ifndef NVR_BASE_SIZE_H
#define NVR_BASE_SIZE_H

#include <stdint.h>

#include "base/error.h"

/* Bytes, from min (0 or more) to max.  NVR_E_USAGE when it is none. */
int nvr_size_parse(const char *text, int64_t min, int64_t max, int64_t *ret,
    struct nvr_error *err);

/* The shortest such text that is exact.  Returns buf. */
#define NVR_SIZE_TEXT 24
const char *nvr_size_format(int64_t size, char buf[NVR_SIZE_TEXT]);
/* One that is easier to read, `18.8M`: cut off after the first decimal.  Not
 * negative. */
const char *nvr_size_about(int64_t size, char buf[NVR_SIZE_TEXT]);

#endif
