/*
 * The store: one database for everything that is not media.  SQLite in WAL
 * mode; any number of programs use it at once.  All SQL stands in lib/store
 * as named constants with ?1-numbered parameters and runs on PostgreSQL too:
 * BIGINT, TEXT, BYTEA and DOUBLE PRECISION columns, times as microseconds
 * bound from C, ids made in C, nothing of SQLite's own dialect.
 *
 * Errors: NVR_E_NOENT where a row is not there, NVR_E_AGAIN when another
 * program held the store for longer than five seconds, NVR_E_PERMISSION when
 * it is read-only or not to be opened, NVR_E_DATA when it is damaged,
 * NVR_E_CONFIG when its schema is newer than this program, NVR_E_IO when the
 * disk is full or failing.
 */
#ifndef NVR_STORE_STORE_H
#define NVR_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_store;

/* Bytes of a column: what is sealed (core/keys.h), a hash. */
struct nvr_blob {
	const void *data; /* NULL: none */
	size_t len;
};

enum {
	NVR_STORE_CREATE = 1,  /* make it when it is not there */
	NVR_STORE_READ = 2,    /* only read: works on a read-only disk */
	NVR_STORE_DURABLE = 4, /* a committed row survives power loss at once;
				* without it, within the next checkpoint */
	NVR_STORE_MIGRATE = 8, /* bring an older schema up to date; without it
				* an older schema is NVR_E_CONFIG */
	NVR_STORE_LOOK = 32,   /* for a moment, to read: works on a full disk,
				* where others may have to wait */
	NVR_STORE_KEYS = 16,   /* keys.db: its own schema, durable, and without
				* a WAL, in which deleted keys would last */
};

int nvr_store_open(
    const char *path, int flags, struct nvr_store **ret, struct nvr_error *err);
void nvr_store_close(struct nvr_store *st);

/*
 * How long a statement waits for another program that holds the store, in
 * milliseconds; five seconds unless this was called.
 */
void nvr_store_patience(struct nvr_store *st, int ms);

/*
 * Keeps what a transaction changes in memory, up to 512 MB and no more than
 * there is of it, until the commit: others read the store meanwhile.  Off gives
 * the memory back.
 */
int nvr_store_hold(struct nvr_store *st, bool on, struct nvr_error *err);

/* From now on a commit is on the disk when it returns: NVR_STORE_DURABLE. */
int nvr_store_durable(struct nvr_store *st, struct nvr_error *err);

/*
 * A transaction for writing.  It takes the write lock at once, so it cannot
 * fail for want of it later.  Every error in between must be followed by
 * rollback.
 */
int nvr_store_begin(struct nvr_store *st, struct nvr_error *err);
/*
 * Whether it has lasted for as long as others should wait, 20 ms, or written as
 * much as is flushed in that time: what changes many rows does it in several.
 */
bool nvr_store_enough(struct nvr_store *st);
/* Between those: who waits for the lock looks for it now and then only, and
 * would not find it free. */
void nvr_store_rest(void);
int nvr_store_commit(struct nvr_store *st, struct nvr_error *err);
void nvr_store_rollback(struct nvr_store *st);
/* The end of one: rc 0 commits, else it is rolled back.  Returns what then is
 * the matter. */
int nvr_store_end(struct nvr_store *st, int rc, struct nvr_error *err);

/*
 * Within a transaction: what is done from here until nvr_store_tried stays, or
 * is taken back by it.
 */
int nvr_store_try(struct nvr_store *st, struct nvr_error *err);
int nvr_store_tried(struct nvr_store *st, bool keep, struct nvr_error *err);

/*
 * From now on all that is read is of one moment, whatever others write; until
 * rollback.
 */
int nvr_store_snapshot(struct nvr_store *st, struct nvr_error *err);

/* The schema's version in the store, and the newest this program knows. */
int nvr_store_version(struct nvr_store *st, int *ret, struct nvr_error *err);
int nvr_store_newest(void);

/* Whether it is still the schema that this program knows: another may have
 * migrated the store meanwhile. */
int nvr_store_current(struct nvr_store *st, bool *ret, struct nvr_error *err);

/* Reads the whole database and says the first thing that is wrong with it. */
int nvr_store_verify(struct nvr_store *st, struct nvr_error *err);

/* Settings of the store itself, such as its UUID. */
#define NVR_SETTING_TEXT 128
int nvr_setting_get(struct nvr_store *st, const char *name,
    char value[NVR_SETTING_TEXT], struct nvr_error *err);
int nvr_setting_put(struct nvr_store *st, const char *name, const char *value,
    struct nvr_error *err);
/* One that is a number from 0 to `most`.  Where there is none: `none`; where it
 * is no such number: -1. */
int nvr_setting_int(struct nvr_store *st, const char *name, int64_t most,
    int64_t none, int64_t *ret, struct nvr_error *err);
int nvr_setting_put_int(struct nvr_store *st, const char *name, int64_t value,
    struct nvr_error *err);

/* Calls back for each table with its number of rows; stops at non-zero. */
int nvr_store_each_table(struct nvr_store *st,
    int (*row)(void *ctx, const char *name, int64_t rows), void *ctx,
    struct nvr_error *err);

#endif
