/* The state of the keys, for core/keys*.c alone. */
#ifndef NVR_CORE_KEYS_INT_H
#define NVR_CORE_KEYS_INT_H

#include "core/keys.h"
#include "store/keydb.h"

#define NVR_RINGS 64
#define NVR_SERVICES 8
#define NVR_KEYS_MASTER "master" /* settings of keys.db */
#define NVR_KEYS_STORE "store"
#define NVR_KEYS_UNSAID "unsaid" /* master replaced, and not in the log yet */
#define NVR_KEYS_AGE "generation"
#define NVR_KEYS_NEWER "newer"	   /* "1": newer keys wait for a generation */
#define NVR_KEYS_CURSOR "rotate"   /* of all keys, the last that was begun */
#define NVR_KEYS_PEPPERS "peppers" /* the highest that was drawn; pepper.h */
#define NVR_KEYS_SIGNER "log_key"  /* public part of keys/log; keyfile.h */
#define NVR_KEYS_LOG "log"	   /* since when there is one; log_known.c */
#define NVR_KEYS_MARK "log_mark"   /* its newest mark */
#define NVR_KEYS_MADE "keys" /* setting of nvr.db: keys.db has been made */
#define NVR_KEYS_ERASURE "erasure" /* the key of core/erasure_row.c */
#define NVR_MASTER_ID 17	   /* room for the text and its NUL */

struct nvr_keys {
	struct nvr_store *db;
	int lock;      /* keys/.lock, held shared; -1: the disk is read-only */
	int use;       /* the byte of it that is held */
	bool rotating; /* it holds NVR_KEYS_ROTATE too */
	bool logged;   /* the log was written to, perhaps in vain */
	uint8_t master[NVR_ACCOUNT_KEY_LEN];
	char id[NVR_MASTER_ID];		 /* its own; "": not read yet */
	struct nvr_ring ring[NVR_RINGS]; /* n 0: empty */
	struct {
		char name[16]; /* "": free */
		uint8_t key[NVR_ACCOUNT_KEY_LEN];
	} service[NVR_SERVICES]; /* the store's own keys that were read */
};

/*
 * The bytes of keys/.lock: that keys were read, in an even generation or an odd
 * one, and that one is replaced.  A generation begins when accounts have got
 * newer keys: who reads in it finds both.
 */
enum { NVR_KEYS_EVEN = 0, NVR_KEYS_ROTATE = 1, NVR_KEYS_ODD = 2 };

/* F_WRLCK, F_RDLCK or F_UNLCK of a byte; NVR_E_AGAIN rather than waiting. */
int nvr_keys_lock(
    struct nvr_keys *k, int byte, short type, struct nvr_error *err);
/* Opens the lock and says, until it is closed, that keys of this generation
 * are in use. */
int nvr_keys_use(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err);
/* The same once more, for the generation of now: all keys are to be read anew.
 */
int nvr_keys_use_again(struct nvr_keys *k, struct nvr_error *err);
/* With NVR_KEYS_ROTATE, and nobody left of the generation before: begins the
 * next, and uses that. */
int nvr_keys_generation(struct nvr_keys *k, struct nvr_error *err);

/*
 * Reads the master key that wraps keys.db, where that is another than before;
 * rings are then forgotten.  A replacement that was cut short is completed.
 */
int nvr_keys_master(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err);

/* NVR_E_IO when master.new is in force and cannot take its place: then nothing
 * may write over it. */
int nvr_master_in_place(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err);

void nvr_keys_path(
    const struct nvr_state *s, const char *name, char path[PATH_MAX]);
void nvr_keys_forget(struct nvr_keys *k, int64_t account);

/* Opens under any key of the ring; which: of them. */
int nvr_ring_open(const struct nvr_ring *ring, const struct nvr_column *at,
    const void *sealed, size_t len, struct nvr_buf *out, int *which,
    struct nvr_error *err);

/* In a transaction of k->db: the store's own key of that name, drawn where
 * there is none. */
int nvr_service_draw(struct nvr_state *s, struct nvr_keys *k, const char *name,
    struct nvr_error *err);

/* Wraps a key and enters it; NVR_E_CREATE where the account has one. */
int nvr_keys_enter(struct nvr_keys *k, int64_t account,
    const uint8_t key[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err);

/* Compares keys.db with the ledger, and heeds it. */
int nvr_keys_catch_up(
    struct nvr_state *s, struct nvr_keys *k, struct nvr_error *err);

/* In one transaction, with what the ledger's size is. */
struct nvr_ledger;
int nvr_keys_destroy_all(
    struct nvr_store *db, const struct nvr_ledger *l, struct nvr_error *err);

/* What tells master keys apart, and no more. */
int nvr_master_id(const uint8_t master[NVR_ACCOUNT_KEY_LEN],
    char id[NVR_MASTER_ID], struct nvr_error *err);

/* A file of 32 bytes that only its owner can read. */
int nvr_master_read(
    const char *path, uint8_t ret[NVR_ACCOUNT_KEY_LEN], struct nvr_error *err);

/* Where a wrapped key stands; `previous` has its own place. */
struct nvr_column nvr_wrapped_at(int64_t account, bool previous);
struct nvr_column nvr_service_at(const char *name);

#endif
