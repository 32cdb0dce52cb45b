/* Copies of a whole database while others go on writing to it. */
#ifndef NVR_STORE_BACKUP_H
#define NVR_STORE_BACKUP_H

#include <stddef.h>

#include "store/store.h"

/*
 * Copies it as it is at this moment into the new file `to` (0600), one that
 * needs no other beside it.  It is whole and on the disk when this returns,
 * and not there at all when it fails.  told, which may be NULL, gets the pages
 * that are copied and all of them.  NVR_E_CREATE when there is such a file,
 * NVR_E_DATA when what is copied is damaged.
 */
int nvr_store_copy(struct nvr_store *st, const char *to,
    void (*told)(void *ctx, int done, int all), void *ctx,
    struct nvr_error *err);

/*
 * Puts what is in `from` into the place of all that is in `st`, in one
 * transaction: others see the one or the other.  NVR_E_AGAIN when others keep
 * it locked.
 */
int nvr_store_replace(
    struct nvr_store *st, struct nvr_store *from, struct nvr_error *err);

/* Ends all sessions and links: some of a backup's were ended since. */
int nvr_store_sign_out(struct nvr_store *st, struct nvr_error *err);

/* Empties the WAL, in which deleted rows would last; NVR_E_AGAIN while others
 * read. */
int nvr_store_settle(struct nvr_store *st, struct nvr_error *err);

#endif
