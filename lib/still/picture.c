/* A picture in memory; see picture.h. */
#include <stdlib.h>

#include "still/picture.h"

int
nvr_picture_new(
    int width, int height, struct nvr_picture **ret, struct nvr_error *err)
{
	struct nvr_picture *pic;
	size_t luma, chroma;

	if (width < 1 || height < 1 || width > NVR_PICTURE_MAX_SIDE ||
	    height > NVR_PICTURE_MAX_SIDE ||
	    (long long)width * height > NVR_PICTURE_MAX_PIXELS)
		return nvr_fail(err, NVR_E_DATA,
		    "a picture of %d x %d pixels is refused", width, height);
	luma = (size_t)width * (size_t)height;
	chroma = (size_t)((width + 1) / 2) * (size_t)((height + 1) / 2);
	pic = calloc(1, sizeof(*pic));
	if (pic == NULL)
		return nvr_fail_nomem(err);
	pic->plane[0] = malloc(luma + 2 * chroma);
	if (pic->plane[0] == NULL) {
		free(pic);
		return nvr_fail_nomem(err);
	}
	pic->width = width;
	pic->height = height;
	pic->stride[0] = width;
	pic->stride[1] = pic->stride[2] = (width + 1) / 2;
	pic->plane[1] = pic->plane[0] + luma;
	pic->plane[2] = pic->plane[1] + chroma;
	*ret = pic;
	return 0;
}

void
nvr_picture_free(struct nvr_picture *pic)
{
	if (pic == NULL)
		return;
	free(pic->plane[0]);
	free(pic);
}
