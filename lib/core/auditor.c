/* Examines stills; see auditor.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "core/auditor.h"
#include "core/exec.h"
#include "core/findings.h"
#include "core/local.h"
#include "seal/digest.h"
#include "still/exif.h"

struct nvr_auditor {
	struct nvr_state *s;
	struct nvr_auditor_options o;
	const char *program; /* of exec:, else NULL */
	char prompt_sha256[2 * NVR_SHA256_LEN + 1];
	struct nvr_luma_reader *reader;
	struct nvr_luma luma;

	/* of the last still */
	struct nvr_camera *cam;
	struct nvr_exif exif;
	struct nvr_local_result local;
	struct nvr_findings findings;
	struct nvr_attempt attempt;
	struct nvr_departure departure;
	char sha256[2 * NVR_SHA256_LEN + 1];
	struct nvr_error why;
	struct nvr_audit audit;
};

static int
hex_of(const void *data, size_t len, char hex[2 * NVR_SHA256_LEN + 1],
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
	int rc = 0;

	if (a == NULL)
		return nvr_fail_nomem(err);
	a->s = s;
	a->o = *o;
	if (strncmp(o->analyzer, "exec:/", 6) == 0)
		a->program = o->analyzer + 5;
	else if (strcmp(o->analyzer, "local") != 0)
		rc = nvr_fail(err, NVR_E_USAGE,
		    "no analyzer '%s'; there are local and exec:/PROGRAM",
		    o->analyzer);
	if (rc == 0 && o->prompt != NULL)
		rc =
		    hex_of(o->prompt, strlen(o->prompt), a->prompt_sha256, err);
	if (rc == 0)
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
	if (a == NULL)
		return;
	nvr_camera_free(a->cam);
	nvr_findings_release(&a->findings);
	nvr_luma_reader_free(a->reader);
	free(a);
}

const struct nvr_camera *
nvr_auditor_camera(const struct nvr_auditor *a)
{
	return a->cam;
}

/* Whose still is it?  The id first: a camera may have another name by now. */
static int
find_owner(struct nvr_auditor *a, struct nvr_error *err)
{
	int rc;

	if (a->cam != NULL && a->exif.camera_id == a->cam->id)
		return 0; /* as the last one */
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
	if (a->cam != NULL && a->cam->id == cam->id)
		return 0;
	nvr_camera_free(a->cam);
	a->cam = NULL;
	return nvr_camera_get(a->s->store, cam->id, &a->cam, err);
}

static void
begin_audit(struct nvr_auditor *a)
{
	nvr_findings_release(&a->findings);
	a->why = (struct nvr_error){0};
	a->audit = (struct nvr_audit){
	    .id = nvr_id_new(),
	    .camera_id = a->cam->id,
	    .camera_name = a->cam->name,
	    .at = nvr_time_now(),
	    .taken_at = a->exif.taken_at,
	    .type = "regular",
	    .origin = a->o.origin,
	    .analyzer = a->o.analyzer,
	    .prompt = a->o.prompt,
	    .prompt_sha256 = a->o.prompt != NULL ? a->prompt_sha256 : NULL,
	    .schema_version = NVR_AUDIT_SCHEMA,
	    .status = "ok",
	};
}

static void
fail_audit(struct nvr_auditor *a, const char *status)
{
	a->audit.status = status;
	a->audit.error = a->why.text;
	a->audit.nfindings = 0;
}

