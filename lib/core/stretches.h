/* Stretches of time, put together where they overlap. */
#ifndef NVR_CORE_STRETCHES_H
#define NVR_CORE_STRETCHES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_stretch {
	int64_t since, until;
};

/* All 0: none.  free() e in the end. */
struct nvr_stretches {
	struct nvr_stretch *e; /* in order and apart, once they are put so */
	size_t n, size;
};

int nvr_stretches_add(struct nvr_stretches *x, int64_t since, int64_t until,
    struct nvr_error *err);
void nvr_stretches_order(struct nvr_stretches *x);

/* The first that has something between start and end, as SQL says of holds;
 * NULL: none has. */
const struct nvr_stretch *nvr_stretches_find(
    const struct nvr_stretches *x, int64_t start, int64_t end);

#endif
