/* Stills from hostile bytes, through the features. */
#include "core/health.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nvr_luma_reader *reader;
	static struct nvr_luma luma;
	static struct nvr_features f;
	struct nvr_error err;

	if (reader == NULL && nvr_luma_reader_new(&reader, &err) != 0)
		abort();
	if (nvr_luma_read(reader, data, size, &luma, &err) != 0)
		return 0;
	if (!(luma.chroma >= 0 && luma.chroma <= 256))
		abort();
	nvr_features_measure(&luma, &f);
	return 0;
}
