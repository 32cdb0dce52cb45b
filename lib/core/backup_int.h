/* What backup.c, backup_file.c and restore*.c share. */
#ifndef NVR_CORE_BACKUP_INT_H
#define NVR_CORE_BACKUP_INT_H

#include "core/backup.h"
#include "core/ledger.h"

/* The SHA-256 of a file, in hex, and its size; to is a new file (0600) that
 * gets a copy, on the disk, or NULL. */
int nvr_backup_digest(const char *path, const char *to, char sha256[65],
    int64_t *size, struct nvr_error *err);

/* backup.json. */
int nvr_backup_write(
    const char *dir, const struct nvr_backup *b, struct nvr_error *err);

/* Whether backup.json names that file. */
bool nvr_backup_has(const struct nvr_backup *b, const char *name);

/* Which file of the folder is the master key that wraps what is in db;
 * NVR_E_NOENT: none. */
int nvr_backup_master(const char *dir, struct nvr_store *db,
    char path[PATH_MAX], struct nvr_error *err);

/* A restore in hand. */
struct nvr_restoring {
	const struct nvr_restore *r;
	struct nvr_backup b;
	struct nvr_state s; /* its store is the backup's, in a file beside */
	struct nvr_store *live; /* NULL: there is none that opens */
	bool damaged, empty;	/* the present one */
	struct nvr_ledger more; /* r->ledger */
	struct nvr_restored *ret;
};

int nvr_restore_store(struct nvr_restoring *x, struct nvr_error *err);
int nvr_restore_keys(struct nvr_restoring *x, struct nvr_error *err);
int nvr_restore_box(struct nvr_restoring *x, struct nvr_error *err);

/* A file of the backup under that name in keys/; one of no bytes is none. */
int nvr_restore_put_back(struct nvr_restoring *x, const char *name,
    const char *as, struct nvr_error *err);

/* NVR_E_DATA where the keys do not open what that store, x->s.store or
 * x->live, has sealed of a thousand accounts. */
int nvr_restore_readable(struct nvr_restoring *x, struct nvr_store *st,
    const struct nvr_ledger *l, struct nvr_error *err);

/* For who makes or restores a store: none but one at a time.  NVR_E_AGAIN:
 * another does. */
int nvr_restore_lock(const char *dir, int *fd, struct nvr_error *err);

/* A file that may not be there, and those that SQLite has beside a database. */
int nvr_restore_drop(const char *path, struct nvr_error *err);
int nvr_restore_drop_beside(const char *path, struct nvr_error *err);

/* What it is kept as from then on. */
#define NVR_DAMAGED_NAME 64
int nvr_damaged_name(int64_t at, char name[NVR_DAMAGED_NAME]);

/* Puts the copy in the place of a database that does not open, which is kept,
 * or is not there.  NVR_E_AGAIN while a program has it open. */
int nvr_restore_rename(
    struct nvr_restoring *x, const char *copy, struct nvr_error *err);

/* Opens the ledger, which has to be sound; r->ledger goes into it. */
int nvr_restore_ledger(
    struct nvr_restoring *x, struct nvr_ledger *l, struct nvr_error *err);

#endif
