/*
 * How a recorder fared, as points of a chart: nvr_telemetry_series.
 *
 * A span of up to two days is read from the reports, one of up to 92 days from
 * their hours, and a longer one from days.  What is there no more comes from
 * what was made of it, so a span may begin with wider points than it ends with:
 * an hour whose reports have gone, a day whose hours have.  And what has not
 * been summed up yet comes from the reports.  Each reads a few thousand rows at
 * the most, whatever the span.
 *
 * Points begin at full steps in UTC and do not overlap.  A step is a minute, an
 * hour or a day, or as many of them as make no more points than asked for.
 * Where nothing was reported there is no point.
 */
#ifndef NVR_STORE_TELEMETRY_SERIES_H
#define NVR_STORE_TELEMETRY_SERIES_H

#include <stdint.h>

#include "store/store.h"

#define NVR_SERIES_POINTS 10000 /* at the most */

struct nvr_series {
	int64_t recorder;
	int64_t account;      /* while it was of that one; 0: of any */
	int64_t since, until; /* the first point may begin before */
	int points;	      /* 1 to NVR_SERIES_POINTS */
};

/* NAN and -1: nobody told. */
struct nvr_series_point {
	int64_t at, width; /* microseconds */
	int64_t reports;
	double cpu, cpu_max; /* of those that told; percent */
	double memory, memory_max;
	double disk_free_min;
	int64_t disk_free_bytes_min;
	double temperature, temperature_max; /* degrees Celsius */
	int64_t cameras, cameras_down_max;
};

/*
 * Borrowed for the call, in order of time; not 0 ends it.  Nothing of an
 * account that is restricted or deleted.  NVR_E_USAGE: no such span, or no such
 * number of points.
 */
int nvr_telemetry_series(struct nvr_store *st, const struct nvr_series *which,
    int (*point)(void *ctx, const struct nvr_series_point *p), void *ctx,
    struct nvr_error *err);

#endif
