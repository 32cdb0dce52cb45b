/*
 * Backups: folders with copies of nvr.db, or of what is in keys/, and a file
 * backup.json that says of what, when, and what their SHA-256 are.  It is
 * written last, so a folder without it is no backup.
 *
 * The two are kept apart, and those of keys for a week at the most: from then
 * on what was erased cannot be read in any copy there is.
 */
#ifndef NVR_CORE_BACKUP_H
#define NVR_CORE_BACKUP_H

#include "core/state.h"

#define NVR_BACKUP_FILES 64

struct nvr_backup {
	bool keys;	/* of keys/, and not of the store */
	char store[40]; /* its UUID */
	int64_t schema, taken_at;
	int64_t size_bytes; /* of all files; not in backup.json */
	int n;
	struct {
		char name[64], sha256[65];
	} file[NVR_BACKUP_FILES];
};

struct nvr_telling {
	void (*told)(void *ctx, int done, int all); /* or NULL */
	void *ctx;
};

/*
 * Makes the folder (0700), which must not exist or be empty, and the backup in
 * it, while others go on writing.  Should it fail nothing is left of it.
 * NVR_E_CREATE when something is there, NVR_E_AGAIN when keys are being
 * replaced.
 */
int nvr_backup_make(struct nvr_state *s, const char *dir, bool keys,
    const struct nvr_telling *t, struct nvr_backup *ret, struct nvr_error *err);

/* What backup.json says.  NVR_E_NOENT, NVR_E_DATA. */
int nvr_backup_read(
    const char *dir, struct nvr_backup *ret, struct nvr_error *err);

/* Copies a file of the backup, or NVR_E_DATA when it is not what was backed
 * up, and then nothing is left of the copy. */
int nvr_backup_fetch(const char *dir, const struct nvr_backup *b,
    const char *name, const char *to, struct nvr_error *err);

struct nvr_restore {
	const char *dir;    /* the backup */
	const char *ledger; /* a copy of the ledger that is heeded too; NULL */
	struct nvr_actor actor;
	/* Of a backup of keys the box key alone, in place of this store's. */
	bool box;
};

struct nvr_restored {
	int erased; /* accounts of the backup that had been erased since */
	int files;  /* that were put in place */
	int lost;   /* accounts that were made since the backup */
	/* Cameras that were erased since the backup: they are removed, and can
	 * be restored as any that is. */
	int removed;
	/* The present store could not be read, so what people decided since
	 * the backup is undone. */
	bool undone;
	/* The log is the backup's: the present one does not continue it. */
	bool own_log;
};

/*
 * Puts the backup in place.  The ledger of the present store, the backup's and
 * the one that is given become one, and what they name is erased in the backup
 * before any program sees it.  The present database is replaced in one step,
 * which running programs survive; one that is damaged is kept as
 * nvr.db.damaged-TIME, and not replaced while a program has it open.  All
 * sessions and links end.
 *
 * What people decided since the backup is carried over from the present
 * database, as is the security log (store/carry.h), cameras that were erased
 * since are removed ones, and what was set of others holds; where there is none
 * that can be read, what is removed in the backup was removed now.
 *
 * Of keys/ only what is missing is put back.
 *
 * NVR_E_CREATE when another store is there, unless that is empty, NVR_E_DATA
 * when the backup is damaged or a line of the ledger none.
 */
int nvr_restore(const char *state, const struct nvr_restore *r,
    struct nvr_restored *ret, struct nvr_error *err);

/*
 * What a restore that was killed has left in the folder of the store: copies
 * of the store and of keys, with everybody who was erased since they were made.
 * _left names one of them; _tidy deletes them, as each erasure does and each
 * run of retention.  While a restore is at work there is nothing left.
 */
bool nvr_restore_left(const char *dir, char path[PATH_MAX]);
int nvr_restore_tidy(const char *dir, struct nvr_error *err);

/*
 * A database that a restore found damaged and kept, or a file that SQLite has
 * beside it.  As in a backup, what is sealed for who is erased cannot be read
 * any more, but the rest is there until nvr-retain deletes it: once it is older
 * than restore-within of [account], which is 30 days at the most (C20).
 */
struct nvr_damaged {
	const char *name;
	int64_t at, bytes; /* since when it is kept */
};
int nvr_damaged_each(const char *dir,
    int (*each)(void *ctx, const struct nvr_damaged *f), void *ctx,
    struct nvr_error *err);
int nvr_damaged_drop(
    const char *dir, const struct nvr_damaged *f, struct nvr_error *err);

#endif
