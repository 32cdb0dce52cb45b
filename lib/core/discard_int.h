/* What the files of discarding share; see discard.h. */
#ifndef NVR_CORE_DISCARD_INT_H
#define NVR_CORE_DISCARD_INT_H

#include "core/discard.h"

#define NVR_DISCARD_PATH 256 /* bytes: twice as long as any of ours */

struct nvr_discard_entry {
	char path[NVR_DISCARD_PATH];
	size_t of; /* in the caller's list */
	int64_t added_at;
	bool gone; /* the file is, and will be after a power cut */
};

struct nvr_discard {
	struct nvr_state *s;
	void (*failed)(void *ctx, const char *path, const struct nvr_error *e);
	void *ctx;
	const char *why; /* they go; borrowed, may be NULL */
	/* nvr_discard_heed */
	int (*may)(void *ctx, int64_t camera, enum nvr_stream stream, bool *ret,
	    struct nvr_error *err);
	void *may_ctx;
	bool keyless; /* the security log cannot be written to */
	int64_t end;  /* of sweeping, by CLOCK_MONOTONIC */
	int media;
	struct nvr_discard_entry e[NVR_DISCARD_BATCH]; /* those at hand */
	size_t n;
	int64_t left;
};

/* media/FOLDER/…/FILE, as these programs name files.  A store may be hostile.
 */
bool nvr_discard_ours(const char *path);

void nvr_discard_failed(
    struct nvr_discard *d, const char *path, const struct nvr_error *why);

/* By path: what follows needs it. */
void nvr_discard_sort(struct nvr_discard *d);

/* Ahead of their rows: those of a folder that cannot be written to are told of,
 * and are entries no more. */
void nvr_discard_check(struct nvr_discard *d);

/* discard_log.c: that they go, in their transaction; those of a stream come
 * together. */
int nvr_discard_log_segments(struct nvr_discard *d,
    const struct nvr_segment *const seg[], size_t n, struct nvr_error *err);
/* The same of the rows of the entries. */
int nvr_discard_log_stills(
    struct nvr_discard *d, const void *rows, struct nvr_error *err);

/* The files of all entries go. */
void nvr_discard_files(struct nvr_discard *d);

#endif
