/*
 * The rules about accounts: what may be entered, how someone is found, and how
 * an account ends.  See store/account.h for the row.
 *
 * What is done to an account is in the security log, in the same transaction.
 * Letters are posted where nvr_letter_ready() says that they can be.
 *
 * Errors: NVR_E_USAGE for what breaks a rule, with the rule; NVR_E_NOENT where
 * there is no such account; NVR_E_CREATE when another one has the address.
 */
#ifndef NVR_CORE_ACCOUNT_H
#define NVR_CORE_ACCOUNT_H

#include "core/state.h"
#include "seal/password.h"
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
 * may be deleted or restricted: see its times.  The caller frees it with
 * nvr_account_free.
 */
int nvr_account_find(struct nvr_state *s, const char *who,
    struct nvr_account **ret, struct nvr_error *err);

struct nvr_account_new {
	const char *email, *name;
	const char *business; /* NULL, "": none */
	const char *tier;     /* NULL: as nvr.conf says */
	const char *born;     /* YYYY-MM-DD; is not kept */
	bool adult;	      /* old enough, as declared, where born is NULL */
	const char *password; /* NULL: none until it is set */
	bool verified;	      /* the address is known to be right */
};

/*
 * Posts a letter that asks to confirm the address, unless it is verified.
 * NVR_E_PERMISSION for who is too young at `now`, of whom nothing is stored.
 * An address that is taken is found out last, so it takes the same time.
 */
int nvr_account_create(struct nvr_state *s, const struct nvr_account_new *n,
    int64_t now, int64_t *id, struct nvr_error *err);

/* Whether somebody born on that day, YYYY-MM-DD, is so many years old (UTC).
 * Who was born on 29 February gets older on 1 March. */
int nvr_age_check(
    const char *born, long long years, int64_t now, struct nvr_error *err);

/* Corrections; NULL stays as it is. */
struct nvr_account_change {
	const char *name;
	const char *business; /* "": none any more */
	const char *email;
	bool verified; /* the address, the new one if there is one, is right */
};
enum {
	NVR_CHANGED_NAME = 1,
	NVR_CHANGED_BUSINESS = 2,
	NVR_CHANGED_EMAIL = 4,
	NVR_CHANGED_VERIFIED = 8,
	NVR_CHANGED_ASKED = 16, /* the new address was asked to confirm */
};

/*
 * A new address that is not said to be verified holds once it is confirmed:
 * NVR_E_CONFIG where no letter can be posted, NVR_E_AGAIN for more than
 * rules.message of them.  Where another account has it, that is NVR_E_CREATE to
 * who runs the service (s->actor.who); somebody who changes their own account
 * sees no difference, and whose address it is is told by letter.  The old one
 * is told, with a link that undoes it; without one where the new one is an
 * address that was left no longer ago than rules.undo.
 */
int nvr_account_change(struct nvr_state *s, int64_t id,
    const struct nvr_account_change *c, unsigned *changed,
    struct nvr_error *err);

/* tier: free or premium. */
int nvr_account_tier(
    struct nvr_state *s, int64_t id, const char *tier, struct nvr_error *err);

/* A password that is held to the rules and hashed, which takes a while, so
 * not in a transaction.  Wipe it. */
struct nvr_new_password {
	int64_t pepper;
	char hash[NVR_PASSWORD_HASH];
};
int nvr_account_password_make(struct nvr_state *s, int64_t id,
    const char *password, struct nvr_new_password *ret, struct nvr_error *err);
/*
 * Enters it; in the caller's transaction.  All sessions end but `but` (0:
 * all), as do links to set another one, steps of signing in, and a move to
 * another address that is not confirmed yet.
 */
int nvr_account_password_put(struct nvr_state *s, int64_t id,
    const struct nvr_new_password *p, int64_t but, struct nvr_error *err);
/* Both. */
int nvr_account_password(struct nvr_state *s, int64_t id, const char *password,
    struct nvr_error *err);

/*
 * What the link of a letter is good for: confirms the address, confirms
 * another one, or takes the change of it back.  That ends all sessions and
 * removes the password, and second factors that came after the change; a link
 * to set a new password is posted, unless the account is deleted.
 * NVR_E_PERMISSION for a token that is none of these, or used up.
 */
enum nvr_confirmed {
	NVR_CONFIRMED,
	NVR_CONFIRMED_NEW,
	NVR_CONFIRMED_UNDO,
	NVR_CONFIRMED_DELETED, /* undone; it is to be restored as well */
};
int nvr_account_confirm(struct nvr_state *s, const char *token, int64_t *id,
    enum nvr_confirmed *what, struct nvr_error *err);

/* NVR_E_PERMISSION with the way out for a deleted one: what is to be changed
 * or entered for it waits until it is restored. */
int nvr_account_active(const struct nvr_account *a, struct nvr_error *err);

/* Marks it as deleted: until rules.restore is over it comes back.  why may be
 * NULL in all of these. */
int nvr_account_delete(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err);
int nvr_account_restore(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err);

/* Article 18: from now on what there is of the account is kept and not used;
 * see store/restrict.h. */
int nvr_account_restrict(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err);
int nvr_account_unrestrict(
    struct nvr_state *s, int64_t id, const char *why, struct nvr_error *err);

#endif
