/*
 * A still as it leaves the machine; see send.h.
 *
 * What has to become smaller is scaled twice: by the decoder, which leaves out
 * the high frequencies of each block, to the nearest eighth that is not too
 * small, and from there exactly, each pixel the mean of the area it covers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/jpeg.h"
#include "base/vector.h"
#include "still/jpeg.h"
#include "still/send.h"

#define ONE 4096 /* what the weights of a span add up to */
#define ENLARGE_MAX 2

/* A part of a plane of samples. */
struct area {
	const uint8_t *sample;
	int width, height, stride; /* of the plane */
	double x, y, w, h;	   /* of the part; may cut samples */
};

/* Which source samples make one target sample, and the weight of each. */
struct span {
	int from, to;		   /* inclusive */
	uint32_t head, body, tail; /* of the first, those between, the last */
};

static int
at_most(double x, int max)
{
	return x < 0 ? 0 : x > max ? max : (int)x;
}

/* Target i covers the source from start + i * step on, a step or a sample. */
static void
make_spans(struct span *s, double start, double length, int size, int to)
{
	double step = length / to;

	for (int i = 0; i < to; i++, s++) {
		double a = start + i * step, tail;

		*s = (struct span){0};
		if (step >= 1) {
			s->from = at_most(a, size - 1);
			s->to = at_most(ceil(a + step) - 1, size - 1);
			s->head = (uint32_t)((s->from + 1 - a) / step * ONE);
			s->body = (uint32_t)(ONE / step);
		} else {
			/* Between the two nearest. */
			a = fmax(0, fmin(a + (step - 1) / 2, size - 1));
			s->from = (int)a;
			s->to = at_most(s->from + 1, size - 1);
			s->head = (uint32_t)((s->from + 1 - a) * ONE);
		}
		tail = ONE - (double)s->head -
		       (double)s->body * (s->to - s->from - 1);
		if (s->from == s->to || tail < 0)
			s->head = ONE, s->body = 0, tail = 0, s->to = s->from;
		s->tail = (uint32_t)tail;
	}
}

NVR_VECTOR_LOOP static void
add_row(uint32_t *restrict sum, const uint8_t *restrict row, int width,
    uint32_t weight)
{
	for (int x = 0; x < width; x++)
		sum[x] += row[x] * weight;
}

/* Columns are sums of rows, ONE times too large; so 255 just fits. */
static void
add_columns(const uint32_t *col, const struct span *s, int n, uint8_t *to)
{
	for (const struct span *end = s + n; s < end; s++) {
		uint32_t sum = col[s->from] * s->head + col[s->to] * s->tail;

		for (int i = s->from + 1; i < s->to; i++)
			sum += col[i] * s->body;
		*to++ = (uint8_t)((sum + ONE * ONE / 2) / (ONE * ONE));
	}
}

static int
resample(const struct area *a, uint8_t *to, int width, int height, int stride,
    struct nvr_error *err)
{
	struct span *xs = calloc((size_t)width + (size_t)height, sizeof(*xs)),
		    *y;
	uint32_t *col = calloc((size_t)a->width, sizeof(*col));

	if (xs == NULL || col == NULL) {
		free(xs);
		free(col);
		return nvr_fail_nomem(err);
	}
	y = xs + width;
	make_spans(xs, a->x, a->w, a->width, width);
	make_spans(y, a->y, a->h, a->height, height);
	for (; y < xs + width + height; y++, to += stride) {
		int x = xs[0].from, n = xs[width - 1].to + 1 - x;
		const uint8_t *row =
		    a->sample + x + (ptrdiff_t)a->stride * y->from;

		memset(col + x, 0, sizeof(*col) * (size_t)n);
		add_row(col + x, row, n, y->head);
		for (int i = y->from + 1; i < y->to; i++)
			add_row(col + x, row += a->stride, n, y->body);
		if (y->tail > 0)
			add_row(col + x, row + a->stride, n, y->tail);
		add_columns(col, xs, width, to);
	}
	free(xs);
	free(col);
	return 0;
}

/* Whole pixels of `from` as part of a picture that was scaled to `to`. */
static double
scaled(int pixels, int from, int to)
{
	return (double)pixels * to / from;
}

