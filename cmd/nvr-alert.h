/* What the files of nvr-alert share. */
#ifndef NVR_CMD_ALERT_H
#define NVR_CMD_ALERT_H

#include "cli/out.h"
#include "core/alert.h"
#include "open.h"

struct alert_options {
	bool all;
	const char *why;
	int64_t until; /* --for; -1: not given */
	const char *site, *account, *severity;
	long long percent;
	int64_t bytes, us, grace; /* -1: not given */
	bool off, on, reset, undo;
};
extern struct nvr_cli cli;
extern struct alert_options opt;

int alert_list(struct nvr_cli *c, int argc, char **argv);
int alert_show(struct nvr_cli *c, int argc, char **argv);
int alert_ack(struct nvr_cli *c, int argc, char **argv);
int alert_snooze(struct nvr_cli *c, int argc, char **argv);
int alert_rules(struct nvr_cli *c, int argc, char **argv);
/* What nvr-record --json says on stdin, at once. */
int alert_stream(struct nvr_state *s);

#endif
