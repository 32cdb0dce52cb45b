/* Who receives data, as rows; see core/processor.h. */
#ifndef NVR_STORE_PROCESSOR_H
#define NVR_STORE_PROCESSOR_H

#include "store/store.h"

struct nvr_processor {
	int64_t id;
	const char *name, *purpose, *data, *jurisdiction, *safeguard;
	const char *host;     /* "": none */
	int64_t since, until; /* until 0: still */
};

int nvr_processor_insert(
    struct nvr_store *st, const struct nvr_processor *p, struct nvr_error *err);
/* Ends those of that name, and of the host unless it is NULL; *n of them. */
int nvr_processor_until(struct nvr_store *st, const char *name,
    const char *host, int64_t now, int *n, struct nvr_error *err);
/* By name. */
int nvr_processor_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_processor *p), void *ctx,
    struct nvr_error *err);

/* Where pictures went: a host, with its port where that was named. */
struct nvr_destination {
	const char *host;
	int64_t pictures, first, last;
};
int nvr_destination_each(struct nvr_store *st,
    int (*row)(void *ctx, const struct nvr_destination *d), void *ctx,
    struct nvr_error *err);

#endif
