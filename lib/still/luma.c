/*
 * JPEG to luma; see luma.h.
 *
 * The decoder does most of the shrinking: it transforms only the low
 * frequencies of each block (DCT scaling), and an area average does the rest.
 * The TurboJPEG 2.1 interface is used because Debian 12 has no later one;
 * 3.x keeps it.
 */
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "base/vector.h"
#include "still/luma.h"
#include "still/picture.h"

#define INFRARED_CHROMA 1.0 /* no more than this is no colour */
#define LEAST_CHROMA 0.3    /* under it there is none */
#define CLEAR_CHROMA 3.0    /* over it there is some for certain */
#define ONE 4096	    /* what the weights of a span add up to */

struct nvr_luma_reader {
	tjhandle tj;  /* NULL before the first still and after a bad one */
	uint8_t *yuv; /* planar, unpadded, as the decoder leaves it */
	size_t cap;
};

/* Which source pixels make one target pixel, and the weight of each. */
struct span {
	int from, to;		   /* inclusive */
	uint32_t head, body, tail; /* of the first, those between, the last */
};

int
nvr_luma_reader_new(struct nvr_luma_reader **ret, struct nvr_error *err)
{
	struct nvr_luma_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return nvr_fail_nomem(err);
	*ret = r;
	return 0;
}

void
nvr_luma_reader_free(struct nvr_luma_reader *r)
{
	if (r == NULL)
		return;
	if (r->tj != NULL)
		tjDestroy(r->tj);
	free(r->yuv);
	free(r);
}

/*
 * The decoder is thrown away after a failure: TurboJPEG 2.1 leaves it in the
 * middle of a bad header and would read the next still from there on.
 */
static int
bad_jpeg(struct nvr_luma_reader *r, struct nvr_error *err)
{
	int rc = nvr_fail(
	    err, NVR_E_DATA, "not a sound JPEG: %s", tjGetErrorStr2(r->tj));

	tjDestroy(r->tj);
	r->tj = NULL;
	return rc;
}

/*
 * Halves the sides while they stay as large as the target.  The decoder
 * knows steps between, but only these have fast paths.
 */
static void
scale_down(int *width, int *height)
{
	tjscalingfactor f = {1, 1};

	while (f.denom < 8) {
		tjscalingfactor next = {1, f.denom * 2};

		if (TJSCALED(*width, next) < NVR_LUMA_WIDTH ||
		    TJSCALED(*height, next) < NVR_LUMA_HEIGHT)
			break;
		f = next;
	}
	*width = TJSCALED(*width, f);
	*height = TJSCALED(*height, f);
}

static int
reserve(struct nvr_luma_reader *r, size_t size, struct nvr_error *err)
{
	uint8_t *p;

	if (size <= r->cap)
		return 0;
	p = realloc(r->yuv, size);
	if (p == NULL)
		return nvr_fail_nomem(err);
	r->yuv = p;
	r->cap = size;
	return 0;
}

/* Target i covers the source from i * from / to up to (i + 1) * from / to. */
static void
make_spans(struct span *s, int from, int to)
{
	for (int64_t i = 0; i < to; i++, s++) {
		/* in units of 1 / to of a source pixel */
		int64_t a = i * from, b = a + from;

		s->from = (int)(a / to);
		s->to = (int)((b - 1) / to);
		s->head = ONE;
		s->body = s->tail = 0;
		if (s->from == s->to)
			continue;
		s->head = (uint32_t)((to - a % to) * ONE / from);
		s->body = (uint32_t)(to * ONE / from);
		s->tail =
		    ONE - s->head - s->body * (uint32_t)(s->to - s->from - 1);
	}
}

NVR_VECTOR_LOOP static void
add_row(uint32_t *restrict sum, const uint8_t *restrict row, int width,
    uint32_t weight)
{
	for (int x = 0; x < width; x++)
		sum[x] += row[x] * weight;
}

/*
 * Averages columns that are sums of rows, ONE times too large.  A target pixel
 * of a source up to twice as wide has a first and a last column alone, which
 * makes a loop that can be vector code.
 */
NVR_VECTOR_LOOP static void
average_pairs(const uint32_t *restrict col, const struct span *restrict s,
    uint8_t *restrict dst)
{
	for (int x = 0; x < NVR_LUMA_WIDTH; x++)
		dst[x] = (uint8_t)(((col[s[x].from] >> 4) * s[x].head +
				       (col[s[x].to] >> 4) * s[x].tail +
				       ONE * ONE / 32) /
				   (ONE * ONE / 16));
}

