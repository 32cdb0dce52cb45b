/* The JSON that an exec: analyzer prints. */
#include <stdint.h>
#include <stdlib.h>

#include "core/findings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nvr_findings f;
	struct nvr_error err;

	if (nvr_findings_parse(data, len, &f, &err) != 0)
		return 0;
	for (size_t i = 0; i < f.n; i++) {
		json_t *j = nvr_finding_json(&f.item[i]);

		if (j == NULL)
			abort();
		json_decref(j);
	}
	nvr_findings_release(&f);
	return 0;
}
