/* Baselines from hostile bytes: decoded, judged by, taught, encoded again. */
#include "core/health.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nvr_luma luma;
	static struct nvr_features f;
	struct nvr_health_report report;
	struct nvr_baseline *b;
	struct nvr_buf out = {0};
	struct nvr_error err;
	char text[64];

	if (f.entropy == 0) {
		for (size_t i = 0; i < sizeof(luma.y); i++)
			luma.y[i] = (uint8_t)(i * i >> 7);
		nvr_features_measure(&luma, &f);
	}
	if (nvr_baseline_decode(data, size, &b, &err) != 0)
		return 0;
	if (nvr_baseline_encode(b, &out, &err) == 0 &&
	    (out.len != size || memcmp(out.data, data, size) != 0))
		abort();
	nvr_health_judge(b, &f, &report);
	for (int i = 0; i < NVR_HEALTH_LABELS; i++) {
		if (!(report.check[i].confidence >= 0 &&
			report.check[i].confidence <= 1))
			abort();
		nvr_health_evidence(
		    &report, (enum nvr_health_label)i, text, sizeof(text));
	}
	nvr_baseline_look(b, &f);
	nvr_baseline_learn(b, &f);
	nvr_health_judge(b, &f, &report);
	nvr_buf_release(&out);
	nvr_baseline_free(b);
	return 0;
}
