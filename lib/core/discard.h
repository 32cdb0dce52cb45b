/*
 * Deleting files of the media folder, so that a crash anywhere leaves neither
 * a row without its file nor a file that nothing knows of: the row goes and
 * the path becomes garbage in one transaction, then the file goes, then its
 * folder is flushed, then the garbage row goes.
 *
 * No link below the media folder is followed; the folder itself may be one.  A
 * link in a file's place is deleted itself.  Nothing that lies in the media
 * folder directly is deleted, since none of ours does.
 */
#ifndef NVR_CORE_DISCARD_H
#define NVR_CORE_DISCARD_H

#include "core/segment.h"
#include "core/state.h"
#include "store/still.h"

struct nvr_discard;

/*
 * The store is durable from then on: else a power cut could bring a row back
 * whose file is gone.  NVR_E_UNAVAILABLE when the media folder is not this
 * store's.  failed() hears of each path that could not be deleted, and why; it
 * stays garbage, or keeps its row.  The path is as the store has it.  NULL:
 * nobody.
 */
int nvr_discard_open(struct nvr_state *s,
    void (*failed)(void *ctx, const char *path, const struct nvr_error *why),
    void *ctx, struct nvr_discard **ret, struct nvr_error *err);
void nvr_discard_close(struct nvr_discard *d);

/*
 * Why what comes next goes: `older than 30d`; borrowed.  The security log tells
 * of it, in the transaction in which rows go: `retain.deleted`, of each stream
 * in the log of the camera's account, of stills in the store's own.
 */
void nvr_discard_why(struct nvr_discard *d, const char *why);
/* Asked of each stream in the transaction in which segments of it go, since who
 * works for minutes must know what was decided meanwhile: where it says no,
 * they stay, and nobody is told. */
void nvr_discard_heed(struct nvr_discard *d,
    int (*may)(void *ctx, int64_t camera, enum nvr_stream stream, bool *ret,
	struct nvr_error *err),
    void *ctx);
/* Who is to have no keys, as what reads cameras, tells that to the stream's
 * events instead: `deleted`. */
void nvr_discard_keyless(struct nvr_discard *d);

/*
 * Segments, up to NVR_DISCARD_BATCH, best those of one stream together: rows
 * and garbage in one transaction, then the files.  gone[i] says of which the
 * file went: a hold may have come, another program been first, or the file
 * could not be deleted.  In a folder that cannot be written to (a disk that
 * turned read-only has many) the rows stay as well.  NVR_E_IO when the store's
 * disk is full.
 */
#define NVR_DISCARD_BATCH 256
#define NVR_DISCARD_FEW 4 /* that a full disk may have room for */
int nvr_discard_segments(struct nvr_discard *d, const struct nvr_segment *seg,
    size_t n, bool gone[], struct nvr_error *err);

/* What a crash left of a segment, which can have been written up to `end`: the
 * journal's row, and whatever there is of its file, of that size; -1: there is
 * none, and nothing to tell.  Nobody may be writing it. */
int nvr_discard_torn(struct nvr_discard *d, const struct nvr_torn *torn,
    int64_t end, int64_t size, bool *gone, struct nvr_error *err);

/* nvr_discard_garbage ends with the batch in which nvr_time_monotonic gets
 * past it. */
void nvr_discard_until(struct nvr_discard *d, int64_t end);

/* How many rows went whose files did not. */
int64_t nvr_discard_left(const struct nvr_discard *d);

/* The same for kept stills, of which id, taken_at, expires_at, path and
 * size_bytes count.  One that was extended since stays, as does one of
 * which the row has another expires_at for another reason. */
int nvr_discard_stills(struct nvr_discard *d, const struct nvr_still_row *row,
    size_t n, bool gone[], struct nvr_error *err);

/* Where kept stills are, and nothing else. */
#define NVR_STILLS_PATH "media/stills/"

/* Whether a row names that file: of a segment, of one that is being written, or
 * of a kept still.  The path is as the store has it. */
int nvr_discard_named(
    struct nvr_state *s, const char *path, bool *ret, struct nvr_error *err);

/*
 * The files of what is garbage already, all that was added at or before
 * `until`, or after `later`; gone() hears of each.  Not those that a row names
 * all the same: of them failed() does.  Memory does not grow with their number.
 */
int nvr_discard_garbage(struct nvr_discard *d, int64_t until, int64_t later,
    void (*gone)(void *ctx, const char *path, int64_t added_at), void *ctx,
    struct nvr_error *err);

#endif
