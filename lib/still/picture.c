/* A picture in memory; see picture.h. */
#include <stdlib.h>

#include "still/picture.h"

int
nvr_picture_check(int width, int height, struct nvr_error *err)
{
	if (width < 1 || height < 1 || width > NVR_PICTURE_MAX_SIDE ||
	    height > NVR_PICTURE_MAX_SIDE ||
	    (long long)width * height > NVR_PICTURE_MAX_PIXELS)
		return nvr_fail(err, NVR_E_DATA,
		    "a picture of %d x %d pixels is refused", width, height);
	return 0;
}

int
nvr_picture_new(
    int width, int height, struct nvr_picture **ret, struct nvr_error *err)
{
	struct nvr_picture *pic;
	size_t luma, chroma;
	int rc;

	rc = nvr_picture_check(width, height, err);
	if (rc != 0)
		return rc;
	luma = (size_t)(width + width % 2) * (size_t)(height + height % 2);
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
	pic->stride[0] = width + width % 2;
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

/* One pixel of the smaller plane: the mean over its area, in 1/256 pixels. */
static uint8_t
area_mean(const uint8_t *from, int stride, int64_t x0, int64_t x1, int64_t y0,
    int64_t y1)
{
	int64_t sum = 0;

	for (int64_t y = y0 & ~255; y < y1; y += 256) {
		int64_t h = (y + 256 < y1 ? y + 256 : y1) - (y > y0 ? y : y0);
		const uint8_t *row = from + (y >> 8) * stride;
		int64_t line = 0;

		for (int64_t x = x0 & ~255; x < x1; x += 256)
			line += row[x >> 8] * ((x + 256 < x1 ? x + 256 : x1) -
						  (x > x0 ? x : x0));
		sum += line * h;
	}
	return (uint8_t)(sum / ((x1 - x0) * (y1 - y0)));
}

static void
shrink_plane(const uint8_t *from, int fw, int fh, int fstride, uint8_t *to,
    int tw, int th, int tstride)
{
	for (int y = 0; y < th; y++)
		for (int x = 0; x < tw; x++)
			to[y * tstride + x] =
			    area_mean(from, fstride, (int64_t)x * fw * 256 / tw,
				(int64_t)(x + 1) * fw * 256 / tw,
				(int64_t)y * fh * 256 / th,
				(int64_t)(y + 1) * fh * 256 / th);
}

int
nvr_picture_shrink(const struct nvr_picture *pic, int width,
    struct nvr_picture **ret, struct nvr_error *err)
{
	int height, rc;
	struct nvr_picture *small;

	if (width < 1 || width > pic->width)
		return nvr_fail(err, NVR_E_USAGE,
		    "a picture %d pixels wide cannot become %d wide",
		    pic->width, width);
	height = (int)((int64_t)pic->height * width / pic->width);
	rc = nvr_picture_new(width, height > 0 ? height : 1, &small, err);
	if (rc != 0)
		return rc;
	small->taken_at = pic->taken_at;
	shrink_plane(pic->plane[0], pic->width, pic->height, pic->stride[0],
	    small->plane[0], small->width, small->height, small->stride[0]);
	for (int i = 1; i < 3; i++)
		shrink_plane(pic->plane[i], (pic->width + 1) / 2,
		    (pic->height + 1) / 2, pic->stride[i], small->plane[i],
		    (small->width + 1) / 2, (small->height + 1) / 2,
		    small->stride[i]);
	*ret = small;
	return 0;
}
