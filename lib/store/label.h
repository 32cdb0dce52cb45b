/* What people said of findings, and calibrations, as rows. */
#ifndef NVR_STORE_LABEL_H
#define NVR_STORE_LABEL_H

#include "store/store.h"

struct nvr_label {
	int64_t id, audit_id; /* audit 0: it is gone */
	const char *label;    /* of the finding */
	const char *model, *prompt_sha256;
	const char *verdict; /* the model's */
	double confidence;   /* NaN: none */
	const char *truth;   /* yes, no */
	const char *labelled_by;
	int64_t labelled_at;
};

/* The last word on a finding is the one that counts: it replaces. */
int nvr_label_put(
    struct nvr_store *st, const struct nvr_label *l, struct nvr_error *err);
/* By model, prompt, label, time; but for those of accounts that object to
 * `calibration`. */
int nvr_label_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_label *l), void *ctx,
    struct nvr_error *err);

struct nvr_calibration {
	const char *model, *prompt_sha256, *label;
	double slope, intercept; /* of the log-odds of a confidence */
	int64_t labels, fitted_at;
};

int nvr_calibration_put(struct nvr_store *st, const struct nvr_calibration *c,
    struct nvr_error *err);
/* Those that were fitted before `when`. */
int nvr_calibrations_drop(
    struct nvr_store *st, int64_t when, struct nvr_error *err);
/* 1: found, 0: there is none. */
int nvr_calibration_get(struct nvr_store *st, const char *model,
    const char *prompt_sha256, const char *label, double *slope,
    double *intercept, struct nvr_error *err);

#endif
