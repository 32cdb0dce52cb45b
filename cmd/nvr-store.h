/* What the parts of nvr-store share. */
#ifndef NVR_CMD_STORE_H
#define NVR_CMD_STORE_H

#include "cli/cli.h"
#include "cli/out.h"

struct store_options {
	bool keys;	    /* backup */
	const char *ledger; /* restore */
	bool box;	    /* restore */
	bool yes;
	bool all; /* keys */
};

extern struct nvr_cli cli;
extern struct store_options opt;

int run_backup(struct nvr_cli *c, int argc, char **argv);
int run_restore(struct nvr_cli *c, int argc, char **argv);
int run_erasures(struct nvr_cli *c, int argc, char **argv);
int run_keys(struct nvr_cli *c, int argc, char **argv);

#endif
