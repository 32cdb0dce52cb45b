/*
 * Privacy masks: polygons that are painted black before a still leaves the
 * program.  As text, `10,20 30,20 30,50; 60,0 100,0 100,40`: points in per
 * cent of the width and height, at least three to a polygon, polygons parted
 * by `;`.
 */
#ifndef NVR_STILL_MASK_H
#define NVR_STILL_MASK_H

#include "still/picture.h"

#define NVR_MASK_POLYGONS 32
#define NVR_MASK_POINTS 64 /* a polygon */

struct nvr_mask {
	int npolygons;
	struct {
		int npoints;
		double x[NVR_MASK_POINTS], y[NVR_MASK_POINTS]; /* 0..1 */
	} polygon[NVR_MASK_POLYGONS];
};

/* "" is no mask.  NVR_E_USAGE says which point is wrong. */
int nvr_mask_parse(
    const char *text, struct nvr_mask *ret, struct nvr_error *err);

/*
 * Paints them, a polygon that crosses itself without holes (non-zero
 * winding).  A pixel that an edge touches is painted whole,
 * and so is every chroma sample under it: rather too much than too little.
 */
void nvr_mask_paint(const struct nvr_mask *mask, struct nvr_picture *pic);

#endif
