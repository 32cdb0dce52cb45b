/* Examines stills; see auditor.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/auditor_int.h"
#include "core/exec.h"

int
nvr_audit_hex(const void *data, size_t len, char hex[2 * NVR_SHA256_LEN + 1],
    struct nvr_error *err)
{
	uint8_t sha[NVR_SHA256_LEN];
	int rc = nvr_sha256(data, len, sha, err);

	nvr_hex(sha, sizeof(sha), hex);
	return rc;
}

int
nvr_auditor_open(struct nvr_state *s, const struct nvr_auditor_options *o,
    struct nvr_auditor **ret, struct nvr_error *err)
{
	struct nvr_auditor *a = calloc(1, sizeof(*a));
	int rc;

	if (a == NULL)
		return nvr_fail_nomem(err);
	a->s = s;
	a->o = *o;
	rc = nvr_luma_reader_new(&a->reader, err);
	if (rc != 0)
		nvr_auditor_close(a);
	else
		*ret = a;
	return rc;
}

void
nvr_auditor_close(struct nvr_auditor *a)
{
	struct nvr_audit_job *j;

	if (a == NULL)
		return;
	nvr_loop_close(a->loop); /* first: it ends what is in flight */
	while ((j = a->open) != NULL) {
		a->open = j->next;
		nvr_audit_job_free(j);
	}
	for (int i = 0; i < a->nhosts; i++)
		nvr_host_close(a->host[i]);
	nvr_camera_free(a->cam);
	nvr_luma_reader_free(a->reader);
	free(a);
}

const struct nvr_camera *
nvr_auditor_camera(const struct nvr_auditor *a)
{
	return a->cam;
}

int
nvr_auditor_open_questions(const struct nvr_auditor *a)
{
	return a->nopen;
}

bool
nvr_auditor_has_room(const struct nvr_auditor *a)
{
	return a->nopen < a->o.jobs;
}

struct nvr_loop *
nvr_auditor_loop(struct nvr_auditor *a)
{
	return a->loop;
}

/* Whose still is it?  The id first: a camera may have another name by now. */
static int
find_owner(struct nvr_auditor *a, struct nvr_error *err)
{
	int rc;

	/* Anew each time: it may have been restricted, or moved, meanwhile. */
	nvr_camera_free(a->cam);
	a->cam = NULL;
	if (a->exif.camera_id != 0) {
		rc = nvr_camera_get(
		    a->s->store, a->exif.camera_id, &a->cam, err);
		if (rc != NVR_E_NOENT)
			return rc;
	}
	if (a->exif.camera[0] == '\0')
		return nvr_fail(err, NVR_E_DATA,
		    "the still does not say whose it is; name the camera with "
		    "--camera");
	rc = nvr_inventory_find(a->s, a->exif.camera, &a->cam, err);
	if (rc == NVR_E_NOENT)
		return nvr_fail(err, NVR_E_DATA,
		    "the still is of camera '%s', which is not in this store; "
		    "name one with --camera",
		    a->exif.camera);
	return rc;
}

static int
copy_camera(
    struct nvr_auditor *a, const struct nvr_camera *cam, struct nvr_error *err)
{
	int64_t id = cam->id;

	nvr_camera_free(a->cam);
	a->cam = NULL;
	return nvr_camera_get(a->s->store, id, &a->cam, err);
}

static struct nvr_audit_job *
new_job(struct nvr_auditor *a, const struct nvr_asking *q)
{
	struct nvr_audit_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->a = a;
	j->q = q;
	j->start = nvr_time_monotonic();
	j->audit = (struct nvr_audit){
	    .id = nvr_id_new(),
	    .camera_id = a->cam->id,
	    .camera_name = a->cam->name,
	    .at = nvr_time_now(),
	    .taken_at = a->exif.taken_at,
	    .type = q->agentic		  ? "agentic"
		    : q->schedule_id != 0 ? "scheduled"
					  : "regular",
	    .origin = q->origin,
	    .analyzer = q->analyzer,
	    .profile = q->model != NULL ? q->model->name : NULL,
	    .model = q->model != NULL ? q->model->model : NULL,
	    .prompt = q->prompt,
	    .prompt_sha256 =
		q->prompt_sha256[0] != '\0' ? q->prompt_sha256 : NULL,
	    .schema_version = NVR_AUDIT_SCHEMA,
	    .status = "ok",
	    .schedule_id = q->schedule_id,
	    .slot_at = q->slot_at,
	};
	return j;
}

