/* One program of a kind at a time, by a lock in the store's folder. */
#ifndef NVR_CORE_ALONE_H
#define NVR_CORE_ALONE_H

#include "core/state.h"

#define NVR_ALONE_TEXT 32 /* at the beginning of the file: the pid */

/*
 * file: `.retain` is nvr-retain's.  NVR_E_AGAIN names the pid of the other one.
 * Held until nvr_alone_end, or until the process ends, whatever ends it; what
 * stands in the file is for people.
 */
int nvr_alone(
    struct nvr_state *s, const char *file, int *fd, struct nvr_error *err);
void nvr_alone_end(int fd); /* -1: nothing */

#endif
