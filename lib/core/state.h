/*
 * The state folder: the store, its keys and its media.
 *
 *	nvr.db		the store (0600)
 *	keys/		0700
 *	  box.age	the box key, an age identity (0400)
 *	  master	wraps the account keys, 32 random bytes (0400)
 *	  keys.db	the account keys; see keys.h
 *	  erasures	who was erased; see erasure.h
 *	media/		kept stills and footage
 *	  nvr-media	the UUID that the store names too
 *
 * Media is written and deleted only while the two UUIDs agree: a disk that is
 * not mounted, a wrong disk or an empty new store must not lead to footage
 * being lost, or written to the boot disk.
 */
#ifndef NVR_CORE_STATE_H
#define NVR_CORE_STATE_H

#include <limits.h>
#include <stdbool.h>

#include "base/rules.h"
#include "seal/age.h"
#include "seal/column.h"
#include "store/store.h"

/* Who does something, for the security log; NULL where it is not known. */
struct nvr_actor {
	/* `jane (as root)`; asked for when it is to be written, since the
	 * directory of users may be slow.  NULL: the account itself. */
	const char *(*who)(void);
	const char *channel; /* terminal, portal, … */
	const char *address, *agent;
	int64_t session; /* of those who are signed in; 0: none */
};

struct nvr_state {
	char dir[PATH_MAX - 256]; /* leaves room for the names in it */
	struct nvr_store *store;
	bool created; /* this call made it */
	bool have_box;
	struct nvr_age_identity box; /* by nvr_state_box */
	struct nvr_keys *keys;	     /* by keys.h */
	/* Set by who opens it: */
	const struct nvr_rules *rules;
	struct nvr_actor actor;
	bool rights; /* it serves people's rights: restricted data opens */
};

/* What something that is entered anew is known by already: it comes from
 * another store.  removed_at 0: it is not removed. */
struct nvr_given {
	int64_t id, created_at, changed_at, removed_at;
};

enum {
	NVR_STATE_CREATE = 1,  /* the first use makes it */
	NVR_STATE_DURABLE = 4, /* see NVR_STORE_DURABLE */
	NVR_STATE_MIGRATE = 8, /* see nvr_state_migrate */
	NVR_STATE_LOOK = 16,   /* see NVR_STORE_LOOK */
};

/*
 * Opens the folder.  Creating is safe against a second program that does the
 * same and against a crash: what is half made is completed by the next.
 * NVR_E_CREATE when media of another store lies in it.
 *
 * Whom the ledger names and the store still knows is erased before this
 * returns: it comes from an older backup, or an erasure was cut short.
 */
int nvr_state_open(
    const char *dir, int flags, struct nvr_state **ret, struct nvr_error *err);
void nvr_state_close(struct nvr_state *s);
/* Lets go of the keys, which nobody is to hold while it waits: a rotation waits
 * for them.  They are read again where they are needed. */
void nvr_state_rest(struct nvr_state *s);

/*
 * nvr_store_open of the folder's store, which is brought up to date.
 * NVR_E_AGAIN when it would have to be and somebody records: an older program
 * does not keep all that the new schema needs.
 */
int nvr_state_migrate(
    const char *dir, int how, struct nvr_store **ret, struct nvr_error *err);

/* Sets s->rights, and returns what it was, which is to be put back. */
bool nvr_state_rights(struct nvr_state *s, bool on);

/*
 * The box key, read once and borrowed until close.  NVR_E_PERMISSION when
 * others can read the file, NVR_E_NOENT when it is gone.
 */
int nvr_state_box(struct nvr_state *s, const struct nvr_age_identity **ret,
    struct nvr_error *err);

/* NVR_E_UNAVAILABLE unless the media folder is this store's. */
int nvr_state_media(struct nvr_state *s, struct nvr_error *err);

/* Takes the folder's own path out of a text that goes to others: what is left
 * of those of its files is `media/…`. */
void nvr_state_strip(const struct nvr_state *s, char *text);

/* Whether a key file is there, whole, and its owner's alone. */
int nvr_key_check(const char *path, struct nvr_error *err);

#endif
