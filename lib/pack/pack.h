/*
 * Archives that any machine opens: tar under Zstandard (RFC 8878) or gzip (RFC
 * 1952), and zip (APPNOTE 6.3, with its 64-bit sizes), by libarchive.  The same
 * files in the same order give the same bytes: no owner, no time but one, no
 * threads.
 *
 * What is compressed already (jpg, mp4, age) is not compressed again in a zip;
 * tar compresses the whole.  Memory is bounded, but for what a zip keeps of
 * each file until its end, about 200 bytes.
 */
#ifndef NVR_PACK_PACK_H
#define NVR_PACK_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum nvr_pack_format {
	NVR_PACK_TAR_ZST,
	NVR_PACK_TAR_GZ,
	NVR_PACK_ZIP,
	NVR_PACK_FORMATS
};

/* `tar.zst`, `tar.gz`, `zip`; NVR_E_USAGE for another one. */
const char *nvr_pack_name(enum nvr_pack_format format);
int nvr_pack_parse(
    const char *name, enum nvr_pack_format *ret, struct nvr_error *err);

struct nvr_pack;

/* All files have the time `at` (microseconds; whole seconds are kept). */
int nvr_pack_open(enum nvr_pack_format format, const struct nvr_sink *sink,
    int64_t at, struct nvr_pack **ret, struct nvr_error *err);

/*
 * A file begins, of so many bytes, which then are written in any pieces, and no
 * more and no fewer: NVR_E_BUG else.  path: relative, of `/` and A-Z a-z 0-9 .
 * _ -, without `..` (NVR_E_BUG).  What is below keys/ is for its owner alone.
 */
int nvr_pack_file(
    struct nvr_pack *p, const char *path, uint64_t size, struct nvr_error *err);
int nvr_pack_write(
    struct nvr_pack *p, const void *data, size_t len, struct nvr_error *err);

/* The archive is whole once this returns 0.  Only free follows. */
int nvr_pack_finish(struct nvr_pack *p, struct nvr_error *err);
void nvr_pack_free(struct nvr_pack *p);

/*
 * Reading, whichever of them it is, from a stream: no seeking.  Everything in
 * it may be hostile: NVR_E_DATA for what is no such archive, is damaged or cut
 * short, holds anything but files (links, devices), or a path as above does not
 * allow.
 */
struct nvr_unpack;
struct nvr_packed {
	const char *path; /* borrowed until the next one */
	uint64_t size;	  /* UINT64_MAX: it is known at its end */
};

/* read(): up to len bytes; 0 is the end, negative an NVR_E code. */
int nvr_unpack_open(
    int64_t (*read)(void *ctx, void *buf, size_t len, struct nvr_error *err),
    void *ctx, struct nvr_unpack **ret, struct nvr_error *err);
/* 1: a file; 0: there is no more, and the archive was whole. */
int nvr_unpack_next(
    struct nvr_unpack *u, struct nvr_packed *ret, struct nvr_error *err);
/* Of that file: 0 at its end, or negative. */
int64_t nvr_unpack_read(
    struct nvr_unpack *u, void *buf, size_t len, struct nvr_error *err);
void nvr_unpack_free(struct nvr_unpack *u);

#endif
