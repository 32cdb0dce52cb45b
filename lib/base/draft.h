/*
 * A file that is written bit by bit, and is there whole or not at all: under
 * another name beside it until it is done.  A link is followed; a device or a
 * pipe is written to as it is.  Only its owner can read what is made.
 */
#ifndef NVR_BASE_DRAFT_H
#define NVR_BASE_DRAFT_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct nvr_draft {
	int fd;		     /* to write to, and to read back from */
	bool device;	     /* cannot be read back */
	char path[PATH_MAX]; /* what it is going to be */
	/* What it is until then, for a signal handler to delete; "": nothing.
	 */
	char temp[PATH_MAX + 8];
};

int nvr_draft_open(
    struct nvr_draft *d, const char *path, struct nvr_error *err);

/* Flushes it and gives it its name. */
int nvr_draft_commit(struct nvr_draft *d, struct nvr_error *err);

/* Nothing of it stays. */
void nvr_draft_drop(struct nvr_draft *d);

#endif
