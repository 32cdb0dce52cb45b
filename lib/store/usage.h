/*
 * What audits by models took: counts by account, day (UTC), camera and model
 * profile, kept apart from the audits, which end sooner.
 */
#ifndef NVR_STORE_USAGE_H
#define NVR_STORE_USAGE_H

#include "store/store.h"

struct nvr_usage {
	int64_t account_id, day; /* days since 1970, UTC */
	int64_t camera_id;
	const char *model; /* the profile's name */
	int64_t audits, requests;
	int64_t unreported; /* requests whose usage the server did not tell */
	int64_t tokens_in, tokens_out, cost_micros; /* as reported */
	/* Set aside for requests whose usage was not, or not yet, told. */
	int64_t reserved_tokens, reserved_micros;
};

/* Adds the counts (which may be negative) to the row of those four keys. */
int nvr_usage_add(
    struct nvr_store *st, const struct nvr_usage *u, struct nvr_error *err);

/* An account's sums of the days since <= day < until. */
int nvr_usage_sum(struct nvr_store *st, int64_t account, int64_t since,
    int64_t until, struct nvr_usage *ret, struct nvr_error *err);

/* The tier of an account; "" of one that there is not. */
int nvr_usage_tier(
    struct nvr_store *st, int64_t account, char ret[16], struct nvr_error *err);

enum nvr_usage_by { NVR_BY_CAMERA, NVR_BY_MODEL, NVR_BY_DAY, NVR_BY_ACCOUNT };

struct nvr_usage_filter {
	int64_t since, until; /* days; since <= day < until */
	int64_t camera_id;    /* 0: of any */
};

/*
 * Sums by one key, the largest cost first (days in order); the other keys are
 * 0 or NULL.  name is the camera's, NULL where its row is gone.
 */
int nvr_usage_each(struct nvr_store *st, enum nvr_usage_by by,
    const struct nvr_usage_filter *f,
    int (*row)(void *ctx, const struct nvr_usage *u, const char *name),
    void *ctx, struct nvr_error *err);

#endif
