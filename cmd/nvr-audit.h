/* What the parts of nvr-audit share. */
#ifndef NVR_CMD_AUDIT_H
#define NVR_CMD_AUDIT_H

#include "cli/cli.h"
#include "cli/out.h"
#include "core/auditor.h"
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
int audit_line(struct nvr_out *out, const struct nvr_audit *a);

/* A run of audits, and what it comes to. */
struct audit_run {
	struct nvr_state *s;
	struct nvr_auditor *auditor;
	struct nvr_out out;
	struct nvr_progress progress;
	long long found, blind, done;
	/* Also told of each audit; NULL: nobody. */
	void (*each)(void *ctx, const struct nvr_audit *a);
	void *ctx;
};
int audit_run_open(struct audit_run *r, int flags);
/* Waits for what is still open; rc, or the exit code that it came to. */
int audit_run_close(struct audit_run *r, int rc);
/* Waits until none is open. */
int audit_run_drain(struct audit_run *r);
/* Waits until one more question may be open. */
int audit_run_room(struct audit_run *r);

/* The text of a prompt, or of the file that it names; until the next call. */
int audit_prompt(const char *prompt, const char **ret);

/* What options or a schedule say is asked; no @FILE any more; NULL: as nvr.conf
 * says, or none. */
struct audit_wish {
	const char *analyzer, *model, *prompt;
	bool agentic, skip_unchanged;
	long long samples;
};
/* A text of a schedule, where there is one. */
static inline const char *
text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}
/* Fills in what that and nvr.conf come to; see nvr_asking_open. */
int audit_asking(struct nvr_asking *q, const struct audit_wish *w);

/* Takes a still of each camera by nvr-snap. */
struct audit_take {
	struct audit_run *run;
	struct nvr_camera **cam;
	int n;
	bool all; /* they are all that there are */
	void *ctx;
	int (*still)(void *ctx, int i, const void *jpeg, size_t len);
	int (*missed)(void *ctx, int i, const char *why);
};
int audit_take(struct audit_take *t);

/* Examines the stills of files, or of standard input. */
int audit_files(struct audit_run *r, const struct nvr_asking *q);

/* Keeps a still for that long, 0: not at all. */
int audit_keep(struct audit_run *r, const struct nvr_camera *cam, int64_t time,
    const void *jpeg, size_t len);

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
