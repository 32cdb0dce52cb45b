/* What the files of rows that end by age share; see retain.h. */
#ifndef NVR_STORE_RETAIN_INT_H
#define NVR_STORE_RETAIN_INT_H

#include "store/retain.h"

/* Nor does a breach go that somebody was told of whose data is restricted; few
 * are, so those come first. */
#define NVR_BREACH_GOES(t)                                                  \
	NVR_LOSABLE(t)                                                      \
	" AND NOT EXISTS (SELECT 1 FROM account r CROSS JOIN breach_told b" \
	" WHERE r.restricted_at > 0 AND b.account_id = r.account_id"        \
	" AND b.breach_id = " t ".id)"

/* What hangs on the row goes ahead of it.  1: that was not all. */
int nvr_aged_drop_first(struct nvr_store *st, enum nvr_aged what,
    const struct nvr_aged_by *by, const struct nvr_aged_row *r,
    struct nvr_error *err);

#endif
