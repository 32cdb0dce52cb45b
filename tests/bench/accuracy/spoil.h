/*
 * What befalls a camera: the nuisances that must not alarm, and the tampers
 * that must.
 */
#ifndef ACCURACY_SPOIL_H
#define ACCURACY_SPOIL_H

#include "core/health.h"
#include "image.h"

struct spoil {
	const char *name;
	void (*apply)(struct image *, struct rng *, double strength);
	double strength[6]; /* one trial for each; 0 ends */
	bool tamper;
	enum nvr_health_label label; /* the best word for a tamper */
	int quality;		     /* of the JPEG; 0 for 80 */
};

extern const struct spoil spoils[];
extern const int nspoils;

#endif
