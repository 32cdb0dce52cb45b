/*
 * From a decoded frame to a picture.  A picture is JFIF's: full range, and the
 * matrix of ITU-R BT.601 whatever its size.  Cameras mostly send the narrow
 * range (16..235) and, from 720 lines up, the matrix of BT.709, so swscale
 * only changes format and size here and the colours are converted below, in
 * one pass: swscale would go by way of 8-bit RGB.
 */
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/video_int.h"

#define FIX 14 /* bits behind the point */

/* The weights of red and blue in luma: ITU-T H.273, table 4. */
struct matrix {
	double kr, kb;
};

static const struct matrix bt601 = {0.299, 0.114};
static const struct matrix bt709 = {0.2126, 0.0722};
static const struct matrix bt2020 = {0.2627, 0.0593};

/*
 * Y' = yy (Y - black) + yb Cb + yr Cr, and so on for Cb' and Cr', in fixed
 * point.  Grey stays grey, so chroma does not depend on luma.
 */
struct conversion {
	int black;
	int yy, yb, yr;
	int bb, br;
	int rb, rr;
	bool copy; /* there is nothing to convert */
};

static const struct matrix *
matrix_of(const AVFrame *frame)
{
	switch (frame->colorspace) {
	case AVCOL_SPC_BT709:
	case AVCOL_SPC_SMPTE240M:
		return &bt709;
	case AVCOL_SPC_BT2020_NCL:
	case AVCOL_SPC_BT2020_CL:
		return &bt2020;
	case AVCOL_SPC_UNSPECIFIED:
		/* full range and silent about it: a camera's JPEG */
		if (frame->color_range != AVCOL_RANGE_JPEG &&
		    frame->height >= 720)
			return &bt709;
		return &bt601;
	default:
		return &bt601;
	}
}

static int
fix(double d)
{
	return (int)(d * (1 << FIX) + (d < 0 ? -0.5 : 0.5));
}

static struct conversion
conversion_of(const struct matrix *m, bool full)
{
	const struct matrix *j = &bt601;
	double kg = 1 - m->kr - m->kb, jg = 1 - j->kr - j->kb;
	double y = full ? 1 : 255.0 / 219, c = full ? 1 : 255.0 / 224;
	/* what Cb and Cr add to red, green and blue */
	double r_cr = 2 * (1 - m->kr) * c, b_cb = 2 * (1 - m->kb) * c;
	double g_cb = -b_cb * m->kb / kg, g_cr = -r_cr * m->kr / kg;
	double y_cb = jg * g_cb + j->kb * b_cb;
	double y_cr = j->kr * r_cr + jg * g_cr;

	return (struct conversion){
	    .black = full ? 0 : 16,
	    .yy = fix(y),
	    .yb = fix(y_cb),
	    .yr = fix(y_cr),
	    .bb = fix((b_cb - y_cb) / (2 * (1 - j->kb))),
	    .br = fix(-y_cr / (2 * (1 - j->kb))),
	    .rb = fix(-y_cb / (2 * (1 - j->kr))),
	    .rr = fix((r_cr - y_cr) / (2 * (1 - j->kr))),
	    .copy = full && m == j,
	};
}

