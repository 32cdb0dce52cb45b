/* What the parts of reading archives share. */
#ifndef NVR_PACK_UNPACK_INT_H
#define NVR_PACK_UNPACK_INT_H

#include <archive.h>
#include <archive_entry.h>

#include "pack/pack.h"

#define NVR_UNPACK_BLOCK ((size_t)64 * 1024)
#define NVR_UNPACK_WINDOW (8 * NVR_UNPACK_BLOCK)

/* A fingerprint of a list, under keys that who made the list did not know. */
struct nvr_unpack_sum {
	uint64_t value;
	uint64_t entries;
};

/* What stands of an entry ahead of its data and behind it. */
struct nvr_zip_local {
	uint64_t offset, data; /* where it begins, where its data does */
	uint64_t packed, size;
	uint32_t crc, time;
	uint16_t version, method, flags;
	size_t name_len;
};

struct nvr_unpack {
	int64_t (*read)(
	    void *ctx, void *buf, size_t len, struct nvr_error *err);
	void *ctx;
	struct nvr_error sunk; /* what the source said */
	/* The one takes away what is compressed, the other has the files. */
	struct archive *raw, *files;
	bool gzip, zip;
	uint8_t in[NVR_UNPACK_BLOCK];
	uint64_t fed; /* bytes of the source */
	uint8_t last[8];
	uint32_t crc, crc_table[256];	   /* of what comes out of a gzip */
	uint8_t window[NVR_UNPACK_WINDOW]; /* the last that came out */
	uint64_t end;			   /* how much that was in all */
	uint64_t handed;		   /* and to `files` */
	/* The file that is open. */
	bool open, done; /* it is; it is at its end */
	uint64_t data;	 /* of a tar: where it begins */
	uint64_t got;
	struct nvr_zip_local local;
	uint64_t key;
	struct nvr_unpack_sum sum;
};

/* Numbers of a zip and a gzip: least significant byte first. */
static inline uint16_t
nvr_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
nvr_le32(const uint8_t *p)
{
	return nvr_le16(p) | (uint32_t)nvr_le16(p + 2) << 16;
}

static inline uint64_t
nvr_le64(const uint8_t *p)
{
	return nvr_le32(p) | (uint64_t)nvr_le32(p + 4) << 32;
}

int nvr_unpack_damaged(struct nvr_error *err, const char *why);

/* Bytes of what came out, those of the last 400 KiB or ahead of them:
 * NVR_E_DATA where they are not there. */
int nvr_unpack_peek(struct nvr_unpack *u, uint64_t offset, void *buf,
    size_t len, struct nvr_error *err);

/* Nothing comes out from there on. */
int nvr_unpack_over(
    struct nvr_unpack *u, uint64_t offset, struct nvr_error *err);

/*
 * A zip says twice what is in it: ahead of each file, as who reads a stream
 * believes, and at its end, as who can seek does.  Both have to agree.  begin()
 * and end() are of a file, tail() of what follows the last.
 */
int nvr_zip_begin(struct nvr_unpack *u, uint64_t offset, struct nvr_error *err);
int nvr_zip_end(struct nvr_unpack *u, uint64_t next, struct nvr_error *err);
int nvr_zip_tail(struct nvr_unpack *u, uint64_t offset, struct nvr_error *err);

#endif
