/*
 * The register of all columns (privacy_column), and what the record of
 * processing activities counts.
 */
#ifndef NVR_STORE_PRIVACY_H
#define NVR_STORE_PRIVACY_H

#include "store/store.h"

struct nvr_privacy_column {
	const char *table, *column, *purpose;
	const char *basis; /* contract, consent, legitimate, legal, none */
	const char *retention, *rule;
};

enum nvr_privacy_order {
	NVR_PRIVACY_BY_COLUMN,	/* of tables */
	NVR_PRIVACY_BY_PURPOSE, /* and its basis */
	NVR_PRIVACY_BY_LIMIT,	/* of tables: retention and rule */
	NVR_PRIVACY_ORDERS
};

/* Borrowed for the call.  Stops when row() returns not 0. */
int nvr_privacy_each(struct nvr_store *st, enum nvr_privacy_order order,
    int (*row)(void *ctx, const struct nvr_privacy_column *c), void *ctx,
    struct nvr_error *err);

/* Whoever's they are. */
struct nvr_privacy_counts {
	int64_t accounts;    /* that have cameras or sites */
	int64_t holds;	     /* in force */
	int64_t disclosures; /* to authorities */
	/* When the first entry of the log was made that an account keeps from
	 * going which is restricted; 0: none does. */
	int64_t log_kept;
};
int nvr_privacy_count(struct nvr_store *st, struct nvr_privacy_counts *ret,
    struct nvr_error *err);

#endif
