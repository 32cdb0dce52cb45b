/*
 * What the test camera sees: a drawn street with detail at several scales,
 * so that blur, cover and shift are as visible in it as in a real view, and
 * the faults themselves. Everything works on the planes of an I420 picture
 * in video range (16 to 235).
 */
#include <math.h>
#include <string.h>

#include "camera.h"

#define NOISE_LEN 65536

struct colour {
	double y, cb, cr; /* cb and cr around zero */
};

static int
clamp(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static uint32_t
hash(int x, int y, unsigned seed)
{
	uint32_t h;

	h = (uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca6bu ^
	    seed * 0xc2b2ae35u;
	h = (h ^ h >> 15) * 0x2c1b3c6du;
	h = (h ^ h >> 12) * 0x297a2d39u;
	return h ^ h >> 15;
}

/* 0 to 1 */
static double
hash_unit(int x, int y, unsigned seed)
{
	return (hash(x, y, seed) & 0xffff) / 65535.0;
}

/* Smooth noise, 0 to 1, with a feature about every unit. */
static double
smooth(double x, double y, unsigned seed)
{
	int ix = (int)floor(x), iy = (int)floor(y);
	double fx = x - ix, fy = y - iy, top, bottom;

	fx = fx * fx * (3 - 2 * fx);
	fy = fy * fy * (3 - 2 * fy);
	top = hash_unit(ix, iy, seed) * (1 - fx) +
	      hash_unit(ix + 1, iy, seed) * fx;
	bottom = hash_unit(ix, iy + 1, seed) * (1 - fx) +
		 hash_unit(ix + 1, iy + 1, seed) * fx;
	return top * (1 - fy) + bottom * fy;
}

static bool
within(double v, double lo, double hi)
{
	return v >= lo && v < hi;
}

/*
 * The layers below take u from 0 to 16 across and v from 0 to 9 down, and
 * each paints over what is behind it.
 */
static void
paint_sky(struct colour *c, double u, double v)
{
	double cloud, top;
	int house;

	cloud = smooth(u * 0.5, v * 1.2, 1) * 0.6 +
		smooth(u * 1.7, v * 3.5, 2) * 0.4;
	*c = (struct colour){150 + 9 * v, 18 - 2 * v, -10 + v};
	if (cloud > 0.5)
		c->y += (cloud - 0.5) * 110;

	house = (int)floor(u / 0.9);
	top = 2.1 + 1.5 * hash_unit(house, 0, 3);
	if (v < top)
		return;
	*c = (struct colour){80 + 50 * hash_unit(house, 1, 3), 2, 2};
	if (fmod(u, 0.18) > 0.08 && fmod(v, 0.24) > 0.12)
		c->y += hash_unit((int)(u / 0.18), (int)(v / 0.24), 4) > 0.5
			    ? 60
			    : -45;
}

static void
paint_ground(struct colour *c, double u, double v)
{
	double depth, x;

	if (v < 5.4)
		return;
	depth = 3.0 / (v - 4.9);
	x = (u - 8) * depth;
	*c = (struct colour){104, -3, 3};
	if (((int)floor(x * 0.7) + (int)floor(depth * 4)) & 1)
		c->y = 138;
	c->y += 26 * (smooth(u * 60, v * 60, 5) - 0.5) +
		30 * (smooth(x, depth * 5, 6) - 0.5);
}

static void
paint_house(struct colour *c, double u, double v)
{
	int row, brick;
	double x;

	if (u >= 5.2 || !within(v, 1.4, 6.2))
		return;
	row = (int)floor(v / 0.2);
	x = u + (row & 1 ? 0.22 : 0);
	brick = (int)floor(x / 0.44);
	if (fmod(v, 0.2) < 0.035 || fmod(x, 0.44) < 0.035)
		*c = (struct colour){150, -2, 4};
	else
		*c = (struct colour){78 + 34 * hash_unit(brick, row, 7) +
					 14 * smooth(u * 40, v * 40, 8),
		    -12, 26};
	if (within(u, 1.0, 2.2) && v > 3.6) { /* a door */
		*c = (struct colour){60, 14, -8};
		if (within(fmod(u - 1.0, 0.6), 0.12, 0.48) &&
		    within(fmod(v - 3.6, 0.85), 0.15, 0.7))
			c->y = 84;
	}
	if (within(u, 3.0, 4.6) && within(v, 2.3, 4.1)) { /* a window */
		*c = (struct colour){205, -2, 2};
		if (within(fmod(u - 3.0, 0.8), 0.1, 0.7) &&
		    within(fmod(v - 2.3, 0.9), 0.1, 0.8))
			*c =
			    (struct colour){50 + 40 * (u + v - 5.3) / 3, 8, -4};
	}
}

/* A board with rows of glyphs: a 5x7 random dot pattern for each letter. */
static void
paint_sign(struct colour *c, double u, double v)
{
	int col, row;

	if (!within(u, 7.0, 9.96) || !within(v, 3.2, 4.7))
		return;
	*c = (struct colour){222, -6, 2};
	col = (int)((u - 7.1) / 0.04);
	row = (int)((v - 3.3) / 0.05);
	if (u < 7.06 || u > 9.9 || v < 3.26 || v > 4.64) {
		*c = (struct colour){60, 20, -20};
		return;
	}
	if (col < 0 || row < 0 || col % 7 > 4 || row % 10 > 6)
		return;
	if (hash(col, row, 9) & 1)
		*c = (struct colour){36, 4, 0};
}

static void
paint_posts(struct colour *c, double u, double v)
{
	static const double pole[][2] = {
	    {6.3, 0.17}, {10.6, 0.11}, {14.4, 0.07}};
	double sag;
	size_t i;

	if (u > 11.0 && within(v, 4.7, 5.9) &&
	    (fmod(u, 0.24) < 0.12 || within(v, 4.9, 4.98) ||
		within(v, 5.5, 5.58)))
		*c = (struct colour){188 - 30 * fmod(u, 0.24) / 0.12, -4, 6};
	sag = 1.6 - 0.012 * (u - 10.4) * (u - 10.4);
	if (u > 6.3 && (fabs(v - sag) < 0.02 || fabs(v - sag - 0.35) < 0.02))
		*c = (struct colour){40, 0, 0};
	for (i = 0; i < G_N_ELEMENTS(pole); i++)
		if (within(u - pole[i][0], 0, pole[i][1]) &&
		    within(v, 0.9, 6.7 - 0.3 * (double)i))
			*c = (struct colour){
			    42 + 60 * (u - pole[i][0]) / pole[i][1], -2, 3};
}

static void
paint(struct colour *c, double u, double v)
{
	paint_sky(c, u, v);
	paint_ground(c, u, v);
	paint_house(c, u, v);
	paint_sign(c, u, v);
	paint_posts(c, u, v);
}

static void
put(struct picture *p, int x, int y, const struct colour *c)
{
	p->plane[0][y * p->stride[0] + x] = clamp((int)lrint(c->y), 16, 235);
	if ((x | y) & 1)
		return;
	p->plane[1][y / 2 * p->stride[1] + x / 2] =
	    clamp(128 + (int)lrint(c->cb), 16, 240);
	p->plane[2][y / 2 * p->stride[2] + x / 2] =
	    clamp(128 + (int)lrint(c->cr), 16, 240);
}

void
picture_draw_scene(struct picture *p)
{
	struct colour c;
	int x, y;

	for (y = 0; y < p->height; y++)
		for (x = 0; x < p->width; x++) {
			paint(&c, 16.0 * x / p->width, 9.0 * y / p->height);
			put(p, x, y, &c);
		}
}

void
picture_draw_mover(struct picture *p, unsigned n)
{
	/* There and back in 200 frames, along the pavement. */
	unsigned phase = n % 200 < 100 ? n % 200 : 200 - n % 200;
	double left = 1.0 + 0.13 * phase, top = 6.9, u, v;
	int x, y, x1, y1;
	struct colour c;

	x1 = (int)((left + 1.3) * p->width / 16);
	y1 = (int)((top + 0.75) * p->height / 9);
	for (y = (int)(top * p->height / 9); y < y1; y++)
		for (x = (int)(left * p->width / 16); x < x1; x++) {
			u = 16.0 * x / p->width - left;
			v = 9.0 * y / p->height - top;
			c = (struct colour){92, -24, 58};
			if (hypot(u - 0.3, v - 0.6) < 0.15 ||
			    hypot(u - 1.0, v - 0.6) < 0.15)
				c = (struct colour){28, 0, 0};
			else if (v > 0.6 || (v < 0.3 && !within(u, 0.3, 1.05)))
				continue;
			else if (within(v, 0.06, 0.26) && !within(u, 0.62, 0.7))
				c = (struct colour){170, 10, -6};
			put(p, x, y, &c);
		}
}

void
picture_draw_cover(struct picture *p, enum cover_texture texture)
{
	struct colour c;
	double u, v;
	int x, y;

	for (y = 0; y < p->height; y++)
		for (x = 0; x < p->width; x++) {
			u = 16.0 * x / p->width;
			v = 9.0 * y / p->height;
			/* A little more light comes in at one corner. */
			c = (struct colour){
			    66 - 0.9 * hypot(u - 14, v - 1), 0, 0};
			if (texture == COVER_CLOTH) {
				c.y +=
				    16 * (smooth(u * 0.35, v * 0.2, 21) - 0.5) +
				    2 * sin(u * 14) + 2 * sin(v * 14);
				c.cb = -6;
				c.cr = 10;
			} else if (texture == COVER_NOISE)
				c.y +=
				    24 * (smooth(u * 0.7, v * 0.7, 22) - 0.5) +
				    10 * (smooth(u * 2, v * 2, 23) - 0.5);
			put(p, x, y, &c);
		}
}

static void
fill(struct picture *p, int level)
{
	memset(p->plane[0], level, (size_t)p->stride[0] * p->height);
	memset(p->plane[1], 128, (size_t)p->stride[1] * (p->height / 2));
	memset(p->plane[2], 128, (size_t)p->stride[2] * (p->height / 2));
}

/* The mean over 2r + 1 samples along each row; the edge is repeated. */
static void
box_rows(const uint8_t *src, uint8_t *dst, int stride, int w, int h, int r)
{
	unsigned scale = 65536 / (2 * r + 1), sum;
	int x, y, i;

	for (y = 0; y < h; y++, src += stride, dst += stride) {
		for (sum = 0, i = -r; i <= r; i++)
			sum += src[clamp(i, 0, w - 1)];
		for (x = 0; x < w; x++) {
			dst[x] = (sum * scale + 32768) >> 16;
			sum += src[clamp(x + r + 1, 0, w - 1)];
			sum -= src[clamp(x - r, 0, w - 1)];
		}
	}
}

static void
box_columns(const uint8_t *src, uint8_t *dst, int stride, int w, int h, int r)
{
	unsigned scale = 65536 / (2 * r + 1), *sum = g_new0(unsigned, w);
	const uint8_t *in, *out;
	int x, y, i;

	for (i = -r; i <= r; i++)
		for (in = src + stride * clamp(i, 0, h - 1), x = 0; x < w; x++)
			sum[x] += in[x];
	for (y = 0; y < h; y++, dst += stride) {
		in = src + stride * clamp(y + r + 1, 0, h - 1);
		out = src + stride * clamp(y - r, 0, h - 1);
		for (x = 0; x < w; x++) {
			dst[x] = (sum[x] * scale + 32768) >> 16;
			sum[x] += (unsigned)in[x] - out[x];
		}
	}
	g_free(sum);
}

/*
 * Three box filters are a Gaussian to within a few percent, and cost the
 * same for every sigma. A box of width n has the variance (n * n - 1) / 12.
 */
static void
blur_plane(uint8_t *plane, int stride, int w, int h, double sigma)
{
	uint8_t *tmp = g_malloc((size_t)stride * h);
	double left = sigma * sigma;
	int pass, n, r;

	for (pass = 3; pass > 0; pass--) {
		n = (int)lrint(sqrt(12 * left / pass + 1));
		r = MIN(n / 2, MIN(w, h) / 2 - 1);
		left = MAX(left - ((2 * r + 1) * (2 * r + 1) - 1) / 12.0, 0);
		if (r < 1)
			continue;
		box_rows(plane, tmp, stride, w, h, r);
		box_columns(tmp, plane, stride, w, h, r);
	}
	g_free(tmp);
}

/* The camera was turned; what comes into view mirrors what was there. */
static void
shift_plane(uint8_t *plane, int stride, int w, int h, int by)
{
	uint8_t *row = g_malloc(w);
	int x, y, from;

	for (y = 0; y < h; y++, plane += stride) {
		memcpy(row, plane, w);
		for (x = 0; x < w; x++) {
			from = x + by < 0 ? -(x + by) : x + by;
			plane[x] = row[from < w ? from : 2 * w - 2 - from];
		}
	}
	g_free(row);
}

static void
over_expose(struct picture *p)
{
	uint8_t *row;
	int x, y, i;

	for (y = 0; y < p->height; y++) {
		row = p->plane[0] + y * p->stride[0];
		for (x = 0; x < p->width; x++)
			row[x] = MIN(row[x] * 5 / 2 + 90, 235);
	}
	for (i = 1; i < 3; i++)
		for (y = 0; y < p->height / 2; y++) {
			row = p->plane[i] + y * p->stride[i];
			for (x = 0; x < p->width / 2; x++)
				row[x] = 128 + (row[x] - 128) / 6;
		}
}

/* Luma only: cameras smooth their chroma. */
static void
add_noise(struct picture *p, double sigma, unsigned n)
{
	static int8_t table[NOISE_LEN + CAMERA_SIDE_MAX];
	static double made;
	const int8_t *noise;
	uint8_t *row;
	double sum;
	int i, k, x, y;

	if (sigma != made) {
		for (i = 0; i < (int)G_N_ELEMENTS(table); i++) {
			/* Twelve uniform values have the variance 1. */
			for (sum = -6, k = 0; k < 12; k++)
				sum += hash_unit(i, k, 31);
			table[i] = clamp((int)lrint(sum * sigma), -127, 127);
		}
		made = sigma;
	}
	for (y = 0; y < p->height; y++) {
		row = p->plane[0] + y * p->stride[0];
		noise = table + hash((int)n, y, 32) % NOISE_LEN;
		for (x = 0; x < p->width; x++)
			row[x] = clamp(row[x] + noise[x], 16, 235);
	}
}

void
picture_spoil(
    struct picture *p, const struct effect *e, double noise, unsigned n)
{
	int i, div, by;

	for (i = 0; i < 3; i++) {
		div = i == 0 ? 1 : 2;
		if (e->kind == EFFECT_BLUR)
			blur_plane(p->plane[i], p->stride[i], p->width / div,
			    p->height / div, e->amount / div);
		by = (int)(p->width / 2 * e->amount / 100) * 2;
		if (e->kind == EFFECT_SHIFT)
			shift_plane(p->plane[i], p->stride[i], p->width / div,
			    p->height / div, by / div);
	}
	if (e->kind == EFFECT_BLACK)
		fill(p, 17);
	if (noise > 0)
		add_noise(p, noise, n);
	/* A blown-out sensor shows no noise: it comes last. */
	if (e->kind == EFFECT_OVER)
		over_expose(p);
}
