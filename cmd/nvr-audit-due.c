/* nvr-audit due: runs the schedules that are due, each once. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/keep.h"
#include "core/planner.h"

#include "nvr-audit.h"
#include "open.h"

/* A still serves every schedule that its camera is due for. */
struct due_run {
	struct audit_run *run;
	struct nvr_plan *plan;
	struct nvr_asking *q;  /* one a schedule */
	struct nvr_error *why; /* why it cannot be asked; code 0: it can */
	int *left; /* cameras that have no audit yet, by schedule; -1: done */
	struct nvr_camera **cam; /* all that are due for something */
	int n;
	bool again; /* the still was examined for another schedule */
	int rc;	    /* what went wrong while a schedule was ended */
};

/* A schedule that cannot be run as it is makes audits that say so. */
static int
prepare(struct due_run *d, int i)
{
	const struct nvr_due *due = &d->plan->due[i];
	const struct nvr_schedule *s = due->schedule;
	struct audit_wish w = {text_or_null(s->analyzer),
	    text_or_null(s->model), text_or_null(s->prompt), s->agentic,
	    s->skip_unchanged, s->samples};
	struct nvr_asking *q = &d->q[i];
	int rc;

	if (due->ncamera == 0)
		nvr_warn("schedule '%s' has no camera any more, or none that "
			 "may be used",
		    s->name);
	q->origin = "schedule";
	q->kept = s->keep_us > 0;
	q->schedule_id = s->id;
	q->slot_at = due->slot;
	rc = audit_asking(q, &w);
	if (rc == 0)
		rc = nvr_asking_open(d->run->auditor, q, &cli.err);
	if (rc != 0) {
		d->why[i] = cli.err;
		nvr_warn("schedule '%s': %s", s->name, cli.err.text);
	}
	return rc == NVR_E_NOMEM ? rc : 0;
}

static int
add_camera(struct due_run *d, int64_t id)
{
	struct nvr_camera **to;
	int rc;

	for (int i = 0; i < d->n; i++)
		if (d->cam[i]->id == id)
			return 0;
	to =
	    reallocarray(d->cam, (size_t)d->n + 1, sizeof(struct nvr_camera *));
	if (to == NULL)
		return nvr_fail_nomem(&cli.err);
	d->cam = to;
	rc = nvr_camera_get(d->run->s->store, id, &to[d->n], &cli.err);
	d->n += rc == 0;
	/* Removed or restricted just now. */
	return rc == NVR_E_NOENT || rc == NVR_E_PERMISSION ? 0 : rc;
}

/* What to do for each schedule that waits for this camera. */
static int
each_due(struct due_run *d, const struct nvr_camera *cam,
    int (*act)(struct due_run *d, int i, const struct nvr_camera *cam,
	const void *data, size_t len),
    const void *data, size_t len)
{
	int rc = 0;

	for (int i = 0; i < d->plan->n; i++) {
		const struct nvr_due *due = &d->plan->due[i];

		for (int c = 0; rc == 0 && c < due->ncamera; c++)
			if (due->camera[c] == cam->id)
				rc = act(d, i, cam, data, len);
	}
	return rc;
}

static int
miss(struct due_run *d, int i, const struct nvr_camera *cam, const void *why,
    size_t len)
{
	int rc =
	    nvr_auditor_miss(d->run->auditor, &d->q[i], cam, why, &cli.err);

	(void)len;
	/* Somebody was quicker; it was restricted just now. */
	return rc == NVR_E_CREATE || rc == NVR_E_PERMISSION ? 0 : rc;
}

static int
examine(struct due_run *d, int i, const struct nvr_camera *cam,
    const void *jpeg, size_t len)
{
	int64_t keep = d->plan->due[i].schedule->keep_us;
	struct nvr_keep_limit most = {0};
	int rc;

	if (d->why[i].code != 0)
		return miss(d, i, cam, d->why[i].text, 0);
	rc = audit_run_room(d->run);
	if (rc == 0)
		rc = (d->again ? nvr_auditor_examine_again
			       : nvr_auditor_examine)(
		    d->run->auditor, &d->q[i], cam, jpeg, len, &cli.err);
	d->again = true;
	if (rc == NVR_E_CREATE || rc == NVR_E_PERMISSION)
		return 0;
	if (rc == 0 && keep > 0)
		rc = nvr_keep_most(d->run->s, cam, &most, &cli.err);
	if (rc == 0 && keep > most.us)
		keep = most.us;
	return rc == 0 ? audit_keep(d->run, cam, keep, jpeg, len) : rc;
}

