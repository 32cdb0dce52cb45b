/*
 * How far a model's confidence can be believed, from what people said of its
 * findings.  The confidence p is that the verdict is right; a finding is right
 * when its verdict is what a person said; `cannot_determine` abstains.
 */
#ifndef NVR_CORE_CALIBRATION_H
#define NVR_CORE_CALIBRATION_H

#include <stddef.h>

#include "core/state.h"
#include "store/label.h"

#define NVR_CALIBRATION_LABELS 100 /* so many are needed to calibrate */
#define NVR_RISK_STEPS 5	   /* 20, 40 … 100 % coverage */

struct nvr_reliability {
	const char *model, *prompt_sha256, *label;
	int64_t labels,
	    abstained;		 /* people's verdicts; of these, abstentions */
	int64_t right;		 /* verdicts that were right */
	double brier;		 /* mean (p - right)^2; NaN: none */
	double brier_calibrated; /* cross-validated; NaN: too few labels */
	/* Share of wrong ones among the most confident 20 %, 40 % … */
	double risk[NVR_RISK_STEPS];
	double slope, intercept; /* NaN: too few labels */
};

/*
 * By model, prompt and label; borrowed for the call.  Calibrations for which
 * there are enough labels are fitted (Platt 1999, with his smoothed targets)
 * and stored.
 */
int nvr_calibrate(struct nvr_state *s, int64_t now,
    int (*row)(void *ctx, const struct nvr_reliability *r), void *ctx,
    struct nvr_error *err);

/* What is left of p: 1 / (1 + exp(-(slope logit(p) + intercept))). */
double nvr_calibrated(double p, double slope, double intercept);

#endif