static void
average_columns(const uint32_t *col, const struct span *s, uint8_t *dst)
{
	for (int x = 0; x < NVR_LUMA_WIDTH; x++, s++) {
		uint32_t sum = (col[s->from] >> 4) * s->head;

		for (int i = s->from + 1; i < s->to; i++)
			sum += (col[i] >> 4) * s->body;
		sum += (col[s->to] >> 4) * s->tail;
		dst[x] = (uint8_t)((sum + ONE * ONE / 32) / (ONE * ONE / 16));
	}
}

/* Whether no target pixel has a column between its first and its last. */
static bool
all_pairs(const struct span *s)
{
	for (int x = 0; x < NVR_LUMA_WIDTH; x++)
		if (s[x].to > s[x].from + 1)
			return false;
	return true;
}

/* Area average of a plane. */
static void
shrink(const uint8_t *src, int width, int height, int stride, uint8_t *dst)
{
	struct span xs[NVR_LUMA_WIDTH], ys[NVR_LUMA_HEIGHT];
	uint32_t col[NVR_PICTURE_MAX_SIDE];
	bool pairs;

	make_spans(xs, width, NVR_LUMA_WIDTH);
	pairs = all_pairs(xs);
	make_spans(ys, height, NVR_LUMA_HEIGHT);
	for (int y = 0; y < NVR_LUMA_HEIGHT; y++) {
		const struct span *s = &ys[y];
		const uint8_t *row = src + (size_t)s->from * (size_t)stride;

		memset(col, 0, sizeof(*col) * (size_t)width);
		add_row(col, row, width, s->head);
		for (int i = s->from + 1; i < s->to; i++)
			add_row(col, row += stride, width, s->body);
		if (s->tail > 0)
			add_row(col, row + stride, width, s->tail);
		(pairs ? average_pairs : average_columns)(
		    col, xs, dst + y * NVR_LUMA_WIDTH);
	}
}

/* Mean distance of n bytes from 128. */
static double
mean_colour(const uint8_t *c, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)abs(c[i] - 128);
	return n > 0 ? (double)sum / (double)n : 0;
}

int
nvr_luma_read(struct nvr_luma_reader *r, const void *jpeg, size_t len,
    struct nvr_luma *ret, struct nvr_error *err)
{
	/* TurboJPEG 2.1 leaves them alone when there are tables and no more. */
	int width = 0, height = 0, subsampling = -1, colours = -1;
	int rc, flags;
	int w, h, stride;

	if (len == 0)
		return nvr_fail(err, NVR_E_DATA, "not a JPEG: no bytes");
	if (r->tj == NULL && (r->tj = tjInitDecompress()) == NULL)
		return nvr_fail_nomem(err);
	if (tjDecompressHeader3(
		r->tj, jpeg, len, &width, &height, &subsampling, &colours) != 0)
		return bad_jpeg(r, err);
	rc = nvr_picture_check(width, height, err);
	if (rc != 0)
		return rc;
	if (subsampling < 0 || (colours != TJCS_YCbCr && colours != TJCS_GRAY))
		return nvr_fail(err, NVR_E_DATA,
		    "a JPEG of another kind than grey or Y'CbCr");
	w = width;
	h = height;
	scale_down(&w, &h);
	rc = reserve(r, tjBufSizeYUV2(w, 1, h, subsampling), err);
	if (rc != 0)
		return rc;
	flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
	if (tjDecompressToYUV2(r->tj, jpeg, len, r->yuv, w, 1, h, flags) != 0)
		return bad_jpeg(r, err);
	stride = tjPlaneWidth(0, w, subsampling);
	shrink(r->yuv, w, h, stride, ret->y);
	ret->source_width = width;
	ret->source_height = height;
	ret->chroma = 0;
	if (subsampling != TJSAMP_GRAY)
		ret->chroma =
		    2 * mean_colour(
			    r->yuv + tjPlaneSizeYUV(0, w, 0, h, subsampling),
			    2 * tjPlaneSizeYUV(1, w, 0, h, subsampling));
	return 0;
}

bool
nvr_luma_is_infrared(const struct nvr_luma *luma)
{
	return luma->chroma < INFRARED_CHROMA;
}

bool
nvr_luma_is_colourless(const struct nvr_luma *luma)
{
	return luma->chroma > LEAST_CHROMA && luma->chroma < CLEAR_CHROMA;
}
