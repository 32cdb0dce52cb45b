/*
 * What was measured as OpenMetrics text (OpenMetrics 1.0), in the subset that
 * the Prometheus text format 0.0.4 has as well, which node_exporter's textfile
 * collector reads: gauges alone, each with HELP, TYPE and, where it has one,
 * UNIT; `# EOF` at the end.  Names begin with nvr_ and end with their unit.  A
 * figure that is not known has no sample.
 */
#ifndef NVR_CORE_OPENMETRICS_H
#define NVR_CORE_OPENMETRICS_H

#include "core/measure.h"

/* Appends it; folder: the media folder's path. */
int nvr_openmetrics(const struct nvr_measured *m, const char *folder,
    struct nvr_buf *out, struct nvr_error *err);

#endif