static int
still_came(void *ctx, int i, const void *jpeg, size_t len)
{
	struct due_run *d = ctx;

	d->again = false;
	return each_due(d, d->cam[i], examine, jpeg, len);
}

static int
no_still(void *ctx, int i, const char *why)
{
	struct due_run *d = ctx;

	nvr_warn("%s: %s", d->cam[i]->name, why);
	return each_due(d, d->cam[i], miss, why, 0);
}

static void
tell_ended(const char *name)
{
	nvr_warn("schedule '%s' is never due again and is paused", name);
}

/* It is done, and need not wait for the others. */
static void
end_schedule(struct due_run *d, int i)
{
	if (d->left[i] < 0)
		return;
	d->left[i] = -1;
	if (d->rc == 0)
		d->rc = nvr_plan_done(d->run->s, &d->plan->due[i], &cli.err);
	if (d->rc == 1) {
		tell_ended(d->plan->due[i].schedule->name);
		d->rc = 0;
	}
}

static void
count(void *ctx, const struct nvr_audit *a)
{
	struct due_run *d = ctx;

	for (int i = 0; i < d->plan->n; i++)
		if (d->q[i].schedule_id == a->schedule_id && --d->left[i] == 0)
			end_schedule(d, i);
}

static int
run_plan(struct due_run *d)
{
	struct audit_take t = {
	    .run = d->run, .ctx = d, .still = still_came, .missed = no_still};
	struct nvr_plan *plan = d->plan;
	bool keeps = false;
	int swept, rc = 0;

	d->q = calloc((size_t)plan->n + 1, sizeof(*d->q));
	d->why = calloc((size_t)plan->n + 1, sizeof(*d->why));
	d->left = calloc((size_t)plan->n + 1, sizeof(*d->left));
	if (d->q == NULL || d->why == NULL || d->left == NULL)
		return nvr_fail_nomem(&cli.err);
	for (int i = 0; rc == 0 && i < plan->n; i++) {
		keeps |= plan->due[i].schedule->keep_us > 0;
		d->left[i] = plan->due[i].ncamera;
		rc = prepare(d, i);
		for (int c = 0; rc == 0 && c < plan->due[i].ncamera; c++)
			rc = add_camera(d, plan->due[i].camera[c]);
	}
	if (rc == 0 && keeps)
		rc = nvr_store_durable(d->run->s->store, &cli.err);
	if (rc == 0 && keeps)
		rc =
		    nvr_keep_sweep(d->run->s, nvr_time_now(), &swept, &cli.err);
	d->run->each = count;
	d->run->ctx = d;
	t.cam = d->cam;
	t.n = d->n;
	if (rc == 0 && d->n > 0)
		rc = audit_take(&t);
	if (rc == 0)
		rc = audit_run_drain(d->run);
	/* Those of which somebody else was quicker, or a camera is gone. */
	for (int i = 0; rc == 0 && i < plan->n; i++)
		end_schedule(d, i);
	return rc == 0 ? d->rc : rc;
}

static void
tell(const struct nvr_plan *plan)
{
	if (plan->broken > 1)
		nvr_warn(
		    "%s (and %d more)", plan->trouble.text, plan->broken - 1);
	else if (plan->broken == 1)
		nvr_warn("%s", plan->trouble.text);
	if (plan->ended[0] != '\0')
		tell_ended(plan->ended);
	if (plan->passed > 0)
		nvr_note(&cli, "%d due, and run by another program just now",
		    plan->passed);
}

int
audit_due(struct nvr_cli *c, int argc, char **argv)
{
	static struct audit_run r;
	struct due_run d = {.run = &r};
	int rc = audit_run_open(&r, 0);

	(void)c, (void)argc, (void)argv;
	if (rc == 0)
		rc = nvr_plan_open(r.s, nvr_time_now(), &d.plan, &cli.err);
	if (rc == 0) {
		tell(d.plan);
		r.blind += d.plan->broken;
		if (d.plan->n > 0)
			rc = run_plan(&d);
	}
	/* First: what is open still looks at what was asked. */
	rc = audit_run_close(&r, rc);
	for (int i = 0; d.q != NULL && i < d.plan->n; i++)
		nvr_asking_release(&d.q[i]);
	nvr_plan_close(d.plan);
	for (int i = 0; i < d.n; i++)
		nvr_camera_free(d.cam[i]);
	free(d.cam);
	free(d.q);
	free(d.why);
	free(d.left);
	return rc;
}
