/* What the files of telemetry share; see telemetry.h. */
#ifndef NVR_CORE_TELEMETRY_INT_H
#define NVR_CORE_TELEMETRY_INT_H

#include "core/state.h"
#include "store/telemetry.h"

/* Where the hour or day begins. */
int64_t nvr_telemetry_floor(int64_t t, int64_t width);

/* From when on there is something left to be kept; INT64_MIN: without a limit.
 */
int64_t nvr_telemetry_cut(int64_t now, int64_t keep, int64_t width);

/* The sum of the day of that moment, if it is over. */
int nvr_telemetry_sum_day(struct nvr_state *s, int64_t recorder, int64_t at,
    int64_t now, bool settle, struct nvr_error *err);

#endif
