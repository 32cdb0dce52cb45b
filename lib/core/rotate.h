/*
 * Replacing keys: the master key, the keys of accounts, the pepper.
 *
 * Each can be cut short anywhere; whoever asks for the same again finishes it.
 * One program at a time does it; the others go on with their work meanwhile.
 * What is replaced opens nothing any more, and so do not backups: those of
 * keys.db from before a new master key, and those of nvr.db from before a new
 * key of an account.
 *
 * A key of an account is replaced in four steps: the new one is entered in
 * keys.db beside the previous; every value is sealed under the new; no program
 * is left that has read the previous alone; the previous is dropped.  Programs
 * that start meanwhile read both, and are not waited for.
 *
 * The security log has a row `key.rotated` for each.  Errors: NVR_E_AGAIN
 * where another program replaces keys, or still has a previous one in memory:
 * asking again when that has ended goes on.
 */
#ifndef NVR_CORE_ROTATE_H
#define NVR_CORE_ROTATE_H

#include "core/state.h"

struct nvr_rotation {
	/* Set by the caller: */
	void (*progress)(void *ctx, int64_t done, int64_t total); /* or NULL */
	void *ctx;
	int64_t patience; /* microseconds to wait for programs that end soon */
	/* What was done: */
	int64_t keys;	 /* replaced, by this call or one before it */
	int64_t values;	 /* sealed anew */
	int64_t damaged; /* values that open under neither key, as they were:
			  * their accounts keep the previous key */
	char first[128]; /* which the first of them is */
};

/*
 * Total is the number of keys.  Others open values meanwhile, but draw or
 * destroy no keys: NVR_E_AGAIN for them after five seconds, which is about
 * 400,000 keys.  The memory it takes is what keys.db takes on the disk, up to
 * 512 MB.
 */
int nvr_rotate_master(
    struct nvr_state *s, struct nvr_rotation *r, struct nvr_error *err);

/* Of one account, 0 being the store's own; or of all, that one included. */
int nvr_rotate_account(struct nvr_state *s, int64_t account,
    struct nvr_rotation *r, struct nvr_error *err);
int nvr_rotate_accounts(
    struct nvr_state *s, struct nvr_rotation *r, struct nvr_error *err);

/* Passwords follow, each when its owner signs in. */
int nvr_rotate_pepper(
    struct nvr_state *s, int64_t *version, struct nvr_error *err);

/* Which keys there are; none of them is shown. */
struct nvr_key_info {
	const char *what;   /* master, accounts, service, pepper, log */
	const char *name;   /* what tells it from others like it, or NULL */
	int64_t keys;	    /* how many */
	int64_t created_at; /* of several, the oldest */
	int64_t replacing;  /* how many have a previous one, or a next */
	bool current;	    /* false: kept for what was made with it */
};
int nvr_keys_list(struct nvr_state *s,
    int (*row)(void *ctx, const struct nvr_key_info *k), void *ctx,
    struct nvr_error *err);

#endif
