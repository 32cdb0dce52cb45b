/* nvr-audit schedule add, set, pause, resume: a schedule is changed. */
#include <stdint.h>
#include <string.h>

#include "base/cron.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "core/inventory.h"
#include "core/keep.h"
#include "core/planner.h"
#include "core/schedule_log.h"

#include "nvr-audit.h"
#include "open.h"

#define ANEW INT64_MAX /* next_at: has to be reckoned */

/* A schedule that is being entered or changed. */
struct draft {
	struct nvr_state *s;
	struct nvr_schedule to;	  /* borrows from old and from the options */
	struct nvr_schedule *old; /* NULL: a new one */
	struct nvr_schedule_audience hearers;
	int64_t camera[NVR_LIST_MAX];
};

static int
usage(const char *text)
{
	return nvr_fail(&cli.err, NVR_E_USAGE, "%s", text);
}

/* Without --zone it is the clock of who enters it, wherever `due` runs. */
static int
take_zone(struct draft *d)
{
	struct nvr_zone *z;
	bool keeps = d->old != NULL && d->old->cron != NULL;

	if (opt.zone != NULL)
		d->to.zone = opt.zone;
	else if (!keeps)
		d->to.zone = nvr_cli_zone();
	if (nvr_zone_open(d->to.zone, &z, &cli.err) != 0)
		return nvr_prefix(&cli.err, "%s",
		    opt.zone != NULL || keeps ? "--zone" : "TZ, for no --zone");
	nvr_zone_close(z);
	return 0;
}

static int
take_timing(struct draft *d)
{
	struct nvr_cron c;

	if (opt.every != 0 && opt.cron != NULL)
		return usage("--every and --cron: one of them");
	if (d->old == NULL && opt.every == 0 && opt.cron == NULL)
		return usage("when? give --every or --cron");
	if (opt.every != 0 && opt.every < NVR_MINUTE)
		return usage("--every: at least 1m, which is how often cron or "
			     "the timer look for what is due");
	if (opt.every != 0) {
		d->to.every_us = opt.every;
		d->to.cron = NULL;
		d->to.zone = "";
	}
	if (opt.cron != NULL) {
		d->to.every_us = 0;
		d->to.cron = opt.cron;
		if (nvr_cron_parse(opt.cron, &c, &cli.err) != 0)
			return nvr_prefix(&cli.err, "--cron");
	}
	if (d->to.cron == NULL && opt.zone != NULL)
		return usage("--zone goes with --cron: intervals count from "
			     "1970-01-01 UTC");
	if (opt.every == 0 && opt.cron == NULL && opt.zone == NULL)
		return 0;
	if (d->old == NULL || d->old->next_at != 0)
		d->to.next_at = ANEW;
	return d->to.cron != NULL ? take_zone(d) : 0;
}

static int
take_prompt(struct draft *d)
{
	struct nvr_checks checks = {0};
	int rc;

	if (opt.prompt == NULL)
		return 0;
	rc = audit_prompt(opt.prompt, &d->to.prompt);
	if (rc == 0) /* better now than when it is due */
		rc = nvr_checks_parse(d->to.prompt, &checks, &cli.err);
	nvr_checks_release(&checks);
	return rc;
}

static int
take_analyzer(struct draft *d)
{
	const char *a = d->to.analyzer;
	const struct nvr_model *m;

	if (opt.analyzer != NULL)
		a = d->to.analyzer = opt.analyzer;
	if (opt.model != NULL)
		d->to.model = opt.model;
	if (d->to.model[0] != '\0' &&
	    nvr_conf_model(&cli.conf, d->to.model, &m, &cli.err) != 0)
		return NVR_E_CONFIG;
	if (a[0] != '\0' && strcmp(a, "local") != 0 &&
	    strcmp(a, "openai") != 0 && strncmp(a, "exec:/", 6) != 0)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "--analyzer: '%s' is none of local, openai and "
		    "exec:/PROGRAM",
		    a);
	if (a[0] == '\0' || strcmp(a, "openai") == 0)
		return 0;
	if (d->to.agentic)
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "the analyzer '%s' asks no model, and --agentic means one; "
		    "--no-agentic ends that",
		    a);
	if (d->to.model[0] != '\0')
		return nvr_fail(&cli.err, NVR_E_USAGE,
		    "the analyzer '%s' asks no model, and --model names '%s'; "
		    "an empty one names none",
		    a, d->to.model);
	return 0;
}

/* What `due` will ask is checked now. */
static int
check_asking(const struct nvr_schedule *s)
{
	struct audit_wish w = {text_or_null(s->analyzer),
	    text_or_null(s->model), text_or_null(s->prompt), s->agentic,
	    s->skip_unchanged, s->samples};
	struct nvr_asking q = {0};

	return audit_asking(&q, &w);
}

static int
take_flags(struct draft *d)
{
	if ((opt.agentic && opt.no_agentic) || (opt.keep && opt.no_keep) ||
	    (opt.skip_unchanged && opt.no_skip_unchanged))
		return usage("an option and its --no- contradict each other");
	/* Of cameras that are named each has its own limit: take_cameras. */
	if (opt.camera.n == 0 && opt.keep > cli.conf.rules.keep.stills)
		return usage("--keep: stills are kept no longer than keep-max "
			     "of nvr.conf says");
	if (opt.agentic || opt.no_agentic)
		d->to.agentic = opt.agentic;
	if (opt.skip_unchanged || opt.no_skip_unchanged)
		d->to.skip_unchanged = opt.skip_unchanged;
	if (opt.keep != 0 || opt.no_keep)
		d->to.keep_us = opt.keep;
	if (opt.samples != 0)
		d->to.samples = opt.samples;
	return 0;
}

