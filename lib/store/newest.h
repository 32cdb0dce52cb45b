/*
 * The newest moment that any row tells of: segments, kept stills, audits, the
 * security log, events, reports of recorders; whoever's they are.  0: there are
 * none.  A look at the end of each index, whatever the store's size.
 */
#ifndef NVR_STORE_NEWEST_H
#define NVR_STORE_NEWEST_H

#include "store/store.h"

int nvr_newest(struct nvr_store *st, int64_t *ret, struct nvr_error *err);

/* How many of those, and of accesses, are of a later moment; reads them all. */
int nvr_rows_ahead(
    struct nvr_store *st, int64_t after, int64_t *ret, struct nvr_error *err);

#endif
