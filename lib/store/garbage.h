/*
 * Files that are to go: a row is here before its file goes, and until it has.
 * core/discard.h deletes them.
 */
#ifndef NVR_STORE_GARBAGE_H
#define NVR_STORE_GARBAGE_H

#include "store/store.h"

struct nvr_garbage {
	const char *path; /* relative to the state folder, if it is honest */
	int64_t added_at;
};

/* Within a transaction of the caller's.  One that is there stays as it is. */
int nvr_garbage_add(
    struct nvr_store *st, const char *path, int64_t now, struct nvr_error *err);
int nvr_garbage_drop(
    struct nvr_store *st, const char *path, struct nvr_error *err);
int nvr_garbage_has(
    struct nvr_store *st, const char *path, bool *ret, struct nvr_error *err);

/*
 * Those added at or before `until`, or after `later`, by path, from behind
 * `after` ("": from the first); borrowed.  A path with a NUL in it, which none
 * of ours has, is passed over.  Stops when row() returns not 0, and returns
 * that.
 */
int nvr_garbage_each(struct nvr_store *st, const char *after, int64_t until,
    int64_t later, int (*row)(void *ctx, const struct nvr_garbage *g),
    void *ctx, struct nvr_error *err);

#endif
