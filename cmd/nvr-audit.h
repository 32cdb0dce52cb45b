/* What the two halves of nvr-audit share. */
#ifndef NVR_CMD_AUDIT_H
#define NVR_CMD_AUDIT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "store/audit.h"

struct audit_options {
	bool all, no_learn, agentic, skip_unchanged, trace, dry_run;
	struct nvr_list camera, allow;
	const char *analyzer, *model, *prompt, *status;
	const char *cron, *zone, *check, *by, *format, *output, *mail, *cost;
	int64_t keep, since, until, every, time;
	long long limit, samples, jobs, steps, stills, tokens;
};

extern struct nvr_cli cli;
extern struct audit_options opt;

/* One line of an audit, as share/schema/audit.json describes it. */
void audit_line(struct nvr_out *out, const struct nvr_audit *a);

int audit_list(struct nvr_cli *c, int argc, char **argv);
int audit_show(struct nvr_cli *c, int argc, char **argv);
int audit_baseline(struct nvr_cli *c, int argc, char **argv);
int audit_schedule(struct nvr_cli *c, int argc, char **argv);
int audit_due(struct nvr_cli *c, int argc, char **argv);
int audit_usage(struct nvr_cli *c, int argc, char **argv);
int audit_label(struct nvr_cli *c, int argc, char **argv);
int audit_calibration(struct nvr_cli *c, int argc, char **argv);
int audit_models(struct nvr_cli *c, int argc, char **argv);
int audit_report(struct nvr_cli *c, int argc, char **argv);

#endif
