/*
 * The rules about accounts: what may be entered, how someone is found, and how
 * an account ends.  See store/account.h for the row.
 */
#ifndef NVR_CORE_ACCOUNT_H
#define NVR_CORE_ACCOUNT_H

#include "core/state.h"
#include "store/account.h"

/* What is sealed of an account, opened. */
struct nvr_person {
	const char
	    *email; /* to write to: base/address.h says how it is shown */
	const char *name;
	const char *business;	/* "" for none */
	const char *restricted; /* why; "" */
	struct nvr_buf raw;	/* holds them */
};

int nvr_person_open(struct nvr_state *s, const struct nvr_account *a,
    struct nvr_person *ret, struct nvr_error *err);
void nvr_person_wipe(struct nvr_person *p);

/*
 * By address (normalised first, so any spelling of it) or by id.  The account
 * may be deleted or restricted: see its times.  NVR_E_NOENT, NVR_E_USAGE.
 * The caller frees it with nvr_account_free.
 */
int nvr_account_find(struct nvr_state *s, const char *who,
    struct nvr_account **ret, struct nvr_error *err);

struct nvr_account_new {
	const char *email, *name;
	const char *business; /* NULL: none */
	const char *tier;     /* NULL: as nvr.conf says */
	const char *born;     /* YYYY-MM-DD; is not kept */
	bool adult;	      /* old enough, as declared, where born is NULL */
	const char *password; /* NULL: none until it is set */
	bool verified;	      /* the address is known to be right */
};

/*
 * Posts a letter that asks to confirm the address, unless it is verified or
 * nvr_letter_ready() says no.  NVR_E_USAGE for what breaks a rule;
 * NVR_E_PERMISSION for who is too young, of whom nothing is stored;
 * NVR_E_CREATE when there is an account of that address, which takes the same
 * time.
 */
int nvr_account_create(struct nvr_state *s, const struct nvr_account_new *n,
    int64_t *id, struct nvr_error *err);

#endif
