/*
 * Runs a program without a shell: bytes in on its stdin, bytes out from its
 * stdout, bounded in time and size.
 */
#ifndef NVR_CORE_EXEC_H
#define NVR_CORE_EXEC_H

#include <stdint.h>

#include "base/buf.h"

struct nvr_exec {
	const char *path; /* absolute */
	/* NAME=value, NULL at the end, at most 14: all the environment it
	 * gets besides the standard PATH. */
	const char *const *env;
	const void *in;
	size_t in_len;
	int64_t timeout;   /* microseconds */
	size_t max_output; /* bytes */
	/* What follows it, NULL at the end, at most 14; NULL: nothing. */
	const char *const *args;
	int *status; /* how it ended by itself; NULL: who cares */
};

/*
 * Appends what it printed to out.  NVR_E_UNAVAILABLE when it cannot be run,
 * fails or is killed; NVR_E_AGAIN after the timeout; NVR_E_DATA when it
 * prints too much.  It and its children are gone when this returns;
 * core/children.h ends them when we are ended.
 */
int nvr_exec_run(
    const struct nvr_exec *x, struct nvr_buf *out, struct nvr_error *err);

#endif