void
nvr_audit_job_free(struct nvr_audit_job *j)
{
	if (j == NULL)
		return;
	nvr_vision_close(j->vision);
	nvr_agent_close(j->agent);
	nvr_inquiry_close(j->inquiry);
	nvr_verdict_release(&j->outcome.verdict);
	nvr_findings_release(&j->findings);
	nvr_buf_release(&j->jpeg);
	nvr_camera_free(j->cam);
	free(j->all);
	free(j);
}

void
nvr_audit_job_fail(struct nvr_audit_job *j, const char *status)
{
	j->audit.status = status;
	j->audit.error = j->why.text;
}

/* An analyzer that is a program: its failure is a status. */
static void
ask_program(struct nvr_audit_job *j, const void *jpeg, size_t len)
{
	const struct nvr_auditor *a = j->a;
	char camera[128], taken[64], text[NVR_TIME_TEXT];
	struct nvr_buf prompt = {0}, out = {0};
	const char *env[] = {camera, taken, NULL, NULL};
	struct nvr_exec x = {
	    j->q->program, env, jpeg, len, a->o.exec_timeout, a->o.exec_output};
	int rc = 0;

	snprintf(camera, sizeof(camera), "NVR_CAMERA=%s", a->cam->name);
	snprintf(taken, sizeof(taken), "NVR_TAKEN_AT=%s",
	    j->audit.taken_at != 0 ? nvr_time_format(j->audit.taken_at, text)
				   : "");
	if (j->q->prompt != NULL) {
		rc = nvr_buf_addf(
		    &prompt, &j->why, "NVR_PROMPT=%s", j->q->prompt);
		env[2] = prompt.data;
	}
	j->attempt = (struct nvr_attempt){.at = nvr_time_now(),
	    .tokens_in = -1,
	    .tokens_out = -1,
	    .tokens_cached = -1,
	    .cost_micros = -1,
	    .reserved_tokens = -1,
	    .reserved_micros = -1};
	j->departure = (struct nvr_departure){
	    j->attempt.at, j->q->analyzer, (int64_t)len, j->sha256};
	if (rc == 0)
		rc = nvr_exec_run(&x, &out, &j->why);
	if (rc != 0)
		nvr_audit_job_fail(j, rc == NVR_E_DATA ? "invalid" : "error");
	else if (nvr_findings_parse(out.data, out.len, &j->findings, &j->why) !=
		 0)
		nvr_audit_job_fail(j, "invalid");
	j->audit.findings = j->findings.item;
	j->audit.nfindings = j->findings.n;
	j->audit.model = j->findings.model;
	j->attempt.latency_us = nvr_time_now() - j->attempt.at;
	j->attempt.status = j->audit.status;
	j->attempt.error = j->audit.error;
	j->audit.attempts = &j->attempt;
	j->audit.nattempts = 1;
	j->audit.departures = &j->departure;
	j->audit.ndepartures = 1;
	nvr_buf_release(&prompt);
	nvr_buf_release(&out);
}

/* Inside the transaction: see nvr_local_judge. */
static int
judge_locally(struct nvr_audit_job *j, struct nvr_error *err)
{
	struct nvr_auditor *a = j->a;
	int rc = 0;

	if (!a->is_judged)
		rc = nvr_local_judge(a->s, j->audit.camera_id, &a->luma,
		    j->q->learn, &a->judged, err);
	if (rc != 0)
		return rc;
	nvr_local_copy(&a->judged, &j->local);
	j->audit.findings = j->local.finding;
	j->audit.nfindings = NVR_HEALTH_LABELS;
	if (j->local.learning)
		j->audit.status = "learning";
	return j->q->model != NULL ? nvr_audit_job_admit(j, err) : 0;
}