static int
take_cameras(struct draft *d)
{
	struct nvr_camera *cam;
	int rc = 0;

	if (opt.all && opt.camera.n > 0)
		return usage("--all and --camera: one of them");
	if (d->old == NULL && !opt.all && opt.camera.n == 0)
		return usage("which cameras? give --camera, or --all");
	if (opt.all || opt.camera.n > 0)
		d->to.all_cameras = opt.all;
	for (int i = 0; rc == 0 && i < opt.camera.n; i++) {
		cam = NULL;
		rc = nvr_inventory_find(
		    d->s, opt.camera.item[i], &cam, &cli.err);
		if (cam != NULL)
			d->camera[i] = cam->id;
		if (rc == 0 && opt.keep > 0)
			rc = nvr_keep_check(d->s, cam, opt.keep, &cli.err);
		nvr_camera_free(cam);
	}
	return rc;
}

/*
 * Counted from now on, so what was missed is not caught up with; and no later
 * than that in any case, should the clock have been ahead before.
 */
static int
reckon(struct nvr_schedule *s)
{
	int64_t next;
	int rc = nvr_schedule_next(s, s->changed_at, &next, &cli.err);

	if (rc == 0 && next == 0)
		rc = nvr_fail(&cli.err, NVR_E_USAGE,
		    "--cron: '%s' is not due within ten years", s->cron);
	if (rc == 0 && next < s->next_at)
		s->next_at = next;
	return rc;
}

static int
fill(struct draft *d)
{
	int rc = take_timing(d);

	if (rc == 0)
		rc = take_flags(d);
	if (rc == 0)
		rc = take_analyzer(d);
	if (rc == 0)
		rc = take_prompt(d);
	if (rc == 0)
		rc = check_asking(&d->to);
	return rc == 0 ? take_cameras(d) : rc;
}

static int
store(struct draft *d)
{
	struct nvr_store *st = d->s->store;
	int rc = 0;

	d->to.changed_at = nvr_time_now();
	if (d->to.next_at != 0)
		rc = reckon(&d->to);
	if (rc == 0)
		rc = d->old == NULL ? nvr_schedule_insert(st, &d->to, &cli.err)
				    : nvr_schedule_update(st, &d->to, &cli.err);
	if (rc == 0 && (opt.all || opt.camera.n > 0))
		rc = nvr_schedule_cameras(
		    st, d->to.id, d->camera, opt.camera.n, &cli.err);
	if (rc == 0)
		rc =
		    nvr_schedule_hearers(d->s, d->to.id, &d->hearers, &cli.err);
	if (rc == 0)
		rc = nvr_schedule_log(d->s,
		    d->old == NULL ? "schedule.added" : "schedule.changed",
		    d->old, &d->to, opt.all || opt.camera.n > 0, &d->hearers,
		    &cli.err);
	return rc;
}

static void
tell(const struct nvr_schedule *s)
{
	char next[NVR_TIME_TEXT];

	if (s->next_at == 0)
		nvr_note(&cli, "schedule '%s' is paused", s->name);
	else
		nvr_note(&cli, "schedule '%s' is due next at %s", s->name,
		    nvr_time_format(s->next_at, next));
}

/* change() makes of d->to what it shall be, in one transaction. */
static int
edit(const char *name, bool add, int (*change)(struct draft *d))
{
	struct draft d = {.to = {.id = nvr_id_new(),
			      .name = name,
			      .zone = "",
			      .analyzer = "",
			      .model = "",
			      .prompt = "",
			      .samples = 1,
			      .created_at = nvr_time_now()}};
	int rc = add ? nvr_name_check("schedule", name, &cli.err) : 0;

	if (rc == 0)
		rc = nvr_open(&cli, NVR_STATE_DURABLE, &d.s);
	if (rc == 0)
		rc = nvr_store_begin(d.s->store, &cli.err);
	if (rc == 0) {
		if (!add)
			rc = schedule_find(d.s, name, &d.old);
		if (d.old != NULL) {
			d.to = *d.old;
			rc = nvr_schedule_hearers(
			    d.s, d.to.id, &d.hearers, &cli.err);
		}
		if (rc == 0)
			rc = change(&d);
		if (rc == 0)
			rc = store(&d);
		if (rc == 0)
			rc = nvr_store_commit(d.s->store, &cli.err);
		if (rc != 0)
			nvr_store_rollback(d.s->store);
	}
	if (rc == 0)
		tell(&d.to);
	nvr_schedule_free(d.old);
	nvr_state_close(d.s);
	return rc;
}

static int
pause_it(struct draft *d)
{
	d->to.next_at = 0;
	return 0;
}

static int
resume_it(struct draft *d)
{
	if (d->to.next_at == 0)
		d->to.next_at = ANEW;
	return 0;
}

int
schedule_add(const char *name)
{
	return edit(name, true, fill);
}

int
schedule_set(const char *name)
{
	return edit(name, false, fill);
}

int
schedule_pause(const char *name)
{
	return edit(name, false, pause_it);
}

int
schedule_resume(const char *name)
{
	return edit(name, false, resume_it);
}
