/* What the halves of the auditor share: auditor.c, auditor_ask.c. */
#ifndef NVR_CORE_AUDITOR_INT_H
#define NVR_CORE_AUDITOR_INT_H

#include "core/agent.h"
#include "core/auditor.h"
#include "core/local.h"
#include "core/scene.h"
#include "core/vision.h"
#include "still/exif.h"

struct nvr_auditor {
	struct nvr_state *s;
	struct nvr_auditor_options o;
	struct nvr_luma_reader *reader;
	struct nvr_luma luma;
	struct nvr_camera *cam;		/* of the last still */
	struct nvr_exif exif;		/* the last still's */
	struct nvr_local_result judged; /* the last still, where it was */
	bool is_judged;
	struct nvr_loop *loop; /* NULL: no model was asked for */
	struct nvr_host *host[NVR_MODELS_MAX];
	int nhosts;
	struct nvr_audit_job *open; /* questions */
	int nopen;
};

/* An audit, from its still to its last row. */
struct nvr_audit_job {
	struct nvr_auditor *a;
	const struct nvr_asking *q;
	int64_t start; /* nvr_time_monotonic */
	char sha256[2 * NVR_SHA256_LEN + 1];
	struct nvr_local_result local;
	struct nvr_findings findings; /* of a program */
	struct nvr_attempt attempt;
	struct nvr_departure departure;
	struct nvr_error why;
	struct nvr_audit audit;

	/* A question to a model. */
	struct nvr_audit_job *next;
	struct nvr_camera *cam;
	const struct nvr_camera *allowed[NVR_ALLOW_MAX + 1];
	struct nvr_budget budget;
	struct nvr_inquiry *inquiry;
	struct nvr_vision *vision;
	struct nvr_agent *agent;
	struct nvr_buf jpeg; /* an agent's crops are made of it */
	char health[2048];
	struct nvr_scene scene;
	struct nvr_finding *all; /* local ones and the model's */
	struct nvr_outcome outcome;
	bool answered;
};

int nvr_audit_hex(const void *data, size_t len,
    char hex[2 * NVR_SHA256_LEN + 1], struct nvr_error *err);

/*
 * Within the transaction that enters the audit: whether its picture is to be
 * sent at all; else audit.status says why not.  Sets the status.
 */
int nvr_audit_job_admit(struct nvr_audit_job *j, struct nvr_error *err);

/* Asks.  What goes wrong with the question itself is the audit's status. */
int nvr_audit_job_ask(struct nvr_audit_job *j, const void *jpeg, size_t len,
    struct nvr_error *err);

/* Enters what has been answered. */
int nvr_audit_job_finish(struct nvr_audit_job *j, struct nvr_error *err);

void nvr_audit_job_free(struct nvr_audit_job *j);
void nvr_audit_job_fail(struct nvr_audit_job *j, const char *status);

#endif
