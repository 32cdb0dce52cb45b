/*
 * Whether the media folder and the store say the same, both ways: each segment
 * against its size, its SHA-256 and the tags of its chunks, and each file
 * against the rows.  Nothing is changed.
 */
#ifndef NVR_CORE_VERIFY_H
#define NVR_CORE_VERIFY_H

#include <signal.h>

#include "core/state.h"

struct nvr_verify_fault {
	const char *path; /* relative to the state folder */
	int64_t segment;  /* 0: none */
	const char *what; /* missing, size, sha256, sealed, unknown, … */
	const char *text; /* for people */
};

struct nvr_verify {
	int64_t camera;	      /* 0: all */
	int64_t since, until; /* of a segment's start; until 0: no end */
	bool resume;	      /* go on where the last one was stopped */
	const volatile sig_atomic_t *stop;
	void *ctx;
	void (*fault)(void *ctx, const struct nvr_verify_fault *f);
	void (*progress)(void *ctx, int64_t done, int64_t total);
};

struct nvr_verify_result {
	int64_t segments, bytes, files; /* looked at */
	int64_t faults;
	int64_t unopened; /* segments whose identity is kept elsewhere */
	bool stopped;
};

int nvr_verify(struct nvr_state *s, const struct nvr_verify *v,
    struct nvr_verify_result *ret, struct nvr_error *err);

#endif
