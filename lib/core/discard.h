/*
 * Deleting files of the media folder, so that a crash anywhere leaves neither
 * a row without its file nor a file that nothing knows of: the row goes and
 * the path becomes garbage in one transaction, then the file goes, then its
 * folder is flushed, then the garbage row goes.
 *
 * No link below the media folder is followed; the folder itself may be one.
 */
#ifndef NVR_CORE_DISCARD_H
#define NVR_CORE_DISCARD_H

#include "core/state.h"
#include "store/footage.h"

struct nvr_discard;

/*
 * NVR_E_UNAVAILABLE when the media folder is not this store's.  failed() hears
 * of each path that could not be deleted and stays garbage; NULL: nobody.
 */
int nvr_discard_open(struct nvr_state *s,
    void (*failed)(void *ctx, const char *path, const struct nvr_error *why),
    void *ctx, struct nvr_discard **ret, struct nvr_error *err);
void nvr_discard_close(struct nvr_discard *d);

/*
 * Segments, up to NVR_DISCARD_BATCH: rows and garbage in one transaction, then
 * the files.  gone[i] says which went: a hold may have come, or another program
 * been first.  Disk full: NVR_E_IO.
 */
#define NVR_DISCARD_BATCH 256
int nvr_discard_segments(struct nvr_discard *d, const struct nvr_segment *seg,
    size_t n, bool gone[], struct nvr_error *err);

/* The files of what is garbage already: all that there is. */
int nvr_discard_garbage(
    struct nvr_discard *d, int64_t *n, struct nvr_error *err);

#endif
