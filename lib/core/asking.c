/* What is asked of stills; see auditor.h. */
#include <string.h>

#include "core/auditor_int.h"

/* The profile's host, which all that ask it share. */
static int
find_host(struct nvr_auditor *a, const struct nvr_model *model,
    struct nvr_host **ret, struct nvr_error *err)
{
	int rc = 0;

	for (int i = 0; i < a->nhosts; i++) {
		if (strcmp(nvr_host_model(a->host[i])->name, model->name) ==
		    0) {
			*ret = a->host[i];
			return 0;
		}
	}
	if (a->loop == NULL)
		rc = nvr_loop_open(&a->loop, err);
	if (rc == 0)
		rc = nvr_host_open(model, ret, err);
	if (rc == 0)
		a->host[a->nhosts++] = *ret;
	return rc;
}

/* What was asked: the system's text and the prompt; and of whom, and how. */
static int
hash_prompt(struct nvr_asking *q, struct nvr_error *err)
{
	const char *prompt = q->prompt != NULL ? q->prompt : "";
	const char *system = q->agentic ? nvr_prompt_agent : nvr_prompt_audit;
	struct nvr_buf text = {0};
	int rc = 0;

	if (q->model == NULL)
		return q->prompt != NULL ? nvr_audit_hex(prompt, strlen(prompt),
					       q->prompt_sha256, err)
					 : 0;
	rc = nvr_buf_add(&text, system, strlen(system) + 1, err);
	if (rc == 0)
		rc = nvr_buf_add(&text, prompt, strlen(prompt), err);
	if (rc == 0)
		rc = nvr_audit_hex(text.data, text.len, q->prompt_sha256, err);
	text.len = 0;
	if (rc == 0)
		rc = nvr_buf_addf(&text, err, "%s\n%s\n%s\n%s\n%s",
		    q->model->name, q->model->url, q->model->model,
		    nvr_detail_words[q->model->detail], q->prompt_sha256);
	if (rc == 0)
		rc = nvr_audit_hex(text.data, text.len, q->asked_sha256, err);
	nvr_buf_release(&text);
	return rc;
}

int
nvr_asking_open(
    struct nvr_auditor *a, struct nvr_asking *q, struct nvr_error *err)
{
	int rc = 0;

	if (strcmp(q->analyzer, "openai") == 0) {
		rc = nvr_checks_parse(q->prompt, &q->checks, err);
		if (rc == 0)
			rc = find_host(a, q->model, &q->host, err);
	} else if (strncmp(q->analyzer, "exec:/", 6) == 0) {
		q->program = q->analyzer + 5;
	} else if (strcmp(q->analyzer, "local") != 0) {
		rc = nvr_fail(err, NVR_E_USAGE,
		    "no analyzer '%s'; there are local, openai and "
		    "exec:/PROGRAM",
		    q->analyzer);
	}
	return rc == 0 ? hash_prompt(q, err) : rc;
}

void
nvr_asking_release(struct nvr_asking *q)
{
	nvr_checks_release(&q->checks);
}
