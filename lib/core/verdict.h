/*
 * What a model is asked about a still, and what it may answer: the checks of
 * a prompt, the JSON Schema of the answer, and the findings that a valid one
 * makes.  Evidence comes before verdict and verdict before confidence, since
 * models write in the schema's order.
 */
#ifndef NVR_CORE_VERDICT_H
#define NVR_CORE_VERDICT_H

#include <jansson.h>

#include "base/buf.h"
#include "core/findings.h"

#define NVR_CHECKS_MAX 32
#define NVR_CHECK_ID 64

struct nvr_check {
	char id[NVR_CHECK_ID]; /* a-z 0-9 - */
	const char *question;  /* into the text of nvr_checks */
};

struct nvr_checks {
	char *text; /* owns the questions */
	struct nvr_check item[NVR_CHECKS_MAX];
	int n;
};

/*
 * A prompt whose lines are each `ID: question` is so many checks; any other
 * one is a single check called `prompt`.  NULL is none: what is seen is told,
 * nothing is asked.  NVR_E_USAGE names the line that is wrong: an id twice,
 * more than NVR_CHECKS_MAX, longer than 8000 bytes.
 */
int nvr_checks_parse(
    const char *prompt, struct nvr_checks *ret, struct nvr_error *err);
void nvr_checks_release(struct nvr_checks *c);

/*
 * A new reference; OpenAI's strict subset, and no less for the others.  Without
 * checks it has no `checks`.
 */
json_t *nvr_verdict_schema(const struct nvr_checks *c);
#define NVR_VERDICT_SCHEMA "nvr_audit_v1"

/* The system text: share/prompts/audit.txt; for agents with agent.txt behind.
 */
extern const char nvr_prompt_audit[], nvr_prompt_agent[];

/* What the model is told of the checks, as text. */
int nvr_checks_text(
    const struct nvr_checks *c, struct nvr_buf *ret, struct nvr_error *err);

struct nvr_verdict {
	struct nvr_findings findings; /* source `model`; checks, then objects */
	const char *scene;	      /* borrowed from findings.json */
	const char *quality;	      /* good, degraded, unusable */
};

/*
 * Reads and checks an answer, whatever the server promised: each check exactly
 * once, no other, enumerations, numbers within their bounds, texts bounded and
 * without control characters, nothing that is not in the schema.  What stands
 * around one JSON object (```json fences, white space) is passed over.
 * NVR_E_DATA names the first thing that is wrong, in words that the model can
 * be told.  Checks stand in the order of the prompt; an object of which there
 * are none has the verdict `no`; texts in the picture are no findings.
 */
int nvr_verdict_read(const struct nvr_checks *c, const char *content,
    struct nvr_verdict *ret, struct nvr_error *err);
void nvr_verdict_release(struct nvr_verdict *v);

/* What asking a model came to. */
struct nvr_outcome {
	int rc;			    /* not 0: the store failed, as why says */
	const char *status;	    /* an audit's */
	struct nvr_error why;	    /* where status is not ok */
	struct nvr_verdict verdict; /* whoever gets the outcome takes it */
};

#endif
