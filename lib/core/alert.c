/* Judging everything; see alert.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert_int.h"
#include "store/camera.h"

#define EVALUATED "alert_evaluated" /* when, the last time */
#define LOOKED "alert_looked"	    /* when nothing was missed, the last time */
#define FLOOR "alert_floor"	    /* what was missing until then is none */
#define DEAF "alert_deaf"	    /* 1: nothing was heard, the last time */

static int
count_open(void *ctx, const struct nvr_alert *a)
{
	struct nvr_judging *x = ctx;

	x->done->open += a->state == NVR_ALERT_OPEN && a->acked_at == 0 &&
			 a->snoozed_until <= x->now && a->inhibited_by == 0;
	return 0;
}

/* What the last evaluation left, and what came of it since. */
static int
find_floor(struct nvr_judging *x)
{
	struct nvr_store *st = x->s->store;
	int64_t every = x->s->rules->alert.interval, deaf = 0, quiet;
	struct nvr_heard heard;
	int rc =
	    nvr_setting_int(st, EVALUATED, NVR_TIME_MAX, 0, &x->last, x->err);

	if (rc == 0)
		rc = nvr_setting_int(
		    st, LOOKED, NVR_TIME_MAX, x->last, &x->looked, x->err);
	if (rc == 0)
		rc = nvr_setting_int(
		    st, FLOOR, NVR_TIME_MAX, 0, &x->floor, x->err);
	if (rc == 0)
		rc = nvr_setting_int(st, DEAF, 1, 0, &deaf, x->err);
	if (rc == 0)
		rc = nvr_judging_turn(x);
	if (rc == 0)
		rc =
		    nvr_judging_done(x, nvr_alert_set_back(st, x->now, x->err));
	if (rc == 0)
		rc = nvr_alert_heard(st, x->now, &heard, x->err);
	if (rc != 0)
		return rc;
	if (x->last < 0)
		x->last = 0;
	if (x->looked < x->now - NVR_DAY || x->looked > x->now)
		x->looked = x->now - NVR_DAY;
	if (x->floor < 0 || x->floor > x->now)
		x->floor = x->now;
	if (x->last > x->now || (x->last > 0 && x->now - x->last > 3 * every))
		x->floor = x->now;
	x->silent = x->now;
	quiet = x->now - heard.newest;
	if (heard.interval > 0 && quiet > heard.interval) {
		x->silent = heard.newest;
		/* Nobody silences others by an interval of his own. */
		x->deaf = quiet / 3 * 2 >
			  (heard.interval > every ? heard.interval : every);
	}
	if (deaf == 1 && !x->deaf)
		x->floor = x->now;
	return 0;
}

static int
remember(struct nvr_judging *x)
{
	struct nvr_store *st = x->s->store;
	int rc = nvr_judging_turn(x);

	if (rc == 0)
		rc = nvr_setting_put_int(st, EVALUATED, x->now, x->err);
	/* What could not be looked at is looked for from there, later. */
	if (rc == 0)
		rc = nvr_setting_put_int(st, LOOKED,
		    x->unseen == 0 && !x->missed ? x->now : x->looked, x->err);
	if (rc == 0)
		rc = nvr_setting_put_int(st, FLOOR, x->floor, x->err);
	if (rc == 0)
		rc = nvr_setting_put_int(st, DEAF, x->deaf, x->err);
	return nvr_judging_done(x, rc);
}

static int
judge(struct nvr_judging *x)
{
	int rc = find_floor(x);

	if (rc == 0)
		rc = nvr_alert_gather_silent(x);
	if (rc == 0)
		rc = nvr_judge_sights(x);
	if (rc == 0)
		rc = nvr_alert_gather(x);
	if (rc == 0)
		rc = nvr_alert_gather_signins(x);
	if (rc == 0)
		rc = nvr_alert_gather_local(x);
	if (rc == 0)
		rc = nvr_judge_sights(x);
	if (rc != 0)
		return rc;
	rc = nvr_judge_rest(x);
	return rc == 0 ? remember(x) : rc;
}

static int
end(struct nvr_judging *x, int rc)
{
	if (rc == 0)
		rc = nvr_alert_each(
		    x->s->store, NVR_ALERTS_NOT_CLOSED, count_open, x, x->err);
	nvr_alert_rules_free(x->rules);
	free(x->sight);
	free(x->met);
	free(x->local);
	if (rc == 0 && x->failed.code != 0)
		return nvr_fail(x->err, x->failed.code, "%s", x->failed.text);
	return rc;
}

int
nvr_alert_evaluate(struct nvr_state *s, int64_t now, struct nvr_alert_done *ret,
    struct nvr_error *err)
{
	struct nvr_judging x = {.s = s, .err = err, .now = now, .done = ret};
	int rc = nvr_alert_rules_load(s, &x.rules, err);

	*ret = (struct nvr_alert_done){0};
	if (rc == 0)
		rc = judge(&x);
	return end(&x, rc);
}

/* A camera is good again; in the transaction. */
static int
judge_good(struct nvr_judging *x, const struct nvr_found *f)
{
	const struct nvr_alert_look good = {.judged = true, .at = x->now};
	struct nvr_alert_limits l;
	struct nvr_alert a;
	int rc = nvr_alert_find(x->s->store, f->account_id, "camera-offline",
	    f->object, &a, x->err);

	if (rc != 0 || a.id == 0)
		return rc;
	nvr_alert_limits(
	    x->rules, nvr_alert_kind(a.kind), a.account_id, a.site_id, &l);
	return nvr_alert_record(x, &a, nvr_alert_step(&a, &l, &good, x->now),
	    l.enabled ? NULL : "its rule is off", false);
}

static int
judge_seen(struct nvr_judging *x, const struct nvr_alert_seen *seen)
{
	struct nvr_camera *cam = NULL;
	struct nvr_sight *t;
	int rc = nvr_camera_get(x->s->store, seen->camera, &cam, x->err);
	struct nvr_found f = {.object = seen->camera,
	    .at = x->now,
	    .since = seen->since,
	    .value = NAN};

	/* One that is not there, or not to be used, is nobody's. */
	if (rc == NVR_E_NOENT || rc == NVR_E_PERMISSION)
		return 0;
	if (rc != 0 || cam->removed_at != 0) {
		nvr_camera_free(cam);
		return rc;
	}
	f.account_id = cam->account_id;
	f.site_id = cam->site_id;
	if (seen->bad) {
		t = nvr_sight_add(x, "camera-offline", &f, cam->name);
		if (t != NULL)
			strlcpy(t->why, seen->why, sizeof(t->why));
		rc = t == NULL ? NVR_E_NOMEM : 0;
	} else {
		rc = judge_good(x, &f);
	}
	nvr_camera_free(cam);
	return rc;
}

int
nvr_alert_seen(struct nvr_state *s, const struct nvr_alert_seen *seen, size_t n,
    int64_t now, struct nvr_alert_done *ret, struct nvr_error *err)
{
	struct nvr_judging x = {.s = s, .err = err, .now = now, .done = ret};
	int rc = nvr_alert_rules_load(s, &x.rules, err);

	*ret = (struct nvr_alert_done){0};
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = nvr_judging_try(&x);
		if (rc == 0)
			rc = nvr_judging_tried(&x, judge_seen(&x, &seen[i]));
	}
	rc = rc == 0 ? nvr_judge_sights(&x) : nvr_judging_done(&x, rc);
	return end(&x, rc);
}
