/*
 * The programs that run for us, so that a signal handler can end them before
 * it ends us.
 */
#ifndef NVR_CORE_CHILDREN_H
#define NVR_CORE_CHILDREN_H

#include <sys/types.h>

/* pid as kill(2) takes it: negative is a process group.  At most 256. */
void nvr_child_add(pid_t pid);
void nvr_child_drop(pid_t pid);

/* Sends all of them SIGKILL or SIGTERM.  Safe in a signal handler. */
void nvr_children_signal(int sig);

#endif
