/*
 * What an authority was given: by whom it was asked for, on what legal basis,
 * and who reviewed that.  It outlives the account, so what was given is sealed
 * under the key of account 0; its line of the log is no account's either, as a
 * procedure may forbid that the person is told.  See register.h.
 */
#ifndef NVR_CORE_DISCLOSURE_H
#define NVR_CORE_DISCLOSURE_H

#include "core/state.h"
#include "store/disclosure.h"

/* All of them are needed: NVR_E_USAGE names the one that is missing. */
int nvr_disclose(struct nvr_state *s, const struct nvr_disclosure *d,
    const char *what, int64_t *id, struct nvr_error *err);

/* What was given, opened; the caller wipes it. */
int nvr_disclosure_open(struct nvr_state *s, const struct nvr_disclosure *d,
    struct nvr_buf *what, struct nvr_error *err);

#endif
