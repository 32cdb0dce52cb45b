/*
 * Examines stills and stores what came of it.  One auditor serves any number
 * of stills of any cameras, and has several questions to models open at once.
 *
 * Analyzers: `local`, the camera's own health against its baseline
 * (core/health.h); `exec:/path`, a program that reads the JPEG on stdin and
 * prints findings (core/findings.h); `openai`, which judges locally and then
 * asks a vision model (core/vision.h, core/agent.h).  Local findings stand
 * whatever the model says.  Nothing of a picture is stored but what
 * core/health.h and core/scene.h measure.
 */
#ifndef NVR_CORE_AUDITOR_H
#define NVR_CORE_AUDITOR_H

#include "base/model.h"
#include "core/inventory.h"
#include "core/verdict.h"
#include "net/loop.h"
#include "seal/digest.h"
#include "store/audit.h"

struct nvr_auditor;
struct nvr_host;

#define NVR_ALLOW_MAX 64

/* What is asked of stills; the same for as many as one likes. */
struct nvr_asking {
	const char *analyzer;
	/* openai, else NULL; one of NVR_MODELS_MAX that an auditor meets */
	const struct nvr_model *model;
	const char *prompt; /* NULL: none */
	/* camera, pipe, file or schedule: struct nvr_audit */
	const char *origin;
	bool learn; /* healthy stills teach the baseline */
	bool kept;  /* the caller keeps the stills */
	bool agentic, skip_unchanged;
	int samples;		      /* 1: asked once; see core/vision.h */
	int64_t schedule_id, slot_at; /* 0: none */
	/* Of cameras of no account; those of accounts have one of these. */
	const struct nvr_tier *tier, *tiers;
	int ntiers;
	/* Bounds of one audit; -1: none. */
	int64_t max_tokens, max_micros;
	int steps, stills; /* agentic */
	int64_t time;
	/* agentic: further cameras that it may look at */
	const struct nvr_camera *const *allow;
	int nallow; /* NVR_ALLOW_MAX at most */

	/* Filled by nvr_asking_open. */
	const char *program; /* of exec:, else NULL */
	struct nvr_checks checks;
	struct nvr_host *host; /* the auditor's */
	char prompt_sha256[2 * NVR_SHA256_LEN + 1];
	/* Of the prompt and of what answers it: core/scene.h. */
	char asked_sha256[2 * NVR_SHA256_LEN + 1];
};

struct nvr_auditor_options {
	const char *store, *config; /* for nvr-snap; config NULL: the default */
	int jobs;		    /* questions open at once */
	int64_t exec_timeout;
	size_t exec_output;
	/* Each audit when it is stored, borrowed; non-zero ends the work. */
	int (*done)(void *ctx, const struct nvr_audit *a);
	void *ctx;
};

int nvr_auditor_open(struct nvr_state *s, const struct nvr_auditor_options *o,
    struct nvr_auditor **ret, struct nvr_error *err);
/* Questions that are open are dropped; their audits stay `unfinished`. */
void nvr_auditor_close(struct nvr_auditor *a);

/*
 * Checks what is asked and fills in the rest of it.  NVR_E_USAGE for an
 * analyzer that there is not, or a prompt that is none; NVR_E_CONFIG for a
 * model that cannot be reached as it is set.
 */
int nvr_asking_open(
    struct nvr_auditor *a, struct nvr_asking *q, struct nvr_error *err);
void nvr_asking_release(struct nvr_asking *q);

/*
 * Examines one JPEG, of the camera cam or, where that is NULL, of the one
 * that its EXIF names, and stores the audit; with a model, later, so that q has
 * to last until then.  A still that cannot be read, and an analyzer that fails,
 * make an audit with a status that says so.  NVR_E_DATA, and no audit, when
 * nobody says whose still it is; NVR_E_CREATE, when the slot has one.
 */
int nvr_auditor_examine(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const void *jpeg, size_t len,
    struct nvr_error *err);

/*
 * The same still once more, for another asking: it is judged locally and
 * learnt from once only, since two looks at one picture are not two stills.
 */
int nvr_auditor_examine_again(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const void *jpeg, size_t len,
    struct nvr_error *err);

/* Stores that there was no still to examine, and why. */
int nvr_auditor_miss(struct nvr_auditor *a, const struct nvr_asking *q,
    const struct nvr_camera *cam, const char *why, struct nvr_error *err);

/* The camera of the last still examined, borrowed until the next call. */
const struct nvr_camera *nvr_auditor_camera(const struct nvr_auditor *a);

/* Questions that are open, and whether there may be one more. */
int nvr_auditor_open_questions(const struct nvr_auditor *a);
bool nvr_auditor_has_room(const struct nvr_auditor *a);

/* What the questions go through; made by the first asking of a model. */
struct nvr_loop *nvr_auditor_loop(struct nvr_auditor *a);

/* Waits for something to happen; what done returned, or the store's trouble. */
int nvr_auditor_turn(
    struct nvr_auditor *a, int64_t most, struct nvr_error *err);

#endif