/* The crop of the still, as it stands in pic, in pixels of the picture out. */
static int
fill(const struct nvr_picture *pic, const struct nvr_send *crop, int width,
    int height, struct nvr_picture *out, struct nvr_error *err)
{
	struct area a = {.sample = pic->plane[0],
	    .width = pic->width,
	    .height = pic->height,
	    .stride = pic->stride[0],
	    .x = scaled(crop->x, width, pic->width),
	    .y = scaled(crop->y, height, pic->height),
	    .w = scaled(crop->width, width, pic->width),
	    .h = scaled(crop->height, height, pic->height)};
	int half_width = (out->width + 1) / 2;
	int half_height = (out->height + 1) / 2;
	int rc = resample(
	    &a, out->plane[0], out->width, out->height, out->stride[0], err);

	/* A sample of colour is two by two pixels, also at an odd edge. */
	a.width = (a.width + 1) / 2;
	a.height = (a.height + 1) / 2;
	a.stride = pic->stride[1];
	a.x /= 2;
	a.y /= 2;
	a.w *= (double)half_width / out->width;
	a.h *= (double)half_height / out->height;
	for (int i = 1; rc == 0 && i < 3; i++) {
		a.sample = pic->plane[i];
		rc = resample(&a, out->plane[i], half_width, half_height,
		    out->stride[i], err);
	}
	return rc;
}

/* What is asked for with nothing left out, for a still of that size. */
static int
complete(const struct nvr_send *how, int width, int height,
    struct nvr_send *ret, struct nvr_error *err)
{
	struct nvr_send h = *how;

	if (h.width == 0)
		h = (struct nvr_send){.width = width,
		    .height = height,
		    .to_width = how->to_width,
		    .to_height = how->to_height,
		    .quality = how->quality};
	if (h.x < 0 || h.y < 0 || h.width < 1 || h.height < 1 ||
	    h.x > width - h.width || h.y > height - h.height)
		return nvr_fail(err, NVR_E_USAGE,
		    "the crop is not inside of %d x %d pixels", width, height);
	if (h.to_width == 0 && h.to_height == 0) {
		h.to_width = h.width;
		h.to_height = h.height;
	}
	if (h.to_width < 1 || h.to_height < 1 ||
	    (h.to_width - 1) / ENLARGE_MAX >= h.width ||
	    (h.to_height - 1) / ENLARGE_MAX >= h.height)
		return nvr_fail(err, NVR_E_USAGE,
		    "%d x %d pixels cannot become %d x %d", h.width, h.height,
		    h.to_width, h.to_height);
	if (h.quality < 1 || h.quality > 100)
		return nvr_fail(
		    err, NVR_E_USAGE, "the quality is not within 1 to 100");
	*ret = h;
	return 0;
}

int
nvr_send_still(const void *jpeg, size_t len, const struct nvr_send *how,
    struct nvr_buf *ret, struct nvr_error *err)
{
	struct nvr_picture *pic = NULL, *out = NULL;
	struct nvr_send h = *how;
	int width, height, rc;

	rc = nvr_jpeg_check(jpeg, len, &width, &height, err);
	if (rc == 0)
		rc = complete(how, width, height, &h, err);
	if (rc != 0)
		return rc;
	if (h.to_width == width && h.to_height == height && h.width == width &&
	    h.height == height) {
		rc = nvr_jpeg_strip(jpeg, len, ret, err);
		goto out;
	}
	rc = nvr_jpeg_decode_small(jpeg, len,
	    (int)ceil(scaled(h.to_width, h.width, width)),
	    (int)ceil(scaled(h.to_height, h.height, height)), &pic, err);
	if (rc == 0)
		rc = nvr_picture_new(h.to_width, h.to_height, &out, err);
	if (rc == 0)
		rc = fill(pic, &h, width, height, out, err);
	if (rc == 0)
		rc = nvr_jpeg_encode(out, h.quality, ret, err);
out:
	nvr_picture_free(pic);
	nvr_picture_free(out);
	if (rc != 0)
		nvr_buf_release(ret);
	return rc;
}
