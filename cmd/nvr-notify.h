/* What the parts of nvr-notify share. */
#ifndef NVR_CMD_NOTIFY_H
#define NVR_CMD_NOTIFY_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/state.h"

/* A store that there is; what it commits is on the disk. */
int notify_open(struct nvr_cli *c, struct nvr_state **s);

int notify_queue(struct nvr_cli *c, bool dead);
int notify_retry(struct nvr_cli *c, const char *id, bool dead);
int notify_drop(struct nvr_cli *c, const char *id);

#endif
