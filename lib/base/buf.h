/*
 * A growable run of bytes, always followed by a NUL that is not counted, so
 * that text in it is a C string.  { 0 } is an empty one.
 */
#ifndef NVR_BASE_BUF_H
#define NVR_BASE_BUF_H

#include <stddef.h>

#include "base/error.h"

struct nvr_buf {
	char *data; /* NULL while empty */
	size_t len;
	size_t cap;
};

/* Makes room for `more` bytes after len. */
int nvr_buf_reserve(struct nvr_buf *b, size_t more, struct nvr_error *err);
int nvr_buf_add(
    struct nvr_buf *b, const void *data, size_t len, struct nvr_error *err);
int nvr_buf_addf(struct nvr_buf *b, struct nvr_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Frees the bytes and makes it empty again. */
void nvr_buf_release(struct nvr_buf *b);

/* The same for secrets: the bytes are wiped first. */
void nvr_buf_wipe(struct nvr_buf *b);

#endif
