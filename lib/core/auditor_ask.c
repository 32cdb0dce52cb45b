/* The questions of an audit to a model; see auditor_int.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "core/auditor_int.h"
#include "core/calibration.h"
#include "core/keep.h"
#include "still/jpeg.h"
#include "still/mask.h"
#include "store/baseline.h"

#define PAINTED_QUALITY 92

static bool
is_alarm(const struct nvr_audit_job *j, enum nvr_health_label label)
{
	return j->local.report.check[label].verdict == NVR_VERDICT_YES;
}

/* Black or covered: there is nothing to be seen, and nothing is sent. */
static bool
is_unusable(struct nvr_audit_job *j)
{
	static const enum nvr_health_label labels[] = {
	    NVR_HEALTH_BLACK, NVR_HEALTH_COVERED};

	for (int i = 0; i < 2; i++) {
		if (!is_alarm(j, labels[i]))
			continue;
		nvr_fail(&j->why, NVR_E_DATA,
		    "the picture is %s, so it was not sent",
		    nvr_health_label_name(labels[i]));
		return true;
	}
	return false;
}

/* 1: the view is as it was when the model last found nothing in it. */
static int
is_unchanged(struct nvr_audit_job *j, struct nvr_error *err)
{
	struct nvr_scene was;
	int rc;

	if (!j->q->skip_unchanged)
		return 0;
	nvr_scene_measure(&j->a->luma, &j->scene);
	rc = nvr_scene_load(j->a->s, j->audit.camera_id, j->q->asked_sha256,
	    j->audit.at, &was, err);
	return rc == 1 ? nvr_scene_alike(&was, &j->scene) : rc;
}

/* 1: a limit does not allow it, which is an event. */
static int
is_too_much(struct nvr_audit_job *j, struct nvr_error *err)
{
	struct nvr_store *st = j->a->s->store;
	int64_t now = nvr_time_now();
	int rc;

	j->budget = (struct nvr_budget){.tier = j->q->tier,
	    .model = j->q->model,
	    .account_id = j->a->cam->account_id,
	    .camera_id = j->audit.camera_id,
	    .max_tokens = j->q->max_tokens,
	    .max_micros = j->q->max_micros};
	rc = nvr_budget_tier(st, j->q->tiers, j->q->ntiers,
	    j->budget.account_id, &j->budget.tier, err);
	if (rc != 0)
		return rc;
	rc = nvr_budget_begin(&j->budget, st, now, &j->why);
	if (rc == 0)
		return 0;
	if (rc != NVR_E_PERMISSION && rc != NVR_E_CONFIG)
		return nvr_fail(err, rc, "%s", j->why.text);
	rc = nvr_budget_event(&j->budget, st, now, j->why.text, err);
	return rc == 0 ? 1 : rc;
}

int
nvr_audit_job_admit(struct nvr_audit_job *j, struct nvr_error *err)
{
	int rc;

	for (int i = 0; i < NVR_HEALTH_LABELS; i++)
		j->local.finding[i].source = "local";
	if (is_unusable(j)) {
		nvr_audit_job_fail(j, "unusable");
		return 0;
	}
	rc = is_unchanged(j, err);
	if (rc == 1) {
		j->audit.status = "unchanged";
		return 0;
	}
	if (rc == 0)
		rc = is_too_much(j, err);
	if (rc == 1) {
		nvr_audit_job_fail(j, "budget");
		return 0;
	}
	j->audit.status = "unfinished";
	return rc;
}

static void
answered(void *ctx, struct nvr_outcome *outcome)
{
	struct nvr_audit_job *j = ctx;

	j->outcome = *outcome;
	outcome->verdict = (struct nvr_verdict){0}; /* it is ours now */
	j->answered = true;
}

/* The still of the accepted view, of that size and mode; none may be kept. */
static int
load_reference(
    struct nvr_audit_job *j, struct nvr_buf *jpeg, struct nvr_error *err)
{
	struct nvr_baseline_key key = {j->audit.camera_id, (int)j->audit.width,
	    (int)j->audit.height, j->local.mode};
	int64_t now = nvr_time_now(), still = 0, expires;
	struct nvr_buf kept = {0};
	struct nvr_error why;
	int rc = nvr_baseline_still(j->a->s->store, &key, now, &still, err);

