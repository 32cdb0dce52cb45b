/* Accounts, as rows.  The rules about them are in core/account.h. */
#ifndef NVR_STORE_ACCOUNT_H
#define NVR_STORE_ACCOUNT_H

#include <stdbool.h>

#include "store/store.h"

#define NVR_ACCOUNT_LOOKUP 32

struct nvr_account {
	int64_t id;
	uint8_t lookup[NVR_ACCOUNT_LOOKUP];
	struct nvr_blob email, name, business, password, restricted_why;
	const char *tier;      /* free, premium */
	const char *adult_how; /* born, declared */
	int64_t pepper;	       /* which one the password is under */
	int64_t password_at, created_at, changed_at; /* 0: never */
	int64_t verified_at, signin_at;
	int64_t deleted_at, restricted_at;
};

/* Copies that the caller frees with nvr_account_free. */
int nvr_account_get(struct nvr_store *st, int64_t id, struct nvr_account **ret,
    struct nvr_error *err);
int nvr_account_look_up(struct nvr_store *st,
    const uint8_t lookup[NVR_ACCOUNT_LOOKUP], struct nvr_account **ret,
    struct nvr_error *err);
void nvr_account_free(struct nvr_account *a);

/* NVR_E_CREATE when there is an account of that address. */
int nvr_account_insert(
    struct nvr_store *st, const struct nvr_account *a, struct nvr_error *err);
/* Everything but id and created_at. */
int nvr_account_update(
    struct nvr_store *st, const struct nvr_account *a, struct nvr_error *err);

/* Which accounts; 0: no such bound. */
struct nvr_account_filter {
	int64_t since, until;	  /* created_at */
	bool deleted, restricted; /* those alone */
};
/* By creation; borrowed for the call.  Stops when row() returns not 0. */
int nvr_account_each(struct nvr_store *st, const struct nvr_account_filter *f,
    int (*row)(void *ctx, const struct nvr_account *a), void *ctx,
    struct nvr_error *err);

/* The last that were made, at most n. */
int nvr_account_newest(struct nvr_store *st, int64_t n,
    int (*row)(void *ctx, const struct nvr_account *a), void *ctx,
    struct nvr_error *err);

/* The versions of peppers that passwords were hashed with, the highest last. */
int nvr_account_peppers(struct nvr_store *st,
    int (*each)(void *ctx, int64_t version), void *ctx, struct nvr_error *err);

/* What there is beside the row. */
struct nvr_account_counts {
	int64_t sessions;		   /* that last beyond `now` */
	int64_t totp, sms, recovery_codes; /* confirmed; unused */
	int64_t sites, requests_open, objections;
};
int nvr_account_count(struct nvr_store *st, int64_t id, int64_t now,
    struct nvr_account_counts *ret, struct nvr_error *err);

#endif
