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
};

/*
 * In one transaction, during which nobody writes to the present one: of the
 * accounts in both the row, factors and recovery codes, unless the copy's is
 * newer; consents, objections, requests, disclosures, breaches, notices, who
 * was told and processors that the copy lacks, or that ended since; messages;
 * and the security log.  NVR_E_DATA when the present one is damaged: nothing
 * was carried over.
 */
int nvr_store_carry(struct nvr_store *copy, struct nvr_store *live,
    struct nvr_carried *ret, struct nvr_error *err);

/* Whether there is any account. */
int nvr_account_any(struct nvr_store *st, bool *ret, struct nvr_error *err);

#endif
