/* What the parts of nvr-retain share. */
#ifndef NVR_CMD_RETAIN_H
#define NVR_CMD_RETAIN_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/retain.h"

struct retain_options {
	const char *only, *camera, *trust_clock;
	int64_t until;	/* 0: now */
	long long most; /* --yes-delete-most */
	bool dry_run, article30;
	const char *format;
};

extern struct nvr_cli cli;
extern struct retain_options opt;

int retain_report(struct nvr_cli *c, int argc, char **argv);
int retain_forecast(struct nvr_cli *c, int argc, char **argv);

#endif
