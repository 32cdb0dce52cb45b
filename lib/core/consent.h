/*
 * What people agreed to, and that they no longer do.  Each row keeps the text
 * and version that was agreed to, when, and by which channel; the last row of
 * a kind holds.
 */
#ifndef NVR_CORE_CONSENT_H
#define NVR_CORE_CONSENT_H

#include "core/state.h"

struct nvr_consent {
	int64_t id, account, at;
	const char *kind; /* sms, training, stills, … */
	bool given;	  /* or withdrawn */
	const char *version, *text, *channel;
};

/* Gives or withdraws, with its line in the security log; in the caller's
 * transaction. */
int nvr_consent_set(
    struct nvr_state *s, const struct nvr_consent *c, struct nvr_error *err);

/* Whether it is given now. */
int nvr_consented(struct nvr_state *s, int64_t account, const char *kind,
    bool *ret, struct nvr_error *err);

int nvr_consent_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_consent *c), void *ctx,
    struct nvr_error *err);

#endif