	if (rc != 0 || still == 0)
		return rc;
	rc = nvr_keep_load(j->a->s, still, now, &kept, &expires, &why);
	if (rc == 0)
		rc = nvr_vision_prepare(
		    kept.data, kept.len, j->q->model->detail, jpeg, &why);
	nvr_buf_wipe(&kept);
	if (rc == 0)
		return 0;
	/* The question can be asked without it. */
	return nvr_inquiry_step(j->inquiry, "told", "reference", why.text, err);
}

static int
start_vision(struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct nvr_vision_options o = {.inquiry = j->inquiry,
	    .model = j->q->model,
	    .checks = &j->q->checks,
	    .camera = j->cam->name,
	    .taken_at = j->audit.taken_at,
	    .jpeg = jpeg,
	    .len = len,
	    .samples = j->q->samples};
	struct nvr_buf reference = {0};
	int rc = load_reference(j, &reference, err);

	o.reference = reference.data;
	o.reference_len = reference.len;
	if (rc == 0)
		rc = nvr_vision_start(&o, answered, j, &j->vision, err);
	nvr_buf_wipe(&reference);
	return rc;
}

/* What the local analyzer says, a line a label. */
static void
describe_health(struct nvr_audit_job *j)
{
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		const struct nvr_finding *f = &j->local.finding[i];
		size_t n = strlen(j->health);

		snprintf(j->health + n, sizeof(j->health) - n, "%s: %s (%s)\n",
		    f->label, f->verdict, f->evidence);
	}
}

static bool
is_allowed(const struct nvr_audit_job *j, int n, int64_t camera)
{
	while (n > 0)
		if (j->allowed[--n]->id == camera)
			return true;
	return false;
}

static int
start_agent(struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct nvr_agent_options o = {.s = j->a->s,
	    .loop = j->a->loop,
	    .inquiry = j->inquiry,
	    .checks = &j->q->checks,
	    .camera = j->allowed,
	    .ncamera = 1,
	    .store = j->a->o.store,
	    .config = j->a->o.config,
	    .taken_at = j->audit.taken_at,
	    .health = j->health,
	    .steps = j->q->steps,
	    .stills = j->q->stills,
	    .time = j->q->time};
	int rc = nvr_buf_add(&j->jpeg, jpeg, len, err);

	j->allowed[0] = j->cam;
	for (int i = 0; i < j->q->nallow; i++)
		if (!is_allowed(j, o.ncamera, j->q->allow[i]->id))
			j->allowed[o.ncamera++] = j->q->allow[i];
	o.jpeg = j->jpeg.data;
	o.len = j->jpeg.len;
	describe_health(j);
	return rc == 0 ? nvr_agent_start(&o, answered, j, &j->agent, err) : rc;
}

/*
 * nvr-snap has painted the masks into what it takes.  A file may be somebody
 * else's, or older than a mask: it is painted before anything of it is sent.
 */
static int
paint(const struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_buf *out, struct nvr_error *err)
{
	struct nvr_picture *pic = NULL;
	struct nvr_mask mask;
	int rc = nvr_mask_parse(j->cam->mask, &mask, err);

	if (rc == 0)
		rc = nvr_jpeg_decode(jpeg, len, &pic, err);
	if (rc == 0) {
		nvr_mask_paint(&mask, pic);
		rc = nvr_jpeg_encode(pic, PAINTED_QUALITY, out, err);
	}
	nvr_picture_free(pic);
	return rc;
}

static int
start(struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	bool foreign = strcmp(j->q->origin, "file") == 0 ||
		       strcmp(j->q->origin, "pipe") == 0;
	struct nvr_buf painted = {0};
	int rc = 0;

	if (foreign && j->cam->mask[0] != '\0') {
		rc = paint(j, jpeg, len, &painted, err);
		jpeg = painted.data;
		len = painted.len;
	}
	if (rc == 0)
		rc = j->q->agentic ? start_agent(j, jpeg, len, err)
				   : start_vision(j, jpeg, len, err);
	nvr_buf_wipe(&painted);
	return rc;
}

