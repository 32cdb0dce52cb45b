/* JPEG markers, EXIF and decoding: what comes from cameras and files. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/jpeg.h"
#include "still/exif.h"
#include "still/jpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t resume = 0, piece = 0;
	struct nvr_picture *pic = NULL;
	struct nvr_buf out = {0};
	struct nvr_exif exif, back;
	struct nvr_error err;
	int width = 0, height = 0;
	long whole, part = 0;

	whole = nvr_jpeg_length(data, len, &resume, &err);
	resume = 0;
	/* In pieces it ends at the same place. */
	for (piece = 0; part == 0 && piece < len; piece += 7)
		part = nvr_jpeg_length(data, piece, &resume, &err);
	if (part == 0)
		part = nvr_jpeg_length(data, len, &resume, &err);
	if (whole > 0 && part != whole)
		abort();
	nvr_exif_get(data, len, &exif);
	exif.taken_at = 1;
	if (nvr_exif_put(data, len, &exif, &out, &err) == 0) {
		nvr_exif_get(out.data, out.len, &back);
		if (back.camera_id != exif.camera_id)
			abort();
	}
	nvr_buf_release(&out);
	if (nvr_jpeg_size(data, len, &width, &height, &err) == 0 &&
	    width <= 512 && height <= 512 &&
	    nvr_jpeg_decode(data, len, &pic, &err) == 0)
		nvr_picture_free(pic);
	return 0;
}
