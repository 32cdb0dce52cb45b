/*
 * Telemetry as promised (C16): reports are kept for 90 days, then as hours,
 * and after two years as days.
 *
 * An hour that is over is summed up, and again when a report of it comes late;
 * a day likewise, from its hours.  Sums are always reckoned from all that they
 * sum up, never added to, so whatever stops a run, the next one gets the same.
 * What has outlived its time goes in whole hours and days, in the transaction
 * that reckons its sum for the last time: that one is settled, and what comes
 * for it later goes unsummed.
 */
#ifndef NVR_CORE_TELEMETRY_H
#define NVR_CORE_TELEMETRY_H

#include "core/state.h"

/*
 * Sums up what is over by now, and deletes nothing; nvr-retain does so on each
 * run.  s->rules are needed.
 */
int nvr_telemetry_roll(struct nvr_state *s, int64_t now, struct nvr_error *err);

#endif
