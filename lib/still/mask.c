/* Privacy masks; see mask.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "still/mask.h"

/* One coordinate in per cent, 0 to 100. */
static int
parse_percent(const char **p, double *ret)
{
	char *end;
	double v;

	if ((**p < '0' || **p > '9') && **p != '.')
		return -1;
	v = strtod(*p, &end);
	if (!(v >= 0 && v <= 100))
		return -1;
	*p = end;
	*ret = v / 100;
	return 0;
}

static void
skip_blanks(const char **p)
{
	*p += strspn(*p, " ");
}

int
nvr_mask_parse(const char *text, struct nvr_mask *ret, struct nvr_error *err)
{
	struct nvr_mask m = {0};
	const char *p = text;

	for (skip_blanks(&p); *p != '\0'; skip_blanks(&p)) {
		int n = 0, i = m.npolygons++;

		if (i == NVR_MASK_POLYGONS)
			return nvr_fail(err, NVR_E_USAGE,
			    "a mask has at most %d polygons",
			    NVR_MASK_POLYGONS);
		for (; *p != '\0' && *p != ';'; skip_blanks(&p), n++) {
			if (n == NVR_MASK_POINTS)
				return nvr_fail(err, NVR_E_USAGE,
				    "a polygon has at most %d points",
				    NVR_MASK_POINTS);
			if (parse_percent(&p, &m.polygon[i].x[n]) != 0 ||
			    *p++ != ',' ||
			    parse_percent(&p, &m.polygon[i].y[n]) != 0 ||
			    strchr(" ;", *p) == NULL)
				return nvr_fail(err, NVR_E_USAGE,
				    "point %d of polygon %d of the mask is not "
				    "'X,Y' in per cent, 0 to 100",
				    n + 1, i + 1);
		}
		if (n < 3)
			return nvr_fail(err, NVR_E_USAGE,
			    "polygon %d of the mask has %d points and needs 3",
			    i + 1, n);
		m.polygon[i].npoints = n;
		if (*p == ';')
			p++;
	}
	*ret = m;
	return 0;
}

static void
paint_span(struct nvr_picture *pic, int y, double from, double to)
{
	int x0 = (int)floor(from), x1 = (int)ceil(to);

	if (x0 < 0)
		x0 = 0;
	if (x1 > pic->width)
		x1 = pic->width;
	if (x0 >= x1)
		return;
	memset(pic->plane[0] + (size_t)y * (size_t)pic->stride[0] + x0, 0,
	    (size_t)(x1 - x0));
	for (int c = 1; c < 3; c++)
		memset(pic->plane[c] +
			   (size_t)(y / 2) * (size_t)pic->stride[c] + x0 / 2,
		    128, (size_t)((x1 + 1) / 2 - x0 / 2));
}

/* Where a line crosses an edge, and whether that edge goes up or down. */
struct crossing {
	double x;
	int way;
};

static int
by_place(const void *a, const void *b)
{
	double x = ((const struct crossing *)a)->x;
	double y = ((const struct crossing *)b)->x;

	return (x > y) - (x < y);
}

/* Where the line at height y crosses the polygon's edges, sorted. */
static int
crossings(
    const double *px, const double *py, int n, double y, struct crossing *at)
{
	int count = 0;

	for (int i = 0, j = n - 1; i < n; j = i++) {
		if ((py[i] <= y) == (py[j] <= y))
			continue;
		at[count].way = py[i] <= y ? 1 : -1;
		at[count++].x =
		    px[i] + (y - py[i]) / (py[j] - py[i]) * (px[j] - px[i]);
	}
	qsort(at, (size_t)count, sizeof(*at), by_place);
	return count;
}

/* Along an edge within the row from y to y + 1: what the edge itself touches */
static void
paint_edge(struct nvr_picture *pic, double x0, double y0, double x1, double y1)
{
	double top = fmin(y0, y1), bottom = fmax(y0, y1);
	int first = (int)floor(top), last = (int)ceil(bottom);

	for (int y = first < 0 ? 0 : first; y < last && y < pic->height; y++) {
		double a = fmax(top, y), b = fmin(bottom, y + 1.0);
		double xa = x0, xb = x1;

		if (y1 != y0) {
			xa = x0 + (a - y0) / (y1 - y0) * (x1 - x0);
			xb = x0 + (b - y0) / (y1 - y0) * (x1 - x0);
		}
		paint_span(pic, y, fmin(xa, xb), fmax(xa, xb));
	}
}

void
nvr_mask_paint(const struct nvr_mask *mask, struct nvr_picture *pic)
{
	double x[NVR_MASK_POINTS], y[NVR_MASK_POINTS];
	struct crossing at[NVR_MASK_POINTS];

	for (int i = 0; i < mask->npolygons; i++) {
		int n = mask->polygon[i].npoints;

		for (int k = 0; k < n; k++) {
			x[k] = mask->polygon[i].x[k] * pic->width;
			y[k] = mask->polygon[i].y[k] * pic->height;
		}
		for (int row = 0; row < pic->height; row++) {
			int count = crossings(x, y, n, row + 0.5, at),
			    turns = 0;

			for (int k = 0; k + 1 < count; k++) {
				turns += at[k].way;
				if (turns != 0)
					paint_span(
					    pic, row, at[k].x, at[k + 1].x);
			}
		}
		for (int k = 0, j = n - 1; k < n; j = k++)
			paint_edge(pic, x[j], y[j], x[k], y[k]);
	}
}
