/* What the parts of nvr-notify share. */
#ifndef NVR_CMD_NOTIFY_H
#define NVR_CMD_NOTIFY_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/state.h"

/* A store that there is; what it commits is on the disk. */
int notify_open(struct nvr_cli *c, struct nvr_state **s);

extern bool notify_dead; /* --dead */

/* The commands for what waits. */
int notify_queue(struct nvr_cli *c, int argc, char **argv);
int notify_retry(struct nvr_cli *c, int argc, char **argv);
int notify_drop(struct nvr_cli *c, int argc, char **argv);

#endif
