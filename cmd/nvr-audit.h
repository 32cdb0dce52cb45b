/* What the parts of nvr-audit share. */
#ifndef NVR_CMD_AUDIT_H
#define NVR_CMD_AUDIT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/state.h"
#include "store/audit.h"
#include "store/schedule.h"

struct audit_options {
	bool all, no_learn, agentic, skip_unchanged, trace, dry_run;
	bool no_agentic, no_skip_unchanged, no_keep;
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

/* The verbs of `schedule`; the name is the operand. */
int schedule_add(const char *name);
int schedule_set(const char *name);
int schedule_pause(const char *name);
int schedule_resume(const char *name);
/* The error names the one of nearly that name. */
int schedule_find(
    struct nvr_state *s, const char *name, struct nvr_schedule **ret);

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
