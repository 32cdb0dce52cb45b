/*
 * Where bytes come from and where they go, when it is not the reader's or the
 * writer's affair: a file, the data of a sealed file, memory.
 */
#ifndef NVR_BASE_BYTES_H
#define NVR_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Read at any offset. */
struct nvr_bytes {
	/* Exactly len bytes at an offset, within size, or an error. */
	int (*pread)(void *ctx, void *buf, size_t len, uint64_t offset,
	    struct nvr_error *err);
	void *ctx;
	uint64_t size;
};

/* Written in order. */
struct nvr_sink {
	/* All or an error. */
	int (*write)(
	    void *ctx, const void *data, size_t len, struct nvr_error *err);
	void *ctx;
};

#endif
