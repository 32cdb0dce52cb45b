/* One program of a kind at a time, by a lock in the store's folder. */
#ifndef NVR_CORE_ALONE_H
#define NVR_CORE_ALONE_H

#include "core/state.h"

/*
 * tool: `nvr-retain`; the file is `.retain`.  NVR_E_AGAIN names the pid of the
 * other one.  Held until nvr_alone_end, or until the process ends, whatever
 * ends it; the file's text is for people.
 */
int nvr_alone(
    struct nvr_state *s, const char *tool, int *fd, struct nvr_error *err);
void nvr_alone_end(int fd); /* -1: nothing */

#endif
