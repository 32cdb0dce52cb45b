/* The inside of a baseline, for health.c and health_baseline.c alone. */
#ifndef NVR_CORE_HEALTH_BASELINE_H
#define NVR_CORE_HEALTH_BASELINE_H

#include "core/health.h"

/* The numbers of a still of which the last few are kept. */
enum nvr_metric {
	NVR_METRIC_MEAN,
	NVR_METRIC_SIGMA,
	NVR_METRIC_ENTROPY,
	NVR_METRIC_SHARPNESS,
	NVR_METRICS
};

/* What a cell of f->map, 0..255, is worth in a baseline, 0..15. */
#define NVR_LEVEL(cell) ((cell) >> 4)

struct nvr_baseline {
	uint32_t samples; /* healthy stills learnt */
	/* levels, following the median; and as they were when accepted */
	uint8_t map[NVR_CELLS];
	uint8_t reference[NVR_CELLS];
	/* of the sample i at i % NVR_BASELINE_RECENT */
	float recent[NVR_METRICS][NVR_BASELINE_RECENT];
	/* the last look, and how many before it were like it */
	uint32_t hash[NVR_BLOCKS];
	uint32_t alike;
};

/* Median and median absolute deviation of the last stills; 0 for none. */
struct nvr_typical {
	double median, mad;
};
struct nvr_typical nvr_baseline_typical(
    const struct nvr_baseline *b, enum nvr_metric metric);

/*
 * Share of the blocks that are bit by bit those of the last look, 0..1, and
 * in *counted how many have anything to compare.
 */
double nvr_baseline_unchanged(
    const struct nvr_baseline *b, const struct nvr_features *f, int *counted);

/* Looks are alike when more than this share of their blocks are. */
#define NVR_FROZEN_UNCHANGED 0.80
/* Fewer blocks than this with anything to compare tell nothing. */
#define NVR_FROZEN_BLOCKS 16

#endif
