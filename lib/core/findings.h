/*
 * Findings as JSON: what an exec: analyzer prints (share/schema/findings.json)
 * and what nvr-audit shows.
 */
#ifndef NVR_CORE_FINDINGS_H
#define NVR_CORE_FINDINGS_H

#include <jansson.h>

#include "store/audit.h"

#define NVR_FINDINGS_MAX 256

struct nvr_findings {
	json_t *json; /* owns the texts */
	struct nvr_finding *item;
	size_t n;
	const char *model; /* NULL: it named none */
};

/*
 * Reads and checks them.  NVR_E_DATA names the first thing that is not as
 * the schema has it.
 */
int nvr_findings_parse(const void *text, size_t len, struct nvr_findings *ret,
    struct nvr_error *err);
void nvr_findings_release(struct nvr_findings *f);

/* A new reference; what is not there is null. */
json_t *nvr_finding_json(const struct nvr_finding *f);

#endif