int
nvr_audit_job_ask(struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct nvr_auditor *a = j->a;
	struct nvr_inquiry_options o = {.s = a->s,
	    .loop = a->loop,
	    .host = j->q->host,
	    .audit_id = j->audit.id,
	    .budget = j->budget};
	int rc = nvr_camera_get(a->s->store, j->audit.camera_id, &j->cam, err);

	if (rc != 0)
		return rc;
	j->audit.camera_name = j->cam->name;
	rc = nvr_inquiry_open(&o, &j->inquiry, err);
	if (rc != 0)
		return rc;
	rc = start(j, jpeg, len, &j->why);
	if (rc != 0) {
		j->outcome =
		    (struct nvr_outcome){.status = "error", .why = j->why};
		j->answered = true; /* it is entered in the next turn */
	}
	j->next = a->open;
	a->open = j;
	a->nopen++;
	return 0;
}

/* The local findings, then the model's, with what calibration makes of them. */
static int
join_findings(struct nvr_audit_job *j, struct nvr_error *err)
{
	const struct nvr_findings *f = &j->outcome.verdict.findings;
	double slope, intercept;
	int rc = 0;

	j->all = calloc(NVR_HEALTH_LABELS + f->n, sizeof(*j->all));
	if (j->all == NULL)
		return nvr_fail_nomem(err);
	memcpy(j->all, j->local.finding, sizeof(j->local.finding));
	for (size_t i = 0; rc >= 0 && i < f->n; i++) {
		struct nvr_finding *to = &j->all[NVR_HEALTH_LABELS + i];

		*to = f->item[i];
		to->source = "model";
		if (strcmp(to->kind, "check") != 0 ||
		    strcmp(to->verdict, "cannot_determine") == 0 ||
		    to->samples != 0)
			continue; /* only what a model says of its own verdict
				   */
		rc = nvr_calibration_get(j->a->s->store, j->audit.model,
		    j->audit.prompt_sha256, to->label, &slope, &intercept, err);
		if (rc == 1)
			to->calibrated =
			    nvr_calibrated(to->confidence, slope, intercept);
	}
	j->audit.findings = j->all;
	j->audit.nfindings = NVR_HEALTH_LABELS + f->n;
	return rc < 0 ? rc : 0;
}

/* What is clear and stays as it is, need not be asked again. */
static int
remember_view(struct nvr_audit_job *j, struct nvr_error *err)
{
	bool clear = strcmp(j->audit.status, "ok") == 0;

	if (!j->q->skip_unchanged)
		return 0;
	for (size_t i = 0; i < j->audit.nfindings; i++) {
		const struct nvr_finding *f = &j->audit.findings[i];

		if (f->kind != NULL && strcmp(f->kind, "check") == 0)
			clear &= strcmp(f->verdict, "no") == 0;
	}
	return nvr_scene_save(j->a->s, j->audit.camera_id, j->q->asked_sha256,
	    clear ? &j->scene : NULL, j->audit.at, err);
}

static int
enter(struct nvr_audit_job *j, struct nvr_error *err)
{
	struct nvr_store *st = j->a->s->store;
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	rc = nvr_audit_finish(st, &j->audit, NVR_HEALTH_LABELS, err);
	if (rc == 0 && nvr_inquiry_attempts(j->inquiry) == 0)
		rc = nvr_budget_cancel(&j->budget, st, err);
	if (rc == 0)
		rc = remember_view(j, err);
	return nvr_store_end(st, rc, err);
}

/* A store that is busy for long fails this question, not the others. */
int
nvr_audit_job_finish(struct nvr_audit_job *j, struct nvr_error *err)
{
	int rc;

	if (j->outcome.rc != 0 && j->outcome.rc != NVR_E_AGAIN)
		return nvr_fail(err, j->outcome.rc, "%s", j->outcome.why.text);
	j->audit.status = j->outcome.status;
	j->audit.model = nvr_inquiry_model(j->inquiry);
	j->why = j->outcome.why;
	if (strcmp(j->audit.status, "ok") != 0)
		j->audit.error = j->why.text;
	j->audit.duration_us = nvr_time_monotonic() - j->start;
	rc = join_findings(j, err);
	if (rc != 0)
		return rc;
	rc = enter(j, err);
	return rc == NVR_E_AGAIN ? enter(j, err) : rc;
}
