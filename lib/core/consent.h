/*
 * What people agreed to, and that they no longer do.  Each row keeps the text
 * and version that was agreed to, when, and by which channel; the last row of
 * a kind holds.  What is restricted is consented to by nobody, unless the
 * state was opened for rights.
 */
#ifndef NVR_CORE_CONSENT_H
#define NVR_CORE_CONSENT_H

#include "core/state.h"
#include "store/consent.h"

/*
 * Gives or withdraws, with its line in the security log; in the caller's
 * transaction.  id and at may be 0: new, and now; version and text may be NULL
 * for what is withdrawn, channel for that of s->actor.  NVR_E_USAGE where
 * giving lacks one, or kind is no word of a-z and hyphens.
 */
int nvr_consent_set(
    struct nvr_state *s, const struct nvr_consent *c, struct nvr_error *err);

/* Whether it is given now. */
int nvr_consented(struct nvr_state *s, int64_t account, const char *kind,
    bool *ret, struct nvr_error *err);

int nvr_consent_each(struct nvr_state *s, int64_t account,
    int (*row)(void *ctx, const struct nvr_consent *c), void *ctx,
    struct nvr_error *err);

#endif
