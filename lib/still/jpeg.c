/* Decoding and encoding JPEG; see jpeg.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "still/jpeg.h"

static int
read_header(tjhandle tj, const void *data, size_t len, int *width, int *height,
    int *subsamp, struct nvr_error *err)
{
	int space = -1, rc;

	if (len == 0)
		return nvr_fail(err, NVR_E_DATA, "it is empty (zero bytes)");
	/* TurboJPEG 2.1 leaves them alone when there are tables and no more. */
	*width = *height = 0;
	*subsamp = -1;
	if (tjDecompressHeader3(tj, data, (unsigned long)len, width, height,
		subsamp, &space) != 0)
		return nvr_fail(err, NVR_E_DATA, "it is not a JPEG: %s",
		    tjGetErrorStr2(tj));
	rc = nvr_picture_check(*width, *height, err);
	if (rc != 0)
		return rc;
	if (space != TJCS_YCbCr && space != TJCS_GRAY && space != TJCS_RGB)
		return nvr_fail(err, NVR_E_DATA,
		    "the JPEG is neither grey nor in colours of a camera");
	return 0;
}

int
nvr_jpeg_check(const void *data, size_t len, int *width, int *height,
    struct nvr_error *err)
{
	tjhandle tj = tjInitDecompress();
	int subsamp, rc;

	if (tj == NULL)
		return nvr_fail_nomem(err);
	rc = read_header(tj, data, len, width, height, &subsamp, err);
	tjDestroy(tj);
	return rc;
}

/* A picture whose chroma is not 4:2:0 goes by way of RGB. */
static int
decode_by_rgb(
    tjhandle tj, const void *data, size_t len, struct nvr_picture *pic)
{
	unsigned char *rgb;
	tjhandle enc;
	int rc = -1;

	rgb = malloc((size_t)pic->width * (size_t)pic->height * 3);
	enc = tjInitCompress();
	if (rgb != NULL && enc != NULL) {
		rc = tjDecompress2(tj, data, (unsigned long)len, rgb,
		    pic->width, 0, pic->height, TJPF_RGB, TJFLAG_LIMITSCANS);
		if (rc == 0 || tjGetErrorCode(tj) == TJERR_WARNING)
			rc |= tjEncodeYUVPlanes(enc, rgb, pic->width, 0,
			    pic->height, TJPF_RGB, pic->plane, pic->stride,
			    TJSAMP_420, 0);
	}
	free(rgb);
	if (enc != NULL)
		tjDestroy(enc);
	return rc;
}

/*
 * libjpeg-turbo invents what is missing and warns.  Missing data is refused;
 * a harmless oddity in a camera's JPEG is not.
 */
static int
check_warning(tjhandle tj, struct nvr_error *err)
{
	const char *text = tjGetErrorStr2(tj);

	if (tjGetErrorCode(tj) == TJERR_WARNING &&
	    strcasestr(text, "premature end") == NULL &&
	    strcasestr(text, "corrupt") == NULL)
		return 0;
	return nvr_fail(err, NVR_E_DATA, "the JPEG is damaged: %s", text);
}

/* The fewest eighths of the size that are not less than what is wanted. */
static void
scale_down(int *width, int *height, int least_width, int least_height)
{
	tjscalingfactor f = {1, 8};

	while (f.num < 8 && (TJSCALED(*width, f) < least_width ||
				TJSCALED(*height, f) < least_height))
		f.num++;
	*width = TJSCALED(*width, f);
	*height = TJSCALED(*height, f);
}

int
nvr_jpeg_decode(const void *data, size_t len, struct nvr_picture **ret,
    struct nvr_error *err)
{
	return nvr_jpeg_decode_small(data, len, INT_MAX, INT_MAX, ret, err);
}

int
nvr_jpeg_decode_small(const void *data, size_t len, int least_width,
    int least_height, struct nvr_picture **ret, struct nvr_error *err)
{
	tjhandle tj = tjInitDecompress();
	struct nvr_picture *pic = NULL;
	int width, height, subsamp, rc, tjrc;

	if (tj == NULL)
		return nvr_fail_nomem(err);
	rc = read_header(tj, data, len, &width, &height, &subsamp, err);
	if (rc == 0)
		scale_down(&width, &height, least_width, least_height);
	if (rc == 0)
		rc = nvr_picture_new(width, height, &pic, err);
	if (rc != 0)
		goto out;
	if (subsamp == TJSAMP_GRAY) {
		size_t chroma =
		    (size_t)pic->stride[1] * (size_t)((height + 1) / 2);

		memset(pic->plane[1], 128, 2 * chroma);
	}
	if (subsamp == TJSAMP_420 || subsamp == TJSAMP_GRAY)
		tjrc = tjDecompressToYUVPlanes(tj, data, (unsigned long)len,
		    pic->plane, width, pic->stride, height, TJFLAG_LIMITSCANS);
	else
		tjrc = decode_by_rgb(tj, data, len, pic);
	if (tjrc != 0)
		rc = check_warning(tj, err);
	if (rc == 0) {
		*ret = pic;
		pic = NULL;
	}
out:
	nvr_picture_free(pic);
	tjDestroy(tj);
	return rc;
}

/*
 * The encoder reads a row and a column more where a side is odd; they become
 * like their neighbours, and not what happened to be there.
 */
static void
fill_edges(const struct nvr_picture *pic)
{
	uint8_t *y = pic->plane[0];
	size_t stride = (size_t)pic->stride[0];

	if (pic->width % 2 != 0)
		for (int i = 0; i < pic->height; i++, y += stride)
			y[pic->width] = y[pic->width - 1];
	y = pic->plane[0] + stride * (size_t)pic->height;
	if (pic->height % 2 != 0)
		memcpy(y, y - stride, stride);
}

int
nvr_jpeg_encode(const struct nvr_picture *pic, int quality, struct nvr_buf *out,
    struct nvr_error *err)
{
	const unsigned char *planes[3] = {
	    pic->plane[0], pic->plane[1], pic->plane[2]};
	unsigned long size = tjBufSize(pic->width, pic->height, TJSAMP_420);
	unsigned char *to;
	tjhandle tj;
	int rc;

	rc = nvr_buf_reserve(out, size, err);
	if (rc != 0)
		return rc;
	tj = tjInitCompress();
	if (tj == NULL)
		return nvr_fail_nomem(err);
	to = (unsigned char *)out->data + out->len;
	fill_edges(pic);
	if (tjCompressFromYUVPlanes(tj, planes, pic->width, pic->stride,
		pic->height, TJSAMP_420, &to, &size, quality,
		TJFLAG_NOREALLOC) == 0)
		out->len += size;
	else
		rc = nvr_fail(err, NVR_E_BUG, "cannot encode a JPEG: %s",
		    tjGetErrorStr2(tj));
	out->data[out->len] = '\0';
	tjDestroy(tj);
	return rc;
}
