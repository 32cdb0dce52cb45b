/*
 * Reads recorded segments, whole ones and the one being written, as plain MP4
 * bytes at any offset.
 */
#ifndef NVR_CORE_FOOTAGE_H
#define NVR_CORE_FOOTAGE_H

#include "base/bytes.h"
#include "core/segment.h"

struct nvr_footage;

/*
 * What opens a camera's footage: its own identity, opened with the box key.
 * NVR_E_NOENT when it is kept elsewhere and there are sealed segments to be
 * opened.  Wipe it with nvr_age_identity_wipe.
 */
int nvr_footage_key(struct nvr_state *s, const struct nvr_camera *cam,
    struct nvr_age_identity *ret, struct nvr_error *err);

/* A whole segment.  identity may be NULL for one that is not sealed. */
int nvr_footage_open(struct nvr_state *s, const struct nvr_segment *seg,
    const struct nvr_age_identity *identity, struct nvr_footage **ret,
    struct nvr_error *err);

/*
 * One being written, as far as it is on the disk by now, or torn.  Tries the
 * name of a whole one as well, should it have been finished just now.
 */
int nvr_footage_open_torn(struct nvr_state *s, const struct nvr_torn *torn,
    struct nvr_footage **ret, struct nvr_error *err);

/* Borrowed until close. */
const struct nvr_bytes *nvr_footage_bytes(const struct nvr_footage *f);

/* The file under it, and whether it has its last name already. */
const char *nvr_footage_path(const struct nvr_footage *f);
bool nvr_footage_whole(const struct nvr_footage *f);

/* Writes the file's copy that ends after `size` bytes of plain data. */
int nvr_footage_cut(struct nvr_footage *f, const struct nvr_torn *torn,
    uint64_t size, const struct nvr_sink *out, struct nvr_error *err);

void nvr_footage_close(struct nvr_footage *f);

/* Opens the journal's payload key with the box key. */
int nvr_torn_key(struct nvr_state *s, const struct nvr_open_segment *o,
    struct nvr_torn *ret, struct nvr_error *err);

#endif