static uint8_t
clip(int fixed)
{
	int v = (fixed + (1 << (FIX - 1))) >> FIX;

	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Converts a row of chroma, and leaves what it adds to luma in `add`. */
static void
convert_chroma(const struct conversion *k, const uint8_t *cb, const uint8_t *cr,
    uint8_t *to_cb, uint8_t *to_cr, int *add, int n)
{
	for (int i = 0; i < n; i++) {
		int b = cb[i] - 128, r = cr[i] - 128;

		add[i] = k->yb * b + k->yr * r - k->yy * k->black;
		to_cb[i] = clip(k->bb * b + k->br * r + (128 << FIX));
		to_cr[i] = clip(k->rb * b + k->rr * r + (128 << FIX));
	}
}

static int
convert(const struct conversion *k, const AVFrame *from, struct nvr_picture *to,
    struct nvr_error *err)
{
	int half = (to->width + 1) / 2;
	int *add = calloc((size_t)half, sizeof(*add));

	if (add == NULL)
		return nvr_fail_nomem(err);
	for (int row = 0; row < to->height; row++) {
		const uint8_t *y = from->data[0] + row * from->linesize[0];
		uint8_t *to_y = to->plane[0] + row * to->stride[0];
		int c = row / 2;

		if (row % 2 == 0)
			convert_chroma(k, from->data[1] + c * from->linesize[1],
			    from->data[2] + c * from->linesize[2],
			    to->plane[1] + c * to->stride[1],
			    to->plane[2] + c * to->stride[2], add, half);
		for (int x = 0; x < to->width; x++)
			to_y[x] = clip(k->yy * y[x] + add[x / 2]);
	}
	free(add);
	return 0;
}

/* Planar 8-bit 4:2:0 of any range: what `convert` takes. */
static bool
is_i420(const AVFrame *frame)
{
	return frame->format == AV_PIX_FMT_YUV420P ||
	       frame->format == AV_PIX_FMT_YUVJ420P;
}

/* Changes format and size and keeps range and matrix; RGB becomes JFIF's. */
static int
rescale(const AVFrame *from, int width, int height, AVFrame *to,
    struct nvr_error *err)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(from->format);
	bool rgb = desc != NULL && (desc->flags & AV_PIX_FMT_FLAG_RGB) != 0;
	bool full = rgb || from->color_range == AVCOL_RANGE_JPEG;
	const int *table = sws_getCoefficients(SWS_CS_ITU601);
	struct SwsContext *sws;
	int rc;

	to->format = full ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
	to->width = width;
	to->height = height;
	to->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	to->colorspace = rgb ? AVCOL_SPC_BT470BG : from->colorspace;
	if (av_frame_get_buffer(to, 0) < 0)
		return nvr_fail_nomem(err);
	sws = sws_getContext(from->width, from->height, from->format, width,
	    height, AV_PIX_FMT_YUV420P, SWS_AREA | SWS_ACCURATE_RND, NULL, NULL,
	    NULL);
	if (sws == NULL)
		return nvr_fail(err, NVR_E_DATA,
		    "cannot convert pixels of the format %s",
		    desc != NULL ? desc->name : "unknown");
	sws_setColorspaceDetails(
	    sws, table, full, table, full, 0, 1 << 16, 1 << 16);
	rc = sws_scale(sws, (const uint8_t *const *)from->data, from->linesize,
	    0, from->height, to->data, to->linesize);
	sws_freeContext(sws);
	return rc == height ? 0 : nvr_fail(err, NVR_E_DATA, "cannot scale it");
}

static void
copy(const AVFrame *from, struct nvr_picture *to)
{
	for (int p = 0; p < 3; p++) {
		int rows = p == 0 ? to->height : (to->height + 1) / 2;

		for (int row = 0; row < rows; row++)
			memcpy(to->plane[p] + row * to->stride[p],
			    from->data[p] + row * from->linesize[p],
			    (size_t)to->stride[p]);
	}
}

int
nvr_video_picture(const AVFrame *frame, int width, struct nvr_picture **ret,
    struct nvr_error *err)
{
	struct nvr_picture *pic = NULL;
	struct conversion k;
	AVFrame *scaled = NULL;
	int height, rc;

	if (width <= 0 || width > frame->width)
		width = frame->width;
	height = (int)av_rescale(frame->height, width, frame->width);
	rc = nvr_picture_new(width, height > 0 ? height : 1, &pic, err);
	if (rc == 0 && (width != frame->width || !is_i420(frame))) {
		scaled = av_frame_alloc();
		rc = scaled == NULL
			 ? nvr_fail_nomem(err)
			 : rescale(frame, width, pic->height, scaled, err);
	}
	if (rc == 0) {
		/* the size of the source tells the matrix */
		const struct matrix *m = matrix_of(frame);
		const AVFrame *from = scaled != NULL ? scaled : frame;

		if (from->colorspace != frame->colorspace)
			m = &bt601;
		k = conversion_of(m, from->color_range == AVCOL_RANGE_JPEG ||
					 from->format == AV_PIX_FMT_YUVJ420P);
		if (k.copy)
			copy(from, pic);
		else
			rc = convert(&k, from, pic, err);
	}
	av_frame_free(&scaled);
	if (rc != 0)
		nvr_picture_free(pic);
	else
		*ret = pic;
	return rc;
}
