/* nvr-audit due: runs the schedules that are due, each once. */
#include "base/time.h"
#include "core/planner.h"

#include "nvr-audit.h"
#include "open.h"

static struct nvr_out out;
static long long found, blind; /* audits, as a run of nvr-audit counts them */

/*
 * PLACEHOLDER.  Audits due->camera[] of each schedule, as type `scheduled` with
 * its schedule_id and slot_at, a line of `out` each, counts found and blind,
 * and calls nvr_plan_done when each camera has its audit.  What is not done
 * stays due.
 */
static int
run_plan(struct nvr_state *s, struct nvr_plan *plan)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < plan->n; i++) {
		struct nvr_due *due = &plan->due[i];

		if (due->ncamera == 0)
			nvr_warn("schedule '%s' has no camera any more",
			    due->schedule->name);
		blind += due->ncamera;
		if (due->ncamera == 0)
			rc = nvr_plan_done(s, due, &cli.err);
	}
	return rc;
}

static void
tell(const struct nvr_plan *plan)
{
	if (plan->broken > 1)
		nvr_warn(
		    "%s (and %d more)", plan->trouble.text, plan->broken - 1);
	else if (plan->broken == 1)
		nvr_warn("%s", plan->trouble.text);
	if (plan->passed > 0)
		nvr_note(&cli, "%d due, and run by another program just now",
		    plan->passed);
}

int
audit_due(struct nvr_cli *c, int argc, char **argv)
{
	struct nvr_state *s = NULL;
	struct nvr_plan *plan = NULL;
	int rc = nvr_open(&cli, 0, &s);

	(void)c, (void)argc, (void)argv;
	nvr_out_init(&out, cli.json);
	nvr_out_stream(&out);
	if (rc == 0)
		rc = nvr_plan_open(s, nvr_time_now(), &plan, &cli.err);
	if (rc == 0) {
		tell(plan);
		blind += plan->broken;
		rc = run_plan(s, plan);
	}
	nvr_out_flush(&out);
	nvr_plan_close(plan);
	nvr_state_close(s);
	if (rc != 0)
		return rc;
	return found > 0 ? NVR_EXIT_NEGATIVE : blind > 0 ? -NVR_E_AGAIN : 0;
}