/* An analyzer that is a program: its failure is a status. */
static void
ask_program(struct nvr_auditor *a, const void *jpeg, size_t len)
{
	char camera[128], taken[64], text[NVR_TIME_TEXT];
	struct nvr_buf prompt = {0}, out = {0};
	const char *env[] = {camera, taken, NULL, NULL};
	struct nvr_exec x = {
	    a->program, env, jpeg, len, a->o.exec_timeout, a->o.exec_output};
	int rc = 0;

	snprintf(camera, sizeof(camera), "NVR_CAMERA=%s", a->cam->name);
	snprintf(taken, sizeof(taken), "NVR_TAKEN_AT=%s",
	    a->audit.taken_at != 0 ? nvr_time_format(a->audit.taken_at, text)
				   : "");
	if (a->o.prompt != NULL) {
		rc = nvr_buf_addf(
		    &prompt, &a->why, "NVR_PROMPT=%s", a->o.prompt);
		env[2] = prompt.data;
	}
	a->attempt = (struct nvr_attempt){.at = nvr_time_now(),
	    .tokens_in = -1,
	    .tokens_out = -1,
	    .tokens_cached = -1,
	    .cost_micros = -1,
	    .reserved_tokens = -1,
	    .reserved_micros = -1};
	a->departure = (struct nvr_departure){
	    a->attempt.at, a->o.analyzer, (int64_t)len, a->sha256};
	if (rc == 0)
		rc = nvr_exec_run(&x, &out, &a->why);
	if (rc != 0)
		fail_audit(a, rc == NVR_E_DATA ? "invalid" : "error");
	else if (nvr_findings_parse(out.data, out.len, &a->findings, &a->why) !=
		 0)
		fail_audit(a, "invalid");
	a->audit.findings = a->findings.item;
	a->audit.nfindings = a->findings.n;
	a->audit.model = a->findings.model;
	a->attempt.latency_us = nvr_time_now() - a->attempt.at;
	a->attempt.status = a->audit.status;
	a->attempt.error = a->audit.error;
	a->audit.attempts = &a->attempt;
	a->audit.nattempts = 1;
	a->audit.departures = &a->departure;
	a->audit.ndepartures = 1;
	nvr_buf_release(&prompt);
	nvr_buf_release(&out);
}

/* Inside the transaction: see nvr_local_judge. */
static int
judge_locally(struct nvr_auditor *a, struct nvr_error *err)
{
	int rc = nvr_local_judge(
	    a->s, a->cam->id, &a->luma, a->o.learn, &a->local, err);

	if (rc != 0)
		return rc;
	a->audit.findings = a->local.finding;
	a->audit.nfindings = NVR_HEALTH_LABELS;
	if (a->local.learning)
		a->audit.status = "learning";
	return 0;
}

static int
store(struct nvr_auditor *a, bool local, struct nvr_error *err)
{
	int64_t start = nvr_time_monotonic();
	int rc = nvr_store_begin(a->s->store, err);

	if (rc != 0)
		return rc;
	if (local)
		rc = judge_locally(a, err);
	a->audit.duration_us += nvr_time_monotonic() - start;
	if (rc == 0)
		rc = nvr_audit_insert(a->s->store, &a->audit, err);
	if (rc == 0)
		rc = nvr_store_commit(a->s->store, err);
	if (rc != 0)
		nvr_store_rollback(a->s->store);
	return rc;
}

int
nvr_auditor_examine(struct nvr_auditor *a, const struct nvr_camera *cam,
    const void *jpeg, size_t len, const struct nvr_audit **ret,
    struct nvr_error *err)
{
	int64_t start = nvr_time_monotonic();
	bool readable;
	int rc;

	nvr_exif_get(jpeg, len, &a->exif);
	rc = cam != NULL ? copy_camera(a, cam, err) : find_owner(a, err);
	if (rc == 0)
		rc = hex_of(jpeg, len, a->sha256, err);
	if (rc != 0)
		return rc;
	begin_audit(a);
	a->audit.still_sha256 = a->sha256;
	a->audit.still_id = a->o.kept ? a->exif.still_id : 0;
	readable = nvr_luma_read(a->reader, jpeg, len, &a->luma, &a->why) == 0;
	if (readable) {
		a->audit.width = a->luma.source_width;
		a->audit.height = a->luma.source_height;
	} else {
		fail_audit(a, "error");
	}
	if (readable && a->program != NULL)
		ask_program(a, jpeg, len);
	a->audit.duration_us = nvr_time_monotonic() - start;
	rc = store(a, readable && a->program == NULL, err);
	if (rc == 0)
		*ret = &a->audit;
	return rc;
}

int
nvr_auditor_miss(struct nvr_auditor *a, const struct nvr_camera *cam,
    const char *why, const struct nvr_audit **ret, struct nvr_error *err)
{
	int rc = copy_camera(a, cam, err);

	if (rc != 0)
		return rc;
	a->exif = (struct nvr_exif){0};
	begin_audit(a);
	nvr_fail(&a->why, NVR_E_UNAVAILABLE, "no still: %s", why);
	fail_audit(a, "error");
	rc = store(a, false, err);
	if (rc == 0)
		*ret = &a->audit;
	return rc;
}
