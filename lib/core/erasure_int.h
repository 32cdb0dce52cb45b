/* What the files of erasure share. */
#ifndef NVR_CORE_ERASURE_INT_H
#define NVR_CORE_ERASURE_INT_H

#include "core/erasure.h"

/* The table's row, unless a genuine one is there: then not *fresh. */
int nvr_erasure_enter(struct nvr_state *s, const struct nvr_erased *e,
    bool *fresh, struct nvr_error *err);

#endif
