/* Durations and limits as nvr.conf and options write them. */
#ifndef NVR_CLI_LIMIT_H
#define NVR_CLI_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Microseconds, from min to max (0: without end); 0 needs no unit.
 * NVR_E_USAGE. */
int nvr_duration_within(const char *text, int64_t min, int64_t max,
    int64_t *ret, struct nvr_error *err);

/*
 * What may be without a limit: that is `none`, and gives 0.  0 is refused,
 * since it could be that, or nothing at all.  bytes: a size, else a duration;
 * min: 1 or more.  NVR_E_USAGE.
 */
int nvr_limit_parse(const char *text, bool bytes, int64_t min, int64_t max,
    int64_t *ret, struct nvr_error *err);

#endif
