/* What the files of core/account share. */
#ifndef NVR_CORE_ACCOUNT_INT_H
#define NVR_CORE_ACCOUNT_INT_H

#include <jansson.h>

#include "base/address.h"
#include "core/account.h"

/* The same as nvr_account_create in the caller's transaction, of an id that has
 * its key (core/keys.h), and without a password. */
int nvr_account_create_in(struct nvr_state *s, int64_t id,
    const struct nvr_account_new *n, int64_t now, struct nvr_error *err);

/* What stands for the address in account.lookup. */
int nvr_account_lookup(struct nvr_state *s, const struct nvr_address *address,
    uint8_t ret[NVR_ACCOUNT_LOOKUP], struct nvr_error *err);

/* Seals a column of the account's row; *ret is borrowed from buf, an empty
 * one. */
int nvr_account_seal(struct nvr_state *s, int64_t account, const char *column,
    const char *text, struct nvr_buf *buf, struct nvr_blob *ret,
    struct nvr_error *err);

int nvr_tier_check(const char *tier, struct nvr_error *err);

/* Holds a password to the rules, with what is known of the person, and hashes
 * it; takes one of the places that there are for that. */
int nvr_password_prepare(struct nvr_state *s, const char *password,
    const char *const *about, int n, struct nvr_new_password *ret,
    struct nvr_error *err);

/* Enters one that a link of a letter allowed: see reset.h. */
int nvr_account_password_reset(struct nvr_state *s, int64_t id,
    const struct nvr_new_password *p, struct nvr_error *err);

/* An account that is being changed, in a transaction. */
struct nvr_edit {
	struct nvr_state *s;
	struct nvr_account *a;	  /* what it holds in the end is written */
	struct nvr_person person; /* as it was */
	bool same;		  /* nothing of it changed after all */
	int64_t now;
	struct nvr_buf sealed[4]; /* room for what a's blobs borrow */
	struct nvr_error *err;
};

/* Reads the account, lets change() change e->a, and writes it. */
int nvr_account_edit(struct nvr_state *s, int64_t id,
    int (*change)(struct nvr_edit *e, void *ctx), void *ctx,
    struct nvr_error *err);
/* The same within the caller's transaction. */
int nvr_account_edit_in(struct nvr_state *s, int64_t id,
    int (*change)(struct nvr_edit *e, void *ctx), void *ctx,
    struct nvr_error *err);

/* `{"field":…,"old":…,"new":…}` into the log, as account.changed. */
int nvr_account_log_change(struct nvr_edit *e, const char *field,
    const char *before, const char *after);

/* A letter where letters can be posted; token NULL: none. */
int nvr_account_letter(struct nvr_state *s, int64_t account, const char *text,
    const char *to, int64_t expires, const char *token, struct nvr_error *err);

/* A token, and the letter with its link; data NULL: none. */
int nvr_account_link(struct nvr_state *s, int64_t account, const char *purpose,
    const char *data, int64_t lasts, const char *text, const char *to,
    struct nvr_error *err);

/* Ends all sessions but one (0: none), and what could open another one: links
 * to set a password, steps of signing in, and a move to another address that
 * is not confirmed yet. */
int nvr_account_close(
    struct nvr_state *s, int64_t account, int64_t but, struct nvr_error *err);

/*
 * Takes the new address, which is confirmed, and tells the one that it leaves,
 * with a link that undoes it.  To an address that it can still be moved back
 * to there is none: it is the undoing itself.  since: when that was left; 0:
 * it is looked for.
 */
int nvr_account_move(
    struct nvr_edit *e, const struct nvr_address *to, int64_t since);

/* By the link that undoes it: what came with the move goes as well, that is
 * the password, factors since then and sessions; a link for a new password is
 * posted. */
int nvr_account_move_back(
    struct nvr_edit *e, const struct nvr_address *to, int64_t since);

/* Second factors and recovery codes since then go, and what was begun; 0: all
 * of them.  In the caller's transaction. */
int nvr_factor_strip(
    struct nvr_state *s, int64_t account, int64_t since, struct nvr_error *err);

#endif
