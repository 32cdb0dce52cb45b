/* What the parts of nvr-heartbeat share. */
#ifndef NVR_CMD_HEARTBEAT_H
#define NVR_CMD_HEARTBEAT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/heartbeat.h"

#include "open.h"

struct heartbeat_options {
	bool print, openmetrics, now;
	const char *pin, *tls_ca;
};

extern struct nvr_cli cli;
extern struct heartbeat_options opt;

/* --print: what would be sent, to stdout. */
int heartbeat_print(struct nvr_cli *c);

int heartbeat_enrol(struct nvr_cli *c, int argc, char **argv);
int heartbeat_status(struct nvr_cli *c, int argc, char **argv);
int heartbeat_leave(struct nvr_cli *c, int argc, char **argv);

/* By when everything has to be done (nvr_time_monotonic). */
int64_t heartbeat_deadline(void);

#endif
