/*
 * A table that grows at its end: in memory at first, then in a file without a
 * name.  { .folder = … } is an empty one.
 */
#ifndef NVR_MEDIA_SPOOL_H
#define NVR_MEDIA_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct nvr_spool {
	const char *folder; /* borrowed */
	int fd;		    /* 0: no file yet */
	uint64_t filed;	    /* bytes in the file */
	uint8_t *tail;	    /* what follows them */
	size_t tail_len;
};

int nvr_spool_add(
    struct nvr_spool *s, const void *data, size_t len, struct nvr_error *err);
int nvr_spool_add32(struct nvr_spool *s, uint32_t v, struct nvr_error *err);
uint64_t nvr_spool_len(const struct nvr_spool *s);
/* Up to len bytes at an offset: how many; 0 at the end. */
int nvr_spool_read(struct nvr_spool *s, uint64_t offset, void *buf, size_t len,
    size_t *got, struct nvr_error *err);
void nvr_spool_clear(struct nvr_spool *s);
void nvr_spool_release(struct nvr_spool *s);

#endif
