/* What the two halves of nvr-camera share. */
#ifndef NVR_CMD_CAMERA_H
#define NVR_CMD_CAMERA_H

#include "cli/cli.h"

extern struct nvr_cli cli;
extern bool camera_removed; /* --removed */

int camera_list(struct nvr_cli *c, int argc, char **argv);
int camera_show(struct nvr_cli *c, int argc, char **argv);
int camera_probe(struct nvr_cli *c, int argc, char **argv);

#endif
