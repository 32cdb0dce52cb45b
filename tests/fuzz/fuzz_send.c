/* Stills as they leave the machine: stripped, scaled, cropped. */
#include <stdint.h>
#include <stdlib.h>

#include "base/jpeg.h"
#include "still/send.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct nvr_send how[] = {{.quality = 85},
	    {.to_width = 33, .to_height = 17, .quality = 85},
	    {3, 2, 9, 8, 18, 16, 85}};
	struct nvr_buf out = {0}, again = {0};
	struct nvr_error err;
	int width, height;

	/* Decoding large ones is for the decoder's own tests. */
	if (nvr_jpeg_size(data, len, &width, &height, &err) != 0 ||
	    (long)width * height > 512 * 512)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (nvr_send_still(data, len, &how[i], &out, &err) != 0)
			continue;
		if (i == 0 &&
		    (nvr_jpeg_strip(out.data, out.len, &again, &err) != 0 ||
			again.len != out.len))
			abort();
		nvr_buf_release(&out);
		nvr_buf_release(&again);
	}
	return 0;
}
