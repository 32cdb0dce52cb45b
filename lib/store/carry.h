/*
 * What people decided since a backup, carried over from the present database
 * onto a copy that is about to take its place: see core/restore.c.
 */
#ifndef NVR_STORE_CARRY_H
#define NVR_STORE_CARRY_H

#include <stdbool.h>

#include "store/store.h"

struct nvr_carried {
	bool log;     /* the present log continues the copy's, and was taken */
	int64_t lost; /* accounts that are not in the copy */
	int64_t removed; /* cameras that are in the copy alone */
};

/*
 * In one transaction, during which nobody writes to the present one: of the
 * accounts in both the row, factors and recovery codes, unless the copy's is
 * newer; consents, objections, requests, disclosures, breaches, notices, who
 * was told and processors that the copy lacks, or that ended since; messages;
 * holds, and their release; that cameras and sites in both were removed, or
 * came back; and the security log.  NVR_E_DATA when the present one is damaged:
 * nothing was carried over.
 *
 * Where the log proves that the present one is what became of the copy, cameras
 * and sites that are in the copy alone are removed from `now` on, since they
 * were erased; and how others are recorded, masked and kept is as it was set
 * last.  An empty one, or one that was restored from an older backup, proves
 * nothing, and cameras are as in the copy.
 */
int nvr_store_carry(struct nvr_store *copy, struct nvr_store *live, int64_t now,
    struct nvr_carried *ret, struct nvr_error *err);

/*
 * For a copy whose present database is not there to tell: what is removed in
 * it may have come back since, so it was removed now (in microseconds), were it
 * earlier.
 */
int nvr_removals_anew(struct nvr_store *st, int64_t now, struct nvr_error *err);

/* Whether there is any account. */
int nvr_account_any(struct nvr_store *st, bool *ret, struct nvr_error *err);

#endif
