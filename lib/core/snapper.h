/*
 * Runs nvr-snap for tools that need a still but do not link what takes one.
 */
#ifndef NVR_CORE_SNAPPER_H
#define NVR_CORE_SNAPPER_H

#include <stddef.h>

#include "base/error.h"

struct nvr_snapper;

/*
 * Cameras by name, n 0: all of them; so many at once, 0: as nvr.conf says.
 * config NULL: the default one.
 */
int nvr_snapper_open(const char *store, const char *config, int jobs,
    char **names, int n, struct nvr_snapper **ret, struct nvr_error *err);

/*
 * The next still, borrowed until the next call.  1: one, 0: no more.  It waits
 * for one, unless nvr_snapper_fd was called.
 */
int nvr_snapper_next(struct nvr_snapper *s, const void **jpeg, size_t *len,
    struct nvr_error *err);

/*
 * For a loop: the descriptor to watch, nvr_snapper_next's until close.  From
 * now on that gives NVR_E_AGAIN where there is no whole still yet.
 */
int nvr_snapper_fd(struct nvr_snapper *s);

/*
 * After the last still: why there was none of that camera, as nvr-snap said
 * on stderr; borrowed until close.
 */
const char *nvr_snapper_reason(struct nvr_snapper *s, const char *camera);

/* Ends nvr-snap, should it still run. */
void nvr_snapper_close(struct nvr_snapper *s);

#endif