static int
store(struct nvr_audit_job *j, bool local, struct nvr_error *err)
{
	struct nvr_store *st = j->a->s->store;
	int rc = nvr_store_begin(st, err);

	if (rc != 0)
		return rc;
	if (local)
		rc = judge_locally(j, err);
	j->audit.duration_us = nvr_time_monotonic() - j->start;
	if (rc == 0)
		rc = nvr_audit_insert(st, &j->audit, err);
	rc = nvr_store_end(st, rc, err);
	if (rc == 0)
		j->a->is_judged |= local;
	return rc;
}

/* Stores what is known by now; then it is over, or a model is asked. */
static int
settle(struct nvr_audit_job *j, bool local, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct nvr_auditor *a = j->a;
	int rc = store(j, local, err);

	if (rc == 0 && strcmp(j->audit.status, "unfinished") == 0) {
		rc = nvr_audit_job_ask(j, jpeg, len, err);
		if (rc == 0)
			return 0;
	} else if (rc == 0) {
		rc = a->o.done(a->o.ctx, &j->audit);
	}
	nvr_audit_job_free(j);
	return rc;
}

static int
examine(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	struct nvr_audit_job *j;
	bool readable;
	int rc;

	nvr_exif_get(jpeg, len, &a->exif);
	rc = cam != NULL ? copy_camera(a, cam, err) : find_owner(a, err);
	if (rc != 0 || a->cam == NULL)
		return rc;
	j = new_job(a, q);
	if (j == NULL)
		return nvr_fail_nomem(err);
	rc = nvr_audit_hex(jpeg, len, j->sha256, err);
	if (rc != 0) {
		nvr_audit_job_free(j);
		return rc;
	}
	j->audit.still_sha256 = j->sha256;
	j->audit.still_id = q->kept ? a->exif.still_id : 0;
	readable = nvr_luma_read(a->reader, jpeg, len, &a->luma, &j->why) == 0;
	if (readable) {
		j->audit.width = a->luma.source_width;
		j->audit.height = a->luma.source_height;
	} else {
		nvr_audit_job_fail(j, "error");
	}
	if (readable && q->program != NULL)
		ask_program(j, jpeg, len);
	return settle(j, readable && q->program == NULL, jpeg, len, err);
}

int
nvr_auditor_examine(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	a->is_judged = false;
	return examine(a, q, cam, jpeg, len, err);
}

int
nvr_auditor_examine_again(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const void *jpeg, size_t len,
    struct nvr_error *err)
{
	return examine(a, q, cam, jpeg, len, err);
}

int
nvr_auditor_miss(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const char *why, struct nvr_error *err)
{
	struct nvr_audit_job *j;
	int rc = copy_camera(a, cam, err);

	if (rc != 0 || a->cam == NULL)
		return rc;
	a->exif = (struct nvr_exif){0};
	j = new_job(a, q);
	if (j == NULL)
		return nvr_fail_nomem(err);
	nvr_fail(&j->why, NVR_E_UNAVAILABLE, "%s", why);
	nvr_audit_job_fail(j, "error");
	return settle(j, false, NULL, 0, err);
}

/* Enters what was answered, and counts it. */
static int
reap(struct nvr_auditor *a, int *n, struct nvr_error *err)
{
	struct nvr_audit_job **at = &a->open, *j;
	int rc = 0;

	while (rc == 0 && (j = *at) != NULL) {
		if (!j->answered) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		a->nopen--;
		++*n;
		rc = nvr_audit_job_finish(j, err);
		if (rc == 0)
			rc = a->o.done(a->o.ctx, &j->audit);
		nvr_audit_job_free(j);
	}
	return rc;
}

/* What could not be asked is answered already, and nothing to wait for. */
int
nvr_auditor_turn(struct nvr_auditor *a, int64_t most, struct nvr_error *err)
{
	int n = 0, rc = reap(a, &n, err);

	if (rc != 0 || n > 0 || a->loop == NULL)
		return rc;
	rc = nvr_loop_turn(a->loop, most, err);
	return rc == 0 ? reap(a, &n, err) : rc;
}
